//! What `sequential!` implements for a model, and the passes through it: by a few samples at a time, or by parts of one,
//! where the plan says so (see [`Front`](crate::plan::Front), [`Group`](crate::plan::Group), [`Pipeline`]).
//!
//! The code of `sequential!` is one line a layer for all layers; a pass through some of them runs these lines, of which
//! the others do nothing.

use super::footprint;
use super::on_host::OnHost;
use crate::activations::Activation;
use crate::base::layer_info;
use crate::base::masks::Masks;
use crate::config::LayerConfig;
use crate::constraints::Constrained;
use crate::error::Error;
use crate::facts::Streaming;
use crate::fusion::Fusion;
use crate::kernels::Prefetch;
use crate::kernels::cache::{L2_FLOATS, LAST_LEVEL_FLOATS};
use crate::kernels::dispatch::DEVICE;
use crate::layer::{Ctx, Masked, Shapes};
use crate::layers::Normalised;
use crate::params::{Flat, ParamBlock, bits_mut};
use crate::plan::{OfLengths, Pipeline, Placement, Planned, Sizes, Spot, Streams, Trained};
use crate::regularizers::Penalty;
use crate::shape::Refusal;
use crate::tape::{Buffers, Grads, Sink, Steps, Tape, Taped};
use crate::tensor::Tensor;
use crate::text::Written;

