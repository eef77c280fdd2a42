//! Regularizers: penalties on a layer's arrays or on its output, which are added to the loss.
//! Formulas for users: `docs/words/regularizers.md`.

mod orthogonal;
mod parts;
mod penalty;
mod regularizer;
#[cfg(test)]
mod tests;

pub use orthogonal::Mode;
pub use penalty::{Penalty, add_gradients, penalties};
pub use regularizer::{Regularizer, activity_rule, rule};
