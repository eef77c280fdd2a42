//! What an element counts for, in metrics of elements.

use crate::losses::Weights;
use crate::tensor::Tensor;

/// The weights of elements: one for each sample, for each row, or for each element. The length says which.
#[derive(Clone, Copy)]
pub(super) struct ElementWeights<'a> {
    rows: Weights<'a>,
    /// One for each element.
    each: Option<&'a [f32]>,
    width: usize,
}

impl<'a> ElementWeights<'a> {
    pub(super) fn new<Out: Tensor>(samples: &[Out], weights: Option<&'a [f32]>) -> Self {
        let (width, elements) = (Out::SHAPE.last().max(1), samples.len() * Out::LEN);
        ElementWeights {
            rows: Weights::new(samples, weights),
            each: weights.filter(|w| width > 1 && w.len() == elements),
            width,
        }
    }

    /// The weight of element `i` of a row.
    #[inline(always)]
    pub(super) fn of(&self, row: usize, i: usize) -> f32 {
        match self.each {
            None => self.rows.of(row),
            Some(each) => each.get(row * self.width + i).copied().unwrap_or(0.0),
        }
    }

    /// One for each element, if they are given so.
    pub(super) fn each(&self) -> Option<&'a [f32]> {
        self.each
    }
}