pub use crate::base::layer_info::{ArrayAt, Inside, LayerInfo};
pub use crate::base::units::{
    EndsAnyhow, EndsWithOtherActivation, EndsWithPositive, EndsWithSigmoid, EndsWithSoftmax,
    EndsWithoutActivation, ManyUnits, OneUnit, Units, UnitsOf,
};

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
            stateful: L::STATEFUL,
            occurrences: L::OCCURRENCES,
            macs: L::MACS,
            inside: L::INSIDE,
            mask: L::MASK,
            scratch: L::SCRATCH,
        }
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
    /// The memory of a prediction without a heap: a [`Scratch`](crate::scratch::Scratch).
    type Scratch;
    /// The text behind [`Model::SUMMARY`].
    type Table: Written;
    /// The plan of a batch whose axes of any length are known: `()` where all lengths are in the type.
    type Plan: OfLengths;
    /// The model's name.
    const NAME: &'static str;
    /// The layers, in order.
    const LAYERS: &'static [LayerInfo];
    /// Where each layer's output and cache lie in a training step.
    const PLACEMENTS: &'static [Placement];
    /// The same for a [`Trainer`](crate::trainer::Trainer) on a microcontroller, where frozen layers in front keep nothing.
    const REST: &'static [Placement];
    /// Where each layer works in a prediction on a microcontroller.
    const SPOTS: &'static [Spot];
    /// The memory that a sample needs.
    const SIZES: Sizes;
    /// The mask that each layer is given; nothing if there is none.
    const MASKS: &'static [Masked] = &[];
    /// The number of samples in every batch, if the model fixes it (`batch_input_shape`).
    const BATCH: Option<usize>;
    /// Whether a layer carries state from one batch to the next (`stateful = true`).
    const STATEFUL: bool;
    /// Whether there are penalties on outputs (`activity_regularizer = ..`).
    const SCORES: bool = false;
    /// The penalties on the parameters (`kernel_regularizer = ..`).
    const PENALTIES: &'static [Penalty] = &[];
    /// The constraints of the parameters (`kernel_constraint = ..`).
    const CONSTRAINTS: &'static [Constrained] = &[];
    /// The kernels that a step of the training divides by their largest singular value (`SpectralNormalization`).
    const NORMALISED: &'static [Normalised] = &[];
    /// Which layers training leaves alone (`trainable = false`), by index; layers beyond the end are
    /// trained.
    const FROZEN: &'static [bool] = &[];
    /// What the layer list says, layer by layer; nothing without kseq's feature `import`.
    #[doc(hidden)]
    const CONFIG: &'static [LayerConfig] = &[];
    /// All parameters, with those that training updates without a gradient: Keras's `count_params()`.
    const PARAMS: usize = layer_info::count_all(Self::LAYERS);
    /// The bytes of code that a prediction needs, by estimate: for a Cortex-M with a floating-point unit, from the kinds of the
    /// layers. What a program has anyway (its start, its interrupts) is not among them, nor is training.
    const CODE_BYTES: usize = footprint::code(Self::LAYERS, Self::Head::ACT);
    /// The bytes of flash of a firmware that predicts: all parameters, and [`CODE_BYTES`](Model::CODE_BYTES).
    const FLASH_BYTES: usize = size_of::<f32>() * Self::PARAMS + Self::CODE_BYTES;
    /// The bytes of stack that a prediction needs in memory of the caller's, by estimate as
    /// [`CODE_BYTES`](Model::CODE_BYTES). [`Baked::predict`](crate::baked::Baked) has that memory on the stack, too.
    const INFER_STACK: usize = footprint::stack(Self::LAYERS);
    /// The bytes of memory for the prediction of one sample, in total: the sample, what the layers give each other, the
    /// output, and [`INFER_STACK`](Model::INFER_STACK). The parameters, which are in flash, are not among them; a stateful
    /// model's state, and all samples of its batch, are. Of a model with axes of any length (`None`) the bytes are those of
    /// the shortest sample, of a power of two, that all layers take; `Net::scratch(steps)` is the memory for a longer one.
    const INFER_RAM: usize = infer_ram::<Self>();
    /// The bytes of memory for a training step on one sample with an optimizer that keeps nothing (plain SGD), in total: the
    /// [`TrainerMemory`](crate::trainer::TrainerMemory) for that (see there for other optimizers and larger batches), the
    /// sample and its target, and the stack, by estimate.
    const TRAIN_RAM: usize = train_ram::<Self>();
    /// The multiply-accumulates of a forward pass of one sample, with each axis of any length (`None`) as 1: see
    /// [`Layer::MACS`](crate::layer::Layer::MACS).
    const MACS: usize = layer_info::macs(Self::LAYERS);
    /// The table that `summary()` prints: Keras's, and what a run needs.
    const SUMMARY: &'static str = <Self::Table as Written>::TEXT;

    /// The model with initial parameters drawn from `seed`, as a [`Sequential`](crate::train::Sequential): the same
    /// seed, the same bits.
    #[cfg(feature = "std")]
    fn new(seed: u64) -> <Self as OnHost>::Sequential
    where
        Self: OnHost,
    {
        Self::on_host(seed)
    }

    /// Without std there is no model on the heap: the bound says what to write.
    #[cfg(not(feature = "std"))]
    #[doc(hidden)]
    #[allow(clippy::new_ret_no_self, reason = "nobody can call it")]
    fn new(_: u64)
    where
        Self: OnHost,
    {
    }

    /// The plan of a batch whose axes of any length have these (unused ones 1); `()` where there are none.
    ///
    /// # Errors
    /// What a layer does not take: a sequence that is shorter than the window of a convolution.
    fn plan(lengths: [usize; 2]) -> Result<Self::Plan, Refusal>;

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
        work: &mut Buffers<'_>,
        cx: &mut Ctx<'_>,
    );

    /// The training pass up to the head; outputs and caches stay in the tape.
    fn forward(
        p: &Self::Params,
        s: &mut Self::State,
        x: &[Self::Input],
        t: &mut Tape<'_, impl Taped>,
        cx: &mut Ctx<'_>,
    );

    /// How the model works on a sequence that comes step by step.
    const STREAMS: Streams = Streams::new::<Self::Input>(&[Streaming::NEVER]);

    /// A step of a sequence of any length, outside training and up to the head; of other models nothing.
    fn step(
        p: &Self::Params,
        s: &Self::State,
        x: &[Self::Input],
        w: &mut Steps<'_>,
        cx: &mut Ctx<'_>,
    ) {
        let _ = (p, s, x, w, cx);
    }

    /// From the gradient of the output in `g` the gradients of all parameters, for its [`Sink`], which may update them.
    fn backward(
        p: &mut Self::Params,
        x: &[Self::Input],
        t: &mut Tape<'_, impl Taped>,
        g: &mut Grads<'_, impl Sink>,
        cx: &mut Ctx<'_>,
    );

    /// The output for each sample of `x`: the primitive of every prediction, for std and `no_std`.
    ///
    /// `work` decides how many samples go through the layers together: `SIZES.predict()` values
    /// for each, at least one; [`Sizes::prediction`] suffices for all. Returns the number of samples predicted: the smaller of the two
    /// lengths, and 0 if `work` does not suffice for one sample. (On a microcontroller `SIZES.arena` values suffice for any number.)
    ///
    /// Of a model with an axis of any length `x` is one sample, all of its steps.
    fn predict_into(
        p: &Self::Params,
        s: &Self::State,
        x: &[Self::Input],
        y: &mut [Self::Output],
        work: &mut [f32],
        cx: &Ctx<'_>,
    ) -> usize {
        let lengths = [if Self::Input::OPEN == 0 { 1 } else { x.len() }, 1];
        match Self::plan(lengths) {
            Ok(plan) => predict_planned::<Self>(&plan, p, s, x, y, work, cx),
            Err(_) => 0,
        }
    }
}

