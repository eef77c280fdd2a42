//! What [`LSTM`](super::LSTM), [`GRU`](super::GRU) and [`SimpleRNN`](super::SimpleRNN) share: their
//! arguments, the rule of their shapes, and the memory of a sequence.
//!
//! A sequence is worked on time-major: a *slab* holds for each step, and before the first one, a row
//! for each sample, whose last `units` values are the output `h` of the step. The products with the
//! input are then one matrix product for all steps, those with the state one for each, and a row is
//! all that the loops over the gates touch. The gradients have a slab of the same form.

use crate::activations::Activation;
use crate::initializers::{Fans, Initializer};
use crate::kernels::dispatch::simd_fn;
use crate::kernels::gemm::{Mat, gemm};
use crate::layer::Ctx;
use crate::params::{Flat, ParamBlock, ParamSpec};
use crate::pool::Pool;
use crate::rng::{GROUP, Rng};
use crate::shape::{Elem, Refusal, Rule, Shape};
use crate::tensor::Tensor;
use crate::text::Text;

use super::{rows_of, with_batch};

/// The arguments that all recurrent layers take.
#[derive(Clone, Copy, Debug)]
pub struct Recurrent {
    /// Of the kernel `(inputs, gates * units)`.
    pub kernel_initializer: Initializer,
    /// Of the recurrent kernel `(units, gates * units)`.
    pub recurrent_initializer: Initializer,
    /// Of the bias.
    pub bias_initializer: Initializer,
    /// Whether the last step of the input comes first; outputs come in the order of the work.
    pub go_backwards: bool,
    /// The share of the input's features that training sets to 0, the same ones in all steps.
    pub dropout: f32,
    /// The share of the state's units that training sets to 0, the same ones in all steps.
    pub recurrent_dropout: f32,
}

impl Recurrent {
    /// Keras's defaults.
    pub const KERAS: Self = Recurrent {
        kernel_initializer: Initializer::GLOROT_UNIFORM,
        recurrent_initializer: Initializer::ORTHOGONAL,
        bias_initializer: Initializer::ZEROS,
        go_backwards: false,
        dropout: 0.0,
        recurrent_dropout: 0.0,
    };

    /// The same without dropout.
    pub(super) const fn undropped(&self) -> Self {
        Recurrent {
            dropout: 0.0,
            recurrent_dropout: 0.0,
            ..*self
        }
    }

    /// Draws the two kernels `(inputs, columns)` and `(units, columns)`.
    pub(super) fn kernels(
        &self,
        kernel: &mut [f32],
        recurrent: &mut [f32],
        d: Dims,
        rng: &mut Rng,
    ) {
        let columns = recurrent.len() / d.units.max(1);
        let fans = Fans::dense(d.inputs, columns);
        self.kernel_initializer.fill(kernel, fans, rng);
        let fans = Fans::dense(d.units, columns);
        self.recurrent_initializer.fill(recurrent, fans, rng);
    }

    /// Draws a bias.
    pub(super) fn bias(&self, bias: &mut [f32], rng: &mut Rng) {
        let fans = Fans::vector(bias.len());
        self.bias_initializer.fill(bias, fans, rng);
    }
}

/// What a recurrent layer gives: the output of the last step, or those of all steps.
pub trait Returns<const T: usize, const U: usize>: Tensor<Elem = f32> {
    /// `return_sequences`
    const SEQUENCES: bool;
}

impl<const T: usize, const U: usize> Returns<T, U> for [f32; U] {
    const SEQUENCES: bool = false;
}

impl<const T: usize, const U: usize> Returns<T, U> for [[f32; U]; T] {
    const SEQUENCES: bool = true;
}

/// What a stateful [`GRU`](super::GRU) or [`SimpleRNN`](super::SimpleRNN) carries from one batch of
/// `S` samples to the next; nothing with S = 0.
#[repr(C)]
pub struct RecurrentState<const S: usize, const U: usize> {
    /// The output of the last step, for each place in the batch.
    pub h: [[f32; U]; S],
}

