//! `ValidationFreq`: after which epochs `fit` validates.

use core::ops::Range;

/// After which epochs `fit` validates.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ValidationFreq<'a> {
    /// After every N epochs.
    Every(usize),
    /// After these epochs, counted from 1 as Keras does.
    Epochs(&'a [usize]),
}

impl From<usize> for ValidationFreq<'_> {
    fn from(every: usize) -> Self {
        ValidationFreq::Every(every)
    }
}

impl<'a> From<&'a [usize]> for ValidationFreq<'a> {
    fn from(epochs: &'a [usize]) -> Self {
        ValidationFreq::Epochs(epochs)
    }
}

impl<'a, const N: usize> From<&'a [usize; N]> for ValidationFreq<'a> {
    fn from(epochs: &'a [usize; N]) -> Self {
        ValidationFreq::Epochs(epochs)
    }
}

impl ValidationFreq<'_> {
    /// Whether there is a validation after this epoch, counted from 0.
    pub(in crate::train) fn includes(self, epoch: usize) -> bool {
        match self {
            ValidationFreq::Every(n) => (epoch + 1).is_multiple_of(n),
            ValidationFreq::Epochs(epochs) => epochs.contains(&(epoch + 1)),
        }
    }

    /// How many of these epochs, which may be very many, have a validation.
    pub(in crate::train) fn count(self, epochs: Range<usize>) -> usize {
        if epochs.is_empty() {
            return 0;
        }
        match self {
            ValidationFreq::Every(n) => {
                let until = |epoch: usize| epoch.checked_div(n).unwrap_or(0);
                until(epochs.end) - until(epochs.start)
            }
            ValidationFreq::Epochs(list) => {
                let first = |(i, epoch): &(usize, &usize)| {
                    !list.iter().take(*i).any(|before| before == *epoch)
                };
                let distinct = list.iter().enumerate().filter(first);
                let within = |epoch: usize| epochs.start < epoch && epoch <= epochs.end;
                distinct.filter(|(_, epoch)| within(**epoch)).count()
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn validations_are_counted_without_a_loop_over_epochs() {
        let freqs = [
            ValidationFreq::Every(1),
            ValidationFreq::Every(3),
            ValidationFreq::Epochs(&[1, 4, 4, 9, 0]),
        ];
        for freq in freqs {
            for (start, end) in [(0, 0), (0, 9), (3, 9), (2, 8), (5, 4)] {
                let counted = (start..end).filter(|epoch| freq.includes(*epoch)).count();
                assert_eq!(freq.count(start..end), counted, "{freq:?} {start}..{end}");
            }
        }
        assert_eq!(ValidationFreq::Every(1).count(0..usize::MAX), usize::MAX);
    }
}
