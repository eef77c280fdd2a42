//! The parts of the layers' pages, `docs/layers/`, that the catalogue and the rejected models know: the call with its
//! defaults, the arguments, what is refused. The rest of a page is written by hand.

use std::fmt::Write;

use kseq_catalogue::{
    ABOUT_COMMON, COMMON, GROUPS, Kind, LayerRow, Param, Quantized, layers, quantized_classes,
};
use ui_tests::Program;

use super::arguments::{signature, spelled, takes};
use super::text::{code, wrapped};

/// Where the page of a layer lies.
pub fn file(row: &LayerRow) -> String {
    format!("docs/layers/{}.md", row.class)
}

/// The first line of a page, which the index repeats.
pub fn summary(page: &str) -> &str {
    page.lines().next().unwrap_or_default()
}

/// Keras's call with all defaults, and a table of the arguments.
pub fn call(row: &LayerRow) -> String {
    let given = |param: &&Param| param.kind != Kind::Later;
    let mut text = format!("```text\n{}\n```\n", signature(row.class, row.params));
    if row.params.iter().any(|param| given(&param)) {
        text += "\n| argument | takes | default | what it does |\n| --- | --- | --- | --- |\n";
    }
    for param in row.params.iter().filter(given) {
        let default = match param.default {
            Some(value) => format!("`{}`", spelled(value)),
            None => "must be given".to_owned(),
        };
        let about = row.about(param).unwrap_or_default();
        let _ = writeln!(
            text,
            "| `{}` | {} | {default} | {about} |",
            param.name,
            takes(param)
        );
    }
    let own = |name: &&str| row.param(name).is_none();
    let common = COMMON.iter().copied().filter(own);
    let mut rest = format!(
        "By name it takes [what every layer takes](crate::layers#what-every-layer-takes): {}.",
        code(common)
    );
    let later: Vec<&str> = row
        .params
        .iter()
        .filter(|param| param.kind == Kind::Later)
        .map(|param| param.name)
        .collect();
    if !later.is_empty() {
        let _ = write!(
            rest,
            " Keras's {} can be written with {} alone: not implemented yet.",
            code(later.iter().copied()),
            match later.len() {
                1 => "its default",
                _ => "their defaults",
            }
        );
    }
    if !row.aliases.is_empty() {
        let _ = write!(rest, " Also called {}.", code(row.aliases.iter().copied()));
    }
    let int8 = match kseq_catalogue::quantized(row.class) {
        _ if row.on_tokens => "",
        Some(Quantized::Operator) => " It has an operator in [an int8 twin](crate::int8).",
        Some(Quantized::Same) => " In [an int8 twin](crate::int8) it is nothing.",
        None => " In [an int8 twin](crate::int8) it stays in `f32`, behind `#[float]`.",
    };
    rest += int8;
    text + "\n" + &wrapped(&rest)
}

/// Which layers an int8 twin has.
pub fn quantized() -> String {
    let of = |kind| {
        let classes =
            quantized_classes().filter(|class| kseq_catalogue::quantized(class) == Some(kind));
        code(classes)
    };
    let (operators, same) = (of(Quantized::Operator), of(Quantized::Same));
    wrapped(&format!("An operator: {operators}.")) + "\n" + &wrapped(&format!("Nothing: {same}."))
}

/// What the compiler says of the layer in the rejected models of wrong values and shapes.
pub fn refused(row: &LayerRow, programs: &[Program]) -> String {
    let mut said: Vec<Refused> = Vec::new();
    // B18 is about regularizers and constraints, of whatever layer.
    let of_values_and_shapes = |program: &&Program| {
        let id = program.row().unwrap_or_default();
        let of_shapes = id.starts_with(['B', 'I', 'J']) && id != "B18";
        of_shapes || ["A10", "A11", "A12"].contains(&id.as_str())
    };
    for program in programs.iter().filter(of_values_and_shapes) {
        for refused in Refused::all(&program.said) {
            let name = match refused.layer.rsplit_once('_') {
                Some((name, number)) if number.parse::<usize>().is_ok() => name,
                _ => &refused.layer,
            };
            let ours = name.replace('_', "") == row.class.to_lowercase();
            // What any layer may be told, and what the sentence below the list says.
            let general = [
                "input_shape says",
                "input_length says",
                "input_shape` has ",
                "did you mean",
                " needs `",
            ];
            let general = general.iter().any(|words| refused.what.contains(words));
            if ours && !general && !said.iter().any(|s| s.mistake() == refused.mistake()) {
                said.push(refused);
            }
        }
    }
    let mut text = String::new();
    if !said.is_empty() {
        text += "`cargo check` says, at the layer or the argument at fault:\n\n";
    }
    for Refused { what, help, .. } in &said {
        let help = match help.as_str() {
            "" => String::new(),
            help => format!(" (help: {help})"),
        };
        let _ = writeln!(text, "- {}", escaped(&format!("{what}{help}")));
    }
    if !said.is_empty() {
        text.push('\n');
    }
    text += &wrapped(
        "Unknown arguments and words, wrong kinds of values, and whatever is missing are refused in the same way, with what \
         was probably meant.",
    );
    let behind = match row.class {
        "Sequential" => {
            "The macro makes a [`Model`](kseq_core::model::Model) of the list.".to_owned()
        }
        class => format!(
            "The macro makes a [`{class}`](kseq_core::layers::{class}) of it, with the sizes and functions that follow from the list."
        ),
    };
    let _ = write!(text, "\n## For authors of layers\n\n{}", wrapped(&behind));
    text
}

