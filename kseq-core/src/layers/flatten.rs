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

use super::rules::same;
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
    match (same(input, "Flatten"), input.len()) {
        (Ok(_), Some(len)) => Ok(Shape::new(&[len])),
        (rule, _) => rule,
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
}
