-- What came of the forms of the last hour: the same form sent again has the outcome of the first time. Owned.
create table limits.submission (
    -- SHA-256 of the form's address and all of its fields, its key among them.
    id bytea primary key,
    at timestamptz not null,
    -- Where the answer led, and what it said there; no place while the first one is still under way.
    location text,
    notice text,
    -- True where the answer took the session's cookie back.
    ends_session boolean not null default false
);
create index submission_at on limits.submission (at);