#[allow(unsafe_code)]
// SAFETY: repr(C), nothing but nested arrays of f32.
unsafe impl<const S: usize, const U: usize> Flat for RecurrentState<S, U> {}

impl<const S: usize, const U: usize> ParamBlock for RecurrentState<S, U> {
    const SPECS: &'static [ParamSpec] = if S == 0 {
        &[]
    } else {
        &[ParamSpec::of::<[[f32; U]; S]>("h")]
    };
}

/// The layer before that gives a vector although it could give a sequence.
#[derive(Clone, Copy, Debug)]
pub struct Last {
    /// Its number, from 1.
    pub number: usize,
    /// Its name.
    pub name: &'static str,
    /// Its class.
    pub class: &'static str,
}

/// The shape rule of all recurrent layers: `(steps, features)` becomes `(units,)`, or
/// `(steps, units)` with `return_sequences`. `gates` is how many kernels of `units` lie side by side.
pub const fn shape(
    class: &str,
    input: Shape,
    units: usize,
    return_sequences: bool,
    gates: usize,
    before: Option<Last>,
) -> Rule {
    if let Elem::U32 = input.elem() {
        let what = Text::new()
            .str(class)
            .str(" expects f32 features, found integer tokens ")
            .text(&input.text());
        return Err(Refusal::new(what, "put an Embedding first"));
    }
    if input.rank() != 2 {
        return Err(not_a_sequence(class, input, before));
    }
    if units == 0 {
        let what = Text::new().str("units must be a positive integer, found 0");
        return Err(Refusal::new(what, "give the number of output features"));
    }
    let Some(columns) = units.checked_mul(gates) else {
        let what = Text::new().str("its kernels are larger than the address space");
        return Err(Refusal::new(what, "use fewer units"));
    };
    // The slab of the steps has at most two more columns for each unit.
    let slab = Shape::new(&[input.dim(0).saturating_add(1), columns, 3]);
    let kernels = [
        Shape::new(&[input.last(), columns]),
        Shape::new(&[units, columns]),
    ];
    if kernels[0].len().is_none() || kernels[1].len().is_none() || slab.len().is_none() {
        let what = Text::new()
            .str("its kernels ")
            .text(&kernels[0].text())
            .str(" and ")
            .text(&kernels[1].text())
            .str(" are larger than the address space");
        return Err(Refusal::new(what, "use fewer units"));
    }
    Ok(if return_sequences {
        input.with_last(units)
    } else {
        Shape::new(&[units])
    })
}

const fn not_a_sequence(class: &str, input: Shape, before: Option<Last>) -> Refusal {
    let what = Text::new()
        .str(class)
        .str(" expects ndim=3 (batch, steps, features), found ndim=")
        .num(input.rank() + 1)
        .str(", full shape received: ")
        .text(&with_batch(input));
    if input.rank() != 1 {
        return Refusal::new(what, "put a Reshape((steps, features)) before it");
    }
    let Some(before) = before else {
        let help = "a sequence has two axes: input_shape = (steps, features)";
        return Refusal::new(what, help);
    };
    let what = what
        .str("; layer ")
        .num(before.number)
        .str(" `")
        .str(before.name)
        .str("` lacks return_sequences = true: it gives its last output only");
    let help = Text::new()
        .str("write `")
        .str(before.class)
        .str("(..., return_sequences = true)` in layer ")
        .num(before.number);
    Refusal { what, help }
}

/// The rule of `dropout` and `recurrent_dropout`: at least 0 and less than 1.
#[must_use]
pub const fn rate_rule(argument: &str, rate: f32) -> Option<Refusal> {
    if rate >= 0.0 && rate < 1.0 {
        return None;
    }
    let what = Text::new()
        .str(argument)
        .str(" must be at least 0 and less than 1, found ")
        .float(rate);
    let help = "it is the share of values set to 0: 0.2 drops one in five";
    Some(Refusal::new(what, help))
}

