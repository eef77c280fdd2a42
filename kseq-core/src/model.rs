//! What `sequential!` implements for a model.

use crate::activations::Activation;
use crate::constraints::Constrained;
use crate::error::Error;
use crate::fusion::Fusion;
use crate::layer::Ctx;
use crate::numbers;
use crate::params::{Flat, ParamBlock, ParamSpec};
use crate::pass;
use crate::plan::{Sizes, Slot};
use crate::regularizers::Penalty;
use crate::shape::Shape;
use crate::summary::Written;
use crate::tape::{Grads, Tape, Work};
use crate::tensor::Tensor;
use crate::text;

/// What `summary()` and `get_layer` say of a layer.
#[derive(Clone, Copy, Debug)]
pub struct LayerInfo {
    /// The name: Keras's (`dense_1`) or the user's (`name = "encoder"`).
    pub name: &'static str,
    /// Keras's class: `Dense`.
    pub class_name: &'static str,
    /// The output's shape, without the batch axis.
    pub output: Shape,
    /// The trainable arrays.
    pub params: &'static [ParamSpec],
    /// The arrays that training updates without a gradient.
    pub state: &'static [ParamSpec],
    /// How many of the parameters, from the first, have a gradient that is a sum over occurrences (an `Embedding`).
    pub occurrences: usize,
    /// The multiply-accumulates of one sample: [`Layer::MACS`](crate::layer::Layer::MACS).
    pub macs: usize,
    /// The `f32`s that a call needs for a sample: [`Layer::SCRATCH`](crate::layer::Layer::SCRATCH).
    pub scratch: usize,
}

impl LayerInfo {
    /// The description of layer `L` between samples `In` and `Out`.
    #[must_use]
    pub const fn of<L: Fusion<In, Out>, In: Tensor, Out: Tensor>(
        name: &'static str,
        class_name: &'static str,
    ) -> Self {
        LayerInfo {
            name,
            class_name,
            output: Out::SHAPE,
            params: <L::Params as ParamBlock>::SPECS,
            state: <L::State as ParamBlock>::SPECS,
            occurrences: L::OCCURRENCES,
            macs: L::MACS,
            scratch: L::SCRATCH,
        }
    }

    /// The number of trainable parameters.
    #[must_use]
    pub const fn count_params(&self) -> usize {
        count(self.params)
    }

    /// The number of values that training updates without a gradient.
    #[must_use]
    pub const fn count_state(&self) -> usize {
        count(self.state)
    }
}

const fn count(specs: &[ParamSpec]) -> usize {
    let mut n = 0;
    let mut i = 0;
    while i < specs.len() {
        n += len_of(&specs[i]);
        i += 1;
    }
    n
}

const fn len_of(spec: &ParamSpec) -> usize {
    match spec.shape.len() {
        Some(len) => len,
        None => 0,
    }
}

/// Where an array lies among the parameters of a model, seen as one run of `f32`s.
///
/// ```
/// use kseq_core::layers::Dense;
/// use kseq_core::model::{ArrayAt, LayerInfo};
/// const DENSE: LayerInfo = LayerInfo::of::<Dense<2, 3, 3>, [f32; 2], [f32; 3]>("dense_1", "Dense");
/// let bias = ArrayAt::find(&[DENSE, DENSE], 1, "bias");
/// assert_eq!(bias.range(), 15..18);
/// ```
#[derive(Clone, Copy, Debug)]
pub struct ArrayAt {
    /// The index of the layer, from 0.
    pub layer: usize,
    /// The name of the array: `kernel`.
    pub name: &'static str,
    /// Its shape.
    pub shape: Shape,
    first: usize,
    len: usize,
}

