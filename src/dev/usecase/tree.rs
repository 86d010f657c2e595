//! A TOML value that remembers its line and the order in which it was written.
//!
//! Stories print what the author wrote, in her order, and every error and every failed comparison names
//! the very line: so values stay trees until a request is sent.

use serde_json::{Number, Value};
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::fault::Faults;

/// A value and where it stands.
#[derive(Debug, Clone, PartialEq)]
pub struct Tree {
    pub line: usize,
    pub node: Node,
}

/// What a value can be. TOML has no null; `"$none"` stands for it where answers are compared.
#[derive(Debug, Clone, PartialEq)]
pub enum Node {
    Bool(bool),
    Number(Number),
    Text(String),
    List(Vec<Tree>),
    Table(Vec<Field>),
}

/// A key and its value.
#[derive(Debug, Clone, PartialEq)]
pub struct Field {
    pub line: usize,
    pub key: String,
    pub value: Tree,
}

impl Tree {
    /// Reads a file. What is no TOML is noted.
    pub fn parse(text: &str, faults: &mut Faults) -> Option<Self> {
        let lines = Lines::of(text);
        match DeTable::parse(text) {
            Ok(table) => Some(table_of(table.get_ref(), 1, &lines, faults)),
            Err(error) => {
                let line = error.span().map_or(1, |span| lines.of_offset(span.start));
                faults.add(line, error.message().trim())
            }
        }
    }

    /// What the program itself made up, at the line that made it necessary.
    pub fn of_json(line: usize, value: &Value) -> Self {
        let node = match value {
            Value::Null => Node::Text("$none".to_owned()),
            Value::Bool(flag) => Node::Bool(*flag),
            Value::Number(number) => Node::Number(number.clone()),
            Value::String(text) => Node::Text(text.clone()),
            Value::Array(items) => Node::List(items.iter().map(|item| Self::of_json(line, item)).collect()),
            Value::Object(fields) => Node::Table(
                fields
                    .iter()
                    .map(|(key, value)| Field { line, key: key.clone(), value: Self::of_json(line, value) })
                    .collect(),
            ),
        };
        Self { line, node }
    }

    pub fn text(&self) -> Option<&str> {
        match &self.node {
            Node::Text(text) => Some(text),
            _ => None,
        }
    }

    pub fn list(&self) -> Option<&[Self]> {
        match &self.node {
            Node::List(items) => Some(items),
            _ => None,
        }
    }

    pub fn table(&self) -> Option<&[Field]> {
        match &self.node {
            Node::Table(fields) => Some(fields),
            _ => None,
        }
    }

    /// The value under a key.
    pub fn get(&self, key: &str) -> Option<&Self> {
        self.table()?.iter().find(|field| field.key == key).map(|field| &field.value)
    }

    /// `a text`, for errors that say what was found.
    pub fn kind(&self) -> &'static str {
        match self.node {
            Node::Bool(_) => "true or false",
            Node::Number(_) => "a number",
            Node::Text(_) => "a text",
            Node::List(_) => "a list",
            Node::Table(_) => "a table",
        }
    }

    /// Visits every text with the key it stands under; items of a list stand under the list's key.
    pub fn each_text<'t>(&'t self, key: Option<&'t str>, visit: &mut dyn FnMut(Option<&'t str>, &'t Self)) {
        match &self.node {
            Node::Text(_) => visit(key, self),
            Node::List(items) => items.iter().for_each(|item| item.each_text(key, visit)),
            Node::Table(fields) => {
                fields.iter().for_each(|field| field.value.each_text(Some(&field.key), visit));
            }
            Node::Bool(_) | Node::Number(_) => {}
        }
    }
}

/// Where lines begin.
struct Lines(Vec<usize>);

impl Lines {
    fn of(text: &str) -> Self {
        Self(text.bytes().enumerate().filter(|(_, byte)| *byte == b'\n').map(|(at, _)| at).collect())
    }

    fn of_offset(&self, offset: usize) -> usize {
        self.0.partition_point(|end| *end < offset) + 1
    }
}

fn table_of(table: &DeTable<'_>, line: usize, lines: &Lines, faults: &mut Faults) -> Tree {
    // The parser sorts keys; their places in the text give back the author's order.
    let mut entries: Vec<_> = table.iter().collect();
    entries.sort_by_key(|(key, _)| key.span().start);
    let fields = entries
        .into_iter()
        .filter_map(|(key, value)| {
            let at = lines.of_offset(key.span().start);
            let value = tree_of(value, lines, faults)?;
            Some(Field { line: at, key: key.get_ref().to_string(), value })
        })
        .collect();
    Tree { line, node: Node::Table(fields) }
}

fn tree_of(value: &Spanned<DeValue<'_>>, lines: &Lines, faults: &mut Faults) -> Option<Tree> {
    let line = lines.of_offset(value.span().start);
    let node = match value.get_ref() {
        DeValue::String(text) => Node::Text(text.to_string()),
        DeValue::Boolean(flag) => Node::Bool(*flag),
        DeValue::Datetime(time) => Node::Text(time.to_string()),
        DeValue::Integer(digits) => match i64::from_str_radix(digits.as_str(), digits.radix()) {
            Ok(number) => Node::Number(number.into()),
            Err(_) => return faults.add(line, format!("{digits} is too large a number")),
        },
        DeValue::Float(digits) => match digits.as_str().parse().ok().and_then(Number::from_f64) {
            Some(number) => Node::Number(number),
            None => return faults.add(line, format!("{digits} is no number that JSON knows")),
        },
        DeValue::Array(items) => {
            Node::List(items.iter().filter_map(|item| tree_of(item, lines, faults)).collect())
        }
        DeValue::Table(table) => return Some(table_of(table, line, lines, faults)),
    };
    Some(Tree { line, node })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_and_order_survive() {
        let mut faults = Faults::of("x.toml");
        let tree = Tree::parse("z = 1\na = [\n  \"b\",\n]\n[t]\nk = 2000-01-02\n", &mut faults).unwrap();
        let keys: Vec<_> = tree.table().unwrap().iter().map(|f| (f.line, f.key.as_str())).collect();
        assert_eq!(keys, [(1, "z"), (2, "a"), (5, "t")]);
        assert_eq!(tree.get("a").unwrap().list().unwrap()[0].line, 3);
        assert_eq!(tree.get("t").unwrap().get("k").unwrap().text(), Some("2000-01-02"));
    }

    #[test]
    fn broken_toml_names_its_line() {
        let mut faults = Faults::of("x.toml");
        assert!(Tree::parse("a = 1\nb = = 2\n", &mut faults).is_none());
        assert_eq!(faults.into_vec()[0].line, 2);
    }
}
