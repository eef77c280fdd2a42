//! The table "The guides' code blocks" of `KERAS.md` names every test of the guides, and no other.

const KERAS: &str = include_str!("../KERAS.md");

const FILES: [(&str, &str); 6] = [
    ("guide_000", include_str!("guide_000.rs")),
    ("guide_001", include_str!("guide_001.rs")),
    ("guide_002", include_str!("guide_002.rs")),
    ("guide_003", include_str!("guide_003.rs")),
    ("guide_004", include_str!("guide_004.rs")),
    ("guide_004_examples", include_str!("guide_004_examples.rs")),
];

#[test]
fn every_block_has_its_test_and_every_test_its_block() {
    let (_, table) = KERAS.split_once("## The guides' code blocks").unwrap();
    let rows = table.lines().filter_map(|line| line.strip_suffix("` |"));
    let mut listed: Vec<&str> = rows
        .filter_map(|row| Some(row.rsplit_once('`')?.1))
        .collect();
    let tests = FILES.iter().flat_map(|(file, text)| {
        let functions = text.split("#[test]\nfn ").skip(1);
        functions.map(move |f| format!("{file}::{}", f.split('(').next().unwrap()))
    });
    let mut tests: Vec<String> = tests.collect();
    listed.sort_unstable();
    tests.sort_unstable();
    assert_eq!(listed, tests);
    assert!(tests.len() > 60);
}
