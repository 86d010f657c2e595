//! Who gets a photo, over every state of it, every viewer, size and address; and what is in the files that are served.

use std::collections::BTreeMap;

use axum::http::Method;
use pancake::kernel::id::MemberId;
use serde_json::{Value, json};

use crate::house::{Answer, Ask, House, Who};
use crate::join::join;
use crate::pictures::{self, QUARTERS, SECRET, SIDES};

const SIZES: [&str; 3] = ["card", "page", "screen"];
/// What became of a photo, step by step.
const STATES: [&str; 11] = [
    "waiting",
    "approved",
    "rejected",
    "deleted",
    "approved, deleted",
    "private, waiting",
    "private, approved",
    "private, rejected",
    "private, approved, deleted",
    "approved, private",
    "private, approved, public",
];
/// Of these any member may see it, and keep it.
const PUBLIC: [&str; 2] = ["approved", "private, approved, public"];
/// Of these whom its owner has let in.
const PRIVATE: [&str; 2] = ["private, approved", "approved, private"];

/// Everybody who might look at a photo of `Who::Member`, by what she is to her.
async fn viewers(house: &House) -> BTreeMap<&'static str, Option<String>> {
    let stage = &house.stage;
    let owner = house.people.member;
    let mut joined = Vec::new();
    for nickname in ["blocked", "blocker", "inside", "outside", "unblocked"] {
        joined.push(join(stage, nickname, "approved").await);
    }
    let [blocked, blocker, inside, outside, unblocked] = joined[..] else { panic!("five have joined") };
    stage.settle().await.unwrap();
    let opens = |member: &MemberId| (Method::PUT, owner, format!("album/access/{member}"));
    let mut steps: Vec<_> = [blocked, blocker, inside, outside, unblocked].iter().map(opens).collect();
    steps.extend([
        (Method::DELETE, owner, format!("album/access/{outside}")),
        (Method::PUT, owner, format!("block/{blocked}")),
        (Method::PUT, blocker, format!("block/{owner}")),
        (Method::PUT, owner, format!("block/{unblocked}")),
        (Method::DELETE, owner, format!("block/{unblocked}")),
    ]);
    for (method, who, path) in steps {
        let token = stage.login(who).await.unwrap();
        let answer = house.ask(&Ask::new(method, format!("/api/{path}")), Some(&token)).await;
        assert!(answer.status < 300, "{}", answer.text());
        stage.settle().await.unwrap();
    }
    let mut viewers = BTreeMap::from([("nobody", None)]);
    let by_id: [(&str, MemberId); 11] = [
        ("an applicant", house.people.waiting),
        ("who was rejected", house.people.rejected),
        ("the owner", owner),
        ("a member", house.people.other),
        ("who was let in", inside),
        ("who was let in and out", outside),
        ("who was let in, blocked and unblocked", unblocked),
        ("who was let in and blocked", blocked),
        ("who was let in and blocks", blocker),
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
    let members =
        ["a member", "who was let in", "who was let in and out", "who was let in, blocked and unblocked"];
    let always = ["the owner", "a reviewer", "an admin"].contains(&viewer);
    let is_public = PUBLIC.contains(&state) && members.contains(&viewer);
    let is_let_in = PRIVATE.contains(&state) && viewer == "who was let in";
    !state.ends_with("deleted") && (always || is_public || is_let_in)
}

async fn upload(house: &House, file: &[u8], token: &str) -> Answer {
    let ask = Ask::post("/api/media").with("content-type", "image/jpeg").holding(file);
    house.ask(&ask, Some(token)).await
}

fn text(answer: &Value, field: &str) -> String {
    answer[field].as_str().unwrap_or_else(|| panic!("no {field} in {answer}")).to_owned()
}

/// A photo of the member with which this has happened. Another one looks at it each time: what she saw is not remembered.
async fn photo_in(house: &House, state: &str) -> String {
    let owner = house.token(Who::Member).await.unwrap();
    let reviewer = house.token(Who::Reviewer).await.unwrap();
    let other = house.stage.login(house.people.other).await.unwrap();
    let uploaded = upload(house, &pictures::jpeg(&pictures::upright()), &owner).await;
    assert_eq!(uploaded.status, 201, "{}", uploaded.text());
    let photo = text(&uploaded.json(), "photo");
    house.stage.settle().await.unwrap();
    for step in state.split(", ") {
        match step {
            "private" | "public" => arrange(house, &photo, step == "private", &owner).await,
            "approved" => decide(house, &photo, "approve", "", &reviewer).await,
            "rejected" => decide(house, &photo, "reject", r#"{"reason":"Say more."}"#, &reviewer).await,
            "deleted" => {
                let delete = Ask::new(Method::DELETE, format!("/api/media/{photo}"));
                assert_eq!(house.ask(&delete, Some(&owner)).await.status, 204);
            }
            _ => {}
        }
        house.stage.settle().await.unwrap();
        house.ask(&Ask::get(format!("/api/media/{photo}/card")), Some(&other)).await;
    }
    photo
}

/// Moves it, and leaves the others as they are.
async fn arrange(house: &House, photo: &str, private: bool, owner: &str) {
    let own = house.ask(&Ask::get("/api/media"), Some(owner)).await.json();
    let own = own["photos"].as_array().unwrap();
    let photos: Vec<_> = own.iter().map(|own| own["photo"].clone()).collect();
    let is_private = |own: &&Value| if own["photo"] == photo { private } else { own["private"] == true };
    let private: Vec<_> = own.iter().filter(is_private).map(|own| own["photo"].clone()).collect();
    let order = json!({ "photos": photos, "private": private }).to_string();
    let put = Ask::new(Method::PUT, "/api/media/order").json(order);
    assert_eq!(house.ask(&put, Some(owner)).await.status, 204);
}

async fn decide(house: &House, photo: &str, verdict: &str, body: &str, reviewer: &str) {
    let queue = house.ask(&Ask::get("/api/review"), Some(reviewer)).await.json();
    let items = queue["items"].as_array().unwrap();
    let item = text(items.iter().find(|item| item["photo"] == photo).unwrap(), "item");
    let ask = Ask::post(format!("/api/review/{item}/{verdict}"));
    let ask = if body.is_empty() { ask } else { ask.json(body) };
    assert_eq!(house.ask(&ask, Some(reviewer)).await.status, 204);
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
                if may && (kept.contains("immutable") != PUBLIC.contains(&state) || kept.contains("public")) {
                    house.fault(&ask, &answer, &format!("{viewer} may keep a photo that is {state}: {kept}"));
                }
                seen += usize::from(given);
            }
        }
        house.forgive().await;
    }
    // Of eight states the owner, a reviewer and an admin see it; of two of them four members, of two others who was let in.
    assert_eq!(seen, (8 * 3 + 2 * 4 + 2) * 3 * 20);
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
