-- One row for each thing that a member did, whoever reads of it: a feed is a query by the reader's ideal. The id is
-- that of the event. Projected.
create table news.story (
    story uuid primary key,
    kind text not null,
    -- Who did it. All that ideals ask for is here too; none of it before her card has come.
    member uuid not null,
    gender text,
    birth_year integer,
    birthday date,
    county text,
    town text,
    -- Which photo, where it is about one.
    photo uuid,
    at timestamptz not null
);
-- Feeds walk one of these for each birth year of an ideal.
create index story_anywhere on news.story (gender, birth_year, at desc, story desc);
create index story_county on news.story (county, gender, birth_year, at desc, story desc);
create index story_town on news.story (town, gender, birth_year, at desc, story desc);
create index story_member on news.story (member);
create index story_photo on news.story (photo) where photo is not null;
-- Of presentations the newest is all that a feed needs.
create unique index story_presentation on news.story (member) where kind = 'presentation';

-- Whom each reader looks for. Projected.
create table news.ideal (
    member uuid primary key,
    gender text not null,
    from_age integer not null,
    to_age integer not null,
    -- A county or a town; empty for anywhere.
    place text not null
);

-- How far a member has read: everything up to it. Projected.
create table news.mark (
    member uuid primary key,
    at timestamptz not null,
    story uuid not null
);

-- How often something has changed for all who look for a gender in a place. Like a version it only grows, also in a
-- rebuild. Owned.
create table news.shard (
    gender text not null,
    -- A county or a town; empty for anywhere.
    place text not null,
    version bigint not null,
    primary key (gender, place)
);
alter table news.shard set (fillfactor = 50);

-- What a reader sees changes with what is her own, and with what all see who look for the same: nobody has to write a
-- row for each reader of a story.
create view news.shown_version as
select i.member, coalesce(v.version, 0) + coalesce(s.version, 0) as version
from news.ideal i
left join news.version v on v.member = i.member
left join news.shard s on s.gender = i.gender and s.place = i.place;
