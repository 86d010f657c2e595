-- Those of her photos that are in her private album.
alter table media.arrangement add column private uuid[] not null default '{}';
