//! What chapters take from other pages of the repository: numbers that are measured there, and only there.

use std::path::Path;

/// A block of code.
pub struct Fence<'a> {
    /// What stands behind the fence: `rust,no_run`.
    pub words: &'a str,
    pub body: String,
}

impl Fence<'_> {
    #[cfg(test)]
    pub fn is_rust(&self) -> bool {
        self.words.split(',').next() == Some("rust")
    }
}

/// The blocks of a page.
pub fn fences(page: &str) -> impl Iterator<Item = Fence<'_>> {
    let mut lines = page.lines();
    std::iter::from_fn(move || {
        let words = lines.find_map(|line| line.strip_prefix("```"))?;
        let body: Vec<&str> = lines.by_ref().take_while(|line| *line != "```").collect();
        Some(Fence {
            words,
            body: body.join("\n"),
        })
    })
}

/// Between `<!-- quoted: FILE -->` and `<!-- end -->` each line is one of that file. A block of shell that runs an example names one.
pub fn check(folder: &Path) -> Result<(), String> {
    let entries = std::fs::read_dir(folder).map_err(|e| format!("{}: {e}", folder.display()))?;
    for entry in entries.flatten() {
        let path = entry.path();
        if path.extension().is_none_or(|extension| extension != "md") {
            continue;
        }
        let page =
            std::fs::read_to_string(&path).map_err(|e| format!("{}: {e}", path.display()))?;
        quoted(&page).map_err(|why| format!("{}: {why}", path.display()))?;
        examples(&page).map_err(|why| format!("{}: {why}", path.display()))?;
        errors(folder, &page).map_err(|why| format!("{}: {why}", path.display()))?;
    }
    Ok(())
}

fn quoted(page: &str) -> Result<(), String> {
    for part in page.split("<!-- quoted: ").skip(1) {
        let (file, part) = part.split_once(" -->").ok_or("a quote without ` -->`")?;
        let (lines, _) = part
            .split_once("<!-- end -->")
            .ok_or("a quote without an end")?;
        let source = std::fs::read_to_string(file).map_err(|e| format!("{file}: {e}"))?;
        let is_quoted = |line: &&str| !line.is_empty() && !line.starts_with("```");
        for line in lines.lines().filter(is_quoted) {
            if !source.lines().any(|l| l == line) {
                return Err(format!("{file} does not say: {line}"));
            }
        }
    }
    Ok(())
}

/// Lines of what a compiler has said begin with an error, and end where a part of it ends: that text has not been moved meanwhile.
fn errors(folder: &Path, page: &str) -> Result<(), String> {
    for include in page.split("{{#include ").skip(1) {
        let (include, _) = include
            .split_once("}}")
            .ok_or("an include without an end")?;
        let mut words = include.split(':');
        let file = words.next().unwrap_or_default();
        let mut number = || words.next().and_then(|n| n.parse::<usize>().ok());
        if !file.ends_with(".stderr") {
            continue;
        }
        let (Some(first), Some(last)) = (number(), number()) else {
            continue;
        };
        let said =
            std::fs::read_to_string(folder.join(file)).map_err(|e| format!("{file}: {e}"))?;
        let line = |i: usize| said.lines().nth(i.wrapping_sub(1)).unwrap_or_default();
        let ends = |line: &str| {
            let text = line.trim_start();
            text.is_empty() || text.starts_with('=') || text.starts_with("note:")
        };
        if !line(first).starts_with("error") || line(last).is_empty() || !ends(line(last + 1)) {
            return Err(format!("{include} is no whole part of an error"));
        }
    }
    Ok(())
}

fn examples(page: &str) -> Result<(), String> {
    for fence in fences(page).filter(|fence| fence.words == "sh") {
        for name in fence.body.split("--example ").skip(1) {
            let name = name.split_whitespace().next().unwrap_or_default();
            let there = ["examples", "examples/pictures"]
                .iter()
                .any(|folder| Path::new(folder).join(format!("{name}.rs")).exists());
            if !there {
                return Err(format!("there is no example {name}"));
            }
        }
    }
    Ok(())
}
