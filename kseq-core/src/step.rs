//! One training step: forward -> loss -> backward -> optimizer. The same code trains on a host and
//! on a microcontroller, and allocates nothing.

use crate::activations::Activation;
use crate::layer::Ctx;
use crate::losses::Loss;
use crate::model::Model;
use crate::optimizers::{self, Optimizer};
use crate::params::Flat;
use crate::tape::{Grads, Tape, Work};
use crate::tensor::Tensor;

/// What a step changes: the model, and the memory of its training.
pub struct Step<'a, M: Model> {
    /// The parameters.
    pub params: &'a mut M::Params,
    /// The layers' state.
    pub state: &'a mut M::State,
    /// Memory for the gradients of the parameters.
    pub gradients: &'a mut M::Params,
    /// The optimizer's slots: `SLOTS` times the number of parameters.
    pub slots: &'a mut [f32],
    /// Memory for the pass: at least `M::SIZES.train()` values for each sample of the batch.
    pub work: &'a mut [f32],
}

impl<'a, M: Model> Step<'a, M> {
    /// Trains on one batch. Returns the loss before the update, and the outputs that led to it.
    ///
    /// `x` and `y` have the same length, and the memory suffices for it: the callers check.
    pub fn train<O: Optimizer, L: Loss<M::Output>>(
        self,
        (optimizer, loss): (&O, &L),
        (x, y): (&[M::Input], &[L::Target]),
        weight: Option<&[f32]>,
        cx: &mut Ctx<'_>,
    ) -> (f32, &'a [M::Output]) {
        let batch = x.len();
        let (tape, grads) = self.work.split_at_mut(M::SIZES.tape * batch);
        let mut t = Tape::new(tape, M::SLOTS, batch);
        let mut g = Grads::new(grads, &M::SIZES, batch);
        M::forward(self.params, self.state, x, &mut t, cx);
        let value = loss_and_gradient::<M, L>(loss, t.output(), y, weight, g.output(batch));
        M::backward(self.params, x, &t, &mut g, self.gradients, cx);
        let (p, g) = (self.params.as_f32s_mut(), self.gradients.as_f32s());
        optimizers::apply(optimizer, cx.step, p, g, self.slots, cx.pool);
        (value, t.into_output())
    }
}

/// From the values before the head (`out`) to the outputs, the loss, and the gradient of those values.
fn loss_and_gradient<M: Model, L: Loss<M::Output>>(
    loss: &L,
    out: &mut [M::Output],
    y: &[L::Target],
    weight: Option<&[f32]>,
    grad: &mut [M::Output],
) -> f32 {
    if L::FUSES.is_some() && L::FUSES == M::Head::ACT {
        return loss.fused(out, y, weight, grad);
    }
    let width = M::Output::SHAPE.last();
    M::Head::forward(M::Output::flat_mut(out), width);
    let value = loss.loss(out, y, weight, grad);
    let (out, grad) = (M::Output::flat(out), M::Output::flat_mut(grad));
    M::Head::backward(out, &[], grad, width);
    value
}

/// The memory that [`test`] needs for each sample.
pub const fn test_memory<M: Model>() -> usize {
    M::SIZES.predict() + 2 * M::Output::LEN
}

/// The loss of one batch and its outputs, without training. `work` holds at least
/// [`test_memory`] values for each sample.
pub fn test<'a, M: Model, L: Loss<M::Output>>(
    (p, s): (&M::Params, &M::State),
    loss: &L,
    (x, y): (&[M::Input], &[L::Target]),
    weight: Option<&[f32]>,
    work: &'a mut [f32],
    cx: &mut Ctx<'_>,
) -> (f32, &'a [M::Output]) {
    let batch = x.len();
    let (out, rest) = work.split_at_mut(M::Output::LEN * batch);
    let (grad, rest) = rest.split_at_mut(M::Output::LEN * batch);
    let (out, grad) = (M::Output::view_mut(out), M::Output::view_mut(grad));
    M::infer(p, s, x, out, &mut Work::new(rest, &M::SIZES, batch), cx);
    let value = loss_and_gradient::<M, L>(loss, out, y, weight, grad);
    (value, out)
}
