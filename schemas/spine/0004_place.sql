-- Which module's data these are: the id goes along through dumps and moves (`limits.place`).
alter table head add column place uuid not null default gen_random_uuid();
