//! Fields of [protocol buffers](https://protobuf.dev/programming-guides/encoding/), which event files and ONNX are made of.

/// A field of a whole number.
pub const VARINT: u64 = 0;
/// A field of eight bytes.
pub const EIGHT_BYTES: u64 = 1;
/// A field of as many bytes as a number before them says.
pub const COUNTED: u64 = 2;
/// A field of four bytes.
pub const FOUR_BYTES: u64 = 5;

/// The number of a field, and how its length is known.
pub fn key(out: &mut Vec<u8>, field: u64, kind: u64) {
    varint(out, field << 3 | kind);
}

/// A whole number, seven bits a byte from the lowest.
pub fn varint(out: &mut Vec<u8>, mut n: u64) {
    while n >= 0x80 {
        out.push(n as u8 | 0x80);
        n >>= 7;
    }
    out.push(n as u8);
}

/// A field of bytes: a text, or a message in a message.
pub fn counted(out: &mut Vec<u8>, field: u64, bytes: &[u8]) {
    key(out, field, COUNTED);
    varint(out, bytes.len() as u64);
    out.extend(bytes);
}
