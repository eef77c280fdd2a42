//! Tables as [FlatBuffers](https://flatbuffers.dev/internals/) write them: each behind the list of where its fields lie, and what does
//! not fit into a field, behind the table. An offset counts from where it stands, always forwards.

use std::borrow::Cow;

/// What a field holds.
#[derive(Clone, Debug)]
pub enum Value<'a> {
    /// A byte, a truth, one of some names.
    Byte(u8),
    /// A whole number.
    Int(i32),
    /// A number.
    Float(f32),
    /// A text.
    Text(Cow<'a, str>),
    /// Another table.
    Table(Table<'a>),
    /// Some tables.
    Tables(Vec<Table<'a>>),
    /// Some whole numbers.
    Ints(Vec<i32>),
    /// Some of 64 bits.
    Longs(Vec<i64>),
    /// Some numbers.
    Floats(Vec<f32>),
    /// Bytes that begin at a multiple of 16.
    Data(Cow<'a, [u8]>),
}

/// Fields by their numbers.
#[derive(Clone, Debug, Default)]
pub struct Table<'a>(Vec<(u16, Value<'a>)>);

impl<'a> Table<'a> {
    /// Without fields.
    pub fn new() -> Self {
        Table::default()
    }

    /// With one field more.
    pub fn with(mut self, field: u16, value: Value<'a>) -> Self {
        self.0.push((field, value));
        self
    }
}

/// The largest file that an offset reaches everywhere.
const LARGEST: usize = i32::MAX as usize;

/// A file, whose first table this is, behind the four letters that say what it is; nothing if it would be 2 GiB or more.
pub fn file(root: &Table<'_>, identifier: [u8; 4]) -> Option<Vec<u8>> {
    let mut out = Out(vec![0; 4]);
    out.0.extend(identifier);
    let at = out.table(root);
    out.points(0, at);
    (out.0.len() <= LARGEST).then_some(out.0)
}

/// What has been written.
struct Out(Vec<u8>);

impl Out {
    /// A table; where it begins.
    fn table(&mut self, table: &Table<'_>) -> usize {
        let fields = || table.0.iter();
        let slots = fields().map(|(field, _)| field + 1).max().unwrap_or(0);
        let list = 4 + 2 * slots;
        // Fields of four bytes stand before those of one: no gaps.
        let is_byte = |value: &Value<'_>| matches!(value, Value::Byte(_));
        let mut places = vec![0_u16; slots.into()];
        let mut size = 4;
        for small in [false, true] {
            for (field, _) in fields().filter(|(_, value)| is_byte(value) == small) {
                if let Some(place) = places.get_mut(usize::from(*field)) {
                    *place = size;
                }
                size += if small { 1 } else { 4 };
            }
        }
        self.align(4, usize::from(list));
        for number in [list, size].iter().chain(&places) {
            self.0.extend(number.to_le_bytes());
        }
        let begin = self.0.len();
        self.0.extend(i32::from(list).to_le_bytes());
        self.0.resize(begin + usize::from(size), 0);
        for (field, value) in fields() {
            let place = places.get(usize::from(*field)).copied().unwrap_or(0);
            self.field(begin + usize::from(place), value);
        }
        begin
    }

    /// A field at its place.
    fn field(&mut self, at: usize, value: &Value<'_>) {
        let behind = match value {
            Value::Byte(byte) => return self.put(at, &[*byte]),
            Value::Int(int) => return self.put(at, &int.to_le_bytes()),
            Value::Float(float) => return self.put(at, &float.to_le_bytes()),
            Value::Table(table) => self.table(table),
            Value::Tables(tables) => self.tables(tables),
            Value::Text(text) => {
                let begin = self.numbers(text.as_bytes(), |byte| [*byte], 1);
                self.0.push(0);
                begin
            }
            Value::Ints(all) => self.numbers(all, |int| int.to_le_bytes(), 4),
            Value::Longs(all) => self.numbers(all, |long| long.to_le_bytes(), 8),
            Value::Floats(all) => self.numbers(all, |float| float.to_le_bytes(), 4),
            Value::Data(bytes) => {
                let begin = self.count(bytes.len(), 16);
                self.0.extend(bytes.iter());
                begin
            }
        };
        self.points(at, behind);
    }

    /// A list of tables: how many, where each is, and the tables.
    fn tables(&mut self, tables: &[Table<'_>]) -> usize {
        let begin = self.count(tables.len(), 4);
        let mut at = self.0.len();
        self.0.resize(at + 4 * tables.len(), 0);
        for table in tables {
            let behind = self.table(table);
            self.points(at, behind);
            at += 4;
        }
        begin
    }

    /// A list of numbers of so many bytes.
    fn numbers<T, const N: usize>(
        &mut self,
        all: &[T],
        bytes: fn(&T) -> [u8; N],
        alignment: usize,
    ) -> usize {
        let begin = self.count(all.len(), alignment);
        self.0.extend(all.iter().flat_map(bytes));
        begin
    }

    /// How many there are in a list whose elements begin at a multiple of something; where it stands.
    fn count(&mut self, count: usize, alignment: usize) -> usize {
        self.align(alignment.max(4), 4);
        let begin = self.0.len();
        self.0.extend((count as u32).to_le_bytes());
        begin
    }

    /// Zeros, so that what comes behind the next bytes begins at a multiple of something.
    fn align(&mut self, alignment: usize, next: usize) {
        let end = (self.0.len() + next).next_multiple_of(alignment);
        self.0.resize(end - next, 0);
    }

    /// An offset. (What does not fit into it makes the file too large.)
    fn points(&mut self, at: usize, to: usize) {
        self.put(at, &((to - at) as u32).to_le_bytes());
    }

    fn put(&mut self, at: usize, bytes: &[u8]) {
        if let Some(place) = self.0.get_mut(at..at + bytes.len()) {
            place.copy_from_slice(bytes);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Table, Value, file};

    /// A table with one text, as the documentation of the format draws it.
    #[test]
    fn one_table() {
        let root = Table::new()
            .with(1, Value::Text("ab".into()))
            .with(0, Value::Byte(7));
        let bytes = file(&root, *b"ABCD").unwrap();
        let words = [
            &[16, 0, 0, 0][..],
            b"ABCD",
            // How long the list and the table are, and where the fields are.
            &[8, 0, 9, 0, 8, 0, 4, 0],
            // The table: where the list is, the offset of the text, the byte.
            &[8, 0, 0, 0, 8, 0, 0, 0, 7],
            &[0, 0, 0],
            &[2, 0, 0, 0],
            b"ab\0",
        ];
        assert_eq!(bytes, words.concat());
    }

    /// Numbers of 64 bits, and bytes, where a reader expects them.
    #[test]
    fn alignment() {
        for gap in 0..9 {
            let text = "abcdefghi".get(gap..).unwrap();
            let root = Table::new()
                .with(0, Value::Text(text.into()))
                .with(1, Value::Longs(vec![-2, 77]))
                .with(2, Value::Data(vec![5; 3].into()));
            let bytes = file(&root, *b"ABCD").unwrap();
            let place = |word: &[u8]| bytes.windows(word.len()).position(|w| w == word).unwrap();
            assert_eq!(place(&77_u64.to_le_bytes()) % 8, 0);
            assert_eq!(place(&[5; 3]) % 16, 0);
        }
    }
}
