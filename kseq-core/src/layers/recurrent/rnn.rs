//! The layer around a cell: what is the same for all recurrent layers.
//!
//! A [`Cell`] says which arrays there are and how wide the rows of its slab are; its [`Steps`] go through the sequence.

use super::arguments::{Recurrent, Returns};
use super::call::{Call, Dims, Masks};
use super::cell::{Cell, Gradients, Input, Memory, Steps};
use super::slab::{Buffers, Scratch, end, keeps_mask, outputs, scratch, slab, start};
use super::stepwise::{self, Start, stepwise};
use crate::facts::{Mask, Reads, Streaming};
use crate::fusion::{Fusion, by_step};
use crate::initializers::Fans;
use crate::kernels::dispatch::DEVICE;
use crate::layer::{Backward, Ctx, Layer, Needs, PerStep};
use crate::params::Flat;
use crate::pool::Pool;
use crate::rng::Rng;
use crate::tensor::LastAxis;

/// A recurrent layer from `I` features to `U` units, see [`LSTM`](crate::layers::LSTM), [`GRU`](crate::layers::GRU) and
/// [`SimpleRNN`](crate::layers::SimpleRNN). `S` is the batch size if the layer is stateful, else 0; `DROPS` says whether
/// one of the dropouts is used.
pub struct RNN<const I: usize, const U: usize, const S: usize, const DROPS: bool, C> {
    arguments: Recurrent,
    cell: C,
}

impl<const I: usize, const U: usize, const S: usize, const DROPS: bool, C> RNN<I, U, S, DROPS, C> {
    /// The layer around a cell.
    pub(in crate::layers) const fn around(arguments: Recurrent, cell: C) -> Self {
        RNN { arguments, cell }
    }

    /// Whether the last step comes first.
    pub(in crate::layers) const fn goes_backwards(&self) -> bool {
        self.arguments.go_backwards
    }

    /// The same from the last step to the first.
    #[must_use]
    pub const fn backwards(mut self) -> Self {
        self.arguments.go_backwards = true;
        self
    }

    /// The same with zeros, or the output before, for masked steps.
    #[must_use]
    pub const fn zeroing(mut self, zeroes: bool) -> Self {
        self.arguments.zero_output_for_mask = zeroes;
        self
    }
}

/// In each step the input and the state times a kernel with so many columns.
const fn macs(steps: usize, inputs: usize, units: usize, columns: usize) -> usize {
    steps
        .saturating_mul(inputs.saturating_add(units))
        .saturating_mul(columns)
}

/// The steps of a sample; 1 of any number.
const fn all_steps<In: LastAxis<I>, const I: usize>() -> usize {
    In::LEN / if I == 0 { 1 } else { I }
}

impl<const I: usize, const U: usize, const S: usize, const DROPS: bool, C> RNN<I, U, S, DROPS, C>
where
    C: Cell<I, U, S>,
{
    const COLUMNS: usize = C::GATES * U;
    /// One for each gate, whether there are so many or one for all.
    const MASKS: usize = if DROPS { C::GATES } else { 0 };

    /// How the layer works on single steps: not backwards.
    #[must_use]
    pub const fn streaming<In, Out>(&self) -> Streaming
    where
        In: LastAxis<I>,
        Out: Returns<In, U>,
    {
        if self.arguments.go_backwards {
            return Streaming::NEVER;
        }
        Streaming {
            state: (1 + <C::Steps as Steps>::CARRIES) * U,
            ..by_step::<Self, In, Out>()
        }
    }

    fn of_batch<In: LastAxis<I>>(x: &[In], cx: &Ctx<'_>) -> Dims {
        Self::dims(cx.samples(x), cx.input_shape::<In>().dim(0))
    }

    fn dims(batch: usize, steps: usize) -> Dims {
        Dims {
            batch,
            steps,
            inputs: I,
            units: U,
            row: C::ROW * U,
        }
    }

    fn call<'a>(
        &self,
        p: &'a C::Params,
        d: Dims,
        sequences: bool,
        masks: Masks<'a>,
        pool: &'a Pool,
    ) -> Call<'a> {
        let (kernel, rest) = p.as_f32s().split_at(I * Self::COLUMNS);
        let (recurrent, bias) = rest.split_at(U * Self::COLUMNS);
        Call {
            d,
            kernel,
            recurrent,
            bias,
            sequences,
            backwards: self.arguments.go_backwards,
            zeroes: self.arguments.zero_output_for_mask,
            masks,
            pool,
        }
    }

    fn split(p: &mut C::Params) -> Gradients<'_> {
        let (kernel, rest) = p.as_f32s_mut().split_at_mut(I * Self::COLUMNS);
        let (recurrent, bias) = rest.split_at_mut(U * Self::COLUMNS);
        Gradients {
            kernel,
            recurrent,
            bias,
        }
    }
}

