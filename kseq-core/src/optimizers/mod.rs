//! Optimizers: one fused pass over parameters, gradients and slots, in chunks on several threads.

/// The most slots an optimizer may have.
pub const MAX_SLOTS: usize = 4;

/// An update rule, applied element by element.
///
/// ```
/// use kseq_core::optimizers::Optimizer;
///
/// /// p = p - 0.1 * sign(g)
/// struct SignSGD;
/// impl Optimizer for SignSGD {
///     const SLOTS: usize = 0;
///     fn update(&self, _step: u64, p: &mut [f32], g: &[f32], _slots: &mut [&mut [f32]]) {
///         for (p, g) in p.iter_mut().zip(g) {
///             *p -= 0.1 * g.signum();
///         }
///     }
/// }
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not an optimizer",
    label = "expected an optimizer, such as `RMSprop::default()` or `SGD::new(0.01)`"
)]
pub trait Optimizer: Send + Sync {
    /// The number of values kept for each parameter (momentum, moving averages), at most
    /// [`MAX_SLOTS`]; they are zero in the beginning.
    const SLOTS: usize;

    /// c
    fn check(&self) -> Option<crate::text::Text> { None }
    /// Updates the parameters `p` from their gradients `g`. Called for chunks of the model in any
    /// order, with the same chunk of each slot; `step` counts the updates from 0.
    fn update(&self, step: u64, p: &mut [f32], g: &[f32], slots: &mut [&mut [f32]]);
}
pub fn apply<O: Optimizer>(_: &O, _: u64, _: &mut [f32], _: &[f32], _: &mut [f32], _: &crate::pool::Pool) {}
