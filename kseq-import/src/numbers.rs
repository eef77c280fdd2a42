//! Numbers of all kinds as `f32`s.

use hdf5_pure::{Datatype, DatatypeByteOrder};

/// How the numbers of a file lie there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Kind {
    of: Of,
    big_endian: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Of {
    F16,
    Bf16,
    F32,
    F64,
    I8,
    I16,
    I32,
    I64,
    U8,
    U16,
    U32,
    U64,
}

impl Kind {
    /// The upper half of an `f32`.
    pub(crate) const BF16: Self = Kind {
        of: Of::Bf16,
        big_endian: false,
    };

    /// NumPy's word: `<f4`, `|u1`.
    pub(crate) fn of_numpy(word: &str) -> Option<Self> {
        let (order, name) = word.split_at_checked(1)?;
        let of = match name {
            "f2" => Of::F16,
            "f4" => Of::F32,
            "f8" => Of::F64,
            "i1" => Of::I8,
            "i2" => Of::I16,
            "i4" => Of::I32,
            "i8" => Of::I64,
            "u1" | "b1" => Of::U8,
            "u2" => Of::U16,
            "u4" => Of::U32,
            "u8" => Of::U64,
            _ => return None,
        };
        let big_endian = order == ">";
        matches!(order, "<" | ">" | "|" | "=").then_some(Kind { of, big_endian })
    }

    /// A type of HDF5; those of other bits than a processor has are none.
    pub(crate) fn of_hdf5(datatype: &Datatype) -> Option<Self> {
        let (byte_order, of) = match datatype {
            Datatype::FloatingPoint {
                size,
                byte_order,
                layout,
            } => match (size, layout.exponent_size, layout.mantissa_size) {
                (2, 5, 10) => (byte_order, Of::F16),
                (2, 8, 7) => (byte_order, Of::Bf16),
                (4, 8, 23) => (byte_order, Of::F32),
                (8, 11, 52) => (byte_order, Of::F64),
                _ => return None,
            },
            Datatype::FixedPoint {
                size,
                byte_order,
                layout,
            } => match (size, layout.signed) {
                (1, true) => (byte_order, Of::I8),
                (2, true) => (byte_order, Of::I16),
                (4, true) => (byte_order, Of::I32),
                (8, true) => (byte_order, Of::I64),
                (1, false) => (byte_order, Of::U8),
                (2, false) => (byte_order, Of::U16),
                (4, false) => (byte_order, Of::U32),
                (8, false) => (byte_order, Of::U64),
                _ => return None,
            },
            _ => return None,
        };
        let big_endian = match byte_order {
            DatatypeByteOrder::LittleEndian => false,
            DatatypeByteOrder::BigEndian => true,
            DatatypeByteOrder::Vax => return None,
        };
        Some(Kind { of, big_endian })
    }

    /// The word of a safetensors file: `F32`.
    pub(crate) fn of_safetensors(word: &str) -> Option<Self> {
        let of = match word {
            "F16" => Of::F16,
            "BF16" => Of::Bf16,
            "F32" => Of::F32,
            "F64" => Of::F64,
            "I8" => Of::I8,
            "I16" => Of::I16,
            "I32" => Of::I32,
            "I64" => Of::I64,
            "U8" | "BOOL" => Of::U8,
            "U16" => Of::U16,
            "U32" => Of::U32,
            "U64" => Of::U64,
            _ => return None,
        };
        let big_endian = false;
        Some(Kind { of, big_endian })
    }

    /// The bytes of a number.
    pub(crate) fn width(self) -> usize {
        match self.of {
            Of::I8 | Of::U8 => 1,
            Of::F16 | Of::Bf16 | Of::I16 | Of::U16 => 2,
            Of::F32 | Of::I32 | Of::U32 => 4,
            Of::F64 | Of::I64 | Of::U64 => 8,
        }
    }

    /// The numbers in these bytes.
    pub(crate) fn decode(self, bytes: &[u8]) -> Vec<f32> {
        match self.of {
            Of::F16 => self.each(bytes, |b| half(u16::from_le_bytes(b))),
            Of::Bf16 => self.each(bytes, |b| {
                f32::from_bits(u32::from(u16::from_le_bytes(b)) << 16)
            }),
            Of::F32 => self.each(bytes, f32::from_le_bytes),
            Of::F64 => self.each(bytes, |b| f64::from_le_bytes(b) as f32),
            Of::I8 => self.each(bytes, |b| f32::from(i8::from_le_bytes(b))),
            Of::I16 => self.each(bytes, |b| f32::from(i16::from_le_bytes(b))),
            Of::I32 => self.each(bytes, |b| i32::from_le_bytes(b) as f32),
            Of::I64 => self.each(bytes, |b| i64::from_le_bytes(b) as f32),
            Of::U8 => self.each(bytes, |b| f32::from(u8::from_le_bytes(b))),
            Of::U16 => self.each(bytes, |b| f32::from(u16::from_le_bytes(b))),
            Of::U32 => self.each(bytes, |b| u32::from_le_bytes(b) as f32),
            Of::U64 => self.each(bytes, |b| u64::from_le_bytes(b) as f32),
        }
    }

