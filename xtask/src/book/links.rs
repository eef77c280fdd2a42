//! The links of the built pages. Those to other places are not followed: a check must not fail because of a machine elsewhere.

use std::collections::{HashMap, HashSet};
use std::path::{Path, PathBuf};

/// Each link and each picture leads to a page, an anchor or a file of the repository. Links that mdBook has taken for pages
/// (`../../docs/int8.html`) get the name of the file back.
pub fn check(folder: &Path) -> Result<(), String> {
    let mut pages = HashMap::new();
    read(folder, &mut pages)?;
    let anchors: HashMap<PathBuf, HashSet<String>> = pages
        .iter()
        .map(|(path, page)| (path.clone(), attributes(page, "id").collect()))
        .collect();
    let (mut count, mut wrong) = (0, Vec::new());
    for (path, page) in &mut pages {
        // mdBook leaves what it cannot include, and says nothing of a part that is not there.
        if page.contains("{{#include") || page.contains("\"></code></pre>") {
            wrong.push(format!("{}: a block of another file", path.display()));
        }
        let here = path.parent().unwrap_or(folder).to_path_buf();
        let mut mended = page.clone();
        let links: HashSet<String> = ["href", "src"]
            .iter()
            .flat_map(|name| attributes(page, name))
            .collect();
        for link in links {
            count += 1;
            if let Some(rest) = link.split_once("://").map(|(_, rest)| rest) {
                if rest.is_empty() || rest.starts_with('/') || link.contains(' ') {
                    wrong.push(format!("{}: {link}", path.display()));
                }
                continue;
            }
            if link.starts_with("data:") || link.starts_with("mailto:") {
                continue;
            }
            let (file, anchor) = link.split_once('#').unwrap_or((&link, ""));
            let target = match file {
                "" => path.clone(),
                _ => joined(&here, file),
            };
            let source = target.with_extension("md");
            if !target.starts_with(folder) && !target.exists() && source.exists() {
                let name = format!("{}md", file.trim_end_matches("html"));
                mended = mended.replace(&format!("\"{link}\""), &format!("\"{name}\""));
                continue;
            }
            let there = match anchors.get(&target) {
                Some(anchors) => anchor.is_empty() || anchors.contains(anchor),
                None => target.exists(),
            };
            if !there {
                wrong.push(format!("{}: {link}", path.display()));
            }
        }
        if mended != *page {
            std::fs::write(path, mended).map_err(|e| format!("{}: {e}", path.display()))?;
        }
    }
    wrong.sort();
    match wrong.is_empty() {
        true => {
            println!("{} pages, {count} links", pages.len());
            Ok(())
        }
        false => Err(format!("these lead nowhere:\n{}", wrong.join("\n"))),
    }
}

/// All pages below a folder. (`404.html` is shown at any address: its links begin at the root of a server.)
fn read(folder: &Path, pages: &mut HashMap<PathBuf, String>) -> Result<(), String> {
    let failed = |path: &Path, e| format!("{}: {e}", path.display());
    for entry in std::fs::read_dir(folder).map_err(|e| failed(folder, e))? {
        let path = entry.map_err(|e| failed(folder, e))?.path();
        if path.is_dir() {
            read(&path, pages)?;
        } else if path.extension().is_some_and(|e| e == "html") && !path.ends_with("404.html") {
            let page = std::fs::read_to_string(&path).map_err(|e| failed(&path, e))?;
            pages.insert(path, page);
        }
    }
    Ok(())
}

/// The values of an attribute, wherever in the page.
fn attributes<'a>(page: &'a str, name: &str) -> impl Iterator<Item = String> + use<'a> {
    let begin = format!(" {name}=\"");
    let values: Vec<String> = page
        .split(&begin)
        .skip(1)
        .filter_map(|rest| Some(rest.split_once('"')?.0.replace("&amp;", "&")))
        .collect();
    values.into_iter()
}

/// A path without `..` in it.
fn joined(folder: &Path, link: &str) -> PathBuf {
    let mut path = folder.to_path_buf();
    for part in link.split('/') {
        match part {
            "" | "." => {}
            ".." if path.file_name().is_some_and(|name| name != "..") => {
                path.pop();
            }
            part => path.push(part),
        }
    }
    path
}

#[cfg(test)]
mod tests {
    use super::{check, joined};
    use std::path::Path;

    #[test]
    fn a_dead_link_is_found() {
        let folder = std::env::temp_dir().join(format!("kseq-links-{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        let page = |links: &str| std::fs::write(folder.join("a.html"), links).unwrap();
        page("<h1 id=\"x\"><a href=\"#x\"> <a href=\"a.html#x\"> <a href=\"https://keras.io\">");
        assert_eq!(check(&folder), Ok(()));
        for dead in ["#y", "b.html", "a.html#y", "https://"] {
            page(&format!("<h1 id=\"x\"><a href=\"{dead}\">"));
            assert!(check(&folder).unwrap_err().contains(dead), "{dead}");
        }
        std::fs::remove_dir_all(&folder).unwrap();
    }

    #[test]
    fn paths_have_no_steps_back() {
        assert_eq!(
            joined(Path::new("target/book"), "../../docs/a.md"),
            Path::new("docs/a.md")
        );
        assert_eq!(
            joined(Path::new("target/book"), "./b.html"),
            Path::new("target/book/b.html")
        );
    }
}
