//! The house style that a machine can read: one table of rules, and every offence at once with file and line.
//!
//! It reads the sources and asks the registry; it needs no database. What clippy can say, clippy says.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use crate::sources::{self, Line, Source, idents};

const FILE_LINES_MAX: usize = 400;
const FUNCTION_LINES_MAX: usize = 70;
/// Put together here, so that this file does not offend itself.
const BANNED: [&str; 7] = [
    concat!("to", "do!"),
    concat!("unimpl", "emented!"),
    concat!("dbg", "!("),
    concat!("TO", "DO"),
    concat!("FIX", "ME"),
    concat!("#[al", "low"),
    concat!("#[ig", "nore"),
];
/// What only one place may call, and that place.
const RESERVED: [(&str, &[&str]); 6] = [
    ("Utc::now", &["src/kernel/clock.rs"]),
    ("now_v7", &[]),
    ("new_v7", &["src/kernel/clock.rs"]),
    ("Uuid::new_v4", &[]),
    ("tokio::spawn", &[]),
    ("task::spawn(", &[]),
];
/// Loud SQL. Words that are methods of HTTP too are left out.
const LOUD: [&str; 9] = ["SELECT", "INSERT", "UPDATE", "WHERE", "FROM", "JOIN", "INTO", "VALUES", "CREATE"];
/// Words that a table's name follows.
const BEFORE_TABLE: [&str; 6] = ["from", "join", "into", "update", "using", "table"];
/// Schemas of the kernel, applied to modules' schemas.
const SHARED_SCHEMAS: [&str; 4] = ["access", "kit", "spine", "versions"];
/// Modules of the kernel: a schema, and neither a folder nor a contract.
const KERNEL_MODULES: [&str; 1] = ["limits"];

/// A rule: what it says, which files it reads, and what offends in one of them.
type Rule = (&'static str, fn(&Source) -> bool, fn(&Source) -> Vec<String>);

/// The house style, in the order of docs and reviews.
const RULES: [Rule; 15] = [
    ("a file starts with //!", rust, begins_with_a_word),
    ("a file has at most 400 lines", rust, short),
    ("a function has at most 70 lines", rust, short_functions),
    ("nothing is left undone, allowed or ignored", rust, nothing_undone),
    ("time, ids and tasks come from Context", ours, asks_context),
    ("other modules are known by their contract", in_module, imports_contracts),
    ("a module shows its contract only", mod_file, shows_its_contract),
    ("listeners stand alone: rules and the contract is all they import", listener, stands_alone),
    ("only mod.rs names a listener", in_module, no_listener_named),
    ("SQL names the own schema only", in_module, own_schema),
    ("a migration stays in its own schema", migration, own_schema_made),
    ("SQL has no clock of its own", sql, no_clock),
    ("SQL keywords are lower case", sql, lower_case),
    ("no line ends in white space", everything, no_trailing_space),
    ("a file ends with one newline", everything, one_newline),
];

#[test]
fn tidy_sources() {
    let sources = sources::all();
    assert!(sources.len() > 100, "the sources are not found");
    let mut offences = Vec::new();
    for (says, reads, finds) in RULES {
        let found: Vec<String> = sources.iter().filter(|s| reads(s)).flat_map(finds).collect();
        if !found.is_empty() {
            offences.push(format!("{says}:\n  {}", found.join("\n  ")));
        }
    }
    assert!(offences.is_empty(), "\n{}\n", offences.join("\n"));
}

/// The rules that a file offends.
pub(crate) fn offended(source: &Source) -> Vec<&'static str> {
    let offended = RULES.iter().filter(|(_, reads, finds)| reads(source) && !finds(source).is_empty());
    offended.map(|(says, ..)| *says).collect()
}

#[test]
fn tidy_modules_and_schemas_belong_together() {
    let registry = pancake::modules::registry();
    let names: BTreeSet<&str> = registry.modules().iter().map(|spec| spec.name).collect();
    let folders: BTreeSet<String> = folders("src/modules");
    let mut faults = Vec::new();
    for folder in &folders {
        if !Path::new(&format!("src/modules/{folder}/contract.rs")).exists() {
            faults.push(format!("src/modules/{folder} has no contract.rs"));
        }
        if !names.contains(folder.as_str()) {
            faults.push(format!("src/modules/{folder} is in no list of modules"));
        }
    }
    for name in names.iter().filter(|name| !KERNEL_MODULES.contains(name)) {
        if !folders.contains(*name) {
            faults.push(format!("the module {name} has no folder in src/modules"));
        }
    }
    for schema in self::folders("schemas") {
        if !names.contains(schema.as_str()) && !SHARED_SCHEMAS.contains(&schema.as_str()) {
            faults.push(format!("schemas/{schema} belongs to no module"));
        }
    }
    assert!(faults.is_empty(), "\n{}\n", faults.join("\n"));
}

