//! The README's walk with curl does what the README says, also where a module has a database of its own.

use std::fs;
use std::path::Path;
use std::process::Command;

use sqlx::{ConnectOptions, Executor, query_scalar};

use crate::postgres::{folder, postgres};
use crate::site::{Site, url};

/// Stands before the block that is run.
const MARK: &str = "<!-- the curl walk: tests/house runs it -->";

#[tokio::test]
async fn the_readme_walk_ends_with_the_alert() {
    let data = folder("walk");
    walk(&Site::start(&data, &[]), &data, &[]);
}

#[tokio::test]
async fn a_module_may_have_a_database_of_its_own() {
    let options = postgres().await.options();
    let mut conn = options.connect().await.unwrap();
    conn.execute("create database walk_all").await.unwrap();
    conn.execute("create database walk_flirt").await.unwrap();
    let (all, flirt) = (url(&options, "pancake", "", "walk_all"), url(&options, "pancake", "", "walk_flirt"));
    let environment = [("DATABASE_URL", all.as_str()), ("DATABASE_URL_FLIRT", flirt.as_str())];
    let data = folder("walk-apart");
    walk(&Site::start(&data, &environment), &data, &environment);
    for (database, has) in [("walk_all", false), ("walk_flirt", true)] {
        let mut conn = options.clone().database(database).connect().await.unwrap();
        let found: bool =
            query_scalar("select to_regclass('flirt.flirt') is not null").fetch_one(&mut conn).await.unwrap();
        assert_eq!(found, has, "{database}");
    }
}

/// Runs the block, and looks at its last line.
fn walk(site: &Site, data: &Path, environment: &[(&str, &str)]) {
    let readme = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("README.md")).unwrap();
    let (_, after) = readme.split_once(MARK).expect("README.md marks the walk");
    let block = after.split("```").nth(1).expect("a block follows the mark");
    let script = block.strip_prefix("sh\n").expect("the block is for sh");
    // On a busy machine the site may say "later", and effects may take more looks than a reader has patience for.
    let script = script.replace("1 2 3 4 5", "1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20");
    // Where the database is elsewhere nobody has made the folder.
    fs::create_dir_all(data).unwrap();
    fs::write(data.join(".curlrc"), "retry = 8\n").unwrap();
    let output = Command::new("sh")
        .args(["-eu", "-c", &script])
        .env("CURL_HOME", data)
        .env("SITE", format!("http://{}", site.address()))
        .env("PANCAKE", env!("CARGO_BIN_EXE_pancake"))
        .env("DATA", data)
        .envs(environment.iter().copied())
        .output()
        .expect("sh runs");
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{said}\n{}", String::from_utf8_lossy(&output.stderr));
    let last = said.lines().last().unwrap_or_default();
    for part in [r#""kind":"flirt""#, r#""nickname":"bob""#, r#""unread":true"#] {
        assert!(last.contains(part), "the last line has no {part}: {said}");
    }
}
