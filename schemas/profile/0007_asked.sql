-- Who asked to see whose private album, until it is opened to her: the page shows that one has asked already. Projected.
create table profile.asked (
    member uuid not null,
    owner uuid not null,
    at timestamptz not null,
    primary key (member, owner)
);
