//! The matrix products of a sequence: of its input, and of the state before each step, with the kernels of the gates; and their
//! gradients.

use super::call::{Call, Dims};
use super::slab::{add, gather, multiply, scatter};
use crate::base::part::{copy, from, from_mut, part, part_mut, rows, rows_mut, set};
use crate::kernels::gemm::{Mat, gemm};

/// The transposed of the recurrent kernel: a copy, so that not every step makes one, if it is used often and there is room.
pub fn transposed<'a>(call: &Call<'a>, room: &'a mut [f32]) -> Mat<'a> {
    /// Rows and columns at a time: whole lines of the cache.
    const SIDE: usize = 16;
    let (d, kernel) = (&call.d, call.recurrent);
    let (u, n) = (d.units, kernel.len() / d.units.max(1));
    if room.len() < kernel.len() || d.batch * d.steps < 64 {
        return Mat::rows(kernel, n).t();
    }
    for first in (0..n).step_by(SIDE) {
        let end = n.min(first + SIDE);
        for (k, row) in kernel.chunks_exact(n.max(1)).enumerate() {
            for (j, value) in (first..).zip(part(row, first, end - first)) {
                set(room, j * u + k, *value);
            }
        }
    }
    Mat::rows(room, u)
}

/// The outputs of the step before: `h`, in the last columns of its rows; dropped in `memory`, as a gate has it.
fn state<'a>(call: &Call<'_>, before: &'a [f32], gate: usize, memory: &'a mut [f32]) -> Mat<'a> {
    let (d, mask) = (&call.d, call.masks.state(gate));
    if mask.is_empty() {
        return last_columns(before, d);
    }
    for (h, row) in rows_mut(memory, d.units).zip(rows(before, d.row)) {
        copy(h, part(row, d.row - d.units, d.units));
    }
    multiply(memory, mask);
    Mat::rows(memory, d.units)
}

fn last_columns<'a>(rows: &'a [f32], d: &Dims) -> Mat<'a> {
    columns(rows, d.row - d.units, d)
}

/// The matrix of a slab's rows that begins at a column.
pub fn columns<'a>(rows: &'a [f32], first: usize, d: &Dims) -> Mat<'a> {
    Mat {
        data: from(rows, first),
        rs: d.row,
        cs: 1,
    }
}

/// Gates whose products are taken together.
#[derive(Clone, Copy)]
struct Run {
    /// The first of them.
    gate: usize,
    /// Where its columns begin in a kernel, and in a slab's row.
    kernel: usize,
    slab: usize,
    /// How many columns there are.
    width: usize,
}

/// The gates of a kernel, which stand at `at` in a slab's row, counted in units: neighbours together, unless each has masks of
/// its own.
fn runs<'a>(call: &Call<'_>, at: &'a [usize]) -> impl Iterator<Item = Run> + 'a {
    let (u, apart) = (call.d.units, call.masks.apart());
    let mut next = 0;
    core::iter::from_fn(move || {
        let (gate, first) = (next, *at.get(next)?);
        next += 1;
        while !apart && at.get(next).is_some_and(|at| *at == first + next - gate) {
            next += 1;
        }
        Some(Run {
            gate,
            kernel: gate * u,
            slab: first * u,
            width: (next - gate) * u,
        })
    })
}

/// The columns of a kernel with `n` of them from `first` on.
fn kernel_from(kernel: &[f32], first: usize, n: usize) -> Mat<'_> {
    Mat {
        data: kernel.get(first..).unwrap_or_default(),
        rs: n,
        cs: 1,
    }
}

/// The products of the input with the kernel of all gates, for all steps, to the rows from `z` on.
pub fn input_products(
    call: &Call<'_>,
    x: &[f32],
    by_step: &mut [f32],
    z: &mut [f32],
    at: &[usize],
) {
    let (d, pool, n) = (&call.d, call.pool, at.len() * call.d.units);
    for run in runs(call, at) {
        if run.gate == 0 || call.masks.apart() {
            gather(call, x, run.gate, by_step);
        }
        let (x, w) = (
            Mat::rows(by_step, d.inputs),
            kernel_from(call.kernel, run.kernel, n),
        );
        let z = from_mut(z, run.slab);
        let rows = d.steps * d.batch;
        gemm(rows, run.width, d.inputs, x, w, z, d.row, false, pool);
    }
}

