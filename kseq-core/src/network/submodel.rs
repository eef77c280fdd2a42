//! A model as a layer of another one: `sequential!` writes a [`Nested`] for `Sequential([..])`, and for the name of a model,
//! in a list of layers.
//!
//! Its passes are those of the model. What a training step of it leaves (its tape) is the cache of the layer, and the gradients on
//! their way back lie in scratch memory; so it allocates nothing, and runs wherever a layer does.

mod masks;
mod names;
mod tables;

use masks::{give_on, given, mask_of};

pub use names::{Names, arrays, text};
pub use tables::{
    Tables, constraints, count_constraints, count_normalised, count_penalties, normalised,
    penalties,
};

use core::marker::PhantomData;

use crate::activations::Activation;
use crate::base::layer_info::Inside;
use crate::base::needs::Needs;
use crate::chain::Link;
use crate::error::Error;
use crate::facts::{Mask, Reads};
use crate::fusion::Fusion;
use crate::layer::{Backward, Ctx, Layer};
use crate::model::{Model, forward_pass, in_arena, infer_in_arena, infer_pass, masked, planned};
use crate::params::{Block, Flat};
use crate::plan::{Facts, Planned, Sizes};
use crate::rng::Rng;
use crate::shape::{Refusal, Rule, Shape};
use crate::step::{first_trained, split, state_of};
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
    #[allow(
        clippy::new_without_default,
        reason = "a layer has arguments, and a `new`"
    )]
    pub const fn new() -> Self {
        Nested(PhantomData)
    }
}

/// The shape rule of a model that is named in the list of one whose batches have a size, or not.
pub const fn shape<M: Model>(input: Shape, batch: Option<usize>) -> Rule {
    let (takes, gives) = (<M::Input as Tensor>::SHAPE, <M::Output as Tensor>::SHAPE);
    if let (true, Some(own)) = (M::STATEFUL, M::BATCH)
        && !matches!(batch, Some(batch) if batch == own)
    {
        let what = Text::new()
            .str("the model `")
            .str(M::NAME)
            .str("` carries state from batch to batch (`stateful = true`) of ")
            .num(own)
            .str(" samples, but the batches here have ");
        let what = match batch {
            None => what.str("any size"),
            Some(batch) => what.num(batch),
        };
        let help = Text::new()
            .str("give them the same size: batch_size = ")
            .num(own)
            .str(" on the first layer");
        return Err(Refusal {
            what,
            help,
            then: Some(gives),
        });
    }
    if takes.same(&input) {
        return Ok(gives);
    }
    let what = Text::new()
        .str("the model `")
        .str(M::NAME)
        .str("` takes samples ")
        .text(&takes.text())
        .str(if takes.elem() as usize == 1 {
            " of tokens"
        } else {
            ""
        })
        .str(", found ")
        .text(&input.text());
    let help = match takes.open_axes() > input.open_axes() {
        true => "as a layer it takes samples of any length: list its layers here, one by one",
        false => "change the layer before, or the `input_shape` of that model",
    };
    Err(Refusal::new(what, help).then(gives))
}

/// What a wrapper cannot have that calls the model in each step of a sequence.
#[must_use]
pub const fn each_step<M: Model>() -> Option<Refusal> {
    if M::NORMALISED.is_empty() {
        return None;
    }
    let what = Text::new()
        .str("the model `")
        .str(M::NAME)
        .str("` has a SpectralNormalization, which divides a kernel before a step of the training, not in each step of a sequence");
    Some(Refusal::new(
        what,
        "take the SpectralNormalization out of it",
    ))
}

/// The shape rule of a list in the list, whose layers end with this link.
pub const fn list(last: &Link) -> Rule {
    Ok(last.shape())
}

/// What the plan of a model says of the lengths of a batch: the shape of the output, and the memory.
pub type OfThese = Result<(Shape, Sizes), Refusal>;

/// The answer of the shape rule for the lengths of a batch.
pub const fn shape_of_lengths(plan: OfThese) -> Rule {
    match plan {
        Ok((shape, _)) => Ok(shape),
        Err(why) => Err(why),
    }
}

