//! `keras.preprocessing.sequence`: sequences of different lengths as samples of one.

use std::vec;
use std::vec::Vec;

pub use super::skipgrams::{Skipgrams, make_sampling_table};

/// Which end of a sequence is padded or cut: Keras's `"pre"` (the default) or `"post"`.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
#[non_exhaustive]
pub enum Side {
    /// The front.
    #[default]
    Pre,
    /// The end.
    Post,
}

/// Sequences cut to at most `T` tokens and padded with 0 to exactly so many; `T` is Keras's `maxlen`.
///
/// Keras's defaults are [`Side::Pre`] for both: the last tokens count, and an LSTM reads them last.
///
/// ```
/// use kseq::preprocessing::sequence::{Side, pad_sequences};
/// let sequences = [vec![5], vec![1, 2, 3, 4]];
/// let x = pad_sequences::<3>(&sequences, Side::Pre, Side::Pre);
/// assert_eq!(x, [[0, 0, 5], [2, 3, 4]]);
/// let x = pad_sequences::<3>(&sequences, Side::Post, Side::Post);
/// assert_eq!(x, [[5, 0, 0], [1, 2, 3]]);
/// ```
#[must_use]
pub fn pad_sequences<const T: usize>(
    sequences: &[impl AsRef<[u32]>],
    padding: Side,
    truncating: Side,
) -> Vec<[u32; T]> {
    let mut rows = vec![[0; T]; sequences.len()];
    for (row, sequence) in rows.iter_mut().zip(sequences) {
        let sequence = sequence.as_ref();
        let skipped = match truncating {
            Side::Pre => sequence.len().saturating_sub(T),
            Side::Post => 0,
        };
        let padded = match padding {
            Side::Pre => T.saturating_sub(sequence.len()),
            Side::Post => 0,
        };
        let kept = sequence.iter().skip(skipped);
        for (to, from) in row.iter_mut().skip(padded).zip(kept) {
            *to = *from;
        }
    }
    rows
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn padding_and_truncating_are_independent() {
        let sequences: [&[u32]; 4] = [&[], &[7], &[1, 2], &[1, 2, 3]];
        let pad = |padding, truncating| pad_sequences::<2>(&sequences, padding, truncating);
        assert_eq!(pad(Side::Pre, Side::Post), [[0, 0], [0, 7], [1, 2], [1, 2]]);
        assert_eq!(pad(Side::Post, Side::Pre), [[0, 0], [7, 0], [1, 2], [2, 3]]);
        assert_eq!(pad(Side::default(), Side::default())[3], [2, 3]);
    }

    #[test]
    fn no_tokens_at_all() {
        assert_eq!(
            pad_sequences::<0>(&[[1, 2]], Side::Pre, Side::Pre),
            [[0; 0]]
        );
        let none: [Vec<u32>; 0] = [];
        assert!(pad_sequences::<3>(&none, Side::Pre, Side::Pre).is_empty());
    }
}
