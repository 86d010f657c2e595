//! A rebuild empties every table that is not owned: the specs and the words in `schemas/` have to agree.

use std::fs;
use std::path::Path;

use pancake::modules;

#[test]
fn tables_that_no_event_restores_are_named_in_their_specs() {
    let mut faults = Vec::new();
    for spec in modules::registry().modules() {
        let tables = tables(&Path::new("schemas").join(spec.name));
        for (table, owned) in &tables {
            if *owned && !spec.owned.contains(&table.as_str()) {
                faults.push(format!(
                    "{}.{table} says Owned: name it in the spec, or a rebuild empties it",
                    spec.schema
                ));
            }
        }
        for table in spec.owned.iter().filter(|table| !tables.iter().any(|(known, _)| known == *table)) {
            faults
                .push(format!("{} owns a table {table} that schemas/{} does not make", spec.name, spec.name));
        }
    }
    assert!(faults.is_empty(), "\n{}\n", faults.join("\n"));
}

/// The tables of a module, and whether the comment above says that they are owned.
fn tables(folder: &Path) -> Vec<(String, bool)> {
    let mut tables = Vec::new();
    for file in fs::read_dir(folder).into_iter().flatten().flatten() {
        let text = fs::read_to_string(file.path()).unwrap();
        let mut comment = String::new();
        for line in text.lines() {
            if let Some(words) = line.strip_prefix("--") {
                comment.push_str(words);
            } else if let Some(rest) = line.strip_prefix("create table ") {
                let name = rest.split([' ', '(']).next().unwrap_or_default();
                let name = name.rsplit('.').next().unwrap_or_default();
                tables.push((name.to_owned(), comment.contains("Owned")));
                comment.clear();
            } else if line.is_empty() || line.ends_with(';') {
                comment.clear();
            }
        }
    }
    tables
}

#[test]
fn the_word_is_found() {
    let register = tables(Path::new("schemas/register"));
    let of = |name: &str| register.iter().find(|(table, _)| table == name).map(|(_, owned)| *owned);
    assert_eq!((of("account"), of("session"), of("member")), (Some(true), Some(true), Some(false)));
}
