-- A conversation of two members, of whom `one` has the lesser id. Projected.
create table chat.conversation (
    one uuid not null,
    two uuid not null,
    -- The number of its newest message.
    newest bigint not null,
    -- Who wrote first, and when: first messages to strangers are counted by it.
    opener uuid not null,
    opened timestamptz not null,
    primary key (one, two)
);
create index conversation_opened on chat.conversation (opener, opened);

-- Numbered from 1 in each conversation, in the order that both see. Projected.
create table chat.message (
    one uuid not null,
    two uuid not null,
    number bigint not null,
    sender uuid not null,
    text text not null,
    at timestamptz not null,
    -- Its receiver had blocked its sender, and never sees it.
    withheld boolean not null,
    primary key (one, two, number)
);

-- A conversation as one of the two has it: a row of her inbox. Projected.
create table chat.thread (
    member uuid not null,
    other uuid not null,
    -- The newest message that she sees.
    newest bigint not null,
    at timestamptz not null,
    -- How far she has read, and how many messages to her came after that.
    read_to bigint not null,
    unread integer not null,
    primary key (member, other)
);
create index thread_newest on chat.thread (member, at desc, other desc);

-- What was sent with a key of the sender's own, for a day: the same again is the same message. Owned.
create table chat.sending (
    sender uuid not null,
    key text not null,
    receiver uuid not null,
    number bigint not null,
    at timestamptz not null,
    constraint sending_key primary key (sender, key)
);
create index sending_old on chat.sending (sender, at);
