-- What everything that the site signs is signed with: 32 random bytes, made once. Owned.
create table limits.secret (
    site boolean primary key default true check (site),
    secret bytea not null check (length(secret) = 32)
);
