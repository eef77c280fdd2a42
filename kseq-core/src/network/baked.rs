//! A model whose weights are in the program: what `include_weights!` makes of a file.
//!
//! The macro gives the file's header as a constant and its bytes by `include_bytes!`. `check` compares the header with the
//! model, as a constant of its own, so that a mistake is an error of `cargo check`; [`assemble`] copies each array to its
//! place, so that the program holds the weights once, in the layout of the model.

use core::ops::Deref;

use crate::as_samples::AsSamples;
use crate::check;
use crate::error::Error;
use crate::layer::Ctx;
use crate::model::{LayerInfo, Model, infer_memory, planned, predict_planned};
use crate::params::{Aligned, ParamSpec};
use crate::plan::Causal;
#[cfg(not(feature = "std"))]
use crate::plan::OneLength;
use crate::pool::Pool;
#[cfg(not(feature = "std"))]
use crate::scratch::OnStack;
use crate::scratch::Stateless;
use crate::stream::{Held, Stream};
use crate::tensor::Tensor;
use crate::text::{Text, same};

/// A model with weights that cannot change: the value of [`include_weights!`](../../kseq/macro.include_weights.html), for a
/// `static`, which a microcontroller keeps in its flash.
///
/// The parameters are its fields: `NET.dense_1.kernel`.
#[repr(C)]
#[must_use]
pub struct Baked<M: Model> {
    params: Aligned<M::Params>,
    state: Aligned<M::State>,
}

/// What the compiler says of too small a scratch memory.
pub(crate) const TOO_SMALL: &str = "the scratch memory is too small for a prediction: it is `[0.0; Baked::<Net>::SCRATCH]`, \
                                    for several models that of the largest";

impl<M: Model> Baked<M> {
    /// The `f32`s of memory that [`predict_into`](Baked::predict_into) needs at least: enough for a sample.
    pub const SCRATCH: usize = infer_memory::<M>();

    /// A model of weights that the compiler knows from elsewhere, for a `static`.
    #[doc(hidden)]
    pub const fn of(params: M::Params, state: M::State) -> Self {
        Baked {
            params: Aligned::new(params),
            state: Aligned::new(state),
        }
    }

    /// What training has updated without a gradient: the moving averages of a `BatchNormalization`.
    pub fn state(&self) -> &M::State {
        &self.state
    }

    /// The model for a sequence that comes step by step: see [`Stream`].
    pub fn stream(&self) -> Stream<'_, M>
    where
        M: Model<Plan: Causal>,
    {
        let (params, state): (&M::Params, &M::State) = (&self.params, &self.state);
        Stream::new(params, Held::Given(state))
    }

    // What a method asks of the model stands at the method: at the `impl` the compiler would not say the words.
    /// The output for one sample, without a heap, in memory of the stack: [`SCRATCH`](Baked::SCRATCH) `f32`s. A model that
    /// needs more than 8 KB does not compile: that takes [`predict_into`](Baked::predict_into).
    ///
    /// # Errors
    /// Tokens that are out of range.
    #[cfg(not(feature = "std"))]
    pub fn predict(&self, x: &M::Input) -> Result<M::Output, Error>
    where
        M::Plan: OneLength,
        M::Scratch: Stateless + OnStack,
    {
        let (mut y, mut scratch) = (M::Output::ZERO, <M::Scratch as OnStack>::ZEROS);
        let (x, out) = (core::slice::from_ref(x), core::slice::from_mut(&mut y));
        self.run(x, out, scratch.as_mut())?;
        Ok(y)
    }

