//! Pairs of words of a text, for embeddings of words.

use std::vec::Vec;

use kseq_core::rng::Rng;

/// Keras's `skipgrams`: of a sequence of words' numbers the pairs of a word and one near it, with label 1, and pairs of a word
/// and any other, with label 0. Number 0 is no word.
///
/// ```
/// use kseq::preprocessing::sequence::Skipgrams;
/// use kseq::rng::{Purpose, Rng};
/// let mut rng = Rng::new(1, Purpose::User, 0, 0);
/// let (couples, labels) =
///     Skipgrams::new(10).window_size(1).negative_samples(0.0).shuffle(false).of(&[1, 2, 0, 3], &mut rng);
/// assert_eq!(couples, [[1, 2], [2, 1]]);
/// assert_eq!(labels, [[1.0], [1.0]]);
/// ```
/// Mikolov et al.: "Efficient estimation of word representations in vector space" (2013).
#[derive(Clone, Copy, Debug)]
#[must_use]
pub struct Skipgrams<'a> {
    vocabulary_size: u32,
    window_size: usize,
    negative_samples: f32,
    shuffle: bool,
    sampling_table: Option<&'a [f32]>,
}

impl<'a> Skipgrams<'a> {
    /// Of numbers below `vocabulary_size`; Keras's defaults: four words to each side, as many wrong pairs as right ones, in a
    /// random order.
    pub const fn new(vocabulary_size: u32) -> Self {
        Skipgrams {
            vocabulary_size,
            window_size: 4,
            negative_samples: 1.0,
            shuffle: true,
            sampling_table: None,
        }
    }

    /// How far from a word one is near it. Default 4.
    pub const fn window_size(mut self, window_size: usize) -> Self {
        self.window_size = window_size;
        self
    }

    /// How many wrong pairs there are for each right one. Default 1.
    pub const fn negative_samples(mut self, negative_samples: f32) -> Self {
        self.negative_samples = negative_samples;
        self
    }

    /// Whether the pairs come in a random order. Default true.
    pub const fn shuffle(mut self, shuffle: bool) -> Self {
        self.shuffle = shuffle;
        self
    }

    /// How probable it is that a word is taken, by its number, as of [`make_sampling_table`]. Default: each is.
    pub const fn sampling_table(mut self, sampling_table: &'a [f32]) -> Self {
        self.sampling_table = Some(sampling_table);
        self
    }

    /// The pairs of a sequence, and their labels, which are targets of a model of one unit.
    #[must_use]
    pub fn of(&self, sequence: &[u32], rng: &mut Rng) -> (Vec<[u32; 2]>, Vec<[f32; 1]>) {
        let mut couples = Vec::new();
        for (i, word) in sequence.iter().enumerate().filter(|(_, word)| **word != 0) {
            let chance = self.sampling_table.map(|table| table.get(*word as usize));
            if chance.is_some_and(|chance| chance.copied().unwrap_or(0.0) < rng.uniform()) {
                continue;
            }
            let end = sequence
                .len()
                .min(i.saturating_add(self.window_size).saturating_add(1));
            let begin = i.saturating_sub(self.window_size);
            for (j, near) in sequence.iter().enumerate().take(end).skip(begin) {
                if j != i && *near != 0 {
                    couples.push([*word, *near]);
                }
            }
        }
        let right = couples.len();
        let wrong = (right as f32 * self.negative_samples.max(0.0)) as usize;
        if right > 0 && self.vocabulary_size > 1 {
            let mut words: Vec<u32> = couples.iter().map(|[word, _]| *word).collect();
            rng.shuffle(&mut words);
            let couple = |word: &u32| [*word, 1 + rng.below(self.vocabulary_size - 1)];
            couples.extend(words.iter().cycle().take(wrong).map(couple));
        }
        let mut order: Vec<usize> = (0..couples.len()).collect();
        if self.shuffle {
            rng.shuffle(&mut order);
        }
        let label = |i: &usize| [if *i < right { 1.0 } else { 0.0 }];
        let labels = order.iter().map(label).collect();
        let couples = order.iter().filter_map(|i| couples.get(*i).copied());
        (couples.collect(), labels)
    }
}

/// Keras's `make_sampling_table`: for each rank of frequency, from 0, how probable it is that a word of it is taken by
/// [`Skipgrams`]; frequent ones less so. Keras's default of `sampling_factor` is 1e-5.
///
/// ```
/// use kseq::preprocessing::sequence::make_sampling_table;
/// let table = make_sampling_table(4, 1e-5);
/// assert!((table[1] - 0.00315).abs() < 1e-5 && table[1] < table[2] && table[2] < table[3]);
/// ```
#[must_use]
pub fn make_sampling_table(size: usize, sampling_factor: f64) -> Vec<f32> {
    let chance = |rank: usize| {
        let rank = rank.max(1) as f64;
        let inverse = rank * (rank.ln() + 0.577) + 0.5 - 1.0 / (12.0 * rank);
        let share = sampling_factor * inverse;
        (share / share.sqrt()).min(1.0) as f32
    };
    (0..size).map(chance).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use kseq_core::rng::Purpose;

    #[test]
    fn right_and_wrong_pairs() {
        let mut rng = Rng::new(3, Purpose::User, 0, 0);
        let text: Vec<u32> = (1..30).collect();
        let made = Skipgrams::new(30).window_size(2).negative_samples(0.5);
        let (couples, labels) = made.of(&text, &mut rng);
        // Two neighbours to each side, less those beyond the ends: 4 * 29 - 6.
        assert_eq!(labels.iter().filter(|l| l[0] == 1.0).count(), 110);
        assert_eq!(couples.len(), 165);
        for (couple, label) in couples.iter().zip(&labels) {
            let [a, b] = *couple;
            assert!((1..30).contains(&b));
            assert!(label[0] == 0.0 || a != b && a.abs_diff(b) <= 2);
        }
        let never = [0.0; 30];
        assert!(made.sampling_table(&never).of(&text, &mut rng).0.is_empty());
    }
}
