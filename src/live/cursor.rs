//! Which version of each live module somebody has seen, as text: `alerts:17,chat:220`.
//!
//! The versions are counted in the modules' tables, so a cursor means the same on every node and after every
//! restart.

use std::fmt;

use crate::kernel::module::ModuleSpec;

/// The versions that a reader has seen. Sorted by module; each is in it once.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Cursor(Vec<(&'static str, i64)>);

impl Cursor {
    /// Reads one. None if a module is not live, is named twice, or the text is something else.
    pub fn parse(text: &str, live: &[&'static ModuleSpec]) -> Option<Self> {
        let mut cursor = Self::default();
        for part in text.split(',') {
            let (name, version) = part.split_once(':')?;
            let digits = !version.is_empty() && version.bytes().all(|byte| byte.is_ascii_digit());
            let version = version.parse().ok().filter(|_| digits)?;
            let module = live.iter().find(|spec| spec.name == name)?.name;
            if cursor.modules().any(|known| known == module) {
                return None;
            }
            cursor.set(module, version);
        }
        Some(cursor)
    }

    pub fn modules(&self) -> impl Iterator<Item = &'static str> {
        self.0.iter().map(|(module, _)| *module)
    }

    /// The version of a module, if the cursor is about it.
    pub fn version(&self, module: &str) -> Option<i64> {
        self.0.iter().find(|(known, _)| *known == module).map(|(_, version)| *version)
    }

    /// Notes the version of a module.
    pub fn set(&mut self, module: &'static str, version: i64) {
        match self.0.binary_search_by_key(&module, |(known, _)| known) {
            Ok(place) => self.0[place].1 = version,
            Err(place) => self.0.insert(place, (module, version)),
        }
    }
}

impl fmt::Display for Cursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (place, (module, version)) in self.0.iter().enumerate() {
            let comma = if place == 0 { "" } else { "," };
            write!(f, "{comma}{module}:{version}")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::modules;

    #[test]
    fn what_it_writes_it_reads() {
        let live: Vec<_> = modules::registry().live().collect();
        let read = |text: &str| Cursor::parse(text, &live).map(|cursor| cursor.to_string());
        assert_eq!(read("alerts:17").as_deref(), Some("alerts:17"));
        assert_eq!(read("nav:0,alerts:17").as_deref(), Some("alerts:17,nav:0"));
        for wrong in
            ["", "alerts", "alerts:", "alerts:-1", "alerts:+1", "alerts:1,", "alerts:1,alerts:2", "shoe:1"]
        {
            assert_eq!(read(wrong), None, "{wrong}");
        }
        assert_eq!(read("alerts:99999999999999999999"), None);
    }
}
