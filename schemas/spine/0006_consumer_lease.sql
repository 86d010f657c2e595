-- Who holds the lock of its one row consumes for the module.
alter table turn rename to consumer_lease;
