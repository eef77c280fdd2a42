//! The JSON of a safetensors header: no more of the language than occurs there.

/// What a header says of an array.
pub(crate) struct ArrayHeader {
    pub name: String,
    pub dtype: String,
    pub shape: Vec<usize>,
    pub offsets: [usize; 2],
}

/// Keys and texts.
type Metadata = Vec<(String, String)>;

/// Appends a string in quotation marks.
pub fn quote(out: &mut String, text: &str) {
    out.push('"');
    for c in text.chars() {
        match c {
            '"' | '\\' => out.extend(['\\', c]),
            '\0'..='\x1f' => out.push_str(&format!("\\u{:04x}", c as u32)),
            _ => out.push(c),
        }
    }
    out.push('"');
}

/// Reads a header: its metadata and its arrays, in their order.
pub(crate) fn header(text: &str) -> Result<(Metadata, Vec<ArrayHeader>), String> {
    let mut p = Parser { text, at: 0 };
    let (mut metadata, mut arrays) = (Metadata::new(), Vec::new());
    p.object(&mut |p, name| {
        if name == "__metadata__" {
            return p.object(&mut |p, key| {
                metadata.push((key, p.string()?));
                Ok(())
            });
        }
        let (mut dtype, mut shape, mut offsets) = (None, None, None);
        p.object(&mut |p, key| {
            match key.as_str() {
                "dtype" => dtype = Some(p.string()?),
                "shape" => shape = Some(p.numbers()?),
                "data_offsets" => offsets = <[usize; 2]>::try_from(p.numbers()?).ok(),
                _ => return Err(format!("`{key}` of an array")),
            }
            Ok(())
        })?;
        let (Some(dtype), Some(shape), Some(offsets)) = (dtype, shape, offsets) else {
            return Err(format!(
                "array `{name}` needs a dtype, a shape and two data_offsets"
            ));
        };
        arrays.push(ArrayHeader {
            name,
            dtype,
            shape,
            offsets,
        });
        Ok(())
    })?;
    p.space();
    match p.text[p.at..].is_empty() {
        true => Ok((metadata, arrays)),
        false => Err(p.unexpected("the end")),
    }
}

struct Parser<'a> {
    text: &'a str,
    /// A byte at which a character begins.
    at: usize,
}

/// What is done with a key, where its value begins.
type Member<'a, 'f> = &'f mut dyn FnMut(&mut Parser<'a>, String) -> Result<(), String>;

impl<'a> Parser<'a> {
    fn space(&mut self) {
        let rest = &self.text[self.at..];
        let trimmed = rest.trim_start_matches([' ', '\n', '\r', '\t']);
        self.at += rest.len() - trimmed.len();
    }

    /// Takes a character, after white space, if it is there.
    fn takes(&mut self, c: char) -> bool {
        self.space();
        let found = self.text[self.at..].starts_with(c);
        self.at += if found { c.len_utf8() } else { 0 };
        found
    }

    fn expect(&mut self, c: char) -> Result<(), String> {
        match self.takes(c) {
            true => Ok(()),
            false => Err(self.unexpected(&format!("`{c}`"))),
        }
    }

    fn unexpected(&self, expected: &str) -> String {
        match self.text[self.at..].chars().next() {
            Some(c) => format!("expected {expected}, found {c:?} at byte {}", self.at),
            None => format!("expected {expected}, found the end"),
        }
    }

    fn object(&mut self, member: Member<'a, '_>) -> Result<(), String> {
        self.expect('{')?;
        if self.takes('}') {
            return Ok(());
        }
        loop {
            let key = self.string()?;
            self.expect(':')?;
            member(self, key)?;
            if self.takes('}') {
                return Ok(());
            }
            self.expect(',')?;
        }
    }

    /// A list of whole numbers.
    fn numbers(&mut self) -> Result<Vec<usize>, String> {
        let mut numbers = Vec::new();
        self.expect('[')?;
        if self.takes(']') {
            return Ok(numbers);
        }
        loop {
            self.space();
            let rest = &self.text[self.at..];
            let digits = rest.len() - rest.trim_start_matches(|c: char| c.is_ascii_digit()).len();
            let number = rest[..digits].parse();
            numbers.push(number.map_err(|_| self.unexpected("a whole number that fits"))?);
            self.at += digits;
            if self.takes(']') {
                return Ok(numbers);
            }
            self.expect(',')?;
        }
    }

    fn string(&mut self) -> Result<String, String> {
        self.expect('"')?;
        let mut out = String::new();
        loop {
            let rest = &self.text[self.at..];
            let Some(end) = rest.find(['"', '\\']) else {
                return Err("a string does not end".to_owned());
            };
            if let Some(control) = rest[..end].find(|c: char| c < ' ') {
                self.at += control;
                return Err(self.unexpected("a character of a string"));
            }
            out.push_str(&rest[..end]);
            self.at += end + 1;
            if rest[end..].starts_with('"') {
                return Ok(out);
            }
            out.push(self.escape()?);
        }
    }

    /// What follows a backslash.
    fn escape(&mut self) -> Result<char, String> {
        let Some(c) = self.text[self.at..].chars().next() else {
            return Err(self.unexpected("an escape"));
        };
        let plain = match c {
            '"' | '\\' | '/' => c,
            'n' => '\n',
            't' => '\t',
            'r' => '\r',
            'b' => '\x08',
            'f' => '\x0c',
            'u' => {
                self.at += 1;
                return self.unicode();
            }
            _ => return Err(self.unexpected("an escape")),
        };
        self.at += 1;
        Ok(plain)
    }

    /// Four digits, or twice four for a character beyond the 65,536th.
    fn unicode(&mut self) -> Result<char, String> {
        let first = self.four()?;
        let code = match first {
            0xd800..0xdc00 if self.text[self.at..].starts_with("\\u") => {
                self.at += 2;
                match self.four()? {
                    second @ 0xdc00..0xe000 => {
                        0x1_0000 + ((first - 0xd800) << 10) + second - 0xdc00
                    }
                    _ => first,
                }
            }
            _ => first,
        };
        char::from_u32(code).ok_or_else(|| format!("no character has the number {code:x}"))
    }

    fn four(&mut self) -> Result<u32, String> {
        let digits = self.text.get(self.at..self.at + 4);
        let digits = digits.filter(|d| d.bytes().all(|b| b.is_ascii_hexdigit()));
        let code = digits.and_then(|d| u32::from_str_radix(d, 16).ok());
        self.at += digits.map_or(0, str::len);
        code.ok_or_else(|| self.unexpected("four hexadecimal digits"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn strings_with_escapes() {
        let text = r#"{"__metadata__":{"a\u0041\n":"\ud83d\ude00\/","b":"\""}}"#;
        let (metadata, _) = header(text).unwrap();
        let expected = [("aA\n", "😀/"), ("b", "\"")].map(|(k, v)| (k.to_owned(), v.to_owned()));
        assert_eq!(metadata, expected);
        for wrong in [
            r#"{"\ud83d":1}"#,
            r#"{"\u00g0":1}"#,
            r#"{"\x":1}"#,
            "{} {}",
            "{\"\n\":1}",
        ] {
            assert!(header(wrong).is_err(), "{wrong}");
        }
    }
}
