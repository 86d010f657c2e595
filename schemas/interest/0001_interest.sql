-- Who has which interests. Projected.
create table interest.interested (
    member uuid not null,
    interest text not null,
    primary key (member, interest)
);
