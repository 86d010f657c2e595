-- Which nodes run. Each renews its row; a row that nobody renews is forgotten. Nothing depends on it.

create table limits.node (
    id uuid primary key,
    -- Where it serves, with the machine's name if it serves on all of its addresses.
    address text not null,
    version text not null,
    -- How its bus is: 'memory', or what is wrong.
    bus text not null,
    started timestamptz not null,
    seen timestamptz not null
);
