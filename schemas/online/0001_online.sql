-- When each member was last here. Projected.
create table online.seen (
    member uuid primary key,
    -- Since when she is here without being away for long.
    since timestamptz not null,
    at timestamptz not null,
    -- Her place in the roulette: spread evenly, unlike ids, which begin with a time.
    place uuid not null
);
create index seen_at on online.seen (at);

-- Who hides. Projected.
create table online.hidden (member uuid primary key);
