//! `Buckets`: batches of samples with axes of any length. All samples of a batch have the same lengths, as in Keras; the samples
//! of one length are a bucket.
#![expect(
    clippy::indexing_slicing,
    reason = "buckets and batches are cut from the order of the samples"
)]

use core::ops::Range;
use std::vec::Vec;

use super::batches::{Batches, Extent, Minibatch, Shuffle};
use super::given::View;
use crate::error::Error;
use crate::rng::Rng;

/// Which samples are taken together, and in which order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::train) enum Grouping {
    /// All of a length, mixed, and the batches mixed (`shuffle = True`).
    Random,
    /// Neighbours, as long as their lengths are the same, in their order (`shuffle = False`).
    Neighbours,
    /// The same in a random order (`shuffle = "batch"`).
    MixedNeighbours,
    /// All of a length, in the order of the first sample of each batch: what nobody trains on.
    ByLength,
}

impl From<Shuffle> for Grouping {
    fn from(shuffle: Shuffle) -> Self {
        match shuffle {
            Shuffle::True => Grouping::Random,
            Shuffle::Batch => Grouping::MixedNeighbours,
            Shuffle::False | Shuffle::Unknown(_) => Grouping::Neighbours,
        }
    }
}

/// Arrays in memory whose samples have lengths of their own.
pub(in crate::train) struct Buckets<'a, X, Y> {
    x: View<'a, X>,
    y: View<'a, Y>,
    weight: Option<&'a [f32]>,
    /// Where the weights of a sample begin, if there are as many as its target has steps; empty if there is one for each.
    weights_at: Vec<usize>,
    grouping: Grouping,
    size: usize,
    /// The samples, bucket by bucket, each in the given order.
    samples: Vec<usize>,
    /// The same as they are taken in this pass.
    order: Vec<usize>,
    /// Which of them are of one length.
    buckets: Vec<Range<usize>>,
    /// Which of them are a batch.
    batches: Vec<Range<usize>>,
    /// The batches as they are taken in this pass.
    order_of_batches: Vec<usize>,
    /// A batch whose samples do not lie side by side.
    gathered: Gathered<X, Y>,
    /// The batches taken in this pass.
    at: usize,
}

/// Memory for the largest batch.
struct Gathered<X, Y> {
    x: Vec<X>,
    y: Vec<Y>,
    weight: Vec<f32>,
}

impl<'a, X: Copy, Y: Copy> Buckets<'a, X, Y> {
    /// Batches of at most `size` samples, as many of `x` as of `y`; `weight` has one for each sample, or for each step of its target.
    pub fn new(
        x: View<'a, X>,
        y: View<'a, Y>,
        weight: Option<&'a [f32]>,
        size: usize,
        grouping: Grouping,
    ) -> Self {
        let size = size.clamp(1, x.len().max(1));
        let mut samples: Vec<usize> = (0..x.len()).collect();
        let lengths = |sample: usize| x.sample(sample).lengths;
        if matches!(grouping, Grouping::Random | Grouping::ByLength) {
            samples.sort_by_key(|&sample| lengths(sample));
        }
        let mut buckets: Vec<Range<usize>> = Vec::new();
        for bucket in samples.chunk_by(|&a, &b| lengths(a) == lengths(b)) {
            let begin = buckets.last().map_or(0, |bucket| bucket.end);
            buckets.push(begin..begin + bucket.len());
        }
        let cut = |bucket: &Range<usize>| {
            let end = bucket.end;
            let begins = bucket.clone().step_by(size);
            begins.map(move |begin| begin..end.min(begin + size))
        };
        let mut batches: Vec<Range<usize>> = buckets.iter().flat_map(cut).collect();
        if grouping == Grouping::ByLength {
            batches.sort_by_key(|batch| samples[batch.start]);
        }
        let weights_at = match weight {
            Some(weight) if weight.len() != y.len() => {
                let mut at = 0;
                let begin = |steps: usize| {
                    let begin = at;
                    at += steps;
                    begin
                };
                y.samples().map(|y| y.steps.len()).map(begin).collect()
            }
            _ => Vec::new(),
        };
        let most = |steps: &dyn Fn(usize) -> usize| {
            let batches = batches.iter();
            let in_batch = batches.map(|batch| batch.len() * steps(samples[batch.start]));
            in_batch.max().unwrap_or(0)
        };
        let gathered = Gathered {
            x: Vec::with_capacity(most(&|sample| x.sample(sample).steps.len())),
            y: Vec::with_capacity(most(&|sample| y.sample(sample).steps.len())),
            weight: match (weight, weights_at.is_empty()) {
                (None, _) => Vec::new(),
                (_, true) => Vec::with_capacity(size),
                _ => Vec::with_capacity(most(&|sample| y.sample(sample).steps.len())),
            },
        };
        Buckets {
            order: samples.clone(),
            order_of_batches: (0..batches.len()).collect(),
            x,
            y,
            weight,
            weights_at,
            grouping,
            size,
            samples,
            buckets,
            batches,
            gathered,
            at: 0,
        }
    }

