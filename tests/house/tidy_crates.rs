//! The crates that the program is built from are those that `crates.toml` allows: their licences, where they come from,
//! which are there twice, and none with a known fault.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::process::Command;

use serde::Deserialize;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Policy {
    licences: BTreeSet<String>,
    twice: BTreeMap<String, String>,
    advisory: Vec<Advisory>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Advisory {
    id: String,
    #[serde(rename = "crate")]
    name: String,
    mended: String,
}

#[derive(Deserialize)]
struct Metadata {
    packages: Vec<Package>,
    resolve: Resolve,
}

#[derive(Deserialize)]
struct Resolve {
    nodes: Vec<Node>,
}

#[derive(Deserialize)]
struct Node {
    id: String,
}

#[derive(Deserialize, Clone)]
struct Package {
    id: String,
    name: String,
    version: String,
    license: Option<String>,
    /// None for this program itself.
    source: Option<String>,
}

/// What cargo builds on this machine, from what is there: nothing is fetched.
fn built() -> Vec<Package> {
    let cargo = std::env::var_os("CARGO").unwrap_or("cargo".into());
    let rustc = Command::new("rustc").arg("-vV").output().expect("rustc runs");
    let said = String::from_utf8(rustc.stdout).unwrap();
    let host = said.lines().find_map(|line| line.strip_prefix("host: ")).expect("a host");
    let mut command = Command::new(cargo);
    command.args(["metadata", "--format-version", "1", "--offline", "--locked", "--filter-platform", host]);
    let output = command.current_dir(env!("CARGO_MANIFEST_DIR")).output().expect("cargo runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let metadata: Metadata = serde_json::from_slice(&output.stdout).unwrap();
    let ids: BTreeSet<String> = metadata.resolve.nodes.into_iter().map(|node| node.id).collect();
    metadata.packages.into_iter().filter(|package| ids.contains(&package.id)).collect()
}

fn policy() -> Policy {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("crates.toml");
    toml::from_str(&std::fs::read_to_string(path).unwrap())
        .unwrap_or_else(|error| panic!("crates.toml: {error}"))
}

/// What is not as the policy has it.
fn faults(policy: &Policy, packages: &[Package]) -> Vec<String> {
    let mut faults = Vec::new();
    let mut versions: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for package in packages.iter().filter(|package| package.source.is_some()) {
        let Package { name, version, license, source, .. } = package;
        let licence = license.as_deref().unwrap_or("none");
        if !is_allowed(licence, &policy.licences) {
            faults.push(format!("{name} {version} has the licence {licence}"));
        }
        if !source.as_deref().is_some_and(|source| source.starts_with("registry+")) {
            faults.push(format!("{name} {version} is from no registry"));
        }
        versions.entry(name).or_default().insert(version);
        for advisory in policy.advisory.iter().filter(|advisory| advisory.name == *name) {
            if number(version) < number(&advisory.mended) {
                faults.push(format!("{name} {version}: {}, mended in {}", advisory.id, advisory.mended));
            }
        }
    }
    for (name, found) in &versions {
        if found.len() > 1 && !policy.twice.contains_key(*name) {
            faults.push(format!(
                "{name} is there in {} versions; say in crates.toml who holds it back",
                found.len()
            ));
        }
    }
    for name in
        policy.twice.keys().filter(|name| versions.get(name.as_str()).is_none_or(|found| found.len() < 2))
    {
        faults.push(format!("{name} is not there twice any more: take it out of crates.toml"));
    }
    faults
}

/// `A AND (B OR C)`, as crates write it; an old `A/B` means OR.
fn is_allowed(licence: &str, allowed: &BTreeSet<String>) -> bool {
    let licence = licence.replace('/', " OR ");
    let any =
        |part: &str| part.trim_matches(['(', ')', ' ']).split(" OR ").any(|one| allowed.contains(bare(one)));
    licence.split(" AND ").all(any)
}

/// An exception allows more, never less.
fn bare(licence: &str) -> &str {
    licence.split(" WITH ").next().unwrap_or(licence).trim_matches(['(', ')', ' '])
}

fn number(version: &str) -> Vec<u64> {
    let release = version.split(['-', '+']).next().unwrap_or(version);
    release.split('.').map(|part| part.parse().unwrap_or(0)).collect()
}

#[test]
fn tidy_crates_are_those_that_are_allowed() {
    let packages = built();
    assert!(packages.len() > 200, "only {}", packages.len());
    let found = faults(&policy(), &packages);
    assert!(found.is_empty(), "{}", found.join("\n"));
}

#[test]
fn tidy_crates_that_are_not_allowed_are_found() {
    let package = |name: &str, version: &str, licence: Option<&str>, source: &str| Package {
        id: String::new(),
        name: name.to_owned(),
        version: version.to_owned(),
        license: licence.map(str::to_owned),
        source: Some(source.to_owned()),
    };
    let registry = "registry+x";
    let mut policy = policy();
    policy.twice = BTreeMap::from([("gone".to_owned(), String::new())]);
    let packages = [
        package("copyleft", "1.0.0", Some("GPL-3.0"), registry),
        package("half", "1.0.0", Some("MIT AND GPL-3.0"), registry),
        package("nothing", "1.0.0", None, registry),
        package("elsewhere", "1.0.0", Some("MIT"), "git+x"),
        package("rustls", "0.23.44", Some("MIT"), registry),
        package("two", "1.0.0", Some("MIT OR GPL-3.0"), registry),
        package("two", "2.0.0", Some("(MIT OR Apache-2.0) AND Unicode-3.0"), registry),
    ];
    let found = faults(&policy, &packages);
    for word in
        ["copyleft", "half", "nothing", "elsewhere", "RUSTSEC-2026-0285", "two is there", "gone is not"]
    {
        assert!(found.iter().any(|fault| fault.contains(word)), "{word}: {found:?}");
    }
    assert_eq!(found.len(), 7, "{found:?}");
}
