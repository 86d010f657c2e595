//! The constants of a module, and what it keeps like others do.

use sqlx::migrate::Migrator;

/// The constants of a module.
#[derive(Debug)]
pub struct ModuleSpec {
    /// The folder, and the name in events: `flirt`.
    pub name: &'static str,
    /// The Postgres schema; the name, unless that is a reserved word.
    pub schema: &'static str,
    /// The first path segments that are this module's, below `/api` and for pages.
    pub segments: &'static [&'static str],
    /// One sentence, for BOOK.md.
    pub purpose: &'static str,
    /// `schemas/<name>/`. Empty for a module that is not built yet.
    pub migrations: Migrator,
    /// What it keeps of the [kit](crate::shared): tables that many modules have alike.
    pub kit: &'static [Kit],
    /// Tables that no event can restore, marked *Owned* in `schemas/`. All others are *projected*: a rebuild
    /// empties them and writes them anew.
    pub owned: &'static [&'static str],
}

/// Tables that many modules have alike, each in its own schema.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kit {
    /// Member cards and blocked pairs: for modules that show people.
    People,
    /// A version of what each member sees, for modules that are live ([`crate::shared::versions`]).
    Versions,
    /// The same where many members see one thing change: the module has a view `shown_version` of its own, with the
    /// columns `member` and `version`, that adds what they share.
    SharedVersions,
    /// Who may see whose private album ([`crate::shared::access`]). `pancake access-log` says how far each such module has
    /// applied what was taken back.
    Access,
}

impl Kit {
    /// Tables of it that no event can restore.
    fn owned(self) -> &'static [&'static str] {
        match self {
            Self::People | Self::Access => &[],
            Self::Versions | Self::SharedVersions => &["version"],
        }
    }
}

impl ModuleSpec {
    /// True for a table that no event can restore.
    pub fn owns(&self, table: &str) -> bool {
        self.owned.contains(&table) || self.kit.iter().any(|kit| kit.owned().contains(&table))
    }

    /// True for a module whose changes members are told of at once.
    pub fn is_live(&self) -> bool {
        self.kit.contains(&Kit::Versions) || self.shares_versions()
    }

    /// True for a live module of which many members see the same change.
    pub fn shares_versions(&self) -> bool {
        self.kit.contains(&Kit::SharedVersions)
    }

    /// The table or view that says which version of a live module each member sees.
    pub fn versions(&self) -> &'static str {
        if self.shares_versions() { "shown_version" } else { "version" }
    }
}