impl ArrayAt {
    /// The array `name` of layer `layer`; one that the layer does not have (`use_bias = false`) is empty.
    #[must_use]
    pub const fn find(layers: &[LayerInfo], layer: usize, name: &'static str) -> Self {
        let mut first = 0;
        let mut i = 0;
        while i < layer && i < layers.len() {
            first += layers[i].count_params();
            i += 1;
        }
        let specs: &[ParamSpec] = if layer < layers.len() {
            layers[layer].params
        } else {
            &[]
        };
        let mut i = 0;
        while i < specs.len() && !text::same(specs[i].name, name) {
            first += len_of(&specs[i]);
            i += 1;
        }
        let (shape, len) = if i < specs.len() {
            (specs[i].shape, len_of(&specs[i]))
        } else {
            (Shape::new(&[0]), 0)
        };
        ArrayAt {
            layer,
            name,
            shape,
            first,
            len,
        }
    }

    /// The shape of the array `name`.
    pub(crate) const fn shape_in(specs: &[ParamSpec], name: &str) -> Option<Shape> {
        let mut i = 0;
        while i < specs.len() {
            if text::same(specs[i].name, name) {
                return Some(specs[i].shape);
            }
            i += 1;
        }
        None
    }

    /// Which of the parameters it is.
    #[must_use]
    pub const fn range(&self) -> core::ops::Range<usize> {
        self.first..self.first + self.len
    }
}

