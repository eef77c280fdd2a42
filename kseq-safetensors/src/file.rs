//! A file of arrays, read and written.

use std::borrow::Cow;
use std::fmt::Write as _;
use std::io::{self, Write};
use std::ops::Range;

use crate::{format, json};

/// The values of an array to write.
pub enum Values<'a> {
    /// `F32`
    F32(&'a [f32]),
    /// `F64`
    F64(Cow<'a, [f64]>),
    /// `U64`
    U64(Vec<u64>),
    /// `U8`
    U8(&'a [u8]),
}

impl Values<'_> {
    fn len(&self) -> usize {
        match self {
            Values::F32(v) => v.len(),
            Values::F64(v) => v.len(),
            Values::U64(v) => v.len(),
            Values::U8(v) => v.len(),
        }
    }

    const fn dtype(&self) -> (&'static str, usize) {
        match self {
            Values::F32(_) => ("F32", 4),
            Values::F64(_) => ("F64", 8),
            Values::U64(_) => ("U64", 8),
            Values::U8(_) => ("U8", 1),
        }
    }
}

/// An array to write.
pub struct Entry<'a> {
    /// Its name: `dense_1.kernel`.
    pub name: String,
    /// The lengths of its axes.
    pub shape: Vec<usize>,
    /// As many as the shape says.
    pub values: Values<'a>,
}

impl<'a> Entry<'a> {
    /// An array of rank 1.
    #[must_use]
    pub fn flat(name: &str, values: Values<'a>) -> Self {
        let shape = [values.len()].to_vec();
        let name = name.to_owned();
        Entry {
            name,
            shape,
            values,
        }
    }
}

/// How a header begins that has a checksum; the [`DIGITS`] of it follow. The entry is the first one, so that it is
/// found without knowing what the rest is.
const CHECKSUM: &str = "{\"__metadata__\":{\"checksum\":\"crc32 ";
/// The digits of a checksum, in hexadecimal.
const DIGITS: usize = 8;

/// Writes a file: what readers of other languages take, too. Its metadata have a checksum of all its bytes but
/// those of the checksum itself.
///
/// # Errors
/// Those of `out`.
pub fn write(
    out: &mut dyn Write,
    metadata: &[(&str, &str)],
    mut entries: Vec<Entry<'_>>,
) -> io::Result<()> {
    // The wide ones first: then all are aligned.
    entries.sort_by_key(|e| core::cmp::Reverse(e.values.dtype().1));
    // The header behind the digits of the checksum.
    let mut header = "\"".to_owned();
    for (key, value) in metadata {
        header.push(',');
        json::quote(&mut header, key);
        header.push(':');
        json::quote(&mut header, value);
    }
    header.push('}');
    let mut at = 0;
    for Entry {
        name,
        shape,
        values,
    } in &entries
    {
        let (dtype, size) = values.dtype();
        let end = at + size * values.len();
        header.push(',');
        json::quote(&mut header, name);
        // Writing to a string does not fail; `{:?}` of numbers is JSON.
        let _ = write!(
            header,
            ":{{\"dtype\":\"{dtype}\",\"shape\":{shape:?},\"data_offsets\":[{at},{end}]}}"
        );
        at = end;
    }
    header.push('}');
    let begin = CHECKSUM.len() + DIGITS;
    while !(begin + header.len()).is_multiple_of(8) {
        header.push(' ');
    }
    let length = ((begin + header.len()) as u64).to_le_bytes();
    let mut sum = Checksum::default();
    for bytes in [&length, CHECKSUM.as_bytes(), header.as_bytes()] {
        sum.write_all(bytes)?;
    }
    data(&mut sum, &entries)?;
    for bytes in [
        &length,
        CHECKSUM.as_bytes(),
        sum.text().as_bytes(),
        header.as_bytes(),
    ] {
        out.write_all(bytes)?;
    }
    data(out, &entries)
}

/// The checksum of what is written.
#[derive(Default)]
struct Checksum(crc32fast::Hasher);

impl Checksum {
    fn text(self) -> String {
        format!("{:0DIGITS$x}", self.0.finalize())
    }
}

