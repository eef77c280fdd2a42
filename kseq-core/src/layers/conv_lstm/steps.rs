//! The steps of one sample, forth and back, without generics: samples do not depend on each other, so each one is a task.

use super::gates;
use super::memory::{Drops, Sizes, Slab};
use crate::base::part::{copy, part, part_mut, split_mut};
use crate::kernels::conv::Conv;
use crate::kernels::elementwise::{add_column_sums, axpy};
use crate::kernels::gemm::Epilogue;
use crate::layer::Backward;
use crate::layers::recurrent::{Function, add, multiply};
use crate::pool::{GRAIN, Pool};

/// A call of the layer.
pub struct Cell<'a> {
    pub sizes: Sizes,
    /// The convolution of the input to the four gates, and that of the state.
    pub of_input: Conv,
    pub of_state: Conv,
    pub kernel: &'a [f32],
    pub recurrent: &'a [f32],
    /// Or empty.
    pub bias: &'a [f32],
    pub activation: Function,
    pub recurrent_activation: Function,
    pub sequences: bool,
    pub backwards: bool,
    /// Whether a masked step gives zeros.
    pub zeroes: bool,
    /// `[batch][steps]`, 0 where the step is masked; empty if there is no mask.
    pub tokens: &'a [u32],
}

/// What is convolved for the gates of a step: an image, what each gate multiplies it with, and the weights.
struct Source<'a> {
    conv: &'a Conv,
    x: &'a [f32],
    /// `[4][image]`, or empty.
    masks: &'a [f32],
    weights: &'a [f32],
}

