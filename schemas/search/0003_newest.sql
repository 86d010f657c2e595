-- Pages of a search walk these first: the newest of all ages, in the order of the list. An age is looked up in the index
-- alone, so a page reads little more of the table than it shows.
create index member_newest on search.member (gender, joined desc, member desc) include (birthday);
create index member_newest_county on search.member (gender, county, joined desc, member desc) include (birthday);
create index member_newest_town on search.member (gender, town, joined desc, member desc) include (birthday);
create index member_lately on search.member (gender, seen_day desc, member desc) include (birthday, joined);
create index member_lately_county on search.member (gender, county, seen_day desc, member desc) include (birthday, joined);
create index member_lately_town on search.member (gender, town, seen_day desc, member desc) include (birthday, joined);
