//! Reads `usecases/`: the cast, then every case of every module. All errors at once.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use super::cast::Cast;
use super::fault::{Faults, LoadError, LoadErrors, did_you_mean};
use super::model::UseCase;
use super::read::Reader;
use super::tree::Tree;
use crate::kernel::module::Registry;

/// Everybody and everything that happens.
#[derive(Debug, Clone, Default)]
pub struct UseCases {
    pub cast: Cast,
    /// By module in the registry's order, then by file name.
    pub cases: Vec<UseCase>,
}

/// Reads a folder. Everything that a case names has to be there.
///
/// # Errors
/// All that is wrong in the files, each with its place.
pub fn load(dir: &Path, registry: &Registry) -> Result<UseCases, LoadErrors> {
    let mut errors = Vec::new();
    for name in strays(dir, registry) {
        let near = did_you_mean(&name, registry.modules().iter().map(|spec| spec.name));
        let what = format!("there is no module {name}{near}");
        errors.push(LoadError { file: shown(&dir.join(name)), line: 1, what });
    }
    let modules: Vec<_> = registry.modules().iter().map(|spec| spec.name).collect();
    read(dir, registry, &modules, false, errors)
}

/// Reads a folder in which cases may be ahead of the modules: those of modules, actions and events that are not
/// there yet are read as far as they can be.
///
/// # Errors
/// All that is wrong in the files, each with its place.
pub fn drafts(dir: &Path, registry: &Registry) -> Result<UseCases, LoadErrors> {
    // A folder's name lives as long as those of modules: this is read once a program.
    let strays = strays(dir, registry).into_iter().map(|name| &*name.leak());
    let modules: Vec<_> = registry.modules().iter().map(|spec| spec.name).chain(strays).collect();
    read(dir, registry, &modules, true, Vec::new())
}

fn read(
    dir: &Path,
    registry: &Registry,
    modules: &[&'static str],
    draft: bool,
    mut errors: Vec<LoadError>,
) -> Result<UseCases, LoadErrors> {
    let cast = load_cast(&dir.join("cast.toml"), &mut errors);
    let mut cases: Vec<(usize, UseCase)> = Vec::new();
    for module in modules {
        let folder = &dir.join(module);
        for path in files(folder, &mut errors) {
            let mut reader =
                Reader { registry, cast: &cast, module, folder, draft, faults: Faults::of(shown(&path)) };
            let tree =
                text_of(&path, &mut reader.faults).and_then(|text| Tree::parse(&text, &mut reader.faults));
            if let Some(tree) = tree {
                let line = tree.table().into_iter().flatten().find(|f| f.key == "name").map_or(1, |f| f.line);
                cases.extend(reader.case(&tree).map(|case| (line, case)));
            }
            errors.append(&mut reader.faults.into_vec());
        }
    }
    twins(&cases, &mut errors);
    if errors.is_empty() {
        return Ok(UseCases { cast, cases: cases.into_iter().map(|(_, case)| case).collect() });
    }
    errors.sort();
    errors.dedup();
    Err(LoadErrors(errors))
}

fn load_cast(path: &Path, errors: &mut Vec<LoadError>) -> Cast {
    let mut faults = Faults::of(shown(path));
    let tree = text_of(path, &mut faults).and_then(|text| Tree::parse(&text, &mut faults));
    let cast = tree.map(|tree| Cast::read(&tree, &mut faults)).unwrap_or_default();
    errors.append(&mut faults.into_vec());
    cast
}

/// Folders that are no module's, by name.
fn strays(dir: &Path, registry: &Registry) -> Vec<String> {
    let entries = fs::read_dir(dir).into_iter().flatten().flatten().filter(|entry| entry.path().is_dir());
    let names = entries.map(|entry| entry.file_name().to_string_lossy().into_owned());
    let mut names: Vec<_> =
        names.filter(|name| !registry.modules().iter().any(|spec| spec.name == name)).collect();
    names.sort();
    names
}

/// The cases of one module, by file name. A module without a folder has none.
fn files(dir: &Path, errors: &mut Vec<LoadError>) -> Vec<PathBuf> {
    if !dir.is_dir() {
        return Vec::new();
    }
    let entries = match fs::read_dir(dir) {
        Ok(entries) => entries,
        Err(error) => {
            errors.push(LoadError { file: shown(dir), line: 1, what: error.to_string() });
            return Vec::new();
        }
    };
    let mut files: Vec<_> = entries
        .flatten()
        .map(|entry| entry.path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "toml"))
        .collect();
    files.sort();
    files
}

fn text_of(path: &Path, faults: &mut Faults) -> Option<String> {
    match fs::read_to_string(path) {
        Ok(text) => Some(text),
        Err(error) => faults.add(1, error.to_string()),
    }
}

/// Two cases of one name could not be told apart on the command line.
fn twins(cases: &[(usize, UseCase)], errors: &mut Vec<LoadError>) {
    let mut known: BTreeMap<String, &UseCase> = BTreeMap::new();
    for (line, case) in cases {
        if let Some(first) = known.insert(case.name.to_lowercase(), case) {
            let what = format!("{} has a use case of this name too", first.file);
            errors.push(LoadError { file: case.file.clone(), line: *line, what });
        }
    }
}

/// As a person in the repository's root would type it.
fn shown(path: &Path) -> String {
    path.to_string_lossy().into_owned()
}
