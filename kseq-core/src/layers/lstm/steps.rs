//! The steps of an [`LSTM`](super::LSTM), forth and back.

use crate::base::part::{copy, from_mut, part, part_mut, split_mut};
use crate::base::sealed::Sealed;
use crate::kernels::dispatch::simd_fn;
use crate::kernels::elementwise::add_first_column_sums;
use crate::kernels::fpu::{rolled, unknown_many};
use crate::kernels::gemm::{Epilogue, Mat, device};
use crate::kernels::recurrent as kernels;
use crate::layers::recurrent::{
    self, Call, Dims, Function, Gradients, Input, Memory, Scratch, Step, Steps, add_state_products,
    back_input_products, back_recurrent, back_state_products, backward_by_kernel,
    forward_by_kernel, if_there, infer_by_kernel, input_products, output_gradient, transposed,
};
use crate::math::mul_add;
use crate::pool::rows_of;

/// Where the gates i f g o stand in a row, in units.
const GATES: &[usize] = &[0, 1, 2, 3];

/// The functions of a cell.
#[derive(Clone, Copy)]
pub struct LSTMSteps {
    pub activation: Function,
    pub recurrent_activation: Function,
    /// The kernels that there are for them.
    pub(in crate::layers) kernels: Option<kernels::Cell>,
}

impl LSTMSteps {
    /// One step of one sample.
    fn step(&self, call: &Call<'_>, now: &mut [f32], before: &[f32]) {
        let (u, at) = (call.d.units, memory_at(&call.d));
        let (gates, rest) = split_mut(now, 4 * u);
        let (kept, memory) = split_mut(rest, at - 4 * u);
        recurrent::add(gates, call.bias);
        if !kept.is_empty() {
            copy(kept, gates);
        }
        (self.recurrent_activation.forward)(part_mut(gates, 0, 2 * u), u);
        (self.activation.forward)(part_mut(gates, 2 * u, u), u);
        (self.recurrent_activation.forward)(part_mut(gates, 3 * u, u), u);
        remember(gates, part(before, at, u), memory);
        let h = from_mut(memory, u);
        (self.activation.forward)(h, u);
        recurrent::multiply(h, part(gates, 3 * u, u));
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
        let (u, at) = (call.d.units, memory_at(&call.d));
        let (gates, rest) = split_mut(now, at);
        let gates = part_mut(gates, 0, 4 * u);
        let (dc, dh) = split_mut(rest, u);
        // Where the gradient of o will be, first activation(c).
        let (out, c) = (part_mut(gates, 3 * u, u), part(values, at, u));
        copy(out, c);
        (self.activation.forward)(out, u);
        copy(dc, dh);
        recurrent::multiply(dc, part(values, 3 * u, u));
        self.activation.backward(out, c, dc, u);
        recurrent::add(dc, part(after, at, u));
        forget(gates, dc, dh, values, part(before, at, u));
        let (recurrent, rest) = split_mut(gates, 2 * u);
        let (candidate, out) = split_mut(rest, u);
        // The output of a gate, and its input if that is kept.
        let of = |gate: usize, gates: usize| {
            let kept = part(values, 4 * u, at - 4 * u);
            let at = gate * u;
            (part(values, at, gates * u), if_there(kept, at, gates * u))
        };
        let back = |f: &Function, (y, x): (&[f32], &[f32]), dy: &mut [f32]| f.backward(y, x, dy, u);
        back(&self.recurrent_activation, of(0, 2), recurrent);
        back(&self.activation, of(2, 1), candidate);
        back(&self.recurrent_activation, of(3, 1), out);
    }
}

