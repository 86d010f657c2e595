//! `pancake story`: the use cases as one reads them aloud.

use std::path::PathBuf;

use clap::Args;

use super::cast::Cast;
use super::fault::LoadErrors;
use super::model::UseCase;
use super::paint::{Ink, Paint};
use super::{load, sentence};
use crate::kernel::module::Registry;

/// What `pancake story` can be told.
#[derive(Debug, Clone, Args)]
pub struct StoryArgs {
    /// Only this module's
    #[arg(long)]
    pub module: Option<String>,
    /// Only those with all of these words in their names
    pub words: Vec<String>,
    /// Folder of the use cases
    #[arg(long, default_value = "usecases")]
    pub usecases: PathBuf,
}

/// The stories, for the standard output.
///
/// # Errors
/// If the use cases do not load: all that is wrong in them.
pub fn run_story(registry: &Registry, args: &StoryArgs) -> Result<String, LoadErrors> {
    let book = load(&args.usecases, registry)?;
    let paint = Paint::of_stdout();
    let chosen: Vec<_> =
        book.cases.iter().filter(|case| chosen(case, args.module.as_deref(), &args.words)).collect();
    if chosen.is_empty() {
        return Ok("No use case fits. `pancake summary` lists them all.\n".to_owned());
    }
    Ok(chosen.iter().map(|case| story(&book.cast, case, paint)).collect::<Vec<_>>().join("\n"))
}

/// Whether a case is of a module, if one is named, and has all words in its name.
pub fn chosen(case: &UseCase, module: Option<&str>, words: &[String]) -> bool {
    let name = case.name.to_lowercase();
    module.is_none_or(|module| module == case.module)
        && words.iter().all(|word| name.contains(&word.to_lowercase()))
}

/// One story.
pub fn story(cast: &Cast, case: &UseCase, paint: Paint) -> String {
    let (module, name) = (paint.ink(Ink::Red, case.module), paint.ink(Ink::Green, &case.name));
    let mut text = format!("# {module}: {name}\n");
    if let Some(about) = &case.about {
        text.push_str(about);
        text.push('\n');
    }
    text.push('\n');
    text.push_str(&told(cast, case, paint));
    text
}

/// What happens in it, without its title.
pub fn told(cast: &Cast, case: &UseCase, paint: Paint) -> String {
    let mut text = String::new();
    let people = case.people.iter().map(|who| vec![sentence::introduction(cast, who)]);
    let given: Vec<_> = people.chain(case.given.iter().map(|given| sentence::given(cast, given))).collect();
    if !given.is_empty() {
        keyword(&mut text, "GIVEN", "", paint);
        numbered(&mut text, &given, paint);
    }
    for step in &case.steps {
        let mut lines = sentence::when(cast, step).into_iter();
        keyword(&mut text, "WHEN", &lines.next().unwrap_or_default(), paint);
        for line in lines {
            text.push_str(&format!("       {line}\n"));
        }
        if !step.meanwhile.is_empty() {
            keyword(&mut text, "MEANWHILE", "", paint);
            let meanwhile: Vec<_> = step.meanwhile.iter().map(|given| sentence::given(cast, given)).collect();
            numbered(&mut text, &meanwhile, paint);
        }
        keyword(&mut text, "THEN", "", paint);
        numbered(&mut text, &sentence::then(cast, step), paint);
    }
    text
}

fn keyword(text: &mut String, word: &str, rest: &str, paint: Paint) {
    let line = format!("  {} {rest}", paint.ink(Ink::Amber, word));
    text.push_str(line.trim_end());
    text.push('\n');
}

fn numbered(text: &mut String, items: &[Vec<String>], paint: Paint) {
    for (number, lines) in items.iter().enumerate() {
        let mark = paint.ink(Ink::Faint, &format!("{}.", number + 1));
        for (at, line) in lines.iter().enumerate() {
            let lead = if at == 0 { mark.as_str() } else { "  " };
            text.push_str(&format!("  {lead} {line}\n"));
        }
    }
}
