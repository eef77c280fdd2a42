//! The memory of a sequence: slabs, time-major copies, dropout masks.

use super::arguments::Recurrent;
use super::call::{Call, Dims, Masks};
use crate::base::part::{copy, from, part, part_mut, rows, rows_mut, split_mut};
use crate::facts::Mask;
use crate::kernels::dispatch::simd_fn;
use crate::kernels::fpu::{rolled, unknown_many};
use crate::layer::Ctx;
use crate::layers::noise;
use crate::pool::{Pool, rows_of};
use crate::rng::{GROUP, Rng};

/// The slab's size for one sample.
pub const fn slab(steps: usize, row: usize) -> usize {
    (steps + 1) * row
}

/// The scratch memory for one sample: the input time-major, a slab, one row of units, and so many masks.
pub const fn scratch(steps: usize, inputs: usize, units: usize, row: usize, masks: usize) -> usize {
    let masks = masks * (inputs + units);
    steps * inputs + slab(steps, row) + units + masks
}

/// The scratch memory of a call.
pub struct Scratch<'a> {
    /// The input, or its gradient: `[steps][batch][inputs]`.
    pub x: &'a mut [f32],
    /// A slab.
    pub slab: &'a mut [f32],
    /// `[batch][units]`
    pub h: &'a mut [f32],
    pub masks: Masks<'a>,
}

/// The scratch memory of a call, divided.
pub struct Buffers<'a> {
    pub x: &'a mut [f32],
    pub slab: &'a mut [f32],
    pub h: &'a mut [f32],
    /// For the masks.
    pub rest: &'a mut [f32],
}

impl<'a> Buffers<'a> {
    pub fn of(memory: &'a mut [f32], d: &Dims) -> Self {
        let (x, rest) = split_mut(memory, d.batch * d.steps * d.inputs);
        let (slab, rest) = split_mut(rest, d.batch * slab(d.steps, d.row));
        let (h, rest) = split_mut(rest, d.batch * d.units);
        Buffers { x, slab, h, rest }
    }
}

/// What becomes of a mask of steps.
pub const fn keeps_mask(sequences: bool) -> Mask {
    match sequences {
        true => Mask::Keeps,
        false => Mask::Drops,
    }
}

/// The masks' random numbers begin here, in groups: the counter has 28 bits of them.
const STATE_MASK: u32 = 1 << 27;

impl<'a> Scratch<'a> {
    /// Divides the memory, and draws the masks of a cell with so many gates.
    pub fn new<'c>(cx: &'a mut Ctx<'c>, d: &Dims, r: &Recurrent, gates: usize) -> (Self, &'c Pool) {
        let gates = if r.mask_for_each_gate { gates } else { 1 };
        let (noise, training, pool) = (noise::rng(r.seed, cx), cx.training, cx.pool);
        let (before, all) = cx.place(d.batch);
        let tokens = cx.mask(d.batch * d.steps).unwrap_or(&[]);
        let Buffers {
            x,
            slab,
            h,
            mut rest,
        } = Buffers::of(cx.scratch, d);
        let mut mask = |rate: f32, each: usize, first: u32| -> &'a [f32] {
            if !training || rate <= 0.0 {
                return &[];
            }
            let (mask, others) = split_mut(core::mem::take(&mut rest), gates * d.batch * each);
            rest = others;
            // Each gate has numbers for all samples of the batch, of which these may be some.
            for (gate, mask) in mask.chunks_mut((d.batch * each).max(1)).enumerate() {
                draw(mask, &noise, (first, (gate * all + before) * each), rate);
            }
            mask
        };
        let input = mask(r.dropout, d.inputs, 0);
        let state = mask(r.recurrent_dropout, d.units, STATE_MASK);
        let masks = Masks::undropped(tokens, d, r.go_backwards).dropping(input, state, gates);
        (Scratch { x, slab, h, masks }, pool)
    }
}

