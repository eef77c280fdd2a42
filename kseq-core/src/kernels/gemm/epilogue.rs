//! What becomes of the sums of a product.

use super::then::{Then, relu};
use crate::kernels::fpu::rolled;

/// What a product begins with and what becomes of its sums, while they are in registers.
#[derive(Clone, Copy, Debug, Default)]
pub struct Epilogue<'a> {
    /// Whether the sums start from C, not from 0.
    pub accumulate: bool,
    /// What is added to the sums of each column, or nothing.
    pub bias: &'a [f32],
    /// Whether what is not positive then becomes 0 (NaN stays), as `relu` does.
    pub relu: bool,
    /// What a normalization behind it does.
    pub then: Then<'a>,
}

impl Epilogue<'_> {
    /// From the sums of one row to what is stored.
    pub(in crate::kernels) fn finish(&self, sums: &mut [f32]) {
        for (sum, bias) in sums.iter_mut().zip(self.bias) {
            rolled();
            *sum += bias;
        }
        if self.relu {
            for c in &mut *sums {
                rolled();
                *c = relu(*c);
            }
        }
        if self.then.is_some() {
            for (j, c) in sums.iter_mut().enumerate() {
                *c = self.then.value(j, *c);
            }
        }
    }

    /// The same of the sums of a column.
    pub(in crate::kernels) fn finish_column(&self, sums: &mut [f32]) {
        if let [bias] = self.bias {
            sums.iter_mut().for_each(|sum| *sum += bias);
        }
        if self.relu {
            sums.iter_mut().for_each(|c| *c = relu(*c));
        }
        if self.then.is_some() {
            sums.iter_mut().for_each(|c| *c = self.then.value(0, *c));
        }
    }

    /// A row whose sums have no terms.
    #[cold]
    pub(in crate::kernels) fn without_terms(&self, row: &mut [f32]) {
        if !self.accumulate {
            for c in row.iter_mut() {
                rolled();
                *c = 0.0;
            }
        }
        self.finish(row);
    }

    /// The bias as a pointer: null if there is none.
    pub(in crate::kernels) fn bias_ptr(&self) -> *const f32 {
        match self.bias {
            [] => core::ptr::null(),
            bias => bias.as_ptr(),
        }
    }
}
