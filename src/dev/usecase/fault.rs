//! What is wrong with a use-case file: always with the file and the line, so that an editor can jump there.

use std::fmt;

/// One thing to mend.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, thiserror::Error)]
#[error("{file}:{line}: {what}")]
pub struct LoadError {
    pub file: String,
    pub line: usize,
    pub what: String,
}

/// Everything that is wrong, a line each.
#[derive(Debug, Clone, thiserror::Error)]
pub struct LoadErrors(pub Vec<LoadError>);

impl fmt::Display for LoadErrors {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for error in &self.0 {
            writeln!(f, "{error}")?;
        }
        match self.0.len() {
            1 => write!(f, "1 error in the use cases"),
            n => write!(f, "{n} errors in the use cases"),
        }
    }
}

/// Collects the errors of one file, so that a person sees all of them at once.
#[derive(Debug)]
pub struct Faults {
    file: String,
    found: Vec<LoadError>,
}

impl Faults {
    pub fn of(file: impl Into<String>) -> Self {
        Self { file: file.into(), found: Vec::new() }
    }

    /// The file's name, as errors and failures print it.
    pub fn file(&self) -> &str {
        &self.file
    }

    /// Notes one error and gives nothing, so that a reader can end with it.
    pub fn add<T>(&mut self, line: usize, what: impl Into<String>) -> Option<T> {
        self.found.push(LoadError { file: self.file.clone(), line, what: what.into() });
        None
    }

    pub fn is_empty(&self) -> bool {
        self.found.is_empty()
    }

    pub fn into_vec(self) -> Vec<LoadError> {
        self.found
    }
}

/// `; did you mean flirt-sent?`, or nothing where no candidate is near.
pub fn did_you_mean<'a>(word: &str, candidates: impl IntoIterator<Item = &'a str>) -> String {
    let near = word.chars().count() / 3 + 1;
    candidates
        .into_iter()
        .map(|candidate| (distance(word, candidate), candidate))
        .filter(|(steps, _)| *steps <= near)
        .min()
        .map(|(_, candidate)| format!("; did you mean {candidate}?"))
        .unwrap_or_default()
}

/// How many letters have to be added, removed or changed (Levenshtein).
fn distance(one: &str, other: &str) -> usize {
    let other: Vec<char> = other.chars().collect();
    let mut row: Vec<usize> = (0..=other.len()).collect();
    for (i, letter) in one.chars().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, wanted) in other.iter().enumerate() {
            let changed = diagonal + usize::from(letter != *wanted);
            diagonal = row[j + 1];
            row[j + 1] = changed.min(row[j] + 1).min(diagonal + 1);
        }
    }
    row[other.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_near_word_is_offered_and_a_far_one_is_not() {
        let known = ["flirt-sent", "alert-read"];
        assert_eq!(did_you_mean("flirt-snt", known), "; did you mean flirt-sent?");
        assert_eq!(did_you_mean("weather", known), "");
    }
}
