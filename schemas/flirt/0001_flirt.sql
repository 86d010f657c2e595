-- One row a flirt; the id is the event's. Projected.
create table flirt.flirt (
    flirt uuid primary key,
    sender uuid not null,
    receiver uuid not null,
    at timestamptz not null,
    answered boolean not null default false
);
-- Once a pair, until it is answered.
create unique index flirt_open on flirt.flirt (sender, receiver) where not answered;
