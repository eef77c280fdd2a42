//! `SimpleRNN`: a step is `h = activation(x W + h U + b)`. For users: `docs/layers/SimpleRNN.md`.
//!
//! ```
//! use kseq_core::activations::Linear;
//! use kseq_core::layer::{Ctx, Layer};
//! use kseq_core::layers::recurrent::{Recurrent, RecurrentState};
//! use kseq_core::layers::{SimpleRNN, SimpleRNNParams};
//! use kseq_core::pool::Pool;
//!
//! let rnn: SimpleRNN<1, 1, 1, 0, false, Linear> = SimpleRNN::new(Recurrent::KERAS);
//! let p = SimpleRNNParams { kernel: [[1.0]], recurrent_kernel: [[10.0]], bias: [0.0] };
//! let mut memory = [0.0; 100];
//! let mut y = [[[0.0f32; 1]; 3]];
//! let cx = Ctx::new(&Pool::Serial, 0, 0);
//! let cx = &mut cx.with_scratch(&mut memory);
//! rnn.infer(&p, &RecurrentState { h: [] }, &[[[1.0], [2.0], [3.0]]], &mut y, cx);
//! assert_eq!(y, [[[1.0], [12.0], [123.0]]]);
//! ```

use core::marker::PhantomData;

use super::recurrent::{
    self, Call, Cell, Dims, Function, Gradients, Input, Memory, RNN, Recurrent, RecurrentState,
    Scratch, Step, Steps, add_state_products, back_input_products, back_recurrent,
    back_state_products, backward_by_kernel, copy_or_zeros, forward_by_kernel, infer_by_kernel,
    input_products, kernels_for, output_gradient, transposed,
};
use crate::activations::{Act, Activation, Tanh};
use crate::base::part::{copy, from_mut, part, part_mut, rows, rows_mut, split_mut};
use crate::base::sealed::Sealed;
use crate::kernels::elementwise::add_first_column_sums;
use crate::kernels::gemm::{Epilogue, Mat, device};
use crate::kernels::recurrent as kernels;
use crate::params::params;
use crate::pool::rows_of;
use crate::shape::{Rule, Shape};

/// A fully connected recurrence from `I` features to `U` units. `B` is `U` with a bias and 0
/// without; `S` is the batch size if the layer is stateful, else 0; `DROPS` says whether one of the
/// dropouts is used.
///
/// In a layer list `SimpleRNN(..)`, whose arguments are explained in `kseq::layers::SimpleRNN`.
pub type SimpleRNN<
    const I: usize,
    const U: usize,
    const B: usize,
    const S: usize,
    const DROPS: bool,
    A = Tanh,
> = RNN<I, U, S, DROPS, SimpleRNNCell<B, A>>;

/// The cell of a [`SimpleRNN`].
pub struct SimpleRNNCell<const B: usize, A> {
    activation: PhantomData<A>,
}

impl<const I: usize, const U: usize, const B: usize, const S: usize, const DROPS: bool, A>
    SimpleRNN<I, U, B, S, DROPS, A>
{
    /// The layer with its arguments.
    #[must_use]
    pub const fn new(arguments: Recurrent) -> Self {
        let cell = SimpleRNNCell {
            activation: PhantomData,
        };
        RNN::around(arguments, cell)
    }
}

params! {
    /// The parameters of a [`SimpleRNN`].
    pub struct SimpleRNNParams<const I: usize, const U: usize, const B: usize> {
        /// `(I, U)`
        pub kernel: [[f32; U]; I],
        /// `(U, U)`
        pub recurrent_kernel: [[f32; U]; U],
        /// `(U,)`, or nothing with `use_bias = false`
        pub bias: [f32; B],
    }
}

/// The shape rule: see [`recurrent::shape`].
pub const fn shape(
    input: Shape,
    units: usize,
    return_sequences: bool,
    before: Option<recurrent::Last>,
) -> Rule {
    recurrent::shape("SimpleRNN", input, units, return_sequences, 1, before)
}

impl<const B: usize, A> Sealed for SimpleRNNCell<B, A> {}

impl<const I: usize, const U: usize, const B: usize, const S: usize, A> Cell<I, U, S>
    for SimpleRNNCell<B, A>
where
    A: Activation,
{
    type Params = SimpleRNNParams<I, U, B>;
    type State = RecurrentState<S, U>;
    type Steps = SimpleRNNSteps;
    const GATES: usize = 1;
    /// What comes before the activation if that keeps its input, the output h. In the slab of the gradients: the same
    /// two, of which the first one may be the second one.
    const ROW: usize = if A::KEEPS_INPUT { 2 } else { 1 };

    fn steps(&self) -> SimpleRNNSteps {
        SimpleRNNSteps {
            activation: Function::of::<A>(),
            // (Its gates are none.)
            kernels: kernels_for(kernels::Cell::Simple, &A::ACT, &Some(Act::Sigmoid)),
        }
    }
}

/// The function of a cell.
#[derive(Clone, Copy)]
pub struct SimpleRNNSteps {
    activation: Function,
    /// The kernels that there are for it.
    kernels: Option<kernels::Cell>,
}

impl Sealed for SimpleRNNSteps {}

impl Steps for SimpleRNNSteps {
    const WORK: usize = 1;

    fn infer(
        &self,
        call: &Call<'_>,
        x: &[f32],
        state: &[f32],
        y: &mut [f32],
        memory: &mut [f32],
    ) -> bool {
        infer_by_kernel(call, self.kernels, x, state, y, memory)
    }

