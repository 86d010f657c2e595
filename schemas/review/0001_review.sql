-- What waits for a reviewer, and what was decided. The id is that of the event that asked. Projected.
create table review.item (
    item uuid primary key,
    member uuid not null,
    nickname text not null,
    gender text not null,
    birthday date not null,
    ideal_gender text not null,
    ideal_from integer not null,
    ideal_to integer not null,
    ideal_place text,
    place text not null,
    application integer not null,
    at timestamptz not null,
    decision text check (decision in ('approved', 'rejected')),
    reason text,
    -- The reviewer; none where the operator decided.
    decided_by uuid,
    decided_at timestamptz
);
create unique index item_waiting on review.item (member) where decision is null;
create index item_queue on review.item (at, item) where decision is null;
create index item_decided on review.item (decided_at desc, item desc) where decision is not null;
