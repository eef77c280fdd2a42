//! File names with values in them: `weights.{epoch:02d}-{val_loss:.2f}.safetensors`.

use std::format;
use std::string::String;
use std::vec::Vec;

use super::number_format::{Number, NumberFormat};

/// A pattern in the form of Python's `str.format`, as far as numbers need it: `{name}` or `{name:FORMAT}`, with
/// the formats of [`NumberFormat`].
#[derive(Clone, Debug)]
pub(super) struct Pattern {
    parts: Vec<Part>,
}

#[derive(Clone, Debug)]
enum Part {
    Text(String),
    Value { name: String, format: NumberFormat },
}

/// The names of whole numbers; all others are of real ones.
const WHOLE: [&str; 2] = ["epoch", "batch"];

/// The text around the first brace.
fn at_brace(text: &str) -> Option<(&str, char, &str)> {
    let (before, from) = text.split_at_checked(text.find(['{', '}'])?)?;
    let mut chars = from.chars();
    Some((before, chars.next()?, chars.as_str()))
}

impl Pattern {
    pub fn parse(pattern: &str) -> Result<Self, String> {
        let (mut parts, mut text, mut rest) = (Vec::new(), String::new(), pattern);
        while let Some((before, brace, after)) = at_brace(rest) {
            text.push_str(before);
            if let Some(after) = after.strip_prefix(brace) {
                text.push(brace); // `{{` is a brace
                rest = after;
                continue;
            }
            let value = after.split_once('}').filter(|_| brace == '{');
            let (value, after) =
                value.ok_or_else(|| format!("`{pattern}` has a brace without the other one"))?;
            let (name, format) = match value.split_once(':') {
                Some((name, format)) => {
                    let format = NumberFormat::parse(format, WHOLE.contains(&name));
                    (name, format.map_err(|why| format!("`{pattern}`: {why}"))?)
                }
                None => (value, NumberFormat::default()),
            };
            parts.push(Part::Text(core::mem::take(&mut text)));
            let name = name.into();
            parts.push(Part::Value { name, format });
            rest = after;
        }
        text.push_str(rest);
        parts.push(Part::Text(text));
        Ok(Pattern { parts })
    }

    /// The names that the pattern asks for.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.parts.iter().filter_map(|part| match part {
            Part::Value { name, .. } => Some(name.as_str()),
            Part::Text(_) => None,
        })
    }

    /// What is before the first value.
    pub fn beginning(&self) -> &str {
        match self.parts.first() {
            Some(Part::Text(text)) => text,
            _ => "",
        }
    }

    /// The pattern with its values; or the name that has none.
    pub fn fill(&self, of: &dyn Fn(&str) -> Option<Number>) -> Result<String, &str> {
        let mut out = String::new();
        for part in &self.parts {
            match part {
                Part::Text(text) => out.push_str(text),
                Part::Value { name, format } => {
                    out.push_str(&format.write(of(name).ok_or(name.as_str())?));
                }
            }
        }
        Ok(out)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fill(pattern: &str) -> String {
        let of = |name: &str| match name {
            "epoch" => Some(Number::Whole(3)),
            "val_loss" => Some(Number::Real(0.12345)),
            _ => None,
        };
        let filled = Pattern::parse(pattern).unwrap();
        filled
            .fill(&of)
            .map_or_else(|name| format!("no {name}"), String::from)
    }

    #[test]
    fn as_python_formats() {
        assert_eq!(
            fill("w.{epoch:02d}-{val_loss:.2f}.safetensors"),
            "w.03-0.12.safetensors"
        );
        assert_eq!(fill("{epoch}"), "3");
        assert_eq!(fill("{epoch:4d}|{epoch:.1f}"), "   3|3.0");
        assert_eq!(fill("{val_loss:08.3f} {val_loss:f}"), "0000.123 0.123450");
        assert_eq!(fill("{val_loss:.1e} {val_loss}"), "1.2e-01 0.12345");
        assert_eq!(fill("{{epoch}} {loss}"), "no loss");
        assert_eq!(fill("{{epoch}}"), "{epoch}");
    }

    #[test]
    fn what_is_no_pattern_is_refused() {
        for wrong in [
            "{epoch",
            "epoch}",
            "{epoch:02x}",
            "{epoch:.2d}",
            "{a:999f}",
            "{epoch:.2}",
            "{a:d}",
        ] {
            assert!(Pattern::parse(wrong).is_err(), "{wrong}");
        }
    }
}