    fn advance(&self, call: &Call<'_>, Step { x, work, h, .. }: Step<'_>) {
        let u = call.d.units;
        let (w, v) = (Mat::rows(call.kernel, u), Mat::rows(call.recurrent, u));
        device::row(x, w, Epilogue::default(), work);
        let with_bias = Epilogue {
            accumulate: true,
            bias: call.bias,
            ..Epilogue::default()
        };
        device::row(h, v, with_bias, work);
        (self.activation.forward)(work, u);
        copy_or_zeros(h, work);
    }

    fn forward(&self, call: &Call<'_>, x: &[f32], slab: &mut [f32], mut memory: Memory<'_>) {
        let (d, u, step) = (&call.d, call.d.units, call.d.step());
        if d.batch == 0 || forward_by_kernel(call, self.kernels, x, slab, &mut memory) {
            return;
        }
        let Memory { by_step, h, .. } = memory;
        let row = d.row;
        input_products(call, x, by_step, from_mut(slab, step), &[0]);
        for t in 0..d.steps {
            let (before, now) = split_mut(slab, (t + 1) * step);
            let (before, now) = (part(before, t * step, step), part_mut(now, 0, step));
            add_state_products(call, before, h, now, (&[0], u));
            let (row, len) = (row.max(1), rows_of(row));
            call.pool.for_each_chunk(now, len, |i, now| {
                for now in now.chunks_exact_mut(row) {
                    recurrent::add(part_mut(now, 0, u), call.bias);
                    if row > u {
                        let (z, h) = split_mut(now, u);
                        copy(h, z);
                    }
                }
                match row > u {
                    true => now
                        .chunks_exact_mut(row)
                        .for_each(|now| (self.activation.forward)(from_mut(now, u), u)),
                    false => (self.activation.forward)(now, u),
                }
                if call.masks.any() {
                    for (b, now) in (i * (len / row)..).zip(now.chunks_exact_mut(row)) {
                        if call.masks.skips(t, b) {
                            copy(now, part(before, b * row, row));
                        }
                    }
                }
            });
        }
    }

    /// A masked step has the gradient of its output until the step before has taken it, then zeros.
    fn backward(&self, call: &Call<'_>, slab: &[f32], dy: &[f32], scratch: &mut Scratch<'_>) {
        let (grads, room) = (&mut *scratch.slab, &mut *scratch.x);
        let Dims { units: u, row, .. } = call.d;
        let (d, step) = (&call.d, call.d.step());
        let w = transposed(call, room);
        let to = (&mut *grads, &mut *scratch.h);
        if backward_by_kernel(call, self.kernels, slab, dy, w, to) {
            return;
        }
        // Behind the last step, nothing.
        from_mut(grads, d.all() - step).fill(0.0);
        for t in (0..d.steps).rev() {
            let (now, after) = split_mut(from_mut(grads, t * step), step);
            let h = row - u;
            if t + 1 < d.steps {
                let memory = &mut *scratch.h;
                back_state_products(call, after, w, (&mut *now, h), (&[0], memory));
            }
            let (row, len, after) = (row.max(1), rows_of(row), part(after, 0, step));
            call.pool.for_each_chunk(now, len, |i, now| {
                let first = i * (len / row);
                for (b, now) in (first..).zip(now.chunks_exact_mut(row)) {
                    let dh = from_mut(now, h);
                    if call.masks.skips(t + 1, b) {
                        copy(dh, part(after, b * row + h, u));
                    }
                    recurrent::add(dh, output_gradient(call, dy, t, b));
                }
                let values = part(slab, (t + 1) * step + i * len, now.len());
                if !call.masks.any() && h == 0 {
                    self.activation.backward(values, &[], now, u);
                    return;
                }
                for (b, (now, values)) in (first..).zip(rows_mut(now, row).zip(rows(values, row))) {
                    if h > 0 {
                        let (dz, dh) = split_mut(now, u);
                        copy(dz, dh);
                    }
                    if !call.masks.skips(t, b) {
                        let (x, y) = (part(values, 0, u), part(values, h, u));
                        self.activation.backward(y, x, part_mut(now, 0, u), u);
                    }
                }
            });
        }
        if call.masks.any() {
            let (grads, batch) = (part_mut(grads, 0, d.all()), d.batch.max(1));
            for (i, row) in grads.chunks_exact_mut(row.max(1)).enumerate() {
                if call.masks.skips(i / batch, i % batch) {
                    row.fill(0.0);
                }
            }
        }
    }

    fn gradients(
        &self,
        call: &Call<'_>,
        slab: &[f32],
        Input { x, dx }: Input<'_>,
        dp: Option<Gradients<'_>>,
        scratch: Scratch<'_>,
    ) {
        let d = &call.d;
        let grads = part(scratch.slab, 0, d.all());
        let (dw, rest) = match dp {
            Some(dp) => (Some(dp.kernel), Some((dp.recurrent, dp.bias))),
            None => (None, None),
        };
        back_input_products(call, grads, x, scratch.x, (dw, dx), &[0]);
        if let Some((du, db)) = rest {
            back_recurrent(call, slab, grads, &[0], du, scratch.h);
            if !db.is_empty() {
                db.fill(0.0);
                add_first_column_sums(db, grads, d.row, call.pool);
            }
        }
    }
}

#[cfg(all(test, feature = "std"))]
mod tests;
