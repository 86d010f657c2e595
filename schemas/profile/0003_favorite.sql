-- Who is whose favourite: the page shows that one has marked her already. Projected.
create table profile.favorite (
    member uuid not null,
    favorite uuid not null,
    primary key (member, favorite)
);
