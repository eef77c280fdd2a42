//! What the numbers of a file become: `f32`, or `u32` for tokens and classes.

use std::vec::Vec;

/// No other element of samples can be made from files.
mod sealed {
    pub trait Sealed {}
    impl Sealed for f32 {}
    impl Sealed for u32 {}
}

/// Little-endian numbers of a file, appended to others.
pub type Decode<T> = fn(&[u8], &mut Vec<T>);

/// `f32` or `u32`, the elements of samples: made from what a file has.
pub trait Number: sealed::Sealed + Copy {
    /// The `dtype`s that it is made from.
    #[doc(hidden)]
    const DTYPES: &'static str;
    /// What a message calls it.
    #[doc(hidden)]
    const NAME: &'static str;
    /// How numbers of a `dtype` are read, and the bytes of each.
    #[doc(hidden)]
    fn decode(dtype: &str) -> Option<(Decode<Self>, usize)>;
    /// From text; `None` if it is no such number.
    #[doc(hidden)]
    fn parse(text: &str) -> Option<Self>;
}

impl Number for f32 {
    const DTYPES: &'static str = "\"float32\" or \"uint8\"";
    const NAME: &'static str = "a finite number";

    fn decode(dtype: &str) -> Option<(Decode<f32>, usize)> {
        Some(match dtype {
            "<f4" => (
                |from, to| to.extend(from.as_chunks().0.iter().map(|b| f32::from_le_bytes(*b))),
                4,
            ),
            "|u1" => (|from, to| to.extend(from.iter().map(|b| f32::from(*b))), 1),
            _ => return None,
        })
    }

    fn parse(text: &str) -> Option<f32> {
        text.parse().ok().filter(|x: &f32| x.is_finite())
    }
}

impl Number for u32 {
    const DTYPES: &'static str = "\"uint32\" or \"uint8\"";
    const NAME: &'static str = "a whole number of at least 0";

    fn decode(dtype: &str) -> Option<(Decode<u32>, usize)> {
        Some(match dtype {
            "<u4" => (
                |from, to| to.extend(from.as_chunks().0.iter().map(|b| u32::from_le_bytes(*b))),
                4,
            ),
            "|u1" => (|from, to| to.extend(from.iter().map(|b| u32::from(*b))), 1),
            _ => return None,
        })
    }

    fn parse(text: &str) -> Option<u32> {
        text.parse().ok()
    }
}
