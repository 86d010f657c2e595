-- Grows with what changes what the member sees and must not tell her so: that another member has blocked her, or no longer
-- does. No cursor has it; numbers that were counted before are counted again. Owned.
alter table version add column unheard bigint not null default 0;
