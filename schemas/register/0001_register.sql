-- Everybody who ever registered. Projected.
create table register.member (
    member uuid primary key,
    nickname text not null,
    gender text not null,
    birthday date not null,
    ideal_gender text not null,
    ideal_from integer not null,
    ideal_to integer not null,
    ideal_place text,
    place text not null,
    state text not null check (state in ('waiting', 'rejected', 'approved')),
    -- Why she was rejected.
    reason text,
    -- 1, or more when she applied again.
    application integer not null
);
create unique index member_nickname_key on register.member (lower(nickname));

-- Who may do what. Projected.
create table register.role (
    member uuid not null,
    role text not null check (role in ('reviewer', 'admin')),
    primary key (member, role)
);

-- How to reach her, and how she proves who she is. Owned: never in an event.
create table register.account (
    member uuid primary key,
    email text not null,
    -- argon2id, in PHC format.
    password text not null
);
create unique index account_email_key on register.account (lower(email));

-- Logins. Owned.
create table register.session (
    session uuid primary key,
    member uuid not null,
    -- SHA-256 of the token.
    token bytea not null,
    -- What the browser says it is.
    device text not null,
    started timestamptz not null,
    used timestamptz not null
);
create unique index session_token_key on register.session (token);
create index session_member on register.session (member, used desc, session desc);
