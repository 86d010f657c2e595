-- One row an alert; the id is that of the event it tells of. Projected.
create table alerts.alert (
    alert uuid primary key,
    -- Whose alert it is.
    member uuid not null,
    kind text not null,
    -- Who caused it; none where it was a reviewer.
    actor uuid,
    -- Which photo, where it is about one.
    photo uuid,
    -- What a reviewer said.
    reason text,
    at timestamptz not null
);
create index alert_newest on alerts.alert (member, at desc, alert desc);
create index alert_photo on alerts.alert (photo, actor) where photo is not null;

-- How far a member has read. A mark and not a flag a row: it stays right whatever order events come in.
create table alerts.mark (
    member uuid primary key,
    at timestamptz not null,
    alert uuid not null
);
