//! `SimpleRNN`: a step is `h = activation(x W + h U + b)`.
//!
//! # Shapes
//! - input: `(T, I)`
//! - kernel: `(I, U)`, recurrent_kernel: `(U, U)`, bias: `(U,)`
//! - output: `(U,)`, or `(T, U)` with `return_sequences`
//!
//! Follows `keras.layers.SimpleRNN` (Keras 3.15; Elman: "Finding structure in time", 1990).
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
    self, Dims, Function, Gradients, Masks, Recurrent, RecurrentState, Returns, Scratch,
    back_recurrent, columns, gather, mask_row, output_gradient, outputs, scatter, state,
    transposed,
};
use crate::activations::{Activation, Tanh};
use crate::kernels::elementwise::add_column_sums;
use crate::kernels::gemm::{Mat, gemm};
use crate::layer::{Backward, Ctx, Layer, Mask, Reads};
use crate::params::{Flat, params};
use crate::pool::{Pool, rows_of};
use crate::rng::Rng;
use crate::shape::{Rule, Shape};

/// A fully connected recurrence from `I` features to `U` units. `B` is `U` with a bias and 0
/// without; `S` is the batch size if the layer is stateful, else 0; `DROPS` says whether one of the
/// dropouts is used.
pub struct SimpleRNN<
    const I: usize,
    const U: usize,
    const B: usize,
    const S: usize,
    const DROPS: bool,
    A = Tanh,
> {
    arguments: Recurrent,
    activation: PhantomData<A>,
}

