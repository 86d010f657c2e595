-- Where each module of the site lives: the id in its table `head`. A process that meets other data there was told otherwise than the
-- rest of the site, and does not start.
create table limits.place (
    module text primary key,
    place uuid not null
);
