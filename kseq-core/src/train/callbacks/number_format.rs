//! Numbers in the form that Python's format specifications ask for: `07.3f`, `+.2e`, `>8`.
//!
//! <https://docs.python.org/3/library/string.html#format-specification-mini-language>

use std::format;
use std::string::{String, ToString};

/// A number to write: `epoch` and `batch` are whole.
#[derive(Clone, Copy, Debug)]
pub(super) enum Number {
    Whole(usize),
    Real(f32),
}

/// `[[FILL]ALIGN][SIGN][0][WIDTH][.PRECISION][TYPE]`, the type one of `d`, `e`, `f`, `g`, `%` or none, and `E`,
/// `F`, `G`.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct NumberFormat {
    /// What stands before or behind the number, and on which side of it.
    fill: Option<char>,
    align: Option<char>,
    sign: Option<char>,
    width: usize,
    precision: Option<usize>,
    kind: Option<char>,
}

impl NumberFormat {
    /// The format of a whole or of a real number; why there is none.
    pub fn parse(text: &str, whole: bool) -> Result<Self, String> {
        let wrong = |why: &str| format!("`{text}` is no format of {why}");
        let mut format = NumberFormat::default();
        let mut rest = text;
        let is_align = |c: char| "<>^=".contains(c);
        let mut chars = text.chars();
        match (chars.next(), chars.next()) {
            (Some(fill), Some(align)) if is_align(align) => {
                (format.fill, format.align) = (Some(fill), Some(align));
                rest = chars.as_str();
            }
            (Some(align), _) if is_align(align) => {
                format.align = Some(align);
                rest = text.strip_prefix(align).unwrap_or(text);
            }
            _ => {}
        }
        if let Some(sign) = rest.chars().next().filter(|c| "+- ".contains(*c)) {
            format.sign = Some(sign);
            rest = rest.strip_prefix(sign).unwrap_or(rest);
        }
        if let Some(behind) = rest.strip_prefix('0') {
            rest = behind;
            format.fill = format.fill.or(Some('0'));
            format.align = format.align.or(Some('='));
        }
        // A file name of a thousand zeros is a slip of the pen.
        let digits = |rest: &mut &str| {
            let end = rest
                .find(|c: char| !c.is_ascii_digit())
                .unwrap_or(rest.len());
            let (digits, behind) = rest.split_at(end);
            *rest = behind;
            digits.parse().ok().filter(|n: &usize| *n < 100)
        };
        if rest.starts_with(|c: char| c.is_ascii_digit()) {
            format.width = digits(&mut rest).ok_or_else(|| wrong("less than 100 characters"))?;
        }
        if let Some(behind) = rest.strip_prefix('.') {
            rest = behind;
            let precision = digits(&mut rest);
            format.precision = Some(precision.ok_or_else(|| wrong("less than 100 digits"))?);
        }
        let mut chars = rest.chars();
        format.kind = chars.next();
        let known = format.kind.is_none_or(|kind| "deEfFgG%".contains(kind));
        if !known || chars.next().is_some() {
            return Err(wrong(
                "a number that is known; expected one like 02d or .2f",
            ));
        }
        match format.kind {
            Some('d') if !whole => Err(wrong("a number with a fraction; expected one like .2f")),
            None | Some('d') if whole && format.precision.is_some() => {
                Err(wrong("a whole number, which has no digits behind a point"))
            }
            _ => Ok(format),
        }
    }

    /// The number as Python writes it; a real one without type and precision is as short as it reads back.
    pub fn write(self, number: Number) -> String {
        let value = match number {
            Number::Whole(n) => n as f64,
            Number::Real(x) => f64::from(x),
        };
        let magnitude = value.abs();
        let precision = self.precision.unwrap_or(6);
        let mut text = match (number, self.kind) {
            (Number::Whole(n), None | Some('d')) => n.to_string(),
            _ if value.is_nan() => "nan".to_string(),
            _ if value.is_infinite() => "inf".to_string(),
            (_, Some('f' | 'F')) => format!("{magnitude:.precision$}"),
            (_, Some('%')) => format!("{:.precision$}", magnitude * 100.0),
            (_, Some('e' | 'E')) => exponent(&format!("{magnitude:.precision$e}")),
            (Number::Real(x), None) if self.precision.is_none() => {
                general(&format!("{:e}", x.abs()), 16, true)
            }
            (_, kind) => {
                let digits = precision.max(1);
                let last = digits - 1;
                let plain = kind.is_none();
                let most = if plain { last } else { digits };
                general(&format!("{magnitude:.last$e}"), most as i32, plain)
            }
        };
        if self.kind == Some('%') {
            text.push('%');
        }
        if matches!(self.kind, Some('E' | 'F' | 'G')) {
            text.make_ascii_uppercase();
        }
        let sign = match self.sign {
            _ if value.is_sign_negative() && !value.is_nan() => "-",
            Some('+') => "+",
            Some(' ') => " ",
            _ => "",
        };
        self.padded(sign, &text)
    }

