-- Who likes which photo: the page shows that one does already. Projected.
create table profile.liked (
    member uuid not null,
    photo uuid not null,
    primary key (member, photo)
);
create index liked_photo on profile.liked (photo);
