//! The catalogue `rejected-models.md` and the programs in `ui/`: each row has its programs, in both spellings where
//! sizes are involved, and what the compiler says of them has one form.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;

use ui_tests::Program;

/// Rows that no compiler can refuse: C8 is an error at run time (`tests/stateful.rs`), since how many samples there are is not
/// known before.
const PENDING: [&str; 1] = ["C8"];

/// Rows in which sizes are involved: a program with literals and one with named constants.
const BOTH_SPELLINGS: [&str; 21] = [
    "A3", "A10", "A11", "A12", "B1", "B2", "B3", "B4", "B5", "B7", "B8", "B9", "B10", "B11", "B12",
    "B14", "B15", "B16", "C2", "C4", "D1",
];

/// The programs.
fn programs() -> Vec<Program> {
    let programs = ui_tests::programs().expect("programs");
    assert!(programs.len() > 100);
    programs
}

/// Whether a program names its sizes.
fn has_named_sizes(source: &str) -> bool {
    source.lines().any(|line| line.starts_with("const "))
}

#[test]
fn every_row_has_its_programs() {
    let parts = ui_tests::catalogue().expect("catalogue");
    let rows = parts.into_iter().flat_map(|(_, rows)| rows);
    let rows: Vec<String> = rows.map(|row| row.id).collect();
    let unique: BTreeSet<&String> = rows.iter().collect();
    assert!(rows.len() > 40, "rows of the catalogue");
    assert_eq!(rows.len(), unique.len(), "two rows of one number");
    let mut spellings: BTreeMap<String, [usize; 2]> = BTreeMap::new();
    for program in programs() {
        if let Some(row) = program.row() {
            // H, how it is said, has no rows.
            let is_known = row.starts_with('H') || unique.contains(&row);
            assert!(is_known, "{}: there is no row {row}", program.name);
            spellings.entry(row).or_default()[usize::from(has_named_sizes(&program.source))] += 1;
        }
    }
    println!("row: programs with literals, with named sizes");
    let (mut shown, mut all) = (0, 0);
    for row in &rows {
        let [literals, named] = spellings.get(row).copied().unwrap_or_default();
        let both = BOTH_SPELLINGS.contains(&row.as_str());
        println!("{row:>4}: {literals:>2} {named:>2}");
        if PENDING.contains(&row.as_str()) {
            assert_eq!(literals + named, 0, "{row} is no longer pending");
            continue;
        }
        assert!(literals + named > 0, "{row} has no program");
        assert!(!both || literals > 0, "{row} has no program with literals");
        assert!(!both || named > 0, "{row} has no program with named sizes");
        shown += 1;
        all += literals + named;
    }
    println!(
        "{shown} of {} rows, {all} programs; not yet: {PENDING:?}",
        rows.len()
    );
}

/// An error: its first line, the line and column that it points at, and the underlined part of the source.
fn errors<'a>(said: &'a str, source: &'a str) -> Vec<(&'a str, &'a str)> {
    let mut errors = Vec::new();
    let mut lines = said.lines();
    while let Some(line) = lines.next() {
        if !line.starts_with("error") || line.starts_with("error: aborting") {
            continue;
        }
        let place = lines.find(|l| l.trim_start().starts_with("--> "));
        let place = place.expect("a place").trim_start();
        assert!(place.contains("tests/ui/"), "outside the program: {place}");
        let mut numbers = place
            .rsplit(':')
            .map(|n| n.parse::<usize>().expect("a number"));
        let (column, row) = (
            numbers.next().expect("column"),
            numbers.next().expect("row"),
        );
        let there = source.lines().nth(row - 1).expect("the line");
        errors.push((line, there.get(column - 1..).unwrap_or_default()));
    }
    errors
}

/// One form everywhere: no wall of traits, no type of the library's inside, the error within the user's layer, argument
/// or call, and a layer's mistake names it and says what to do.
#[test]
fn messages_are_in_the_users_words() {
    for Program { name, source, said } in programs() {
        assert!(
            source.starts_with("// "),
            "{name}: the first line tells the story"
        );
        let errors = errors(&said, &source);
        assert!(!errors.is_empty(), "{name}: no error");
        for (first, there) in errors {
            for inside in [
                "trait bound",
                "kseq_core",
                "__core",
                "is not implemented for",
                "Typed",
                "LastAxis",
                "Probe",
                "Link",
            ] {
                assert!(
                    !first.contains(inside),
                    "{name}: speaks the library's language: {first}"
                );
            }
            assert!(
                !there.starts_with("sequential!"),
                "{name}: points at the whole macro"
            );
            if first.starts_with("error[E0080]") {
                // A layer, the input, or (over its budget) the model.
                let mut places =
                    ["panicked: layer ", "panicked: input_shape", "panicked: `"].iter();
                let words = places.any(|place| first.contains(place));
                assert!(words, "{name}: does not name the layer: {first}");
            }
        }
        // What the constants say has a remedy.
        let panics = said.matches("error[E0080]").count();
        assert!(
            said.matches("\n                help: ").count() >= panics,
            "{name}: no help"
        );
    }
}

/// The gallery is made of the programs: `cargo xtask gallery` writes it anew.
#[test]
fn the_gallery_is_current() {
    let page = fs::read_to_string(ui_tests::gallery_path()).unwrap_or_default();
    let current = ui_tests::gallery().expect("gallery");
    assert!(page == current, "run `cargo xtask gallery`");
}

/// Longer errors of `compile!`, of data and of methods than the 17 lines that are meant: rustc shows bounds or implementations of the library.
const LONGER: [(&str, usize); 4] = [
    ("f04_compile_by_hand", 20),
    ("f04_metrics_of_other_outputs", 22),
    ("f05_no_probabilities", 19),
    ("f09_no_sequence", 39),
];

#[test]
fn what_is_said_of_compile_and_data_is_short() {
    let parts = |name: &str| name.starts_with('e') || name.starts_with('f');
    for program in programs().iter().filter(|program| parts(&program.name)) {
        let longer = LONGER.iter().find(|(name, _)| program.name == *name);
        let most = longer.map_or(17, |(_, lines)| *lines);
        for error in program.said.split("\nerror") {
            let lines = error.trim_end().lines().count();
            assert!(lines <= most, "{}: {lines} lines of {error}", program.name);
        }
    }
}
