-- How far a thread has come for a member, and how far she has read: unread where it has come further. Projected.
create table nav.thread (
    member uuid not null,
    other uuid not null,
    -- The number of the newest message to her.
    newest bigint not null,
    read_to bigint not null,
    primary key (member, other)
);
create index thread_unread on nav.thread (member) where newest > read_to;
create index thread_other on nav.thread (other);

-- Alerts that she has not seen. The id is that of the event. Projected.
create table nav.alert (
    alert uuid primary key,
    member uuid not null,
    actor uuid,
    photo uuid,
    at timestamptz not null
);
create index alert_member on nav.alert (member, at, alert);
create index alert_actor on nav.alert (actor) where actor is not null;
create index alert_photo on nav.alert (photo, actor) where photo is not null;

-- How far a member has seen her alerts: what comes later and is older is seen already. Projected.
create table nav.mark (
    member uuid primary key,
    at timestamptz not null,
    alert uuid not null
);