/// What of a model as a layer comes to the facts of it, or of what is around it, if its samples have axes of any length: the memory of
/// its own plan.
#[must_use]
pub const fn of_lengths<M: Model>(facts: Facts, plan: OfThese) -> Facts {
    match plan {
        Ok((_, sizes)) if is_open::<M>() => facts.more(
            cache::<M>(&sizes),
            scratch(&sizes),
            infer_scratch::<M>(&sizes),
        ),
        _ => facts,
    }
}

/// Whether axes of any length go into the model.
const fn is_open<M: Model>() -> bool {
    M::Input::OPEN > 0
}

/// Behind the tape the masks that were found, and the penalty.
const fn cache<M: Model>(sizes: &Sizes) -> usize {
    sizes.tape + sizes.masks.each() + M::SCORES as usize
}

const fn scratch(sizes: &Sizes) -> usize {
    sizes.scratch + sizes.grads[0] + sizes.grads[1]
}

const fn infer_scratch<M: Model>(sizes: &Sizes) -> usize {
    let values = match in_arena::<M>() {
        true => sizes.arena,
        false => sizes.predict(),
    };
    values + M::SCORES as usize
}

/// The plan of a batch: axes of any length have those of this layer's input.
fn plan_of<M: Model>(cx: &Ctx<'_>) -> Option<M::Plan> {
    let shape = cx.input_shape::<M::Input>();
    M::plan(<M::Input as Tensor>::SHAPE.lengths_of(&shape)).ok()
}

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
    const CACHE: usize = cache::<M>(&M::SIZES);
    const READS_OUTPUT: Reads = M::Head::READS_OUTPUT;
    const SCRATCH: usize = scratch(&M::SIZES);
    const INFER_SCRATCH: usize = infer_scratch::<M>(&M::SIZES);
    // Of samples with axes of any length [`of_lengths`] says it.
    const NEEDS: Needs = match is_open::<M>() {
        true => Needs::by_step(0, 0, 0),
        false => Needs::by_step(Self::CACHE, Self::SCRATCH, Self::INFER_SCRATCH),
    };
    const MASK: Mask = mask_of::<M>();
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
        let Some(plan) = plan_of::<M>(cx) else {
            return;
        };
        let planned = &planned::<M>(&plan);
        let (samples, sizes) = (planned.samples(x), planned.sizes);
        let memory = core::mem::take(&mut cx.scratch);
        let masks = given::<M>(cx, samples);
        if M::STATEFUL
            && let (Some(state), mut cx) = cx.carried::<Self::State>()
        {
            let inside = &mut cx.inside(M::FROZEN, masks);
            carry::<M>(planned, p, s, state, x, y, memory, inside);
        } else {
            let inside = &cx.inside(M::FROZEN, masks);
            let (work, score) = scored::<M>(memory, samples);
            let penalty = infer_pass::<M>(planned, p, s, x, y, work, M::SCORES, inside);
            score.fill(penalty);
        }
        let end = sizes.infer_scratch * samples;
        let found = end.saturating_sub(sizes.masks.each() * samples)..end;
        give_on::<M>(
            sizes,
            memory.get_mut(found).unwrap_or_default(),
            samples,
            cx,
        );
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
        let Some(plan) = plan_of::<M>(cx) else {
            return;
        };
        let planned = &planned::<M>(&plan);
        let (samples, sizes) = (planned.samples(x), planned.sizes);
        let scratch = core::mem::take(&mut cx.scratch);
        let (cache, score) = scored::<M>(cache, samples);
        let (tape, found) = split(cache, sizes.tape * samples);
        let mut t = Tape::new(tape, planned.placements, samples);
        let own = split(scratch, sizes.scratch * samples).0;
        let masks = given::<M>(cx, samples);
        let inside = &mut cx.inside(M::FROZEN, masks);
        let inside = &mut inside.of_shapes(&planned.shapes);
        inside.scratch = own;
        let masks = inside.take_masks(sizes.masks.each() * samples);
        let in_masks = &mut masked::<M>(inside, x, masks, 0);
        forward_pass::<M>(planned, p, s, x, &mut t, in_masks);
        copy(masks, found);
        give_on::<M>(sizes, found, samples, cx);
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
    let Backward {
        x,
        y,
        cache,
        dy,
        dx,
    } = pass;
    let Some(plan) = plan_of::<M>(cx) else {
        return;
    };
    let planned = &planned::<M>(&plan);
    let (batch, sizes) = (planned.samples(x), planned.sizes);
    let (dy, width) = (M::Output::flat_mut(dy), M::Output::SHAPE.last());
    M::Head::backward(M::Output::flat(y), &[], dy, width);
    let memory = core::mem::take(&mut cx.scratch);
    if matches!(const { mask_of::<M>() }, Mask::Finds) {
        cx.leave_mask();
    }
    let masks = given::<M>(cx, batch);
    let inside = &mut cx.inside(M::FROZEN, masks);
    let inside = &mut inside.of_shapes(&planned.shapes);
    let (scratch, grads) = split(memory, sizes.scratch * batch);
    inside.scratch = scratch;
    inside.first = match &dx {
        Some(_) => 0,
        None => first_trained::<M>(M::FROZEN),
    };
    if const { layers_of::<M>().count_frozen() > 0 } {
        // What is frozen leaves its gradient unwritten.
        dp.fill(0.0);
    }
    let (tape, found) = cache
        .split_at_checked(sizes.tape * batch)
        .unwrap_or_default();
    let mut t = Tape::kept(tape, planned.placements, batch);
    let masks = inside.take_masks(sizes.masks.each() * batch);
    copy(found, masks);
    let inside = &mut masked::<M>(inside, x, masks, sizes.masks.found(batch));
    let dx = dx.map(|dx| M::Input::floats_mut(M::Input::flat_mut(dx)));
    let mut g = Grads::new(grads, sizes.grads, batch, WithInput(dp)).with_input(dx);
    M::Output::flat_mut(g.output(batch * planned.output_len::<M::Output>())).copy_from_slice(dy);
    M::backward(p, x, &mut t, &mut g, inside);
    cx.scratch = memory;
}

