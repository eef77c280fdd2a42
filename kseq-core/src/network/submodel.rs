//! A model as a layer of another one: `sequential!` writes a [`Nested`] for `Sequential([..])`, and for the name of a model,
//! in a list of layers.
//!
//! Its passes are those of the model. What a training step of it leaves (its tape) is the cache of the layer, and the gradients on
//! their way back lie in scratch memory; so it allocates nothing, and runs wherever a layer does.

use core::marker::PhantomData;

use crate::activations::Activation;
use crate::base::layer_info::{Inside, LayerInfo};
use crate::chain::Link;
use crate::constraints::{Constrained, Constraint};
use crate::error::Error;
use crate::facts::{Mask, Reads};
use crate::fusion::Fusion;
use crate::kernels::dispatch::DEVICE;
use crate::layer::{Backward, Ctx, Layer};
use crate::model::{Model, constants, forward_pass, infer_in_arena, infer_pass};
use crate::params::{Block, Flat, Listed, ParamSpec};
use crate::plan::Sizes;
use crate::regularizers::{Penalty, Regularizer};
use crate::rng::Rng;
use crate::shape::{Refusal, Rule, Shape};
use crate::step::{first_trained, state_of};
use crate::tape::{Buffers, Grads, Sink, Tape};
use crate::tensor::Tensor;
use crate::text::Text;

/// The layer that a model `M` is, whose arrays have `TEXT` bytes of names: so many `PARAMS` and so many of `STATE`.
pub struct Nested<M, const TEXT: usize, const PARAMS: usize, const STATE: usize>(
    PhantomData<fn() -> M>,
);

impl<M, const TEXT: usize, const PARAMS: usize, const STATE: usize> Nested<M, TEXT, PARAMS, STATE> {
    /// The layer.
    #[must_use]
    #[allow(clippy::new_without_default, reason = "a layer has arguments, and a `new`")]
    pub const fn new() -> Self {
        Nested(PhantomData)
    }
}

/// The names of a model's parameters, or with `STATEFUL` of its state, as the layer's: `dense_1.kernel`.
pub struct Names<M, const STATEFUL: bool, const TEXT: usize, const COUNT: usize>(
    PhantomData<fn() -> M>,
);

impl<M: Model, const STATEFUL: bool, const TEXT: usize, const COUNT: usize>
    Names<M, STATEFUL, TEXT, COUNT>
{
    const BYTES: &'static [u8; TEXT] = &bytes(M::LAYERS);
    const TABLE: &'static [ParamSpec; COUNT] = &table(M::LAYERS, Self::BYTES, STATEFUL);
}

impl<M: Model, const STATEFUL: bool, const TEXT: usize, const COUNT: usize> Listed
    for Names<M, STATEFUL, TEXT, COUNT>
{
    const SPECS: &'static [ParamSpec] = Self::TABLE;
}

/// The bytes of all names.
#[must_use]
pub const fn text<M: Model>() -> usize {
    let (mut bytes, mut i) = (0, 0);
    while i < M::LAYERS.len() {
        let layer = &M::LAYERS[i];
        let mut of = 0;
        while of < 2 {
            let (specs, mut k) = (arrays_of(layer, of == 1), 0);
            while k < specs.len() {
                bytes += layer.name.len() + 1 + specs[k].name.len();
                k += 1;
            }
            of += 1;
        }
        i += 1;
    }
    bytes
}

/// The number of parameter arrays, or of those of the state.
#[must_use]
pub const fn arrays<M: Model>(state: bool) -> usize {
    let (mut count, mut i) = (0, 0);
    while i < M::LAYERS.len() {
        count += arrays_of(&M::LAYERS[i], state).len();
        i += 1;
    }
    count
}

const fn arrays_of(layer: &LayerInfo, state: bool) -> &'static [ParamSpec] {
    match state {
        true => layer.state,
        false => layer.params,
    }
}

/// All names without what is between them: those of the parameters of all layers, then those of the state.
const fn bytes<const TEXT: usize>(layers: &[LayerInfo]) -> [u8; TEXT] {
    let (mut text, mut at, mut of) = ([0; TEXT], 0, 0);
    while of < 2 {
        let mut i = 0;
        while i < layers.len() {
            let (specs, mut k) = (arrays_of(&layers[i], of == 1), 0);
            while k < specs.len() {
                let parts = [layers[i].name.as_bytes(), b".", specs[k].name.as_bytes()];
                let mut part = 0;
                while part < 3 {
                    let mut byte = 0;
                    while byte < parts[part].len() {
                        text[at] = parts[part][byte];
                        (at, byte) = (at + 1, byte + 1);
                    }
                    part += 1;
                }
                k += 1;
            }
            i += 1;
        }
        of += 1;
    }
    text
}