/// The plan of a batch: of a model whose shapes are all in its type its constants.
#[inline(always)]
pub(crate) fn planned<M: Model>(plan: &M::Plan) -> Planned<'_> {
    let constant = constants::<M>();
    match M::Input::OPEN {
        0 => constant,
        _ => plan.planned().unwrap_or(constant),
    }
}

/// The constants of a model whose shapes are all in its type.
#[inline(always)]
pub(crate) const fn constants<M: Model>() -> Planned<'static> {
    Planned {
        placements: M::PLACEMENTS,
        sizes: const { &M::SIZES },
        shapes: Shapes(&[]),
        steps: [1; 2],
    }
}

/// [`Model::predict_into`] by a plan: the samples of a batch in which all have the same lengths.
pub(crate) fn predict_planned<M: Model>(
    plan: &M::Plan,
    p: &M::Params,
    s: &M::State,
    x: &[M::Input],
    y: &mut [M::Output],
    work: &mut [f32],
    cx: &Ctx<'_>,
) -> usize {
    if DEVICE && M::Input::OPEN == 0 {
        return infer_on_device::<M>(p, s, x, y, work, cx);
    }
    let planned = &planned::<M>(plan);
    let (input, output) = (planned.input::<M::Input>(), planned.output::<M::Output>());
    let n = planned.samples(x).min(y.len() / output.max(1));
    let tile = match planned.sizes.predict() {
        0 => n,
        _ if work.len() >= planned.sizes.prediction(n, cx.pool.threads()) => n,
        each => work.len() / each,
    };
    if tile == 0 {
        return 0;
    }
    let (x, y) = (&x[..n * input], &mut y[..n * output]);
    for (x, y) in x.chunks(tile * input).zip(y.chunks_mut(tile * output)) {
        infer_pass::<M>(planned, p, s, x, y, work, false, cx);
        M::Head::forward(M::Output::flat_mut(y), M::Output::SHAPE.last());
    }
    n
}

/// The value of the list form of `sequential!`: the model drawn from seed 0.
#[cfg(feature = "std")]
#[doc(hidden)]
pub fn build<M: Model + OnHost>() -> M::Sequential {
    M::new(0)
}

/// Without std the value of the list form of `sequential!` is an error.
#[cfg(not(feature = "std"))]
#[doc(hidden)]
pub fn build<M: Model + OnHost>() {}

/// The `f32`s that a prediction needs at least on this target: for one sample, and of a stateful model for its batch.
///
/// The one place that knows: the constants for users and the memory on the stack come from here.
#[must_use]
pub const fn infer_memory<M: Model>() -> usize {
    if DEVICE {
        return device_memory::<M>();
    }
    M::SIZES.predict() * samples::<M>()
}

