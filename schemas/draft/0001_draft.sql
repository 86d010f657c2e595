-- The presentation that each member sent to review last, and what became of it. Projected.
create table draft.presentation (
    member uuid primary key,
    text text not null,
    state text not null check (state in ('waiting', 'approved', 'rejected')),
    -- What the reviewer wants changed; only of a rejected one.
    reason text,
    at timestamptz not null
);
