//! Reads what is expected.

use super::Reader;
use crate::dev::usecase::model::{EventText, Then};
use crate::dev::usecase::table::Table;
use crate::dev::usecase::tree::{Node, Tree};

/// What an answer is unless the case says otherwise.
pub(super) const OK: u16 = 200;

impl Reader<'_> {
    /// `then = { status = 200, body = {…}, events = [ … ] }`
    pub(super) fn then(&mut self, tree: &Tree, is_press: bool) -> Option<Then> {
        let mut table = Table::of(tree, "then", &mut self.faults)?;
        let status = self.status(&mut table, is_press);
        let body = table.take("body").cloned();
        let (first, last) = (table.take("first").cloned(), table.take("last").cloned());
        let events = table.take("events").map(|events| self.expected(events)).unwrap_or_default();
        let (receives, ends) = (self.receives(&mut table), self.ends(&mut table));
        let headers = table.pairs("headers", &mut self.faults);
        let faults = &mut self.faults;
        let then = Then {
            line: tree.line,
            status,
            body,
            count: table.count("count", faults),
            first,
            last,
            ordered: table.text("ordered", faults),
            absent: table.texts("absent", faults),
            problem: table.text("problem", faults),
            field: table.texts("field", faults),
            headers,
            location: table.text("location", faults),
            sees: table.texts("sees", faults),
            not_sees: table.texts("not-sees", faults),
            events,
            receives,
            ends,
        };
        table.finish("then", faults);
        if then.problem.is_some() && then.status.iter().all(|status| *status < 400) {
            return self.faults.add(tree.line, "a problem comes with a status of 400 or more: say which");
        }
        Some(then)
    }

    /// One status, or a list where calls race.
    fn status(&mut self, table: &mut Table<'_>, is_press: bool) -> Vec<u16> {
        let Some(tree) = table.take("status") else { return vec![OK] };
        let items = tree.list().unwrap_or(std::slice::from_ref(tree));
        let statuses: Vec<u16> = items
            .iter()
            .filter_map(|item| {
                let status = match &item.node {
                    Node::Number(number) => number.as_u64().and_then(|n| u16::try_from(n).ok()),
                    _ => None,
                };
                match status.filter(|status| (100..600).contains(status)) {
                    Some(status) => Some(status),
                    None => self.faults.add(item.line, "a status is a number from 100 to 599"),
                }
            })
            .collect();
        if is_press && statuses.iter().any(|status| (300..400).contains(status)) {
            self.faults
                .add::<()>(tree.line, "a press follows its redirect: say the status of the page it leads to");
        }
        if statuses.is_empty() { vec![OK] } else { statuses }
    }

    /// `events = [ { alert-read = { member = "bob", upTo = "$alert" } } ]`
    fn expected(&mut self, tree: &Tree) -> Vec<EventText> {
        let Some(items) = tree.list() else {
            self.faults.add::<()>(tree.line, format!("events is a list, not {}", tree.kind()));
            return Vec::new();
        };
        items
            .iter()
            .filter_map(|item| {
                let mut table = Table::of(item, "an event", &mut self.faults)?;
                match table.take_last() {
                    Some(field) => self.event(field, false),
                    None => self
                        .faults
                        .add(item.line, "an event reads { flirt-sent = { from = \"nancy\", to = \"bob\" } }"),
                }
            })
            .collect()
    }
}
