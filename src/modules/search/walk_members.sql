-- One page of a search. walk_members.rs says what it is about, and fills in what is in braces.
with me as materialized (
    select member, gender, town, county, date_part('year', age($16::date + (county = any($19))::int, birthday))::int as age
    from search.member where member = $1
),
walked as materialized (
    {walked}
),
-- Where a walk's rows are used up, nothing older than its last is known. The newest of these is the end.
bound as materialized (
    select at, member from walked where number = $15 order by at desc, member desc limit 1
),
-- Whoever fits, in the order of the list, up to as many as are shown or counted: `offset 0` has the rows sorted before
-- any of them is looked at more closely, and nobody is after the last that is needed.
fit as materialized (
    select w.at, w.member
    from (select w.at, w.member, w.birthday
          from walked w left join bound b on true
          where w.birthday between $6 and $21 and w.joined > $8 and w.member <> $1
            and (b.at is null or (w.at, w.member) >= (b.at, b.member))
          order by w.at desc, w.member desc offset 0) w
    -- Each of these is one look at a primary key, and only for those whom all before it has left. They are no
    -- joins and no `exists`: Postgres might read a whole table for those.
    where (w.birthday between $20 and $7
           -- Born on the day at either end: which day it is where she lives is in no index.
           or (select case when m.county = any($19) then m.birthday between $20 and $21
                           else m.birthday between $6 and $7 end
               from search.member m where m.member = w.member))
      and (not $9 or (select c.portrait is not null from search.card c where c.member = w.member))
      and (not $10 or (coalesce((select s.at > $11 from search.seen s where s.member = w.member), false)
                       and (select true from search.hidden h where h.member = w.member) is null))
      and (not $12 or coalesce((select i.gender = me.gender and me.age between i.youngest and i.oldest
                                       and (i.place is null or i.place in (me.town, me.county))
                                from search.ideal i, me where i.member = w.member), false))
      and (not $22 or coalesce((select ($23::text is null or $23 = any(f.looking_for))
                                       and ($24::text[] is null or f.children = any($24))
                                       and ($25::text is null or f.smoking = $25)
                                       and ($26::text is null or $26 = any(f.languages))
                                       and ($27::int is null or f.height between $27 and $28)
                                from search.facts f where f.member = w.member), false))
      and (cardinality($29::text[]) = 0
           or (select count(*) from search.interested i
               where i.member = w.member and i.interest = any($29)) = cardinality($29))
      and (select true from search.blocked_pair b where b.viewer = $1 and b.other = w.member limit 1) is null
    order by w.at desc, w.member desc limit $18
)
select b.at as end_at, b.member as end_id, (select count(*) from fit) as matches,
       f.at, m.joined, m.seen_day, c.card
from (values (true)) as always
left join bound b on true
left join lateral (select at, member from fit order by at desc, member desc limit $17) f on true
left join lateral (select joined, seen_day from search.member m where m.member = f.member offset 0) m on true
left join lateral (select c as card from search.card c where c.member = f.member offset 0) c on true
order by f.at desc, f.member desc
