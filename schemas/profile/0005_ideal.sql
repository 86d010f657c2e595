-- Whom she looks for since she changed it; before that, what the profile says. Two tables, since the approval and the
-- change come from two sources, in either order. Projected.
create table profile.ideal (
    member uuid primary key,
    gender text not null,
    from_age integer not null,
    to_age integer not null,
    place text
);
