//! The parts of KERAS.md and README.md that say what there is, written from the catalogue. Such a part stands between two
//! comments, `<!-- generated: layers -->` and `<!-- end -->`; the text around it is written by hand.

use std::fmt::Write;
use std::fs;
use std::path::PathBuf;

use kseq_catalogue::{
    ACTIVATIONS, ACTIVATIONS_LATER, CONSTRAINTS, ClassFamily, ClassRow, GROUPS, INITIALIZERS, Kind,
    LOSSES, LOSSES_LATER, LayerRow, METRICS, METRICS_LATER, OPTIMIZERS, OPTIMIZERS_LATER,
    ObjectFamily, ObjectRow, Param, REGULARIZERS, SCHEDULES, layers_later,
};

/// A page with generated parts.
struct Page {
    file: &'static str,
    parts: &'static [Part],
}

/// A part of a page: its name in the comment, and what stands there.
struct Part {
    name: &'static str,
    text: fn() -> String,
}

const PAGES: &[Page] = &[
    Page {
        file: "KERAS.md",
        parts: &[
            Part {
                name: "layers",
                text: layers,
            },
            Part {
                name: "activations",
                text: activations,
            },
            Part {
                name: "initializers",
                text: || objects(&INITIALIZERS),
            },
            Part {
                name: "regularizers",
                text: || objects(&REGULARIZERS),
            },
            Part {
                name: "constraints",
                text: || objects(&CONSTRAINTS),
            },
            Part {
                name: "optimizers",
                text: || classes(&OPTIMIZERS, OPTIMIZERS_LATER),
            },
            Part {
                name: "schedules",
                text: || classes(&SCHEDULES, &[]),
            },
            Part {
                name: "losses",
                text: || classes(&LOSSES, LOSSES_LATER) + &words(&LOSSES),
            },
            Part {
                name: "metrics",
                text: || classes(&METRICS, METRICS_LATER) + &words(&METRICS),
            },
        ],
    },
    Page {
        file: "README.md",
        parts: &[Part {
            name: "layers",
            text: list_of_layers,
        }],
    },
];

/// Writes the pages.
pub fn write() -> Result<(), String> {
    for page in PAGES {
        let (path, _, current) = page.read()?;
        fs::write(path, current).map_err(|e| format!("{}: {e}", page.file))?;
    }
    Ok(())
}

impl Page {
    /// Where the page is, its text, and what it should be.
    fn read(&self) -> Result<(PathBuf, String, String), String> {
        let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("..");
        let path = path.join(self.file);
        let text = fs::read_to_string(&path).map_err(|e| format!("{}: {e}", self.file))?;
        let mut current = text.clone();
        for Part { name, text } in self.parts {
            let begin = format!("<!-- generated: {name} -->\n");
            let missing = || format!("{} has no part {name}", self.file);
            let (before, rest) = current.split_once(&begin).ok_or_else(missing)?;
            let (_, after) = rest.split_once("<!-- end -->").ok_or_else(missing)?;
            current = format!("{before}{begin}{}<!-- end -->{after}", text());
        }
        Ok((path, text, current))
    }
}

/// `a`, `b`
fn code<'a>(names: impl IntoIterator<Item = &'a str>) -> String {
    let names: Vec<String> = names.into_iter().map(|name| format!("`{name}`")).collect();
    names.join(", ")
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

fn layers() -> String {
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
    text + &not_yet(&layers_later().collect::<Vec<_>>())
}

fn not_yet(names: &[&str]) -> String {
    match names {
        [] => String::new(),
        names => wrapped(&format!("Not yet: {}.", code(names.iter().copied()))),
    }
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
    format!(
        "{}\n{}",
        wrapped(&(all.join(", ") + ".")),
        not_yet(ACTIVATIONS_LATER)
    )
}

fn objects(family: &ObjectFamily) -> String {
    let line = |row: &ObjectRow| {
        let words = row.name.split('_');
        let words = words.map(|word| {
            let (first, rest) = word.split_at(1);
            first.to_uppercase() + rest
        });
        let name: String = words.collect();
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

fn classes(family: &ClassFamily, later: &[&str]) -> String {
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
    let table = table(family.rows.iter().map(line).collect());
    match later {
        [] => table,
        later => format!("{table}\n{}", not_yet(later)),
    }
}

/// The strings that name the classes.
fn words(family: &ClassFamily) -> String {
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

/// Lines of at most 118 characters.
fn wrapped(text: &str) -> String {
    let mut lines = String::new();
    let mut column = 0;
    for word in text.split_whitespace() {
        if column > 0 && column + 1 + word.chars().count() > 118 {
            lines.push('\n');
            column = 0;
        } else if column > 0 {
            lines.push(' ');
            column += 1;
        }
        lines.push_str(word);
        column += word.chars().count();
    }
    lines.push('\n');
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_pages_say_what_the_catalogue_says() -> Result<(), String> {
        for page in PAGES {
            let (_, text, current) = page.read()?;
            assert!(text == current, "{}: run `cargo xtask pages`", page.file);
        }
        Ok(())
    }
}
