-- What a module that shows people keeps of them: a copy from events. Applied once a module, with
-- search_path set to its schema.

create table card (
    member uuid primary key,
    nickname text not null,
    gender text not null,
    birthday date not null,
    place text not null
);
create unique index card_nickname on card (lower(nickname));

-- Two rows a block, so that one lookup answers "may this viewer see that one?" whoever blocked whom.
create table blocked_pair (
    viewer uuid not null,
    other uuid not null,
    blocker uuid not null,
    primary key (viewer, other, blocker)
);