    /// The output for each sample of `x`, a sample, an array or a slice of them, without a heap. `scratch` is
    /// `[0.0; Baked::<Net>::SCRATCH]`: too small a one does not compile, and in a larger one some samples go through the
    /// layers together, which changes no result.
    ///
    /// Several models may share it, `[0.0; max(Baked::<A>::SCRATCH, Baked::<B>::SCRATCH)]` with [`max`](crate::scratch::max),
    /// and it is any memory of the caller's: a local of `main`, which lives as long as the program, or a `static` of the crate
    /// `static_cell`; neither takes `unsafe`. Examples: [`include_weights!`](../../kseq/macro.include_weights.html).
    ///
    /// Of a model with `None` steps `x` has all steps of as many sequences of one length as `y` has outputs, side by side; where the
    /// outputs are sequences, too, it is one. `scratch` is `[0.0; Net::scratch(steps)]` for the longest.
    ///
    /// # Errors
    /// Tokens that are out of range, and when `x` and `y` have different lengths; of a model with `None` steps too small a `scratch`,
    /// and sequences for which a layer has no output.
    pub fn predict_into<X, Y, const N: usize>(
        &self,
        x: &X,
        y: &mut Y,
        scratch: &mut [f32; N],
    ) -> Result<(), Error>
    where
        X: AsSamples<M::Input> + ?Sized,
        Y: AsSamples<M::Output> + ?Sized,
        M::Scratch: Stateless,
    {
        const { assert!(N >= Self::SCRATCH, "{}", TOO_SMALL) };
        self.run(x.as_samples(), y.as_samples_mut(), scratch)
    }

    fn run(&self, x: &[M::Input], y: &mut [M::Output], scratch: &mut [f32]) -> Result<(), Error> {
        const { assert!(M::Input::OPEN < 2, "{}", check::NO_IMAGES) };
        let samples = check::samples::<M>("predict_into", x, y.len())?;
        M::check(x)?;
        let cx = Ctx::new(&Pool::Serial, 0, 0);
        let plan = check::plan::<M>(x, samples)?;
        check::steps::<M>(&planned::<M>(&plan), samples, y.len())?;
        let done = match M::Input::OPEN {
            0 => M::predict_into(&self.params, &self.state, x, y, scratch, &cx),
            _ => predict_planned::<M>(&plan, &self.params, &self.state, x, y, scratch, &cx),
        };
        match done == samples {
            true => Ok(()),
            false => Err(check::scratch_too_small()),
        }
    }
}

impl<M: Model> Deref for Baked<M> {
    type Target = M::Params;

    fn deref(&self) -> &M::Params {
        &self.params
    }
}

/// What a model demands of a file.
#[doc(hidden)]
pub struct Demands {
    layers: &'static [LayerInfo],
}

impl Demands {
    /// Those of a model.
    #[must_use]
    pub const fn of<M: Model>() -> Self {
        Demands { layers: M::LAYERS }
    }
}

/// An array of the file, as the macro has read it.
#[doc(hidden)]
pub struct FileArray {
    name: &'static str,
    dtype: &'static str,
    shape: &'static [usize],
    /// The byte of the file at which it begins.
    start: usize,
    /// The first value that is NaN or infinite.
    not_finite: Option<usize>,
}

impl FileArray {
    /// An array with what the macro knows of it.
    #[must_use]
    pub const fn new(
        name: &'static str,
        dtype: &'static str,
        shape: &'static [usize],
        start: usize,
        not_finite: Option<usize>,
    ) -> Self {
        FileArray {
            name,
            dtype,
            shape,
            start,
            not_finite,
        }
    }

    /// Its name.
    pub(crate) const fn name(&self) -> &'static str {
        self.name
    }

    /// Its type, in the words of safetensors.
    pub(crate) const fn dtype(&self) -> &'static str {
        self.dtype
    }

    /// The byte of the file at which it begins.
    pub(crate) const fn start(&self) -> usize {
        self.start
    }

    /// How many values it has.
    pub(crate) const fn len(&self) -> usize {
        let (mut len, mut axis) = (1_usize, 0);
        while axis < self.shape.len() {
            len = len.saturating_mul(self.shape[axis]);
            axis += 1;
        }
        len
    }

    /// Whether it is what the model has under this name.
    const fn fits(&self, spec: &ParamSpec) -> bool {
        let dims = self.shape.len();
        let mut is_same = dims == spec.shape.rank();
        let mut axis = 0;
        while axis < dims && is_same {
            is_same = self.shape[axis] == spec.shape.dim(axis);
            axis += 1;
        }
        is_same
    }

    /// The shape as Keras writes it.
    const fn shape_text(&self) -> Text {
        let (mut text, mut axis) = (Text::new().str("("), 0);
        while axis < self.shape.len() {
            text = text
                .str(if axis > 0 { ", " } else { "" })
                .num(self.shape[axis]);
            axis += 1;
        }
        text.str(if axis == 1 { ",)" } else { ")" })
    }
}

