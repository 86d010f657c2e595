//! What the security log says, and what it does not.

use std::io;
use std::sync::{Arc, Mutex};

use axum::http::Method;
use pancake::web::secret::Secret;
use pancake::web::security_log::hash_of;
use tracing_subscriber::fmt::MakeWriter;

use crate::house::{Ask, House, PASSWORD, Who};
use crate::sessions::login;

/// Keeps what is logged.
#[derive(Clone, Default)]
struct Kept(Arc<Mutex<Vec<u8>>>);

impl io::Write for Kept {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }
    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl<'a> MakeWriter<'a> for Kept {
    type Writer = Self;
    fn make_writer(&'a self) -> Self {
        self.clone()
    }
}

impl Kept {
    /// The lines about security since the last look.
    fn lines(&self) -> Vec<String> {
        let text = String::from_utf8(std::mem::take(&mut *self.0.lock().unwrap())).unwrap();
        text.lines().filter(|line| line.contains(" security: ")).map(str::to_owned).collect()
    }

    /// The only line about security, which holds all of this and names nobody.
    fn says(&self, parts: &[&str]) {
        let lines = self.lines();
        let [line] = &lines[..] else { panic!("{lines:?}") };
        assert!(parts.iter().all(|part| line.contains(part)), "{parts:?}: {line}");
        for secret in ["maja", "127.0.0.1", PASSWORD] {
            assert!(!line.contains(secret), "{line}");
        }
    }
}

#[tokio::test]
async fn security_events_name_members_by_a_hash() {
    let house = House::open("house_security_log", 80).await;
    let log = Kept::default();
    let subscriber = tracing_subscriber::fmt().with_ansi(false).with_writer(log.clone()).finish();
    let _logging = tracing::subscriber::set_default(subscriber);
    let secret = Secret::of(&house.stage.ctx).await.unwrap();
    let hash = |who: Who| hash_of(secret, house.id(who).unwrap());
    let (member, admin) = (house.token(Who::Member).await, house.token(Who::Admin).await);
    let maja = hash(Who::Member);
    assert_eq!((maja.len(), log.lines()), (16, vec![]));

    assert_eq!(login(&house, "maja", "not her password").await.status, 401);
    log.says(&["happened=\"login-failed\"", &format!("member=\"{maja}\""), "from=\""]);
    assert_eq!(login(&house, "nobody at all", "not her password").await.status, 401);
    log.says(&["happened=\"login-failed\"", "member=\"-\""]);

    let role = format!("/api/role/{}/reviewer", house.people.member);
    let grant = Ask::new(Method::PUT, role.as_str());
    assert_eq!(house.ask(&grant, member.as_deref()).await.status, 403);
    log.says(&["happened=\"refused\"", "code=\"role-missing\"", &maja]);
    assert_eq!(house.ask(&grant, admin.as_deref()).await.status, 204);
    let by = format!("by=\"{}\"", hash(Who::Admin));
    log.says(&["happened=\"role-granted\"", &format!("member=\"{maja}\""), &by]);

    let form = Ask::post("/logout").form("").with("sec-fetch-site", "cross-site");
    let form = form.with("cookie", format!("session={}", member.as_deref().unwrap()));
    assert_eq!(house.ask_as_is(&form).await.status, 403);
    log.says(&["code=\"cross-site\"", &maja]);

    let change = Ask::new(Method::PUT, "/api/session/password");
    let change = change.json(r#"{"current":"not this one, no","password":"quite another one"}"#);
    assert_eq!(house.ask(&change, member.as_deref()).await.status, 422);
    log.says(&["happened=\"password-change-failed\"", &maja]);

    let suspension = format!("/api/suspension/{}", house.people.member);
    assert_eq!(house.ask(&Ask::new(Method::PUT, suspension.as_str()), admin.as_deref()).await.status, 204);
    log.says(&["happened=\"suspended\"", &maja, &by]);
    assert_eq!(login(&house, "maja", PASSWORD).await.status, 403);
    log.says(&["code=\"register.suspended\""]);
    for _ in 0..40 {
        login(&house, "nobody at all", "not her password").await;
    }
    assert!(log.lines().iter().any(|line| line.contains("code=\"too-many\"")), "a limit");
    house.close().await;
}
