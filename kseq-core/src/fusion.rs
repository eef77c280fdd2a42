//! What layers of this crate let be done with them together with their neighbours: hooks of the passes, all of which may
//! be left out. A layer of the user's is wrapped in [`Own`], which has none.

use core::ops::Range;

use crate::base::layer_info::Inside;
use crate::error::Error;
use crate::facts::{Mask, Reads, SampleWise, Stage, Streaming};
use crate::kernels::gemm::Normalised;
use crate::kernels::walk::{Memory, Walk};
use crate::layer::{Backward, Ctx, InPlace, Layer, Needs};
use crate::layers::Windows;
use crate::layers::sink::Sink;
use crate::rng::Rng;
use crate::shape::Shape;
use crate::tensor::Tensor;

/// How a layer works together with those around it.
pub trait Fusion<In: Tensor, Out: Tensor>: Layer<In, Out> {
    /// In which passes the layer may take some samples of a batch without the others.
    const SAMPLE_WISE: SampleWise = SampleWise::Never;
    /// Whether the layer, if it is frozen, gives in training what it gives in a prediction of each sample.
    const REPEATS: bool = matches!(Self::SAMPLE_WISE, SampleWise::Always);
    /// What [`Fusion::infer_part`] does.
    const STAGE: Stage = Stage::None;
    /// Whether this is a pooling whose backward pass the layer before may do, see [`Fusion::windows`].
    const POOLS: bool = false;
    /// Whether the layer has a [`Fusion::backward_pooled`].
    const UNPOOLS: bool = false;
    /// Whether the layer has a [`Fusion::backward_streamed`].
    const STREAMS: bool = false;
    /// Whether a prediction applies `Ctx::then`: what a normalization behind the layer does, and a `relu` behind that.
    const GOES_ON: bool = false;
    /// Whether the layer is such a normalization: how much memory [`Fusion::then`] needs, or 0.
    const THEN: usize = 0;
    /// Whether the layer is a normalization that in training does what a `relu` behind it does, if [`Ctx`] says so, forth and back,
    /// and has a [`Fusion::backward_left`].
    const RECTIFIES: bool = false;
    /// Whether the backward pass begins with what such a normalization behind the layer has left to it.
    const UNDOES: bool = false;
    /// How many of the parameters, from the first, have a gradient that is a sum over occurrences (the
    /// table of an `Embedding`, of which a batch may name a row several times): see
    /// [`Ctx::occurrences`].
    const OCCURRENCES: usize = 0;
    /// Whether the layer itself has penalties on outputs, whose sum its pass leaves as the last value of its cache, and outside
    /// training of its scratch memory: a model that is a layer.
    const SCORES: bool = false;
    /// The layers of a model that is a layer.
    const INSIDE: Inside = Inside::NONE;

    /// How the layer works on the steps of a sequence of any length, one by one; what depends on its arguments says a method `streaming`
    /// of the layer's own.
    const STREAMING: Streaming = Streaming::NEVER;

    /// The output at the next step of one sequence outside training, if there is one at this step. `state` is what
    /// [`Streaming::state`] asks for: zeros at first.
    fn stream(
        &self,
        p: &Self::Params,
        s: &Self::State,
        x: &[In],
        state: &mut [f32],
        y: &mut [Out],
        cx: &mut Ctx<'_>,
    ) -> bool {
        let _ = state;
        self.infer(p, s, x, y, cx);
        true
    }

    /// A part of the output of one sample outside training, see [`Fusion::STAGE`]: `part` are the rows that are to be given,
    /// or the values of the input that are new. Returns which values of the output there are now besides those before. Only called
    /// if `STAGE` says what it does.
    fn infer_part(
        &self,
        p: &Self::Params,
        x: &[In],
        y: &mut [Out],
        part: Range<usize>,
        cx: &mut Ctx<'_>,
    ) -> Range<usize> {
        let _ = (p, x, y, cx);
        part
    }

    /// The output of one sample outside training, in memory that may overlap that of the input. Only called for a layer
    /// whose `Walk` the plan knows; it says what else is to be done.
    #[inline(always)]
    fn infer_walk(&self, p: &Self::Params, memory: Memory<'_>, walk: &Walk, backwards: bool) {
        let _ = (p, memory, walk, backwards);
    }

    /// What the layer does with each value of an input of this shape outside training, if it does the same with all values of a
    /// channel, and these come last; it finds its numbers in the memory.
    fn then<'a>(
        &self,
        p: &'a Self::Params,
        s: &'a Self::State,
        shape: Shape,
        memory: &'a mut [f32],
    ) -> Option<Normalised<'a>> {
        let _ = (p, s, shape, memory);
        None
    }

    /// The windows of a `MaxPooling` whose backward pass the layer before may do.
    fn windows(&self, cx: &Ctx<'_>) -> Option<Windows> {
        let _ = cx;
        None
    }

    /// As [`Layer::backward`], behind which a `MaxPooling` follows that left its own backward pass to this layer: the
    /// gradient of a sample is spread over its windows when it is needed, not for the whole batch before.
    fn backward_pooled(
        &self,
        p: &Self::Params,
        pass: BackwardPooled<'_, In, Out>,
        dp: &mut Self::Params,
        cx: &mut Ctx<'_>,
    ) {
        let _ = (p, pass, dp, cx);
    }

    /// So many numbers the layer before needs for the end of this one's backward pass of these samples; none if it could not do it, or
    /// there is less room.
    #[cfg(feature = "std")]
    fn leaves(&self, x: &[In], room: usize, cx: &Ctx<'_>) -> Option<usize> {
        let _ = (x, room, cx);
        None
    }

    /// As [`Layer::backward`], but for the gradient of the input: its numbers are left at the beginning of `cache`. Only called if
    /// [`Fusion::leaves`] says how many.
    #[cfg(feature = "std")]
    fn backward_left(
        &self,
        p: &Self::Params,
        gradient: (&[In], &mut [Out]),
        cache: &mut [f32],
        dp: &mut Self::Params,
        cx: &mut Ctx<'_>,
    ) {
        let _ = (p, gradient, cache, dp, cx);
    }

    /// As [`Layer::backward`], with the parameters for itself, although it leaves them alone: a model that is a layer passes
    /// them on to its own pass, which may be one that updates.
    #[inline(always)]
    fn backward_of(
        &self,
        p: &mut Self::Params,
        pass: Backward<'_, In, Out>,
        dp: &mut Self::Params,
        cx: &mut Ctx<'_>,
    ) {
        self.backward(p, pass, dp, cx);
    }

    /// As [`Layer::backward`], where the parameters are updated in the pass: by pieces, so that their gradient needs no memory.
    /// `to` is the number of the layer's first parameter, and what updates.
    fn backward_streamed(
        &self,
        p: &mut Self::Params,
        pass: Backward<'_, In, Out>,
        to: (usize, &mut impl Sink),
        cx: &mut Ctx<'_>,
    ) {
        let _ = (p, pass, to, cx);
    }
}

