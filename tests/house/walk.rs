//! The README's walk with curl does what the README says.

use std::fs;
use std::path::Path;
use std::process::Command;

use crate::postgres::folder;
use crate::process::Site;

/// Stands before the block that is run.
const MARK: &str = "<!-- the curl walk: tests/house runs it -->";

#[tokio::test]
async fn the_readme_walk_ends_with_the_alert() {
    let readme = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("README.md")).unwrap();
    let (_, after) = readme.split_once(MARK).expect("README.md marks the walk");
    let block = after.split("```").nth(1).expect("a block follows the mark");
    let script = block.strip_prefix("sh\n").expect("the block is for sh");
    let data = folder("walk");
    let site = Site::start(&data);
    let output = Command::new("sh")
        .args(["-eu", "-c", script])
        .env("SITE", format!("http://{}", site.address()))
        .env("PANCAKE", env!("CARGO_BIN_EXE_pancake"))
        .env("DATA", &data)
        .output()
        .expect("sh runs");
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{said}\n{}", String::from_utf8_lossy(&output.stderr));
    let last = said.lines().last().unwrap_or_default();
    for part in [r#""kind":"flirt""#, r#""nickname":"bob""#, r#""unread":true"#] {
        assert!(last.contains(part), "the last line has no {part}: {said}");
    }
}