/// A mask of 0 and `1 / (1 - rate)`, of the random numbers behind so many groups and numbers.
pub fn draw(mask: &mut [f32], rng: &Rng, (first, behind): (u32, usize), rate: f32) {
    let threshold = (f64::from(rate) * 4_294_967_296.0) as u32;
    let first = first.wrapping_add((behind / GROUP) as u32);
    draw_groups(
        mask,
        rng,
        (first, behind % GROUP),
        threshold,
        1.0 / (1.0 - rate),
    );
}

simd_fn! {
    fn draw_groups(
        mask: &mut [f32],
        rng: &Rng,
        place: (u32, usize),
        threshold: u32,
        scale: f32,
    ) {
        let (mut mask, (mut first, within)) = (mask, place);
        if within > 0 {
            let len = mask.len().min(GROUP - within);
            let (head, rest) = split_mut(mask, len);
            for (m, bits) in head.iter_mut().zip(rng.group(first).iter().skip(within)) {
                *m = if *bits >= threshold { scale } else { 0.0 };
            }
            (mask, first) = (rest, first.wrapping_add(1));
        }
        for (group, mask) in mask.chunks_mut(GROUP).enumerate() {
            let bits = rng.group(first.wrapping_add(group as u32));
            for (m, bits) in mask.iter_mut().zip(bits) {
                *m = if bits >= threshold { scale } else { 0.0 };
            }
        }
    }
}

simd_fn! {
    /// y *= x
    #[cfg_attr(not(feature = "std"), inline(never))]
    pub fn multiply(y: &mut [f32], x: &[f32]) {
        for (y, x) in unknown_many(y).iter_mut().zip(x) {
            rolled();
            *y *= x;
        }
    }
}

simd_fn! {
    /// y += x
    #[cfg_attr(not(feature = "std"), inline(never))]
    pub fn add(y: &mut [f32], x: &[f32]) {
        for (y, x) in unknown_many(y).iter_mut().zip(x) {
            rolled();
            *y += x;
        }
    }
}

/// `x[batch][steps][inputs]` to `to[steps][batch][inputs]` in the order of the work, dropped as a gate has it.
pub fn gather(call: &Call<'_>, x: &[f32], gate: usize, to: &mut [f32]) {
    let (d, mask) = (&call.d, call.masks.input(gate));
    let (step, width) = ((d.batch * d.inputs).max(1), d.inputs.max(1));
    let len = rows_of(step);
    call.pool.for_each_chunk(to, len, |i, to| {
        for (t, rows) in (i * (len / step)..).zip(to.chunks_exact_mut(step)) {
            let t = if call.backwards { d.steps - 1 - t } else { t };
            for (b, row) in rows.chunks_exact_mut(width).enumerate() {
                copy(row, part(x, (b * d.steps + t) * width, width));
            }
            if !mask.is_empty() {
                multiply(rows, mask);
            }
        }
    });
}

/// The way back of [`gather`], for the gradient; of gates behind the first one it is added.
pub fn scatter(call: &Call<'_>, by_step: &mut [f32], gate: usize, dx: &mut [f32]) {
    let (d, mask) = (&call.d, call.masks.input(gate));
    if gate > 0 {
        for (i, row) in rows_mut(by_step, d.inputs).enumerate() {
            let (t, b) = (i / d.batch.max(1), i % d.batch.max(1));
            let t = if call.backwards { d.steps - 1 - t } else { t };
            // (Where only the state is dropped there is none.)
            if !mask.is_empty() {
                multiply(row, part(mask, b * d.inputs, d.inputs));
            }
            add(part_mut(dx, (b * d.steps + t) * d.inputs, d.inputs), row);
        }
        return;
    }
    let by_step = &*by_step;
    let (sample, width) = ((d.steps * d.inputs).max(1), d.inputs.max(1));
    let len = rows_of(sample);
    call.pool.for_each_chunk(dx, len, |i, dx| {
        for (b, dx) in (i * (len / sample)..).zip(dx.chunks_exact_mut(sample)) {
            for (t, row) in dx.chunks_exact_mut(width).enumerate() {
                let t = if call.backwards { d.steps - 1 - t } else { t };
                copy(row, part(by_step, (t * d.batch + b) * width, width));
                if !mask.is_empty() {
                    multiply(row, part(mask, b * width, width));
                }
            }
        }
    });
}

