//! The page to log in. A form whose login has ended is answered with it, and it then carries the form along.

use askama::Template;

use super::form::FormState;
use super::layout::Layout;
use super::submission::Again;

#[derive(Template)]
#[template(path = "login.html")]
pub struct LoginPage {
    shell: Layout,
    form: FormState,
    /// The page to show afterwards; empty for the usual one.
    next: String,
    /// The form to send afterwards.
    again: Option<Again>,
}

impl LoginPage {
    pub fn new(shell: Layout, form: FormState, next: String, again: Option<Again>) -> Self {
        Self { shell: shell.titled("Log in"), form, next, again }
    }
}