/// The arrays with their names.
const fn table<const COUNT: usize>(
    layers: &[LayerInfo],
    text: &'static [u8],
    state: bool,
) -> [ParamSpec; COUNT] {
    let mut table = [ParamSpec {
        name: "",
        shape: Shape::new(&[]),
    }; COUNT];
    let (mut at, mut count, mut of) = (0, 0, 0);
    while of < 2 {
        let mut i = 0;
        while i < layers.len() {
            let (specs, mut k) = (arrays_of(&layers[i], of == 1), 0);
            while k < specs.len() {
                let len = layers[i].name.len() + 1 + specs[k].name.len();
                if state == (of == 1) {
                    let name = text.split_at(at).1.split_at(len).0;
                    table[count] = ParamSpec {
                        name: match core::str::from_utf8(name) {
                            Ok(name) => name,
                            Err(_) => "",
                        },
                        shape: specs[k].shape,
                    };
                    count += 1;
                }
                at += len;
                k += 1;
            }
            i += 1;
        }
        of += 1;
    }
    table
}

/// The shape rule of a model that is named in the list.
#[must_use]
pub const fn shape<M: Model>(input: Shape) -> Rule {
    let (takes, gives) = (<M::Input as Tensor>::SHAPE, <M::Output as Tensor>::SHAPE);
    if M::STATEFUL {
        let what = Text::new()
            .str("the model `")
            .str(M::NAME)
            .str("` carries state from batch to batch (`stateful = true`)");
        let refusal = Refusal::new(what, "list its layers here, one by one");
        return Err(refusal.then(gives));
    }
    if takes.open_axes() > 0 {
        let what = Text::new()
            .str("the model `")
            .str(M::NAME)
            .str("` takes samples of any length, ")
            .text(&takes.text())
            .str(": as a layer it takes those of one shape");
        let refusal = Refusal::new(what, "list its layers here, one by one");
        return Err(refusal.then(gives));
    }
    if takes.same(&input) {
        return Ok(gives);
    }
    let what = Text::new()
        .str("the model `")
        .str(M::NAME)
        .str("` takes samples ")
        .text(&takes.text())
        .str(if takes.elem() as usize == 1 { " of tokens" } else { "" })
        .str(", found ")
        .text(&input.text());
    let help = "change the layer before, or the `input_shape` of that model";
    Err(Refusal::new(what, help).then(gives))
}

/// The shape rule of a list in the list, whose layers end with this link.
#[must_use]
pub const fn list(input: Shape, last: &Link) -> Rule {
    if input.open_axes() > 0 {
        let what = Text::new()
            .str("a list in the list takes samples of one shape, but these are of any length: ")
            .text(&input.text());
        return Err(Refusal::new(what, "leave the inner brackets out"));
    }
    Ok(last.shape())
}

const fn infer_scratch(sizes: &Sizes) -> usize {
    match DEVICE {
        true => sizes.arena,
        false => sizes.predict(),
    }
}

/// Whether a mask goes through all layers.
const fn keeps<M: Model>() -> Mask {
    let _ = M::LAYERS;
    Mask::Drops
}

/// The tables of a model that is a layer: those of the arrays that it trains go into the table of the model around it.
#[derive(Clone, Copy)]
pub struct Tables {
    layer: usize,
    penalties: &'static [Penalty],
    constraints: &'static [Constrained],
    frozen: &'static [bool],
}

impl Tables {
    /// Of the model `M`, which is layer `layer` (from 0).
    #[must_use]
    pub const fn of<M: Model>(layer: usize) -> Self {
        Tables {
            layer,
            penalties: M::PENALTIES,
            constraints: M::CONSTRAINTS,
            frozen: M::FROZEN,
        }
    }

    const fn trains(&self, layer: usize) -> bool {
        layer >= self.frozen.len() || !self.frozen[layer]
    }
}

/// Where the parameters of a layer begin.
const fn first_of(layers: &[LayerInfo], layer: usize) -> usize {
    let (mut first, mut i) = (0, 0);
    while i < layer && i < layers.len() {
        first += layers[i].count_params();
        i += 1;
    }
    first
}

