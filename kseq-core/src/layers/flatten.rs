//! `Flatten`: the same values as a vector. Costs nothing: the memory is already in that order.
//!
//! # Shapes
//! - input: rank 1 to 4
//! - output: `(number of elements,)`
//!
//! Follows `keras.layers.Flatten` (Keras 3.15) with `data_format = "channels_last"`.
//!
//! ```
//! use kseq_core::layers::flatten;
//! use kseq_core::shape::Shape;
//! const OUT: Shape = match flatten::shape(Shape::new(&[4, 4, 8])) {
//!     Ok(shape) => shape,
//!     Err(_) => panic!(),
//! };
//! assert_eq!(OUT.to_string(), "(128,)");
//! ```

use super::activation::same;
use crate::layer::{BackwardInPlace, Ctx, InPlace, Reads};
use crate::params::NoParams;
use crate::shape::{Rule, Shape};

/// Makes every sample a vector.
#[derive(Default)]
pub struct Flatten;

impl Flatten {
    /// The layer.
    #[must_use]
    pub const fn new() -> Self {
        Flatten
    }
}

/// The shape rule: one axis with all elements.
pub const fn shape(input: Shape) -> Rule {
    match (same(input, "Flatten"), input.len()) {
        (Ok(_), Some(len)) => Ok(Shape::new(&[len])),
        (rule, _) => rule,
    }
}

impl InPlace for Flatten {
    type Params = NoParams;
    type State = NoParams;
    const READS_OUTPUT: Reads = Reads::Nothing;
    const KEEPS_SIGN: bool = true;

    fn infer_in_place(&self, _: &NoParams, _: &NoParams, _: &mut [f32], _: usize, _: &Ctx<'_>) {}

    fn forward_in_place(
        &self,
        _: &NoParams,
        _: &mut NoParams,
        _: &mut [f32],
        _: &mut [f32],
        _: usize,
        _: &Ctx<'_>,
    ) {
    }

    fn backward_in_place(
        &self,
        _: &NoParams,
        _: BackwardInPlace<'_>,
        _: &mut NoParams,
        _: &Ctx<'_>,
    ) {
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_elements_on_one_axis() {
        for (input, len) in [(&[7][..], 7), (&[4, 4, 8], 128), (&[2, 3, 4, 5], 120)] {
            let rule = shape(Shape::new(input)).expect("fits");
            assert_eq!(rule, Shape::new(&[len]));
        }
        assert!(shape(Shape::tokens(&[80])).is_err());
    }
}
