//! What a layer is: [`Layer`] for most, [`InPlace`] for those whose output may overwrite their input.
//!
//! One implementation serves batches and single samples, std and `no_std`: a layer sees slices of
//! samples, and a single sample is a slice of one.
//!
//! A layer of one's own from beginning to end, with a shape rule, parameters and gradients, is the program
//! `examples/own_layer.rs`.

use crate::base::masks::Masks;
pub use crate::base::needs::{Needs, PerStep, Shapes, steps};
use crate::error::Error;
pub use crate::facts::{Mask, Masked, Occurrences, Reads, SampleWise, Stage};
use crate::kernels::Prefetch;
use crate::params::{Flat, ParamBlock};
use crate::pool::Pool;
use crate::rng::{Purpose, Rng};
use crate::shape::{Rule, Shape};
use crate::tensor::Tensor;

/// What a layer may use besides its own data.
pub struct Ctx<'a> {
    /// Where work is spread over threads.
    pub pool: &'a Pool,
    /// The seed of the model.
    pub seed: u64,
    /// The number of the training step, counted from 0 over all epochs.
    pub step: u64,
    /// The index of the layer, from 0.
    pub layer: u32,
    /// Whether a forward pass is one of training: without it `Dropout` does nothing, and a
    /// normalisation uses its moving statistics and leaves them alone.
    pub training: bool,
    /// Memory for the duration of a call: [`Layer::SCRATCH`] values for each sample ([`Layer::INFER_SCRATCH`]
    /// outside training), with any content.
    pub scratch: &'a mut [f32],
    /// Memory that is read soon, for a layer to prefetch.
    pub prefetch: Prefetch<'a>,
    /// Which layers are frozen, by index; a layer beyond the end is not.
    pub frozen: &'a [bool],
    /// The first layer that the backward pass reaches.
    pub first: u32,
    /// What the first layer has to sum up besides the gradient of the parameters that say so (the table of an `Embedding`):
    /// for each, the squares or sizes of the gradients of single occurrences. Empty if the optimizer
    /// does not ask.
    pub occurrences: (Occurrences, &'a mut [f32]),
    /// Which steps of a batch are padding.
    masks: Masks<'a>,
    /// The shapes between the layers of a model with axes of any length, as they are in this batch.
    shapes: Option<&'a Shapes<'a>>,
    /// Whether all layers are frozen, whatever `frozen` says: those of a model that is a frozen layer.
    still: bool,
    /// What layers carry on in a pass outside training, of all of them, and where that of a layer begins.
    carried: (&'a mut [f32], fn(u32) -> usize),
}

impl<'a> Ctx<'a> {
    /// The context of a training step, without scratch memory.
    #[must_use]
    pub fn new(pool: &'a Pool, seed: u64, step: u64) -> Self {
        Ctx {
            pool,
            seed,
            step,
            layer: 0,
            training: true,
            scratch: &mut [],
            prefetch: Prefetch::default(),
            frozen: &[],
            first: 0,
            occurrences: (Occurrences::Sum, &mut []),
            masks: Masks::default(),
            shapes: None,
            still: false,
            carried: (&mut [], |_| 0),
        }
    }

    /// The same for the layers of a model that is this layer, of which these are frozen.
    #[must_use]
    pub(crate) fn inside<'b>(&'b mut self, frozen: &'b [bool], masks: Masks<'b>) -> Ctx<'b> {
        // Noise is drawn in training only.
        let seed = match self.training {
            true => Rng::new(self.seed, Purpose::Noise, self.layer, u64::MAX).seed(),
            false => self.seed,
        };
        let still = self.still || !self.trains();
        Ctx {
            seed,
            layer: 0,
            scratch: &mut [],
            prefetch: Prefetch::default(),
            frozen,
            first: 0,
            occurrences: (self.occurrences.0, self.occurrences.1),
            masks,
            shapes: None,
            still,
            carried: (&mut [], |_| 0),
            ..*self
        }
    }

    /// The same for a batch in which axes of any length have these.
    #[must_use]
    pub fn of_shapes<'b>(&'b mut self, shapes: &'b Shapes<'b>) -> Ctx<'b> {
        Ctx {
            scratch: self.scratch,
            occurrences: (self.occurrences.0, self.occurrences.1),
            masks: self.masks.reborrow(),
            carried: (self.carried.0, self.carried.1),
            shapes: Some(shapes),
            ..*self
        }
    }

    /// The shape of the samples that this layer is given: that of the type, with the lengths of this batch where it has
    /// axes of any length.
    #[inline(always)]
    #[must_use]
    pub fn input_shape<In: Tensor>(&self) -> Shape {
        match In::OPEN {
            0 => In::SHAPE,
            _ => self.shape(self.layer as usize, In::SHAPE),
        }
    }

    /// The same of those that it gives.
    #[inline(always)]
    #[must_use]
    pub fn output_shape<Out: Tensor>(&self) -> Shape {
        self.output_shape_of::<Out>(self.layer as usize)
    }

    /// The same of any layer, by index.
    #[inline(always)]
    pub(crate) fn output_shape_of<Out: Tensor>(&self, layer: usize) -> Shape {
        match Out::OPEN {
            0 => Out::SHAPE,
            _ => self.shape(layer + 1, Out::SHAPE),
        }
    }

    /// The shape of a sample that this layer is given, with the lengths of this batch where it has axes of any length.
    #[inline(always)]
    pub(crate) fn with_lengths(&self, shape: Shape) -> Shape {
        match shape.open_axes() {
            0 => shape,
            _ => self.shape(self.layer as usize, shape),
        }
    }

    fn shape(&self, at: usize, shape: Shape) -> Shape {
        let shapes = self.shapes.map_or(&[][..], |shapes| shapes.0);
        shapes.get(at).copied().unwrap_or(shape.with_open([1; 2]))
    }

    /// The number of samples in a batch of this input: of axes of any length all steps lie side by side.
    #[inline(always)]
    #[must_use]
    pub fn samples<In: Tensor>(&self, x: &[In]) -> usize {
        match In::OPEN {
            0 => x.len(),
            _ => x.len() / steps::<In>(self.input_shape::<In>()).max(1),
        }
    }

    /// The same with scratch memory.
    #[must_use]
    pub fn with_scratch<'b>(&self, scratch: &'b mut [f32]) -> Ctx<'b>
    where
        'a: 'b,
    {
        Ctx {
            scratch,
            occurrences: (Occurrences::Sum, &mut []),
            masks: self.masks.shared(),
            carried: (&mut [], |_| 0),
            ..*self
        }
    }

    /// The same with scratch memory for a layer, and all that it may carry on.
    #[must_use]
    pub(crate) fn in_scratch<'b>(&'b mut self, scratch: &'b mut [f32]) -> Ctx<'b> {
        Ctx {
            scratch,
            occurrences: (self.occurrences.0, self.occurrences.1),
            masks: self.masks.reborrow(),
            carried: (self.carried.0, self.carried.1),
            ..*self
        }
    }

    /// The same with memory to prefetch.
    #[must_use]
    pub(crate) fn prefetching<'b>(&'b mut self, prefetch: Prefetch<'b>) -> Ctx<'b> {
        Ctx {
            prefetch,
            scratch: self.scratch,
            occurrences: (self.occurrences.0, self.occurrences.1),
            masks: self.masks.reborrow(),
            carried: (self.carried.0, self.carried.1),
            ..*self
        }
    }

    /// The same with another seed.
    #[must_use]
    pub(crate) fn seeded<'b>(&'b mut self, seed: u64) -> Ctx<'b> {
        Ctx {
            seed,
            scratch: self.scratch,
            occurrences: (self.occurrences.0, self.occurrences.1),
            masks: self.masks.reborrow(),
            carried: (self.carried.0, self.carried.1),
            ..*self
        }
    }

    /// The same for a pass outside training that carries on the state of the layers: `state` is that of all of them, in which
    /// that of layer `i` begins at `first(i)`.
    #[must_use]
    pub(crate) fn carrying<'b>(
        &'b mut self,
        state: &'b mut [f32],
        first: fn(u32) -> usize,
    ) -> Ctx<'b> {
        Ctx {
            scratch: self.scratch,
            occurrences: (self.occurrences.0, self.occurrences.1),
            masks: self.masks.reborrow(),
            carried: (state, first),
            ..*self
        }
    }

    /// What this layer carries on, if the pass does, and the context without it.
    pub(crate) fn carried<S: Flat>(&mut self) -> (Option<&mut S>, Ctx<'_>) {
        let (state, first) = (&mut *self.carried.0, self.carried.1(self.layer));
        let state = state
            .get_mut(first..)
            .and_then(|rest| rest.get_mut(..S::LEN));
        let cx = Ctx {
            scratch: self.scratch,
            occurrences: (self.occurrences.0, self.occurrences.1),
            masks: self.masks.reborrow(),
            carried: (&mut [], |_| 0),
            ..*self
        };
        (state.and_then(S::of_f32s_mut), cx)
    }

    /// The same, for as long as this one is left alone.
    #[must_use]
    pub(crate) fn again(&mut self) -> Ctx<'_> {
        Ctx {
            scratch: self.scratch,
            occurrences: (self.occurrences.0, self.occurrences.1),
            masks: self.masks.reborrow(),
            carried: (self.carried.0, self.carried.1),
            ..*self
        }
    }

    /// The same with the masks of a pass.
    #[must_use]
    pub(crate) fn with_masks<'b>(&'b mut self, masks: Masks<'b>) -> Ctx<'b> {
        Ctx {
            scratch: self.scratch,
            occurrences: (self.occurrences.0, self.occurrences.1),
            carried: (self.carried.0, self.carried.1),
            masks,
            ..*self
        }
    }

    /// The same for a layer that is called by hand: the tokens `x` mask what the first `reach` layers are given (at most 8).
    #[must_use]
    pub fn masked<'b, In: Tensor>(&'b mut self, x: &'b [In], reach: u32) -> Ctx<'b> {
        const FIRST: &[Masked] = &[Masked::Tokens; 8];
        let (given, tokens) = (FIRST.get(..reach as usize), In::tokens(In::flat(x)));
        self.with_masks(Masks::new(given.unwrap_or(FIRST), tokens, &mut [], 0))
    }

    /// The mask that this layer is given, if it is one of so many steps, which are those of a batch: a number for each, 0 where it
    /// is masked.
    #[must_use]
    pub fn mask(&self, steps: usize) -> Option<&'a [u32]> {
        self.masks.of(self.layer as usize, steps)
    }

    /// The mask that this layer gives, of so many steps: `fill` writes 0 where a step is masked. Only a layer whose
    /// [`Layer::MASK`] is [`Mask::Finds`] has memory for it. It calls [`leave_mask`](Self::leave_mask) in its backward pass.
    pub fn find_mask(&mut self, steps: usize, fill: impl FnOnce(&mut [u32])) {
        self.masks.find(steps, fill);
    }

    /// Whoever found a mask in the forward pass says that the backward pass has come to it: before it there is another one, or none.
    pub fn leave_mask(&mut self) {
        self.masks.leave();
    }

    /// The last values of the scratch memory, which are there for masks and no layer's.
    #[doc(hidden)]
    pub fn take_masks(&mut self, len: usize) -> &'a mut [f32] {
        let scratch = core::mem::take(&mut self.scratch);
        let at = scratch.len().saturating_sub(len);
        let (scratch, masks) = scratch.split_at_mut_checked(at).unwrap_or_default();
        self.scratch = scratch;
        masks
    }

    /// How much memory for masks is left.
    pub(crate) fn masks_left(&self) -> usize {
        self.masks.left()
    }

    /// Whether this layer is trained: a frozen one leaves the gradients of its parameters unwritten,
    /// and its statistics alone.
    #[must_use]
    pub fn trains(&self) -> bool {
        self.trains_layer(self.layer as usize)
    }

    /// The same for any layer, by index.
    pub(crate) fn trains_layer(&self, layer: usize) -> bool {
        !self.still && self.frozen.get(layer) != Some(&true)
    }

    /// The random numbers of this layer in this step: the same in forward and in backward.
    #[must_use]
    pub const fn noise(&self) -> Rng {
        Rng::new(self.seed, Purpose::Noise, self.layer, self.step)
    }
}

