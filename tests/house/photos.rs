//! Who gets a photo, over every state of it, every viewer, size and address; and what is in the files that are served.

use std::collections::BTreeMap;

use axum::http::Method;
use pancake::kernel::id::MemberId;
use serde_json::Value;

use crate::house::{Answer, Ask, House, Who};
use crate::join::join;
use crate::pictures::{self, QUARTERS, SECRET, SIDES};

const SIZES: [&str; 3] = ["card", "page", "screen"];
/// What became of a photo.
const STATES: [&str; 5] = ["waiting", "approved", "rejected", "deleted", "deleted after approval"];

/// Everybody who might look at a photo of `Who::Member`, by what she is to her.
async fn viewers(house: &House) -> BTreeMap<&'static str, Option<String>> {
    let stage = &house.stage;
    let (blocked, blocker) =
        (join(stage, "blocked", "approved").await, join(stage, "blocker", "approved").await);
    stage.settle().await.unwrap();
    let blocks = [(house.people.member, blocked), (blocker, house.people.member)];
    for (who, whom) in blocks {
        let token = stage.login(who).await.unwrap();
        let answer = house.ask(&Ask::new(Method::PUT, format!("/api/block/{whom}")), Some(&token)).await;
        assert!(answer.status < 300, "{}", answer.text());
    }
    stage.settle().await.unwrap();
    let mut viewers = BTreeMap::from([("nobody", None)]);
    let by_id: [(&str, MemberId); 8] = [
        ("an applicant", house.people.waiting),
        ("who was rejected", house.people.rejected),
        ("the owner", house.people.member),
        ("a member", house.people.other),
        ("who is blocked", blocked),
        ("who blocks", blocker),
        ("a reviewer", house.people.reviewer),
        ("an admin", house.people.admin),
    ];
    for (name, member) in by_id {
        viewers.insert(name, Some(stage.login(member).await.unwrap()));
    }
    viewers
}

/// Who is to get it.
fn may_see(state: &str, viewer: &str) -> bool {
    match (state, viewer) {
        ("deleted" | "deleted after approval", _) => false,
        ("approved", "a member") => true,
        (_, viewer) => ["the owner", "a reviewer", "an admin"].contains(&viewer),
    }
}

async fn upload(house: &House, file: &[u8], token: &str) -> Answer {
    let ask = Ask::post("/api/media").with("content-type", "image/jpeg").holding(file);
    house.ask(&ask, Some(token)).await
}

fn text(answer: &Value, field: &str) -> String {
    answer[field].as_str().unwrap_or_else(|| panic!("no {field} in {answer}")).to_owned()
}

