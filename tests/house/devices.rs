//! What strangers try does not shut a member out of a device that she has logged in with before, and such a device helps
//! nobody with another account.

use axum::http::header;

use crate::house::{Answer, Ask, House, PASSWORD};

#[tokio::test]
async fn a_known_device_is_not_shut_out_by_strangers() {
    let house = House::open("house_devices", 80).await;
    let device = device_of(&log_in(&house, "maja", PASSWORD, "").await);
    for name in ["login-tries", "logins"] {
        use_up(&house, name).await;
    }
    assert_eq!(log_in(&house, "maja", PASSWORD, "").await.status, 429, "a stranger");
    assert_eq!(
        log_in(&house, "maja", PASSWORD, "device=forged.abc.def").await.status,
        429,
        "a forged device"
    );
    assert_eq!(log_in(&house, "maja", PASSWORD, &device).await.status, 303, "her own device");
    assert_eq!(log_in(&house, "otto", "a wrong password", &device).await.status, 429, "at another account");
    // It has an allowance, too.
    let mut tries = 0;
    while log_in(&house, "maja", "a wrong password", &device).await.status == 401 {
        tries += 1;
    }
    assert_eq!(tries, 28, "two of the device's thirty were used above");
    house.close().await;
}

#[tokio::test]
async fn a_device_stays_known_and_says_nothing_of_its_member() {
    let house = House::open("house_device_stays", 80).await;
    let first = log_in(&house, "maja", PASSWORD, "").await;
    let device = device_of(&first);
    assert!(!device.to_lowercase().contains("maja"), "{device}");
    let again = log_in(&house, "maja", PASSWORD, &device).await;
    assert!(!cookies(&again).any(|cookie| cookie.starts_with("device=")), "it is known already");
    let other = log_in(&house, "otto", PASSWORD, &device).await;
    assert_ne!(device_of(&other), device, "the device of another member now");
    house.close().await;
}

async fn log_in(house: &House, nickname: &str, password: &str, cookie: &str) -> Answer {
    let form = form_urlencoded::Serializer::new(String::new())
        .extend_pairs([("nickname", nickname), ("password", password)])
        .finish();
    house.ask(&Ask::post("/login").form(form).with("cookie", cookie), None).await
}

/// As if it had been tried as often as it may, from wherever it is counted.
async fn use_up(house: &House, name: &str) {
    let pool = &house.stage.ctx.unit_named("limits").unwrap().pool;
    let used = "update limits.allowance set used = 1000 where name = $1 and subject not like 'device:%'";
    assert!(sqlx::query(used).bind(name).execute(pool).await.unwrap().rows_affected() > 0);
}

fn device_of(answer: &Answer) -> String {
    let cookie = cookies(answer).find(|cookie| cookie.starts_with("device=")).expect("a device");
    cookie.split(';').next().unwrap().to_owned()
}

fn cookies(answer: &Answer) -> impl Iterator<Item = &str> {
    answer.headers.get_all(header::SET_COOKIE).iter().filter_map(|value| value.to_str().ok())
}
