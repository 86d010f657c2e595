//! The settings: password, and where she is logged in.

use askama::Template;
use axum::extract::State;

use super::list_sessions;
use crate::kernel::context::Context;
use crate::kernel::failure::Failure;
use crate::kernel::id::SessionId;
use crate::shared::paging::PageQuery;
use crate::web::answer::Page;
use crate::web::form::FormState;
use crate::web::layout::Layout;
use crate::web::visitor::Actor;

#[derive(Template)]
#[template(path = "register/settings.html")]
pub(super) struct SettingsPage {
    shell: Layout,
    form: FormState,
    sessions: Vec<SessionRow>,
}

struct SessionRow {
    id: SessionId,
    device: String,
    started: String,
    last_used: String,
    current: bool,
}

impl SettingsPage {
    /// With `form` for the password as it was filled in.
    pub(super) async fn load(
        ctx: &Context,
        actor: &Actor,
        shell: Layout,
        form: FormState,
    ) -> Result<Self, Failure> {
        let when = shell.when(ctx);
        let logins = list_sessions::run(ctx, actor, &PageQuery::most()).await?;
        let sessions = logins
            .items
            .into_iter()
            .map(|login| SessionRow {
                id: login.session,
                device: login.device,
                started: when.day(login.started),
                last_used: when.ago(login.used),
                current: login.current,
            })
            .collect();
        Ok(Self { shell: shell.titled("Settings"), form, sessions })
    }
}

pub(super) async fn page(
    State(ctx): State<Context>,
    actor: Actor,
    shell: Layout,
) -> Result<Page<SettingsPage>, Failure> {
    Ok(Page::new(SettingsPage::load(&ctx, &actor, shell, FormState::default()).await?))
}