impl<const I: usize, const U: usize, const S: usize, const DROPS: bool, C, In, Out> Layer<In, Out>
    for RNN<I, U, S, DROPS, C>
where
    C: Cell<I, U, S>,
    In: LastAxis<I>,
    Out: Returns<In, U>,
{
    type Params = C::Params;
    type State = C::State;
    const CACHE: usize = slab(all_steps::<In, I>(), C::ROW * U);
    const READS_OUTPUT: Reads = Reads::Nothing;
    const STATEFUL: bool = S > 0;
    const MACS: usize = macs(all_steps::<In, I>(), I, U, Self::COLUMNS);
    const MASK: Mask = keeps_mask(Out::SEQUENCES);
    const SCRATCH: usize = scratch(all_steps::<In, I>(), I, U, C::ROW * U, Self::MASKS);
    const INFER_SCRATCH: usize = if DEVICE {
        stepwise::memory::<C::Steps>(U)
    } else {
        <Self as Layer<In, Out>>::SCRATCH
    };
    const NEEDS: Needs = {
        let (row, none) = (C::ROW * U, scratch(0, I, U, C::ROW * U, Self::MASKS));
        let memory = PerStep::new(none, scratch(1, I, U, row, Self::MASKS) - none);
        Needs {
            cache: PerStep::new(slab(0, row), slab(1, row) - slab(0, row)),
            scratch: memory,
            infer_scratch: if DEVICE {
                PerStep::sample(<Self as Layer<In, Out>>::INFER_SCRATCH)
            } else {
                memory
            },
        }
    };

    fn init(&self, p: &mut Self::Params, _: &mut Self::State, rng: &mut Rng) {
        let arrays = Self::split(p);
        let Recurrent {
            kernel_initializer,
            recurrent_initializer,
            bias_initializer,
            ..
        } = &self.arguments;
        kernel_initializer.fill(arrays.kernel, Fans::dense(I, Self::COLUMNS), rng);
        recurrent_initializer.fill(arrays.recurrent, Fans::dense(U, Self::COLUMNS), rng);
        bias_initializer.fill(arrays.bias, Fans::vector(arrays.bias.len()), rng);
        self.cell.init_bias(arrays.bias);
    }

    fn reset_states(&self, s: &mut Self::State) {
        s.as_f32s_mut().fill(0.0);
    }

    fn infer(&self, p: &Self::Params, s: &Self::State, x: &[In], y: &mut [Out], cx: &mut Ctx<'_>) {
        let d = Self::of_batch(x, cx);
        let tokens = cx.mask(d.batch * d.steps).unwrap_or(&[]);
        let masks = Masks::undropped(tokens, &d, self.arguments.go_backwards);
        let call = self.call(p, d, Out::SEQUENCES, masks, cx.pool);
        let (x, y) = (In::flat(x), Out::flat_mut(y));
        let steps = self.cell.steps();
        if S > 0
            && let (Some(s), cx) = cx.carried::<C::State>()
        {
            let start = Start::Carried(s.as_f32s_mut());
            return infer(&steps, &call, x, (start, S * U), y, cx.scratch);
        }
        let start = Start::Given(s.as_f32s());
        infer(&steps, &call, x, (start, S * U), y, cx.scratch);
    }

    fn forward(
        &self,
        p: &Self::Params,
        s: &mut Self::State,
        x: &[In],
        y: &mut [Out],
        cache: &mut [f32],
        cx: &mut Ctx<'_>,
    ) {
        let d = Self::of_batch(x, cx);
        let (scratch, pool) = Scratch::new(cx, &d, &self.arguments, C::GATES);
        let call = self.call(p, d, Out::SEQUENCES, scratch.masks, pool);
        start(cache, &d, s.as_f32s(), S * U);
        let memory = Memory {
            by_step: scratch.x,
            h: scratch.h,
            room: scratch.slab,
            zeros: S == 0,
        };
        let x = In::flat(x);
        self.cell.steps().forward(&call, x, cache, memory);
        outputs(&call, cache, Out::flat_mut(y));
        end(cache, &d, s.as_f32s_mut(), S * U);
    }

    fn backward(
        &self,
        p: &Self::Params,
        pass: Backward<'_, In, Out>,
        dp: &mut Self::Params,
        cx: &mut Ctx<'_>,
    ) {
        let (d, trains) = (Self::of_batch(pass.x, cx), cx.trains());
        let (mut scratch, pool) = Scratch::new(cx, &d, &self.arguments, C::GATES);
        let call = self.call(p, d, Out::SEQUENCES, scratch.masks, pool);
        let steps = self.cell.steps();
        steps.backward(&call, pass.cache, Out::flat(pass.dy), &mut scratch);
        let input = Input {
            x: In::flat(pass.x),
            dx: pass.dx.map(In::flat_mut),
        };
        let dp = trains.then(|| Self::split(dp));
        steps.gradients(&call, pass.cache, input, dp, scratch);
    }
}