/// A layer from samples `In` to samples `Out`.
///
/// # Shapes
/// `x`, `y`, `dy`, `dx` hold the same number of samples; `cache` holds `CACHE` values a sample.
pub trait Layer<In: Tensor, Out: Tensor>: Sync {
    /// The trainable arrays.
    type Params: ParamBlock;
    /// What training updates without a gradient: moving averages, the state of an RNN.
    type State: ParamBlock;
    /// The `f32`s a sample that `forward` leaves for `backward`, besides `x` and `y`.
    const CACHE: usize = 0;
    /// What `backward` reads of `y`.
    const READS_OUTPUT: Reads = Reads::Values;
    /// Whether the layer carries state from one batch to the next.
    const STATEFUL: bool = false;
    /// The `f32`s a sample that a call needs of [`Ctx::scratch`].
    const SCRATCH: usize = 0;
    /// The same for a call outside training, which may need less.
    const INFER_SCRATCH: usize = Self::SCRATCH;
    /// What a sample needs that has axes of any length ([`Open`](crate::open::Open)).
    const NEEDS: Needs = Needs::by_step(Self::CACHE, Self::SCRATCH, Self::INFER_SCRATCH);
    /// What becomes of a mask.
    const MASK: Mask = Mask::Drops;
    /// The multiply-accumulates of a forward pass of one sample: the products of a value with a parameter, each added
    /// to a sum. Padding counts as if it were values. What has no parameters (activations, pooling, gates that multiply
    /// each other) and the addition of a bias count nothing.
    const MACS: usize = 0;

