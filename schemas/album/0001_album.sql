-- Who asked to see whose private album, until it is opened to her. Projected.
create table album.ask (
    owner uuid not null,
    member uuid not null,
    -- The last time: she may ask again 30 days later.
    at timestamptz not null,
    -- False once the owner has declined: she has answered, and the asker is not told.
    waiting boolean not null,
    primary key (owner, member)
);
create index ask_waiting on album.ask (owner, at desc, member desc) where waiting;
