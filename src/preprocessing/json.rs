//! As much JSON as the file of a `Tokenizer` needs. What is none is refused, and so is an object with a name twice, of which Python takes
//! the last value and others the first.

use std::string::{String, ToString};
use std::vec::Vec;

/// A value.
#[derive(Clone, PartialEq, Debug)]
pub(super) enum Json {
    Null,
    Bool(bool),
    Number(f64),
    Text(String),
    List(Vec<Json>),
    /// In the order of the file.
    Map(Vec<(String, Json)>),
}

/// Values may lie in each other so deep.
const DEPTH: usize = 32;

impl Json {
    /// The value of a text.
    pub(super) fn parse(text: &str) -> Option<Json> {
        let mut rest = text;
        let value = value(&mut rest, DEPTH)?;
        behind_space(rest).is_empty().then_some(value)
    }

    pub(super) fn get(&self, key: &str) -> Option<&Json> {
        match self {
            Json::Map(entries) => entries.iter().find(|(name, _)| name == key).map(|(_, v)| v),
            _ => None,
        }
    }

    pub(super) fn text(&self) -> Option<&str> {
        match self {
            Json::Text(text) => Some(text),
            _ => None,
        }
    }

    pub(super) fn flag(&self) -> Option<bool> {
        match self {
            Json::Bool(flag) => Some(*flag),
            _ => None,
        }
    }

    /// A whole number that is not negative.
    pub(super) fn whole(&self) -> Option<usize> {
        match self {
            Json::Number(x) if *x >= 0.0 && *x < 9e15 && x.fract() == 0.0 => {
                usize::try_from(*x as u64).ok()
            }
            _ => None,
        }
    }

    /// Names and whole numbers.
    pub(super) fn counts(&self) -> Option<Vec<(&str, usize)>> {
        match self {
            Json::Map(entries) => {
                let entries = entries.iter();
                entries
                    .map(|(name, v)| Some((name.as_str(), v.whole()?)))
                    .collect()
            }
            _ => None,
        }
    }

    /// As text, as Python's `json.dumps` writes it.
    pub(super) fn write(&self, out: &mut String) {
        let listed = |out: &mut String, i: usize| {
            if i > 0 {
                out.push_str(", ");
            }
        };
        match self {
            Json::Null => out.push_str("null"),
            Json::Bool(true) => out.push_str("true"),
            Json::Bool(false) => out.push_str("false"),
            Json::Number(x) => out.push_str(&x.to_string()),
            Json::Text(text) => quote(text, out),
            Json::List(list) => {
                out.push('[');
                for (i, value) in list.iter().enumerate() {
                    listed(out, i);
                    value.write(out);
                }
                out.push(']');
            }
            Json::Map(entries) => {
                out.push('{');
                for (i, (name, value)) in entries.iter().enumerate() {
                    listed(out, i);
                    quote(name, out);
                    out.push_str(": ");
                    value.write(out);
                }
                out.push('}');
            }
        }
    }
}

fn quote(text: &str, out: &mut String) {
    out.push('"');
    for unit in text.encode_utf16() {
        match u8::try_from(unit).map(char::from) {
            Ok('"') => out.push_str("\\\""),
            Ok('\\') => out.push_str("\\\\"),
            Ok('\n') => out.push_str("\\n"),
            Ok('\r') => out.push_str("\\r"),
            Ok('\t') => out.push_str("\\t"),
            Ok(c @ ' '..='~') => out.push(c),
            _ => out.push_str(&std::format!("\\u{unit:04x}")),
        }
    }
    out.push('"');
}

fn behind_space(text: &str) -> &str {
    text.trim_start_matches([' ', '\n', '\r', '\t'])
}