fn copy(from: &[f32], to: &mut [f32]) {
    to.iter_mut().zip(from).for_each(|(to, from)| *to = *from);
}

/// Memory for a pass, and behind it what the penalty is written to.
fn scored<M: Model>(memory: &mut [f32], batch: usize) -> (&mut [f32], &mut [f32]) {
    let score = if M::SCORES { batch } else { 0 };
    let len = memory.len().saturating_sub(score);
    memory.split_at_mut_checked(len).unwrap_or_default()
}

/// A prediction that carries the layers' state on.
#[expect(clippy::too_many_arguments, reason = "what a pass is made of")]
fn carry<M: Model>(
    planned: &Planned<'_>,
    p: &M::Params,
    s: &M::State,
    state: &mut M::State,
    x: &[M::Input],
    y: &mut [M::Output],
    memory: &mut [f32],
    cx: &mut Ctx<'_>,
) {
    let mut cx = cx.carrying(state.as_f32s_mut(), state_of::<M>);
    if in_arena::<M>() {
        infer_in_arena::<M>(p, s, x, y, memory, false, &mut cx);
        return;
    }
    let (samples, sizes) = (planned.samples(x), planned.sizes);
    let (scratch, memory) = split(memory, sizes.infer_scratch * samples);
    let cx = &mut cx.in_scratch(scratch);
    let cx = &mut cx.of_shapes(&planned.shapes);
    let masks = cx.take_masks(sizes.masks.each() * samples);
    let cx = &mut masked::<M>(cx, x, masks, 0);
    let lens = match M::Input::OPEN {
        0 => &[][..],
        _ => planned.placements,
    };
    let mut buffers = Buffers::of(0..usize::MAX, memory, sizes.infer, samples, lens);
    M::infer(p, s, x, y, &mut buffers, cx);
}
