//! The memory of a step while it runs: the [`Tape`] of outputs and caches and the [`Grads`] in training, the two [`Buffers`]
//! of a prediction. The code of `sequential!` calls one method a layer.

mod arena;
mod backward;
mod buffers;
mod grads;
mod steps;

pub use crate::layers::sink::{Gathered, Sink};
pub use buffers::Buffers;
pub use grads::Grads;
pub use steps::Steps;

use core::marker::PhantomData;
use core::ops::Range;

use crate::base::work::Work;
use crate::fusion::Fusion;
use crate::kernels::dispatch::DEVICE;
use crate::layer::{Ctx, InPlace};
use crate::plan::Placement;
use crate::regularizers::Regularizer;
use crate::tensor::Tensor;

/// Which layers of a model have a tape.
pub trait Taped {
    /// The first one. Those before have given their output, which is there.
    const FIRST: usize = 0;
    /// Whether the forward pass is long over: outputs and caches are only read.
    const KEPT: bool = false;
}

/// All of them.
pub struct All;

impl Taped for All {}

/// All of them, in memory that is only read: for the backward pass of a model that is a layer of another one.
pub(crate) struct Kept;

impl Taped for Kept {
    const KEPT: bool = true;
}

/// The outputs and caches of a training step, where the plan places them.
pub struct Tape<'m, T = All> {
    memory: &'m mut [f32],
    /// The same if it is [`Kept`].
    kept: &'m [f32],
    placements: &'m [Placement],
    batch: usize,
    /// The layers that a forward pass runs; a call for another one does nothing.
    layers: Range<usize>,
    /// The samples that they run on.
    samples: Range<usize>,
    penalty: f32,
    taped: PhantomData<T>,
}

impl<'m> Tape<'m> {
    /// A tape for `batch` samples in `Sizes::tape * batch` values of memory.
    #[must_use]
    pub fn new(memory: &'m mut [f32], placements: &'m [Placement], batch: usize) -> Self {
        Tape::of(memory, placements, batch)
    }
}

impl<'m> Tape<'m, Kept> {
    /// What a forward pass of `batch` samples has left.
    pub(crate) fn kept(memory: &'m [f32], placements: &'m [Placement], batch: usize) -> Self {
        Tape {
            kept: memory,
            ..Tape::of(&mut [], placements, batch)
        }
    }
}

// On a microcontroller places are constants of the program, also where code is to be small.
impl<'m, T: Taped> Tape<'m, T> {
    /// The same for the layers that `T` says.
    pub(crate) fn of(memory: &'m mut [f32], placements: &'m [Placement], batch: usize) -> Self {
        Tape {
            memory,
            kept: &[],
            placements,
            batch,
            layers: 0..usize::MAX,
            samples: 0..batch,
            penalty: 0.0,
            taped: PhantomData,
        }
    }

    /// From now on a forward pass runs these layers on these samples.
    pub(crate) fn select(&mut self, layers: Range<usize>, samples: Range<usize>) {
        (self.layers, self.samples) = (layers, samples);
    }

    fn runs(&self, i: usize) -> bool {
        self.layers.contains(&i)
    }

    #[inline(always)]
    fn written(&self) -> &[f32] {
        if T::KEPT { self.kept } else { self.memory }
    }

    #[cfg_attr(not(feature = "std"), inline(always))]
    fn y(&self, i: usize) -> &[f32] {
        let at = self.at(i);
        part(self.written(), self.batch, at.y, at.len)
    }

    #[cfg_attr(not(feature = "std"), inline(always))]
    fn cache(&self, i: usize) -> &[f32] {
        let at = self.at(i);
        part(self.written(), self.batch, at.cache, at.cache_len)
    }

    #[cfg_attr(not(feature = "std"), inline(always))]
    fn at(&self, i: usize) -> Placement {
        self.placements.get(i).copied().unwrap_or(Placement::NONE)
    }

