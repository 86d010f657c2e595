//! Nobody leads the site out of its data folder, and Postgres learns nothing of the site's settings.

use std::fs;
use std::os::unix::fs::{chown, symlink};
use std::path::Path;

use pancake::store::{PrivatePostgres, StoreError};
use rustix::process::geteuid;

use crate::{Data, SERVER, ask, begin, cluster_of};

const PRECIOUS: &str = "0123456789abcdef, and more that matters";
/// An account that is not ours.
const OTHER: u32 = 65_534;

/// Puts a link in the place of this file, and starts. What the link leads to stays as it is.
async fn refused(data: &Data, name: &str) -> StoreError {
    let victim = data.0.with_extension("victim");
    fs::write(&victim, PRECIOUS).unwrap();
    symlink(&victim, data.0.join(name)).unwrap();
    let started = PrivatePostgres::start(&data.0, SERVER).await;
    assert_eq!(fs::read_to_string(&victim).unwrap(), PRECIOUS, "{name}");
    fs::remove_file(&victim).unwrap();
    fs::remove_file(data.0.join(name)).unwrap();
    started.err().unwrap_or_else(|| panic!("{name} is a link"))
}

#[tokio::test]
async fn links_are_not_followed() {
    let data = Data::new("links");
    fs::create_dir_all(&data.0).unwrap();
    let said = refused(&data, "postgres.lock").await.to_string();
    assert!(said.contains("postgres.lock"), "{said}");
    // Only root's cluster is elsewhere, and only then its id is remembered.
    if geteuid().is_root() {
        let said = refused(&data, "cluster-id").await.to_string();
        assert!(said.contains("cluster-id"), "{said}");
    }
}

#[tokio::test]
async fn a_folder_of_another_account_is_refused() {
    if !geteuid().is_root() {
        // Only root can make one. As an ordinary user, root's own folder is another account's.
        let said = PrivatePostgres::start(Path::new("/usr"), SERVER).await.err().unwrap().to_string();
        assert!(said.contains("/usr belongs to the account 0"), "{said}");
        return;
    }
    let data = Data::new("others");
    fs::create_dir_all(&data.0).unwrap();
    chown(&data.0, Some(OTHER), None).unwrap();
    let refusal = refused(&data, "postgres.lock").await;
    assert!(matches!(refusal, StoreError::OthersFolder { owner: OTHER, ours: 0, .. }), "{refusal}");
    assert!(refusal.to_string().contains("--data"), "{refusal}");
}

#[tokio::test]
async fn postgres_sees_no_settings_and_takes_nobody_from_the_network() {
    let data = Data::new("clean");
    let postgres = begin(&data).await;
    let cluster = cluster_of(&postgres).await;
    let rules =
        ask(&postgres, "select string_agg(type || ' ' || auth_method, ', ') from pg_hba_file_rules").await;
    assert_eq!(rules, "local trust, host reject");
    // Linux only; elsewhere the same lines have set it.
    let pid = fs::read_to_string(cluster.join("postmaster.pid")).unwrap().lines().next().unwrap().to_owned();
    if let Ok(environment) = fs::read(format!("/proc/{pid}/environ")) {
        // The test itself has more: cargo's own, for example.
        assert!(std::env::vars().any(|(name, _)| name.starts_with("CARGO")));
        for setting in environment.split(|byte| *byte == 0).filter(|setting| !setting.is_empty()) {
            let setting = String::from_utf8_lossy(setting);
            let name = setting.split('=').next().unwrap();
            assert!(["PATH", "LD_LIBRARY_PATH", "LC_ALL", "PWD", "OLDPWD", "_"].contains(&name), "{setting}");
        }
    }
    postgres.stop().await.unwrap();

    // A cluster of an older program is mended.
    fs::write(cluster.join("pg_hba.conf"), "local all all trust\nhost all all 127.0.0.1/32 trust\n").unwrap();
    let again = begin(&data).await;
    let rules =
        ask(&again, "select string_agg(type || ' ' || auth_method, ', ') from pg_hba_file_rules").await;
    assert_eq!(rules, "local trust, host reject");
    again.stop().await.unwrap();
}