/// What [`Fusion::backward_pooled`] works on.
pub struct BackwardPooled<'a, In, Out> {
    /// The input of the forward pass.
    pub x: &'a [In],
    /// The output of the forward pass, whose memory the layer may use for the gradient.
    pub y: &'a mut [Out],
    /// The gradient of the pooling's output.
    pub dy: &'a [f32],
    /// Its windows, if they lie side by side.
    pub windows: &'a Windows,
    /// The gradient of the input, to be written; `None` if no layer before is trained.
    pub dx: Option<&'a mut [In]>,
}

impl<'a, In: Tensor<Elem = f32>, Out: Tensor<Elem = f32>> BackwardPooled<'a, In, Out> {
    /// The same with all samples one behind the other.
    pub(crate) fn flat(self) -> BackwardPooled<'a, f32, f32> {
        BackwardPooled {
            x: In::flat(self.x),
            y: Out::flat_mut(self.y),
            dy: self.dy,
            windows: self.windows,
            dx: self.dx.map(In::flat_mut),
        }
    }
}

impl<In: Tensor<Elem = f32>, Out: Tensor<Elem = f32>, L: InPlace> Fusion<In, Out> for L {
    const SAMPLE_WISE: SampleWise = L::SAMPLE_WISE;
    const STAGE: Stage = if L::POINTWISE {
        Stage::Through
    } else {
        Stage::None
    };
    const STREAMING: Streaming = Streaming::step(Out::LEN, 0);
}

/// The streaming of a layer that works on each step by itself.
pub(crate) const fn by_step<L: Layer<In, Out>, In: Tensor, Out: Tensor>() -> Streaming {
    Streaming::step(Out::LEN, L::NEEDS.infer_scratch.of(1))
}

const fn max(a: usize, b: usize) -> usize {
    if a > b { a } else { b }
}

/// A layer of the user's.
pub struct Own<L>(pub L);

impl<In: Tensor, Out: Tensor, L: Layer<In, Out>> Fusion<In, Out> for Own<L> {}

impl<In: Tensor, Out: Tensor, L: Layer<In, Out>> Layer<In, Out> for Own<L> {
    type Params = L::Params;
    type State = L::State;
    const CACHE: usize = L::CACHE;
    const READS_OUTPUT: Reads = L::READS_OUTPUT;
    const STATEFUL: bool = L::STATEFUL;
    const SCRATCH: usize = L::SCRATCH;
    const INFER_SCRATCH: usize = if L::STATEFUL {
        max(L::SCRATCH + L::CACHE, L::INFER_SCRATCH)
    } else {
        L::INFER_SCRATCH
    };
    const NEEDS: Needs = {
        let mut needs = L::NEEDS;
        if L::STATEFUL {
            let (scratch, cache) = (needs.scratch, needs.cache);
            needs.infer_scratch.sample += scratch.sample + cache.sample;
            needs.infer_scratch.step += scratch.step + cache.step;
            needs.infer_scratch.pair += scratch.pair + cache.pair;
        }
        needs
    };
    const MASK: Mask = L::MASK;
    const MACS: usize = L::MACS;

    fn init(&self, p: &mut Self::Params, s: &mut Self::State, rng: &mut Rng) {
        self.0.init(p, s, rng);
    }

    fn reset_states(&self, s: &mut Self::State) {
        self.0.reset_states(s);
    }

    fn check(&self, x: &[In]) -> Result<(), Error> {
        self.0.check(x)
    }

    fn infer(&self, p: &Self::Params, s: &Self::State, x: &[In], y: &mut [Out], cx: &mut Ctx<'_>) {
        if L::STATEFUL
            && let (Some(s), mut cx) = cx.carried::<L::State>()
        {
            // What carries the state on is `forward`, whose cache is the end of the scratch memory.
            let memory = core::mem::take(&mut cx.scratch);
            let (scratch, cache) = memory.split_at_mut(x.len() * L::SCRATCH);
            cx.scratch = scratch;
            return self
                .0
                .forward(p, s, x, y, &mut cache[..x.len() * L::CACHE], &mut cx);
        }
        self.0.infer(p, s, x, y, cx);
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
        self.0.forward(p, s, x, y, cache, cx);
    }

    fn backward(
        &self,
        p: &Self::Params,
        pass: Backward<'_, In, Out>,
        dp: &mut Self::Params,
        cx: &mut Ctx<'_>,
    ) {
        self.0.backward(p, pass, dp, cx);
    }
}