impl<const I: usize, const U: usize, const B: usize, const S: usize, const DROPS: bool, A>
    SimpleRNN<I, U, B, S, DROPS, A>
{
    /// The layer with its arguments.
    #[must_use]
    pub const fn new(arguments: Recurrent) -> Self {
        SimpleRNN {
            arguments,
            activation: PhantomData,
        }
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

impl<
    const I: usize,
    const U: usize,
    const B: usize,
    const S: usize,
    const DROPS: bool,
    const T: usize,
    A,
    Out,
> Layer<[[f32; I]; T], Out> for SimpleRNN<I, U, B, S, DROPS, A>
where
    A: Activation,
    Out: Returns<T, U>,
{
    type Params = SimpleRNNParams<I, U, B>;
    type State = RecurrentState<S, U>;
    const CACHE: usize = recurrent::slab(T, U);
    const READS_OUTPUT: Reads = Reads::Nothing;
    const STATEFUL: bool = S > 0;
    const MACS: usize = recurrent::macs(T, I, U, U);
    const MASK: Mask = recurrent::keeps_mask(Out::SEQUENCES);
    const SCRATCH: usize = recurrent::scratch(T, I, U, U, DROPS);

    fn init(&self, p: &mut Self::Params, _: &mut Self::State, rng: &mut Rng) {
        let (kernel, recurrent) = (&mut p.kernel, &mut p.recurrent_kernel);
        let (kernel, recurrent) = (kernel.as_flattened_mut(), recurrent.as_flattened_mut());
        self.arguments
            .kernels(kernel, recurrent, dims(0, T, I, U), rng);
        self.arguments.bias(&mut p.bias, rng);
    }

    fn reset_states(&self, s: &mut Self::State) {
        s.as_f32s_mut().fill(0.0);
    }

    fn infer(
        &self,
        p: &Self::Params,
        s: &Self::State,
        x: &[[[f32; I]; T]],
        y: &mut [Out],
        cx: &mut Ctx<'_>,
    ) {
        let d = dims(x.len(), T, I, U);
        let (scratch, pool) = Scratch::new(cx, &d, &self.arguments.undropped());
        let run = self.run(p, d, scratch.masks, pool);
        recurrent::start(scratch.slab, &d, s.h.as_flattened());
        let x = x.as_flattened().as_flattened();
        run.forward(x, scratch.x, scratch.slab, scratch.h);
        outputs(
            scratch.slab,
            Out::flat_mut(y),
            &d,
            Out::SEQUENCES,
            (&run.masks, pool),
        );
    }

    fn forward(
        &self,
        p: &Self::Params,
        s: &mut Self::State,
        x: &[[[f32; I]; T]],
        y: &mut [Out],
        cache: &mut [f32],
        cx: &mut Ctx<'_>,
    ) {
        let d = dims(x.len(), T, I, U);
        let (scratch, pool) = Scratch::new(cx, &d, &self.arguments);
        let run = self.run(p, d, scratch.masks, pool);
        recurrent::start(cache, &d, s.h.as_flattened());
        let x = x.as_flattened().as_flattened();
        run.forward(x, scratch.x, cache, scratch.h);
        outputs(
            cache,
            Out::flat_mut(y),
            &d,
            Out::SEQUENCES,
            (&run.masks, pool),
        );
        recurrent::end(cache, &d, s.h.as_flattened_mut());
    }

    fn backward(
        &self,
        p: &Self::Params,
        pass: Backward<'_, [[f32; I]; T], Out>,
        dp: &mut Self::Params,
        cx: &mut Ctx<'_>,
    ) {
        let (d, trains) = (dims(pass.x.len(), T, I, U), cx.trains());
        let (scratch, pool) = Scratch::new(cx, &d, &self.arguments);
        let run = self.run(p, d, scratch.masks, pool);
        let dy = Out::flat(pass.dy);
        run.backward(pass.cache, dy, Out::SEQUENCES, (scratch.slab, scratch.x));
        let x = pass.x.as_flattened().as_flattened();
        let dx = pass.dx.map(|dx| dx.as_flattened_mut().as_flattened_mut());
        let (dw, du) = (&mut dp.kernel, &mut dp.recurrent_kernel);
        let dp = (
            dw.as_flattened_mut(),
            du.as_flattened_mut(),
            &mut dp.bias[..],
        );
        let dp = trains.then_some(dp);
        run.gradients(pass.cache, (x, dx), dp, scratch);
    }
}

/// The rows of the slab: the output h. Those of the gradients: that before the activation.
fn dims(batch: usize, steps: usize, inputs: usize, units: usize) -> Dims {
    Dims {
        batch,
        steps,
        inputs,
        units,
        row: units,
    }
}

impl<
    const I: usize,
    const U: usize,
    const B: usize,
    const S: usize,
    const DROPS: bool,
    A: Activation,
> SimpleRNN<I, U, B, S, DROPS, A>
{
    fn run<'a>(
        &self,
        p: &'a SimpleRNNParams<I, U, B>,
        d: Dims,
        masks: Masks<'a>,
        pool: &'a Pool,
    ) -> Run<'a> {
        Run {
            d,
            kernel: p.kernel.as_flattened(),
            recurrent: p.recurrent_kernel.as_flattened(),
            bias: &p.bias,
            activation: Function::of::<A>(),
            backwards: self.arguments.go_backwards,
            masks,
            pool,
        }
    }
}

/// A call, without generics.
struct Run<'a> {
    d: Dims,
    kernel: &'a [f32],
    recurrent: &'a [f32],
    bias: &'a [f32],
    activation: Function,
    backwards: bool,
    masks: Masks<'a>,
    pool: &'a Pool,
}

