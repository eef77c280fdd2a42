//! What is written for people: links of all pages lead to a file and a heading that are there, words are spelt right.

use std::path::{Component, Path, PathBuf};
use std::process::Command;

use crate::command::run;
use crate::suites;

/// Words that are spelt wrong: what `_typos.toml` does not know.
pub fn typos() -> Result<(), String> {
    if !cfg!(all(target_arch = "x86_64", target_os = "linux")) {
        println!("PyPI's package is named for x86-64 Linux: skipped on this machine");
        return Ok(());
    }
    suites::install("typos")?;
    run(Command::new("target/typos/bin/typos").args(["--format", "brief"]))
}

/// The relative links of all pages that git has or would take; of the book `cargo xtask book` looks at what is built.
pub fn links() -> Result<(), String> {
    let mut list = Command::new("git");
    list.args(["ls-files", "-co", "--exclude-standard", "*.md"]);
    let output = list.output().map_err(|e| format!("{list:?}: {e}"))?;
    let (mut followed, mut dead) = (0, Vec::new());
    let list = String::from_utf8_lossy(&output.stdout);
    for page in list.lines().filter(|page| !page.starts_with("book/")) {
        let page = Path::new(page);
        // Deleted, and git has not been told yet.
        let Ok(text) = std::fs::read_to_string(page) else {
            continue;
        };
        for link in links_of(&text) {
            followed += 1;
            if let Some(why) = is_dead(page, &text, link) {
                dead.push(format!("{}: `{link}`: {why}", page.display()));
            }
        }
    }
    match dead.is_empty() {
        true => println!("{followed} links"),
        false => return Err(format!("links that lead nowhere:\n  {}", dead.join("\n  "))),
    }
    Ok(())
}

/// The relative links of a page, `[text](path#heading)`, without those of code and of rustdoc, which checks its own.
fn links_of(text: &str) -> Vec<&str> {
    prose(text)
        .flat_map(|line| line.split('`').step_by(2))
        .flat_map(|prose| prose.split("](").skip(1))
        .filter_map(|rest| rest.split([')', ' ']).next())
        .filter(|link| !link.contains(':') && link.contains(['.', '#', '/']))
        // A page of rustdoc's beside the one that this text becomes.
        .filter(|link| !link.contains(".html"))
        .collect()
}

/// The lines that are no code.
fn prose(text: &str) -> impl Iterator<Item = &str> {
    let mut in_code = false;
    text.lines().filter(move |line| {
        let fence = line.trim_start().starts_with("```");
        in_code ^= fence;
        !fence && !in_code
    })
}

fn is_dead(page: &Path, text: &str, link: &str) -> Option<String> {
    let (path, heading) = match link.split_once('#') {
        Some((path, heading)) => (path, Some(heading)),
        None => (link, None),
    };
    let target = plain(&page.parent().unwrap_or(page).join(path));
    if !path.is_empty() && !target.exists() {
        return Some(format!("{} is not there", target.display()));
    }
    let heading = heading?;
    let there = match path.is_empty() {
        true => text.to_owned(),
        false if path.ends_with(".md") => std::fs::read_to_string(&target).ok()?,
        false => return None,
    };
    let named = format!("<a id=\"{heading}\">");
    let mut lines = prose(&there);
    let found = lines.any(|l| l.starts_with('#') && anchor(l) == heading || l.contains(&named));
    (!found).then(|| "no such heading".to_owned())
}

/// `a/b/../c` is `a/c`, whether there is a `b` or not.
fn plain(path: &Path) -> PathBuf {
    let mut plain = PathBuf::new();
    for part in path.components() {
        match part {
            Component::ParentDir => {
                plain.pop();
            }
            Component::CurDir => {}
            part => plain.push(part),
        }
    }
    plain
}

/// What a heading is called in a link: its letters and digits, small, with hyphens for spaces.
fn anchor(heading: &str) -> String {
    let words = heading.trim_start_matches('#').trim().to_lowercase();
    let kept = |c: &char| c.is_alphanumeric() || ['-', '_', ' '].contains(c);
    words
        .chars()
        .filter(kept)
        .collect::<String>()
        .replace(' ', "-")
}

#[cfg(test)]
mod tests {
    use super::{anchor, is_dead, links_of};
    use std::path::Path;

    #[test]
    fn links_are_found_in_prose_only() {
        let text = "[a](b.md#c) `[x](y.md)` [d](https://e.f) [g](crate::h)\n```\n[i](j.md)\n```\n![k](l/m.svg)";
        assert_eq!(links_of(text), ["b.md#c", "l/m.svg"]);
    }

    #[test]
    fn headings() {
        assert_eq!(
            anchor("## The guide's code `blocks`, 2"),
            "the-guides-code-blocks-2"
        );
        let page = "# One two\n<a id=\"three\"></a>\n```\n# no heading\n```\n";
        let dead = |link| is_dead(Path::new("src/x.md"), page, link).is_some();
        assert!(!dead("#one-two") && !dead("#three"));
        assert!(dead("#no-heading"));
        assert!(dead("../no/such.md"));
        assert!(!dead("../src/main.rs"));
    }
}
