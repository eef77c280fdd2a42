//! `Ragged`: sequences of different lengths in one container, and images of any size, one by one.

use std::vec::Vec;

use super::arguments::argument;
use crate::error::Error;
use crate::text::Note;

pub use crate::base::whole::Grid;

/// Sequences of different lengths, whose steps `S` lie in one `Vec`, one sequence after the other: what `fit`, `evaluate` and
/// `predict` take of a model with `None` in its `input_shape`, besides `Vec<Vec<S>>` and slices of slices.
///
/// ```
/// # use kseq_core as kseq;
/// use kseq::train::Ragged;
/// let sentences: Ragged<u32> = [vec![3, 1, 4], vec![1, 5], vec![9]].into_iter().collect();
/// assert_eq!((sentences.len(), sentences.steps().len()), (3, 6));
/// assert_eq!(sentences.get(1), Some(&[1, 5][..]));
///
/// // Without a copy, of steps that lie one after the other already.
/// let signals = Ragged::from_lengths(vec![[0.5f32; 16]; 100], &[60, 40])?;
/// assert_eq!(signals.iter().map(<[_]>::len).collect::<Vec<_>>(), [60, 40]);
/// # Ok::<(), kseq::error::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Ragged<S> {
    steps: Vec<S>,
    /// Where each sequence ends.
    ends: Vec<usize>,
}

impl<S> Default for Ragged<S> {
    fn default() -> Self {
        Ragged::new()
    }
}

impl<S> Ragged<S> {
    /// No sequence.
    #[must_use]
    pub const fn new() -> Self {
        Ragged {
            steps: Vec::new(),
            ends: Vec::new(),
        }
    }

    /// Sequences of these lengths, whose steps lie one after the other.
    ///
    /// # Errors
    /// The lengths are not those of all steps together.
    pub fn from_lengths(steps: Vec<S>, lengths: &[usize]) -> Result<Self, Error> {
        let mut end = 0usize;
        let ends: Vec<usize> = lengths
            .iter()
            .map(|length| {
                end = end.saturating_add(*length);
                end
            })
            .collect();
        if end != steps.len() {
            let why = Note::new().str("expected the ").num(steps.len());
            let why = why.str(" steps in all, found ").num(end);
            return Err(argument("lengths", why));
        }
        Ok(Ragged { steps, ends })
    }

    /// Adds a sequence.
    pub fn push(&mut self, sequence: &[S])
    where
        S: Clone,
    {
        self.steps.extend_from_slice(sequence);
        self.ends.push(self.steps.len());
    }

    /// The number of sequences.
    #[must_use]
    pub fn len(&self) -> usize {
        self.ends.len()
    }

    /// Whether there is no sequence.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }

    /// A sequence.
    #[must_use]
    pub fn get(&self, index: usize) -> Option<&[S]> {
        let end = *self.ends.get(index)?;
        let begin = match index {
            0 => 0,
            _ => *self.ends.get(index - 1)?,
        };
        self.steps.get(begin..end)
    }

    /// The sequences in their order.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = &[S]> {
        (0..self.len()).map(|index| self.get(index).unwrap_or_default())
    }

    /// The steps of all sequences, one after the other.
    #[must_use]
    pub fn steps(&self) -> &[S] {
        &self.steps
    }
}

impl<S: Clone, Sequence: AsRef<[S]>> FromIterator<Sequence> for Ragged<S> {
    fn from_iter<I: IntoIterator<Item = Sequence>>(sequences: I) -> Self {
        let mut ragged = Ragged::new();
        ragged.extend(sequences);
        ragged
    }
}

impl<S: Clone, Sequence: AsRef<[S]>> Extend<Sequence> for Ragged<S> {
    fn extend<I: IntoIterator<Item = Sequence>>(&mut self, sequences: I) {
        for sequence in sequences {
            self.push(sequence.as_ref());
        }
    }
}

impl<S> Grid<S> {
    /// An image of `height` rows with `width` pixels each, which lie row by row.
    ///
    /// # Errors
    /// There are fewer pixels, or more.
    pub fn new(height: usize, width: usize, pixels: Vec<S>) -> Result<Self, Error> {
        if height.checked_mul(width) != Some(pixels.len()) {
            let why = Note::new().str("expected ").num(height).str(" rows of ");
            let why = why.num(width).str(", found ").num(pixels.len());
            return Err(argument("pixels", why));
        }
        Ok(Grid::of(height, width, pixels))
    }
}
