//! The steps of an [`LSTM`](super::LSTM), forth and back.

use crate::base::sealed::Sealed;
use crate::kernels::dispatch::simd_fn;
use crate::kernels::elementwise::add_first_column_sums;
use crate::kernels::fpu::{rolled, unknown_many};
use crate::kernels::gemm::{Epilogue, Mat, device, gemm};
use crate::kernels::lstm::{self, BackwardStep, InitialState, Sequence};
use crate::layers::recurrent::{
    self, Call, Dims, Function, Gradients, Input, Memory, Scratch, Step, Steps, back_recurrent,
    columns, gather, output_gradient, output_gradients, scatter, state, state_mask, transposed,
};
use crate::math::mul_add;
use crate::pool::rows_of;

type Skips<'a> = dyn Fn(usize, usize) -> bool + Sync + 'a;

/// The functions of a cell.
#[derive(Clone, Copy)]
pub struct LSTMSteps {
    pub activation: Function,
    pub recurrent_activation: Function,
    /// Whether they are tanh and sigmoid.
    pub usual: bool,
}

impl LSTMSteps {
    /// The sequence as the kernel for the usual activations takes it, if it does.
    fn usual<'b>(&self, call: &'b Call<'b>, skips: &'b Skips<'b>) -> Option<Sequence<'b>> {
        let d = &call.d;
        let takes = self.usual && call.masks.state.is_empty() && d.steps > 0 && d.inputs > 0;
        (takes && lstm::suits(d.batch, d.units, call.pool)).then_some(Sequence {
            batch: d.batch,
            steps: d.steps,
            inputs: d.inputs,
            units: d.units,
            x: &[],
            by_step: false,
            backwards: call.backwards,
            kernel: call.kernel,
            recurrent: call.recurrent,
            bias: call.bias,
            skips: call.masks.any().then_some(skips),
        })
    }

    /// One step of one sample.
    fn step(&self, call: &Call<'_>, now: &mut [f32], before: &[f32]) {
        let u = call.d.units;
        let (gates, memory) = now.split_at_mut(4 * u);
        recurrent::add(gates, call.bias);
        (self.recurrent_activation.forward)(&mut gates[..2 * u], u);
        (self.activation.forward)(&mut gates[2 * u..3 * u], u);
        (self.recurrent_activation.forward)(&mut gates[3 * u..], u);
        remember(gates, &before[4 * u..5 * u], memory);
        let h = &mut memory[u..];
        (self.activation.forward)(h, u);
        recurrent::multiply(h, &gates[3 * u..]);
    }

    /// The gradients of one step of one sample: `now` holds that of the output in its last columns.
    fn back_step(
        &self,
        call: &Call<'_>,
        now: &mut [f32],
        after: &[f32],
        values: &[f32],
        before: &[f32],
    ) {
        let u = call.d.units;
        let rows = BackwardStep {
            units: u,
            values,
            before,
            after,
            dy: &[],
            dy_stride: 0,
        };
        if self.usual && lstm::step_backward(now, &rows) {
            return;
        }
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
}

impl Sealed for LSTMSteps {}

impl Steps for LSTMSteps {
    const WORK: usize = 4;
    const CARRIES: usize = 1;

    fn infer(
        &self,
        call: &Call<'_>,
        x: &[f32],
        state: &[f32],
        y: &mut [f32],
        memory: &mut [f32],
    ) -> bool {
        let skips = |t: usize, b: usize| call.masks.skips(t, b);
        let Some(sequence) = self.usual(call, &skips) else {
            return false;
        };
        let (h, c) = state.split_at(state.len() / 2);
        let state = InitialState { h, c };
        Sequence { x, ..sequence }.infer(state, y, call.sequences, memory, call.pool);
        recurrent::clear_padding(call, y);
        true
    }

    fn advance(&self, call: &Call<'_>, Step { x, work, c, h }: Step<'_>) {
        let u = call.d.units;
        let (w, v) = (
            Mat::rows(call.kernel, 4 * u),
            Mat::rows(call.recurrent, 4 * u),
        );
        device::row(x, w, Epilogue::default(), work);
        let with_bias = Epilogue {
            accumulate: true,
            bias: call.bias,
            relu: false,
        };
        device::row(h, v, with_bias, work);
        let mut gates = work.chunks_exact_mut(u.max(1));
        let (Some(i), Some(f), Some(g), Some(o)) =
            (gates.next(), gates.next(), gates.next(), gates.next())
        else {
            return;
        };
        for gate in [&mut *i, &mut *f, &mut *o] {
            (self.recurrent_activation.forward)(gate, u);
        }
        (self.activation.forward)(g, u);
        for ((((h, c), i), f), g) in unknown_many(h).iter_mut().zip(c).zip(i).zip(f).zip(g) {
            rolled();
            *c = *f * *c + *i * *g;
            *h = *c;
        }
        (self.activation.forward)(h, u);
        recurrent::multiply(h, o);
    }

