//! `cargo xtask unsafe`: every `unsafe` of the published packages is in the table of `docs/UNSAFE.md`, with its reason.
//!
//! The table says how many each file has, those of its tests included. So a change that adds one, or takes one away, has to
//! touch the table, where whoever reads the change sees it.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::path::{Path, PathBuf};

use proc_macro2::{TokenStream, TokenTree};

use crate::supply::{PUBLISHED, source};

const TABLE: &str = "docs/UNSAFE.md";

/// How many of each file.
type Counts = BTreeMap<String, usize>;

/// The check.
pub fn check() -> Result<(), String> {
    let table = std::fs::read_to_string(TABLE).map_err(|e| format!("{TABLE}: {e}"))?;
    let listed = listed(&table)?;
    let mut found = Counts::new();
    for package in PUBLISHED {
        count_below(Path::new(&source(package)), &mut found)?;
    }
    let differences = differences(&listed, &found);
    if !differences.is_empty() {
        return Err(format!("{TABLE} and the code differ:\n{differences}"));
    }
    let sum: usize = found.values().sum();
    println!("{sum} times `unsafe` in {} files", found.len());
    Ok(())
}

/// What the rows of the table say: `` | `FILE` | COUNT | .. ``, one or several for a file.
fn listed(table: &str) -> Result<Counts, String> {
    let mut counts = Counts::new();
    for line in table.lines() {
        if !line.starts_with("| `") {
            continue;
        }
        let cells: Vec<&str> = line.trim_matches('|').split('|').map(str::trim).collect();
        let [file, count, what, why, gain] = &cells[..] else {
            return Err(format!("{TABLE}: expected five cells: {line}"));
        };
        let file = file.trim_matches('`');
        let count: usize = count
            .parse()
            .map_err(|_| format!("{TABLE}: expected a number behind {file}, found {count:?}"))?;
        if [what, why, gain].into_iter().any(|cell| cell.is_empty()) {
            return Err(format!(
                "{TABLE}: the row of {file} lacks what it does, why it holds, or what it gains"
            ));
        }
        *counts.entry(file.to_owned()).or_default() += count;
    }
    Ok(counts)
}

fn count_below(folder: &Path, found: &mut Counts) -> Result<(), String> {
    let entries = std::fs::read_dir(folder).map_err(|e| format!("{}: {e}", folder.display()))?;
    for entry in entries {
        let path: PathBuf = entry.map_err(|e| e.to_string())?.path();
        if path.is_dir() {
            // What the macros emit, in pieces; no code of the package.
            if !path.ends_with("snapshots") {
                count_below(&path, found)?;
            }
        } else if path.extension().is_some_and(|end| end == "rs") {
            let text = std::fs::read_to_string(&path).map_err(|e| e.to_string())?;
            let count = count(&text).map_err(|e| format!("{}: {e}", path.display()))?;
            if count > 0 {
                found.insert(path.to_string_lossy().replace('\\', "/"), count);
            }
        }
    }
    Ok(())
}

/// How often the word stands in the code: not in comments, texts and names.
fn count(text: &str) -> Result<usize, proc_macro2::LexError> {
    fn of(tokens: TokenStream) -> usize {
        tokens
            .into_iter()
            .map(|token| match token {
                TokenTree::Group(group) => of(group.stream()),
                TokenTree::Ident(name) => usize::from(name == "unsafe"),
                _ => 0,
            })
            .sum()
    }
    Ok(of(text.parse()?))
}

/// In words; empty if there are none.
fn differences(listed: &Counts, found: &Counts) -> String {
    let mut words = String::new();
    for (file, count) in found {
        let said = listed.get(file).copied().unwrap_or(0);
        if said != *count {
            let _ = writeln!(words, "{file}: the table says {said}, the code has {count}");
        }
    }
    for (file, said) in listed.iter().filter(|(file, _)| !found.contains_key(*file)) {
        let _ = writeln!(words, "{file}: the table says {said}, the code has none");
    }
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_word_counts_where_it_is_code() {
        let code = "// unsafe\n/// unsafe\nunsafe fn f() { let unsafe_one = \"unsafe\"; }\n\
                    macro_rules! m { () => { unsafe { 1 } }; }";
        assert_eq!(count(code).unwrap(), 2);
    }

    #[test]
    fn rows_of_a_file_are_added() {
        let table = "# Title\n\n| file | `unsafe` | does | holds | gains |\n| --- | --- | --- | --- | --- |\n\
                     | `a.rs` | 2 | x | y | z |\n| `a.rs` | 3 | x | y | z |\n| `b.rs` | 1 | x | y | z |\n";
        let listed = listed(table).unwrap();
        assert_eq!(
            listed,
            Counts::from([("a.rs".into(), 5), ("b.rs".into(), 1)])
        );
        let found = Counts::from([("a.rs".into(), 5), ("c.rs".into(), 4)]);
        assert_eq!(
            differences(&listed, &found),
            "c.rs: the table says 0, the code has 4\nb.rs: the table says 1, the code has none\n"
        );
        assert_eq!(differences(&found, &found), "");
    }

    #[test]
    fn a_row_has_its_reasons() {
        assert!(listed("| `a.rs` | 2 | x | y |\n").is_err());
        assert!(listed("| `a.rs` | 2 | x | y |  |\n").is_err());
        assert!(listed("| `a.rs` | some | x | y | z |\n").is_err());
    }
}