/// The step before the first: the state, of arrays of `len` values each, or zeros.
pub fn start(slab: &mut [f32], d: &Dims, state: &[f32], len: usize) {
    let first = part_mut(slab, 0, d.step());
    first.fill(0.0);
    for (i, array) in state.chunks_exact(len.max(1)).enumerate() {
        let at = d.row - (i + 1) * d.units;
        for (row, values) in rows_mut(first, d.row).zip(rows(array, d.units)) {
            copy(part_mut(row, at, d.units), values);
        }
    }
}

/// The state after the last step.
pub fn end(slab: &[f32], d: &Dims, state: &mut [f32], len: usize) {
    for (i, array) in state.chunks_exact_mut(len.max(1)).enumerate() {
        let at = d.row - (i + 1) * d.units;
        let slab = from(slab, d.all());
        for (row, values) in rows(slab, d.row).zip(rows_mut(array, d.units)) {
            copy(values, part(row, at, d.units));
        }
    }
}

/// From the slab to the layer's output: the last step, or all of them; zeros where all steps so far
/// are masked, whatever the state was.
pub fn outputs(call: &Call<'_>, slab: &[f32], y: &mut [f32]) {
    let d = &call.d;
    let (sample, first) = match call.sequences {
        true => (d.steps * d.units, 0),
        false => (d.units, d.steps - 1),
    };
    let (sample, units) = (sample.max(1), d.units.max(1));
    let len = rows_of(sample);
    call.pool.for_each_chunk(y, len, |i, y| {
        for (b, y) in (i * (len / sample)..).zip(y.chunks_exact_mut(sample)) {
            for (t, y) in (first..).zip(y.chunks_exact_mut(units)) {
                let end = ((t + 1) * d.batch + b + 1) * d.row;
                copy(y, part(slab, end - d.units, d.units));
            }
        }
    });
    clear_padding(call, y);
}

/// Zeros in the layer's output where all steps so far are masked, or where the layer gives zeros for a masked step.
pub fn clear_padding(call: &Call<'_>, y: &mut [f32]) {
    let (d, masks) = (&call.d, &call.masks);
    if !masks.any() {
        return;
    }
    let (sample, first) = match call.sequences {
        true => (d.steps * d.units, 0),
        false => (d.units, d.steps - 1),
    };
    for (b, y) in y.chunks_exact_mut(sample.max(1)).enumerate() {
        let padding = (0..d.steps).take_while(|&t| masks.skips(t, b)).count();
        for (t, y) in (first..).zip(y.chunks_exact_mut(d.units.max(1))) {
            if t < padding || call.zeroes && masks.skips(t, b) {
                for y in y {
                    rolled();
                    *y = 0.0;
                }
            }
        }
    }
}

/// What a row keeps at a place of the inputs of activations; nothing if it keeps none.
pub fn if_there(kept: &[f32], at: usize, len: usize) -> &[f32] {
    kept.get(at..)
        .and_then(|kept| kept.get(..len))
        .unwrap_or_default()
}

/// The gradient of the output of step `t` and sample `b`, if the output has it.
pub fn output_gradient<'a>(call: &Call<'_>, dy: &'a [f32], t: usize, b: usize) -> &'a [f32] {
    let d = &call.d;
    if call.zeroes && call.masks.skips(t, b) {
        return &[];
    }
    let row = match call.sequences {
        true => b * d.steps + t,
        false if t + 1 == d.steps => b,
        false => return &[],
    };
    part(dy, row * d.units, d.units)
}
