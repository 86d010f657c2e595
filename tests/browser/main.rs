//! What members see in a real browser: headless Chromium on real sites, with and without JavaScript.
//!
//! `./r browser` runs it; screens of failed tests are in `target/browser/`.

mod album;
mod axe;
mod chat;
mod end;
mod finding;
mod flirts;
#[path = "../shared/join.rs"]
mod join;
mod kept;
mod keyboard;
mod login;
mod offline;
mod pages;
mod photos;
mod plain;
#[path = "../shared/postgres.rs"]
mod postgres;
mod reports;
mod screens;
mod support;
mod tabs;
mod zones;