    /// Sets the initial values; `p` and `s` are zero before.
    fn init(&self, p: &mut Self::Params, s: &mut Self::State, rng: &mut Rng) {
        let _ = (p, s, rng);
    }

    /// Forgets what the layer carries from one batch to the next (a stateful RNN).
    fn reset_states(&self, s: &mut Self::State) {
        let _ = s;
    }

    /// Whether the layer takes these samples as the model's input: tokens can be out of range.
    ///
    /// # Errors
    /// [`Error::Input`], which names the sample and the position.
    fn check(&self, x: &[In]) -> Result<(), Error> {
        let _ = x;
        Ok(())
    }

    /// The output outside training.
    fn infer(&self, p: &Self::Params, s: &Self::State, x: &[In], y: &mut [Out], cx: &mut Ctx<'_>);

    /// The output in training, and whenever the state changes: see [`Ctx::training`]. Without a cache and such a state it
    /// is that of [`infer`](Self::infer).
    fn forward(
        &self,
        p: &Self::Params,
        s: &mut Self::State,
        x: &[In],
        y: &mut [Out],
        cache: &mut [f32],
        cx: &mut Ctx<'_>,
    ) {
        let _ = cache;
        self.infer(p, s, x, y, cx);
    }

    /// From the gradient of the output, `pass.dy`, the gradients of the parameters (written to `dp`, whatever it held;
    /// not if the layer is frozen, see [`Ctx::trains`]) and of the input (written to `pass.dx`).
    fn backward(
        &self,
        p: &Self::Params,
        pass: Backward<'_, In, Out>,
        dp: &mut Self::Params,
        cx: &mut Ctx<'_>,
    );
}

/// What [`Layer::backward`] works on.
pub struct Backward<'a, In, Out> {
    /// The input of the forward pass (for an [`InPlace`] layer: its output).
    pub x: &'a [In],
    /// The output of the forward pass, as far as [`Layer::READS_OUTPUT`] asks for it.
    pub y: &'a [Out],
    /// What the forward pass left.
    pub cache: &'a [f32],
    /// The gradient of the output; the layer may overwrite it.
    pub dy: &'a mut [Out],
    /// The gradient of the input, to be written; `None` if no layer before is trained.
    pub dx: Option<&'a mut [In]>,
}

