-- Members' photos, and what reviewers said of them. Projected.
create table media.upload (
    photo uuid primary key,
    member uuid not null,
    alt text not null,
    width integer not null,
    height integer not null,
    blur text not null,
    at timestamptz not null,
    state text not null default 'waiting' check (state in ('waiting', 'approved', 'rejected')),
    -- What the reviewer says of it; only of a rejected one.
    reason text
);
create index upload_member on media.upload (member, at, photo);

-- A photo that was deleted stays as a mark, so that nothing that comes late brings it back. Projected.
create table media.deleted (
    photo uuid primary key
);

-- The order in which a member wants her photos; none before she has chosen one. Projected.
create table media.arrangement (
    member uuid primary key,
    photos uuid[] not null
);

-- Photos of which files may lie in the storage. Owned: files have no events.
create table media.stored (
    photo uuid primary key,
    -- From when on the files are removed: an hour after they were written where nobody has claimed them since.
    remove_after timestamptz,
    -- Who claimed them, and her own name for that upload, if she gave it one.
    member uuid,
    key text
);
create unique index stored_key on media.stored (member, key) where key is not null;
create index stored_removed on media.stored (remove_after) where remove_after is not null;
