-- Who has which interests. Projected.
create table profile.interested (
    member uuid not null,
    interest text not null,
    primary key (member, interest)
);
