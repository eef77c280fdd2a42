//! The steps of an [`GRU`](super::GRU), forth and back.

use crate::base::part::{copy, from_mut, part, part_mut, rows, rows_mut, split_mut};
use crate::base::sealed::Sealed;
use crate::kernels::dispatch::simd_fn;
use crate::kernels::elementwise::add_column_sums;
use crate::kernels::fpu::{rolled, unknown_many};
use crate::kernels::gemm::{Epilogue, Mat, device, gemm};
use crate::kernels::recurrent as kernels;
use crate::layers::recurrent::{
    self, Call, Dims, Function, Gradients, Input, Memory, Scratch, Step, Steps, add_state_products,
    back_input_products, back_recurrent, back_state_products, backward_by_kernel, columns,
    copy_or_zeros, forward_by_kernel, if_there, infer_by_kernel, input_products, output_gradient,
    state_mask, transposed,
};
use crate::pool::rows_of;

/// The functions of a cell.
#[derive(Clone, Copy)]
pub struct GRUSteps {
    pub activation: Function,
    pub recurrent_activation: Function,
    pub reset_after: bool,
    /// The kernels that there are for them.
    pub(in crate::layers) kernels: Option<kernels::Cell>,
}

impl Sealed for GRUSteps {}

impl Steps for GRUSteps {
    const WORK: usize = 4;

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

    /// The work is z r, the candidate g, and the part of it that comes from the state.
    fn advance(&self, call: &Call<'_>, Step { x, work, h, .. }: Step<'_>) {
        let (u, n) = (call.d.units, 3 * call.d.units);
        let (input, state) = call.bias.split_at(call.bias.len().min(n));
        let (v, candidate) = (Mat::rows(call.recurrent, n), from(call.recurrent, 2 * u, n));
        let added = Epilogue {
            accumulate: true,
            ..Epilogue::default()
        };
        let with_bias = Epilogue {
            bias: input,
            ..Epilogue::default()
        };
        let (gates, product) = work.split_at_mut(work.len().min(n));
        device::row(x, Mat::rows(call.kernel, n), with_bias, gates);
        let (gates, g) = gates.split_at_mut(gates.len().min(2 * u));
        recurrent::add(gates, state);
        device::row(h, v, added, gates);
        let (z, r) = gates.split_at_mut(gates.len().min(u));
        for gate in [&mut *z, &mut *r] {
            (self.recurrent_activation.forward)(gate, u);
        }
        if self.reset_after {
            copy_or_zeros(product, state.get(2 * u..).unwrap_or_default());
            device::row(h, candidate, added, product);
            recurrent::multiply(product, r);
            recurrent::add(g, product);
        } else {
            copy_or_zeros(product, h);
            recurrent::multiply(product, r);
            device::row(product, candidate, added, g);
        }
        (self.activation.forward)(g, u);
        for ((h, z), g) in unknown_many(h).iter_mut().zip(z).zip(g) {
            rolled();
            *h = *z * *h + (1.0 - *z) * *g;
        }
    }

