//! The rejected models: the programs in `tests/ui`, the catalogue `rejected-models.md`, and the gallery made of both.

use std::fmt::Write;
use std::{fs, io};

const HERE: &str = env!("CARGO_MANIFEST_DIR");

/// A program that must not compile.
pub struct Program {
    /// The name of its file, without the ending.
    pub name: String,
    /// Its text.
    pub source: String,
    /// What the compiler says of it.
    pub said: String,
}

impl Program {
    /// The row of the catalogue: `b07_lstm_on_an_image` -> `B7`.
    #[must_use]
    pub fn row(&self) -> Option<String> {
        let (row, _) = self.name.split_once('_')?;
        let (part, number) = row.split_at_checked(1)?;
        let number: usize = number.parse().ok()?;
        Some(format!("{}{number}", part.to_uppercase()))
    }

    /// The first line, without the slashes and the number of the row.
    #[must_use]
    pub fn story(&self) -> &str {
        let line = self.source.lines().next().unwrap_or_default();
        let line = line.trim_start_matches(['/', ' ']);
        match line.split_once(": ") {
            Some((row, story)) if row.len() <= 3 => story,
            _ => line,
        }
    }
}

/// All programs, in the order of their names.
///
/// # Errors
/// A file cannot be read, or what the compiler says of a program is missing.
pub fn programs() -> io::Result<Vec<Program>> {
    let mut programs = Vec::new();
    for entry in fs::read_dir(format!("{HERE}/tests/ui"))? {
        let path = entry?.path();
        if path.extension().is_some_and(|extension| extension == "rs") {
            let name = path.file_stem().unwrap_or_default();
            programs.push(Program {
                name: name.to_string_lossy().into_owned(),
                source: fs::read_to_string(&path)?,
                said: fs::read_to_string(path.with_extension("stderr"))?,
            });
        }
    }
    programs.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(programs)
}

/// A row of the catalogue.
pub struct Row {
    /// `B7`
    pub id: String,
    /// The mistake.
    pub program: String,
    /// What Keras does.
    pub keras: String,
}

/// The parts of the catalogue, each with its title and rows.
///
/// # Errors
/// The file cannot be read.
pub fn catalogue() -> io::Result<Vec<(String, Vec<Row>)>> {
    let text = fs::read_to_string(format!("{HERE}/rejected-models.md"))?;
    let mut parts: Vec<(String, Vec<Row>)> = Vec::new();
    for line in text.lines() {
        if let Some(title) = line.strip_prefix("## ") {
            parts.push((title.to_owned(), Vec::new()));
        }
        let cells: Vec<&str> = line
            .split(" | ")
            .map(|c| c.trim_matches(['|', ' ']))
            .collect();
        if let ([id, program, keras], Some((_, rows))) = (cells.as_slice(), parts.last_mut())
            && id.len() > 1
            && id.starts_with(|part: char| part.is_ascii_uppercase() && part <= 'K')
        {
            rows.push(Row {
                id: (*id).to_owned(),
                program: (*program).to_owned(),
                keras: (*keras).to_owned(),
            });
        }
    }
    Ok(parts)
}

/// Where the gallery lies.
#[must_use]
pub fn gallery_path() -> String {
    format!("{HERE}/../docs/GALLERY.md")
}

/// The gallery: each row of the catalogue with its programs, the compiler's words, and what Keras does.
///
/// # Errors
/// A file cannot be read.
pub fn gallery() -> io::Result<String> {
    let mut programs = programs()?;
    let count = programs.len();
    let mut page = format!(
        "# The gallery of rejected models\n\n\
         What Keras reports while a program runs, or never, kseq reports while it is checked: {count} programs, and what\n\
         the compiler says of each. This page is made from `ui-tests/` (`cargo xtask gallery`), where the texts are pinned.\n"
    );
    let (mut index, mut parts) = (String::new(), String::new());
    for (title, rows) in catalogue()? {
        let mut part = String::new();
        for row in rows {
            let (here, rest): (Vec<_>, Vec<_>) = programs
                .into_iter()
                .partition(|program| program.row().as_ref() == Some(&row.id));
            programs = rest;
            if here.is_empty() {
                continue;
            }
            if part.is_empty() {
                let _ = write!(index, "\n{title}\n\n");
            }
            let Row { id, program, keras } = row;
            let anchor = id.to_lowercase();
            let _ = writeln!(index, "- [{id}](#{anchor}): {program}");
            let _ = write!(
                part,
                "\n<a id=\"{anchor}\"></a>\n### {id}: {program}\n\nKeras: {keras}.\n"
            );
            here.iter().for_each(|program| show(program, &mut part));
        }
        if !part.is_empty() {
            let _ = write!(parts, "\n## {title}\n{part}");
        }
    }
    let rest = "H. How it is said";
    let _ = write!(index, "\n{rest}\n\n");
    let _ = write!(parts, "\n## {rest}\n");
    for program in &programs {
        let (name, story) = (&program.name, program.story());
        let _ = writeln!(index, "- [{story}](#{name})");
        let _ = write!(parts, "\n<a id=\"{name}\"></a>");
        show(program, &mut parts);
    }
    let _ = write!(page, "\n## Index\n{index}{parts}");
    Ok(page)
}

fn show(program: &Program, page: &mut String) {
    let (_, source) = program.source.split_once('\n').unwrap_or_default();
    let source = source
        .trim()
        .trim_start_matches("use kseq::prelude::*;")
        .trim();
    let source = source.trim_end_matches("fn main() {}").trim();
    let _ = write!(
        page,
        "\n**{}**\n\n```rust,ignore\n{source}\n```\n\n```text\n{}\n```\n",
        program.story(),
        program.said.trim(),
    );
}
