//! The book: what it quotes is there, mdBook builds it, and every link in it leads somewhere. Its code is tested with all other
//! documentation (`src/book.rs`), its pictures by `tests/book_pictures.rs`.

mod links;
mod quotes;

use std::path::Path;
use std::process::Command;

use crate::command::run;
use crate::web;

/// The version that is installed; its pages are what the check of links reads.
const VERSION: &str = "0.5.4";

/// Where the pages are written, as `book/book.toml` says. A page is two folders below the root, as its source is: so links to
/// other files of the repository are the same in both.
const BUILT: &str = "target/book";

/// Builds the book; with `--pictures` its pictures are drawn instead.
pub fn command() -> Result<(), String> {
    if std::env::args().skip(2).any(|a| a == "--pictures") {
        let mut draw = Command::new("cargo");
        draw.args(["test", "-p", "kseq-tests", "--all-features"]);
        draw.args(["--test", "book_pictures"]);
        return run(draw.env("KSEQ_WRITE_PICTURES", "1"));
    }
    let program = install()?;
    run(Command::new(program).args(["build", "book"]))?;
    links::check(Path::new(BUILT))?;
    // For a server that has both.
    web::copy_site(&Path::new(BUILT).join("live"))
}

/// What the book quotes is there; a moment's work, so that who moves a number need not build the book to hear of it.
pub fn quotes() -> Result<(), String> {
    quotes::check(Path::new("book/src"))
}

/// Installs mdBook into `target/mdbook` and says where it is. Without search and the server: a third of the time, and a debug
/// build, since the book is small.
fn install() -> Result<String, String> {
    let program = String::from("target/mdbook/bin/mdbook");
    let version = Command::new(&program).arg("--version").output();
    let there = version.is_ok_and(|v| v.stdout == format!("mdbook v{VERSION}\n").as_bytes());
    if !there {
        let mut install = Command::new("cargo");
        install.args(["install", "mdbook", "--version", VERSION]);
        install.args(["--no-default-features", "--locked", "--debug", "--quiet"]);
        install.args(["--force", "--root", "target/mdbook"]);
        run(&mut install)?;
    }
    Ok(program)
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::quotes::fences;

    fn pages() -> Vec<(String, String)> {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../book/src");
        let mut pages = Vec::new();
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.extension().is_some_and(|extension| extension == "md") {
                let name = path.file_name().unwrap().to_string_lossy().into_owned();
                pages.push((name, std::fs::read_to_string(path).unwrap()));
            }
        }
        pages
    }

    /// Each page is in the table of contents, and its code is tested if it has some.
    #[test]
    fn each_page_is_read() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
        let contents = std::fs::read_to_string(root.join("book/src/SUMMARY.md")).unwrap();
        let tested = std::fs::read_to_string(root.join("src/book.rs")).unwrap();
        for (name, page) in pages() {
            if name == "SUMMARY.md" {
                continue;
            }
            assert!(
                contents.contains(&format!("({name})")),
                "{name} is in no list"
            );
            let compiled = fences(&page).any(|f| f.is_rust() && !f.words.contains("ignore"));
            let listed = tested.contains(&format!("book/src/{name}\""));
            assert_eq!(
                compiled, listed,
                "{name}: src/book.rs names the pages with code"
            );
        }
    }

    /// Code is compiled with the documentation, or is a part of a file that something else compiles; what a compiler says is what
    /// it has said of a rejected model.
    #[test]
    fn each_block_is_checked_somewhere() {
        let compiled = [
            "../../examples/",
            "../../embedded/",
            "../../tests/",
            "../../ui-tests/tests/ui/",
        ];
        for (name, page) in pages() {
            // What is quoted of a file is compared with it (`quotes::check`).
            let unquoted: String = page
                .split("<!-- quoted: ")
                .enumerate()
                .map(|(i, part)| match i {
                    0 => part,
                    _ => part.split_once("<!-- end -->").unwrap().1,
                })
                .collect();
            for fence in fences(&unquoted) {
                let included = fence.body.lines().all(|line| {
                    let file = line.strip_prefix("{{#include ");
                    file.is_some_and(|file| compiled.iter().any(|from| file.starts_with(from)))
                });
                let of_a_file = !fence.body.is_empty() && included;
                if fence.is_rust() && fence.words.contains("ignore") {
                    assert!(of_a_file, "{name}: not compiled:\n{}", fence.body);
                }
                let says = fence.body.starts_with("error") || fence.body.contains("\nerror");
                assert!(!says, "{name}: include the `.stderr`:\n{}", fence.body);
            }
        }
    }
}
