//! `Share`: which part of a larger batch a batch is, where parts are computed apart.

/// How the losses of the parts of a batch become that of the batch.
#[derive(Clone, Copy, PartialEq, Debug)]
pub enum InParts {
    /// They are added.
    Sum,
    /// Their mean, in which this part counts for so much.
    Mean(f64),
    /// Not at all: the loss compares samples with each other.
    Whole,
}

/// The part of a larger batch that a batch is.
#[cfg(feature = "std")]
#[derive(Clone, Copy)]
pub(crate) struct Share<'a> {
    /// The number of the first sample in the larger batch.
    pub first: usize,
    /// The samples of this part.
    pub own: usize,
    /// The samples of the larger batch.
    pub all: usize,
    /// What the loss of this part is multiplied with, by what it counts for: asked where only the pass knows that, which is so of
    /// outputs with a mask.
    pub asks: Option<&'a dyn Fn(InParts) -> f32>,
    /// How a layer sums numbers over all parts, which are computed at once.
    pub sums: Option<&'a SumOfParts<'a>>,
}

/// Sums so many numbers over all parts: calls what it is given to write those of this part, and again with the sums.
#[cfg(feature = "std")]
pub(crate) type SumOfParts<'a> = dyn Fn(usize, &mut dyn FnMut(&mut [f64], Sums)) + 'a;

/// Which numbers a layer gets.
#[cfg(feature = "std")]
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Sums {
    /// Room for its own.
    Own,
    /// Those of all parts.
    All,
}

#[cfg(feature = "std")]
impl Share<'_> {
    /// A batch that is no part of another one.
    pub const WHOLE: Share<'static> = Share {
        first: 0,
        own: 0,
        all: 0,
        asks: None,
        sums: None,
    };

    /// The share of the samples.
    pub fn of_samples(&self) -> f32 {
        match self.all {
            0 => 1.0,
            all => (self.own as f64 / all as f64) as f32,
        }
    }

    /// The number of the first one, and of all, of things of which each sample has as many, and this part `count`.
    pub fn place(&self, count: usize) -> (usize, usize) {
        match count.checked_div(self.own) {
            None => (0, count),
            Some(each) => (self.first * each, self.all * each),
        }
    }
}
