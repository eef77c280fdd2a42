//! Every program in `ui/` must be refused by `cargo check`, with exactly the text beside it.
//!
//! The text of a compiler changes with its version: it is pinned for the toolchain in CI. To accept
//! a new text after reading it: `TRYBUILD=overwrite cargo test -p ui-tests`.

#[test]
fn rejected_models() {
    let cases = trybuild::TestCases::new();
    cases.compile_fail("tests/ui/*.rs");
}

/// One form everywhere: no wall of traits, no type of the library, the error inside the user's words.
#[test]
fn messages_are_in_the_users_words() {
    let mut count = 0;
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/ui");
    for entry in std::fs::read_dir(folder).expect("tests/ui") {
        let path = entry.expect("an entry").path();
        let story = path.extension().is_some_and(|e| e == "rs");
        let text = std::fs::read_to_string(&path).expect("text");
        let name = path.display();
        if story {
            assert!(
                text.starts_with("// "),
                "{name}: the first line tells the story"
            );
            let stderr = path.with_extension("stderr");
            assert!(stderr.exists(), "{name}: has no .stderr");
            count += 1;
            continue;
        }
        for first in text.lines().filter(|l| l.starts_with("error")) {
            let words = !first.contains("trait bound") && !first.contains("kseq_core");
            assert!(words, "{name}: speaks the library's language: {first}");
        }
        // The place of each error is the first arrow after it; later ones belong to notes.
        let mut lines = text.lines();
        while lines.any(|l| l.starts_with("error")) {
            let place = lines.find(|l| l.trim_start().starts_with("--> "));
            let inside = place.is_some_and(|place| place.contains("tests/ui/"));
            assert!(inside, "{name}: points outside the user's file: {place:?}");
        }
    }
    println!("{count} rejected programs");
    assert!(count > 0);
}

/// The README shows what the compiler really says.
#[test]
fn the_readme_quotes_the_compiler() {
    let root = concat!(env!("CARGO_MANIFEST_DIR"), "/");
    let read = |path: &str| std::fs::read_to_string(format!("{root}{path}")).expect(path);
    let readme = read("../README.md");
    let said = read("tests/ui/readme.stderr") + &read("tests/ui/readme_shapes.stderr");
    let (_, quoted) = readme.split_once("```text\n").expect("a quotation");
    let (quoted, _) = quoted.split_once("```").expect("its end");
    for line in quoted.lines() {
        let real = said.lines().any(|l| l.trim_end() == line.trim_end());
        assert!(real, "the README says, but not the compiler: {line}");
    }
}
