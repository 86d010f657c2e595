-- One row for each thing that a member did; the id is that of the event it tells of. Projected.
create table diary.entry (
    entry uuid primary key,
    -- Whose diary it is in.
    member uuid not null,
    kind text not null,
    -- To whom she did it.
    other uuid not null,
    -- Which photo, where it is about one.
    photo uuid,
    at timestamptz not null
);
create index entry_newest on diary.entry (member, at desc, entry desc);
create index entry_newest_of_kind on diary.entry (member, kind, at desc, entry desc);
