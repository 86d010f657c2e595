-- Whom a member wants nothing to do with. Projected.
create table block.block (
    member uuid not null,
    blocked uuid not null,
    at timestamptz not null,
    primary key (member, blocked)
);
create index block_newest on block.block (member, at desc, blocked desc);
