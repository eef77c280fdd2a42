//! `Identity`: the output is the input. For users: `docs/layers/Identity.md`.
//!
//! ```
//! use kseq_core::layers::identity;
//! use kseq_core::shape::Shape;
//! let input = Shape::new(&[4, 8]);
//! assert!(identity::shape(input).is_ok_and(|output| output == input));
//! ```

use super::rules::same;
use super::same_memory::same_memory;
use crate::facts::Mask;
use crate::shape::{Rule, Shape};

/// Gives what it is given.
///
/// In a layer list `Identity(..)`, whose arguments are explained in `kseq::layers::Identity`.
#[derive(Default)]
pub struct Identity;

impl Identity {
    /// The layer.
    #[must_use]
    pub const fn new() -> Self {
        Identity
    }
}

/// The shape rule: the output is as the input.
pub const fn shape(input: Shape) -> Rule {
    same(input, "Identity")
}

same_memory!(Identity, Mask::Keeps);

#[cfg(all(test, feature = "std"))]
mod tests {
    use super::*;
    use crate::layers::testing::{back, forward};

    #[test]
    fn nothing_happens() {
        assert!(shape(Shape::tokens(&[3])).is_err());
        let x = [-1.0, f32::MAX, 0.5];
        assert_eq!(forward::<_, [f32; 3], [f32; 3]>(&Identity, &x), x);
        let dx = back::<_, [f32; 3], [f32; 3]>(&Identity, &x, &[1.0, 2.0, 3.0]);
        assert_eq!(dx, [1.0, 2.0, 3.0]);
    }
}
