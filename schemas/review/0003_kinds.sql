-- What every item has is in one table, and what one kind says is in a table of that kind.
create table review.item_application (
    item uuid primary key,
    nickname text not null,
    gender text not null,
    birthday date not null,
    ideal_gender text not null,
    ideal_from integer not null,
    ideal_to integer not null,
    ideal_place text,
    place text not null,
    -- 2 or more when she applies again.
    application integer not null
);
create table review.item_presentation (
    item uuid primary key,
    text text not null
);
create table review.item_photo (
    item uuid primary key,
    photo uuid not null unique,
    -- What is to be seen, in her words; empty where she has said nothing.
    alt text not null
);
insert into review.item_application
select item, nickname, gender, birthday, ideal_gender, ideal_from, ideal_to, ideal_place, place, application
from review.item where kind = 'registration';
insert into review.item_presentation select item, text from review.item where kind = 'presentation';

alter table review.item
    drop constraint item_says_all,
    drop constraint item_kind_check,
    drop constraint item_decision_check,
    drop column nickname,
    drop column gender,
    drop column birthday,
    drop column ideal_gender,
    drop column ideal_from,
    drop column ideal_to,
    drop column ideal_place,
    drop column place,
    drop column application,
    drop column text;
alter table review.item
    add constraint item_kind_check check (kind in ('registration', 'presentation', 'photo')),
    -- Replaced by a newer one; withdrawn by its member.
    add constraint item_decision_check check (decision in ('approved', 'rejected', 'replaced', 'withdrawn'));
-- Photos wait beside each other.
drop index review.item_waiting;
create unique index item_waiting on review.item (member, kind) where decision is null and kind <> 'photo';
