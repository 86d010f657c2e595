//! Colours, on a terminal only, and never where NO_COLOR is set.

use std::io::IsTerminal;

/// Whether to colour.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Paint(pub bool);

/// What a colour is used for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ink {
    Red,
    Green,
    Amber,
    Blue,
    Magenta,
    Faint,
}

impl Ink {
    fn code(self) -> &'static str {
        match self {
            Self::Red => "31",
            Self::Green => "32",
            Self::Amber => "33",
            Self::Blue => "34",
            Self::Magenta => "35",
            Self::Faint => "2",
        }
    }
}

impl Paint {
    /// For what goes to the standard output.
    pub fn of_stdout() -> Self {
        let unwanted = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
        Self(!unwanted && std::io::stdout().is_terminal())
    }

    pub fn ink(self, ink: Ink, text: &str) -> String {
        if self.0 { format!("\x1b[{}m{text}\x1b[0m", ink.code()) } else { text.to_owned() }
    }
}
