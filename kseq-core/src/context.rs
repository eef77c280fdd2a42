//! [`Ctx`]: what a layer is told of the pass that it is in.

#[cfg(feature = "std")]
use crate::base::fakes::Fakes;
use crate::base::masks::Masks;
use crate::base::needs::{Shapes, steps};
use crate::base::share::InParts;
#[cfg(feature = "std")]
use crate::base::share::Share;
use crate::base::work::Work;
use crate::facts::{Masked, Occurrences};
use crate::kernels::Prefetch;
use crate::kernels::gemm::Then;
#[cfg(feature = "std")]
use crate::layers::Undo;
use crate::params::Flat;
use crate::pool::Pool;
use crate::rng::{Purpose, Rng};
use crate::shape::Shape;
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
    /// Memory for the duration of a call: [`Layer::SCRATCH`](crate::layer::Layer::SCRATCH) values for each sample ([`Layer::INFER_SCRATCH`](crate::layer::Layer::INFER_SCRATCH)
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
    /// Which outputs become integers, in a training that is aware of them.
    #[cfg(feature = "std")]
    pub(crate) fakes: Option<&'a Fakes>,
    /// Of which batch this one is a part.
    #[cfg(feature = "std")]
    pub(crate) share: Share<'a>,
    /// What a layer that goes on does with its output.
    then: Then<'a>,
    /// Whether a layer that can does what a `relu` behind it does.
    #[cfg(feature = "std")]
    rectifies: bool,
    /// What a layer does with the gradient of its output before all else: see [`Fusion::UNDOES`](crate::fusion::Fusion::UNDOES).
    #[cfg(feature = "std")]
    pub(crate) undo: Option<Undo<'a>>,
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
            #[cfg(feature = "std")]
            fakes: None,
            #[cfg(feature = "std")]
            share: Share::WHOLE,
            then: Then::default(),
            #[cfg(feature = "std")]
            rectifies: false,
            #[cfg(feature = "std")]
            undo: None,
            masks: Masks::default(),
            shapes: None,
            still: false,
            carried: (&mut [], |_| 0),
        }
    }

    /// A pass comes to a layer.
    #[inline(always)]
    pub(crate) fn enter(&mut self, layer: usize, work: impl Fn(u32) -> Work) {
        self.layer = layer as u32;
        self.pool.mark(work(self.layer));
    }

    /// The same, for as long as this one is left alone. Masks that a layer [leaves](Self::leave_mask) by it are left in it only: a pass
    /// hands its own context to every layer that may have found one.
    #[inline(always)]
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
            #[cfg(feature = "std")]
            fakes: None,
            masks,
            shapes: None,
            still,
            carried: (&mut [], |_| 0),
            ..self.again()
        }
    }

    /// The same for a batch in which axes of any length have these.
    #[must_use]
    pub fn of_shapes<'b>(&'b mut self, shapes: &'b Shapes<'b>) -> Ctx<'b> {
        Ctx {
            shapes: Some(shapes),
            ..self.again()
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
            ..self.again()
        }
    }

    /// The same for a layer that goes on so.
    #[must_use]
    pub(crate) fn going_on<'b>(&'b mut self, then: Then<'b>, scratch: &'b mut [f32]) -> Ctx<'b> {
        Ctx {
            then,
            scratch,
            ..self.again()
        }
    }

    /// What the layer does with its output, if it says that it [goes on](crate::fusion::Fusion::GOES_ON): a normalization behind
    /// it.
    #[inline(always)]
    pub(crate) fn then(&self) -> Then<'a> {
        self.then
    }

    /// The same for a layer that does what a `relu` behind it does, if one does so.
    #[must_use]
    pub(crate) fn rectifying(&mut self, relu: bool) -> Ctx<'_> {
        let cx = self.again();
        #[cfg(feature = "std")]
        let cx = Ctx {
            rectifies: relu,
            ..cx
        };
        #[cfg(not(feature = "std"))]
        let _ = relu;
        cx
    }

    /// The same for a layer whose backward pass begins with the end of that of the one behind it.
    #[cfg(feature = "std")]
    #[must_use]
    pub(crate) fn undoing<'b>(&'b mut self, undo: Undo<'b>) -> Ctx<'b> {
        Ctx {
            undo: Some(undo),
            ..self.again()
        }
    }

    /// Whether the layer does so, if it says that it [can](crate::fusion::Fusion::RECTIFIES).
    #[inline(always)]
    pub(crate) const fn rectifies(&self) -> bool {
        #[cfg(feature = "std")]
        return self.rectifies;
        #[cfg(not(feature = "std"))]
        false
    }

    /// The same with memory to prefetch.
    #[must_use]
    pub(crate) fn prefetching<'b>(&'b mut self, prefetch: Prefetch<'b>) -> Ctx<'b> {
        Ctx {
            prefetch,
            ..self.again()
        }
    }

    /// The same with another seed.
    #[must_use]
    pub(crate) fn seeded<'b>(&'b mut self, seed: u64) -> Ctx<'b> {
        Ctx {
            seed,
            ..self.again()
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
            carried: (state, first),
            ..self.again()
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

    /// The same with the masks of a pass.
    #[must_use]
    pub(crate) fn with_masks<'b>(&'b mut self, masks: Masks<'b>) -> Ctx<'b> {
        Ctx {
            masks,
            ..self.again()
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
    /// [`Layer::MASK`](crate::layer::Layer::MASK) is [`Mask::Finds`](crate::facts::Mask::Finds) has memory for it. It calls [`leave_mask`](Self::leave_mask) in its backward pass.
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

    /// The samples of this batch as a share of those of the batch of which it is a part.
    #[inline(always)]
    pub(crate) fn share_of_samples(&self) -> f32 {
        #[cfg(feature = "std")]
        return self.share.of_samples();
        #[cfg(not(feature = "std"))]
        return 1.0;
    }

    /// Who knows what the loss of this part of a batch is multiplied with, if only the pass knows what the part counts for.
    #[inline(always)]
    pub(crate) fn asks(&self) -> Option<&'a dyn Fn(InParts) -> f32> {
        #[cfg(feature = "std")]
        return self.share.asks;
        #[cfg(not(feature = "std"))]
        return None;
    }

    /// Of things of which each sample has as many, and this batch `count`: the number of the first one in the batch of which this
    /// is a part, and of all. So random numbers are those of the larger batch.
    #[inline(always)]
    pub(crate) fn place(&self, count: usize) -> (usize, usize) {
        #[cfg(feature = "std")]
        return self.share.place(count);
        #[cfg(not(feature = "std"))]
        return (0, count);
    }

    /// The random numbers of this layer in this step: the same in forward and in backward.
    #[must_use]
    pub const fn noise(&self) -> Rng {
        Rng::new(self.seed, Purpose::Noise, self.layer, self.step)
    }
}
