-- What every module has for its events. Applied once a module, with search_path set to its schema.

-- Committed, not yet sequenced. The id is a sequence without cache: for one aggregate, id order is commit
-- order, because the second writer had to wait for the first.
create table outbox (
    id bigint generated always as identity primary key,
    event uuid not null,
    name text not null,
    key uuid not null,
    at timestamptz not null,
    subjects uuid[] not null,
    payload json not null
);
alter table outbox set (autovacuum_vacuum_scale_factor = 0.0, autovacuum_vacuum_threshold = 5000);

-- The journal's end: lock and counter in one.
create table head (
    pos bigint not null,
    epoch bigint not null,
    only_row boolean primary key default true check (only_row)
);
insert into head (pos, epoch) values (0, 1);

-- Everything that the module ever published. A null payload was erased; its position stays.
create table journal (
    pos bigint primary key,
    event uuid not null,
    name text not null,
    key uuid not null,
    at timestamptz not null,
    subjects uuid[] not null,
    payload json
);

-- How far the module has read other modules' journals.
create table offsets (
    source text primary key,
    epoch bigint not null,
    pos bigint not null,
    subscription integer not null
);

-- One node at a time consumes for the module: who holds this row's lock.
create table turn (only_row boolean primary key default true check (only_row));
insert into turn default values;

-- Entries that could not be handled, with all later ones of their key.
create table dead_letter (
    source text not null,
    pos bigint not null,
    event uuid not null,
    name text not null,
    key uuid not null,
    at timestamptz not null,
    payload json,
    error text not null,
    primary key (source, pos)
);
create index dead_letter_key on dead_letter (source, key);
