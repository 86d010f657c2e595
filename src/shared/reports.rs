//! What a member says who reports another: why, and in her own words. The module that shows what she reports publishes
//! the report, with what was there to be seen.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::text::read::ReadRules;
use crate::kernel::failure::Failure;
use crate::kernel::problem::Problem;

/// Why a member reports another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema, sqlx::Type)]
#[serde(rename_all = "kebab-case")]
#[sqlx(type_name = "text", rename_all = "kebab-case")]
#[schemars(rename = "ReportCause")]
pub enum Cause {
    /// The member is younger than 18.
    UnderAge,
    /// The member threatens somebody, or speaks of suicide.
    Threat,
    /// The member insults or presses the reporter.
    Harassment,
    /// The profile pretends to be somebody else.
    Fake,
    /// The member asks for money.
    Scam,
    /// The content is sexual, violent or hateful.
    Offensive,
    /// The member advertises something.
    Advertising,
    Other,
}

impl Cause {
    /// As a page lists them.
    pub const ALL: [Self; 8] = [
        Self::UnderAge,
        Self::Threat,
        Self::Harassment,
        Self::Fake,
        Self::Scam,
        Self::Offensive,
        Self::Advertising,
        Self::Other,
    ];
    /// What reviewers look at before all else.
    pub const URGENT: [Self; 2] = [Self::UnderAge, Self::Threat];

    /// As stored and as in JSON.
    pub fn code(self) -> &'static str {
        match self {
            Self::UnderAge => "under-age",
            Self::Threat => "threat",
            Self::Harassment => "harassment",
            Self::Fake => "fake",
            Self::Scam => "scam",
            Self::Offensive => "offensive",
            Self::Advertising => "advertising",
            Self::Other => "other",
        }
    }

    /// As a page says it.
    pub fn label(self) -> &'static str {
        match self {
            Self::UnderAge => "Somebody younger than 18",
            Self::Threat => "A threat, or a danger to somebody’s life",
            Self::Harassment => "Insults or pressure",
            Self::Fake => "Not the person it says",
            Self::Scam => "Asks for money",
            Self::Offensive => "Sexual, violent or hateful",
            Self::Advertising => "Advertising",
            Self::Other => "Something else",
        }
    }
}

/// What a report is refused for, in codes of the module that takes it.
#[derive(Debug, Clone, Copy)]
pub struct Refuses {
    /// It names none of [`Cause`].
    cause: Problem,
    /// What the reporter adds.
    pub words: ReadRules,
}

impl Refuses {
    /// The codes for a cause that is none, and for words that show nothing, are too long, have too many lines, and too
    /// many marks.
    pub const fn of([cause, blank, long, tall, marks]: [&'static str; 5]) -> Self {
        let words = ReadRules {
            characters: 1000,
            lines: 50,
            blank: Problem::field(blank, "Leave the words out, or write some."),
            long: Problem::field(long, "What you add has at most 1,000 characters. Shorten it."),
            tall: Problem::field(tall, "What you add has at most 50 lines. Put some together."),
            marks: Problem::field(marks, "A character has at most 8 marks on it. Leave some out."),
        };
        Self { cause: Problem::field(cause, "Choose what is wrong."), words }
    }

    pub const fn problems(self) -> [Problem; 5] {
        let [blank, long, tall, marks] = self.words.problems();
        [self.cause, blank, long, tall, marks]
    }

    /// # Errors
    /// 422 if the cause is unknown, or the words break a rule: the error names the field.
    pub fn check(self, input: &ReportInput) -> Result<Complaint, Failure> {
        let known = Cause::ALL.into_iter().find(|cause| cause.code() == input.cause);
        let cause = known.ok_or_else(|| self.cause.at("cause"))?;
        let words = match &input.words {
            None => String::new(),
            Some(words) => self.words.parse("words", words)?.into_inner(),
        };
        Ok(Complaint { cause, words })
    }
}

/// A report as it is sent.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Report")]
pub struct ReportInput {
    /// What is wrong.
    #[schemars(with = "Cause")]
    pub cause: String,
    /// What the reporter adds, for the reviewer only: up to 1,000 characters as people count them, on at most 50 lines.
    #[serde(default)]
    #[schemars(length(min = 1))]
    pub words: Option<String>,
}

/// The same as a form sends it.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ReportForm {
    #[serde(default)]
    cause: String,
    #[serde(default)]
    words: String,
}

impl From<ReportForm> for ReportInput {
    fn from(form: ReportForm) -> Self {
        Self { cause: form.cause, words: Some(form.words).filter(|words| !words.is_empty()) }
    }
}

/// A report that was checked.
pub struct Complaint {
    pub cause: Cause,
    /// Empty where the reporter adds nothing.
    pub words: String,
}

/// What the reporter is told.
pub const SENT: &str = "Thank you. A reviewer looks at it, and you hear what came of it.";
