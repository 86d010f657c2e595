-- Whose word an ideal is needs no column: an approval only fills in, what she says herself always replaces it.
alter table search.ideal drop column own;
