-- Rebuilding, trimming, subscriptions that grow, and stops that say why.

-- Who empties the module's tables and writes them anew from the journals: commands are refused meanwhile, and
-- the consumer stands still.
alter table turn add column rebuilding uuid;

-- Up to here the journal was trimmed: entries past their retention are gone, which is no gap.
alter table head add column floor bigint not null default 0;

-- How far the types were caught up with that a newer version of the module listens to.
alter table offsets add column filled bigint not null default 0;
-- Why nothing more of this source is read, until somebody rebuilds the module.
alter table offsets add column stopped text;
update offsets set stopped = 'its journal was restored from a backup' where epoch < 0;
