//! Reads calls, short and in full, and buttons.

use axum::http::Method;

use super::{METHODS, Reader};
use crate::dev::usecase::fault::did_you_mean;
use crate::dev::usecase::model::{Body, Call, Caller, Press};
use crate::dev::usecase::names::capture;
use crate::dev::usecase::sent_file::SentFile;
use crate::dev::usecase::table::Table;
use crate::dev::usecase::tree::Tree;
use crate::dev::usecase::wire;
use crate::kernel::module::ActionRecord;

impl Reader<'_> {
    /// `"GET /api/alerts?max=2 as bob"`
    pub(super) fn call(&mut self, tree: &Tree) -> Option<Call> {
        let text = tree.text().unwrap_or_default();
        let parts = text.rsplit_once(" as ").and_then(|(request, actor)| {
            let (method, target) = request.trim().split_once(' ')?;
            Some((method, target.trim(), actor.trim()))
        });
        let Some((method, target, actor)) = parts else {
            return self.faults.add(tree.line, "a call reads \"GET /api/alerts as bob\" (or: as nobody)");
        };
        let Some(method) = METHODS.contains(&method).then(|| method.parse().ok()).flatten() else {
            return self
                .faults
                .add(tree.line, format!("{method} is no method; one of {}", METHODS.join(", ")));
        };
        let actor = self.caller(actor, tree.line)?;
        self.request(tree.line, method, target, actor)
    }

    /// `{ POST = "/api/register", as = "nobody", json = {…} }`
    pub(super) fn call_of(&mut self, mut table: Table<'_>) -> Option<Call> {
        let line = table.line;
        let found = METHODS.iter().find_map(|method| Some((*method, table.take(method)?)));
        let (method, target) =
            found.and_then(|(name, target)| Some((name.parse::<Method>().ok()?, target)))?;
        let Some(target) = target.text() else {
            return self.faults.add(target.line, format!("a path is a text, not {}", target.kind()));
        };
        let actor = self.actor(&mut table);
        let body = self.body(&mut table);
        let headers = table.pairs("headers", &mut self.faults);
        table.finish("a call", &mut self.faults);
        let call = self.request(line, method, target, actor?)?;
        Some(Call { body, headers, ..call })
    }

    /// `{ press = "Flirt", on = "/member/bob", as = "nancy", sends = "POST /flirt/bob" }`
    pub(super) fn press(&mut self, mut table: Table<'_>) -> Option<Press> {
        let line = table.line;
        let button = table.text("press", &mut self.faults);
        let on = table.text("on", &mut self.faults);
        let sends = table.text("sends", &mut self.faults);
        let fill = table.pairs("fill", &mut self.faults);
        let attach = table.pairs("attach", &mut self.faults);
        let attach =
            attach.into_iter().filter_map(|(field, name)| Some((field, self.file(line, &name)?))).collect();
        let actor = self.actor(&mut table);
        table.finish("press", &mut self.faults);
        let (Some(button), Some(on), Some(sends)) = (button, on, sends) else {
            return self
                .faults
                .add(line, "a press needs on = the page, and sends = \"POST /where/the/form/goes\"");
        };
        let sends = sends.split_once(' ').and_then(|(method, path)| {
            Some((METHODS.contains(&method).then(|| method.parse().ok()).flatten()?, path.to_owned()))
        });
        let Some((method, target)) = sends else {
            return self.faults.add(line, "sends reads \"POST /flirt/bob\"");
        };
        let shows = self.known(line, &Method::GET, without_query(&on));
        let does = self.known(line, &method, without_query(&target));
        Some(Press { line, button, on, actor: actor?, sends: (method, target), fill, attach, shows, does })
    }

    fn request(&mut self, line: usize, method: Method, target: &str, actor: Caller) -> Option<Call> {
        if !target.starts_with('/') {
            return self.faults.add(line, format!("a path starts with a /: {target}"));
        }
        let (path, query) = target.split_once('?').unwrap_or((target, ""));
        let query = match serde_urlencoded::from_str(query) {
            Ok(query) => query,
            Err(error) => return self.faults.add(line, format!("the query cannot be read: {error}")),
        };
        let action = wire::action(self.registry.actions(), &method, path).cloned();
        let (path, body) = (path.to_owned(), Body::None);
        Some(Call { line, method, path, query, actor, body, headers: Vec::new(), action })
    }

    fn known(&mut self, line: usize, method: &Method, path: &str) -> Option<ActionRecord> {
        match wire::action(self.registry.actions(), method, path) {
            Some(action) => Some(action.clone()),
            None if self.draft => None,
            None => self.faults.add(line, no_action(self.registry.actions(), method, path)),
        }
    }

    fn actor(&mut self, table: &mut Table<'_>) -> Option<Caller> {
        let line = table.line;
        match table.text("as", &mut self.faults) {
            Some(actor) => self.caller(&actor, line),
            None => self.faults.add(line, "say who calls: as = \"bob\", or as = \"nobody\""),
        }
    }

    fn caller(&mut self, text: &str, line: usize) -> Option<Caller> {
        if text == "nobody" {
            return Some(Caller::Nobody);
        }
        if let Some(name) = capture(text) {
            return Some(Caller::Captured(name.to_owned()));
        }
        if self.cast.person(text).is_some() {
            return Some(Caller::Person(text.to_owned()));
        }
        let near = did_you_mean(text, self.cast.nicknames().chain(["nobody"]));
        self.faults.add(line, format!("{text} is not in the cast{near}"))
    }

    fn file(&mut self, line: usize, name: &str) -> Option<SentFile> {
        match SentFile::read(self.folder, name) {
            Ok(file) => Some(file),
            Err(why) => self.faults.add(line, why),
        }
    }

    fn body(&mut self, table: &mut Table<'_>) -> Body {
        let json = table.take("json").cloned();
        let form = table.left().iter().any(|field| field.key == "form");
        let form = form.then(|| table.pairs("form", &mut self.faults));
        let raw = table.text("raw", &mut self.faults);
        let file = table.text("file", &mut self.faults);
        match (json, form, raw, file) {
            (None, None, None, None) => Body::None,
            (Some(tree), None, None, None) => Body::Json(tree),
            (None, Some(pairs), None, None) => Body::Form(pairs),
            (None, None, Some(text), None) => Body::Raw(text),
            (None, None, None, Some(name)) => self.file(table.line, &name).map_or(Body::None, Body::File),
            _ => {
                self.faults.add::<()>(table.line, "a call carries one of json, form, raw and file");
                Body::None
            }
        }
    }
}

/// The path alone.
fn without_query(target: &str) -> &str {
    target.split_once('?').map_or(target, |(path, _)| path)
}

/// What to say of a call to nowhere.
pub fn no_action(actions: &[ActionRecord], method: &Method, path: &str) -> String {
    let others: Vec<_> = actions.iter().filter(|record| wire::fits(&record.path, path)).collect();
    if others.is_empty() {
        let near = did_you_mean(path, actions.iter().map(|record| record.path.as_str()));
        return format!("no module offers {method} {path}{near}");
    }
    let methods: Vec<_> = others.iter().map(|record| record.action.method.as_str()).collect();
    format!("no module offers {method} {path}, only {}", methods.join(", "))
}
