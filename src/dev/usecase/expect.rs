//! Whether an answer is what a case expects. Pure: whoever asked brings the answer, a site or a mock.

use serde_json::Value;

use super::matching::{compare, disorder, header_fits, occurs, path_fits};
use super::model::Then;
use super::names::Bindings;
use super::tree::Tree;

/// What came.
pub struct Came<'a> {
    pub status: u16,
    pub header: &'a dyn Fn(&str) -> Option<&'a str>,
    /// None where it is no JSON.
    pub body: Option<&'a Value>,
}

/// All differences, a sentence each; what pages show is not looked at.
pub fn answer(then: &Then, came: &Came<'_>, known: &mut Bindings<'_>) -> Vec<String> {
    let mut found = Vec::new();
    if !then.status.contains(&came.status) {
        let wanted: Vec<_> = then.status.iter().map(ToString::to_string).collect();
        found.push(format!("the status should be {}, but is {}", wanted.join(" or "), came.status));
    }
    for (name, wanted) in &then.headers {
        let is = (came.header)(name);
        if !header_fits(wanted, is, known) {
            let is = is.unwrap_or("not there");
            found.push(format!("the header {name} should be {wanted}, but is {is}"));
        }
    }
    if let Some(wanted) = &then.location {
        let is = (came.header)("location").unwrap_or("nowhere");
        if !path_fits(wanted, is, known) {
            found.push(format!("the location should be {wanted}, but is {is}"));
        }
    }
    found.extend(json(then, came.body, known));
    found.extend(problem(then, came.body));
    found
}

fn json(then: &Then, body: Option<&Value>, known: &mut Bindings<'_>) -> Vec<String> {
    let mut found = Vec::new();
    let mut against = |tree: &Option<Tree>, value: Option<&Value>, path: &str, found: &mut Vec<String>| {
        if let Some(tree) = tree {
            found.extend(compare(tree, value, path, known).iter().map(ToString::to_string));
        }
    };
    against(&then.body, body, "", &mut found);
    let items = body.and_then(|body| body.get("items").unwrap_or(body).as_array());
    against(&then.first, items.and_then(|items| items.first()), "the first item", &mut found);
    against(&then.last, items.and_then(|items| items.last()), "the last item", &mut found);
    let count = items.map(Vec::len);
    if then.count.is_some() && then.count != count {
        let (wanted, came) = (then.count.unwrap_or_default(), count.unwrap_or_default());
        found.push(format!("there should be {wanted} items, but there are {came}"));
    }
    if let Some(path) = &then.ordered {
        match items {
            None => found.push("there are no items to be ordered".to_owned()),
            Some(items) => found
                .extend(disorder(items, path).map(|at| {
                    format!("items should descend by {path}, but items[{at}] and the next do not")
                })),
        }
    }
    for name in &then.absent {
        if body.is_some_and(|body| occurs(body, name)) {
            found.push(format!("{name} should not be in the answer"));
        }
    }
    found
}

fn problem(then: &Then, body: Option<&Value>) -> Vec<String> {
    let text = |value: Option<&Value>| value.and_then(Value::as_str).map(str::to_owned);
    let code = text(body.and_then(|body| body.get("code")));
    let errors = body.and_then(|body| body.get("errors")).and_then(Value::as_array);
    let errors = errors.map(Vec::as_slice).unwrap_or_default();
    let all = |key: &str| errors.iter().filter_map(|error| text(error.get(key))).collect::<Vec<_>>();
    let mut found = Vec::new();
    if let Some(wanted) = &then.problem
        && code.as_ref() != Some(wanted)
        && !all("code").contains(wanted)
    {
        let came: Vec<_> = code.into_iter().chain(all("code")).collect();
        found.push(format!("the problem should be {wanted}, but is {}", or_nothing(&came)));
    }
    let fields = all("field");
    for wanted in then.field.iter().filter(|wanted| !fields.contains(wanted)) {
        found.push(format!("the problem should name the field {wanted}, but names {}", or_nothing(&fields)));
    }
    found
}

fn or_nothing(words: &[String]) -> String {
    if words.is_empty() { "nothing".to_owned() } else { words.join(", ") }
}