macro_rules! table {
    ($count:ident, $table:ident, $row:ident, $field:ident, $none:expr, $what:literal) => {
        #[doc = concat!("The number of ", $what, " of a model, those of the models in it among them.")]
        #[must_use]
        pub const fn $count(own: &[$row], inside: &[Tables]) -> usize {
            let (mut count, mut i) = (own.len(), 0);
            while i < inside.len() {
                let mut k = 0;
                while k < inside[i].$field.len() {
                    if inside[i].trains(inside[i].$field[k].at().layer) {
                        count += 1;
                    }
                    k += 1;
                }
                i += 1;
            }
            count
        }

        #[doc = concat!("The ", $what, " of a model, those of the models in it among them.")]
        #[must_use]
        pub const fn $table<const N: usize>(
            own: &[$row],
            inside: &[Tables],
            layers: &[LayerInfo],
        ) -> [$row; N] {
            let mut all = [$none; N];
            let (mut count, mut i) = (0, 0);
            while i < own.len() {
                all[count] = own[i];
                (count, i) = (count + 1, i + 1);
            }
            i = 0;
            while i < inside.len() {
                let Tables { layer, $field: rows, .. } = inside[i];
                let (first, mut k) = (first_of(layers, layer), 0);
                while k < rows.len() {
                    if inside[i].trains(rows[k].at().layer) {
                        all[count] = rows[k].moved(layer, first);
                        count += 1;
                    }
                    k += 1;
                }
                i += 1;
            }
            all
        }
    };
}

table!(
    count_penalties,
    penalties,
    Penalty,
    penalties,
    Penalty::new(&[], 0, "", Regularizer::L2 { l2: 0.0 }),
    "penalties"
);
table!(
    count_constraints,
    constraints,
    Constrained,
    constraints,
    Constrained::new(&[], 0, "", Constraint::NonNeg),
    "constraints"
);

/// The gradients of all parameters, of a pass that goes on to the model's input.
pub(crate) struct WithInput<'a>(pub(crate) &'a mut [f32]);

impl Sink for WithInput<'_> {
    const INPUT: bool = true;

    fn memory(&mut self, (first, len): (usize, usize)) -> &mut [f32] {
        self.0.get_mut(first..first + len).unwrap_or_default()
    }
}

impl<M: Model, const TEXT: usize, const PARAMS: usize, const STATE: usize>
    Layer<M::Input, M::Output> for Nested<M, TEXT, PARAMS, STATE>
{
    type Params = Block<M::Params, Names<M, false, TEXT, PARAMS>>;
    type State = Block<M::State, Names<M, true, TEXT, STATE>>;
    // One value more: the penalty.
    const CACHE: usize = M::SIZES.tape + M::SCORES as usize;
    const READS_OUTPUT: Reads = M::Head::READS_OUTPUT;
    const SCRATCH: usize = M::SIZES.scratch + M::SIZES.grads[0] + M::SIZES.grads[1];
    const INFER_SCRATCH: usize = infer_scratch(&M::SIZES) + M::SCORES as usize;
    const MASK: Mask = keeps::<M>();
    const STATEFUL: bool = M::STATEFUL;
    const MACS: usize = M::MACS;

    fn init(&self, p: &mut Self::Params, s: &mut Self::State, rng: &mut Rng) {
        M::init(p, s, rng.seed());
    }

    fn reset_states(&self, s: &mut Self::State) {
        M::reset_states(s);
    }

    fn check(&self, x: &[M::Input]) -> Result<(), Error> {
        M::check(x)
    }

    fn infer(
        &self,
        p: &Self::Params,
        s: &Self::State,
        x: &[M::Input],
        y: &mut [M::Output],
        cx: &mut Ctx<'_>,
    ) {
        let memory = core::mem::take(&mut cx.scratch);
        if M::STATEFUL
            && let (Some(state), mut cx) = cx.carried::<Self::State>()
        {
            let inside = &mut cx.inside(M::FROZEN);
            carry::<M>(p, s, state, x, y, memory, inside);
        } else {
            let inside = &cx.inside(M::FROZEN);
            let (work, score) = scored::<M>(memory, x.len());
            let penalty =
                infer_pass::<M>(&constants::<M>(), p, s, x, y, work, M::SCORES, inside);
            score.fill(penalty);
        }
        cx.scratch = memory;
        M::Head::forward(M::Output::flat_mut(y), M::Output::SHAPE.last());
    }

    fn forward(
        &self,
        p: &Self::Params,
        s: &mut Self::State,
        x: &[M::Input],
        y: &mut [M::Output],
        cache: &mut [f32],
        cx: &mut Ctx<'_>,
    ) {
        let scratch = core::mem::take(&mut cx.scratch);
        let (cache, score) = scored::<M>(cache, x.len());
        let mut t = Tape::new(cache, M::PLACEMENTS, x.len());
        let inside = &mut cx.inside(M::FROZEN);
        inside.scratch = &mut *scratch;
        forward_pass::<M>(&constants::<M>(), p, s, x, &mut t, inside);
        cx.scratch = scratch;
        score.fill(t.penalty());
        let out = M::Output::flat_mut(t.output());
        let y = M::Output::flat_mut(y);
        y.copy_from_slice(out);
        M::Head::forward(y, M::Output::SHAPE.last());
    }

    /// Only [`Fusion::backward_of`] has the parameters for itself.
    fn backward(
        &self,
        p: &Self::Params,
        pass: Backward<'_, M::Input, M::Output>,
        dp: &mut Self::Params,
        cx: &mut Ctx<'_>,
    ) {
        #[cfg(feature = "std")]
        {
            let mut own = crate::params::zeroed_box::<M::Params>();
            own.as_f32s_mut().copy_from_slice(p.as_f32s());
            back::<M>(&mut own, pass, dp.as_f32s_mut(), cx);
        }
        #[cfg(not(feature = "std"))]
        let _ = (p, pass, dp, cx);
    }
}

