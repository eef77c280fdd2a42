//! `LSTM`: with the gates `i, f, o = recurrent_activation(x W + h U + b)` and the candidate
//! `g = activation(x W + h U + b)`, a step is `c = f c + i g`, `h = o activation(c)`.
//!
//! # Shapes
//! - input: `(T, I)`
//! - kernel: `(I, 4 U)`, recurrent_kernel: `(U, 4 U)`, bias: `(4 U,)`, in the order i f g o
//! - output: `(U,)`, or `(T, U)` with `return_sequences`
//!
//! Follows `keras.layers.LSTM` (Keras 3.15; Hochreiter, Schmidhuber: "Long short-term memory", 1997).
//! Dropout has one mask for all gates, as Keras with `implementation = 2`.
//!
//! ```
//! use kseq_core::layer::{Ctx, Layer};
//! use kseq_core::layers::{LSTM, LSTMParams, LSTMState, recurrent::Recurrent};
//! use kseq_core::pool::Pool;
//!
//! let lstm: LSTM<1, 1, 4, 4, 0, false> = LSTM::new(Recurrent::KERAS, true);
//! // i and o are wide open, f is shut: only the last step counts.
//! let p = LSTMParams {
//!     kernel: [[0.0, 0.0, 1.0, 0.0]],
//!     recurrent_kernel: [[0.0; 4]],
//!     bias: [50.0, -50.0, 0.0, 50.0],
//! };
//! let s = LSTMState { h: [], c: [] };
//! let mut memory = [0.0; 100];
//! let mut y = [[0.0f32; 1]];
//! let cx = Ctx::new(&Pool::Serial, 0, 0);
//! lstm.infer(&p, &s, &[[[9.0], [9.0], [0.5]]], &mut y, &mut cx.with_scratch(&mut memory));
//! assert!((y[0][0] - 0.5f32.tanh().tanh()).abs() < 1e-6);
//! ```

use core::marker::PhantomData;

use super::recurrent::{
    self, Dims, Function, Masks, Recurrent, Returns, Scratch, back_recurrent, columns, gather,
    mask_row, output_gradient, outputs, scatter, state,
};
use super::rows_of;
use crate::activations::{Activation, Sigmoid, Tanh};
use crate::kernels::dispatch::simd_fn;
use crate::kernels::elementwise::add_column_sums;
use crate::kernels::gemm::{Mat, gemm};
use crate::layer::{Backward, Ctx, Layer, Reads};
use crate::params::{Flat, ParamBlock, ParamSpec};
use crate::pool::Pool;
use crate::rng::Rng;
use crate::shape::{Rule, Shape};

/// Long short-term memory from `I` features to `U` units. `G` is `4 U`; `B` is `4 U` with a bias
/// and 0 without; `S` is the batch size if the layer is stateful, else 0; `DROPS` says whether one
/// of the dropouts is used.
pub struct LSTM<
    const I: usize,
    const U: usize,
    const G: usize,
    const B: usize,
    const S: usize,
    const DROPS: bool,
    A = Tanh,
    R = Sigmoid,
> {
    arguments: Recurrent,
    unit_forget_bias: bool,
    activations: PhantomData<(A, R)>,
}

impl<
    const I: usize,
    const U: usize,
    const G: usize,
    const B: usize,
    const S: usize,
    const DROPS: bool,
    A,
    R,
> LSTM<I, U, G, B, S, DROPS, A, R>
{
    /// The layer with its arguments; `unit_forget_bias` lets the forget gate begin with a bias of 1.
    #[must_use]
    pub const fn new(arguments: Recurrent, unit_forget_bias: bool) -> Self {
        LSTM {
            arguments,
            unit_forget_bias,
            activations: PhantomData,
        }
    }
}

/// The parameters of an [`LSTM`].
#[repr(C)]
pub struct LSTMParams<const I: usize, const U: usize, const G: usize, const B: usize> {
    /// `(I, 4 U)`
    pub kernel: [[f32; G]; I],
    /// `(U, 4 U)`
    pub recurrent_kernel: [[f32; G]; U],
    /// `(4 U,)`, or nothing with `use_bias = false`
    pub bias: [f32; B],
}

#[allow(unsafe_code)]
// SAFETY: repr(C), nothing but nested arrays of f32.
unsafe impl<const I: usize, const U: usize, const G: usize, const B: usize> Flat
    for LSTMParams<I, U, G, B>
{
}

