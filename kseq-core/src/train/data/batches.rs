//! `Batches`: where `fit` and `evaluate` take their batches from, and `Arrays`: those of arrays in memory. Samples with axes of any
//! length are in `buckets.rs`.
#![expect(
    clippy::indexing_slicing,
    reason = "a batch lies within the samples, as many of which there are as targets and weights: `fit` has compared them"
)]

use std::vec::Vec;

use crate::error::Error;
use crate::rng::Rng;

/// Some samples with their targets, and their weights: one for each sample or each of its time steps.
pub(in crate::train) struct Minibatch<'a, X, Y> {
    pub x: &'a [X],
    pub y: &'a [Y],
    pub weight: Option<&'a [f32]>,
    /// How long the axes of any length are, in all samples.
    pub lengths: [usize; 2],
    /// The index of a batch whose values have not been checked yet: one of a generator. Arrays are
    /// checked as a whole, before the first step.
    pub unchecked: Option<usize>,
}

impl<X, Y> Minibatch<'_, X, Y> {
    /// The number of samples.
    pub fn samples(&self) -> usize {
        self.x.len() / (self.lengths[0] * self.lengths[1]).max(1)
    }
}

/// What a batch needs memory for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(in crate::train) struct Extent {
    /// How long the axes of any length are.
    pub lengths: [usize; 2],
    /// The number of samples.
    pub samples: usize,
}

/// A source of batches.
pub(in crate::train) trait Batches<X, Y>: Send {
    /// The number of batches of a pass over the data, if it is known.
    fn steps(&self) -> Result<Option<usize>, Error>;

    /// The largest batch of each length, if they are known: memory is reserved before the first step.
    fn extents(&self) -> Vec<Extent>;

    /// Whether it can be taken only once, and an end of it is the end: an iterator.
    fn is_once(&self) -> bool {
        false
    }

    /// Begins a pass, in an order drawn from `rng`.
    fn begin(&mut self, rng: Rng) -> Result<(), Error>;

    /// The next batch of the pass.
    fn next(&mut self) -> Result<Option<Minibatch<'_, X, Y>>, Error>;

    /// Leaves out batches, as if they had been taken.
    fn skip(&mut self, batches: usize) -> Result<(), Error> {
        for _ in 0..batches {
            if self.next()?.is_none() {
                break;
            }
        }
        Ok(())
    }
}

/// In which order a pass takes the samples.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Shuffle {
    /// A new random order for every epoch (`shuffle = True`).
    True,
    /// The given order (`shuffle = False`).
    False,
    /// Batches of neighbours, in a new random order for every epoch; what does not fill a batch comes
    /// last (`shuffle = "batch"`).
    Batch,
    /// A word that is not `batch`: an error of `fit`, before the first step.
    #[doc(hidden)]
    Unknown(&'static str),
}

/// Keras's word: `.shuffle("batch")`.
impl From<&'static str> for Shuffle {
    fn from(word: &'static str) -> Self {
        match word {
            "batch" => Shuffle::Batch,
            other => Shuffle::Unknown(other),
        }
    }
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
pub(in crate::train) struct Arrays<'a, X, Y> {
    x: &'a [X],
    y: &'a [Y],
    weight: Option<&'a [f32]>,
    /// The weights of each sample: 1, or one for each time step.
    weights_each: usize,
    size: usize,
    shuffle: Shuffle,
    /// Samples in their order, or batches in theirs.
    order: Vec<usize>,
    /// A shuffled batch.
    gathered: Gathered<X, Y>,
    /// The batches taken in this pass.
    at: usize,
}

/// Memory for the samples of a batch that do not lie side by side.
struct Gathered<X, Y> {
    x: Vec<X>,
    y: Vec<Y>,
    weight: Vec<f32>,
}

impl<'a, X: Copy, Y: Copy> Arrays<'a, X, Y> {
    /// Batches of at most `size` samples; `weight` has the same number for each sample.
    pub fn new(
        x: &'a [X],
        y: &'a [Y],
        weight: Option<&'a [f32]>,
        size: usize,
        shuffle: Shuffle,
    ) -> Self {
        let size = size.clamp(1, x.len().max(1));
        let weights_each = weight.map_or(0, |w| w.len() / x.len().max(1));
        let order = match shuffle {
            Shuffle::False | Shuffle::Unknown(_) => 0..0,
            Shuffle::Batch => 0..x.len() / size,
            Shuffle::True => 0..x.len(),
        };
        let gathered = match shuffle {
            Shuffle::True => size,
            Shuffle::False | Shuffle::Batch | Shuffle::Unknown(_) => 0,
        };
        let gathered = Gathered {
            x: x[..gathered].to_vec(),
            y: y[..gathered].to_vec(),
            weight: weight.map_or(Vec::new(), |w| w[..gathered * weights_each].to_vec()),
        };
        Arrays {
            x,
            y,
            weight,
            weights_each,
            size,
            shuffle,
            order: order.collect(),
            gathered,
            at: 0,
        }
    }
}

impl<X: Copy + Send + Sync, Y: Copy + Send + Sync> Batches<X, Y> for Arrays<'_, X, Y> {
    fn steps(&self) -> Result<Option<usize>, Error> {
        Ok(Some(self.x.len().div_ceil(self.size)))
    }

    fn extents(&self) -> Vec<Extent> {
        std::vec![Extent {
            lengths: [1; 2],
            samples: self.size,
        }]
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
        let each = self.weights_each;
        if self.shuffle != Shuffle::True {
            let weight = self
                .weight
                .map(|w| &w[range.start * each..range.end * each]);
            let (x, y) = (&self.x[range.clone()], &self.y[range]);
            return Ok(Some(Minibatch {
                x,
                y,
                weight,
                lengths: [1; 2],
                unchecked: None,
            }));
        }
        let Gathered { x, y, weight } = &mut self.gathered;
        for (to, &from) in self.order[range.clone()].iter().enumerate() {
            // Slices, so that a large sample never passes over the stack.
            x[to..=to].copy_from_slice(&self.x[from..=from]);
            y[to..=to].copy_from_slice(&self.y[from..=from]);
            if let Some(w) = self.weight {
                weight[to * each..][..each].copy_from_slice(&w[from * each..][..each]);
            }
        }
        Ok(Some(Minibatch {
            x: &x[..range.len()],
            y: &y[..range.len()],
            weight: self.weight.map(|_| &weight[..range.len() * each]),
            lengths: [1; 2],
            unchecked: None,
        }))
    }

    fn skip(&mut self, batches: usize) -> Result<(), Error> {
        self.at += batches;
        Ok(())
    }
}