/// The rule of the activations: the steps keep their outputs, not their inputs.
#[must_use]
pub const fn activation_rule(argument: &str, keeps_input: Option<&str>) -> Option<Refusal> {
    let Some(name) = keeps_input else {
        return None;
    };
    let what = Text::new()
        .str(argument)
        .str(" `")
        .str(name)
        .str("` is not implemented within a recurrent layer: its derivative needs the input");
    let help =
        "use one whose derivative follows from its output, such as \"tanh\", \"sigmoid\", \"relu\"";
    Some(Refusal::new(what, help))
}

/// The rule of `stateful`: the state has a row for each sample of a batch.
#[must_use]
pub const fn stateful_rule(stateful: bool, batch: Option<usize>) -> Option<Refusal> {
    if !stateful || batch.is_some() {
        return None;
    }
    let what =
        "stateful = true needs the batch size: the state has one row for each sample of a batch";
    let help = "declare the input with it: `batch_input_shape = (32, steps, features)`, or `batch_size = 32`";
    Some(Refusal::new(Text::new().str(what), help))
}

/// The number of rows of a layer's state.
#[must_use]
pub const fn state_rows(stateful: bool, batch: Option<usize>) -> usize {
    match batch {
        Some(batch) if stateful => batch,
        _ => 0,
    }
}

/// The sizes of a call.
#[derive(Clone, Copy)]
pub(super) struct Dims {
    pub batch: usize,
    pub steps: usize,
    pub inputs: usize,
    pub units: usize,
    /// The width of a slab's row.
    pub row: usize,
}

impl Dims {
    /// The values of one step in a slab.
    pub fn step(&self) -> usize {
        self.batch * self.row
    }

    /// The values of the steps in a slab, without the one that is before the first or after the last.
    pub fn all(&self) -> usize {
        self.steps * self.step()
    }
}

/// The slab's size for one sample.
pub(super) const fn slab(steps: usize, row: usize) -> usize {
    (steps + 1) * row
}

/// The scratch memory for one sample: the input time-major, a slab, one row of units, and the masks.
pub(super) const fn scratch(
    steps: usize,
    inputs: usize,
    units: usize,
    row: usize,
    drops: bool,
) -> usize {
    let masks = if drops { inputs + units } else { 0 };
    steps * inputs + slab(steps, row) + units + masks
}

/// The scratch memory of a call.
pub(super) struct Scratch<'a> {
    /// The input, or its gradient: `[steps][batch][inputs]`.
    pub x: &'a mut [f32],
    /// A slab.
    pub slab: &'a mut [f32],
    /// `[batch][units]`
    pub h: &'a mut [f32],
    pub masks: Masks<'a>,
}

/// What dropout multiplies with, the same in all steps; empty if there is none.
#[derive(Clone, Copy)]
pub(super) struct Masks<'a> {
    /// `[batch][inputs]`
    pub input: &'a [f32],
    /// `[batch][units]`
    pub state: &'a [f32],
}

/// The masks' random numbers begin here, in groups: the counter has 28 bits of them.
const STATE_MASK: u32 = 1 << 27;

impl<'a> Scratch<'a> {
    /// Divides the memory, and draws the masks.
    pub fn new<'c>(cx: &'a mut Ctx<'c>, d: &Dims, r: &Recurrent) -> (Self, &'c Pool) {
        let (noise, training, pool) = (cx.noise(), cx.training, cx.pool);
        let (x, rest) = cx.scratch.split_at_mut(d.batch * d.steps * d.inputs);
        let (slab, rest) = rest.split_at_mut(d.batch * slab(d.steps, d.row));
        let (h, mut rest) = rest.split_at_mut(d.batch * d.units);
        let mut mask = |rate: f32, each: usize, first: u32| -> &'a [f32] {
            if !training || rate <= 0.0 {
                return &[];
            }
            let (mask, others) = core::mem::take(&mut rest).split_at_mut(d.batch * each);
            rest = others;
            draw(mask, &noise, first, rate);
            mask
        };
        let masks = Masks {
            input: mask(r.dropout, d.inputs, 0),
            state: mask(r.recurrent_dropout, d.units, STATE_MASK),
        };
        (Scratch { x, slab, h, masks }, pool)
    }
}

