//! `Bidirectional`: two recurrent layers read a sequence, one of them from its end, and their outputs become one. For users:
//! `docs/layers/Bidirectional.md`.
//!
//! ```
//! use kseq_core::activations::Linear;
//! use kseq_core::layer::{Ctx, Layer};
//! use kseq_core::layers::bidirectional::{Bidirectional, CONCAT};
//! use kseq_core::layers::recurrent::{Recurrent, RecurrentState};
//! use kseq_core::layers::{SimpleRNN, SimpleRNNParams};
//! use kseq_core::params::TwoWays;
//! use kseq_core::pool::Pool;
//!
//! // Each step adds the input to ten times the state.
//! type Reads = SimpleRNN<1, 1, 1, 0, false, Linear>;
//! let forward: Reads = SimpleRNN::new(Recurrent::KERAS);
//! let backward: Reads = SimpleRNN::new(Recurrent::KERAS);
//! let layer = Bidirectional::<_, _, CONCAT>::new(forward, backward.backwards());
//! let p = || SimpleRNNParams { kernel: [[1.0]], recurrent_kernel: [[10.0]], bias: [0.0] };
//! let p = TwoWays { forward_layer: p(), backward_layer: p() };
//! let s = || RecurrentState { h: [] };
//! let s = TwoWays { forward_layer: s(), backward_layer: s() };
//! let (x, mut y) = ([[[1.0], [2.0], [3.0]]], [[0.0; 2]]);
//! let mut memory = [0.0; 100];
//! let cx = Ctx::new(&Pool::Serial, 0, 0);
//! layer.infer(&p, &s, &x, &mut y, &mut cx.with_scratch(&mut memory));
//! assert_eq!(y, [[123.0, 321.0]]);
//! ```

mod merge;
mod rules;
#[cfg(all(test, feature = "std"))]
mod tests;

pub use merge::{AVE, CONCAT, MUL, SUM};
pub use rules::{Way, shape, shape_of_one, ways_rule};

use super::recurrent::{Cell, RNN, Returns};
use crate::base::part::{copy, part, split, split_mut};
use crate::facts::{Mask, Reads};
use crate::fusion::Fusion;
use crate::kernels::dispatch::simd_fn;
use crate::layer::{Backward, Ctx, Layer, Needs, PerStep, steps};
use crate::open::Open;
use crate::params::{Flat, TwoWays};
use crate::rng::Rng;
use crate::tensor::{LastAxis, Tensor};
use merge::Merge;

/// Two recurrent layers, the second of which reads the sequence the other way round. `MERGE` is [`CONCAT`], [`SUM`], [`MUL`] or
/// [`AVE`].
///
/// In a layer list `Bidirectional(..)`, whose arguments are explained in `kseq::layers::Bidirectional`.
pub struct Bidirectional<F, B, const MERGE: u8> {
    forward: F,
    backward: B,
}

impl<F, B, const MERGE: u8> Bidirectional<F, B, MERGE> {
    /// The layer of its two ways.
    #[must_use]
    pub const fn new(forward: F, backward: B) -> Self {
        Bidirectional { forward, backward }
    }
}

/// What goes through a sequence one way: a recurrent layer. `Out` is what both give together.
pub trait OneWay<In: Tensor, Out: Tensor>: Layer<In, Self::Half> {
    /// What it gives alone.
    type Half: Tensor<Elem = f32>;
}

impl<const I: usize, const U: usize, const S: usize, const DROPS: bool, C, In, Out> OneWay<In, Out>
    for RNN<I, U, S, DROPS, C>
where
    C: Cell<I, U, S>,
    In: LastAxis<I>,
    Out: Merged<In, U>,
{
    type Half = Out::Half;
}

/// What two recurrent layers of `U` units give together for samples `In`.
pub trait Merged<In, const U: usize>: Tensor<Elem = f32> {
    /// What one of them gives.
    type Half: Returns<In, U>;
}

impl<const I: usize, const T: usize, const U: usize, const O: usize> Merged<[[f32; I]; T], U>
    for [f32; O]
{
    type Half = [f32; U];
}

impl<const I: usize, const T: usize, const U: usize, const O: usize> Merged<[[f32; I]; T], U>
    for [[f32; O]; T]
{
    type Half = [[f32; U]; T];
}

impl<const I: usize, const U: usize, const O: usize> Merged<Open<[f32; I]>, U> for [f32; O] {
    type Half = [f32; U];
}

impl<const I: usize, const U: usize, const O: usize> Merged<Open<[f32; I]>, U> for Open<[f32; O]> {
    type Half = Open<[f32; U]>;
}

const fn max(a: usize, b: usize) -> usize {
    if a > b { a } else { b }
}

