//! Initial weights: Keras's initializers as one `const`-constructible [`Initializer`].
//!
//! Formulas and defaults are those of Keras 3.15. The numbers come from kseq's own generator: the same
//! distribution, not the same numbers as Keras's for a seed.

mod fans;
mod initializer;
mod many;
mod orthogonal;
#[cfg(test)]
mod tests;

pub use fans::Fans;
pub use initializer::{Distribution, Initializer, Mode, rule};
