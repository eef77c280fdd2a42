//! JSON as Python writes it, which has numbers that JSON has not.

use serde_json::Value;

/// A text of JSON; `NaN`, `Infinity` and `-Infinity` become texts, so that nobody takes them for something else.
pub(crate) fn parse(bytes: &[u8]) -> Result<Value, String> {
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    serde_json::from_slice(bytes).or_else(|why| {
        let quoted = quoted(bytes).ok_or_else(|| why.to_string())?;
        serde_json::from_slice(&quoted).map_err(|why| why.to_string())
    })
}

/// The text with Python's numbers in quotation marks, if there are any.
fn quoted(text: &[u8]) -> Option<Vec<u8>> {
    const WORDS: [&[u8]; 3] = [b"NaN", b"Infinity", b"-Infinity"];
    let (mut out, mut rest) = (Vec::with_capacity(text.len() + 64), text);
    let (mut in_string, mut found) = (false, false);
    while let Some(&byte) = rest.first() {
        let word = WORDS
            .iter()
            .find(|word| !in_string && rest.starts_with(word));
        let length = match word {
            Some(word) => word.len(),
            // What is escaped ends no string.
            None if in_string && byte == b'\\' => 2,
            None => 1,
        };
        let (taken, behind) = rest.split_at_checked(length).unwrap_or((rest, &[]));
        rest = behind;
        let quote: &[u8] = if word.is_some() { b"\"" } else { b"" };
        for part in [quote, taken, quote] {
            out.extend_from_slice(part);
        }
        found |= word.is_some();
        in_string ^= taken == b"\"";
    }
    found.then_some(out)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn numbers_of_python() {
        let text = br#"{"a": [NaN, -Infinity, 1], "b \"NaN": "x Infinity\\", "c": Infinity}"#;
        let expected =
            json!({"a": ["NaN", "-Infinity", 1], "b \"NaN": "x Infinity\\", "c": "Infinity"});
        assert_eq!(parse(text), Ok(expected));
        assert_eq!(parse(b"\xef\xbb\xbf[1]"), Ok(json!([1])));
        for wrong in [&b"[NaN"[..], b"{\"a\": N}", b"\"\\", b"", b"[Infinityy]"] {
            assert!(parse(wrong).is_err());
        }
    }
}
