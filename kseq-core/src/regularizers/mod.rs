//! Regularizers: penalties on a layer's arrays or on its output, which are added to the loss.
//!
//! | Keras | penalty on the array w |
//! | --- | --- |
//! | `L1(l1)` | `l1 * sum(abs(w))` |
//! | `L2(l2)` | `l2 * sum(square(w))` |
//! | `L1L2(l1, l2)` | both |
//! | `OrthogonalRegularizer(factor, mode)` | `factor *` the mean of `abs(cos)` over all pairs of rows, or of columns |
//!
//! A penalty on a layer's output (`activity_regularizer`, `ActivityRegularization`) is divided by the
//! number of samples of the batch. As in Keras 3.15 the reported loss contains the penalties, in `fit`
//! and in `evaluate`.

mod orthogonal;
mod parts;
mod penalty;
mod regularizer;
#[cfg(test)]
mod tests;

pub use orthogonal::Mode;
pub use penalty::{Penalty, add_gradients, penalties};
pub use regularizer::{Regularizer, activity_rule, rule};
