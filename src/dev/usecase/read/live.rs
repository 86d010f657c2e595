//! Reads what a member listens to, and what she hears.

use super::Reader;
use crate::dev::usecase::fault::did_you_mean;
use crate::dev::usecase::model::{End, News, Step, Then, When};
use crate::dev::usecase::table::Table;
use crate::dev::usecase::tree::Tree;

impl Reader<'_> {
    /// `"GET /live?after=$after as bob"`, or the same in full.
    pub(super) fn stream(&mut self, tree: &Tree) -> Option<When> {
        let call = if tree.text().is_some() {
            self.call(tree)
        } else {
            let table = Table::of(tree, "stream", &mut self.faults)?;
            self.call_of(table)
        };
        call.map(|call| When::Stream(Box::new(call)))
    }

    /// `receives = ["chat", "typing by nancy"]`
    pub(super) fn receives(&mut self, table: &mut Table<'_>) -> Vec<News> {
        let line = table.line;
        let news: Vec<_> =
            table.texts("receives", &mut self.faults).iter().map(|text| News::read(text)).collect();
        for one in &news {
            let (what, near) = match one {
                News::Typing(nickname) if self.cast.person(nickname).is_none() => {
                    (format!("{nickname} is not in the cast"), did_you_mean(nickname, self.cast.nicknames()))
                }
                News::Changed(module) if !self.draft && !self.has(module) => {
                    let modules = self.registry.modules().iter().map(|spec| spec.name);
                    (format!("there is no module {module}"), did_you_mean(module, modules))
                }
                News::Typing(_) | News::Changed(_) => continue,
            };
            let hint = "; a stream receives modules, and \"typing by nancy\"";
            self.faults.add::<()>(line, format!("{what}{near}{}", if near.is_empty() { hint } else { "" }));
        }
        news
    }

    /// `ends = "logged-out"`
    pub(super) fn ends(&mut self, table: &mut Table<'_>) -> Option<End> {
        let word = table.text("ends", &mut self.faults)?;
        match End::ALL.into_iter().find(|(known, _)| *known == word) {
            Some((_, end)) => Some(end),
            None => self.faults.add(table.line, format!("a stream ends logged-out or elsewhere, not {word}")),
        }
    }

    /// What belongs to a stream and to whoever waits, and what does not.
    pub(super) fn listening(&mut self, step: &Step, meanwhile: Option<&Tree>, hears: bool) {
        let Step { line, when, then, .. } = step;
        let stream = matches!(when, When::Stream(_));
        let waits = stream || matches!(when, When::Call(_));
        let faults = &mut self.faults;
        if let Some(meanwhile) = meanwhile {
            if !waits {
                faults.add::<()>(meanwhile.line, "meanwhile goes with a stream, or with a call that waits");
            } else if step.at_once > 1 {
                faults.add::<()>(*line, "at-once and meanwhile do not go together: one call waits");
            }
        }
        if !stream && (hears || then.ends.is_some()) {
            faults.add::<()>(then.line, "only a stream receives and ends: stream = \"GET /live as bob\"");
        }
        if !stream {
            return;
        }
        if !hears {
            let what = "say what the stream receives: receives = [\"chat\"], or receives = []";
            faults.add::<()>(then.line, what);
        }
        if step.at_once > 1 {
            faults.add::<()>(*line, "at-once is for calls: one stream is listened to");
        }
        if then.status != [super::answer::OK] || answers(then) {
            let what = "of a stream one says headers, receives, ends and events; a refused one is a when";
            faults.add::<()>(then.line, what);
        }
    }

    fn has(&self, module: &str) -> bool {
        self.registry.modules().iter().any(|spec| spec.name == module)
    }
}

/// True if something is expected that only an answer has which ends by itself.
fn answers(then: &Then) -> bool {
    let trees = then.body.is_some() || then.first.is_some() || then.last.is_some();
    let said =
        then.count.is_some() || then.ordered.is_some() || then.problem.is_some() || then.location.is_some();
    let lists = [&then.absent, &then.field, &then.sees, &then.not_sees];
    trees || said || lists.iter().any(|list| !list.is_empty())
}