impl Cell<'_> {
    /// The values of a sample of the output.
    pub fn output_len(&self) -> usize {
        match self.sequences {
            true => self.sizes.steps * self.sizes.state,
            false => self.sizes.state,
        }
    }

    /// The step of the input that is the `t`-th one of the work.
    fn at(&self, t: usize) -> usize {
        match self.backwards {
            true => self.sizes.steps - 1 - t,
            false => t,
        }
    }

    fn skips(&self, b: usize, t: usize) -> bool {
        self.tokens.get(b * self.sizes.steps + self.at(t)) == Some(&0)
    }

    /// The input of step `t` of sample `b`.
    fn image<'b>(&self, x: &'b [f32], b: usize, t: usize) -> &'b [f32] {
        let (steps, input) = (self.sizes.steps, self.sizes.input);
        part(x, (b * steps + self.at(t)) * input, input)
    }

    /// From the gates before their activations, in their place, to the state.
    fn step(&self, z: &mut [f32], before: &[f32], c: &mut [f32], h: &mut [f32]) {
        let filters = self.sizes.filters;
        gates::activate(z, filters, self.activation, self.recurrent_activation);
        gates::remember(z, before, c, h, filters);
        (self.activation.forward)(h, filters);
        gates::open(h, z, filters);
    }

    /// Zeros where all steps so far are masked, or a masked one gives zeros.
    fn mask_output(&self, b: usize, y: &mut [f32]) {
        if self.tokens.is_empty() {
            return;
        }
        let (steps, state) = (self.sizes.steps, self.sizes.state.max(1));
        let padding = (0..steps).take_while(|t| self.skips(b, *t)).count();
        let first = if self.sequences { 0 } else { steps - 1 };
        for (t, y) in (first..).zip(y.chunks_exact_mut(state)) {
            if t < padding || self.zeroes && self.skips(b, t) {
                y.fill(0.0);
            }
        }
    }

    /// Outside training: `memory` begins with the state after the last step.
    pub fn infer(
        &self,
        b: usize,
        x: &[f32],
        (h0, c0): (&[f32], &[f32]),
        memory: &mut [f32],
        y: &mut [f32],
    ) {
        let state = self.sizes.state;
        let (h, rest) = split_mut(memory, state);
        let (c, rest) = split_mut(rest, state);
        let (after, rest) = split_mut(rest, state);
        let (next, z) = split_mut(rest, state);
        begin(h, h0, b);
        begin(c, c0, b);
        for t in 0..self.sizes.steps {
            if !self.skips(b, t) {
                let x = self.image(x, b, t);
                self.of_input
                    .forward(x, self.kernel, z, 0, biased(self.bias, false));
                self.of_state
                    .forward(h, self.recurrent, z, 0, biased(&[], true));
                self.step(z, c, next, after);
                copy(h, after);
                copy(c, next);
            }
            if self.sequences {
                copy(part_mut(y, t * state, state), h);
            }
        }
        if !self.sequences {
            copy(y, h);
        }
        self.mask_output(b, y);
    }

    /// In training.
    pub fn forward(
        &self,
        b: usize,
        x: &[f32],
        (h0, c0): (&[f32], &[f32]),
        cache: &mut [f32],
        y: &mut [f32],
        drops: Option<&Drops<'_>>,
    ) {
        let (state, slab) = (self.sizes.state, self.sizes.slab_mut(cache));
        if let Some(drops) = drops {
            drops.draw(b, slab.of_input, slab.of_state);
        } else {
            slab.of_input.fill(1.0);
            slab.of_state.fill(1.0);
        }
        begin(part_mut(slab.h, 0, state), h0, b);
        begin(part_mut(slab.c, 0, state), c0, b);
        for t in 0..self.sizes.steps {
            let (before, h) = split_mut(part_mut(slab.h, t * state, 2 * state), state);
            let (memory, c) = split_mut(part_mut(slab.c, t * state, 2 * state), state);
            if self.skips(b, t) {
                copy(h, before);
                copy(c, memory);
                continue;
            }
            let z = part_mut(slab.z, 4 * t * state, 4 * state);
            let input = Source {
                conv: &self.of_input,
                x: self.image(x, b, t),
                masks: slab.of_input,
                weights: self.kernel,
            };
            self.products(&input, z, (self.bias, false), slab.room);
            let state_before = Source {
                conv: &self.of_state,
                x: before,
                masks: slab.of_state,
                weights: self.recurrent,
            };
            self.products(&state_before, z, (&[], true), slab.room);
            if !slab.kept.is_empty() {
                copy(part_mut(slab.kept, 4 * t * state, 4 * state), z);
            }
            self.step(z, memory, c, h);
        }
        let first = if self.sequences {
            0
        } else {
            self.sizes.steps - 1
        };
        copy(y, part(slab.h, (first + 1) * state, y.len()));
        self.mask_output(b, y);
    }

    /// The gates of an image, or what it adds to them.
    fn products(
        &self,
        from: &Source<'_>,
        z: &mut [f32],
        (bias, accumulate): (&[f32], bool),
        room: &mut [f32],
    ) {
        if from.masks.is_empty() {
            let epilogue = biased(bias, accumulate);
            return from.conv.forward(from.x, from.weights, z, 0, epilogue);
        }
        let (x, rest) = split_mut(room, from.x.len());
        let all = part_mut(rest, 0, z.len());
        for (gate, mask) in from.masks.chunks_exact(from.x.len().max(1)).enumerate() {
            copy(x, from.x);
            multiply(x, mask);
            from.conv
                .forward(x, from.weights, all, 0, biased(bias, false));
            self.for_gate(z, all, gate, |z, new| match accumulate {
                true => add(z, new),
                false => copy(z, new),
            });
        }
    }

    /// Calls `f` with the values of a gate, for each pixel of two arrays of gates.
    fn for_gate(&self, to: &mut [f32], from: &[f32], gate: usize, f: impl Fn(&mut [f32], &[f32])) {
        let n = self.sizes.filters;
        let row = (4 * n).max(1);
        for (to, from) in to.chunks_exact_mut(row).zip(from.chunks_exact(row)) {
            f(part_mut(to, gate * n, n), part(from, gate * n, n));
        }
    }
}

/// What a product is added to.
fn biased(bias: &[f32], accumulate: bool) -> Epilogue<'_> {
    Epilogue {
        bias,
        accumulate,
        ..Epilogue::default()
    }
}

/// The state of sample `b`, or zeros.
fn begin(to: &mut [f32], from: &[f32], b: usize) {
    match from.get(b * to.len()..(b + 1) * to.len()) {
        Some(from) => copy(to, from),
        None => to.fill(0.0),
    }
}

/// Samples whose gradients of the parameters are summed one after the other: a fixed number, so that the sum does not
/// depend on the number of threads.
const GROUP: usize = 4;

/// Pieces of work that are handed to the threads together.
const TASKS: usize = 16;

