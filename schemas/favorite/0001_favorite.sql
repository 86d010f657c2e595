-- Whom a member has marked. Projected.
create table favorite.favorite (
    member uuid not null,
    favorite uuid not null,
    at timestamptz not null,
    primary key (member, favorite)
);
create index favorite_newest on favorite.favorite (member, at desc, favorite desc);

-- The day on which each member was last here, in UTC. Owned: journals keep that for two days only.
create table favorite.seen (
    member uuid primary key,
    day date not null
);