    fn forward(&self, call: &Call<'_>, x: &[f32], slab: &mut [f32], memory: Memory<'_>) {
        let Memory {
            by_step,
            h,
            room,
            zeros,
        } = memory;
        let Dims { units, row, .. } = call.d;
        let (d, n, step) = (&call.d, 4 * units, call.d.step());
        if d.batch == 0 {
            return;
        }
        let skips = |t: usize, b: usize| call.masks.skips(t, b);
        if let Some(mut sequence) = self.usual(call, &skips) {
            sequence.x = x;
            if !call.masks.input.is_empty() || !lstm::takes_input(d.batch, d.inputs, units) {
                gather(call, x, by_step);
                (sequence.x, sequence.by_step) = (by_step, true);
            }
            sequence.forward(slab, zeros, room, call.pool);
            return;
        }
        gather(call, x, by_step);
        let (x, w) = (Mat::rows(by_step, d.inputs), Mat::rows(call.kernel, n));
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
            call.pool,
        );
        let w = Mat::rows(call.recurrent, n);
        for t in 0..d.steps {
            let (before, now) = slab.split_at_mut((t + 1) * step);
            let (before, now) = (&before[t * step..], &mut now[..step]);
            let h = state(call, before, h);
            gemm(d.batch, n, units, h, w, now, row, true, call.pool);
            let len = rows_of(row);
            call.pool.for_each_chunk(now, len, |i, now| {
                for (b, now) in (i * (len / row)..).zip(now.chunks_exact_mut(row)) {
                    let before = &before[b * row..][..row];
                    self.step(call, now, before);
                    if call.masks.skips(t, b) {
                        now[n..].copy_from_slice(&before[n..]);
                    }
                }
            });
        }
    }

    fn backward(&self, call: &Call<'_>, slab: &[f32], dy: &[f32], scratch: &mut Scratch<'_>) {
        let (grads, room) = (&mut *scratch.slab, &mut *scratch.x);
        let Dims { units, row, .. } = call.d;
        let (d, n, step) = (&call.d, 4 * units, call.d.step());
        // Behind the last step, nothing.
        grads[d.all() - step..].fill(0.0);
        let w = transposed(call, room);
        let plain = !call.masks.any() && call.masks.state.is_empty();
        for t in (0..d.steps).rev() {
            let (now, after) = grads[t * step..].split_at_mut(step);
            if t + 1 < d.steps {
                let (dz, dh) = (columns(after, 0, d), &mut now[5 * units..]);
                gemm(d.batch, units, n, dz, w, dh, row, false, call.pool);
            }
            let len = rows_of(row);
            call.pool.for_each_chunk(now, len, |i, now| {
                let part = i * len..i * len + now.len();
                let values = &slab[(t + 1) * step..][part.clone()];
                let (dy_rows, dy_stride) = output_gradients(call, dy, t, i * (len / row));
                let rows = BackwardStep {
                    units,
                    values,
                    before: &slab[t * step..][part.clone()],
                    after: &after[part],
                    dy: dy_rows,
                    dy_stride,
                };
                if self.usual && plain && lstm::step_backward(now, &rows) {
                    return;
                }
                for (b, now) in (i * (len / row)..).zip(now.chunks_exact_mut(row)) {
                    let dh = &mut now[5 * units..];
                    if !call.masks.state.is_empty() {
                        recurrent::multiply(dh, state_mask(call, b));
                    }
                    let after = &after[b * row..][..row];
                    if call.masks.skips(t + 1, b) {
                        recurrent::add(dh, &after[5 * units..]);
                    }
                    recurrent::add(dh, output_gradient(call, dy, t, b));
                    if call.masks.skips(t, b) {
                        now[..n].fill(0.0);
                        now[n..5 * units].copy_from_slice(&after[n..5 * units]);
                        continue;
                    }
                    let at = |t: usize| &slab[(t * d.batch + b) * row..][..row];
                    self.back_step(call, now, after, at(t + 1), at(t));
                }
            });
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
        let (n, rows, inputs) = (4 * d.units, d.steps * d.batch, d.inputs);
        let grads = &scratch.slab[..d.all()];
        let by_step = scratch.x;
        let dz = columns(grads, 0, d);
        if let Some(Gradients {
            kernel: dw,
            recurrent: du,
            bias: db,
        }) = dp
        {
            gather(call, x, by_step);
            let xt = Mat::rows(by_step, inputs).t();
            gemm(inputs, n, rows, xt, dz, dw, n, false, call.pool);
            back_recurrent(call, slab, grads, n, du, scratch.h);
            if !db.is_empty() {
                db.fill(0.0);
                add_first_column_sums(db, grads, d.row, call.pool);
            }
        }
        if let Some(dx) = dx {
            let w = Mat::rows(call.kernel, n).t();
            gemm(rows, inputs, n, dz, w, by_step, inputs, false, call.pool);
            scatter(call, by_step, dx);
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
            c[k] = mul_add::<FMA>(f[k], before[k], i[k] * g[k]);
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
