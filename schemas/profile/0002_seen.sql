-- The day on which each member was last here, in UTC. Owned: journals keep that for two days only.
create table profile.seen (
    member uuid primary key,
    day date not null
);
