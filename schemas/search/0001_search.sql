-- Who can be found, by what an index leads to. Projected.
create table search.member (
    member uuid primary key,
    gender text not null,
    birthday date not null,
    birth_year integer not null,
    town text not null,
    county text not null,
    joined timestamptz not null,
    -- The midnight before she was last here: no list is sorted by more than her page tells.
    seen_day timestamptz not null
);
create index member_joined on search.member (gender, birth_year, joined desc, member desc);
create index member_joined_county on search.member (gender, county, birth_year, joined desc, member desc);
create index member_joined_town on search.member (gender, town, birth_year, joined desc, member desc);
create index member_seen on search.member (gender, birth_year, seen_day desc, member desc);
create index member_seen_county on search.member (gender, county, birth_year, seen_day desc, member desc);
create index member_seen_town on search.member (gender, town, birth_year, seen_day desc, member desc);

-- When she was last here. No index has the time: it changes every minute. Owned: journals keep it for two days only.
create table search.seen (
    member uuid primary key,
    at timestamptz not null
);
alter table search.seen set (fillfactor = 70);

-- Who hides. Projected.
create table search.hidden (member uuid primary key);

-- Whom she looks for. Projected.
create table search.ideal (
    member uuid primary key,
    gender text not null,
    youngest integer not null,
    oldest integer not null,
    place text,
    -- From her own word, not from her approval: the two come in either order, and hers is the last.
    own boolean not null
);