/// Calls `f` for pieces of two arrays that belong together: number, and both.
pub fn pairs(
    pool: &Pool,
    (a, b): (&mut [f32], &mut [f32]),
    (len, other): (usize, usize),
    f: impl Fn(usize, &mut [f32], &mut [f32]) + Sync,
) {
    let mut both = a.chunks_mut(len).zip(b.chunks_mut(other));
    let mut first = 0;
    loop {
        let mut tasks = [const { None }; TASKS];
        let mut count = 0;
        for (task, (a, b)) in tasks.iter_mut().zip(both.by_ref()) {
            *task = Some((first + count, a, b));
            count += 1;
        }
        if count == 0 {
            break;
        }
        first += count;
        let tasks = tasks.get_mut(..count).unwrap_or_default();
        pool.for_each_chunk(tasks, 1, |_, task| {
            if let [Some((i, a, b))] = task {
                f(*i, a, b);
            }
        });
    }
}

/// The places of the gradients of a few samples.
struct Sums<'a> {
    kernel: &'a mut [f32],
    recurrent: &'a mut [f32],
    bias: &'a mut [f32],
}

impl Cell<'_> {
    fn sums<'b>(&self, params: &'b mut [f32]) -> Sums<'b> {
        let (kernel, rest) = split_mut(params, self.kernel.len());
        let (recurrent, bias) = split_mut(rest, self.recurrent.len());
        Sums {
            kernel,
            recurrent,
            bias,
        }
    }

    /// The gradients of the parameters, if they are asked for, and of the input.
    pub fn backward(
        &self,
        pass: Backward<'_, f32, f32>,
        (dp, trains): (&mut [f32], bool),
        scratch: &mut [f32],
        pool: &Pool,
    ) {
        let (params, back) = (dp.len(), self.sizes.back());
        let (flipped, work) = split_mut(scratch, params);
        let Sums {
            kernel, recurrent, ..
        } = self.sums(flipped);
        self.of_input.flip(self.kernel, kernel, pool);
        self.of_state.flip(self.recurrent, recurrent, pool);
        let flipped = (&*kernel, &*recurrent);
        let sample = (self.sizes.steps * self.sizes.input).max(1);
        let samples = pass.x.len() / sample;
        let work = part_mut(work, 0, samples.div_ceil(GROUP) * (back + params));
        let (x, cache, dy) = (pass.x, pass.cache, &*pass.dy);
        let (slab, out) = (self.sizes.cache(), self.output_len());
        let group = |i: usize, work: &mut [f32], dx: &mut [f32]| {
            let (memory, sums) = split_mut(work, back);
            sums.fill(0.0);
            let mut sums = self.sums(sums);
            let mut dx = dx.chunks_exact_mut(sample);
            for b in i * GROUP..samples.min((i + 1) * GROUP) {
                let slab = self.sizes.slab(part(cache, b * slab, slab));
                let dy = part(dy, b * out, out);
                self.back_steps(b, &slab, dy, memory, flipped.1);
                if trains {
                    self.gradients(b, x, &slab, memory, &mut sums);
                }
                if let Some(dx) = dx.next() {
                    self.input_gradient(&slab, memory, flipped.0, dx);
                }
            }
        };
        let each = (back + params, GROUP * sample);
        match pass.dx {
            Some(dx) => pairs(pool, (&mut *work, dx), each, group),
            None => pool.for_each_chunk(&mut *work, each.0, |i, work| group(i, work, &mut [])),
        }
        if trains {
            pool.for_each_chunk(dp, GRAIN, |i, dp| {
                dp.fill(0.0);
                for work in work.chunks_exact(back + params) {
                    axpy(1.0, part(work, back + i * GRAIN, dp.len()), dp);
                }
            });
        }
    }

    /// The gradients of the gates of all steps, the last one first, to the beginning of the memory.
    fn back_steps(
        &self,
        b: usize,
        slab: &Slab<'_>,
        dy: &[f32],
        memory: &mut [f32],
        flipped: &[f32],
    ) {
        let Sizes {
            steps,
            state,
            filters,
            ..
        } = self.sizes;
        let (all, rest) = split_mut(memory, 4 * steps * state);
        let (dh, rest) = split_mut(rest, state);
        let (dc, rest) = split_mut(rest, state);
        let (tc, room) = split_mut(rest, state);
        dh.fill(0.0);
        dc.fill(0.0);
        let functions = [self.activation, self.recurrent_activation];
        for t in (0..steps).rev() {
            let dz = part_mut(all, 4 * t * state, 4 * state);
            let skips = self.skips(b, t);
            let given = match self.sequences {
                true => part(dy, t * state, state),
                false if t + 1 == steps => dy,
                false => &[],
            };
            if !(skips && self.zeroes) {
                add(dh, given);
            }
            if skips {
                dz.fill(0.0);
                continue;
            }
            let z = part(slab.z, 4 * t * state, 4 * state);
            let kept = slab.kept.get(4 * t * state..4 * (t + 1) * state);
            let c = part(slab.c, (t + 1) * state, state);
            copy(tc, c);
            (self.activation.forward)(tc, filters);
            // Where the gradients of the gates will be, first that of c by way of h.
            let through = part_mut(dz, 0, state);
            copy(through, dh);
            gates::open(through, z, filters);
            self.activation.backward(tc, c, through, filters);
            add(dc, through);
            let before = part(slab.c, t * state, state);
            gates::forget(dz, dc, dh, tc, z, before, filters);
            gates::back(dz, z, kept.unwrap_or_default(), filters, functions);
            if t > 0 {
                self.back_products(&self.of_state, dz, slab.of_state, flipped, dh, room);
            }
        }
    }

    /// From the gradient of the gates to that of what was convolved.
    fn back_products(
        &self,
        conv: &Conv,
        dz: &[f32],
        masks: &[f32],
        flipped: &[f32],
        dx: &mut [f32],
        room: &mut [f32],
    ) {
        if masks.is_empty() {
            return conv.backward(dz, flipped, dx, 0);
        }
        let (one, rest) = split_mut(room, dx.len());
        let gates = part_mut(rest, 0, dz.len());
        dx.fill(0.0);
        for (gate, mask) in masks.chunks_exact(dx.len().max(1)).enumerate() {
            gates.fill(0.0);
            self.for_gate(gates, dz, gate, copy);
            conv.backward(gates, flipped, one, 0);
            multiply(one, mask);
            add(dx, one);
        }
    }

    /// Adds the gradients of the parameters of one sample.
    fn gradients(
        &self,
        b: usize,
        x: &[f32],
        slab: &Slab<'_>,
        memory: &mut [f32],
        sums: &mut Sums<'_>,
    ) {
        let Sizes { steps, state, .. } = self.sizes;
        let (all, rest) = split_mut(memory, 4 * steps * state);
        let (_, room) = split_mut(rest, 3 * state);
        for t in 0..steps {
            let dz = part(all, 4 * t * state, 4 * state);
            if self.skips(b, t) {
                continue;
            }
            let (input, before) = (self.image(x, b, t), part(slab.h, t * state, state));
            let kernel = &mut *sums.kernel;
            self.kernel_gradient((&self.of_input, input, slab.of_input), dz, kernel, room);
            let recurrent = &mut *sums.recurrent;
            self.kernel_gradient((&self.of_state, before, slab.of_state), dz, recurrent, room);
            if !sums.bias.is_empty() {
                add_column_sums(sums.bias, dz, &Pool::Serial);
            }
        }
    }

    fn kernel_gradient(
        &self,
        (conv, x, masks): (&Conv, &[f32], &[f32]),
        dz: &[f32],
        to: &mut [f32],
        room: &mut [f32],
    ) {
        if masks.is_empty() {
            return conv.add_kernel_gradient(x, dz, to, 0);
        }
        let (one, rest) = split_mut(room, x.len());
        let gates = part_mut(rest, 0, dz.len());
        for (gate, mask) in masks.chunks_exact(x.len().max(1)).enumerate() {
            gates.fill(0.0);
            self.for_gate(gates, dz, gate, copy);
            copy(one, x);
            multiply(one, mask);
            conv.add_kernel_gradient(one, gates, to, 0);
        }
    }

    /// The gradient of one sample of the input.
    fn input_gradient(&self, slab: &Slab<'_>, memory: &mut [f32], flipped: &[f32], dx: &mut [f32]) {
        let Sizes {
            steps,
            state,
            input,
            ..
        } = self.sizes;
        let (all, rest) = split_mut(memory, 4 * steps * state);
        let (_, room) = split_mut(rest, 3 * state);
        for t in 0..steps {
            let dz = part(all, 4 * t * state, 4 * state);
            let dx = part_mut(dx, self.at(t) * input, input);
            self.back_products(&self.of_input, dz, slab.of_input, flipped, dx, room);
        }
    }
}
