//! Constraints: what an array is projected to after each update.
//!
//! | Keras | the array w becomes |
//! | --- | --- |
//! | `NonNeg()` | `max(w, 0)` |
//! | `UnitNorm(axis)` | `w / (epsilon + norm)` |
//! | `MaxNorm(max_value, axis)` | `w * min(norm, max_value) / (epsilon + norm)` |
//! | `MinMaxNorm(min_value, max_value, rate, axis)` | `w * (rate * clip(norm, min_value, max_value) + (1 - rate) * norm) / (epsilon + norm)` |
//!
//! `norm = sqrt(sum(square(w)))` over the axes `axis`, one for each place on the other axes; epsilon is
//! 1e-7. With `axis = 0` (the default) the norm is that of all weights that come into a unit of a
//! `Dense`; the same for a `Conv2D` is `axis = (0, 1, 2)`. Follows `keras.constraints` (Keras 3.15).

mod constrained;
mod constraint;
mod norms;
#[cfg(test)]
mod tests;

pub use constrained::{Constrained, constrain};
pub use constraint::{Constraint, rule};