/// An array of the model.
struct Wanted {
    layer: &'static str,
    spec: ParamSpec,
    /// Whether it is updated without a gradient.
    state: bool,
    /// Its first value among all parameters, or in all of the state.
    first: usize,
}

impl Wanted {
    const fn is_named(&self, name: &str) -> bool {
        let (name, layer) = (name.as_bytes(), self.layer.as_bytes());
        let array = self.spec.name.as_bytes();
        if name.len() != layer.len() + 1 + array.len() || name[layer.len()] != b'.' {
            return false;
        }
        let mut i = 0;
        while i < layer.len() {
            if name[i] != layer[i] {
                return false;
            }
            i += 1;
        }
        let mut i = 0;
        while i < array.len() {
            if name[layer.len() + 1 + i] != array[i] {
                return false;
            }
            i += 1;
        }
        true
    }

    /// `` `dense_1.kernel` ``
    const fn name_text(&self) -> Text {
        let text = Text::new().str("`").str(self.layer).str(".");
        text.str(self.spec.name).str("`")
    }
}

/// The arrays of a model, one after the other: by layer, trainable ones first, as `save_weights` writes them. Each is looked up
/// in the file from where the last one was found, which is at once in a file of kseq's.
struct Walk {
    layers: &'static [LayerInfo],
    layer: usize,
    /// Among the arrays of the layer.
    array: usize,
    /// Where the next one of the parameters, and of the state, begins.
    first: [usize; 2],
    /// Where in the file the next one is looked for.
    at: usize,
}

impl Walk {
    const fn new(layers: &'static [LayerInfo]) -> Self {
        Walk {
            layers,
            layer: 0,
            array: 0,
            first: [0; 2],
            at: 0,
        }
    }

    const fn next(&mut self) -> Option<Wanted> {
        while self.layer < self.layers.len() {
            let layer = &self.layers[self.layer];
            let trained = layer.params.len();
            if self.array == trained + layer.state.len() {
                self.layer += 1;
                self.array = 0;
                continue;
            }
            let state = self.array >= trained;
            let spec = if state {
                layer.state[self.array - trained]
            } else {
                layer.params[self.array]
            };
            self.array += 1;
            let first = self.first[state as usize];
            if let Some(len) = spec.shape.len() {
                self.first[state as usize] += len;
            }
            return Some(Wanted {
                layer: layer.name,
                spec,
                state,
                first,
            });
        }
        None
    }

    /// The array of the file that is wanted.
    const fn find<'f>(&mut self, wanted: &Wanted, file: &'f [FileArray]) -> Option<&'f FileArray> {
        let mut tried = 0;
        while tried < file.len() {
            let found = &file[(self.at + tried) % file.len()];
            if wanted.is_named(found.name) {
                self.at = (self.at + tried + 1) % file.len();
                return Some(found);
            }
            tried += 1;
        }
        None
    }
}

/// Whether a model has an array of this name.
const fn is_wanted(layers: &'static [LayerInfo], name: &str) -> bool {
    let mut walk = Walk::new(layers);
    while let Some(wanted) = walk.next() {
        if wanted.is_named(name) {
            return true;
        }
    }
    false
}

/// The first arrays of the file that the model does not have, with their shapes.
const fn others(layers: &'static [LayerInfo], file: &[FileArray]) -> Text {
    let (mut text, mut count, mut i) = (Text::new(), 0, 0);
    while i < file.len() {
        if !is_wanted(layers, file[i].name) {
            if count == 8 {
                return text.str(", ...");
            }
            text = text.str(if count > 0 { ", `" } else { "`" });
            text = text.str(file[i].name).str("` ").text(&file[i].shape_text());
            count += 1;
        }
        i += 1;
    }
    text
}

