//! The project's own text files, line by line, for the rules of the house.

use std::fs;
use std::path::Path;

/// Where people write; what is generated or vendored is nobody's style.
const FOLDERS: [&str; 7] = ["src", "tests", "benches", "schemas", "templates", "usecases", "scripts"];
const ENDS: [&str; 5] = [".rs", ".sql", ".html", ".toml", ".sh"];

/// One file.
pub(crate) struct Source {
    /// From the project's root, with slashes.
    pub(crate) path: String,
    pub(crate) text: String,
    pub(crate) lines: Vec<Line>,
}

/// One line of it.
pub(crate) struct Line {
    /// From 1.
    pub(crate) number: usize,
    pub(crate) text: String,
}

/// All of them, in the order of their paths.
pub(crate) fn all() -> Vec<Source> {
    let mut found = Vec::new();
    for folder in FOLDERS {
        collect(Path::new(folder), &mut found);
    }
    found.sort_by(|one: &Source, other| one.path.cmp(&other.path));
    found
}

fn collect(folder: &Path, found: &mut Vec<Source>) {
    for entry in fs::read_dir(folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display())) {
        let path = entry.unwrap().path();
        let name = path.to_str().unwrap().to_owned();
        if path.is_dir() {
            collect(&path, found);
        } else if ENDS.iter().any(|end| name.ends_with(end)) {
            found.push(Source::read(name));
        }
    }
}

impl Source {
    fn read(path: String) -> Self {
        let text = fs::read_to_string(&path).unwrap_or_else(|error| panic!("{path}: {error}"));
        Self::of(path, text)
    }

    /// As if a file had this text.
    pub(crate) fn of(path: String, text: String) -> Self {
        let lines =
            (1..).zip(text.lines()).map(|(number, text)| Line { number, text: text.to_owned() }).collect();
        Self { path, text, lines }
    }

    /// The module that it belongs to, if it is below `src/modules/<name>/`.
    pub(crate) fn module(&self) -> Option<&str> {
        self.path.strip_prefix("src/modules/")?.split_once('/').map(|(module, _)| module)
    }

    /// By the end of its name.
    pub(crate) fn is(&self, end: &str) -> bool {
        Path::new(&self.path).extension().is_some_and(|found| found == end)
    }

    pub(crate) fn has(&self, text: &str) -> bool {
        self.text.contains(text)
    }

    /// `src/lib.rs:7`
    pub(crate) fn at(&self, line: &Line) -> String {
        format!("{}:{}", self.path, line.number)
    }

    /// The lines that offend, each with what is wrong there.
    pub(crate) fn find(&self, offends: impl Fn(&Line) -> Option<String>) -> Vec<String> {
        let found = self.lines.iter().filter_map(|line| Some((line, offends(line)?)));
        found.map(|(line, what)| format!("{}: {what}", self.at(line))).collect()
    }
}

impl Line {
    /// The line without its comment, if it is one whole.
    pub(crate) fn code(&self) -> &str {
        let text = self.text.trim_start();
        if text.starts_with("//") || text.starts_with("--") { "" } else { text }
    }

    /// True where a function starts.
    pub(crate) fn begins_function(&self) -> bool {
        let words = self.code().split_whitespace();
        let mut words =
            words.skip_while(|word| word.starts_with("pub") || *word == "async" || *word == "const");
        words.next() == Some("fn")
    }
}

/// The identifiers in a line of code.
pub(crate) fn idents(code: &str) -> impl Iterator<Item = &str> {
    code.split(|c: char| !c.is_ascii_alphanumeric() && c != '_').filter(|word| !word.is_empty())
}