    /// Whether layer `i` does what the `relu` behind it does. (Not where its own output becomes integers before.)
    #[inline(always)]
    fn is_rectified(&self, i: usize, cx: &Ctx<'_>) -> bool {
        #[cfg(feature = "std")]
        let is_rectified = !DEVICE && self.at(i).rectified && cx.fakes.is_none();
        #[cfg(not(feature = "std"))]
        let is_rectified = {
            let _ = (i, cx);
            false
        };
        is_rectified
    }

    /// The values of the batch in the output of layer `i`.
    #[inline(always)]
    fn output_len<Out: Tensor>(&self, i: usize) -> usize {
        self.batch
            * match Out::OPEN {
                0 => Out::LEN,
                _ => self.at(i).len,
            }
    }

    /// The same in its input, which is not that of the model.
    #[inline(always)]
    fn input_len<In: Tensor>(&self, i: usize) -> usize {
        self.output_len::<In>(i.saturating_sub(1))
    }

    /// The input of layer `i`, unless it is the first, its output, and its cache, for the samples of the pass. The input
    /// is empty where it lies in the memory of the output.
    #[cfg_attr(not(feature = "std"), inline(always))]
    fn split(&mut self, i: usize) -> (&[f32], &mut [f32], &mut [f32]) {
        let (at, batch, samples) = (self.at(i), self.batch, self.samples.clone());
        let (before, rest) = split(self.memory, at.y * batch);
        let (y, rest) = split(rest, at.len * batch);
        let (_, cache) = split(rest, (at.cache - at.y - at.len) * batch);
        // Without caches to stay in, a microcontroller takes all samples together.
        let some = |len: usize| match DEVICE {
            true => 0..len * batch,
            false => samples.start * len..samples.end * len,
        };
        let x = match i.checked_sub(1) {
            Some(i) if !at.aliased => match self.placements.get(i) {
                Some(x) => part(before, batch, x.y, x.len).get(some(x.len)),
                None => None,
            },
            _ => None,
        };
        let x = x.unwrap_or_default();
        let y = y.get_mut(some(at.len)).unwrap_or_default();
        let cache = cache.get_mut(some(at.cache_len)).unwrap_or_default();
        (x, y, cache)
    }

    /// The forward pass of the first layer, on the user's samples.
    #[inline(always)] // What the compiler knows not to be on the tape is not there, then.
    pub fn first<L: Fusion<In, Out>, In: Tensor, Out: Tensor<Elem = f32>>(
        &mut self,
        layer: &L,
        p: &L::Params,
        s: &mut L::State,
        x: &[In],
        cx: &mut Ctx<'_>,
    ) {
        if T::FIRST == 0 {
            self.first_forward(layer, p, s, x, cx);
        }
    }

    fn first_forward<L: Fusion<In, Out>, In: Tensor, Out: Tensor<Elem = f32>>(
        &mut self,
        layer: &L,
        p: &L::Params,
        s: &mut L::State,
        x: &[In],
        cx: &mut Ctx<'_>,
    ) {
        cx.enter(0, Work::Forward);
        if !self.runs(0) {
            return;
        }
        let (_, y, cache) = self.split(0);
        layer.forward(p, s, x, Out::view_mut(y), cache, cx);
        #[cfg(feature = "std")]
        if let Some(fakes) = cx.fakes {
            fakes.take(0, y);
        }
        if L::SCORES {
            self.penalty += cache.last().copied().unwrap_or_default();
        }
    }

    /// The forward pass of layer `i`, on the output of the layer before.
    #[inline(always)] // As above.
    pub fn next<L: Fusion<In, Out>, In: Tensor<Elem = f32>, Out: Tensor<Elem = f32>>(
        &mut self,
        i: usize,
        layer: &L,
        p: &L::Params,
        s: &mut L::State,
        cx: &mut Ctx<'_>,
    ) {
        if i >= T::FIRST {
            self.next_forward(i, layer, p, s, cx);
        }
    }

