//! Two members who flirt with each other at the same moment: one of the two flirts answers the other.

use sqlx::query_scalar;

use crate::house::{Ask, House, Who};

/// Enough for the two to meet in the middle many times.
const ROUNDS: u32 = 30;

#[tokio::test]
async fn of_two_flirts_that_cross_one_is_the_answer() {
    let house = House::open("house_crossing", 80).await;
    let (one, two) = (house.people.member, house.people.reviewer);
    let (ones, twos) = (house.token(Who::Member).await, house.token(Who::Reviewer).await);
    let pool = house.stage.ctx.unit_named("flirt").unwrap().pool.clone();
    for round in 0..ROUNDS {
        let (to_two, to_one) =
            (Ask::post(format!("/api/flirt/{two}")), Ask::post(format!("/api/flirt/{one}")));
        let (first, second) =
            tokio::join!(house.ask(&to_two, ones.as_deref()), house.ask(&to_one, twos.as_deref()));
        assert!([200, 201].contains(&first.status) && [200, 201].contains(&second.status), "{round}");
        let open: i64 = query_scalar("select count(*) from flirt.flirt where not answered")
            .fetch_one(&pool)
            .await
            .unwrap();
        assert_eq!(open, 1, "in round {round} both wait for each other");
        // The allowance of a day is not what this is about.
        sqlx::query("delete from limits.allowance")
            .execute(&house.stage.ctx.unit_named("limits").unwrap().pool)
            .await
            .unwrap();
    }
    house.close().await;
}