impl<const I: usize, const U: usize, const S: usize, const DROPS: bool, C, In, Out> Fusion<In, Out>
    for RNN<I, U, S, DROPS, C>
where
    C: Cell<I, U, S>,
    In: LastAxis<I>,
    Out: Returns<In, U>,
{
    /// The state is that of the sequence, also of a layer that carries one from batch to batch.
    fn stream(
        &self,
        p: &Self::Params,
        _: &Self::State,
        x: &[In],
        state: &mut [f32],
        y: &mut [Out],
        cx: &mut Ctx<'_>,
    ) -> bool {
        let d = Self::dims(1, 1);
        let (x, y) = (In::flat(x), Out::flat_mut(y));
        if cx.mask(1).is_some_and(|tokens| tokens == [0]) {
            // A masked step keeps the state, and the output but for zeros.
            let zeroes = self.arguments.zero_output_for_mask;
            let kept = state.iter().map(|h| if zeroes { 0.0 } else { *h });
            y.iter_mut().zip(kept).for_each(|(y, h)| *y = h);
            return true;
        }
        let masks = Masks::undropped(&[], &d, false);
        let call = self.call(p, d, Out::SEQUENCES, masks, cx.pool);
        let start = Start::Carried(state);
        infer(&self.cell.steps(), &call, x, (start, U), y, cx.scratch);
        true
    }
}

/// The output outside training, from a state of arrays of `len` values each: step by step on a microcontroller, else by a kernel
/// that the cell has for the call, or through a slab of all steps.
fn infer(
    steps: &impl Steps,
    call: &Call<'_>,
    x: &[f32],
    (before, len): (Start<'_>, usize),
    y: &mut [f32],
    memory: &mut [f32],
) {
    if DEVICE {
        return stepwise(steps, call, x, (before, len), y, memory);
    }
    if let Start::Given(state) = before
        && steps.infer(call, x, state, y, memory)
    {
        return;
    }
    let buffers = Buffers::of(memory, &call.d);
    start(buffers.slab, &call.d, before.state(), len);
    let memory = Memory {
        by_step: buffers.x,
        h: buffers.h,
        room: &mut [],
        zeros: false,
    };
    steps.forward(call, x, buffers.slab, memory);
    outputs(call, buffers.slab, y);
    if let Start::Carried(state) = before {
        end(buffers.slab, &call.d, state, len);
    }
}

#[cfg(all(test, feature = "std"))]
mod tests;
