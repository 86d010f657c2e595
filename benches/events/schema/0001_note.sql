-- The same in both modules: one row an event.
create table note (
    note bigint primary key,
    event uuid not null,
    sender uuid not null,
    receiver uuid not null,
    at timestamptz not null
);