/// Adds the products of the state before with the first gates of a recurrent kernel of `n` columns to the rows of a step.
pub fn add_state_products(
    call: &Call<'_>,
    before: &[f32],
    memory: &mut [f32],
    now: &mut [f32],
    (at, n): (&[usize], usize),
) {
    let (d, pool) = (&call.d, call.pool);
    for run in runs(call, at) {
        let h = state(call, before, run.gate, memory);
        let w = kernel_from(call.recurrent, run.kernel, n);
        let now = from_mut(now, run.slab);
        gemm(d.batch, run.width, d.units, h, w, now, d.row, true, pool);
    }
}

/// The gradient of the state before, from column `first` of the rows of a step on, from those of the gates of the step after;
/// `w` is the recurrent kernel [`transposed`].
pub fn back_state_products(
    call: &Call<'_>,
    after: &[f32],
    w: Mat<'_>,
    (now, first): (&mut [f32], usize),
    (at, memory): (&[usize], &mut [f32]),
) {
    let (d, pool, u) = (&call.d, call.pool, call.d.units);
    for run in runs(call, at) {
        let dz = columns(after, run.slab, d);
        let w = Mat {
            data: from(w.data, run.kernel * w.rs),
            ..w
        };
        if !call.masks.apart() {
            let dh = from_mut(now, first);
            gemm(d.batch, u, run.width, dz, w, dh, d.row, false, pool);
            continue;
        }
        gemm(d.batch, u, u, dz, w, memory, u, false, pool);
        multiply(memory, call.masks.state(run.gate));
        for (dh, part) in rows_mut(now, d.row).zip(rows(memory, u)) {
            let dh = part_mut(dh, first, u);
            match run.gate {
                0 => copy(dh, part),
                _ => add(dh, part),
            }
        }
    }
    if call.masks.apart() || call.masks.state.is_empty() {
        return;
    }
    for (dh, mask) in rows_mut(now, d.row).zip(rows(call.masks.state, u)) {
        multiply(part_mut(dh, first, u), mask);
    }
}

/// The gradients of the kernel, `dw`, and of the input, from those of the gates.
pub fn back_input_products(
    call: &Call<'_>,
    grads: &[f32],
    x: &[f32],
    by_step: &mut [f32],
    (dw, dx): (Option<&mut [f32]>, Option<&mut [f32]>),
    at: &[usize],
) {
    let (d, pool, n) = (&call.d, call.pool, at.len() * call.d.units);
    let rows = d.steps * d.batch;
    if let Some(dw) = dw {
        for run in runs(call, at) {
            if run.gate == 0 || call.masks.apart() {
                gather(call, x, run.gate, by_step);
            }
            let (xt, dz) = (
                Mat::rows(by_step, d.inputs).t(),
                columns(grads, run.slab, d),
            );
            let dw = from_mut(dw, run.kernel);
            gemm(d.inputs, run.width, rows, xt, dz, dw, n, false, pool);
        }
    }
    let Some(dx) = dx else { return };
    for run in runs(call, at) {
        let w = kernel_from(call.kernel, run.kernel, n).t();
        let (dz, apart) = (columns(grads, run.slab, d), call.masks.apart());
        let more = run.gate > 0 && !apart;
        gemm(
            rows, d.inputs, run.width, dz, w, by_step, d.inputs, more, pool,
        );
        if apart {
            scatter(call, by_step, run.gate, dx);
        }
    }
    if !call.masks.apart() {
        scatter(call, by_step, 0, dx);
    }
}

/// The gradient of the first gates of the recurrent kernel, `dw`.
pub fn back_recurrent(
    call: &Call<'_>,
    slab: &[f32],
    grads: &[f32],
    at: &[usize],
    dw: &mut [f32],
    memory: &mut [f32],
) {
    let (d, pool) = (&call.d, call.pool);
    let ldc = dw.len() / d.units.max(1);
    for run in runs(call, at) {
        let dw = from_mut(dw, run.kernel);
        if call.masks.state.is_empty() {
            let h = last_columns(slab, d).t();
            let (rows, g) = (d.steps * d.batch, columns(grads, run.slab, d));
            gemm(d.units, run.width, rows, h, g, dw, ldc, false, pool);
            continue;
        }
        for t in 0..d.steps {
            let first = t * d.step();
            let h = state(call, part(slab, first, d.step()), run.gate, memory).t();
            let g = columns(grads, first + run.slab, d);
            gemm(d.units, run.width, d.batch, h, g, dw, ldc, t > 0, pool);
        }
    }
}

/// What dropout multiplies the state of sample `b` with for a gate, or nothing.
pub fn state_mask<'a>(call: &Call<'a>, gate: usize, b: usize) -> &'a [f32] {
    let (mask, width) = (call.masks.state(gate), call.d.units);
    match mask.is_empty() {
        true => mask,
        false => part(mask, b * width, width),
    }
}