impl Write for Checksum {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.update(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Writes the values of all arrays.
fn data(out: &mut dyn Write, entries: &[Entry<'_>]) -> io::Result<()> {
    for entry in entries {
        match &entry.values {
            Values::F32(v) => bytes(out, v, |x| x.to_le_bytes())?,
            Values::F64(v) => bytes(out, v, |x| x.to_le_bytes())?,
            Values::U64(v) => bytes(out, v, |x| x.to_le_bytes())?,
            Values::U8(v) => out.write_all(v)?,
        }
    }
    Ok(())
}

/// Writes values in little-endian order, whatever the machine's own.
fn bytes<T: Copy, const N: usize>(
    out: &mut dyn Write,
    values: &[T],
    of: impl Fn(T) -> [u8; N],
) -> io::Result<()> {
    let mut buffer = Vec::with_capacity(N * values.len().min(4096));
    for chunk in values.chunks(4096) {
        buffer.clear();
        chunk.iter().for_each(|&x| buffer.extend_from_slice(&of(x)));
        out.write_all(&buffer)?;
    }
    Ok(())
}

/// A file that was read.
pub struct File {
    bytes: Vec<u8>,
    /// Whether it has a checksum, which agrees: those of other programs have none.
    pub checked: bool,
    metadata: Vec<(String, String)>,
    /// In the order of the header.
    arrays: Vec<ArrayInFile>,
}

/// An array of a file.
pub struct ArrayInFile {
    /// Its name: `dense_1.kernel`.
    pub name: String,
    /// Its type, in the format's word: `F32`.
    pub dtype: String,
    /// The lengths of its axes.
    pub shape: Vec<usize>,
    bytes: Range<usize>,
}

impl ArrayInFile {
    /// The byte of the file at which it begins.
    #[must_use]
    pub fn start(&self) -> usize {
        self.bytes.start
    }
}

impl File {
    /// Reads a whole file.
    ///
    /// # Errors
    /// What is wrong with one that is not in the format, in words.
    pub fn parse(bytes: Vec<u8>) -> Result<File, String> {
        let other = || format::described(&bytes);
        let (length, rest) = bytes.split_first_chunk::<8>().ok_or_else(|| {
            if let Some(other) = other() {
                return other;
            }
            format!(
                "expected a safetensors file, found only {} bytes",
                bytes.len()
            )
        })?;
        let length = u64::from_le_bytes(*length);
        let header = usize::try_from(length).ok().and_then(|n| rest.get(..n));
        let header = header.filter(|header| header.starts_with(b"{") || other().is_none());
        let header = header.ok_or_else(|| {
            if let Some(other) = other() {
                return other;
            }
            format!(
                "expected a safetensors file, but its header of {length} bytes does not fit into \
                 the {} bytes of the file: it is cut off, or of another kind",
                bytes.len()
            )
        })?;
        let start = 8 + header.len();
        let checked = check(&bytes, header)?;
        let header = core::str::from_utf8(header).map_err(|e| format!("its header: {e}"))?;
        let (metadata, arrays) =
            json::header(header).map_err(|e| format!("its header is not understood: {e}"))?;
        let mut reads: Vec<ArrayInFile> = Vec::with_capacity(arrays.len());
        for array in arrays {
            let range = array.range(start)?;
            let (name, dtype, shape) = (array.name, array.dtype, array.shape);
            reads.push(ArrayInFile {
                name,
                dtype,
                shape,
                bytes: range,
            });
        }
        let mut ranges: Vec<&Range<usize>> = reads.iter().map(|r| &r.bytes).collect();
        ranges.sort_by_key(|r| (r.start, r.end));
        let end = ranges.iter().try_fold(start, |at, r| {
            (r.start == at)
                .then_some(r.end)
                .ok_or_else(|| format!("its arrays overlap or leave a gap at byte {at}"))
        })?;
        if end != bytes.len() {
            let found = bytes.len();
            return Err(format!(
                "its header speaks of {end} bytes, the file has {found}: it is cut off or damaged"
            ));
        }
        if let Some(twice) = json::twice(reads.iter().map(|r| r.name.as_str())) {
            return Err(format!("it has two arrays `{twice}`"));
        }
        Ok(File {
            bytes,
            checked,
            metadata,
            arrays: reads,
        })
    }

    /// What the file says of itself under a key.
    #[must_use]
    pub fn metadata(&self, key: &str) -> Option<&str> {
        let found = self.metadata.iter().find(|(k, _)| k == key);
        found.map(|(_, value)| value.as_str())
    }

    /// The arrays, in the order of the header.
    #[must_use]
    pub fn arrays(&self) -> &[ArrayInFile] {
        &self.arrays
    }

    /// The array of a name.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&ArrayInFile> {
        self.arrays.iter().find(|a| a.name == name)
    }

    /// The values of an array; `None` if it is not of type `F32`.
    #[must_use]
    pub fn f32s(&self, array: &ArrayInFile) -> Option<impl ExactSizeIterator<Item = f32> + '_> {
        Some(self.chunks(array, "F32")?.map(|b| f32::from_le_bytes(*b)))
    }

    /// The same of an `F64`.
    #[must_use]
    pub fn f64s(&self, array: &ArrayInFile) -> Option<impl ExactSizeIterator<Item = f64> + '_> {
        Some(self.chunks(array, "F64")?.map(|b| f64::from_le_bytes(*b)))
    }

