-- When she was last here. Pages tell the day of it. Projected.
create table profile.seen (
    member uuid primary key,
    at timestamptz not null
);
alter table profile.seen set (fillfactor = 70);
