//! Reads a table key by key, and notes every key that nobody asked for.

use super::fault::{Faults, did_you_mean};
use super::tree::{Field, Node, Tree};

/// A table of which keys are taken one by one.
pub struct Table<'t> {
    pub line: usize,
    left: Vec<&'t Field>,
    asked: Vec<String>,
}

impl<'t> Table<'t> {
    /// A table, or a note that it should be one.
    pub fn of(tree: &'t Tree, what: &str, faults: &mut Faults) -> Option<Self> {
        match &tree.node {
            Node::Table(fields) => {
                Some(Self { line: tree.line, left: fields.iter().collect(), asked: Vec::new() })
            }
            _ => faults.add(tree.line, format!("{what} is a table, not {}", tree.kind())),
        }
    }

    /// The value of a key, taken out.
    pub fn take(&mut self, key: &str) -> Option<&'t Tree> {
        self.asked.push(key.to_owned());
        let at = self.left.iter().position(|field| field.key == key)?;
        Some(&self.left.remove(at).value)
    }

    /// A text.
    pub fn text(&mut self, key: &str, faults: &mut Faults) -> Option<String> {
        let value = self.take(key)?;
        match value.text() {
            Some(text) => Some(text.to_owned()),
            None => faults.add(value.line, format!("{key} is a text, not {}", value.kind())),
        }
    }

    /// A whole number that is not negative.
    pub fn count(&mut self, key: &str, faults: &mut Faults) -> Option<usize> {
        let value = self.take(key)?;
        match &value.node {
            Node::Number(number) if number.is_u64() => {
                number.as_u64().and_then(|number| usize::try_from(number).ok())
            }
            _ => faults.add(value.line, format!("{key} is a whole number, not {}", value.kind())),
        }
    }

    /// A text, or a list of texts.
    pub fn texts(&mut self, key: &str, faults: &mut Faults) -> Vec<String> {
        let Some(value) = self.take(key) else { return Vec::new() };
        let items = value.list().unwrap_or(std::slice::from_ref(value));
        items
            .iter()
            .filter_map(|item| match item.text() {
                Some(text) => Some(text.to_owned()),
                None => faults.add(item.line, format!("{key} holds texts, not {}", item.kind())),
            })
            .collect()
    }

    /// A table of texts, in the author's order.
    pub fn pairs(&mut self, key: &str, faults: &mut Faults) -> Vec<(String, String)> {
        let Some(value) = self.take(key) else { return Vec::new() };
        let Some(fields) = value.table() else {
            faults.add::<()>(value.line, format!("{key} is a table, not {}", value.kind()));
            return Vec::new();
        };
        fields
            .iter()
            .filter_map(|field| match &field.value.node {
                Node::Text(text) => Some((field.key.clone(), text.clone())),
                Node::Number(number) => Some((field.key.clone(), number.to_string())),
                _ => faults.add(field.line, format!("{} is a text, not {}", field.key, field.value.kind())),
            })
            .collect()
    }

    /// The keys that nobody took yet.
    pub fn left(&self) -> &[&'t Field] {
        &self.left
    }

    /// Takes the only key that is left.
    pub fn take_last(&mut self) -> Option<&'t Field> {
        if self.left.len() == 1 { self.left.pop() } else { None }
    }

    /// Notes the keys that are left.
    pub fn finish(self, what: &str, faults: &mut Faults) {
        for field in self.left {
            let near = did_you_mean(&field.key, self.asked.iter().map(String::as_str));
            faults.add::<()>(field.line, format!("{what} has no {}{near}", field.key));
        }
    }
}