/// Shapes and names are no links, comparisons no tags.
fn escaped(text: &str) -> String {
    let mut inside = false;
    let mut escaped = String::new();
    for c in text.chars() {
        inside ^= c == '`';
        if !inside && "[]<>*".contains(c) {
            escaped.push('\\');
        }
        escaped.push(c);
    }
    escaped
}

/// A mistake that the compiler has named.
struct Refused {
    /// The name of the layer: `conv2d_1`.
    layer: String,
    what: String,
    help: String,
}

impl Refused {
    /// All of a text in which a message is followed by the shapes so far, the help, and the place.
    fn all(said: &str) -> Vec<Self> {
        let mut all: Vec<Self> = Vec::new();
        let mut open = false;
        for line in said.lines() {
            let message = ["error: ", "error[E0080]: evaluation panicked: "]
                .iter()
                .find_map(|begin| line.strip_prefix(begin)?.strip_prefix("layer "));
            if let Some(message) = message {
                let parts = message
                    .split_once(" `")
                    .and_then(|(_, rest)| rest.split_once("`: "));
                open = parts.is_some();
                all.extend(parts.map(|(layer, what)| Refused {
                    layer: layer.to_owned(),
                    what: what.to_owned(),
                    help: String::new(),
                }));
            } else if line.trim_start().starts_with("-->") || line.is_empty() {
                open = false;
            } else if let (true, Some(last)) = (open, all.last_mut()) {
                let line = line.trim();
                match line.strip_prefix("help: ") {
                    Some(help) => last.help = help.to_owned(),
                    None if !last.help.is_empty() => last.help = format!("{} {line}", last.help),
                    None if line.contains(" -> ") => {}
                    None => last.what = format!("{} {line}", last.what),
                }
            }
        }
        all
    }

    /// What is wrong, without the values: a page names a mistake once.
    fn mistake(&self) -> String {
        let (what, _) = self.what.split_once(", found").unwrap_or((&self.what, ""));
        let mut depth = 0_usize;
        let mut mistake = String::new();
        for c in what.chars() {
            match c {
                '(' => depth += 1,
                ')' => depth = depth.saturating_sub(1),
                '`' => {}
                c if depth == 0 => mistake.push(c),
                _ => {}
            }
        }
        mistake
    }
}

/// The index: the groups, and in each a table of its layers.
pub fn index(page: impl Fn(&LayerRow) -> Result<String, String>) -> Result<String, String> {
    let mut text = String::new();
    for group in GROUPS {
        let _ = write!(
            text,
            "### {}\n\n| layer | what it does |\n| --- | --- |\n",
            group.name
        );
        for row in group.layers {
            let page = page(row)?;
            let _ = writeln!(
                text,
                "| [`{0}`](crate::layers::{0}) | {1} |",
                row.class,
                summary(&page)
            );
        }
        text.push('\n');
    }
    Ok(text)
}

/// The arguments of all layers.
pub fn common() -> String {
    let mut text = String::from("| argument | what it says |\n| --- | --- |\n");
    for (name, about) in ABOUT_COMMON {
        let _ = writeln!(text, "| `{name}` | {about} |");
    }
    text
}

/// The facade's list of the pages.
pub fn list() -> String {
    let classes: Vec<&str> = layers().map(|row| row.class).collect();
    let lines = wrapped(&classes.join(" "));
    lines.lines().map(|line| format!("    {line}\n")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What a user looks for stands on each page, and nothing that a user never writes.
    #[test]
    fn each_page_has_its_parts() {
        for row in layers() {
            let path = format!("{}/../{}", env!("CARGO_MANIFEST_DIR"), file(row));
            let page = std::fs::read_to_string(&path).expect(&path);
            let mut parts = vec!["<!-- generated: call -->", "## Shapes"];
            if row.has_weights() {
                parts.push("## Weights");
            }
            parts.extend([
                "## Example",
                "sequential! {",
                "assert",
                "## What is refused",
            ]);
            let mut rest = page.as_str();
            for part in parts {
                let (_, after) = rest
                    .split_once(part)
                    .unwrap_or_else(|| panic!("{path}: no {part}, or in another place"));
                rest = after;
            }
            let first = summary(&page);
            assert!(first.ends_with('.') && first.len() < 130, "{path}: {first}");
            let (before, _) = page.split_once("## For authors of layers").expect(&path);
            assert!(!before.contains("kseq_core"), "{path} names kseq_core");
        }
    }

    #[test]
    fn a_message_is_read_with_its_help() {
        let said = "error[E0080]: evaluation panicked: layer 2 `lstm_2`: LSTM expects ndim=3, found ndim=2\n\
                    \x20               (8, 16) -> lstm_1 (32,) -> lstm_2\n\
                    \x20               help: write this,\n\
                    \x20               or that\n \
                    --> tests/ui/a.rs:7:9\n  |\n7 | LSTM(32)\n";
        let all = Refused::all(said);
        let [refused] = all.as_slice() else {
            panic!("{} messages", all.len());
        };
        assert_eq!(refused.layer, "lstm_2");
        assert_eq!(refused.what, "LSTM expects ndim=3, found ndim=2");
        assert_eq!(refused.help, "write this, or that");
        assert_eq!(refused.mistake(), "LSTM expects ndim=3");
    }
}
