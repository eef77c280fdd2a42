//! Tests across all layers, losses and metrics: what NaN, nothing and very many numbers do to them.

mod nan;
mod nothing;
mod sums;
