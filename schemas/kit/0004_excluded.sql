-- Cards of members who are excluded for good: nobody sees them, until a reviewer lets them come back.
create table excluded_card (like card including all);
