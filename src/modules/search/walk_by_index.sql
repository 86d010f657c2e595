-- One walk of an index for each gender, and for each birth year where they are walked one by one.
    select m.*
    from unnest($2::text[]) as g (gender)
    {years}
    cross join lateral (
        select member, birthday, joined, {at} as at, row_number() over (order by {at} desc, member desc) as number
        from search.member
        where gender = g.gender {place} {year} and ({at}, member) < ($13, $14) {since}
        order by {at} desc, member desc limit $15
    ) m
