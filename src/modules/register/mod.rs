//! Who is a member: sign-up, login, sessions and roles. Also home to those who wait for a reviewer.

mod apply_again;
mod change_password;
mod change_role;
mod check_nickname;
mod close_session;
pub mod contract;
mod device;
mod end_sessions;
mod keep_exclusions;
mod keep_members;
mod keep_roles;
mod keep_suspensions;
mod list_sessions;
mod login;
mod open_session;
mod person;
mod read_session;
mod register_member;
mod schemas;
mod session_store;
mod show_settings;
mod show_state;
mod strength;
mod suspend;

use std::time::Duration;

pub use change_role::{Change, everybody, member_named, run_named as change_role};
pub use open_session::Opened;
pub use session_store::open as open_session_for;
pub use suspend::{Verdict, run as suspend};

use crate::kernel::module::{Action, Module, ModuleSpec, Policy, Registry};
use crate::kernel::problem;
use crate::shared::paging;

pub struct Register;

pub static SPEC: ModuleSpec = ModuleSpec {
    name: "register",
    schema: "register",
    segments: &["register", "session", "login", "logout", "settings", "welcome", "role", "suspension"],
    purpose: "Sign-up, login, sessions, roles and suspensions.",
    migrations: sqlx::migrate!("schemas/register"),
    kit: &[],
    owned: &["account", "session"],
};

const HOUR: Duration = Duration::from_hours(1);

impl Module for Register {
    fn spec(&self) -> &'static ModuleSpec {
        &SPEC
    }

    fn register(&self, at: &mut Registry) {
        at.keeps_sessions(session_store::Store);
        at.publishes::<contract::MemberRegistered>();
        at.publishes::<contract::RoleGranted>();
        at.publishes::<contract::RoleRevoked>();
        at.publishes::<contract::MemberSuspended>();
        at.publishes::<contract::MemberReadmitted>();
        at.listens(keep_members::KeepMembers);
        at.listens(keep_members::Approve);
        at.listens(keep_members::Reject);
        at.listens(keep_roles::AddRole);
        at.listens(keep_roles::RemoveRole);
        at.listens(keep_suspensions::AddSuspension);
        at.listens(keep_suspensions::RemoveSuspension);
        at.listens_since(3, keep_exclusions::AddExclusions);
        at.listens_since(3, keep_exclusions::RemoveExclusions);
        applications(at);
        logins(at);
        settings(at);
        roles(at);
        suspensions(at);
    }
}

fn applications(at: &mut Registry) {
    let apply =
        |path| Action::post(path, Policy::Public, "applies for membership").limited("applications", 20, HOUR);
    let of_nickname = |action: Action| action.refuses(person::OF_NICKNAME);
    let of_person = |action| of_nickname(action).refuses(person::OF_PERSON);
    at.json(of_person(apply("/register")).refuses(person::OF_ACCOUNT), register_member::json);
    at.html(Action::get("/register", Policy::Public, "shows the form to join"), register_member::page);
    at.html(apply("/register"), register_member::form);
    let joined = Action::get("/register/joined", Policy::Public, "says what happens after an application");
    at.html(joined, show_state::joined);
    let check = Action::get("/register", Policy::Public, "says whether a nickname is free");
    at.json(of_nickname(check.limited("nickname-checks", 120, HOUR)), check_nickname::json);
    let again = |path| Action::post(path, Policy::Registered, "applies again after a rejection");
    let refusals = [apply_again::WAITING, apply_again::APPROVED];
    at.json(of_person(again("/register/again")).refuses(&refusals), apply_again::json);
    at.html(again("/register/again"), apply_again::form);
    at.html(Action::get("/welcome", Policy::Registered, "shows how an application stands"), show_state::page);
}

fn logins(at: &mut Registry) {
    let login = |path| Action::post(path, Policy::Public, "logs in").knows_devices();
    let open = |path| Action { limit: Some(open_session::LOGINS), ..login(path) };
    let refusals = [open_session::WRONG_CREDENTIALS, open_session::SUSPENDED, open_session::EXCLUDED];
    at.json(open("/session").refuses(&refusals), open_session::json);
    at.html(Action::get("/login", Policy::Public, "shows the form to log in"), login::page);
    at.html(open("/login").carries_forms(), login::form);
    at.json(Action::get("/session", Policy::Registered, "says who is logged in"), read_session::json);
    at.json(Action::delete("/session", Policy::Registered, "logs out"), close_session::json);
    at.html(Action::post("/logout", Policy::Public, "logs out"), close_session::form);
}

fn settings(at: &mut Registry) {
    let list = Action::get("/session/all", Policy::Registered, "lists where she is logged in");
    at.json(list.refuses(paging::REFUSALS), list_sessions::json);
    at.html(Action::get("/settings", Policy::Registered, "shows the settings"), show_settings::page);
    let end = Action::delete("/session/{session}", Policy::Registered, "ends one login");
    at.json(end, end_sessions::end_session_json);
    let end = Action::post("/settings/sessions/{session}/end", Policy::Registered, "ends one login");
    at.html(end, end_sessions::one_form);
    let all = Action::delete("/session/all", Policy::Registered, "ends every login");
    at.json(all.refuses(&[problem::NOT_FOUND]), end_sessions::end_all_sessions_json);
    let all = Action::post("/settings/sessions/end-all", Policy::Registered, "ends every login");
    at.html(all, end_sessions::all_form);
    let change = Action::put("/session/password", Policy::Registered, "changes the password");
    let refusals = [change_password::WRONG_PASSWORD, change_password::PASSWORD_CHANGED];
    let change = change.refuses(person::OF_PASSWORD).refuses(&refusals);
    at.json(change.limited("password-changes", 10, HOUR), change_password::json);
    let change = Action::post("/settings/password", Policy::Registered, "changes the password");
    at.html(change.limited("password-changes", 10, HOUR), change_password::form);
}

fn roles(at: &mut Registry) {
    let grant = Action::put("/role/{member}/{role}", Policy::Admin, "gives a member a role");
    at.json(grant, change_role::grant_role_json);
    let revoke = Action::delete("/role/{member}/{role}", Policy::Admin, "takes a role from a member");
    at.json(revoke.refuses(&[change_role::OWN_ROLE]), change_role::revoke_role_json);
}

fn suspensions(at: &mut Registry) {
    let suspend = Action::put("/suspension/{member}", Policy::Admin, "suspends a member");
    at.json(suspend.refuses(&[suspend::OWN_SUSPENSION]), suspend::suspend_json);
    let readmit = Action::delete("/suspension/{member}", Policy::Admin, "readmits a suspended member");
    at.json(readmit, suspend::readmit_json);
    let end = Action::delete("/session/of/{member}", Policy::Admin, "ends every login of a member");
    at.json(end, suspend::end_sessions_json);
}