/// The same on a microcontroller, whatever this target is: what a budget counts.
const fn device_memory<M: Model>() -> usize {
    // Axes of any length take no arena.
    let values = match M::Input::OPEN {
        0 => M::SIZES.arena,
        _ => M::SIZES.predict(),
    };
    values * samples::<M>()
}

/// The samples that are predicted together: all of a batch of a stateful model.
pub(crate) const fn samples<M: Model>() -> usize {
    match M::BATCH {
        Some(batch) if M::STATEFUL => batch,
        _ => 1,
    }
}

const fn infer_ram<M: Model>() -> usize {
    let state = if M::STATEFUL {
        size_of::<M::State>()
    } else {
        0
    };
    let values = device_memory::<M>() + samples::<M>() * (M::Input::LEN + M::Output::LEN);
    size_of::<f32>() * values + state + M::INFER_STACK
}

/// The layers that are trained unless the program changes its mind.
pub(crate) const fn trained<M: Model>() -> Trained {
    Trained::new(M::PLACEMENTS, M::FROZEN, !M::PENALTIES.is_empty())
}

/// The parameters whose gradients have memory at the same time: if they are updated in the backward pass, those of one layer.
pub(crate) const fn gradients<M: Model>(in_pass: bool) -> usize {
    let trained = trained::<M>();
    if in_pass {
        trained.largest
    } else {
        trained.kept
    }
}

const fn train_ram<M: Model>() -> usize {
    let samples = samples::<M>();
    let values = M::SIZES.rest.memory(samples) + gradients::<M>(M::PENALTIES.is_empty());
    let memory = size_of::<f32>() * values + size_of::<M::Params>() + size_of::<M::State>();
    let data = size_of::<f32>() * (M::Input::LEN + M::Output::LEN) * samples;
    memory + data + footprint::training_stack(M::LAYERS)
}

/// Weights that stay in the second level cache until they are used.
const PREFETCHED_WEIGHTS: usize = L2_FLOATS / 2;

/// Rows of a convolution's output in a part: those of a window of the most common pooling, and of a large image those of a tile
/// in Winograd's form.
const fn rows_of_part(rows: usize) -> usize {
    if rows < 12 { 2 } else { 4 }
}

/// [`Model::predict_into`] on a microcontroller: one sample after the other in the same memory, or all of them if the layers
/// look at a whole batch.
fn infer_on_device<M: Model>(
    p: &M::Params,
    s: &M::State,
    x: &[M::Input],
    y: &mut [M::Output],
    work: &mut [f32],
    cx: &Ctx<'_>,
) -> usize {
    let n = x.len().min(y.len());
    let (Some(x), Some(y)) = (x.get(..n), y.get_mut(..n)) else {
        return 0;
    };
    let some = if M::STATEFUL { n.max(1) } else { 1 };
    if work.len() < M::SIZES.arena * some {
        return 0;
    }
    for (x, y) in x.chunks(some).zip(y.chunks_mut(some)) {
        infer_in_arena::<M>(p, s, x, y, work, false, &mut cx.with_scratch(&mut []));
        M::Head::forward(M::Output::flat_mut(y), M::Output::SHAPE.last());
    }
    n
}

/// Whether a prediction works in an arena, which the constants of the model plan.
pub(crate) const fn in_arena<M: Model>() -> bool {
    DEVICE && <M::Plan as OfLengths>::CONSTANT
}

/// Whether a prediction on a microcontroller takes one sample after the other.
pub(crate) const fn by_sample<M: Model>() -> bool {
    M::SPOTS.is_empty() || M::SPOTS[0].by_sample
}

