-- The photo that stands for her: the oldest of hers that is approved and not deleted.
alter table card add column portrait uuid;

-- Photos as far as they are known here. Approval and deletion come from two sources, in either order: what was
-- deleted stays as a mark, so that a late approval does not bring it back.
create table photo (
    photo uuid primary key,
    member uuid not null,
    -- Of the approval; none before it.
    approved timestamptz,
    deleted boolean not null default false
);
create index photo_member on photo (member, approved, photo) where approved is not null and not deleted;
