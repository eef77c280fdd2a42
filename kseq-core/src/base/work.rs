//! The parts of a training step, for whoever measures them.

/// What a time was spent on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Work {
    /// What stands around a pass.
    Around,
    /// The forward pass of a layer.
    Forward(u32),
    /// The loss and its gradient.
    Loss,
    /// The backward pass of a layer.
    Backward(u32),
    /// Penalties, the optimizer, constraints.
    Update,
}