impl<const I: usize, const U: usize, const G: usize, const B: usize> ParamBlock
    for LSTMParams<I, U, G, B>
{
    const SPECS: &'static [ParamSpec] = if B == 0 {
        &[
            ParamSpec::of::<[[f32; G]; I]>("kernel"),
            ParamSpec::of::<[[f32; G]; U]>("recurrent_kernel"),
        ]
    } else {
        &[
            ParamSpec::of::<[[f32; G]; I]>("kernel"),
            ParamSpec::of::<[[f32; G]; U]>("recurrent_kernel"),
            ParamSpec::of::<[f32; B]>("bias"),
        ]
    };
}

/// What a stateful [`LSTM`] carries from one batch of `S` samples to the next; nothing with S = 0.
#[repr(C)]
pub struct LSTMState<const S: usize, const U: usize> {
    /// The output of the last step, for each place in the batch.
    pub h: [[f32; U]; S],
    /// The cell's memory.
    pub c: [[f32; U]; S],
}

#[allow(unsafe_code)]
// SAFETY: repr(C), nothing but nested arrays of f32.
unsafe impl<const S: usize, const U: usize> Flat for LSTMState<S, U> {}

impl<const S: usize, const U: usize> ParamBlock for LSTMState<S, U> {
    const SPECS: &'static [ParamSpec] = if S == 0 {
        &[]
    } else {
        &[
            ParamSpec::of::<[[f32; U]; S]>("h"),
            ParamSpec::of::<[[f32; U]; S]>("c"),
        ]
    };
}

/// The shape rule: see [`recurrent::shape`].
pub const fn shape(
    input: Shape,
    units: usize,
    return_sequences: bool,
    before: Option<recurrent::Last>,
) -> Rule {
    recurrent::shape("LSTM", input, units, return_sequences, 4, before)
}

impl<
    const I: usize,
    const U: usize,
    const G: usize,
    const B: usize,
    const S: usize,
    const DROPS: bool,
    const T: usize,
    A,
    R,
    Out,
> Layer<[[f32; I]; T], Out> for LSTM<I, U, G, B, S, DROPS, A, R>
where
    A: Activation,
    R: Activation,
    Out: Returns<T, U>,
{
    type Params = LSTMParams<I, U, G, B>;
    type State = LSTMState<S, U>;
    const CACHE: usize = recurrent::slab(T, 6 * U);
    const READS_OUTPUT: Reads = Reads::Nothing;
    const STATEFUL: bool = S > 0;
    const SCRATCH: usize = recurrent::scratch(T, I, U, 6 * U, DROPS);

    fn init(&self, p: &mut Self::Params, _: &mut Self::State, rng: &mut Rng) {
        let (kernel, recurrent) = (&mut p.kernel, &mut p.recurrent_kernel);
        let (kernel, recurrent) = (kernel.as_flattened_mut(), recurrent.as_flattened_mut());
        self.arguments
            .kernels(kernel, recurrent, dims(0, T, I, U), rng);
        self.arguments.bias(&mut p.bias, rng);
        if self.unit_forget_bias && B > 0 {
            p.bias[U..2 * U].fill(1.0);
        }
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
        run.start(scratch.slab, s.h.as_flattened(), s.c.as_flattened());
        let x = x.as_flattened().as_flattened();
        run.forward(x, scratch.x, scratch.slab, scratch.h);
        outputs(scratch.slab, Out::flat_mut(y), &d, Out::SEQUENCES, pool);
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
        run.start(cache, s.h.as_flattened(), s.c.as_flattened());
        let x = x.as_flattened().as_flattened();
        run.forward(x, scratch.x, cache, scratch.h);
        outputs(cache, Out::flat_mut(y), &d, Out::SEQUENCES, pool);
        run.end(cache, s.h.as_flattened_mut(), s.c.as_flattened_mut());
    }

    fn backward(
        &self,
        p: &Self::Params,
        pass: Backward<'_, [[f32; I]; T], Out>,
        dp: &mut Self::Params,
        cx: &mut Ctx<'_>,
    ) {
        let d = dims(pass.x.len(), T, I, U);
        let (scratch, pool) = Scratch::new(cx, &d, &self.arguments);
        let run = self.run(p, d, scratch.masks, pool);
        let dy = Out::flat(pass.dy);
        run.backward(pass.cache, dy, Out::SEQUENCES, scratch.slab);
        let x = pass.x.as_flattened().as_flattened();
        let dx = pass.dx.map(|dx| dx.as_flattened_mut().as_flattened_mut());
        let (dw, du) = (&mut dp.kernel, &mut dp.recurrent_kernel);
        let dp = (
            dw.as_flattened_mut(),
            du.as_flattened_mut(),
            &mut dp.bias[..],
        );
        run.gradients(pass.cache, (x, dx), dp, scratch);
    }
}

/// The rows of the slab: i f g o, the memory c, the output h. Those of the gradients: the same four
/// before their activations, what goes on to the memory of the step before, and the output.
fn dims(batch: usize, steps: usize, inputs: usize, units: usize) -> Dims {
    Dims {
        batch,
        steps,
        inputs,
        units,
        row: 6 * units,
    }
}