#[test]
fn tidy_slices_of_a_module_do_not_go_in_circles() {
    let mut needs: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for source in sources::all().iter().filter(|source| in_module(source) && !mod_file(source)) {
        needs.insert(source.path.clone(), siblings(source).into_iter().map(|(_, path)| path).collect());
    }
    let circles: Vec<String> = needs.keys().filter(|start| reaches(&needs, start, start)).cloned().collect();
    assert!(circles.is_empty(), "these import each other in a circle:\n{}", circles.join("\n"));
}

fn reaches(needs: &BTreeMap<String, BTreeSet<String>>, from: &str, to: &str) -> bool {
    let mut seen = BTreeSet::new();
    let mut open = vec![from];
    while let Some(path) = open.pop() {
        for next in needs.get(path).into_iter().flatten() {
            if next == to {
                return true;
            }
            if seen.insert(next.as_str()) {
                open.push(next);
            }
        }
    }
    false
}

fn folders(of: &str) -> BTreeSet<String> {
    let entries = fs::read_dir(of).unwrap().map(|entry| entry.unwrap());
    entries
        .filter(|entry| entry.path().is_dir())
        .map(|entry| entry.file_name().into_string().unwrap())
        .collect()
}

// Which files a rule reads.

fn everything(_: &Source) -> bool {
    true
}

fn rust(source: &Source) -> bool {
    source.is("rs")
}

fn ours(source: &Source) -> bool {
    rust(source) && source.path.starts_with("src/")
}

fn in_module(source: &Source) -> bool {
    rust(source) && source.module().is_some()
}

fn mod_file(source: &Source) -> bool {
    in_module(source) && source.path.ends_with("/mod.rs")
}

fn listener(source: &Source) -> bool {
    in_module(source) && source.has("Listener for ")
}

fn migration(source: &Source) -> bool {
    source.is("sql") && source.path.starts_with("schemas/")
}

fn sql(source: &Source) -> bool {
    ours(source) || source.is("sql")
}

// What offends.

fn begins_with_a_word(source: &Source) -> Vec<String> {
    let good = source.lines.first().is_some_and(|line| line.text.starts_with("//! "));
    if good { Vec::new() } else { vec![format!("{}:1", source.path)] }
}

fn short(source: &Source) -> Vec<String> {
    let count = source.lines.len();
    if count > FILE_LINES_MAX { vec![format!("{}: {count} lines", source.path)] } else { Vec::new() }
}

/// rustfmt closes a function where it began, so counting braces is not needed.
fn short_functions(source: &Source) -> Vec<String> {
    let mut open: Vec<(usize, &Line)> = Vec::new();
    let mut found = Vec::new();
    for line in &source.lines {
        let indent = line.text.len() - line.text.trim_start().len();
        if line.begins_function() && !line.text.ends_with([';', '}']) {
            open.push((indent, line));
        }
        let closes = line.text.trim_start().starts_with('}');
        if let Some((_, begun)) = open.pop_if(|(at, _)| closes && *at == indent) {
            let count = line.number - begun.number + 1;
            if count > FUNCTION_LINES_MAX {
                found.push(format!("{}: {count} lines", source.at(begun)));
            }
        }
        // A signature without a body, over several lines.
        open.pop_if(|(at, begun)| line.text.trim() == ");" && *at == indent && begun.number < line.number);
    }
    found
}

fn nothing_undone(source: &Source) -> Vec<String> {
    source.find(|line| BANNED.iter().find(|word| line.text.contains(*word)).map(ToString::to_string))
}

fn asks_context(source: &Source) -> Vec<String> {
    source.find(|line| {
        let found = RESERVED.iter().find(|(call, _)| line.code().contains(call));
        found
            .filter(|(_, places)| !places.contains(&source.path.as_str()))
            .map(|(call, _)| (*call).to_owned())
    })
}

fn imports_contracts(source: &Source) -> Vec<String> {
    let own = source.module().unwrap_or_default();
    source.find(|line| {
        let named = line.code().split("modules::").skip(1);
        let foreign = named.map(|rest| rest.split("::").map(str::trim).collect::<Vec<_>>());
        let bad = foreign.filter(|path| path[0] != own && path.get(1).is_none_or(|next| *next != "contract"));
        bad.map(|path| format!("modules::{}", path.join("::"))).next()
    })
}

