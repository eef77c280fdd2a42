//! The state of a training while it runs, and what callbacks see of it.

pub(super) mod loop_state;
pub(super) mod training;
pub(super) mod workspace;

pub use loop_state::Position;
pub use training::Training;