impl<'a, In: Tensor<Elem = f32>, Out: Tensor<Elem = f32>> Backward<'a, In, Out> {
    /// The same with all samples one behind the other.
    #[must_use]
    pub fn flat(self) -> Backward<'a, f32, f32> {
        Backward {
            x: In::flat(self.x),
            y: Out::flat(self.y),
            cache: self.cache,
            dy: Out::flat_mut(self.dy),
            dx: self.dx.map(In::flat_mut),
        }
    }
}

/// A layer whose output takes the place of its input: activations, `Dropout`, `Flatten`.
///
/// It never reads its input in the backward pass (what it needs of it goes into the cache), and the
/// gradient of its input takes the place of the gradient of its output. Values come flat; `width` is
/// the length of the last axis of the output. Every such layer is a [`Layer`].
pub trait InPlace: Sync {
    /// The trainable arrays.
    type Params: ParamBlock;
    /// What training updates without a gradient.
    type State: ParamBlock;
    /// Whether the layer keeps a cache, as large as its input.
    const CACHES: bool = false;
    /// As in [`Layer`].
    const READS_OUTPUT: Reads;
    /// Whether positive values stay positive, and the others do not become so.
    const KEEPS_SIGN: bool = false;
    /// As in [`Layer`].
    const MASK: Mask = Mask::Drops;
    /// Of a layer of this crate: in which passes it may take some samples of a batch without the others.
    const SAMPLE_WISE: SampleWise = SampleWise::Never;
    /// Of a layer of this crate: whether outside training each value depends only on itself.
    const POINTWISE: bool = false;
    /// Of a layer of this crate: whether that keeps the order of values, so that the largest one of several may be chosen before.
    const RISES: bool = false;

    /// Outside training: `y` holds the input and gets the output.
    fn infer_in_place(
        &self,
        p: &Self::Params,
        s: &Self::State,
        y: &mut [f32],
        width: usize,
        cx: &Ctx<'_>,
    );

