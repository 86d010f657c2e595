-- Who reads which item, and until when: others leave it to her. Owned: nobody else needs to hear of it.
create table review.lease (
    item uuid primary key,
    reviewer uuid not null,
    until timestamptz not null
);
create index lease_ended on review.lease (until);
-- What was decided on a member before.
create index item_decided_of on review.item (member, decided_at desc) where decision in ('approved', 'rejected');
