-- What a profile says beside the card. Projected.
create table profile.profile (
    member uuid primary key,
    ideal_gender text not null,
    ideal_from integer not null,
    ideal_to integer not null,
    ideal_place text,
    -- Member since.
    at timestamptz not null
);
create index profile_newest on profile.profile (at desc, member desc);

-- What she wrote about herself, once it is approved. Projected.
create table profile.presentation (
    member uuid primary key,
    text text not null
);

-- The last visit of a pair that counted. Projected.
create table profile.visit (
    visitor uuid not null,
    member uuid not null,
    at timestamptz not null,
    primary key (visitor, member)
);

-- Who waits for whose answer to a flirt: the page shows that one has flirted already. Projected.
create table profile.flirted (
    sender uuid not null,
    receiver uuid not null,
    primary key (sender, receiver)
);