    fn forward(&self, call: &Call<'_>, x: &[f32], slab: &mut [f32], mut memory: Memory<'_>) {
        let Dims { units, row, .. } = call.d;
        let (d, n, step) = (&call.d, 3 * units, call.d.step());
        if d.batch == 0 || forward_by_kernel(call, self.kernels, x, slab, &mut memory) {
            return;
        }
        let Memory { by_step, h, .. } = memory;
        let z = from_mut(slab, step);
        input_products(call, x, by_step, z, OF_INPUT);
        // What the products with the state are added to.
        call.pool.for_each_chunk(z, rows_of(row), |_, z| {
            z.chunks_exact_mut(row.max(1))
                .for_each(|row| part_mut(row, 2 * units, units).fill(0.0));
        });
        for t in 0..d.steps {
            let (before, now) = split_mut(slab, (t + 1) * step);
            let (before, now) = (part(before, t * step, step), part_mut(now, 0, step));
            add_state_products(call, before, h, now, (self.of_state(), n));
            each_row(call, now, |b, now| {
                self.biases(call, now);
                let (gates, rest) = split_mut(now, 2 * units);
                if let Some(kept) = kept_mut(rest, 2 * units, units) {
                    copy(part_mut(kept, 0, 2 * units), gates);
                }
                (self.recurrent_activation.forward)(gates, units);
                let before = part(before, (b + 1) * row - units, units);
                if self.reset_after {
                    self.candidate_and_output(call, now, before, call.masks.skips(t, b));
                } else {
                    let (gates, product) = split_mut(now, 2 * units);
                    let product = part_mut(product, 0, units);
                    copy(product, before);
                    recurrent::multiply(product, state_mask(call, CANDIDATE, b));
                    recurrent::multiply(product, part(gates, units, units));
                }
            });
            if !self.reset_after {
                for (h, now) in rows_mut(h, units).zip(rows(now, row)) {
                    copy(h, part(now, 2 * units, units));
                }
                let (h, v) = (Mat::rows(h, units), from(call.recurrent, 2 * units, n));
                let g = from_mut(now, n);
                gemm(d.batch, units, units, h, v, g, row, true, call.pool);
                each_row(call, now, |b, now| {
                    let before = part(before, (b + 1) * row - units, units);
                    let bias = call.bias.get(2 * units..).unwrap_or(&[]);
                    recurrent::add(part_mut(now, n, units), bias);
                    self.candidate_and_output(call, now, before, call.masks.skips(t, b));
                });
            }
        }
    }

