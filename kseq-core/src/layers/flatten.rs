//! `Flatten`: the same values as a vector. Costs nothing: the memory is already in that order. For users:
//! `docs/layers/Flatten.md`.
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

use super::rules::{open_axis, same};
use super::same_memory::same_memory;
use crate::shape::{Rule, Shape};

/// Makes every sample a vector.
///
/// In a layer list `Flatten(..)`, whose arguments are explained in `kseq::layers::Flatten`.
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
    if let Err(refusal) = same(input, "Flatten") {
        return Err(refusal);
    }
    let help = match (input.rank(), input.open_axes()) {
        (1, _) => {
            "it is a vector already: leave Flatten out, and give the length in place of `None`"
        }
        (2, _) => {
            "put a GlobalAveragePooling1D or a GlobalMaxPooling1D in its place: one value for each feature"
        }
        (3, 2) => {
            "put a GlobalAveragePooling2D or a GlobalMaxPooling2D in its place: one value for each channel"
        }
        _ => {
            "write TimeDistributed(Flatten()), a vector for each step, or for an image put a GlobalAveragePooling2D in \
              its place"
        }
    };
    let why = ": no layer has weights for a vector of any length";
    if let Some(refusal) = open_axis("Flatten", input, why, help) {
        return Err(refusal.then(Shape::new(&[0])));
    }
    match input.len() {
        Some(len) => Ok(Shape::new(&[len])),
        None => Ok(input),
    }
}

same_memory!(Flatten);

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

    #[test]
    fn a_vector_of_any_length_is_none() {
        let none = Shape::NONE;
        for input in [&[none][..], &[none, 16], &[none, 8, 4], &[none, none, 3]] {
            let refusal = shape(Shape::new(input)).expect_err("is open");
            assert_eq!(refusal.then, Some(Shape::new(&[0])));
            assert!(refusal.what.as_str().contains("(None"));
        }
    }
}