impl<
    const I: usize,
    const U: usize,
    const G: usize,
    const B: usize,
    const S: usize,
    const DROPS: bool,
    A: Activation,
    R: Activation,
> LSTM<I, U, G, B, S, DROPS, A, R>
{
    fn run<'a>(
        &self,
        p: &'a LSTMParams<I, U, G, B>,
        d: Dims,
        masks: Masks<'a>,
        pool: &'a Pool,
    ) -> Run<'a> {
        const { assert!(G == 4 * U, "G is 4 U") };
        Run {
            d,
            kernel: p.kernel.as_flattened(),
            recurrent: p.recurrent_kernel.as_flattened(),
            bias: &p.bias,
            activation: Function::of::<A>(),
            recurrent_activation: Function::of::<R>(),
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
    recurrent_activation: Function,
    backwards: bool,
    masks: Masks<'a>,
    pool: &'a Pool,
}

impl Run<'_> {
    /// The step before the first: the state, or zeros.
    fn start(&self, slab: &mut [f32], h: &[f32], c: &[f32]) {
        recurrent::start(slab, &self.d, h);
        let u = self.d.units;
        for (row, c) in slab.chunks_exact_mut(self.d.row).zip(c.chunks_exact(u)) {
            row[4 * u..5 * u].copy_from_slice(c);
        }
    }

    /// The state after the last step.
    fn end(&self, slab: &[f32], h: &mut [f32], c: &mut [f32]) {
        recurrent::end(slab, &self.d, h);
        let u = self.d.units;
        let rows = slab[self.d.all()..].chunks_exact(self.d.row);
        for (row, c) in rows.zip(c.chunks_exact_mut(u)) {
            c.copy_from_slice(&row[4 * u..5 * u]);
        }
    }

    fn forward(&self, x: &[f32], by_step: &mut [f32], slab: &mut [f32], h: &mut [f32]) {
        let Dims { units, row, .. } = self.d;
        let (d, n, step) = (&self.d, 4 * units, self.d.step());
        if d.batch == 0 {
            return;
        }
        gather(x, by_step, d, self.backwards, self.masks.input, self.pool);
        let (x, w) = (Mat::rows(by_step, d.inputs), Mat::rows(self.kernel, n));
        let z = &mut slab[step..];
        gemm(
            d.steps * d.batch,
            n,
            d.inputs,
            x,
            w,
            z,
            row,
            false,
            self.pool,
        );
        let w = Mat::rows(self.recurrent, n);
        for t in 0..d.steps {
            let (before, now) = slab.split_at_mut((t + 1) * step);
            let (before, now) = (&before[t * step..], &mut now[..step]);
            let h = state(before, d, self.masks.state, h);
            gemm(d.batch, n, units, h, w, now, row, true, self.pool);
            let len = rows_of(row);
            self.pool.for_each_chunk(now, len, |i, now| {
                let before = &before[i * len..][..now.len()];
                for (now, before) in now.chunks_exact_mut(row).zip(before.chunks_exact(row)) {
                    self.step(now, before);
                }
            });
        }
    }

    /// One step of one sample.
    fn step(&self, now: &mut [f32], before: &[f32]) {
        let u = self.d.units;
        let (gates, memory) = now.split_at_mut(4 * u);
        recurrent::add(gates, self.bias);
        (self.recurrent_activation.forward)(&mut gates[..2 * u], u);
        (self.activation.forward)(&mut gates[2 * u..3 * u], u);
        (self.recurrent_activation.forward)(&mut gates[3 * u..], u);
        remember(gates, &before[4 * u..5 * u], memory);
        let h = &mut memory[u..];
        (self.activation.forward)(h, u);
        recurrent::multiply(h, &gates[3 * u..]);
    }

    /// The gradients of all steps, the last one first.
    fn backward(&self, slab: &[f32], dy: &[f32], sequences: bool, grads: &mut [f32]) {
        let Dims { units, row, .. } = self.d;
        let (d, n, step) = (&self.d, 4 * units, self.d.step());
        // Behind the last step, nothing.
        grads[d.all() - step..].fill(0.0);
        let w = Mat::rows(self.recurrent, n).t();
        for t in (0..d.steps).rev() {
            let (now, after) = grads[t * step..].split_at_mut(step);
            if t + 1 < d.steps {
                let (dz, dh) = (columns(after, 0, d), &mut now[5 * units..]);
                gemm(d.batch, units, n, dz, w, dh, row, false, self.pool);
            }
            let len = rows_of(row);
            self.pool.for_each_chunk(now, len, |i, now| {
                for (b, now) in (i * (len / row)..).zip(now.chunks_exact_mut(row)) {
                    let dh = &mut now[5 * units..];
                    if !self.masks.state.is_empty() {
                        recurrent::multiply(dh, mask_row(self.masks.state, b, units));
                    }
                    recurrent::add(dh, output_gradient(dy, (t, b), d, sequences));
                    let at = |t: usize| &slab[(t * d.batch + b) * row..][..row];
                    self.back_step(now, &after[b * row..][..row], at(t + 1), at(t));
                }
            });
        }
    }

    /// The gradients of one step of one sample: `now` holds that of the output in its last columns.
    fn back_step(&self, now: &mut [f32], after: &[f32], values: &[f32], before: &[f32]) {
        let u = self.d.units;
        let (gates, rest) = now.split_at_mut(4 * u);
        let (dc, dh) = rest.split_at_mut(u);
        // Where the gradient of o will be, first activation(c).
        let out = &mut gates[3 * u..];
        out.copy_from_slice(&values[4 * u..5 * u]);
        (self.activation.forward)(out, u);
        dc.copy_from_slice(dh);
        recurrent::multiply(dc, &values[3 * u..4 * u]);
        self.activation.backward(out, dc, u);
        recurrent::add(dc, &after[4 * u..5 * u]);
        forget(gates, dc, dh, values, &before[4 * u..5 * u]);
        let (recurrent, rest) = gates.split_at_mut(2 * u);
        let (candidate, out) = rest.split_at_mut(u);
        self.recurrent_activation
            .backward(&values[..2 * u], recurrent, u);
        self.activation
            .backward(&values[2 * u..3 * u], candidate, u);
        self.recurrent_activation
            .backward(&values[3 * u..4 * u], out, u);
    }

    /// The gradients of the parameters and the input.
    fn gradients(
        &self,
        slab: &[f32],
        (x, dx): (&[f32], Option<&mut [f32]>),
        (dw, du, db): (&mut [f32], &mut [f32], &mut [f32]),
        scratch: Scratch<'_>,
    ) {
        let d = &self.d;
        let (n, rows, inputs) = (4 * d.units, d.steps * d.batch, d.inputs);
        let (grads, memory) = scratch.slab.split_at_mut(d.all());
        let Masks { input, state } = self.masks;
        let by_step = scratch.x;
        gather(x, by_step, d, self.backwards, input, self.pool);
        let (dz, xt) = (columns(grads, 0, d), Mat::rows(by_step, inputs).t());
        gemm(inputs, n, rows, xt, dz, dw, n, false, self.pool);
        back_recurrent((slab, grads), d, (du, n), state, scratch.h, self.pool);
        if !db.is_empty() {
            let sums = &mut memory[..d.row];
            sums.fill(0.0);
            add_column_sums(sums, grads, self.pool);
            db.copy_from_slice(&sums[..n]);
        }
        if let Some(dx) = dx {
            let w = Mat::rows(self.kernel, n).t();
            gemm(rows, inputs, n, dz, w, by_step, inputs, false, self.pool);
            scatter(by_step, dx, d, self.backwards, input, self.pool);
        }
    }
}

