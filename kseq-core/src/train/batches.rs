//! Where `fit` and `evaluate` take their batches from: arrays in memory, or a generator.

use std::vec::Vec;

use crate::error::Error;
use crate::rng::Rng;

/// Some samples with their targets, and their weights: one for each sample or each of its time steps.
pub(super) struct Minibatch<'a, X, Y> {
    pub x: &'a [X],
    pub y: &'a [Y],
    pub weight: Option<&'a [f32]>,
    /// The number of a batch that nobody has looked at: one of a generator. Arrays are checked as a
    /// whole.
    pub unchecked: Option<usize>,
}

/// A source of batches.
pub(super) trait Batches<X, Y>: Send {
    /// The number of batches of a pass over the data, if it is known.
    fn steps(&self) -> Option<usize>;

    /// The samples of the largest batch, if it is known: memory is reserved before the first step.
    fn largest(&self) -> usize;

    /// Begins a pass, in an order drawn from `rng`.
    fn begin(&mut self, rng: Rng) -> Result<(), Error>;

    /// The next batch of the pass.
    fn next(&mut self) -> Result<Option<Minibatch<'_, X, Y>>, Error>;

    /// Leaves out batches, as if they had been taken.
    fn skip(&mut self, batches: usize) -> Result<(), Error> {
        for _ in 0..batches {
            self.next()?;
        }
        Ok(())
    }
}

/// In which order a pass takes the samples.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shuffle {
    /// A new random order for every epoch (`shuffle = True`).
    True,
    /// The given order (`shuffle = False`).
    False,
    /// Batches of neighbours, in a new random order for every epoch; what does not fill a batch comes
    /// last (`shuffle = "batch"`).
    Batch,
}

impl From<bool> for Shuffle {
    fn from(shuffle: bool) -> Self {
        if shuffle {
            Shuffle::True
        } else {
            Shuffle::False
        }
    }
}

/// Arrays in memory.
pub(super) struct Arrays<'a, X, Y> {
    x: &'a [X],
    y: &'a [Y],
    /// The weights, so many for each sample.
    weight: Option<(&'a [f32], usize)>,
    size: usize,
    shuffle: Shuffle,
    /// Samples in their order, or batches in theirs.
    order: Vec<usize>,
    /// A shuffled batch.
    taken: (Vec<X>, Vec<Y>, Vec<f32>),
    /// The batches taken in this pass.
    at: usize,
}

impl<'a, X: Copy, Y: Copy> Arrays<'a, X, Y> {
    /// Batches of at most `size` samples; `weight` has the same number for each sample.
    pub fn new(
        (x, y): (&'a [X], &'a [Y]),
        weight: Option<&'a [f32]>,
        size: usize,
        shuffle: Shuffle,
    ) -> Self {
        let size = size.clamp(1, x.len().max(1));
        let weight = weight.map(|w| (w, w.len() / x.len().max(1)));
        let (order, taken) = match shuffle {
            Shuffle::False => Default::default(),
            Shuffle::Batch => ((0..x.len() / size).collect(), Default::default()),
            Shuffle::True => {
                let weight = weight.map_or(&[][..], |(w, each)| &w[..size * each]);
                let taken = (x[..size].to_vec(), y[..size].to_vec(), weight.to_vec());
                ((0..x.len()).collect(), taken)
            }
        };
        Arrays {
            x,
            y,
            weight,
            size,
            shuffle,
            order,
            taken,
            at: 0,
        }
    }
}

impl<X: Copy + Send + Sync, Y: Copy + Send + Sync> Batches<X, Y> for Arrays<'_, X, Y> {
    fn steps(&self) -> Option<usize> {
        Some(self.x.len().div_ceil(self.size))
    }

    fn largest(&self) -> usize {
        self.size
    }

    fn begin(&mut self, mut rng: Rng) -> Result<(), Error> {
        self.at = 0;
        // From the identity, so that the order of a pass depends on nothing but the number of updates
        // before it.
        self.order.iter_mut().zip(0..).for_each(|(o, i)| *o = i);
        rng.shuffle(&mut self.order);
        Ok(())
    }

    fn next(&mut self) -> Result<Option<Minibatch<'_, X, Y>>, Error> {
        let at = self.at;
        self.at += 1;
        let block = match self.shuffle {
            Shuffle::Batch => self.order.get(at).copied().unwrap_or(at),
            _ => at,
        };
        let first = block * self.size;
        if first >= self.x.len() {
            return Ok(None);
        }
        let range = first..self.x.len().min(first + self.size);
        if self.shuffle != Shuffle::True {
            let weight = self
                .weight
                .map(|(w, each)| &w[range.start * each..range.end * each]);
            let (x, y) = (&self.x[range.clone()], &self.y[range]);
            return Ok(Some(Minibatch {
                x,
                y,
                weight,
                unchecked: None,
            }));
        }
        let (x, y, weight) = &mut self.taken;
        let each = self.weight.map_or(0, |(_, each)| each);
        for (to, &from) in self.order[range.clone()].iter().enumerate() {
            // Slices, so that a large sample never passes over the stack.
            x[to..=to].copy_from_slice(&self.x[from..=from]);
            y[to..=to].copy_from_slice(&self.y[from..=from]);
            if let Some((w, each)) = self.weight {
                weight[to * each..][..each].copy_from_slice(&w[from * each..][..each]);
            }
        }
        Ok(Some(Minibatch {
            x: &x[..range.len()],
            y: &y[..range.len()],
            weight: self.weight.map(|_| &weight[..range.len() * each]),
            unchecked: None,
        }))
    }

    fn skip(&mut self, batches: usize) -> Result<(), Error> {
        self.at += batches;
        Ok(())
    }
}
