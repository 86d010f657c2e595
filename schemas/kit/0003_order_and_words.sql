-- What is to be seen, in her words; empty where she has said nothing.
alter table photo add column alt text not null default '';
-- Her own order, in which the first photo that is approved stands for her; none before she has chosen one.
alter table photo add column place integer;
drop index photo_member;
create index photo_member on photo (member, place, approved, photo) where approved is not null and not deleted;
