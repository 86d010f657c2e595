-- Presentations wait in the same queue as applications: what only an application says is empty for them, and who
-- she is comes from her card. One that she changes while it waits is replaced, and keeps its place in the queue.
alter table review.item add column kind text not null default 'registration'
    check (kind in ('registration', 'presentation'));
alter table review.item alter column kind drop default;
alter table review.item add column text text;
alter table review.item
    alter column nickname drop not null,
    alter column gender drop not null,
    alter column birthday drop not null,
    alter column ideal_gender drop not null,
    alter column ideal_from drop not null,
    alter column ideal_to drop not null,
    alter column place drop not null,
    alter column application drop not null;
alter table review.item add constraint item_says_all check (
    case kind
        when 'registration' then num_nulls(nickname, gender, birthday, ideal_gender, ideal_from, ideal_to, place,
                                           application) = 0
        else text is not null
    end
);
alter table review.item drop constraint item_decision_check;
alter table review.item add constraint item_decision_check check (decision in ('approved', 'rejected', 'replaced'));
drop index review.item_waiting;
create unique index item_waiting on review.item (member, kind) where decision is null;
drop index review.item_decided;
create index item_decided on review.item (decided_at desc, item desc) where decision in ('approved', 'rejected');
create index item_member on review.item (member, item desc) where kind = 'presentation';
