//! Members' photos: uploaded, made small and clean, kept until a reviewer has looked at them, and served to whom they
//! are for.

mod arrange_photos;
pub mod contract;
mod delete_photo;
mod keep_evidence;
mod keep_photos;
mod picture;
mod read_photos;
mod remove_files;
mod serve_photo;
mod storage;
mod upload_photo;
mod workshop;

use std::time::Duration;

use crate::kernel::module::{Action, Kit, Module, ModuleSpec, Policy, Registry};
use crate::modules::review::contract::{ReportDismissed, ReportUpheld};
use crate::shared::{self, blocks};

pub struct Media;

pub static SPEC: ModuleSpec = ModuleSpec {
    name: "media",
    schema: "media",
    segments: &["media"],
    purpose: "Keeps members' photos, and serves them in three sizes to whom they are for.",
    migrations: sqlx::migrate!("schemas/media"),
    kit: &[Kit::People, Kit::Access],
    owned: &["stored"],
};

const DAY: Duration = Duration::from_hours(24);

impl Module for Media {
    fn spec(&self) -> &'static ModuleSpec {
        &SPEC
    }

    fn register(&self, at: &mut Registry) {
        at.has_state::<workshop::Workshop>();
        at.has_state::<storage::Storage>();
        at.has_state::<serve_photo::Seen>();
        at.runs(remove_files::regularly);

        at.publishes::<contract::PhotoUploaded>();
        at.publishes::<contract::PhotosArranged>();
        at.publishes::<contract::PhotoDeleted>();
        at.listens(keep_photos::KeepUploaded);
        at.listens(keep_photos::KeepOrder);
        at.listens(keep_photos::KeepDeleted);
        at.listens(keep_photos::KeepApproved);
        at.listens(keep_photos::KeepRejected);
        at.listens(keep_evidence::AddEvidence);
        at.listens_since(3, keep_evidence::EndEvidence::<ReportUpheld>::new());
        at.listens_since(3, keep_evidence::EndEvidence::<ReportDismissed>::new());
        at.listens(blocks::AddPair::of(SPEC.schema, None));
        at.listens(blocks::RemovePair::of(SPEC.schema, None));
        shared::keep_access(at, 2);

        let read = |path| Action::get(path, Policy::Member, "shows her photos, and what became of each");
        at.json(read("/media"), read_photos::json);
        at.html(read("/media"), read_photos::page);
        // A person looks at each of them.
        let upload = Action::post("/media", Policy::Member, "uploads a photo")
            .limited("photos", 60, DAY)
            .takes_file(upload_photo::BYTES_MAX)
            .refuses(picture::REFUSALS)
            .refuses(upload_photo::REFUSALS);
        at.json(upload.clone(), upload_photo::json);
        at.html(upload, upload_photo::form);
        let arranges = "puts her photos in an order, and some into her private album";
        let refusals = &[arrange_photos::OTHERS, arrange_photos::OTHERS_PRIVATE];
        at.json(
            Action::put("/media/order", Policy::Member, arranges).refuses(refusals),
            arrange_photos::json,
        );
        let arrange = |path, does| Action::post(path, Policy::Member, does);
        at.html(arrange("/media/{photo}/first", "shows a photo first"), arrange_photos::first);
        let private = arrange("/media/{photo}/private", "moves a photo into her private album");
        at.html(private, arrange_photos::private);
        let public = arrange("/media/{photo}/public", "moves a photo into her public album");
        at.html(public, arrange_photos::public);
        let deletes = "deletes a photo";
        at.json(Action::delete("/media/{photo}", Policy::Member, deletes), delete_photo::json);
        at.html(Action::post("/media/{photo}/remove", Policy::Member, deletes), delete_photo::form);
        let serve = Action::get("/media/{photo}/{size}", Policy::Member, "serves a photo").by_itself();
        at.json(serve.clone(), serve_photo::json);
        at.html(serve, serve_photo::json);
    }
}
