-- What is left of each rate limit, a row a limit and subject: so that a restart gives nobody a new allowance,
-- and several nodes share one.

create table limits.allowance (
    name text not null,
    -- 'member:<id>', 'address:<ip or /64>', or 'named:<hash>'.
    subject text not null,
    -- When the window that the first use opened closes.
    ends timestamptz not null,
    used integer not null,
    primary key (name, subject)
)
-- Room on the page lets an increment stay beside its row and leave the indexes alone.
with (fillfactor = 70);
create index allowance_ends on limits.allowance (ends);
