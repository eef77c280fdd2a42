//! What a layer is: [`Layer`] for most, [`InPlace`] for those whose output may overwrite their input.
//!
//! One implementation serves batches and single samples, std and `no_std`: a layer sees slices of
//! samples, and a single sample is a slice of one.
//!
//! A layer of one's own from beginning to end, with a shape rule, parameters and gradients, is the program
//! `examples/own_layer.rs`.

pub use crate::base::needs::{Needs, PerStep, Shapes, steps};
use crate::base::part::copy;
pub use crate::context::Ctx;
use crate::error::Error;
pub use crate::facts::{Mask, Masked, Occurrences, Reads, SampleWise, Stage};
use crate::params::ParamBlock;
use crate::rng::{Purpose, Rng};
use crate::shape::Rule;
use crate::tensor::Tensor;

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

    /// Of a layer of this crate: whether that is `relu`.
    const IS_RELU: bool = false;

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
        copy(y, In::flat(x));
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
        copy(y, In::flat(x));
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
            copy(In::flat_mut(dx), Out::flat(pass.dy));
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