    fn each<const N: usize>(self, bytes: &[u8], number: impl Fn([u8; N]) -> f32) -> Vec<f32> {
        let chunks = bytes.as_chunks::<N>().0.iter();
        let ordered = |chunk: &[u8; N]| {
            let mut chunk = *chunk;
            if self.big_endian {
                chunk.reverse();
            }
            number(chunk)
        };
        chunks.map(ordered).collect()
    }
}

/// A number of half precision.
fn half(bits: u16) -> f32 {
    let sign = if bits >> 15 == 1 { -1.0 } else { 1.0 };
    let (exponent, fraction) = (i32::from(bits >> 10 & 31), f32::from(bits & 1023));
    match exponent {
        0 => sign * fraction * 2f32.powi(-24),
        31 if fraction == 0.0 => sign * f32::INFINITY,
        31 => f32::NAN,
        _ => sign * (1.0 + fraction / 1024.0) * 2f32.powi(exponent - 15),
    }
}

/// The values of an array of Fortran's order, whose first axis runs fastest, in C order.
pub(crate) fn from_fortran(shape: &[usize], values: &[f32]) -> Vec<f32> {
    let reversed: Vec<usize> = shape.iter().rev().copied().collect();
    let axes: Vec<usize> = (0..shape.len()).rev().collect();
    transposed(&reversed, values, &axes)
}

/// The values of an array with its axes in another order: axis `i` of what comes out is `axes[i]` of what goes in.
pub(crate) fn transposed(shape: &[usize], values: &[f32], axes: &[usize]) -> Vec<f32> {
    struct Axis {
        size: usize,
        step: usize,
        at: usize,
    }
    let axis = |&axis: &usize| {
        let (size, inner) = shape.get(axis..)?.split_first()?;
        Some(Axis {
            size: *size,
            step: inner.iter().product(),
            at: 0,
        })
    };
    let mut axes: Vec<Axis> = axes.iter().filter_map(axis).collect();
    let mut out = Vec::with_capacity(values.len());
    for _ in 0..values.len() {
        let from: usize = axes.iter().map(|axis| axis.at * axis.step).sum();
        out.extend(values.get(from));
        for axis in axes.iter_mut().rev() {
            axis.at += 1;
            if axis.at < axis.size {
                break;
            }
            axis.at = 0;
        }
    }
    out
}

/// A shape with its axes in another order.
pub(crate) fn reordered(shape: &[usize], axes: &[usize]) -> Vec<usize> {
    axes.iter()
        .filter_map(|&axis| shape.get(axis).copied())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn half_precision() {
        let cases = [
            (0x3c00, 1.0),
            (0xc000, -2.0),
            (0x7bff, 65504.0),
            (0x0001, 5.960_464_5e-8),
            (0x0400, 6.103_515_6e-5),
            (0x8000, 0.0),
            (0x7c00, f32::INFINITY),
            (0x3555, 0.333_251_95),
        ];
        for (bits, value) in cases {
            assert_eq!(half(bits), value, "{bits:x}");
        }
        assert!(half(0x7e00).is_nan());
    }

    #[test]
    fn numbers_of_all_kinds() {
        let numpy = |word, bytes: &[u8]| Kind::of_numpy(word).unwrap().decode(bytes);
        assert_eq!(numpy("<f4", &1.5f32.to_le_bytes()), [1.5]);
        assert_eq!(numpy(">f8", &(-0.25f64).to_be_bytes()), [-0.25]);
        assert_eq!(numpy("<i8", &(-3i64).to_le_bytes()), [-3.0]);
        assert_eq!(numpy("|u1", &[0, 255]), [0.0, 255.0]);
        assert_eq!(numpy(">u2", &[1, 0]), [256.0]);
        for word in ["", "<", "<c8", "|O", "é4", "<U3"] {
            assert_eq!(Kind::of_numpy(word), None, "{word}");
        }
        let bf16 = Kind::of_safetensors("BF16").unwrap();
        assert_eq!(bf16.decode(&[0x80, 0x3f, 0x20, 0xc0]), [1.0, -2.5]);
    }

    #[test]
    fn axes_in_another_order() {
        let values: Vec<f32> = (0..6u8).map(f32::from).collect();
        let out = transposed(&[2, 3], &values, &[1, 0]);
        assert_eq!(out, [0.0, 3.0, 1.0, 4.0, 2.0, 5.0]);
        // Fortran's order of [[0, 1, 2], [3, 4, 5]].
        let fortran = [0.0, 3.0, 1.0, 4.0, 2.0, 5.0];
        assert_eq!(from_fortran(&[2, 3], &fortran), values);
    }
}
