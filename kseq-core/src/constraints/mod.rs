//! Constraints: what an array is projected to after each update.
//! Formulas for users: `docs/words/constraints.md`.

mod constrained;
mod constraint;
mod norms;
#[cfg(test)]
mod tests;

pub use constrained::{Constrained, constrain};
pub use constraint::{Constraint, rule};