simd_fn! {
    /// c = f c + i g, and the same into h.
    fn remember(gates: &[f32], before: &[f32], memory: &mut [f32]) {
        let u = before.len();
        let (i, f, g) = (&gates[..u], &gates[u..2 * u], &gates[2 * u..3 * u]);
        let (c, h) = memory.split_at_mut(u);
        let (c, h) = (&mut c[..u], &mut h[..u]);
        for k in 0..u {
            c[k] = f[k] * before[k] + i[k] * g[k];
            h[k] = c[k];
        }
    }
}

simd_fn! {
    /// From the gradients of c and h to those of the gates' outputs (o's place holds activation(c)),
    /// and of the c before, in the place of that of c.
    fn forget(gates: &mut [f32], dc: &mut [f32], dh: &[f32], values: &[f32], before: &[f32]) {
        let u = before.len();
        let (di, rest) = gates.split_at_mut(u);
        let (df, rest) = rest.split_at_mut(u);
        let (dg, out) = rest.split_at_mut(u);
        let (di, df, dg, out) = (&mut di[..u], &mut df[..u], &mut dg[..u], &mut out[..u]);
        let (i, f, g) = (&values[..u], &values[u..2 * u], &values[2 * u..3 * u]);
        let (dc, dh) = (&mut dc[..u], &dh[..u]);
        for k in 0..u {
            out[k] *= dh[k];
            di[k] = dc[k] * g[k];
            df[k] = dc[k] * before[k];
            dg[k] = dc[k] * i[k];
            dc[k] *= f[k];
        }
    }
}
