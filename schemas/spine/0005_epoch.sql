-- Which table of which server this is. Where it is another one than was written down, it was restored from a backup.
alter table head add column body text;

-- Where each epoch began: up to `after`, the journal is that of the epochs before.
create table epoch (
    epoch bigint primary key,
    after bigint not null
);