fn shows_its_contract(source: &Source) -> Vec<String> {
    source.find(|line| {
        let shown = line.text.strip_prefix("pub mod ");
        shown.filter(|rest| *rest != "contract;").map(str::to_owned)
    })
}

/// Files of the same module that this one names, with the line.
fn siblings(source: &Source) -> Vec<(usize, String)> {
    let folder = source.path.rsplit_once('/').map(|(folder, _)| folder).unwrap_or_default();
    let mut found = Vec::new();
    for line in source.lines.iter().filter(|line| !line.code().is_empty()) {
        for name in idents(line.code()) {
            let path = format!("{folder}/{name}.rs");
            let named = line.code().contains(&format!("{name}::")) || line.text.starts_with("use super::");
            if named && path != source.path && Path::new(&path).exists() {
                found.push((line.number, path));
            }
        }
    }
    found
}

fn is_listener(path: &str) -> bool {
    fs::read_to_string(path).unwrap_or_default().contains("Listener for ")
}

fn is_slice(path: &str) -> bool {
    let text = fs::read_to_string(path).unwrap_or_default();
    ["fn json(", "fn page(", "fn form("].iter().any(|face| text.contains(&format!("pub(super) async {face}")))
}

fn stands_alone(source: &Source) -> Vec<String> {
    let named = siblings(source).into_iter().filter(|(_, path)| is_slice(path));
    named.map(|(number, path)| format!("{}:{number}: {path}", source.path)).collect()
}

fn no_listener_named(source: &Source) -> Vec<String> {
    if mod_file(source) {
        return Vec::new();
    }
    let named = siblings(source).into_iter().filter(|(_, path)| is_listener(path));
    named.map(|(number, path)| format!("{}:{number}: {path}", source.path)).collect()
}

fn own_schema(source: &Source) -> Vec<String> {
    let own = schema_of(source.module().unwrap_or_default());
    let all: Vec<&str> = pancake::modules::registry().modules().iter().map(|spec| spec.schema).collect();
    source.find(|line| {
        let words: Vec<&str> = line.code().split_whitespace().collect();
        let tables = words.windows(2).filter(|pair| BEFORE_TABLE.contains(&pair[0].trim_matches(['"', '('])));
        let schemas = tables.filter_map(|pair| pair[1].split_once('.')).map(|(schema, _)| schema);
        schemas.filter(|schema| all.contains(schema) && *schema != own).map(str::to_owned).next()
    })
}

fn schema_of(module: &str) -> &'static str {
    let registry = pancake::modules::registry();
    registry.modules().iter().find(|spec| spec.name == module).map_or("", |spec| spec.schema)
}

fn own_schema_made(source: &Source) -> Vec<String> {
    let folder = source.path.split('/').nth(1).unwrap_or_default();
    let shared = SHARED_SCHEMAS.contains(&folder);
    let own = schema_of(folder);
    source.find(|line| {
        let code = line.code();
        let made = code.split_once(" table ").or_else(|| code.split_once(" on ")).map(|(_, rest)| rest);
        let begins = ["create ", "alter ", "drop "].iter().any(|word| code.starts_with(word));
        let name = made.filter(|_| begins)?.trim_start_matches("if not exists ").split(['(', ' ']).next()?;
        let good = if shared { !name.contains('.') } else { name.starts_with(&format!("{own}.")) };
        (!good).then(|| name.to_owned())
    })
}

fn no_clock(source: &Source) -> Vec<String> {
    const CLOCKS: [&str; 5] =
        [" now()", "(now()", "current_timestamp", "clock_timestamp", "statement_timestamp"];
    source.find(|line| CLOCKS.iter().find(|clock| line.code().contains(*clock)).map(ToString::to_string))
}

fn lower_case(source: &Source) -> Vec<String> {
    source.find(|line| {
        // A name in Rust may be any of these words; a name is never between blanks.
        let mut words = line.code().split([' ', '"', '(', ',']);
        let is_name = line.code().contains("const ") || line.code().contains("static ");
        words.find(|word| !is_name && LOUD.contains(word)).map(str::to_owned)
    })
}

fn no_trailing_space(source: &Source) -> Vec<String> {
    source.find(|line| line.text.ends_with([' ', '\t']).then(String::new))
}

fn one_newline(source: &Source) -> Vec<String> {
    let good = source.text.is_empty() || (source.text.ends_with('\n') && !source.text.ends_with("\n\n"));
    if good { Vec::new() } else { vec![source.path.clone()] }
}
