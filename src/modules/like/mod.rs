//! Like a photo, once. A photo that is deleted takes its likes with it.

pub mod contract;
mod drop_likes;
mod keep_likes;
mod like_photo;
mod photo;
mod unlike_photo;

use std::time::Duration;

use crate::kernel::module::{Action, Kit, Module, ModuleSpec, Policy, Registry};
use crate::shared;
use crate::shared::photos::{AddPhotos, ArrangePhotos, RemovePhotos, TakeBackPhotos};

pub struct Like;

pub static SPEC: ModuleSpec = ModuleSpec {
    name: "like",
    schema: "likes",
    segments: &["like"],
    purpose: "Like a photo, once.",
    migrations: sqlx::migrate!("schemas/like"),
    kit: &[Kit::People],
    owned: &[],
};

const DAY: Duration = Duration::from_hours(24);

impl Module for Like {
    fn spec(&self) -> &'static ModuleSpec {
        &SPEC
    }

    fn register(&self, at: &mut Registry) {
        shared::keep_people(at);
        at.listens(AddPhotos::of(SPEC.schema, None));
        at.listens_since(3, TakeBackPhotos::of(SPEC.schema, None));
        at.listens(drop_likes::DropLikes(RemovePhotos::of(SPEC.schema, None)));
        at.listens_since(2, ArrangePhotos::of(SPEC.schema, None));
        at.publishes::<contract::PhotoLiked>();
        at.listens(keep_likes::AddLike);
        at.publishes::<contract::PhotoUnliked>();
        at.listens(keep_likes::RemoveLike);

        // Nobody means more than this in a day: it is three times as many as flirts.
        let like = |action: Action| action.limited("likes", 300, DAY).refuses(&[photo::OWN]);
        at.json(like(Action::put("/like/{photo}", Policy::Member, "likes a photo")), like_photo::json);
        at.html(like(Action::post("/like/{photo}", Policy::Member, "likes a photo")), like_photo::form);
        let unlike = "takes a like back";
        at.json(
            Action::delete("/like/{photo}", Policy::Member, unlike).refuses(&[photo::OWN]),
            unlike_photo::json,
        );
        at.html(Action::post("/like/{photo}/remove", Policy::Member, unlike), unlike_photo::form);
    }
}
