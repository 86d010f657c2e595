//! The folders of `src/` stand in one order: what stands lower knows nothing of what stands higher.

use std::collections::BTreeSet;

use crate::sources::{self, Source};

/// From the bottom to the top. The process itself (`app.rs`, `cli.rs`, `main.rs`) puts all of them together, and `dev` is tooling.
const ORDER: [&str; 10] =
    ["store", "kernel", "bus", "shared", "live", "web", "openapi", "modules", "admin", "dev"];

/// What points upwards today: a file, and the folder that it should not know. The list only gets shorter: an arrow that is gone has to be
/// taken out.
const DEBTS: [(&str, &str); 17] = [
    ("kernel/context.rs", "live"),
    ("kernel/context.rs", "shared"),
    ("kernel/context.rs", "web"),
    ("kernel/module.rs", "openapi"),
    ("kernel/module.rs", "web"),
    ("kernel/module/action.rs", "shared"),
    ("kernel/tx.rs", "bus"),
    ("live/cursor.rs", "modules"),
    ("live/mod.rs", "web"),
    ("store/home.rs", "shared"),
    ("store/module_runtime.rs", "kernel"),
    ("store/open.rs", "kernel"),
    ("store/places.rs", "kernel"),
    ("store/restored.rs", "kernel"),
    ("store/schema.rs", "kernel"),
    ("web/docs.rs", "openapi"),
    ("web/router.rs", "openapi"),
];

#[test]
fn folders_know_only_what_stands_below_them() {
    let found = arrows(&sources::all());
    let known: BTreeSet<(String, String)> =
        DEBTS.iter().map(|(file, folder)| (format!("src/{file}"), (*folder).to_owned())).collect();
    let new: Vec<_> = found.difference(&known).collect();
    assert!(new.is_empty(), "these files know a folder that stands above theirs: {new:#?}");
    let gone: Vec<_> = known.difference(&found).collect();
    assert!(gone.is_empty(), "no longer true, take them out of DEBTS: {gone:#?}");
}

#[test]
fn an_arrow_upwards_is_found() {
    let up = Source::of("src/store/x.rs".to_owned(), "use crate::web::router;\n".to_owned());
    let down = Source::of("src/web/x.rs".to_owned(), "// crate::dev\nuse crate::store::open;\n".to_owned());
    let found = arrows(&[up, down]);
    assert_eq!(found, BTreeSet::from([("src/store/x.rs".to_owned(), "web".to_owned())]));
}

/// What a bus carries is open to all. So is what a module publishes, but to those below `shared`: they carry events and know none.
fn open_to(folder: &str, path: &str) -> bool {
    if path.starts_with("bus::types") {
        return true;
    }
    let mut words = path.splitn(4, "::");
    words.next() == Some("modules")
        && words.nth(1).is_some_and(|word| word.starts_with("contract"))
        && !["store", "kernel", "bus"].contains(&folder)
}

/// Every file that names a folder above its own, with the name of that folder.
fn arrows(sources: &[Source]) -> BTreeSet<(String, String)> {
    let height = |folder: &str| ORDER.iter().position(|it| *it == folder);
    let mut found = BTreeSet::new();
    for source in sources.iter().filter(|source| source.is("rs")) {
        let inside = source.path.strip_prefix("src/").and_then(|path| path.split_once('/'));
        let Some((folder, _)) = inside else { continue };
        let own = height(folder).unwrap_or_else(|| panic!("src/{folder}/ has no place in the order"));
        for line in &source.lines {
            for after in line.code().split("crate::").skip(1) {
                if open_to(folder, after) {
                    continue;
                }
                let name = after.split(|c: char| !c.is_ascii_alphanumeric() && c != '_').next().unwrap_or("");
                if height(name).is_some_and(|other| other > own) {
                    found.insert((source.path.clone(), name.to_owned()));
                }
            }
        }
    }
    found
}
