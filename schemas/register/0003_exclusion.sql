-- Whom reviewers have excluded, and until when; none where it is for good. Projected.
create table register.exclusion (
    member uuid primary key,
    -- Logins that are older have ended for good.
    at timestamptz not null,
    until timestamptz,
    reason text not null
);
