-- Feeds walk these first: the newest of all ages, in the order of the feed.
create index story_newest on news.story (gender, at desc, story desc);
create index story_newest_county on news.story (county, gender, at desc, story desc);
create index story_newest_town on news.story (town, gender, at desc, story desc);