/// What two ways need one after the other, in the same memory.
const fn larger(a: PerStep, b: PerStep) -> PerStep {
    PerStep {
        sample: max(a.sample, b.sample),
        step: max(a.step, b.step),
        pair: max(a.pair, b.pair),
    }
}

const fn both(a: PerStep, b: PerStep) -> PerStep {
    PerStep {
        sample: a.sample + b.sample,
        step: a.step + b.step,
        pair: a.pair + b.pair,
    }
}

/// So many copies of a sample.
const fn copies<T: Tensor>(n: usize) -> PerStep {
    match T::OPEN {
        0 => PerStep::sample(n * T::LEN),
        _ => PerStep::new(0, n * T::LEN),
    }
}

/// Another seed, for the way backwards: what it drops is not what the way forwards drops.
const OTHER: u64 = 0x9E37_79B9_7F4A_7C15;

impl<F, B, const MERGE: u8> Bidirectional<F, B, MERGE> {
    /// How many values the outputs of `samples` samples have, of one way; and how their rows become one.
    fn halves<In, Out>(samples: usize, cx: &Ctx<'_>) -> (usize, Merge)
    where
        In: Tensor,
        Out: Tensor,
        F: OneWay<In, Out>,
    {
        let shape = cx.output_shape::<Out>();
        let steps = match shape.rank() == In::SHAPE.rank() {
            true => shape.dim(0),
            false => 1,
        };
        let of_type = F::Half::LEN;
        let half = match F::Half::OPEN {
            0 => of_type,
            _ => of_type * self::steps::<F::Half>(shape),
        };
        let width = F::Half::SHAPE.last();
        let merge = Merge {
            mode: MERGE,
            steps,
            rows: half / (steps * width).max(1),
            width,
        };
        (samples * half, merge)
    }
}

/// What the layer keeps of the outputs of both ways: all, where one is multiplied with the other.
const fn kept<T: Tensor>(merge: u8) -> PerStep {
    copies::<T>(if merge == MUL { 2 } else { 0 })
}

impl<F, B, In, Out, const MERGE: u8> Layer<In, Out> for Bidirectional<F, B, MERGE>
where
    In: Tensor<Elem = f32>,
    Out: Tensor<Elem = f32>,
    F: OneWay<In, Out>,
    B: OneWay<In, Out, Half = F::Half>,
{
    type Params = TwoWays<F::Params, B::Params>;
    type State = TwoWays<F::State, B::State>;
    const CACHE: usize = kept::<F::Half>(MERGE).of(1) + F::CACHE + B::CACHE;
    const READS_OUTPUT: Reads = Reads::Nothing;
    const STATEFUL: bool = F::STATEFUL || B::STATEFUL;
    const SCRATCH: usize = 2 * F::Half::LEN + In::LEN + max(F::SCRATCH, B::SCRATCH);
    const INFER_SCRATCH: usize = 2 * F::Half::LEN + max(F::INFER_SCRATCH, B::INFER_SCRATCH);
    const NEEDS: Needs = {
        let (f, b) = (F::NEEDS, B::NEEDS);
        let halves = copies::<F::Half>(2);
        let cache = both(f.cache, b.cache);
        Needs {
            cache: both(kept::<F::Half>(MERGE), cache),
            scratch: both(both(halves, copies::<In>(1)), larger(f.scratch, b.scratch)),
            infer_scratch: both(halves, larger(f.infer_scratch, b.infer_scratch)),
        }
    };
    const MACS: usize = F::MACS.saturating_add(B::MACS);
    const MASK: Mask = F::MASK;

    fn init(&self, p: &mut Self::Params, s: &mut Self::State, rng: &mut Rng) {
        self.forward
            .init(&mut p.forward_layer, &mut s.forward_layer, rng);
        self.backward
            .init(&mut p.backward_layer, &mut s.backward_layer, rng);
    }

    fn reset_states(&self, s: &mut Self::State) {
        self.forward.reset_states(&mut s.forward_layer);
        self.backward.reset_states(&mut s.backward_layer);
    }

    fn infer(&self, p: &Self::Params, s: &Self::State, x: &[In], y: &mut [Out], cx: &mut Ctx<'_>) {
        let (len, merge) = Self::halves::<In, Out>(cx.samples(x), cx);
        let (carried, mut cx) = cx.carried::<Self::State>();
        let (halves, rest) = split_mut(core::mem::take(&mut cx.scratch), 2 * len);
        let (a, b) = split_mut(halves, len);
        let (f, g) = match carried {
            Some(carried) => (
                carried.forward_layer.as_f32s_mut(),
                carried.backward_layer.as_f32s_mut(),
            ),
            None => (&mut [][..], &mut [][..]),
        };
        let (s1, s2) = (&s.forward_layer, &s.backward_layer);
        let mut one = cx.with_scratch(rest);
        let y1 = F::Half::view_mut(a);
        self.forward
            .infer(&p.forward_layer, s1, x, y1, &mut one.carrying(f, |_| 0));
        let mut other = other_way(&mut one);
        let y2 = F::Half::view_mut(b);
        self.backward
            .infer(&p.backward_layer, s2, x, y2, &mut other.carrying(g, |_| 0));
        merge.forward(a, b, Out::flat_mut(y), cx.pool);
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
        let samples = cx.samples(x);
        let (len, merge) = Self::halves::<In, Out>(samples, cx);
        let kept = if MERGE == MUL { 2 * len } else { 0 };
        let (kept, cache) = split_mut(cache, kept);
        let (first, second) = split_mut(cache, samples * cache_of::<F, In, F::Half>(cx));
        let (pool, mut cx) = (cx.pool, cx.seeded(cx.seed));
        let (halves, rest) = split_mut(core::mem::take(&mut cx.scratch), 2 * len);
        let (a, b) = split_mut(halves, len);
        let mut one = cx.with_scratch(rest);
        let (s1, s2) = (&mut s.forward_layer, &mut s.backward_layer);
        let y1 = F::Half::view_mut(a);
        self.forward
            .forward(&p.forward_layer, s1, x, y1, first, &mut one);
        let mut other = other_way(&mut one);
        let y2 = F::Half::view_mut(b);
        self.backward
            .forward(&p.backward_layer, s2, x, y2, second, &mut other);
        merge.forward(a, b, Out::flat_mut(y), pool);
        if MERGE == MUL {
            let (c, d) = split_mut(kept, len);
            copy(c, a);
            copy(d, b);
        }
    }

    fn backward(
        &self,
        p: &Self::Params,
        pass: Backward<'_, In, Out>,
        dp: &mut Self::Params,
        cx: &mut Ctx<'_>,
    ) {
        let samples = cx.samples(pass.x);
        let (len, merge) = Self::halves::<In, Out>(samples, cx);
        let kept = if MERGE == MUL { 2 * len } else { 0 };
        let (kept, cache) = split(pass.cache, kept);
        let first = samples * cache_of::<F, In, F::Half>(cx);
        let (first, second) = split(cache, first);
        let (pool, mut cx) = (cx.pool, cx.seeded(cx.seed));
        let (halves, rest) = split_mut(core::mem::take(&mut cx.scratch), 2 * len);
        let (a, b) = split_mut(halves, len);
        let (more, rest) = split_mut(rest, In::flat(pass.x).len());
        merge.backward(Out::flat(pass.dy), kept, a, b, pool);
        let mut one = cx.with_scratch(rest);
        let (x, mut dx) = (pass.x, pass.dx);
        let way = Backward {
            x,
            y: &[],
            cache: first,
            dy: F::Half::view_mut(a),
            dx: dx.as_deref_mut(),
        };
        self.forward
            .backward(&p.forward_layer, way, &mut dp.forward_layer, &mut one);
        let mut other = other_way(&mut one);
        let way = Backward {
            x,
            y: &[],
            cache: second,
            dy: F::Half::view_mut(b),
            dx: dx.is_some().then(|| In::view_mut(more)),
        };
        self.backward
            .backward(&p.backward_layer, way, &mut dp.backward_layer, &mut other);
        if let Some(dx) = dx {
            let len = crate::pool::rows_of(1);
            pool.for_each_chunk(In::flat_mut(dx), len, |i, dx| {
                add(dx, part(more, i * len, dx.len()));
            });
        }
    }
}

/// The cache of a sample of one way.
fn cache_of<L: Layer<In, Half>, In: Tensor, Half: Tensor>(cx: &Ctx<'_>) -> usize {
    match In::OPEN {
        0 => L::CACHE,
        _ => L::NEEDS.cache.of(steps::<In>(cx.input_shape::<In>())),
    }
}

/// The context of the way backwards: with random numbers of its own.
fn other_way<'a>(cx: &'a mut Ctx<'_>) -> Ctx<'a> {
    cx.seeded(cx.seed ^ OTHER)
}

simd_fn! {
    /// y += x
    fn add(y: &mut [f32], x: &[f32]) {
        for (y, x) in y.iter_mut().zip(x) {
            *y += x;
        }
    }
}

impl<F, B, In, Out, const MERGE: u8> Fusion<In, Out> for Bidirectional<F, B, MERGE>
where
    In: Tensor<Elem = f32>,
    Out: Tensor<Elem = f32>,
    F: OneWay<In, Out>,
    B: OneWay<In, Out, Half = F::Half>,
{
}
