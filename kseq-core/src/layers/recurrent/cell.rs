//! What a cell is: the arrays of an LSTM, a GRU or a simple recurrence, and its way through a sequence, without generics, so
//! that its loops are compiled once.

use super::call::Call;
use super::slab::Scratch;
use crate::base::sealed::Sealed;
use crate::params::ParamBlock;

/// What tells one recurrent layer from another.
pub trait Cell<const I: usize, const U: usize, const S: usize>: Sealed + Sync {
    /// The kernel `(I, GATES U)`, the recurrent kernel `(U, GATES U)` and the bias, in this order.
    type Params: ParamBlock;
    /// Arrays `(S, U)`: the output, and what else goes on to the next step.
    type State: ParamBlock;
    /// The cell without generics.
    type Steps: Steps;
    /// How many kernels of `U` columns lie side by side.
    const GATES: usize;
    /// The width of a slab's row in units. The last columns are the state: the output is the last of all, what else goes
    /// on stands before it.
    const ROW: usize;

    /// The functions of the steps.
    fn steps(&self) -> Self::Steps;

    /// Changes the bias that the initializer has drawn.
    fn init_bias(&self, bias: &mut [f32]) {
        let _ = bias;
    }
}

/// The way of a cell through a sequence, forth and back.
pub trait Steps: Sealed {
    /// The values that [`advance`](Steps::advance) works on, for each unit.
    const WORK: usize;
    /// How many rows of units go on to the next step besides the output.
    const CARRIES: usize = 0;

    /// The output outside training, by a kernel that the cell may have for the call: whether it was there. The memory is
    /// that of a call without dropout.
    fn infer(
        &self,
        call: &Call<'_>,
        x: &[f32],
        state: &[f32],
        y: &mut [f32],
        memory: &mut [f32],
    ) -> bool {
        let _ = (call, x, state, y, memory);
        false
    }

    /// One step of one sample, on a microcontroller.
    fn advance(&self, call: &Call<'_>, step: Step<'_>);

    /// All steps of the slab behind the first one, which is the state.
    fn forward(&self, call: &Call<'_>, x: &[f32], slab: &mut [f32], memory: Memory<'_>);

    /// The gradients of all steps, the last one first, to the scratch slab.
    fn backward(&self, call: &Call<'_>, slab: &[f32], dy: &[f32], scratch: &mut Scratch<'_>);

    /// From those the gradients of the parameters and the input.
    fn gradients(
        &self,
        call: &Call<'_>,
        slab: &[f32],
        input: Input<'_>,
        dp: Option<Gradients<'_>>,
        scratch: Scratch<'_>,
    );
}

/// What a forward pass may use.
pub struct Memory<'a> {
    /// `[steps][batch][inputs]`
    pub by_step: &'a mut [f32],
    /// `[batch][units]`
    pub h: &'a mut [f32],
    /// Any number of values, for copies.
    pub room: &'a mut [f32],
    /// Whether the state is known to be zeros.
    pub zeros: bool,
}

/// The input of the layer, and the place of its gradient.
pub struct Input<'a> {
    pub x: &'a [f32],
    pub dx: Option<&'a mut [f32]>,
}

/// The places of the gradients of the parameters.
pub struct Gradients<'a> {
    pub kernel: &'a mut [f32],
    pub recurrent: &'a mut [f32],
    pub bias: &'a mut [f32],
}

/// One sample, in one step of it.
pub struct Step<'a> {
    /// The input.
    pub x: &'a [f32],
    /// For products and gates.
    pub work: &'a mut [f32],
    /// What goes on to the next step besides the output.
    pub c: &'a mut [f32],
    /// The output of the step before, to become that of this one.
    pub h: &'a mut [f32],
}
