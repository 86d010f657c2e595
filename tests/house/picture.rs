//! docs/modules.svg shows the modules as they are. It is drawn anew by
//! `./r graph --overview | dot -Tsvg > docs/modules.svg`.

use std::collections::BTreeSet;

use pancake::dev::usecase::graph::{GraphArgs, run_graph};
use pancake::modules::registry;

#[test]
fn the_picture_of_the_modules_is_up_to_date() {
    let args = GraphArgs { module: None, overview: true, json: false, usecases: "usecases".into() };
    let dot = run_graph(&registry(), &args).unwrap();
    let arrows: BTreeSet<String> = dot
        .lines()
        .filter_map(|line| line.trim().split(" [").next()?.split_once(" -> "))
        .map(|(from, to)| format!("{}->{}", from.trim_matches('"'), to.trim_matches('"')))
        .collect();
    assert!(arrows.len() > 20, "{arrows:?}");
    let svg = std::fs::read_to_string("docs/modules.svg").unwrap();
    let titles = svg.split("<title>").skip(1).filter_map(|rest| rest.split("</title>").next());
    let drawn: BTreeSet<String> = titles
        .map(|title| title.replace("&#45;", "-").replace("&gt;", ">"))
        .filter(|title| title.contains("->"))
        .collect();
    let differ: Vec<&String> = arrows.symmetric_difference(&drawn).collect();
    assert!(
        differ.is_empty(),
        "draw docs/modules.svg anew: ./r graph --overview | dot -Tsvg > docs/modules.svg; {differ:?}"
    );
}
