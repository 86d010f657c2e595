-- What each member tells of herself, in codes of closed lists (src/shared/facts.rs). Projected.
create table profile.facts (
    member uuid primary key,
    looking_for text[] not null,
    children text,
    smoking text,
    languages text[] not null,
    -- In centimetres.
    height integer
);
