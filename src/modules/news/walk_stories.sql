-- A part of a feed. walk_stories.rs says what it is about, and fills in what is in braces.
with walked as materialized (
    select s.*
    from {years}
    cross join lateral (
        select story, kind, member, birthday, county, photo, at, row_number() over (order by at desc, story desc) as number
        from news.story
        where gender = $4 {place} {year} and (at, story) < ($6, $7) and (at, story) > ($8, $9)
        order by at desc, story desc limit $10
    ) s
),
-- Where a walk's rows are used up, it may go on below its last. The newest of these is the end.
ending as materialized (
    select at, story from walked where number = $10 order by at desc, story desc limit 1
)
select e.at as end_at, e.story as end_story, f.story, f.kind, f.photo, f.at, a.card
from (values (true)) as always
left join ending e on true
left join lateral (
    -- `offset 0` has the stories sorted before their authors are looked up one by one, which ends with the page.
    select w.story, w.kind, w.member, w.photo, w.at
    from (select * from walked
          where case when county = any($14) then birthday between $15 and $16 else birthday between $11 and $12 end
            and member <> $1 and (e.at is null or (at, story) >= (e.at, e.story))
          order by at desc, story desc offset 0) w
    where (select true from news.blocked_pair b where b.viewer = $1 and b.other = w.member limit 1) is null
    order by w.at desc, w.story desc limit $13
) f on true
left join lateral (select c as card from news.card c where c.member = f.member offset 0) a on true
order by f.at desc, f.story desc