    /// A number in its width.
    fn padded(self, sign: &str, text: &str) -> String {
        let fill = self.fill.unwrap_or(' ');
        let missing = self.width.saturating_sub(sign.len() + text.len());
        let fills = |n: usize| core::iter::repeat_n(fill, n).collect::<String>();
        match self.align {
            Some('<') => format!("{sign}{text}{}", fills(missing)),
            Some('^') => {
                let left = missing / 2;
                format!("{}{sign}{text}{}", fills(left), fills(missing - left))
            }
            Some('=') => format!("{sign}{}{text}", fills(missing)),
            _ => format!("{}{sign}{text}", fills(missing)),
        }
    }
}

/// `1.5e-3` as `1.5e-03`: two digits at least.
fn exponent(text: &str) -> String {
    let (digits, power) = split(text);
    let sign = if power < 0 { '-' } else { '+' };
    format!("{digits}e{sign}{:02}", power.abs())
}

/// `1.50e1` as `15`, or with `plain`, Python's form of a number without a type, as `15.0`; with an exponent
/// where it would be small or at least `most`.
fn general(text: &str, most: i32, plain: bool) -> String {
    let (digits, power) = split(text);
    let mut digits: String = digits.chars().filter(|c| *c != '.').collect();
    digits.truncate(digits.trim_end_matches('0').len().max(1));
    if power < -4 || power >= most {
        if digits.len() > 1 {
            digits.insert(1, '.');
        }
        return exponent(&format!("{digits}e{power}"));
    }
    let before = (power + 1).max(0) as usize;
    match digits.len() {
        _ if power < 0 => format!("0.{}{digits}", "0".repeat((-power - 1) as usize)),
        len if len > before => {
            digits.insert(before, '.');
            digits
        }
        _ => format!("{digits:0<before$}{}", if plain { ".0" } else { "" }),
    }
}

/// The digits and the power of a number that Rust wrote with `e`.
fn split(text: &str) -> (&str, i32) {
    let (digits, power) = text.split_once('e').unwrap_or((text, "0"));
    (digits, power.parse().unwrap_or(0))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What Python made of hundreds of formats and values: `python_formats.py` wrote the file.
    #[test]
    fn as_python_formats() {
        let mut written = 0;
        for line in include_str!("python_formats.tsv").lines() {
            let fields: std::vec::Vec<&str> = line.split('\t').collect();
            let [format, value, expected] = fields[..] else {
                panic!("{line}");
            };
            let number = match value.strip_prefix('x') {
                Some(bits) => Number::Real(f32::from_bits(u32::from_str_radix(bits, 16).unwrap())),
                None => Number::Whole(value.parse().unwrap()),
            };
            let whole = matches!(number, Number::Whole(_));
            let found = NumberFormat::parse(format, whole).map(|f| f.write(number));
            match (found, expected.strip_prefix("ok:")) {
                (Ok(found), Some(expected)) => {
                    assert_eq!(found, expected, "{line} {number:?}");
                    written += 1;
                }
                (Ok(found), None) => panic!("{line}: Python refuses it, found {found}"),
                // What Python has beyond this: grouping, other forms and bases.
                (Err(_), Some(_)) => assert!(
                    format.contains([',', '_', '#', 'z', 'n', 'x', 'X', 'o', 'b', 'c'])
                        || format.contains("100"),
                    "{line}"
                ),
                (Err(_), None) => {}
            }
        }
        assert!(written > 500, "{written}");
    }
}