/// Where the memory begins in a row: behind the gates, and what is kept of them.
fn memory_at(d: &Dims) -> usize {
    d.row - 2 * d.units
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
        infer_by_kernel(call, self.kernels, x, state, y, memory)
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
            ..Epilogue::default()
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

    fn forward(&self, call: &Call<'_>, x: &[f32], slab: &mut [f32], mut memory: Memory<'_>) {
        let Dims { units, row, .. } = call.d;
        let (d, n, step) = (&call.d, 4 * units, call.d.step());
        if d.batch == 0 || forward_by_kernel(call, self.kernels, x, slab, &mut memory) {
            return;
        }
        let Memory { by_step, h, .. } = memory;
        input_products(call, x, by_step, from_mut(slab, step), GATES);
        for t in 0..d.steps {
            let (before, now) = split_mut(slab, (t + 1) * step);
            let (before, now) = (part(before, t * step, step), part_mut(now, 0, step));
            add_state_products(call, before, h, now, (GATES, n));
            let (row, len) = (row.max(1), rows_of(row));
            call.pool.for_each_chunk(now, len, |i, now| {
                for (b, now) in (i * (len / row)..).zip(now.chunks_exact_mut(row)) {
                    let before = part(before, b * row, row);
                    self.step(call, now, before);
                    if call.masks.skips(t, b) {
                        copy(part_mut(now, n, row - n), part(before, n, row - n));
                    }
                }
            });
        }
    }

    fn backward(&self, call: &Call<'_>, slab: &[f32], dy: &[f32], scratch: &mut Scratch<'_>) {
        let (grads, room) = (&mut *scratch.slab, &mut *scratch.x);
        let memory = &mut *scratch.h;
        let Dims { units, row, .. } = call.d;
        let (d, n, step) = (&call.d, 4 * units, call.d.step());
        let at = memory_at(d);
        let w = transposed(call, room);
        let to = (&mut *grads, &mut *memory);
        if backward_by_kernel(call, self.kernels, slab, dy, w, to) {
            return;
        }
        // Behind the last step, nothing.
        from_mut(grads, d.all() - step).fill(0.0);
        for t in (0..d.steps).rev() {
            let (now, after) = split_mut(from_mut(grads, t * step), step);
            if t + 1 < d.steps {
                let to = (&mut *now, at + units);
                back_state_products(call, after, w, to, (GATES, memory));
            }
            let (row, len) = (row.max(1), rows_of(row));
            call.pool.for_each_chunk(now, len, |i, now| {
                for (b, now) in (i * (len / row)..).zip(now.chunks_exact_mut(row)) {
                    let dh = part_mut(now, at + units, units);
                    let after = part(after, b * row, row);
                    if call.masks.skips(t + 1, b) {
                        recurrent::add(dh, part(after, at + units, units));
                    }
                    recurrent::add(dh, output_gradient(call, dy, t, b));
                    if call.masks.skips(t, b) {
                        part_mut(now, 0, n).fill(0.0);
                        copy(part_mut(now, at, units), part(after, at, units));
                        continue;
                    }
                    let of = |t: usize| part(slab, (t * d.batch + b) * row, row);
                    self.back_step(call, now, after, of(t + 1), of(t));
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
        let grads = part(scratch.slab, 0, d.all());
        let (dw, rest) = match dp {
            Some(dp) => (Some(dp.kernel), Some((dp.recurrent, dp.bias))),
            None => (None, None),
        };
        back_input_products(call, grads, x, scratch.x, (dw, dx), GATES);
        if let Some((du, db)) = rest {
            back_recurrent(call, slab, grads, GATES, du, scratch.h);
            if !db.is_empty() {
                db.fill(0.0);
                add_first_column_sums(db, grads, d.row, call.pool);
            }
        }
    }
}

simd_fn! {
    /// c = f c + i g, and the same into h.
    fn remember(gates: &[f32], before: &[f32], memory: &mut [f32]) {
        let u = before.len();
        let (i, f, g) = (part(gates, 0, u), part(gates, u, u), part(gates, 2 * u, u));
        let (c, h) = split_mut(memory, u);
        let h = part_mut(h, 0, u);
        let rows = c.iter_mut().zip(h).zip(before).zip(i).zip(f).zip(g);
        for (((((c, h), before), i), f), g) in rows {
            rolled();
            *c = mul_add::<FMA>(*f, *before, i * g);
            *h = *c;
        }
    }
}

simd_fn! {
    /// From the gradients of c and h to those of the gates' outputs (o's place holds activation(c)),
    /// and of the c before, in the place of that of c.
    fn forget(gates: &mut [f32], dc: &mut [f32], dh: &[f32], values: &[f32], before: &[f32]) {
        let u = before.len();
        let (di, rest) = split_mut(gates, u);
        let (df, rest) = split_mut(rest, u);
        let (dg, out) = split_mut(rest, u);
        let out = part_mut(out, 0, u);
        let (i, f, g) = (part(values, 0, u), part(values, u, u), part(values, 2 * u, u));
        let (dc, dh) = (part_mut(dc, 0, u), part(dh, 0, u));
        let gradients = di.iter_mut().zip(df).zip(dg).zip(out).zip(dc);
        let rows = gradients.zip(dh).zip(before).zip(i).zip(f).zip(g);
        for (((((((((di, df), dg), out), dc), dh), before), i), f), g) in rows {
            rolled();
            *out *= dh;
            *di = *dc * g;
            *df = *dc * before;
            *dg = *dc * i;
            *dc *= f;
        }
    }
}