/// A photo of the member in this state.
async fn photo_in(house: &House, state: &str) -> String {
    let owner = house.token(Who::Member).await.unwrap();
    let reviewer = house.token(Who::Reviewer).await.unwrap();
    let uploaded = upload(house, &pictures::jpeg(&pictures::upright()), &owner).await;
    assert_eq!(uploaded.status, 201, "{}", uploaded.text());
    let photo = text(&uploaded.json(), "photo");
    house.stage.settle().await.unwrap();
    let queue = house.ask(&Ask::get("/api/review"), Some(&reviewer)).await.json();
    let items = queue["items"].as_array().unwrap();
    let item = text(items.iter().find(|item| item["photo"] == photo.as_str()).unwrap(), "item");
    let decide = match state {
        "approved" | "deleted after approval" => Some(Ask::post(format!("/api/review/{item}/approve"))),
        "rejected" => Some(Ask::post(format!("/api/review/{item}/reject")).json(r#"{"reason":"Say more."}"#)),
        _ => None,
    };
    if let Some(decide) = decide {
        assert_eq!(house.ask(&decide, Some(&reviewer)).await.status, 204);
        house.stage.settle().await.unwrap();
    }
    if state.starts_with("deleted") {
        let delete = Ask::new(Method::DELETE, format!("/api/media/{photo}"));
        assert_eq!(house.ask(&delete, Some(&owner)).await.status, 204);
        house.stage.settle().await.unwrap();
    }
    photo
}

/// What a browser or a program may ask with.
fn asks(photo: &str, size: &str) -> Vec<Ask> {
    let tag = format!("\"{photo}-{size}\"");
    let mut asks = Vec::new();
    for target in [format!("/media/{photo}/{size}"), format!("/api/media/{photo}/{size}")] {
        for method in [Method::GET, Method::HEAD] {
            let plain = Ask::new(method, &target);
            asks.push(plain.clone().with("range", "bytes=0-9"));
            asks.push(plain.clone().with("range", "bytes=9999999-"));
            asks.push(plain.clone().with("if-none-match", tag.clone()));
            asks.push(plain.clone().with("if-none-match", "*"));
            asks.push(plain);
        }
    }
    asks
}

#[tokio::test]
async fn a_photo_is_there_for_whom_it_is_for() {
    let house = House::open("house_photos", 80).await;
    let viewers = viewers(&house).await;
    let mut seen = 0;
    for state in STATES {
        let photo = photo_in(&house, state).await;
        for (viewer, token) in &viewers {
            let may = may_see(state, viewer);
            for ask in SIZES.into_iter().flat_map(|size| asks(&photo, size)) {
                let answer = house.ask(&ask, token.as_deref()).await;
                let given = matches!(answer.status, 200 | 206 | 304);
                if given != may {
                    house.fault(&ask, &answer, &format!("{viewer} and a photo that is {state}"));
                }
                // It says nothing else either: as if it had never been.
                if !may
                    && (answer.headers.contains_key("etag") || answer.header("content-type") == "image/jpeg")
                {
                    house.fault(&ask, &answer, "a refusal tells of the photo");
                }
                let kept = answer.header("cache-control");
                if may && (kept.contains("immutable") != (state == "approved") || kept.contains("public")) {
                    house.fault(&ask, &answer, &format!("{viewer} may keep a photo that is {state}: {kept}"));
                }
                seen += usize::from(given);
            }
        }
        house.forgive().await;
    }
    // Three states with the owner, a reviewer and an admin, and one more with a member.
    assert_eq!(seen, 10 * 3 * 20);
    house.close().await;
}

#[tokio::test]
async fn files_are_upright_clean_or_refused() {
    let house = House::open("house_photo_files", 80).await;
    let owner = house.token(Who::Member).await.unwrap();
    for sent in pictures::corpus() {
        let ask = Ask::post("/api/media").with("content-type", "image/jpeg").holding(sent.bytes.clone());
        let answer = house.ask(&ask, Some(&owner)).await;
        if let Some(code) = sent.refusal {
            let problem = answer.json();
            let refused = (answer.status, &problem["errors"][0]["code"]);
            assert_eq!(refused, (422, &Value::from(code)), "{}: {problem}", sent.name);
            assert_eq!(answer.field(), "photo", "{}", sent.name);
        } else {
            assert_eq!(answer.status, 201, "{}: {}", sent.name, answer.text());
            let photo = text(&answer.json(), "photo");
            look_at(&house, &sent.name, &photo, &owner).await;
            let delete = Ask::new(Method::DELETE, format!("/api/media/{photo}"));
            assert_eq!(house.ask(&delete, Some(&owner)).await.status, 204);
        }
        house.forgive().await;
    }
    house.close().await;
}

/// Every size of it says nothing, and the largest is upright.
async fn look_at(house: &House, name: &str, photo: &str, owner: &str) {
    for size in SIZES {
        let answer = house.ask(&Ask::get(format!("/api/media/{photo}/{size}")), Some(owner)).await;
        assert_eq!(answer.status, 200, "{name}");
        for word in [SECRET, "Exif", "http://", "ICC_PROFILE", "Photoshop", "<script"] {
            let found = answer.body.windows(word.len()).any(|part| part == word.as_bytes());
            assert!(!found, "{name}, {size}: the file says {word}");
        }
        if size == "screen" && (name.starts_with("orientation") || name.starts_with("plain")) {
            is_upright(name, &image::load_from_memory(&answer.body).unwrap().into_rgb8());
        }
    }
}

fn is_upright(name: &str, image: &image::RgbImage) {
    let (width, height) = SIDES;
    assert_eq!(image.dimensions(), SIDES, "{name}");
    let places = [(1, 1), (3, 1), (1, 3), (3, 3)];
    for ((x, y), wanted) in places.into_iter().zip(QUARTERS) {
        let pixel = image.get_pixel(width * x / 4, height * y / 4).0;
        let near = pixel.iter().zip(wanted).all(|(is, wanted)| is.abs_diff(wanted) < 12);
        assert!(near, "{name}: {pixel:?} instead of {wanted:?}");
    }
}

/// The last photo that fits was taken, and its answer was lost: sent again with its key, it is no photo too many.
#[tokio::test]
async fn the_last_photo_sent_again_is_the_same() {
    let house = House::open("house_photo_again", 80).await;
    let owner = house.token(Who::Member).await.unwrap();
    let file = pictures::jpeg(&pictures::upright());
    let send = |number: usize| {
        let ask = Ask::post("/api/media").with("content-type", "image/jpeg").holding(file.clone());
        ask.with("idempotency-key", format!("photo-{number}"))
    };
    let mut last = String::new();
    for number in 1..=20 {
        let answer = house.ask(&send(number), Some(&owner)).await;
        assert_eq!(answer.status, 201, "{}", answer.text());
        last = text(&answer.json(), "photo");
    }
    let again = house.ask(&send(20), Some(&owner)).await;
    assert_eq!((again.status, text(&again.json(), "photo")), (200, last));
    assert_eq!(house.ask(&send(21), Some(&owner)).await.code(), "media.full");
    house.close().await;
}