    fn backward(&self, call: &Call<'_>, slab: &[f32], dy: &[f32], scratch: &mut Scratch<'_>) {
        let Dims { units, row, .. } = call.d;
        let (d, n, step) = (&call.d, 3 * units, call.d.step());
        let (grads, memory) = (&mut *scratch.slab, &mut *scratch.h);
        let w = transposed(call, scratch.x);
        let to = (&mut *grads, &mut *memory);
        if backward_by_kernel(call, self.kernels, slab, dy, w, to) {
            return;
        }
        // Behind the last step, nothing.
        from_mut(grads, d.all() - step).fill(0.0);
        // The columns of the candidate, transposed.
        let v = Mat {
            data: w.data.get(2 * units * w.rs..).unwrap_or_default(),
            ..w
        };
        for t in (0..d.steps).rev() {
            let (now, after) = split_mut(from_mut(grads, t * step), step);
            if t + 1 < d.steps {
                let to = (&mut *now, row - units);
                back_state_products(call, after, w, to, (self.of_state(), memory));
            }
            let at = |t: usize, b: usize| part(slab, (t * d.batch + b) * row, row);
            each_row(call, now, |b, now| {
                let dh = part_mut(now, row - units, units);
                recurrent::add(dh, part(after, (b + 1) * row - units, units));
                recurrent::add(dh, output_gradient(call, dy, t, b));
                if call.masks.skips(t, b) {
                    part_mut(now, 0, 4 * units).fill(0.0);
                    return;
                }
                let (values, before) = (at(t + 1, b), part(at(t, b), row - units, units));
                unmix(now, values, before);
                let kept = kept(values, units);
                let (g, x) = (part(values, n, units), if_there(kept, 2 * units, units));
                self.activation
                    .backward(g, x, part_mut(now, n, units), units);
                if self.reset_after {
                    unreset(part_mut(now, units, n), part(values, units, 2 * units));
                    let (r, x) = (part(values, 0, 2 * units), if_there(kept, 0, 2 * units));
                    let dr = part_mut(now, 0, 2 * units);
                    self.recurrent_activation.backward(r, x, dr, units);
                }
            });
            if !self.reset_after {
                let dg = columns(now, n, d);
                gemm(
                    d.batch, units, units, dg, v, memory, units, false, call.pool,
                );
                let memory = &*memory;
                each_row(call, now, |b, now| {
                    if call.masks.skips(t, b) {
                        return;
                    }
                    let (dproduct, mask) = (
                        part(memory, b * units, units),
                        state_mask(call, CANDIDATE, b),
                    );
                    let (values, before) = (at(t + 1, b), part(at(t, b), row - units, units));
                    reset_first(now, dproduct, values, (before, mask));
                    let (r, x) = (part(values, 0, 2 * units), kept(values, units));
                    let dr = part_mut(now, 0, 2 * units);
                    self.recurrent_activation
                        .backward(r, if_there(x, 0, 2 * units), dr, units);
                });
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
        let units = call.d.units;
        let (d, n, rows) = (&call.d, 3 * units, call.d.steps * call.d.batch);
        let (grads, memory) = split_mut(scratch.slab, d.all());
        let grads = &*grads;
        let (dw, rest) = match dp {
            Some(dp) => (Some(dp.kernel), Some((dp.recurrent, dp.bias))),
            None => (None, None),
        };
        back_input_products(call, grads, x, scratch.x, (dw, dx), OF_INPUT);
        if let Some((du, db)) = rest {
            back_recurrent(call, slab, grads, self.of_state(), du, scratch.h);
            if !self.reset_after {
                let (rh, dg) = (columns(slab, d.step() + 2 * units, d), columns(grads, n, d));
                let du = from_mut(du, 2 * units);
                gemm(units, units, rows, rh.t(), dg, du, n, false, call.pool);
            }
            if !db.is_empty() {
                let sums = part_mut(memory, 0, d.row);
                sums.fill(0.0);
                add_column_sums(sums, grads, call.pool);
                let (input, state) = split_mut(db, n);
                let (gates, candidate) = split_mut(input, 2 * units);
                copy(gates, part(sums, 0, 2 * units));
                copy(candidate, part(sums, n, units));
                if !state.is_empty() {
                    copy(state, part(sums, 0, n));
                }
            }
        }
    }
}

/// Where the gates z r g stand in a row, in units: their products with the input, and with the state.
const OF_INPUT: &[usize] = &[0, 1, 3];
const OF_STATE: &[usize] = &[0, 1, 2];

/// The gate g.
const CANDIDATE: usize = 2;

impl GRUSteps {
    /// The gates whose products with the state come before the activations of the others.
    fn of_state(&self) -> &'static [usize] {
        match self.reset_after {
            true => OF_STATE,
            false => const { OF_STATE.split_at(CANDIDATE).0 },
        }
    }

    /// Adds the biases to the products, but for that of a candidate whose products are not all there.
    fn biases(&self, call: &Call<'_>, row: &mut [f32]) {
        let u = call.d.units;
        let (input, state) = call.bias.split_at(call.bias.len().min(3 * u));
        recurrent::add(part_mut(row, 0, 2 * u), input);
        recurrent::add(part_mut(row, 0, 3 * u), state);
        if self.reset_after {
            recurrent::add(part_mut(row, 3 * u, u), input.get(2 * u..).unwrap_or(&[]));
        }
    }

    /// A masked step is skipped: its output is the one before.
    fn candidate_and_output(
        &self,
        call: &Call<'_>,
        now: &mut [f32],
        before: &[f32],
        skipped: bool,
    ) {
        let u = call.d.units;
        if self.reset_after {
            let (gates, g) = split_mut(part_mut(now, u, 3 * u), 2 * u);
            reset(g, part(gates, 0, u), part(gates, u, u));
        }
        let (g, rest) = split_mut(from_mut(now, 3 * u), u);
        if let Some(kept) = kept_mut(rest, 0, u) {
            copy(part_mut(kept, 2 * u, u), g);
        }
        (self.activation.forward)(g, u);
        mix(now, before);
        if skipped {
            let h = call.d.row - u;
            copy(part_mut(now, h, u), before);
        }
    }
}

/// What a row keeps of z, r and g before their activations, if anything.
fn kept(row: &[f32], u: usize) -> &[f32] {
    part(row, 4 * u, row.len() - 5 * u)
}

/// The same from behind the gates on, where it begins at `at`.
fn kept_mut(rest: &mut [f32], at: usize, u: usize) -> Option<&mut [f32]> {
    (rest.len() > at + u).then(|| part_mut(rest, at, 3 * u))
}

/// Calls `f` with the number of the sample and its row.
fn each_row(call: &Call<'_>, rows: &mut [f32], f: impl Fn(usize, &mut [f32]) + Sync) {
    let (row, len) = (call.d.row.max(1), rows_of(call.d.row));
    call.pool.for_each_chunk(rows, len, |i, rows| {
        for (b, row) in (i * (len / row)..).zip(rows.chunks_exact_mut(row)) {
            f(b, row);
        }
    });
}

/// The columns of a kernel from `first` on.
fn from(kernel: &[f32], first: usize, columns: usize) -> Mat<'_> {
    Mat {
        data: kernel.get(first..).unwrap_or_default(),
        rs: columns,
        cs: 1,
    }
}