/// A mask of 0 and `1 / (1 - rate)`.
fn draw(mask: &mut [f32], rng: &Rng, first: u32, rate: f32) {
    let threshold = (f64::from(rate) * 4_294_967_296.0) as u32;
    draw_groups(mask, rng, first, threshold, 1.0 / (1.0 - rate));
}

simd_fn! {
    fn draw_groups(mask: &mut [f32], rng: &Rng, first: u32, threshold: u32, scale: f32) {
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
    pub(super) fn multiply(y: &mut [f32], x: &[f32]) {
        for (y, x) in y.iter_mut().zip(x) {
            *y *= x;
        }
    }
}

simd_fn! {
    /// y += x
    pub(super) fn add(y: &mut [f32], x: &[f32]) {
        for (y, x) in y.iter_mut().zip(x) {
            *y += x;
        }
    }
}

/// An activation as a value, so that the loops over the gates are compiled once.
#[derive(Clone, Copy)]
pub(super) struct Function {
    pub forward: fn(&mut [f32], usize),
    backward: fn(&[f32], &[f32], &mut [f32], usize),
}

impl Function {
    pub const fn of<A: Activation>() -> Self {
        Function {
            forward: A::forward,
            backward: A::backward,
        }
    }

    /// From the output and its gradient to the gradient of the input.
    pub fn backward(&self, y: &[f32], dy: &mut [f32], width: usize) {
        (self.backward)(y, &[], dy, width);
    }
}

/// `x[batch][steps][inputs]` to `to[steps][batch][inputs]` in the order of the work, dropped.
pub(super) fn gather(
    x: &[f32],
    to: &mut [f32],
    d: &Dims,
    backwards: bool,
    mask: &[f32],
    pool: &Pool,
) {
    let (step, width) = (d.batch * d.inputs, d.inputs);
    let len = rows_of(step);
    pool.for_each_chunk(to, len, |i, to| {
        for (t, rows) in (i * (len / step)..).zip(to.chunks_exact_mut(step)) {
            let t = if backwards { d.steps - 1 - t } else { t };
            for (b, row) in rows.chunks_exact_mut(width).enumerate() {
                row.copy_from_slice(&x[(b * d.steps + t) * width..][..width]);
            }
            if !mask.is_empty() {
                multiply(rows, mask);
            }
        }
    });
}

/// The way back of [`gather`], for the gradient.
pub(super) fn scatter(
    from: &[f32],
    dx: &mut [f32],
    d: &Dims,
    backwards: bool,
    mask: &[f32],
    pool: &Pool,
) {
    let (sample, width) = (d.steps * d.inputs, d.inputs);
    let len = rows_of(sample);
    pool.for_each_chunk(dx, len, |i, dx| {
        for (b, dx) in (i * (len / sample)..).zip(dx.chunks_exact_mut(sample)) {
            for (t, row) in dx.chunks_exact_mut(width).enumerate() {
                let t = if backwards { d.steps - 1 - t } else { t };
                row.copy_from_slice(&from[(t * d.batch + b) * width..][..width]);
                if !mask.is_empty() {
                    multiply(row, &mask[b * width..][..width]);
                }
            }
        }
    });
}

/// The step before the first: the state's outputs, or zeros.
pub(super) fn start(slab: &mut [f32], d: &Dims, h: &[f32]) {
    slab[..d.step()].fill(0.0);
    let rows = slab[..d.step()].chunks_exact_mut(d.row);
    for (row, h) in rows.zip(h.chunks_exact(d.units)) {
        row[d.row - d.units..].copy_from_slice(h);
    }
}

/// The state after the last step.
pub(super) fn end(slab: &[f32], d: &Dims, h: &mut [f32]) {
    let rows = slab[d.all()..].chunks_exact(d.row);
    for (row, h) in rows.zip(h.chunks_exact_mut(d.units)) {
        h.copy_from_slice(&row[d.row - d.units..]);
    }
}

/// From the slab to the layer's output: the last step, or all of them.
pub(super) fn outputs(slab: &[f32], y: &mut [f32], d: &Dims, sequences: bool, pool: &Pool) {
    let (sample, first) = match sequences {
        true => (d.steps * d.units, 0),
        false => (d.units, d.steps - 1),
    };
    let len = rows_of(sample);
    pool.for_each_chunk(y, len, |i, y| {
        for (b, y) in (i * (len / sample)..).zip(y.chunks_exact_mut(sample)) {
            for (t, y) in (first..).zip(y.chunks_exact_mut(d.units)) {
                let end = ((t + 1) * d.batch + b + 1) * d.row;
                y.copy_from_slice(&slab[end - d.units..end]);
            }
        }
    });
}

/// The gradient of the output of step `t` and sample `b`, if the output has it.
pub(super) fn output_gradient<'a>(
    dy: &'a [f32],
    (t, b): (usize, usize),
    d: &Dims,
    sequences: bool,
) -> &'a [f32] {
    let row = match sequences {
        true => b * d.steps + t,
        false if t + 1 == d.steps => b,
        false => return &[],
    };
    &dy[row * d.units..][..d.units]
}

