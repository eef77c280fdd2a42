//! The state of a training while it runs, what callbacks see of it, and what its processes tell each other.

pub(super) mod exchange;
pub(super) mod loop_state;
pub(super) mod ranks;
pub(super) mod training;
mod tree;
pub(super) mod workspace;

pub use exchange::{Exchange, Sums};
pub use loop_state::Position;
pub use training::Training;
