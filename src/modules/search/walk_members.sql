-- One page of a search. walk_members.rs says what it is about.
with me as materialized (
    select member, gender, town, county, date_part('year', age($18::date + (county = any($20))::int, birthday))::int as age
    from search.member where member = $1
),
walked as materialized (
    select m.*, case when m.county = any($20) then m.birthday between $21 and $22 else m.birthday between $6 and $7 end
        and m.joined > $8 and m.member <> $1
        -- Each of these is one look at a primary key, and only for those whom all before it has left. They are no
        -- joins and no `exists`: Postgres might read a whole table for those.
        and (not $9 or (select c.portrait is not null from search.card c where c.member = m.member))
        and (not $10 or (coalesce((select s.at > $11 from search.seen s where s.member = m.member), false)
                         and (select true from search.hidden h where h.member = m.member) is null))
        and (not $12 or coalesce((select i.gender = me.gender and me.age between i.youngest and i.oldest
                                         and (i.place is null or i.place in (me.town, me.county))
                                  from search.ideal i, me where i.member = m.member), false))
        and (select true from search.blocked_pair b where b.viewer = $1 and b.other = m.member limit 1) is null
        as fits
    from unnest($2::text[]) as g (gender)
    cross join generate_series($3::int, $4::int) as y (year)
    -- One index walk each. Of the six ways only the one is taken that is asked for.
    cross join lateral (
        (select *, joined as at from search.member
         where $13 = 0 and not $14 and gender = g.gender and birth_year = y.year
           and (joined, member) < ($15, $16) and joined > $8
         order by joined desc, member desc limit $17)
        union all
        (select *, joined from search.member
         where $13 = 1 and not $14 and gender = g.gender and county = $5 and birth_year = y.year
           and (joined, member) < ($15, $16) and joined > $8
         order by joined desc, member desc limit $17)
        union all
        (select *, joined from search.member
         where $13 = 2 and not $14 and gender = g.gender and town = $5 and birth_year = y.year
           and (joined, member) < ($15, $16) and joined > $8
         order by joined desc, member desc limit $17)
        union all
        (select *, seen_day from search.member
         where $13 = 0 and $14 and gender = g.gender and birth_year = y.year
           and (seen_day, member) < ($15, $16)
         order by seen_day desc, member desc limit $17)
        union all
        (select *, seen_day from search.member
         where $13 = 1 and $14 and gender = g.gender and county = $5 and birth_year = y.year
           and (seen_day, member) < ($15, $16)
         order by seen_day desc, member desc limit $17)
        union all
        (select *, seen_day from search.member
         where $13 = 2 and $14 and gender = g.gender and town = $5 and birth_year = y.year
           and (seen_day, member) < ($15, $16)
         order by seen_day desc, member desc limit $17)
    ) m
),
-- Where a walk's rows are used up, nothing older than its last is known. The newest of these is the end.
bound as (
    select at, member from (
        select at, member, row_number() over (partition by gender, birth_year
                                              order by at desc, member desc) as number
        from walked) numbered
    where number = $17 order by at desc, member desc limit 1
)
select b.at as "end_at?", b.member as "end_id?",
       (select count(*) from walked where fits) as "matches!",
       f.at as "at?", f.joined as "joined?", f.seen_day as "seen_day?",
       (select c from search.card c where c.member = f.member) as "card?: CardRow"
from (values (true)) as always
left join bound b on true
left join lateral (
    select w.at, w.member, w.joined, w.seen_day
    from walked w
    where w.fits and (b.at is null or (w.at, w.member) >= (b.at, b.member))
    order by w.at desc, w.member desc limit $19
) f on true
order by f.at desc, f.member desc