/// The outputs of the step before: `h`, in the last columns of its rows; dropped in `memory`.
pub(super) fn state<'a>(rows: &'a [f32], d: &Dims, mask: &[f32], memory: &'a mut [f32]) -> Mat<'a> {
    if mask.is_empty() {
        return last_columns(rows, d);
    }
    for (h, row) in memory
        .chunks_exact_mut(d.units)
        .zip(rows.chunks_exact(d.row))
    {
        h.copy_from_slice(&row[d.row - d.units..]);
    }
    multiply(memory, mask);
    Mat::rows(memory, d.units)
}

fn last_columns<'a>(rows: &'a [f32], d: &Dims) -> Mat<'a> {
    columns(rows, d.row - d.units, d)
}

/// The matrix of a slab's rows that begins at a column.
pub(super) fn columns<'a>(rows: &'a [f32], first: usize, d: &Dims) -> Mat<'a> {
    Mat {
        data: &rows[first..],
        rs: d.row,
        cs: 1,
    }
}

/// The gradient of the first `n` columns of the recurrent kernel, from the first `n` of `grads`.
pub(super) fn back_recurrent(
    (slab, grads): (&[f32], &[f32]),
    d: &Dims,
    (dw, n): (&mut [f32], usize),
    mask: &[f32],
    memory: &mut [f32],
    pool: &Pool,
) {
    let ldc = dw.len() / d.units;
    if mask.is_empty() {
        let h = last_columns(slab, d).t();
        let rows = d.steps * d.batch;
        gemm(
            d.units,
            n,
            rows,
            h,
            columns(grads, 0, d),
            dw,
            ldc,
            false,
            pool,
        );
        return;
    }
    for t in 0..d.steps {
        let at = t * d.step();
        let h = state(&slab[at..][..d.step()], d, mask, memory).t();
        let g = columns(&grads[at..], 0, d);
        gemm(d.units, n, d.batch, h, g, dw, ldc, t > 0, pool);
    }
}

/// A row of a mask, or nothing.
pub(super) fn mask_row(mask: &[f32], b: usize, width: usize) -> &[f32] {
    match mask.is_empty() {
        true => mask,
        false => &mask[b * width..][..width],
    }
}