impl Run<'_> {
    fn forward(&self, x: &[f32], by_step: &mut [f32], slab: &mut [f32], h: &mut [f32]) {
        let (d, u, step) = (&self.d, self.d.units, self.d.step());
        if d.batch == 0 {
            return;
        }
        gather(x, by_step, d, self.backwards, self.masks.input, self.pool);
        let (x, w) = (Mat::rows(by_step, d.inputs), Mat::rows(self.kernel, u));
        let z = &mut slab[step..];
        gemm(d.steps * d.batch, u, d.inputs, x, w, z, u, false, self.pool);
        let w = Mat::rows(self.recurrent, u);
        for t in 0..d.steps {
            let (before, now) = slab.split_at_mut((t + 1) * step);
            let now = &mut now[..step];
            let h = state(&before[t * step..], d, self.masks.state, h);
            gemm(d.batch, u, u, h, w, now, u, true, self.pool);
            let (len, before) = (rows_of(u), &before[t * step..]);
            self.pool.for_each_chunk(now, len, |i, now| {
                for now in now.chunks_exact_mut(u) {
                    recurrent::add(now, self.bias);
                }
                (self.activation.forward)(now, u);
                if self.masks.any() {
                    for (b, now) in (i * (len / u)..).zip(now.chunks_exact_mut(u)) {
                        if self.masks.skips(t, b) {
                            now.copy_from_slice(&before[b * u..][..u]);
                        }
                    }
                }
            });
        }
    }

    /// The gradients of all steps, the last one first. A masked step has that of its output until the
    /// step before has taken it, then zeros.
    fn backward(
        &self,
        slab: &[f32],
        dy: &[f32],
        sequences: bool,
        (grads, room): (&mut [f32], &mut [f32]),
    ) {
        let (d, u, step) = (&self.d, self.d.units, self.d.step());
        // Behind the last step, nothing.
        grads[d.all() - step..].fill(0.0);
        let w = transposed(self.recurrent, d, room);
        for t in (0..d.steps).rev() {
            let (now, after) = grads[t * step..].split_at_mut(step);
            if t + 1 < d.steps {
                gemm(
                    d.batch,
                    u,
                    u,
                    columns(after, 0, d),
                    w,
                    now,
                    u,
                    false,
                    self.pool,
                );
            }
            let (len, after) = (rows_of(u), &after[..step]);
            self.pool.for_each_chunk(now, len, |i, now| {
                let first = i * (len / u);
                for (b, dh) in (first..).zip(now.chunks_exact_mut(u)) {
                    if !self.masks.state.is_empty() {
                        recurrent::multiply(dh, mask_row(self.masks.state, b, u));
                    }
                    if self.masks.skips(t + 1, b) {
                        dh.copy_from_slice(&after[b * u..][..u]);
                    }
                    recurrent::add(dh, output_gradient(dy, (t, b), d, sequences));
                }
                let values = &slab[(t + 1) * step + i * len..][..now.len()];
                if !self.masks.any() {
                    self.activation.backward(values, now, u);
                    return;
                }
                let rows = now.chunks_exact_mut(u).zip(values.chunks_exact(u));
                for (b, (dh, values)) in (first..).zip(rows) {
                    if !self.masks.skips(t, b) {
                        self.activation.backward(values, dh, u);
                    }
                }
            });
        }
        if self.masks.any() {
            for (i, row) in grads[..d.all()].chunks_exact_mut(u).enumerate() {
                if self.masks.skips(i / d.batch, i % d.batch) {
                    row.fill(0.0);
                }
            }
        }
    }

    /// The gradients of the parameters and the input.
    fn gradients(
        &self,
        slab: &[f32],
        (x, dx): (&[f32], Option<&mut [f32]>),
        dp: Option<Gradients<'_>>,
        scratch: Scratch<'_>,
    ) {
        let d = &self.d;
        let (u, rows, inputs) = (d.units, d.steps * d.batch, d.inputs);
        let grads = &scratch.slab[..d.all()];
        let Masks { input, state, .. } = self.masks;
        let by_step = scratch.x;
        let dz = columns(grads, 0, d);
        if let Some((dw, du, db)) = dp {
            gather(x, by_step, d, self.backwards, input, self.pool);
            let xt = Mat::rows(by_step, inputs).t();
            gemm(inputs, u, rows, xt, dz, dw, u, false, self.pool);
            back_recurrent((slab, grads), d, (du, u), state, scratch.h, self.pool);
            if !db.is_empty() {
                db.fill(0.0);
                add_column_sums(db, grads, self.pool);
            }
        }
        if let Some(dx) = dx {
            let w = Mat::rows(self.kernel, u).t();
            gemm(rows, inputs, u, dz, w, by_step, inputs, false, self.pool);
            scatter(by_step, dx, d, self.backwards, input, self.pool);
        }
    }
}