impl<M: Model, const TEXT: usize, const PARAMS: usize, const STATE: usize>
    Fusion<M::Input, M::Output> for Nested<M, TEXT, PARAMS, STATE>
{
    const OCCURRENCES: usize = match M::LAYERS {
        [first, ..] => first.occurrences,
        [] => 0,
    };
    const INSIDE: Inside = layers_of::<M>();
    const SCORES: bool = M::SCORES;

    fn backward_of(
        &self,
        p: &mut Self::Params,
        pass: Backward<'_, M::Input, M::Output>,
        dp: &mut Self::Params,
        cx: &mut Ctx<'_>,
    ) {
        back::<M>(p, pass, dp.as_f32s_mut(), cx);
    }
}

const fn layers_of<M: Model>() -> Inside {
    Inside {
        layers: M::LAYERS,
        frozen: M::FROZEN,
    }
}

/// The backward pass of the model; the gradients of its parameters go to `dp`.
fn back<M: Model>(
    p: &mut M::Params,
    pass: Backward<'_, M::Input, M::Output>,
    dp: &mut [f32],
    cx: &mut Ctx<'_>,
) {
    let Backward { x, y, cache, dy, dx } = pass;
    let (batch, sizes) = (x.len(), const { &M::SIZES });
    let (dy, width) = (M::Output::flat_mut(dy), M::Output::SHAPE.last());
    M::Head::backward(M::Output::flat(y), &[], dy, width);
    let memory = core::mem::take(&mut cx.scratch);
    let inside = &mut cx.inside(M::FROZEN);
    let (scratch, grads) = memory
        .split_at_mut_checked(sizes.scratch * batch)
        .unwrap_or_default();
    inside.scratch = scratch;
    inside.first = match &dx {
        Some(_) => 0,
        None => first_trained::<M>(M::FROZEN),
    };
    if const { layers_of::<M>().count_frozen() > 0 } {
        // What is frozen leaves its gradient unwritten.
        dp.fill(0.0);
    }
    let mut t = Tape::kept(cache, M::PLACEMENTS, batch);
    let dx = dx.map(|dx| M::Input::floats_mut(M::Input::flat_mut(dx)));
    let mut g = Grads::new(grads, sizes.grads, batch, WithInput(dp)).with_input(dx);
    M::Output::flat_mut(g.output(batch * M::Output::LEN)).copy_from_slice(dy);
    M::backward(p, x, &mut t, &mut g, inside);
    cx.scratch = memory;
}

/// Memory for a pass, and behind it what the penalty is written to.
fn scored<M: Model>(memory: &mut [f32], batch: usize) -> (&mut [f32], &mut [f32]) {
    let score = if M::SCORES { batch } else { 0 };
    let len = memory.len().saturating_sub(score);
    memory.split_at_mut_checked(len).unwrap_or_default()
}

/// A prediction that carries the layers' state on.
fn carry<M: Model>(
    p: &M::Params,
    s: &M::State,
    state: &mut M::State,
    x: &[M::Input],
    y: &mut [M::Output],
    memory: &mut [f32],
    cx: &mut Ctx<'_>,
) {
    let mut cx = cx.carrying(state.as_f32s_mut(), state_of::<M>);
    if DEVICE {
        infer_in_arena::<M>(p, s, x, y, memory, false, &mut cx);
        return;
    }
    let sizes = const { &M::SIZES };
    let (scratch, memory) = memory
        .split_at_mut_checked(sizes.infer_scratch * x.len())
        .unwrap_or_default();
    let cx = &mut cx.in_scratch(scratch);
    let mut buffers = Buffers::of(0..usize::MAX, memory, sizes.infer, x.len(), &[]);
    M::infer(p, s, x, y, &mut buffers, cx);
}
