-- Who has which interests. Projected.
create table search.interested (
    member uuid not null,
    interest text not null,
    primary key (member, interest)
);
-- A search for what few have begins with those few.
create index interested_member on search.interested (interest, member);
