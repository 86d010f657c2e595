-- Who may not log in until an admin readmits her. Projected.
create table register.suspension (
    member uuid primary key
);