fn value(rest: &mut &str, depth: usize) -> Option<Json> {
    let depth = depth.checked_sub(1)?;
    *rest = behind_space(rest);
    for (word, value) in [
        ("null", Json::Null),
        ("true", Json::Bool(true)),
        ("false", Json::Bool(false)),
    ] {
        if let Some(behind) = rest.strip_prefix(word) {
            *rest = behind;
            return Some(value);
        }
    }
    match rest.chars().next()? {
        '"' => string(rest).map(Json::Text),
        '[' => {
            let mut list = Vec::new();
            each(rest, ']', |rest| {
                list.push(value(rest, depth)?);
                Some(())
            })?;
            Some(Json::List(list))
        }
        '{' => {
            let mut entries = Vec::new();
            each(rest, '}', |rest| {
                *rest = behind_space(rest);
                let name = string(rest)?;
                *rest = behind_space(rest).strip_prefix(':')?;
                entries.push((name, value(rest, depth)?));
                Some(())
            })?;
            let mut names: Vec<&str> = entries.iter().map(|(name, _)| name.as_str()).collect();
            names.sort_unstable();
            let is_once = names.array_windows().all(|[a, b]| a != b);
            is_once.then_some(Json::Map(entries))
        }
        _ => {
            let is_part = |c: char| c.is_ascii_digit() || "+-.eE".contains(c);
            let end = rest.find(|c| !is_part(c)).unwrap_or(rest.len());
            let (number, behind) = rest.split_at_checked(end)?;
            *rest = behind;
            let number = is_number(number).then_some(number)?;
            number.parse().ok().map(Json::Number)
        }
    }
}

/// Whether it is a number of JSON's: Rust has more of them (`+1`, `01`, `1.`, `.5`).
fn is_number(text: &str) -> bool {
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    let (text, power) = match text.split_once(['e', 'E']) {
        Some((text, power)) => (text, power.strip_prefix(['+', '-']).unwrap_or(power)),
        None => (text, "0"),
    };
    let (whole, part) = text.split_once('.').unwrap_or((text, "0"));
    let whole = whole.strip_prefix('-').unwrap_or(whole);
    let is_whole = digits(whole) && (whole == "0" || !whole.starts_with('0'));
    is_whole && digits(part) && digits(power)
}

/// What stands between commas up to `end`, the first character being the other bracket.
fn each(rest: &mut &str, end: char, mut item: impl FnMut(&mut &str) -> Option<()>) -> Option<()> {
    *rest = behind_space(rest.get(1..)?);
    if let Some(behind) = rest.strip_prefix(end) {
        *rest = behind;
        return Some(());
    }
    loop {
        item(rest)?;
        *rest = behind_space(rest);
        if let Some(behind) = rest.strip_prefix(end) {
            *rest = behind;
            return Some(());
        }
        *rest = rest.strip_prefix(',')?;
    }
}

fn string(rest: &mut &str) -> Option<String> {
    let mut units: Vec<u16> = Vec::new();
    let mut chars = rest.strip_prefix('"')?.chars();
    loop {
        let c = match chars.next()? {
            '"' => break,
            '\\' => match chars.next()? {
                'n' => '\n',
                't' => '\t',
                'r' => '\r',
                'b' => '\u{8}',
                'f' => '\u{c}',
                'u' => {
                    let digits = chars.as_str().get(..4)?;
                    if !digits.bytes().all(|b| b.is_ascii_hexdigit()) {
                        return None;
                    }
                    units.push(u16::from_str_radix(digits, 16).ok()?);
                    chars = chars.as_str().get(4..)?.chars();
                    continue;
                }
                c @ ('"' | '\\' | '/') => c,
                _ => return None,
            },
            '\0'..' ' => return None,
            c => c,
        };
        units.extend(c.encode_utf16(&mut [0; 2]).iter());
    }
    *rest = chars.as_str();
    String::from_utf16(&units).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_and_back() {
        let text = r#"{"a": [1, -2.5, {"b": "x\"\\\n\u00e9\ud83d\ude00"}], "c": null, "d": [true, false], "e": {}}"#;
        let value = Json::parse(text).unwrap();
        let mut out = String::new();
        value.write(&mut out);
        assert_eq!(out, text);
        assert_eq!(
            value.get("a").and_then(|a| match a {
                Json::List(list) => list[2].get("b")?.text(),
                _ => None,
            }),
            Some("x\"\\\né😀")
        );
        for wrong in [
            "",
            "{",
            "[1,]",
            "{\"a\" 1}",
            "\"",
            "nul",
            "1 2",
            "\"\\u12\"",
            "\"\\u+123\"",
            "\"\\q\"",
            "\"\n\"",
            "\u{a0}1",
            "+1",
            "01",
            "-",
            "1.",
            ".5",
            "1e",
            r#"{"a": 1, "b": 2, "a": 1}"#,
        ] {
            assert_eq!(Json::parse(wrong), None, "{wrong}");
        }
        for (text, number) in [("0", 0.0), ("-0.5E+1", -5.0), (" 120e-1\n", 12.0)] {
            assert_eq!(Json::parse(text), Some(Json::Number(number)), "{text}");
        }
        assert_eq!(Json::parse(&"[".repeat(1000)), None);
    }
}
