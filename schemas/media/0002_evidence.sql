-- Reports of photos. While one waits for a decision the photo's files stay, for reviewers only, even where its member
-- has deleted it. A report and what was decided come from two sources, in either order. Projected.
create table media.evidence (
    photo uuid not null,
    reporter uuid not null,
    -- When it was reported last, and when that was decided last.
    reported timestamptz not null default '-infinity',
    decided timestamptz not null default '-infinity',
    primary key (photo, reporter)
);
