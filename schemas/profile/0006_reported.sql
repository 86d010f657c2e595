-- Who reported which profile or photo, and when last: the same again within a week says nothing new. Projected.
create table profile.reported (
    reporter uuid not null,
    member uuid not null,
    -- None where it is the whole profile.
    photo uuid,
    at timestamptz not null,
    unique nulls not distinct (reporter, member, photo)
);