simd_fn! {
    /// g += r p
    fn reset(g: &mut [f32], r: &[f32], p: &[f32]) {
        for ((g, r), p) in g.iter_mut().zip(r).zip(p) {
            *g += r * p;
        }
    }
}

simd_fn! {
    /// h = z h + (1 - z) g
    fn mix(now: &mut [f32], before: &[f32]) {
        let u = before.len();
        let (gates, h) = split_mut(now, now.len() - u);
        let (z, g, h) = (part(gates, 0, u), part(gates, 3 * u, u), part_mut(h, 0, u));
        for (((h, before), z), g) in h.iter_mut().zip(before).zip(z).zip(g) {
            rolled();
            *h = z * before + (1.0 - z) * g;
        }
    }
}

simd_fn! {
    /// From the gradient of h to those of z, g, and in its own place of the h before.
    fn unmix(now: &mut [f32], values: &[f32], before: &[f32]) {
        let u = before.len();
        let (dz, rest) = split_mut(now, u);
        let (dg, rest) = split_mut(from_mut(rest, 2 * u), u);
        let dh = from_mut(rest, rest.len() - u);
        let (z, g) = (part(values, 0, u), part(values, 3 * u, u));
        let rows = dz.iter_mut().zip(dg).zip(dh).zip(before).zip(z).zip(g);
        for (((((dz, dg), dh), before), z), g) in rows {
            rolled();
            *dz = *dh * (before - g);
            *dg = *dh * (1.0 - z);
            *dh *= z;
        }
    }
}

simd_fn! {
    /// From the gradient of g before its activation to those of r and of the product with the state.
    fn unreset(now: &mut [f32], values: &[f32]) {
        let u = values.len() / 2;
        let (dr, rest) = split_mut(now, u);
        let (dp, dg) = split_mut(rest, u);
        let dg = part(dg, 0, u);
        let (r, p) = (part(values, 0, u), part(values, u, u));
        for ((((dr, dp), dg), r), p) in dr.iter_mut().zip(dp).zip(dg).zip(r).zip(p) {
            rolled();
            *dr = *dg * p;
            *dp = *dg * r;
        }
    }
}

/// `reset_after = false`: from the gradient of r h to that of r, and added to that of the h before.
fn reset_first(now: &mut [f32], dproduct: &[f32], values: &[f32], (h, mask): (&[f32], &[f32])) {
    let u = h.len();
    let (dr, rest) = split_mut(from_mut(now, u), u);
    let (dp, dh) = split_mut(rest, rest.len() - u);
    let dp = part_mut(dp, 0, u);
    copy(dr, h);
    copy(dp, part(values, u, u));
    if !mask.is_empty() {
        recurrent::multiply(dr, mask);
        recurrent::multiply(dp, mask);
    }
    recurrent::multiply(dr, dproduct);
    recurrent::multiply(dp, dproduct);
    recurrent::add(dh, dp);
}
