//! Pages as members use them: their visible text, their buttons and the forms behind those.

use axum::http::Method;
use pancake::dev::usecase::sent_file::SentFile;
use pancake::dev::usecase::wire;
use scraper::{ElementRef, Html, Node, Selector};

/// What pressing a button sends.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Submission {
    pub(crate) method: Method,
    /// Path and query.
    pub(crate) target: String,
    pub(crate) fields: Vec<(String, String)>,
    /// True where the form says that it sends files.
    in_parts: bool,
}

impl Submission {
    /// What is sent, and its media type.
    pub(crate) fn body(&self, files: &[(String, SentFile)]) -> (String, Vec<u8>) {
        if self.in_parts {
            return SentFile::form(&self.fields, files);
        }
        let pairs: Vec<(&str, String)> =
            self.fields.iter().map(|(name, value)| (name.as_str(), value.clone())).collect();
        ("application/x-www-form-urlencoded".to_owned(), wire::encode(&pairs).into_bytes())
    }
}

/// The text that a person sees, with single blanks.
pub(crate) fn text(html: &str) -> String {
    let page = Html::parse_document(html);
    let mut words = String::new();
    visible(page.root_element(), &mut words);
    words.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// The form of the button with this text, as it is sent when `fill` is typed into it and `files` are chosen.
pub(crate) fn press(
    html: &str,
    button: &str,
    fill: &[(String, String)],
    files: &[(String, SentFile)],
) -> Result<Submission, String> {
    let page = Html::parse_document(html);
    let mut known = Vec::new();
    for found in page.select(&selector("button, input[type=submit]")) {
        let label = label(found);
        // What only screen readers read is part of the text: `Flirt with nancy` is found as `Flirt` too.
        if label == button || label.starts_with(&format!("{button} ")) {
            return submission(&page, found, fill, files);
        }
        known.push(label);
    }
    Err(format!("there is no button \"{button}\"; there are: {}", known.join(", ")))
}

fn label(button: ElementRef<'_>) -> String {
    if let Some(value) = button.value().attr("value").filter(|_| button.value().name() == "input") {
        return value.to_owned();
    }
    let mut words = String::new();
    visible(button, &mut words);
    words.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn submission(
    page: &Html,
    button: ElementRef<'_>,
    fill: &[(String, String)],
    files: &[(String, SentFile)],
) -> Result<Submission, String> {
    let by_id = button
        .value()
        .attr("form")
        .and_then(|id| page.select(&selector(&format!("form[id=\"{id}\"]"))).next());
    let around = || button.ancestors().filter_map(ElementRef::wrap).find(|tag| tag.value().name() == "form");
    let form = by_id.or_else(around).ok_or("the button is in no form")?;
    let mut fields = fields(form);
    for (name, value) in fill {
        match fields.iter_mut().find(|(known, ..)| known == name) {
            Some((_, known, sent)) => {
                value.clone_into(known);
                *sent = true;
            }
            None => return Err(format!("the form has no field \"{name}\"")),
        }
    }
    let mut fields: Vec<_> =
        fields.into_iter().filter(|(.., sent)| *sent).map(|(name, value, _)| (name, value)).collect();
    if let (Some(name), Some(value)) = (button.value().attr("name"), button.value().attr("value")) {
        fields.push((name.to_owned(), value.to_owned()));
    }
    let in_parts = form.value().attr("enctype") == Some("multipart/form-data");
    let takes =
        |field: &str| form.select(&selector("input[type=file]")).any(|it| it.attr("name") == Some(field));
    if let Some((field, _)) = files.iter().find(|(field, _)| !in_parts || !takes(field)) {
        return Err(format!("the form takes no file \"{field}\""));
    }
    let attribute = |own: &str, of_form: &str| button.value().attr(own).or(form.value().attr(of_form));
    let method = attribute("formmethod", "method").unwrap_or("get").to_ascii_uppercase();
    let target = attribute("formaction", "action").unwrap_or_default().to_owned();
    let method = method.parse().map_err(|_| format!("a form with the method {method}"))?;
    Ok(Submission { method, target, fields, in_parts })
}

/// Names, values, and whether they are sent untouched (a box that is not ticked is not).
fn fields(form: ElementRef<'_>) -> Vec<(String, String, bool)> {
    let mut found: Vec<(String, String, bool)> = Vec::new();
    for field in form.select(&selector("input, textarea, select")) {
        let tag = field.value();
        let Some(name) = tag.attr("name") else { continue };
        let value = tag.attr("value").unwrap_or_default().to_owned();
        let (value, sent) = match (tag.name(), tag.attr("type").unwrap_or("text")) {
            ("textarea", _) => (field.text().collect(), true),
            ("select", _) => (selected(field), true),
            (_, "submit" | "button" | "image" | "reset" | "file") => continue,
            (_, "checkbox" | "radio") => (value, tag.attr("checked").is_some()),
            _ => (value, true),
        };
        // Radio buttons share a name: the ticked one counts.
        match found.iter_mut().find(|(known, ..)| known == name) {
            Some(known) if sent => *known = (name.to_owned(), value, sent),
            Some(_) => {}
            None => found.push((name.to_owned(), value, sent)),
        }
    }
    found
}

fn selected(select: ElementRef<'_>) -> String {
    let options = selector("option");
    let chosen = select.select(&options).find(|option| option.value().attr("selected").is_some());
    let option = chosen.or_else(|| select.select(&options).next());
    option
        .map(|option| option.value().attr("value").map_or_else(|| option.text().collect(), str::to_owned))
        .unwrap_or_default()
}

fn visible(element: ElementRef<'_>, words: &mut String) {
    if matches!(element.value().name(), "script" | "style" | "template" | "head" | "svg") {
        return;
    }
    if element.value().attr("hidden").is_some() {
        return;
    }
    for child in element.children() {
        match child.value() {
            Node::Text(text) => words.push_str(text),
            Node::Element(tag) => {
                let breaks = !INLINE.contains(&tag.name());
                if let Some(child) = ElementRef::wrap(child) {
                    if breaks {
                        words.push(' ');
                    }
                    visible(child, words);
                    if breaks {
                        words.push(' ');
                    }
                }
            }
            _ => {}
        }
    }
}

/// Elements that do not break a line of text.
const INLINE: [&str; 10] = ["span", "a", "b", "i", "em", "strong", "small", "time", "code", "mark"];

/// Selectors in this file are constants, but for ids from our own pages.
fn selector(text: &str) -> Selector {
    Selector::parse(text).unwrap_or_else(|error| unreachable!("{text} is a selector: {error}"))
}