/// Reports what of the file does not fit the model.
#[doc(hidden)]
#[track_caller]
#[expect(clippy::panic, reason = "in a constant: the error of the compiler")]
pub const fn check(model: &Demands, file: &[FileArray]) {
    if let Some(text) = refusal(model, file) {
        panic!("{}", text.as_str());
    }
}

/// What a file of another model may be used for.
const ANOTHER: &str = "\n  help: the file is of another model, or of an older one: save it anew with \
                       `model.save_weights`, or write the layers as they were";

const fn refusal(model: &Demands, file: &[FileArray]) -> Option<Text> {
    if cfg!(target_endian = "big") {
        let text = Text::new().str("`include_weights!` needs a little-endian target");
        return Some(text.str("\n  help: the values in a file have their lowest byte first, and are not turned around"));
    }
    // What stands for a refused model has no layers.
    if model.layers.is_empty() {
        return None;
    }
    let (mut walk, mut count) = (Walk::new(model.layers), 0);
    while let Some(wanted) = walk.next() {
        let name = wanted.name_text();
        let Some(found) = walk.find(&wanted, file) else {
            let text = name.str(" of shape ").text(&wanted.spec.shape.text());
            let text = text.str(" is in the model, but not in the file");
            let others = others(model.layers, file);
            let text = if others.as_str().is_empty() {
                text
            } else {
                text.str("; of the file the model does not have ")
                    .text(&others)
            };
            return Some(text.str(ANOTHER));
        };
        if !found.fits(&wanted.spec) {
            let text = name.str(" has shape ").text(&wanted.spec.shape.text());
            let text = text.str(" in the model and ").text(&found.shape_text());
            return Some(text.str(" in the file").str(ANOTHER));
        }
        if !same(found.dtype, "F32") {
            let text = name.str(" is of type ").str(found.dtype);
            let text = text.str(" in the file, expected F32");
            return Some(text.str(
                "\n  help: convert it, in Python with `.astype(\"float32\")`, or save it with kseq",
            ));
        }
        if let Some(at) = found.not_finite {
            let text = name
                .str(" has a value that is NaN or infinite, at element ")
                .num(at);
            return Some(
                text.str(
                    "\n  help: the training has diverged; save the weights of one that has not",
                ),
            );
        }
        count += 1;
    }
    // Names are there once, in the model and in the file: with one for each of the model, none can be too many.
    if count < file.len() {
        let others = others(model.layers, file);
        let text = others.str(if count + 1 == file.len() {
            " is"
        } else {
            " are"
        });
        return Some(text.str(" in the file, but not in the model").str(ANOTHER));
    }
    None
}

/// The weights of the file where the model has them. What does not fit is left out: [`check`] has reported it.
#[doc(hidden)]
pub const fn assemble<M: Model>(file: &[FileArray], bytes: &[u8]) -> Baked<M> {
    let mut params = Aligned::<M::Params>::zeroed();
    let mut state = Aligned::<M::State>::zeroed();
    let mut walk = Walk::new(M::LAYERS);
    while let Some(wanted) = walk.next() {
        let Some(found) = walk.find(&wanted, file) else {
            continue;
        };
        let (Some(len), true) = (wanted.spec.shape.len(), found.fits(&wanted.spec)) else {
            continue;
        };
        if found.start > bytes.len() || bytes.len() - found.start < len * size_of::<f32>() {
            continue;
        }
        let (_, bytes) = bytes.split_at(found.start);
        let (bytes, _) = bytes.split_at(len * size_of::<f32>());
        if wanted.state {
            state.set_le_bytes(wanted.first, bytes);
        } else {
            params.set_le_bytes(wanted.first, bytes);
        }
    }
    Baked { params, state }
}