/// A model: implemented by `sequential!`, whose straight-line code calls the layers one by one.
///
/// The output activation is a type of its own ([`Model::Head`]) where a loss may fuse with it
/// (softmax, sigmoid): `infer` and `forward` stop before it, and [`Model::predict_into`] and the
/// training step apply it.
pub trait Model: Sized + Send + Sync + 'static {
    /// One input sample.
    type Input: Tensor;
    /// One output sample.
    type Output: Tensor<Elem = f32>;
    /// The trainable arrays, one field a layer.
    type Params: Flat;
    /// What training updates without a gradient, one field a layer.
    type State: Flat;
    /// The output activation, applied after the last layer.
    type Head: Activation;
    /// How many units the output has on its last axis: [`OneUnit`] or [`ManyUnits`].
    type Units;
    /// The text behind [`Model::SUMMARY`].
    type Table: Written;
    /// The model's name.
    const NAME: &'static str;
    /// The layers, in order.
    const LAYERS: &'static [LayerInfo];
    /// Where each layer's output and cache lie in a training step.
    const SLOTS: &'static [Slot];
    /// The memory that a sample needs.
    const SIZES: Sizes;
    /// The number of samples in every batch, if the model fixes it (`batch_input_shape`).
    const BATCH: Option<usize>;
    /// Whether a layer carries state from one batch to the next (`stateful = true`).
    const STATEFUL: bool;
    /// The penalties on the parameters (`kernel_regularizer = ..`).
    const PENALTIES: &'static [Penalty] = &[];
    /// The constraints of the parameters (`kernel_constraint = ..`).
    const CONSTRAINTS: &'static [Constrained] = &[];
    /// Which layers training leaves alone (`trainable = false`), by index; layers beyond the end are
    /// trained.
    const FROZEN: &'static [bool] = &[];
    /// All parameters, with those that training updates without a gradient: Keras's `count_params()`.
    const PARAMS: usize = numbers::params(Self::LAYERS);
    /// The bytes of all parameters, which a firmware keeps in its flash.
    const FLASH_BYTES: usize = size_of::<f32>() * Self::PARAMS;
    /// The bytes of memory for the prediction of one sample: the sample, what the layers give each other, and the
    /// output. The parameters are not among them; a stateful model's state is.
    const INFER_RAM: usize = numbers::infer_ram::<Self>();
    /// The bytes of memory for a training step on one sample with an optimizer that keeps nothing (plain SGD):
    /// parameters, gradients, state, and what the layers keep. It is the size of the
    /// [`TrainerMemory`](crate::trainer::TrainerMemory) for that; see there for other optimizers and larger batches.
    const TRAIN_RAM: usize = numbers::train_ram::<Self>();
    /// The multiply-accumulates of a forward pass of one sample: see [`Layer::MACS`](crate::layer::Layer::MACS).
    const MACS: usize = numbers::macs(Self::LAYERS);
    /// The table that `summary()` prints: Keras's, and what a run needs.
    const SUMMARY: &'static str = <Self::Table as Written>::TEXT;

    /// The model with initial parameters drawn from `seed`: the same seed, the same bits.
    #[cfg(feature = "std")]
    fn new(seed: u64) -> crate::train::Sequential<Self> {
        crate::train::Sequential::new(seed)
    }

    /// Sets the initial values; everything is zero before.
    fn init(p: &mut Self::Params, s: &mut Self::State, seed: u64);

    /// Forgets what the layers carry from one batch to the next.
    fn reset_states(s: &mut Self::State);

    /// Whether the first layer takes these samples.
    ///
    /// # Errors
    /// What is wrong with which sample.
    fn check(x: &[Self::Input]) -> Result<(), Error>;

    /// The values before the head.
    fn infer(
        p: &Self::Params,
        s: &Self::State,
        x: &[Self::Input],
        y: &mut [Self::Output],
        work: &mut Work<'_>,
        cx: &mut Ctx<'_>,
    );

    /// The training pass up to the head; outputs and caches stay in the tape.
    fn forward(
        p: &Self::Params,
        s: &mut Self::State,
        x: &[Self::Input],
        t: &mut Tape<'_>,
        cx: &mut Ctx<'_>,
    );

    /// From the gradient in `g` the gradients of all parameters, written to `dp`.
    fn backward(
        p: &Self::Params,
        x: &[Self::Input],
        t: &mut Tape<'_>,
        g: &mut Grads<'_>,
        dp: &mut Self::Params,
        cx: &mut Ctx<'_>,
    );

    /// The output for each sample of `x`: the primitive of every prediction, for std and `no_std`.
    ///
    /// `work` decides how many samples go through the layers together: `SIZES.predict()` values
    /// for each, at least one; [`Sizes::prediction`] suffices for all. Returns the number of samples predicted: the smaller of the two
    /// lengths, and 0 if `work` does not suffice for one sample.
    fn predict_into(
        p: &Self::Params,
        s: &Self::State,
        x: &[Self::Input],
        y: &mut [Self::Output],
        work: &mut [f32],
        cx: &Ctx<'_>,
    ) -> usize {
        let n = x.len().min(y.len());
        let tile = match Self::SIZES.predict() {
            0 => n,
            _ if work.len() >= Self::SIZES.prediction(n, cx.pool.threads()) => n,
            each => work.len() / each,
        };
        if tile == 0 {
            return 0;
        }
        for (x, y) in x[..n].chunks(tile).zip(y[..n].chunks_mut(tile)) {
            let (scratch, work) = work.split_at_mut(Self::SIZES.scratch * x.len());
            pass::infer::<Self>((p, s), x, y, work, false, &mut cx.with_scratch(scratch));
            Self::Head::forward(Self::Output::flat_mut(y), Self::Output::SHAPE.last());
        }
        n
    }
}

/// The output has one unit on its last axis.
pub struct OneUnit;
/// The output has at least two units on its last axis.
pub struct ManyUnits;

/// From a number to [`OneUnit`] or [`ManyUnits`].
pub struct Units<const SEVERAL: bool>;

/// See [`Units`].
pub trait UnitsOf {
    /// [`OneUnit`] or [`ManyUnits`].
    type T;
}
impl UnitsOf for Units<false> {
    type T = OneUnit;
}
impl UnitsOf for Units<true> {
    type T = ManyUnits;
}

/// The value of the list form of `sequential!`: the model drawn from seed 0.
#[cfg(feature = "std")]
#[doc(hidden)]
pub fn build<M: Model>() -> crate::train::Sequential<M> {
    M::new(0)
}
