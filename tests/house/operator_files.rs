//! The files that operators are given: those who read them find nothing wrong, and what they name is there.

use std::collections::BTreeSet;
use std::fs;
use std::path::PathBuf;
use std::process::Command;

use serde_json::Value;

use crate::postgres::{folder, postgres};
use crate::site::{Site, url};

const ALERTS: &str = "docs/run/alerts.yml";
const UNIT: &str = "docs/run/pancake.service";
const KUBERNETES: &str = include_str!("../../docs/run/kubernetes.json");

fn ends_well(command: &mut Command) {
    let output = command.output().unwrap_or_else(|fault| panic!("{command:?}: {fault}"));
    let said =
        format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{command:?}: {said}");
}

/// A folder for what these tests write.
fn place(name: &str) -> PathBuf {
    let place = folder(name);
    fs::create_dir_all(&place).unwrap();
    place
}

#[test]
fn prometheus_knows_when_to_wake_somebody() {
    let rules = fs::canonicalize(ALERTS).unwrap();
    ends_well(Command::new("promtool").arg("check").arg("rules").arg(&rules));
    let play = place("alerts").join("alerts.yml");
    let text = include_str!("../samples/alerts.yml").replace("RULES", rules.to_str().unwrap());
    fs::write(&play, text).unwrap();
    ends_well(Command::new("promtool").arg("test").arg("rules").arg(&play));
}

/// A metric of another name would never wake anybody.
#[tokio::test]
async fn what_wakes_is_measured() {
    let options = postgres().await.options();
    let mut conn = sqlx::ConnectOptions::connect(&options).await.unwrap();
    sqlx::Executor::execute(&mut conn, "create database measured").await.unwrap();
    let all = url(&options, "pancake", "", "measured");
    let metrics = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().to_string();
    let environment = [("DATABASE_URL", all.as_str()), ("METRICS_LISTEN", &metrics)];
    let site = Site::start(&folder("measured"), &environment);
    // They are there once there is something to count.
    let _ = site.get("/api/session");
    let rules = fs::read_to_string(ALERTS).unwrap();
    let is_name = |letter: char| letter.is_ascii_lowercase() || letter == '_';
    let named: BTreeSet<&str> = rules
        .lines()
        .filter(|line| line.trim_start().starts_with("expr:"))
        .flat_map(|line| line.split(|letter| !is_name(letter)))
        .filter(|word| word.starts_with("pancake_"))
        .collect();
    assert!(named.len() >= 7, "{named:?}");
    for name in named {
        let family = format!("# TYPE {} ", name.trim_end_matches("_total"));
        crate::wait::until(name, async || crate::site::get(&metrics, "/metrics").contains(&family)).await;
    }
}

/// Where there is a systemd.
#[test]
fn systemd_reads_the_unit() {
    if Command::new("systemd-analyze").arg("--version").output().is_err() {
        return eprintln!("SKIPPED: systemd's reading of {UNIT}. This system has no systemd.");
    }
    let text = fs::read_to_string(UNIT).unwrap();
    let installed = "/usr/local/bin/pancake";
    assert_eq!(text.matches(installed).count(), 1);
    let unit = place("systemd").join("pancake.service");
    // Somebody who is here, and this program.
    let text = text.replace(installed, env!("CARGO_BIN_EXE_pancake")).replace("User=pancake", "User=nobody");
    fs::write(&unit, text).unwrap();
    ends_well(
        Command::new("systemd-analyze").args(["verify", "--man=no", "--recursive-errors=no"]).arg(&unit),
    );
}

/// Kubernetes asks what is answered, and gives a node the time that it needs to end.
#[tokio::test]
async fn kubernetes_asks_what_is_answered() {
    let list: Value = serde_json::from_str(KUBERNETES).unwrap();
    let pod = &list["items"][0]["spec"]["template"]["spec"];
    let container = &pod["containers"][0];
    let (grace, before) =
        (&pod["terminationGracePeriodSeconds"], &container["lifecycle"]["preStop"]["sleep"]);
    assert!(grace.as_u64().unwrap() >= before["seconds"].as_u64().unwrap() + 3);
    let options = postgres().await.options();
    let mut conn = sqlx::ConnectOptions::connect(&options).await.unwrap();
    sqlx::Executor::execute(&mut conn, "create database probed").await.unwrap();
    let all = url(&options, "pancake", "", "probed");
    let site = Site::start(&folder("probed"), &[("DATABASE_URL", &all)]);
    for (probe, path) in [
        ("startupProbe", "/health/live"),
        ("livenessProbe", "/health/live"),
        ("readinessProbe", "/health/ready"),
    ] {
        assert_eq!(container[probe]["httpGet"]["path"], path);
        crate::wait::until(probe, async || site.get(path).starts_with("HTTP/1.1 200")).await;
    }
    // Arguments that the program does not know would keep every pod from starting.
    let args: Vec<&str> =
        container["args"].as_array().unwrap().iter().map(|arg| arg.as_str().unwrap()).collect();
    let mut command = crate::site::command();
    command.args(&args).arg("--help");
    ends_well(&mut command);
}