    fn next_forward<L: Fusion<In, Out>, In: Tensor<Elem = f32>, Out: Tensor<Elem = f32>>(
        &mut self,
        i: usize,
        layer: &L,
        p: &L::Params,
        s: &mut L::State,
        cx: &mut Ctx<'_>,
    ) {
        cx.enter(i, Work::Forward);
        if !self.runs(i) {
            return;
        }
        let is_rectified = L::RECTIFIES && self.is_rectified(i, cx);
        let (x, y, cache) = self.split(i);
        let (x, out) = (In::view(x), Out::view_mut(y));
        match is_rectified {
            true => layer.forward(p, s, x, out, cache, &mut cx.rectifying(true)),
            false => layer.forward(p, s, x, out, cache, cx),
        }
        #[cfg(feature = "std")]
        if let Some(fakes) = cx.fakes {
            fakes.take(i, y);
        }
        if L::SCORES {
            self.penalty += cache.last().copied().unwrap_or_default();
        }
    }

    /// The forward pass of layer `i` in the memory of its input, if the plan says so.
    #[inline(always)] // As above.
    pub fn in_place<L: InPlace, Out: Tensor<Elem = f32>>(
        &mut self,
        i: usize,
        layer: &L,
        p: &L::Params,
        s: &mut L::State,
        cx: &mut Ctx<'_>,
    ) {
        if i >= T::FIRST {
            self.in_place_forward::<L, Out>(i, layer, p, s, cx);
        }
    }

    fn in_place_forward<L: InPlace, Out: Tensor<Elem = f32>>(
        &mut self,
        i: usize,
        layer: &L,
        p: &L::Params,
        s: &mut L::State,
        cx: &mut Ctx<'_>,
    ) {
        cx.enter(i, Work::Forward);
        if !self.runs(i) {
            return;
        }
        if L::IS_RELU && i > 0 && self.is_rectified(i - 1, cx) {
            return; // Done.
        }
        let aliased = self.at(i).aliased;
        let (x, y, cache) = self.split(i);
        if !aliased {
            y.copy_from_slice(x);
        }
        layer.forward_in_place(p, s, y, cache, Out::SHAPE.last(), cx);
        #[cfg(feature = "std")]
        if let Some(fakes) = cx.fakes {
            fakes.take(i, y);
        }
    }

    /// Adds the penalty on the output of layer `i`, for each sample.
    pub fn penalize<Out: Tensor<Elem = f32>>(
        &mut self,
        i: usize,
        regularizer: &Regularizer,
        cx: &Ctx<'_>,
    ) {
        if self.runs(i) {
            let shape = cx.output_shape_of::<Out>(i);
            self.penalty += regularizer.penalty_on_outputs(self.y(i), shape, cx.pool);
        }
    }

    /// The sum of the penalties on outputs.
    #[must_use]
    pub const fn penalty(&self) -> f32 {
        self.penalty
    }

    /// The output of the last layer.
    pub fn output<Out: Tensor<Elem = f32>>(&mut self) -> &mut [Out] {
        let last = self.placements.len().saturating_sub(1);
        Out::view_mut(self.split(last).1)
    }

    /// The same for as long as the memory lives.
    #[must_use]
    pub fn into_output<Out: Tensor<Elem = f32>>(self) -> &'m [Out] {
        let last = self.at(self.placements.len().saturating_sub(1));
        Out::view(part(self.memory, self.batch, last.y, last.len))
    }
}

/// What lies from `first` on, `len` values a sample; the callers have seen to it that it is there.
fn part(memory: &[f32], batch: usize, first: usize, len: usize) -> &[f32] {
    let from = memory.get(first * batch..).unwrap_or_default();
    from.get(..len * batch).unwrap_or_default()
}

fn split(memory: &mut [f32], at: usize) -> (&mut [f32], &mut [f32]) {
    memory.split_at_mut_checked(at).unwrap_or_default()
}
