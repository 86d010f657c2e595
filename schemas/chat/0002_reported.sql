-- Which messages were reported, once a message: its receiver is the only one who can. Projected.
create table chat.reported (
    reporter uuid not null,
    member uuid not null,
    number bigint not null,
    primary key (reporter, member, number)
);

-- Which messages a reviewer removed. The mark stays, so that a message that comes late is removed, too. Projected.
create table chat.removed (
    sender uuid not null,
    receiver uuid not null,
    number bigint not null,
    primary key (sender, receiver, number)
);
alter table chat.message add column removed boolean not null default false;
