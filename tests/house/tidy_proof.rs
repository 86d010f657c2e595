//! Every rule of the house finds what it forbids: a rule that finds nothing would be worth nothing.

use crate::sources::Source;
use crate::tidy::offended;

#[test]
fn tidy_rules_find_what_they_forbid() {
    let long = format!("//! Long.\n{}", "// x\n".repeat(400));
    let function = format!("//! Long.\nfn f() {{\n{}}}\n", "    g();\n".repeat(70));
    let fine = format!("//! Fine.\nfn f() {{\n{}}}\n", "    g();\n".repeat(68));
    let slice = "src/modules/flirt/send_flirt.rs";
    let cases = [
        ("src/x.rs", "fn f() {}\n", "starts with //!"),
        ("src/x.rs", &long, "400 lines"),
        ("src/x.rs", &function, "70 lines"),
        ("tests/x.rs", concat!("//! X.\n// TO", "DO: more\n"), "undone"),
        ("src/x.rs", concat!("//! X.\n#[al", "low(dead_code)]\n"), "undone"),
        ("src/x.rs", "//! X.\nlet now = Utc::now();\n", "from Context"),
        ("src/x.rs", "//! X.\ntokio::spawn(work);\n", "from Context"),
        (slice, "//! X.\nuse crate::modules::review::item;\n", "known by their contract"),
        (slice, "//! X.\nuse crate::modules::{review, alerts};\n", "known by their contract"),
        ("src/modules/flirt/mod.rs", "//! X.\npub mod send_flirt;\n", "shows its contract"),
        (
            "src/modules/alerts/keep_mark.rs",
            "//! X.\nuse super::read_alerts::Item;\nimpl Listener for X {}\n",
            "stand alone",
        ),
        (slice, "//! X.\nuse super::keep_flirts::KeepFlirts;\n", "names a listener"),
        (slice, "//! X.\nquery!(\"select 1 from alerts.alert\");\n", "own schema only"),
        ("src/modules/like/x.rs", "//! X.\nquery!(\"delete from flirt.flirt\");\n", "own schema only"),
        ("schemas/flirt/0009_x.sql", "create table alerts.x (y int);\n", "stays in its own"),
        ("schemas/flirt/0009_x.sql", "create unique index x on alerts.x (y);\n", "stays in its own"),
        ("schemas/kit/0009_x.sql", "create table flirt.x (y int);\n", "stays in its own"),
        (slice, "//! X.\nquery!(\"select now()\");\n", "clock of its own"),
        ("schemas/flirt/0009_x.sql", "create table flirt.x (y date default now());\n", "clock of its own"),
        (slice, "//! X.\nquery!(\"SELECT 1\");\n", "lower case"),
        ("templates/x.html", "<p> \n", "white space"),
        ("templates/x.html", "<p>", "one newline"),
    ];
    for (path, text, rule) in cases {
        let found = offended(&Source::of(path.to_owned(), text.to_owned()));
        assert!(
            found.iter().any(|says| says.contains(rule)),
            "{rule}: {path} {text:?} offends {found:?} only"
        );
    }
    let good = [
        ("src/x.rs", fine.as_str()),
        ("src/x.rs", "//! X.\n// SELECT now()\n"),
        (slice, "//! X.\nctx.now();\n"),
    ];
    for (path, text) in good {
        assert_eq!(offended(&Source::of(path.to_owned(), text.to_owned())), Vec::<&str>::new(), "{text:?}");
    }
}
