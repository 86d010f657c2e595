-- Reports of photos. While one waits for a decision the photo's files stay, for reviewers only, even where its member
-- has deleted it. A report and what was decided come from two sources, in either order. Projected.
create table media.evidence (
    report uuid primary key,
    -- None before the report has come.
    photo uuid,
    decided boolean not null
);
create index evidence_held on media.evidence (photo) where not decided;
