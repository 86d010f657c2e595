-- True for a photo in its owner's private album: it stands for nobody, and is for those whom she lets in. Approval and
-- arrangement come from two sources, in either order.
alter table photo add column private boolean not null default false;