/// The values before the head on a microcontroller, of one sample if the plan is for that, in `SIZES.arena` values for each.
#[inline(always)]
pub(crate) fn infer_in_arena<M: Model>(
    p: &M::Params,
    s: &M::State,
    x: &[M::Input],
    y: &mut [M::Output],
    work: &mut [f32],
    scoring: bool,
    cx: &mut Ctx<'_>,
) -> f32 {
    let masks = const { M::SIZES.masks.each() } * x.len();
    let at = M::SIZES.arena * x.len() - masks;
    let (work, masks) = match masks {
        0 => (work, &mut [][..]),
        _ => work.split_at_mut_checked(at).unwrap_or_default(),
    };
    // A single layer runs without buffers, in all of the memory.
    let single = M::PLACEMENTS.len() < 2;
    let (arena, scratch) = match single {
        true => (&mut [][..], work),
        false => (work, &mut [][..]),
    };
    let cx = &mut masked::<M>(cx, x, masks, 0);
    let mut buffers = Buffers::new(arena, &M::SIZES, x.len());
    if scoring {
        buffers = buffers.scoring();
    }
    if single {
        M::infer(p, s, x, y, &mut buffers, &mut cx.in_scratch(scratch));
        return buffers.penalty();
    }
    M::infer(p, s, x, y, &mut buffers, cx);
    buffers.penalty()
}

/// The values before the head, outside training. `work` is the scratch memory of all samples and what [`Buffers::new`] takes. Returns
/// the penalties on outputs, if they are asked for.
#[allow(clippy::too_many_arguments, reason = "what a pass is made of")]
pub(crate) fn infer_pass<M: Model>(
    planned: &Planned<'_>,
    p: &M::Params,
    s: &M::State,
    x: &[M::Input],
    y: &mut [M::Output],
    work: &mut [f32],
    scoring: bool,
    cx: &Ctx<'_>,
) -> f32 {
    if in_arena::<M>() {
        // Only penalties, and what a stateful layer carries, are of a whole batch.
        let together = M::STATEFUL || scoring && !by_sample::<M>();
        let some = if together { x.len().max(1) } else { 1 };
        let samples = x.chunks(some).zip(y.chunks_mut(some));
        return samples
            .map(|(x, y)| {
                let cx = &mut cx.with_scratch(&mut []);
                infer_in_arena::<M>(p, s, x, y, work, scoring, cx)
            })
            .sum();
    }
    let Planned {
        sizes, placements, ..
    } = *planned;
    let (batch, steps) = (planned.samples(x), planned.input::<M::Input>());
    let (scratch, memory) = work.split_at_mut(sizes.infer_scratch * batch);
    let mut cx = cx.with_scratch(scratch);
    let cx = &mut cx.of_shapes(&planned.shapes);
    let masks = cx.take_masks(sizes.masks.each() * batch);
    let cx = &mut masked::<M>(cx, x, masks, 0);
    let lens = match M::Input::OPEN {
        0 => &[][..],
        _ => placements,
    };
    let front = &sizes.front;
    let threads = match front.layers {
        0 => 1,
        _ => cx.pool.threads(),
    };
    let need = front.prediction(batch, threads);
    let few = front.few(batch, threads).unwrap_or(batch);
    let (plain, pipeline) = (sizes.infer[0] + sizes.infer[1], &sizes.pipeline);
    let alone = cx.pool.threads() == 1;
    let by_parts = pipeline.until > 0 && batch == 1 && alone && !scoring;
    if by_parts && memory.len() >= plain + pipeline.more && Prefetch::is_used() {
        infer_by_parts::<M>(p, s, x, y, memory, cx);
        return 0.0;
    }
    let mut buffers = if need.is_some_and(|need| need <= memory.len()) {
        let (rest, memory) = memory.split_at_mut(batch * (front.rest[0] + front.rest[1]));
        let len = placements[front.last].len;
        let outputs = rest[..batch * len].chunks_mut((few * len).max(1));
        for (x, out) in x.chunks(few * steps).zip(outputs) {
            let some = planned.samples(x);
            let mut buffers = Buffers::of(0..front.layers, memory, front.infer, some, lens);
            buffers = buffers.into(front.last, out);
            M::infer(p, s, x, &mut [], &mut buffers, cx);
        }
        Buffers::of(front.layers..usize::MAX, rest, front.rest, batch, lens)
    } else {
        Buffers::of(0..usize::MAX, memory, sizes.infer, batch, lens)
    };
    if scoring {
        buffers = buffers.scoring();
    }
    M::infer(p, s, x, y, &mut buffers, cx);
    buffers.penalty()
}

