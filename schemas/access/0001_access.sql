-- Who may see whose private album: a copy from events. Applied once a module, with search_path set to its schema.

-- Open where granted > blocked. Grants and blocks come from two sources, in either order: each pair keeps the last of both.
create table access (
    owner uuid not null,
    member uuid not null,
    -- The last grant; none before one, and none after the owner took it back.
    granted timestamptz,
    -- The last block between the two, whoever blocked whom.
    blocked timestamptz not null default '-infinity',
    primary key (owner, member)
);
create index access_open on access (owner, granted desc, member desc) where granted > blocked;
