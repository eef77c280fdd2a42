//! The header of `.npy`, NumPy's file of one array.
//!
//! Format: NumPy Enhancement Proposal 1; versions 1 to 3.

/// Bytes of a header, at most: NumPy writes some hundred.
pub const MAX_NPY_HEADER: usize = 1 << 20;

/// What the beginning of an `.npy` file says of its array.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NpyHeader<'f> {
    /// The type of the numbers, `<f4`, `|u1`; `None` for a structure.
    pub dtype: Option<&'f str>,
    /// Whether the first axis runs fastest.
    pub fortran_order: bool,
    /// The sizes of the axes.
    pub shape: Vec<usize>,
    /// Where the numbers begin.
    pub begin: usize,
}

impl<'f> NpyHeader<'f> {
    /// Reads the header, of which all bytes must be there.
    ///
    /// # Errors
    /// It is no `.npy` file, or a damaged one.
    pub fn parse(file: &'f [u8]) -> Result<Self, String> {
        let (header, begin) = header(file)?;
        let descr = value(header, "descr")?;
        let order = value(header, "fortran_order")?;
        let shape = shape(value(header, "shape")?);
        Ok(NpyHeader {
            dtype: descr.strip_prefix('\'').and_then(|d| d.split('\'').next()),
            fortran_order: order.starts_with("True"),
            shape: shape.ok_or_else(|| damaged(header, "no `shape`"))?,
            begin,
        })
    }
}

/// The text of the header, and where the numbers begin.
fn header(file: &[u8]) -> Result<(&str, usize), String> {
    let no = || String::from("expected a `.npy` file, which begins with \\x93NUMPY");
    let rest = file.strip_prefix(b"\x93NUMPY").ok_or_else(no)?;
    let (length, prefix) = match rest {
        [1, _, a, b, ..] => (usize::from(u16::from_le_bytes([*a, *b])), 10),
        [2 | 3, _, a, b, c, d, ..] => (u32::from_le_bytes([*a, *b, *c, *d]) as usize, 12),
        [version, _, _, _, ..] => {
            return Err(format!("expected version 1, 2 or 3, found {version}"));
        }
        _ => return Err(String::from("cut short in its header")),
    };
    if length > MAX_NPY_HEADER {
        return Err(format!(
            "expected a header of at most {MAX_NPY_HEADER} bytes, found {length}"
        ));
    }
    let header = file.get(prefix..).and_then(|h| h.get(..length));
    let header = header.ok_or_else(|| String::from("cut short in its header"))?;
    let text = std::str::from_utf8(header).map_err(|_| String::from("its header is not text"))?;
    Ok((text.trim_end(), prefix + length))
}

fn damaged(header: &str, has: &str) -> String {
    format!("damaged: its header has {has}: {header}")
}

/// The value of a key in the header, a Python dictionary, in which it is once. (What it says of a structure may have fields of the same
/// name.)
fn value<'h>(header: &'h str, key: &str) -> Result<&'h str, String> {
    let entries = header.trim_start().strip_prefix('{');
    let entries = entries.and_then(|rest| rest.strip_suffix('}'));
    let (mut depth, mut quoted) = (0usize, None);
    let ends = |c: char| {
        match (quoted, c) {
            (Some(mark), _) if mark != c => {}
            (Some(_), _) => quoted = None,
            (None, '\'' | '"') => quoted = Some(c),
            (None, '(' | '[' | '{') => depth += 1,
            (None, ')' | ']' | '}') => depth = depth.saturating_sub(1),
            (None, ',') => return depth == 0,
            (None, _) => {}
        }
        false
    };
    let mut found = entries.unwrap_or_default().split(ends).filter_map(|entry| {
        let (name, value) = entry.split_once(':')?;
        let name = name.trim().strip_prefix('\'')?.strip_suffix('\'')?;
        (name == key).then(|| value.trim())
    });
    match (found.next(), found.next()) {
        (Some(value), None) => Ok(value),
        (None, _) => Err(damaged(header, &format!("no `{key}`"))),
        (Some(_), Some(_)) => Err(damaged(header, &format!("`{key}` twice"))),
    }
}

/// A Python tuple.
fn shape(text: &str) -> Option<Vec<usize>> {
    let (sizes, _) = text.strip_prefix('(')?.split_once(')')?;
    let sizes = sizes.split(',').map(str::trim).filter(|s| !s.is_empty());
    sizes.map(|s| s.parse().ok()).collect()
}

/// The header of an array of numbers in C order, whose bytes follow it: version 1, as NumPy writes it.
#[must_use]
pub fn npy_header(dtype: &str, shape: &[usize]) -> Vec<u8> {
    let axes: Vec<String> = shape.iter().map(usize::to_string).collect();
    let shape = match axes.as_slice() {
        [one] => format!("({one},)"),
        axes => format!("({})", axes.join(", ")),
    };
    let mut text = format!("{{'descr': '{dtype}', 'fortran_order': False, 'shape': {shape}, }}");
    // Numbers begin at a multiple of 64 bytes.
    while !(10 + text.len() + 1).is_multiple_of(64) {
        text.push(' ');
    }
    text.push('\n');
    let mut header = b"\x93NUMPY\x01\x00".to_vec();
    header.extend((text.len() as u16).to_le_bytes());
    header.extend(text.as_bytes());
    header
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_that_are_called_as_keys() {
        let parse = |dict: &str| {
            let mut file = b"\x93NUMPY\x01\0".to_vec();
            file.extend((dict.len() as u16).to_le_bytes());
            file.extend(dict.bytes());
            let header = NpyHeader::parse(&file)?;
            let dtype = header.dtype.map(str::to_owned);
            Ok::<_, String>((dtype, header.fortran_order, header.shape))
        };
        let structure = "{'descr': [('shape', '<f4', (3,)), ('fortran_order', '<f4')], 'fortran_order': True, 'shape': (2,), } \n";
        assert_eq!(parse(structure), Ok((None, true, vec![2])));
        let word = "{'descr': 'shape', 'fortran_order': False, 'shape': (2, 1), }";
        assert_eq!(
            parse(word),
            Ok((Some("shape".to_owned()), false, vec![2, 1]))
        );
        for wrong in [
            "",
            "{",
            "}",
            "{'descr': '<f4'}",
            "'shape': (2,)",
            "{'descr': 'a, 'shape': (2,)}",
            // NumPy takes the last of two: others the first.
            "{'descr': '<f4', 'fortran_order': False, 'shape': (2,), 'shape': (3,)}",
        ] {
            assert!(parse(wrong).is_err(), "{wrong}");
        }
        let written = npy_header("<f4", &[3]);
        let read = NpyHeader::parse(&written).unwrap();
        assert_eq!(
            (read.dtype, read.shape, read.begin),
            (Some("<f4"), vec![3], written.len())
        );
    }
}
