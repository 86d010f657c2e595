-- The request that an event followed from, as the log and its answer's X-Request-Id name it. Nothing for events of before,
-- and for what no request asked for.
alter table outbox add column cause uuid;
alter table journal add column cause uuid;
