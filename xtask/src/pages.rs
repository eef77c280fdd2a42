//! The parts of KERAS.md, README.md and the layers' pages that say what there is, written from the catalogue. Such a part stands between two
//! comments, `<!-- generated: layers -->` and `<!-- end -->`; the text around it is written by hand.

mod arguments;
mod layers;
mod public;
mod text;
mod words;

use std::fmt::Write;
use std::fs;
use std::path::PathBuf;

use kseq_catalogue::{
    ACTIVATIONS, CONSTRAINTS, ClassFamily, ClassRow, GROUPS, INITIALIZERS, INSTEAD, Kind, LOSSES,
    LayerRow, METRICS, OPTIMIZERS, ObjectFamily, ObjectRow, Param, REGULARIZERS, SCHEDULES,
};

use crate::distributed::scaling;
use text::{camel, code, wrapped};

/// A page with generated parts.
struct Page {
    file: String,
    /// The name of each part in its comment, and what stands there.
    parts: Vec<(&'static str, String)>,
}

/// All pages.
fn pages() -> Result<Vec<Page>, String> {
    let mut pages = vec![
        Page {
            file: "KERAS.md".to_owned(),
            parts: vec![
                ("layers", layers_of_keras()),
                ("activations", activations()),
                ("initializers", objects(&INITIALIZERS)),
                ("regularizers", objects(&REGULARIZERS)),
                ("constraints", objects(&CONSTRAINTS)),
                ("optimizers", classes(&OPTIMIZERS)),
                ("schedules", classes(&SCHEDULES)),
                ("losses", classes(&LOSSES) + &strings(&LOSSES)),
                ("metrics", classes(&METRICS) + &strings(&METRICS)),
                ("names", public::table()),
            ],
        },
        Page {
            file: "README.md".to_owned(),
            parts: vec![("layers", list_of_layers())],
        },
        Page {
            file: "docs/layers/README.md".to_owned(),
            parts: vec![
                ("layers", layers::index(|row| read(&layers::file(row)))?),
                ("common", layers::common()),
            ],
        },
        Page {
            file: "docs/int8.md".to_owned(),
            parts: vec![("layers", layers::quantized())],
        },
        Page {
            file: "docs/DISTRIBUTED.md".to_owned(),
            parts: vec![("sums", scaling::sums()), ("examples", scaling::examples())],
        },
        Page {
            file: "docs/words/activations.md".to_owned(),
            parts: vec![("activations", words::activations())],
        },
        Page {
            file: "src/layers.rs".to_owned(),
            parts: vec![("layers", layers::list() + "    // ")],
        },
    ];
    pages.extend(
        [&INITIALIZERS, &REGULARIZERS, &CONSTRAINTS].map(|family| Page {
            file: format!("docs/words/{}.md", family.module),
            parts: vec![(family.module, words::objects(family))],
        }),
    );
    let programs = ui_tests::programs().map_err(|e| format!("the rejected models: {e}"))?;
    pages.extend(kseq_catalogue::layers().map(|row| Page {
        file: layers::file(row),
        parts: vec![
            ("call", layers::call(row)),
            ("refused", layers::refused(row, &programs)),
        ],
    }));
    Ok(pages)
}

/// Writes the pages.
pub fn write() -> Result<(), String> {
    for page in pages()? {
        let (_, current) = page.read()?;
        fs::write(path(&page.file), current).map_err(|e| format!("{}: {e}", page.file))?;
    }
    Ok(())
}

fn path(file: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
        .join("..")
        .join(file)
}

fn read(file: &str) -> Result<String, String> {
    fs::read_to_string(path(file)).map_err(|e| format!("{file}: {e}"))
}

impl Page {
    /// The page's text, and what it should be.
    fn read(&self) -> Result<(String, String), String> {
        let text = read(&self.file)?;
        let mut current = text.clone();
        for (name, part) in &self.parts {
            let begin = format!("<!-- generated: {name} -->\n");
            let missing = || format!("{} has no part {name}", self.file);
            let (before, rest) = current.split_once(&begin).ok_or_else(missing)?;
            let (_, after) = rest.split_once("<!-- end -->").ok_or_else(missing)?;
            current = format!("{before}{begin}{part}<!-- end -->{after}");
        }
        Ok((text, current))
    }
}

/// A row of a table: what is Keras's, and what is ours.
struct Line {
    /// The class with its arguments.
    call: String,
    /// The class alone.
    name: String,
    /// Other names.
    also: String,
    ours: String,
}

/// A table; lines with the same right side are one.
fn table(lines: Vec<Line>) -> String {
    let mut rows: Vec<Vec<Line>> = Vec::new();
    for line in lines {
        match rows
            .iter_mut()
            .find(|row| row.iter().all(|other| other.ours == line.ours))
        {
            Some(row) => row.push(line),
            None => rows.push(vec![line]),
        }
    }
    let mut text = String::from("| Keras | kseq |\n| --- | --- |\n");
    for row in rows {
        // Arguments that the line before has are not repeated.
        let arguments = |line: &Line| line.call.replacen(&line.name, "", 1);
        let mut before = String::new();
        let mut cells = Vec::new();
        for line in &row {
            let arguments = arguments(line);
            let shown = match arguments == before {
                true => &line.name,
                false => &line.call,
            };
            cells.push(format!("`{shown}`{}", line.also));
            before = arguments;
        }
        let ours = row.first().map_or("", |line| &line.ours);
        let _ = writeln!(text, "| {} | {ours} |", cells.join(", "));
    }
    text
}

/// What is the same, what differs, and what is not there yet.
fn ours(note: &str, params: &[Param]) -> String {
    let mut text = String::from("the same");
    if !note.is_empty() {
        let _ = write!(text, "; {note}");
    }
    for param in params {
        if let Kind::Word(words) = param.kind
            && !words.later.is_empty()
        {
            let known: Vec<String> = words.known.iter().map(|word| format!("{word:?}")).collect();
            let _ = write!(
                text,
                "; `{}` only {}",
                param.name,
                code(known.iter().map(String::as_str))
            );
        }
    }
    let mut later: Vec<&str> = params
        .iter()
        .filter(|param| param.kind == Kind::Later)
        // What has several defaults changes nothing.
        .filter(|param| param.default.is_none_or(|default| !default.contains('|')))
        .map(|param| param.name)
        .collect();
    later.sort_unstable();
    if !later.is_empty() {
        let _ = write!(text, "; not yet: {}", code(later));
    }
    text
}

fn names(params: &[Param]) -> String {
    let names: Vec<&str> = params.iter().map(|param| param.name).collect();
    names.join(", ")
}

fn layers_of_keras() -> String {
    let mut text = String::new();
    for group in GROUPS {
        let line = |row: &LayerRow| Line {
            call: format!("{}({})", row.class, names(row.params)),
            name: row.class.to_owned(),
            also: match row.aliases {
                [] => String::new(),
                aliases => format!(" (also {})", code(aliases.iter().copied())),
            },
            ours: ours(row.note, row.params),
        };
        let table = table(group.layers.iter().map(line).collect());
        let _ = write!(text, "### {}\n\n{table}\n", group.name);
    }
    text += "### Layers that are written otherwise\n\n| Keras | kseq |\n| --- | --- |\n";
    for other in INSTEAD {
        let _ = writeln!(text, "| `{}` | {}{} |", other.name, other.here, other.says);
    }
    text
}

fn activations() -> String {
    let one = |row: &kseq_catalogue::ActivationRow| {
        let names: Vec<String> = row.names.iter().map(|name| format!("`{name}`")).collect();
        let note = match row.note {
            "" => String::new(),
            note => format!(" ({note})"),
        };
        names.join("/") + &note
    };
    let all: Vec<String> = ACTIVATIONS.iter().map(one).collect();
    wrapped(&(all.join(", ") + "."))
}

fn objects(family: &ObjectFamily) -> String {
    let line = |row: &ObjectRow| {
        let name = camel(row.name);
        let strings = [row.name].into_iter().chain(row.aliases.iter().copied());
        let strings: Vec<String> = strings.map(|name| format!("`{name:?}`")).collect();
        Line {
            call: format!("{name}({})", names(row.params)),
            name: format!("{name}()"),
            also: format!(" ({})", strings.join(", ")),
            ours: ours(row.note, row.params),
        }
    };
    table(family.rows.iter().map(line).collect())
}

/// The arguments of its own; that all have a reduction stands above the table.
fn arguments(row: &ClassRow) -> String {
    let own = row.own().map(|param| param.name);
    let own: Vec<&str> = own.filter(|name| *name != "reduction").collect();
    own.join(", ").replacen(
        "learning_rate",
        "lr",
        usize::from(own.first() == Some(&"learning_rate")),
    )
}

fn classes(family: &ClassFamily) -> String {
    let line = |row: &ClassRow| Line {
        call: match arguments(row).as_str() {
            "" => row.class.to_owned(),
            arguments => format!("{}({arguments})", row.class),
        },
        name: row.class.to_owned(),
        also: String::new(),
        ours: match row.note {
            "" => "the same".to_owned(),
            note => note.to_owned(),
        },
    };
    table(family.rows.iter().map(line).collect())
}

/// The strings that name the classes.
fn strings(family: &ClassFamily) -> String {
    let named = family.by_name().filter(|row| !row.names.is_empty());
    let names = |row: &ClassRow| {
        let names: Vec<String> = row.names.iter().map(|name| format!("`{name}`")).collect();
        names.join("/")
    };
    let all: Vec<String> = named.map(names).collect();
    format!("\n{}", wrapped(&format!("By string: {}.", all.join(", "))))
}

/// README's list: the groups, and in each the classes; those over one and over two axes together.
fn list_of_layers() -> String {
    let mut groups = Vec::new();
    for group in GROUPS {
        let mut names: Vec<String> = Vec::new();
        for row in group.layers {
            let axes = row.class.len().saturating_sub(2);
            let (stem, end) = row.class.split_at(axes);
            let over_axes = ["1D", "2D", "3D"].contains(&end);
            match names
                .iter_mut()
                .find(|name| over_axes && name.starts_with(&format!("`{stem}1D")))
            {
                Some(name) => {
                    let _ = write!(name, "/`{end}`");
                }
                None => names.push(format!("`{}`", row.class)),
            }
        }
        let name = group.name.trim_end_matches(" layers").to_lowercase();
        groups.push(format!("{name}: {}", names.join(", ")));
    }
    wrapped(&format!("{}.", groups.join("; ")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_pages_say_what_the_catalogue_says() -> Result<(), String> {
        for page in pages()? {
            let (text, current) = page.read()?;
            assert!(text == current, "{}: run `cargo xtask pages`", page.file);
        }
        Ok(())
    }
}
