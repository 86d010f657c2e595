-- Everybody who has an interest that few have.
    select m.*, row_number() over (order by m.at desc, m.member desc) as number
    from search.interested i
    cross join lateral (
        select member, birthday, joined, {at} as at
        from search.member
        where member = i.member and gender = any($2) {place} and ({at}, member) < ($13, $14) {since}
        offset 0
    ) m
    where i.interest = $30
