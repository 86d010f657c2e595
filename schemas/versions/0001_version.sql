-- What a live module has. Applied once a module, with search_path set to its schema.

-- Grows in every transaction that changes what the member sees of the module, also in a rebuild: a cursor must
-- never be older than it was. Owned.
create table version (
    member uuid primary key,
    version bigint not null
);
-- One page holds more dead rows then, and an update finds room beside its row.
alter table version set (fillfactor = 50);