    /// In training: `y` holds the input and gets the output. Without a cache and a state that changes it is that of
    /// [`infer_in_place`](Self::infer_in_place).
    fn forward_in_place(
        &self,
        p: &Self::Params,
        s: &mut Self::State,
        y: &mut [f32],
        cache: &mut [f32],
        width: usize,
        cx: &Ctx<'_>,
    ) {
        let _ = cache;
        self.infer_in_place(p, s, y, width, cx);
    }

    /// `pass.dy` holds the gradient of the output and gets that of the input.
    fn backward_in_place(
        &self,
        p: &Self::Params,
        pass: BackwardInPlace<'_>,
        dp: &mut Self::Params,
        cx: &Ctx<'_>,
    );
}

/// What [`InPlace::backward_in_place`] works on.
pub struct BackwardInPlace<'a> {
    /// The output of the forward pass, as far as [`InPlace::READS_OUTPUT`] asks for it.
    pub y: &'a [f32],
    /// What the forward pass left.
    pub cache: &'a [f32],
    /// The gradient of the output, to become that of the input.
    pub dy: &'a mut [f32],
    /// Whether the gradient of what is not positive in `y` becomes 0 next, whatever it is here: `y` lies where a layer
    /// like `relu` has written, and nothing else reads the gradient.
    pub positive: bool,
    /// The length of the last axis.
    pub width: usize,
}

impl<In: Tensor<Elem = f32>, Out: Tensor<Elem = f32>, L: InPlace> Layer<In, Out> for L {
    type Params = L::Params;
    type State = L::State;
    const CACHE: usize = if L::CACHES { Out::LEN } else { 0 };
    const READS_OUTPUT: Reads = L::READS_OUTPUT;
    const MASK: Mask = L::MASK;

    fn infer(&self, p: &Self::Params, s: &Self::State, x: &[In], y: &mut [Out], cx: &mut Ctx<'_>) {
        let y = Out::flat_mut(y);
        y.copy_from_slice(In::flat(x));
        self.infer_in_place(p, s, y, Out::SHAPE.last(), cx);
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
        let y = Out::flat_mut(y);
        y.copy_from_slice(In::flat(x));
        self.forward_in_place(p, s, y, cache, Out::SHAPE.last(), cx);
    }

    fn backward(
        &self,
        p: &Self::Params,
        pass: Backward<'_, In, Out>,
        dp: &mut Self::Params,
        cx: &mut Ctx<'_>,
    ) {
        let in_place = BackwardInPlace {
            y: Out::flat(pass.y),
            cache: pass.cache,
            dy: Out::flat_mut(pass.dy),
            positive: false,
            width: Out::SHAPE.last(),
        };
        self.backward_in_place(p, in_place, dp, cx);
        if let Some(dx) = pass.dx {
            In::flat_mut(dx).copy_from_slice(Out::flat(pass.dy));
        }
    }
}

/// The shape rule of a layer that is given by path: evaluated by `cargo check` for the input type
/// that the model has at that place, so a refusal is a compile error at the layer.
///
/// ```
/// # use kseq_core as kseq;
/// use kseq::{layer::ShapeRule, shape::{Refusal, Rule}, tensor::Tensor, text::Text};
///
/// /// Adds neighbouring features; needs an even number of them.
/// pub struct Pairs;
///
/// impl<const N: usize> ShapeRule<[f32; N]> for Pairs {
///     const OUTPUT: Rule = if N % 2 == 0 {
///         Ok(<[f32; N]>::SHAPE.with_last(N / 2))
///     } else {
///         let what = Text::new().str("needs an even number of features, got ").num(N);
///         Err(Refusal::new(what, "give the layer before an even number of units"))
///     };
/// }
/// assert!(<Pairs as ShapeRule<[f32; 3]>>::OUTPUT.is_err());
/// ```
#[diagnostic::on_unimplemented(
    message = "layer `{Self}` does not take samples of type `{In}`",
    label = "no shape rule for this input",
    note = "implement `ShapeRule<{In}>` and `Layer<{In}, ..>` for the layer, or change the layer before"
)]
pub trait ShapeRule<In: Tensor> {
    /// The output's shape, or why the input is refused.
    const OUTPUT: Rule;
}

/// Sets the initial values of the layer with this index in a model.
#[doc(hidden)]
pub fn init<L, X, Y>(layer: &L, p: &mut L::Params, s: &mut L::State, seed: u64, index: u32)
where
    L: Layer<X, Y>,
    X: Tensor,
    Y: Tensor,
{
    let mut rng = Rng::new(seed, Purpose::Init, index, 0);
    layer.init(p, s, &mut rng);
}