    /// The same of a `U64`.
    #[must_use]
    pub fn u64s(&self, array: &ArrayInFile) -> Option<impl ExactSizeIterator<Item = u64> + '_> {
        Some(self.chunks(array, "U64")?.map(|b| u64::from_le_bytes(*b)))
    }

    /// The bytes of an array, of whatever type.
    #[must_use]
    pub fn bytes(&self, array: &ArrayInFile) -> &[u8] {
        self.bytes.get(array.bytes.clone()).unwrap_or_default()
    }

    fn chunks<const N: usize>(
        &self,
        array: &ArrayInFile,
        dtype: &str,
    ) -> Option<core::slice::Iter<'_, [u8; N]>> {
        (array.dtype == dtype).then(|| self.bytes(array).as_chunks().0.iter())
    }
}

/// Whether the header has a checksum; an error if it is not that of the file.
fn check(bytes: &[u8], header: &[u8]) -> Result<bool, String> {
    let Some(rest) = header.strip_prefix(CHECKSUM.as_bytes()) else {
        return Ok(false);
    };
    let digits = rest.get(..DIGITS).unwrap_or(rest);
    let at = 8 + CHECKSUM.len();
    let mut sum = Checksum::default();
    for summed in [bytes.get(..at), bytes.get(at + digits.len()..)] {
        sum.0.update(summed.unwrap_or_default());
    }
    match sum.text() {
        sum if sum.as_bytes() == digits => Ok(true),
        sum => Err(format!(
            "its checksum is {sum}, and should be {}: it is damaged, or another program has changed it and \
             kept the checksum",
            String::from_utf8_lossy(digits).escape_debug()
        )),
    }
}

impl json::ArrayHeader {
    /// Where in the file the array lies, if that agrees with its shape.
    fn range(&self, start: usize) -> Result<Range<usize>, String> {
        let json::ArrayHeader {
            name,
            dtype,
            shape,
            offsets: [from, to],
        } = self;
        let size = match dtype.as_str() {
            "BOOL" | "U8" | "I8" | "F8_E4M3" | "F8_E5M2" => 1,
            "U16" | "I16" | "F16" | "BF16" => 2,
            "U32" | "I32" | "F32" => 4,
            "U64" | "I64" | "F64" => 8,
            _ => return Err(format!("array `{name}` is of unknown type {dtype}")),
        };
        let len = shape.iter().try_fold(size, |n: usize, &d| n.checked_mul(d));
        let range = (start.checked_add(*from), start.checked_add(*to));
        match (len, to.checked_sub(*from), range) {
            (Some(len), Some(found), (Some(from), Some(to))) if len == found => Ok(from..to),
            _ => Err(format!(
                "array `{name}` has shape {shape:?} of {dtype}, but lies at bytes {from} to {to}"
            )),
        }
    }
}

#[cfg(test)]
mod tests;
