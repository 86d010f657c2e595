-- Whom each member looks for. Projected.
create table ideal.ideal (
    member uuid primary key,
    gender text not null,
    from_age integer not null,
    to_age integer not null,
    -- A county or a town; anywhere where it is missing.
    place text
);