    /// The first sample of a batch that is not full, if there is one.
    pub fn not_full(&self) -> Option<usize> {
        let mut batches = self.batches.iter();
        let batch = batches.find(|batch| batch.len() != self.size)?;
        self.samples.get(batch.start).copied()
    }
}

/// The samples `order`, which have the same lengths, side by side: as they lie, or in `gathered`.
pub(in crate::train) fn side_by_side<'g, T: Copy>(
    view: View<'g, T>,
    order: &[usize],
    gathered: &'g mut Vec<T>,
) -> &'g [T] {
    let first = order.first().copied().unwrap_or_default();
    if order.iter().zip(first..).all(|(&at, next)| at == next) {
        let (some, _) = view.split_at(first).1.split_at(order.len());
        if let Some(together) = some.together() {
            return together.steps;
        }
    }
    gathered.clear();
    for &sample in order {
        gathered.extend_from_slice(view.sample(sample).steps);
    }
    gathered
}

impl<X: Copy + Send + Sync, Y: Copy + Send + Sync> Batches<X, Y> for Buckets<'_, X, Y> {
    fn steps(&self) -> Result<Option<usize>, Error> {
        Ok(Some(self.batches.len()))
    }

    fn extents(&self) -> Vec<Extent> {
        let batches = self.batches.iter();
        let mut extents: Vec<Extent> = batches
            .map(|batch| Extent {
                lengths: self.x.sample(self.samples[batch.start]).lengths,
                samples: batch.len(),
            })
            .collect();
        extents.sort();
        // The last one of a length is the largest.
        extents.reverse();
        extents.dedup_by_key(|extent| extent.lengths);
        extents
    }

    fn begin(&mut self, mut rng: Rng) -> Result<(), Error> {
        self.at = 0;
        // From the given order, so that the order of a pass depends on nothing but the number of updates before it.
        self.order.copy_from_slice(&self.samples);
        let batches = self.order_of_batches.iter_mut();
        batches.zip(0..).for_each(|(batch, i)| *batch = i);
        // If all have one length, it is the order that a fixed length has.
        let one_length = self.buckets.len() == 1;
        match self.grouping {
            Grouping::Random => {
                for bucket in &self.buckets {
                    rng.shuffle(&mut self.order[bucket.clone()]);
                }
                if !one_length {
                    rng.shuffle(&mut self.order_of_batches);
                }
            }
            Grouping::MixedNeighbours => {
                let some = match one_length {
                    true => self.order.len() / self.size,
                    false => self.order_of_batches.len(),
                };
                rng.shuffle(&mut self.order_of_batches[..some]);
            }
            Grouping::Neighbours | Grouping::ByLength => {}
        }
        Ok(())
    }

    fn next(&mut self) -> Result<Option<Minibatch<'_, X, Y>>, Error> {
        let Some(&batch) = self.order_of_batches.get(self.at) else {
            return Ok(None);
        };
        self.at += 1;
        let order = &self.order[self.batches[batch].clone()];
        let Gathered { x, y, weight } = &mut self.gathered;
        weight.clear();
        if let Some(weights) = self.weight {
            for &sample in order {
                weight.extend_from_slice(match self.weights_at.get(sample) {
                    Some(&at) => &weights[at..][..self.y.sample(sample).steps.len()],
                    None => &weights[sample..=sample],
                });
            }
        }
        Ok(Some(Minibatch {
            lengths: self.x.sample(order[0]).lengths,
            x: side_by_side(self.x, order, x),
            y: side_by_side(self.y, order, y),
            weight: self.weight.map(|_| &weight[..]),
            unchecked: None,
        }))
    }

    fn skip(&mut self, batches: usize) -> Result<(), Error> {
        self.at += batches;
        Ok(())
    }
}
