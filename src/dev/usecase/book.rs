//! `usecases/BOOK.md`: all stories, for those who read and do not run. Generated, committed and checked, and
//! docs/problems.md, docs/events.md and docs/examples.json with it.

use std::path::{Path, PathBuf};
use std::{fs, io};

use super::events;
use super::example::{examples, of_operations};
use super::load::UseCases;
use super::paint::Paint;
use super::problems::catalogue;
use super::story::told;
use crate::kernel::module::Registry;
use crate::openapi;

/// Why the book is not as it should be.
#[derive(Debug, thiserror::Error)]
pub enum BookError {
    #[error(
        "{path}:{line}: is no longer what the sources and use cases say; `./r test --bless` writes it anew"
    )]
    Stale { path: String, line: usize },
    #[error("{path}: {error}")]
    Io { path: String, error: io::Error },
}

/// The whole book.
pub fn book(registry: &Registry, usecases: &UseCases) -> String {
    let mut text = String::from(
        "# The book of use cases\n\n\
         What the site does, told from its use cases. Written by `./r test --bless`; change the cases, not this.\n\n",
    );
    let of = |module: &'static str| usecases.cases.iter().filter(move |case| case.module == module);
    for spec in registry.modules() {
        let count = of(spec.name).count();
        if count > 0 {
            let name = spec.name;
            text.push_str(&format!("- [{name}](#{name}) ({count})\n"));
            for case in of(name) {
                text.push_str(&format!("  - [{}](#{})\n", case.name, anchor(&case.name)));
            }
        }
    }
    for spec in registry.modules() {
        if of(spec.name).next().is_none() {
            continue;
        }
        text.push_str(&format!("\n## {}\n\n{}\n", spec.name, spec.purpose));
        for case in of(spec.name) {
            text.push_str(&format!("\n### {}\n\n", case.name));
            if let Some(about) = &case.about {
                text.push_str(&format!("{}\n\n", about.trim()));
            }
            text.push_str(&format!("```text\n{}```\n", told(&usecases.cast, case, Paint(false))));
        }
    }
    text
}

/// What is written from the registry and the use cases, and where: the book in `dir`, and in docs beside it the
/// problems and the examples of the API, and the events with the samples that tests keep of them.
fn written(
    dir: &Path,
    registry: &Registry,
    usecases: &UseCases,
) -> Result<[(PathBuf, String); 4], BookError> {
    let docs = dir.with_file_name("docs");
    let examples = of_operations(&examples(usecases, &openapi::document(registry)));
    let folder = dir.with_file_name("tests").join("samples/events");
    let samples =
        events::samples(&folder, registry).map_err(|error| BookError::Io { path: shown(&folder), error })?;
    Ok([
        (dir.join("BOOK.md"), book(registry, usecases)),
        (docs.join("problems.md"), catalogue(registry, &usecases.cases)),
        (docs.join("events.md"), events::events(registry, &usecases.cases, &samples)),
        // Plain data always encodes.
        (docs.join("examples.json"), openapi::example::lines(&examples).unwrap_or_default()),
    ])
}

/// Whether what is committed is current.
///
/// # Errors
/// If a file differs from what the use cases say: the error names it and the way to renew it.
pub fn check(dir: &Path, registry: &Registry, usecases: &UseCases) -> Result<(), BookError> {
    written(dir, registry, usecases)?.iter().try_for_each(|(path, current)| is_current(path, current))
}

fn is_current(path: &Path, current: &str) -> Result<(), BookError> {
    let committed = match fs::read_to_string(path) {
        Ok(text) => text,
        Err(error) if error.kind() == io::ErrorKind::NotFound => String::new(),
        Err(error) => return Err(BookError::Io { path: shown(path), error }),
    };
    if committed == current {
        return Ok(());
    }
    let same = committed.lines().zip(current.lines()).take_while(|(old, new)| old == new).count();
    Err(BookError::Stale { path: shown(path), line: same + 1 })
}

/// Writes it anew.
///
/// # Errors
/// If a file cannot be written.
pub fn bless(dir: &Path, registry: &Registry, usecases: &UseCases) -> Result<(), BookError> {
    written(dir, registry, usecases)?.iter().try_for_each(|(path, text)| {
        fs::write(path, text).map_err(|error| BookError::Io { path: shown(path), error })
    })
}

fn shown(path: &Path) -> String {
    path.to_string_lossy().into_owned()
}

/// A heading's anchor, as GitHub and Forgejo make it.
fn anchor(heading: &str) -> String {
    heading
        .to_lowercase()
        .chars()
        .filter(|c| c.is_alphanumeric() || matches!(c, ' ' | '-' | '_'))
        .map(|c| if c == ' ' { '-' } else { c })
        .collect()
}
