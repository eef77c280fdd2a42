//! File names with values in them: `weights.{epoch:02d}-{val_loss:.2f}.safetensors`.

use std::format;
use std::string::String;
use std::vec::Vec;

/// A pattern in the form of Python's `str.format`, as far as numbers need it:
/// `{name}` or `{name:WIDTH.PRECISIONtype}`, width with a leading 0 or without, type `d`, `f` or `e`.
#[derive(Clone, Debug)]
pub(super) struct Pattern {
    parts: Vec<Part>,
}

#[derive(Clone, Debug)]
enum Part {
    Text(String),
    Value { name: String, format: Format },
}

#[derive(Clone, Copy, Debug, Default)]
struct Format {
    zeros: bool,
    width: usize,
    precision: Option<usize>,
    kind: Option<char>,
}

/// A number to write: `epoch` and `batch` are whole.
#[derive(Clone, Copy)]
pub(super) enum Number {
    Whole(usize),
    Real(f32),
}

impl Pattern {
    pub fn parse(pattern: &str) -> Result<Self, String> {
        let (mut parts, mut text, mut rest) = (Vec::new(), String::new(), pattern);
        while let Some(at) = rest.find(['{', '}']) {
            text.push_str(&rest[..at]);
            let (brace, after) = rest[at..].split_at(1);
            if after.starts_with(brace) {
                text.push_str(brace); // `{{` is a brace
                rest = &after[1..];
                continue;
            }
            let end = after.find('}').filter(|_| brace == "{");
            let end =
                end.ok_or_else(|| format!("`{pattern}` has a brace without the other one"))?;
            let (name, format) = match after[..end].split_once(':') {
                Some((name, format)) => (name, Format::parse(format)?),
                None => (&after[..end], Format::default()),
            };
            parts.push(Part::Text(core::mem::take(&mut text)));
            let name = name.into();
            parts.push(Part::Value { name, format });
            rest = &after[end + 1..];
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

impl Format {
    fn parse(text: &str) -> Result<Self, String> {
        let mut format = Format::default();
        let digits = text.trim_end_matches(|c: char| c.is_ascii_alphabetic());
        let kind = &text[digits.len()..];
        let (width, precision) = match digits.split_once('.') {
            Some((width, precision)) => (width, Some(precision)),
            None => (digits, None),
        };
        // A file name of a thousand zeros is a slip of the pen.
        let number = |s: &str| s.parse().ok().filter(|n: &usize| *n < 100);
        let wrong = || format!("`{text}` is no format of a number; expected one like 02d or .2f");
        format.zeros = width.starts_with('0');
        if !width.is_empty() {
            format.width = number(width).ok_or_else(wrong)?;
        }
        if let Some(precision) = precision {
            format.precision = Some(number(precision).ok_or_else(wrong)?);
        }
        format.kind = match kind {
            "" => None,
            "d" if precision.is_none() => Some('d'),
            "f" | "e" => kind.chars().next(),
            _ => return Err(wrong()),
        };
        Ok(format)
    }

    fn write(self, number: Number) -> String {
        let precision = self.precision.unwrap_or(6);
        let text = match (number, self.kind) {
            (Number::Whole(n), None | Some('d')) => format!("{n}"),
            (Number::Whole(n), Some('e')) => exponent(n as f64, precision),
            (Number::Whole(n), _) => format!("{:.precision$}", n as f64),
            (Number::Real(x), Some('e')) => exponent(f64::from(x), precision),
            (Number::Real(x), None) if self.precision.is_none() => format!("{x}"),
            (Number::Real(x), _) => format!("{:.precision$}", f64::from(x)),
        };
        let width = self.width;
        match self.zeros {
            true => format!("{text:0>width$}"),
            false => format!("{text:>width$}"),
        }
    }
}

/// `1.50e-03`: two digits at least, as Python.
fn exponent(x: f64, precision: usize) -> String {
    let text = format!("{x:.precision$e}");
    match text.split_once('e') {
        Some((mantissa, power)) => {
            let digits = power.trim_start_matches('-');
            let sign = if power.len() > digits.len() { '-' } else { '+' };
            format!("{mantissa}e{sign}{digits:0>2}")
        }
        None => text,
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
        for wrong in ["{epoch", "epoch}", "{epoch:02x}", "{epoch:.2d}", "{a:999f}"] {
            assert!(Pattern::parse(wrong).is_err(), "{wrong}");
        }
    }
}
