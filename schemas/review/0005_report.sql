-- Reports wait in the same queue. What is urgent is due before all else; an item is due when it came, but for that.
alter table review.item add column due timestamptz;
update review.item set due = at;
alter table review.item alter column due set not null;
drop index review.item_queue;
create index item_queue on review.item (due, item) where decision is null;

alter table review.item
    drop constraint item_kind_check,
    drop constraint item_decision_check;
alter table review.item
    add constraint item_kind_check check (kind in ('registration', 'presentation', 'photo', 'report')),
    add constraint item_decision_check
        check (decision in ('approved', 'rejected', 'replaced', 'withdrawn', 'upheld', 'dismissed'));
-- Photos and reports wait beside each other.
drop index review.item_waiting;
create unique index item_waiting on review.item (member, kind)
    where decision is null and kind in ('registration', 'presentation');
drop index review.item_decided;
create index item_decided on review.item (decided_at desc, item desc) where decided_at is not null;
drop index review.item_decided_of;
create index item_decided_of on review.item (member, decided_at desc) where decided_at is not null;

-- What a report says. The evidence is as the reporter saw it.
create table review.item_report (
    item uuid primary key,
    reporter uuid not null,
    about text not null check (about in ('profile', 'photo', 'message')),
    -- Only of a photo.
    photo uuid,
    -- Only of a message: its number in the conversation of reporter and member.
    number bigint,
    -- The presentation, the photo's description, or the message.
    text text not null,
    cause text not null,
    -- What the reporter adds; empty where that is nothing.
    words text not null
);
create index item_report_reporter on review.item_report (reporter);
create index item_report_photo on review.item_report (photo) where photo is not null;

-- What became of each member's reports. Projected.
create table review.reporter (
    member uuid primary key,
    upheld integer not null,
    dismissed integer not null
);

-- What reviewers did about members, beside decisions. Projected.
create table review.measure (
    measure uuid primary key,
    member uuid not null,
    kind text not null check (kind in ('removed', 'warned', 'excluded', 'lifted')),
    -- To whom a message was, and its number; only of what was removed.
    about text,
    -- None of what was lifted.
    reason text,
    -- None of what is for good.
    until timestamptz,
    at timestamptz not null
);
create index measure_member on review.measure (member, at desc);