/// One sample; the layers of the [`Pipeline`](crate::plan::Pipeline) by parts of it.
fn infer_by_parts<M: Model>(
    p: &M::Params,
    s: &M::State,
    x: &[M::Input],
    y: &mut [M::Output],
    memory: &mut [f32],
    cx: &mut Ctx<'_>,
) {
    let Pipeline {
        first, until, rows, ..
    } = M::SIZES.pipeline;
    let (memory, more) = memory.split_at_mut(M::SIZES.infer[0] + M::SIZES.infer[1]);
    let mut buffers = Buffers::new(memory, &M::SIZES, 1);
    let params = |layers: &[LayerInfo]| layers.iter().map(LayerInfo::count_params).sum();
    let before: usize = params(&M::LAYERS[..until - 1]);
    let weights = &p.as_f32s()[before..][..params(&M::LAYERS[until - 1..until])];
    if first > 0 {
        buffers.select(0..first);
        M::infer(p, s, x, y, &mut buffers, cx);
    }
    buffers.select_parts(first..until, more);
    let each = rows_of_part(rows);
    for part in 0..rows.div_ceil(each) {
        let some = part * each..rows.min((part + 1) * each);
        let share = |row: usize| weights.len() / rows * row;
        let next = share(some.start)..share(some.end).min(share(some.start) + PREFETCHED_WEIGHTS);
        let cx = &mut cx.prefetching(Prefetch {
            memory: &weights[next],
            from_ram: weights.len() >= LAST_LEVEL_FLOATS,
        });
        buffers.select_part(some);
        M::infer(p, s, x, y, &mut buffers, cx);
    }
    if until < M::PLACEMENTS.len() {
        buffers.select(until..usize::MAX);
        M::infer(p, s, x, y, &mut buffers, cx);
    }
}

/// The context of a pass through `x`, with its masks: of the memory, `SIZES.masks.each()` values for each sample, the first `found` ones
/// hold those that layers have found so far.
#[doc(hidden)]
#[inline(always)]
#[must_use]
pub fn masked<'b, M: Model>(
    cx: &'b mut Ctx<'_>,
    x: &'b [M::Input],
    memory: &'b mut [f32],
    found: usize,
) -> Ctx<'b> {
    if M::MASKS.is_empty() {
        // It has none of its own; a model that is a layer may be given one.
        return cx.again();
    }
    let tokens = M::Input::tokens(M::Input::flat(x));
    cx.with_masks(Masks::new(M::MASKS, tokens, bits_mut(memory), found))
}

/// The forward pass of training.
pub(crate) fn forward_pass<M: Model>(
    planned: &Planned<'_>,
    p: &M::Params,
    s: &mut M::State,
    x: &[M::Input],
    t: &mut Tape<'_, impl Taped>,
    cx: &mut Ctx<'_>,
) {
    if DEVICE {
        return M::forward(p, s, x, t, cx); // There is no cache to stay in.
    }
    let placements = planned.placements;
    let (count, batch) = (placements.len(), planned.samples(x));
    let (threads, steps) = (cx.pool.threads(), planned.input::<M::Input>());
    let few = |i: usize| placements[i].group.samples.saturating_mul(threads);
    let mut i = 0;
    while i < count {
        let mut until = placements[i].group.until;
        let some = few(i);
        if some >= batch {
            while until < count && few(until) >= batch {
                until = placements[until].group.until;
            }
        }
        let mut first = 0;
        for x in x.chunks(some.saturating_mul(steps)) {
            let samples = planned.samples(x);
            t.select(i..until, first..first + samples);
            M::forward(p, s, x, t, cx);
            first += samples;
        }
        i = until;
    }
    t.select(0..usize::MAX, 0..batch);
}
