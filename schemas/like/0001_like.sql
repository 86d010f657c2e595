-- Who likes which photo. Projected.
create table likes.liked (
    member uuid not null,
    photo uuid not null,
    at timestamptz not null,
    primary key (member, photo)
);
create index liked_photo on likes.liked (photo);
