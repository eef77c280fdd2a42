//! `Given`: samples as a program has given them, each a slice of its steps, and `View`: some of them. Of a type that is all of
//! a sample every element is one; of one with axes of any length all steps of a sample lie side by side.
#![expect(
    clippy::indexing_slicing,
    reason = "who asks for a sample has asked how many there are"
)]

use std::borrow::ToOwned;
use std::vec::Vec;

use crate::error::Error;

use crate::tensor::Tensor;

/// A sample in memory: its steps, which are one if the type is all of it.
#[derive(Debug)]
pub(in crate::train) struct Sample<'d, T> {
    /// The steps.
    pub steps: &'d [T],
    /// How long the axes of any length are; unused ones are 1.
    pub lengths: [usize; 2],
}

impl<T> Clone for Sample<'_, T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for Sample<'_, T> {}

/// Samples as they are given: what [`Inputs`](super::Inputs) and [`Targets`](super::Targets) are read as. Nothing is copied.
#[derive(Debug)]
pub struct Given<'d, T>(Kind<'d, T>);

#[derive(Debug)]
enum Kind<'d, T> {
    /// Of the same lengths, side by side.
    Equal(Equal<'d, T>),
    /// Each by itself.
    Apart(Vec<Sample<'d, T>>),
}

#[derive(Debug)]
struct Equal<'d, T> {
    steps: &'d [T],
    lengths: [usize; 2],
    samples: usize,
}

impl<T> Clone for Equal<'_, T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for Equal<'_, T> {}

impl<'d, T> Given<'d, T> {
    /// Elements each of which is all of a sample.
    pub(in crate::train) fn rows(rows: &'d [T]) -> Self {
        let samples = rows.len();
        Given::equal(rows, [1; 2], samples)
    }

    /// So many samples of these lengths.
    pub(super) fn equal(steps: &'d [T], lengths: [usize; 2], samples: usize) -> Self {
        Given(Kind::Equal(Equal {
            steps,
            lengths,
            samples,
        }))
    }

    /// Samples of their own lengths.
    pub(super) fn apart(samples: impl Iterator<Item = Sample<'d, T>>) -> Self {
        Given(Kind::Apart(samples.collect()))
    }

    /// All of them.
    pub(in crate::train) fn view(&self) -> View<'_, T> {
        match &self.0 {
            Kind::Equal(equal) => View(Seen::Equal(*equal)),
            Kind::Apart(samples) => View(Seen::Apart(samples)),
        }
    }
}

/// Some of the samples of [`Given`].
pub(in crate::train) struct View<'v, T>(Seen<'v, T>);

enum Seen<'v, T> {
    Equal(Equal<'v, T>),
    Apart(&'v [Sample<'v, T>]),
}

impl<T> Clone for View<'_, T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for View<'_, T> {}

impl<T> Clone for Seen<'_, T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for Seen<'_, T> {}

impl<'v, T> View<'v, T> {
    /// The number of samples.
    pub fn len(&self) -> usize {
        match self.0 {
            Seen::Equal(Equal { samples, .. }) => samples,
            Seen::Apart(samples) => samples.len(),
        }
    }

    /// The elements, if each is all of a sample.
    pub fn rows(&self) -> &'v [T] {
        match self.0 {
            Seen::Equal(Equal { steps, .. }) => steps,
            Seen::Apart(_) => &[],
        }
    }

    /// A sample that there is.
    pub fn sample(&self, index: usize) -> Sample<'v, T> {
        match self.0 {
            Seen::Equal(Equal { steps, lengths, .. }) => {
                let each = lengths[0] * lengths[1];
                Sample {
                    steps: &steps[index * each..][..each],
                    lengths,
                }
            }
            Seen::Apart(samples) => samples[index],
        }
    }

    /// All of them.
    pub fn samples(self) -> impl Iterator<Item = Sample<'v, T>> {
        (0..self.len()).map(move |index| self.sample(index))
    }

    /// The steps of all samples.
    pub fn steps(self) -> usize {
        match self.0 {
            Seen::Equal(Equal { steps, .. }) => steps.len(),
            Seen::Apart(_) => self.samples().map(|sample| sample.steps.len()).sum(),
        }
    }

    /// What has a weight, of targets: a sample, or each step of one of any length.
    pub fn weighted(self) -> usize
    where
        T: Tensor,
    {
        match T::OPEN {
            0 => self.len(),
            _ => self.steps(),
        }
    }

    /// The first ones, and the rest.
    pub fn split_at(self, at: usize) -> (Self, Self) {
        match self.0 {
            Seen::Equal(Equal {
                steps,
                lengths,
                samples,
            }) => {
                let (first, rest) = steps.split_at(at * lengths[0] * lengths[1]);
                let equal = |steps, samples| {
                    View(Seen::Equal(Equal {
                        steps,
                        lengths,
                        samples,
                    }))
                };
                (equal(first, at), equal(rest, samples - at))
            }
            Seen::Apart(samples) => {
                let (first, rest) = samples.split_at(at);
                (View(Seen::Apart(first)), View(Seen::Apart(rest)))
            }
        }
    }

    /// All steps side by side, if the samples have one length; in `memory`, if they are apart.
    pub fn one_length(self, what: &'static str, memory: &'v mut Vec<T>) -> Result<&'v [T], Error>
    where
        T: Copy,
    {
        if let Some(together) = self.together() {
            return Ok(together.steps);
        }
        let expected = self.sample(0).lengths;
        for (sample, Sample { steps, lengths }) in self.samples().enumerate() {
            if lengths != expected {
                let why = "the samples of one batch have one length, and this one has another";
                let why = why.to_owned();
                return Err(Error::Sample { what, sample, why });
            }
            memory.extend_from_slice(steps);
        }
        Ok(memory)
    }

    /// All steps side by side, if they lie so: those of one sample, or of several with the same lengths.
    pub fn together(&self) -> Option<Sample<'v, T>> {
        match self.0 {
            Seen::Equal(Equal { steps, lengths, .. }) => Some(Sample { steps, lengths }),
            Seen::Apart([one]) => Some(*one),
            Seen::Apart(_) => None,
        }
    }
}
