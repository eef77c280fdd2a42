//! One training step: forward -> loss -> backward -> optimizer. The same code trains on a host and
//! on a microcontroller, and allocates nothing.

use crate::activations::Activation;
use crate::base::masks::Masks;
use crate::base::work::Work;
use crate::constraints;
use crate::facts::Occurrences;
#[cfg(feature = "std")]
use crate::int8::aware::Aware;
use crate::kernels::dispatch::DEVICE;
use crate::layer::Ctx;
use crate::layers::spectral_normalization::normalise;
use crate::losses::{InParts, Loss, MaskWeights, Weighed};
use crate::model::{
    LayerInfo, Model, forward_pass, infer_in_arena, infer_pass, masked, planned, samples,
};
use crate::optimizers::{self, Optimizer, Update};
use crate::params::{Flat, bits_mut};
use crate::plan::{Placement, Planned, Sizes};
use crate::regularizers;
use crate::tape::{All, Buffers, Gathered, Grads, Sink, Tape, Taped};
use crate::tensor::Tensor;

/// What is minimised: a loss, multiplied by a number.
pub struct Objective<'a, L> {
    /// The loss.
    pub loss: &'a L,
    /// Keras's `loss_weights`.
    pub scale: f32,
}

/// Samples with their targets, as many of each.
pub struct Examples<'a, X, Y> {
    /// The samples.
    pub x: &'a [X],
    /// The targets.
    pub y: &'a [Y],
    /// One weight for each sample, or for each of its rows.
    pub weight: Option<&'a [f32]>,
}

/// What a batch has given.
pub struct BatchResult<'a, Out> {
    /// The loss, penalties among it; of a training step that before the update.
    pub loss: f32,
    /// The outputs that led to it.
    pub outputs: &'a [Out],
    /// What the outputs count for in metrics, if a mask says so.
    pub mask: Option<MaskWeights<'a>>,
}

#[cfg(feature = "std")]
impl<Out> BatchResult<'_, Out> {
    /// Of a batch that the model has no plan for.
    pub(crate) const NONE: Self = BatchResult {
        loss: f32::NAN,
        outputs: &[],
        mask: None,
    };
}

/// What a step changes: the model, and the memory of its training.
pub struct TrainStep<'a, M: Model> {
    /// The parameters.
    pub params: &'a mut M::Params,
    /// The layers' state.
    pub state: &'a mut M::State,
    /// Memory for the gradients of the parameters.
    pub gradients: &'a mut M::Params,
    /// The optimizer's slots: `SLOTS` times the number of parameters.
    pub slots: &'a mut [f32],
    /// Memory for the pass: at least `Sizes::train()` values for each sample of the batch.
    pub work: &'a mut [f32],
    /// Memory for what the optimizer asks of gradients that are sums over occurrences:
    /// [`occurrences`] values.
    pub occurrences: &'a mut [f32],
    /// Which layers are not trained, by index; layers beyond the end are.
    pub frozen: &'a [bool],
    /// The plan of the batch: [`Model::plan`].
    pub plan: &'a M::Plan,
    /// What it takes to be aware of the integers of an int8 twin.
    #[cfg(feature = "std")]
    pub aware: Option<&'a mut Aware<M>>,
}

impl<'a, M: Model> TrainStep<'a, M> {
    /// Trains on one batch, for which the memory suffices: the callers check.
    pub fn train<O: Optimizer, L: Loss<M::Output>>(
        self,
        optimizer: &O,
        objective: &Objective<'_, L>,
        examples: &Examples<'_, M::Input, L::Target>,
        cx: &Ctx<'_>,
    ) -> BatchResult<'a, M::Output> {
        let planned = planned::<M>(self.plan);
        let batch = planned.samples(examples.x);
        let (scratch, work) = split(self.work, planned.sizes.scratch * batch);
        let (tape, grads) = split(work, planned.sizes.tape * batch);
        let cx = &mut cx.with_scratch(&mut *scratch);
        cx.frozen = self.frozen;
        cx.first = first_trained::<M>(self.frozen);
        cx.occurrences = (O::OCCURRENCES, self.occurrences);
        let sink = Gathered(self.gradients.as_f32s_mut());
        let (p, s) = (self.params, self.state);
        let work = (tape, grads);
        normalise(M::NORMALISED, p.as_f32s_mut(), s.as_f32s_mut(), cx.scratch);
        #[cfg(feature = "std")]
        let passed = match self.aware {
            None => pass::<M, L, _, All>(&planned, p, s, work, sink, objective, examples, cx),
            Some(aware) => {
                aware.see(p);
                let seen: &mut M::Params = &mut aware.params;
                let mut in_ints = cx.again();
                in_ints.fakes = Some(&aware.fakes);
                let cx = &mut in_ints;
                let passed =
                    pass::<M, L, _, All>(&planned, seen, s, work, sink, objective, examples, cx);
                aware.fakes.follow();
                passed
            }
        };
        #[cfg(not(feature = "std"))]
        let passed = pass::<M, L, _, All>(&planned, p, s, work, sink, objective, examples, cx);
        let (loss, t, _) = passed;
        cx.pool.mark(Work::Update);
        let memory = Memory {
            gradients: self.gradients.as_f32s_mut(),
            slots: self.slots,
        };
        let loss = loss + update::<M, O>(optimizer, p, memory, (0, 0), cx);
        constraints::constrain(M::CONSTRAINTS, p.as_f32s_mut(), cx);
        cx.pool.mark(Work::Around);
        let outputs = t.into_output();
        let masks = scratch.len() - planned.sizes.masks.each() * batch;
        let (free, masks) = split(scratch, masks);
        let weighed = weighed::<M>(&planned, examples.x, masks);
        let mask = weighed.map(|weighed| weighed.for_metrics(examples.weight, free));
        BatchResult {
            loss,
            outputs,
            mask,
        }
    }
}

/// The first so many values, and the others.
pub(super) fn split(memory: &mut [f32], len: usize) -> (&mut [f32], &mut [f32]) {
    memory.split_at_mut_checked(len).unwrap_or_default()
}

/// Where a step's tape and gradients lie.
pub(super) trait Placed<M>: Taped {
    /// The outputs and caches of the layers.
    const PLACEMENTS: &'static [Placement];
    /// The two gradient buffers.
    const GRADS: [usize; 2];
}

impl<M: Model> Placed<M> for All {
    const PLACEMENTS: &'static [Placement] = M::PLACEMENTS;
    const GRADS: [usize; 2] = M::SIZES.grads;
}

/// Forward, loss, backward: returns the loss, penalties on outputs among it, the tape, and the gradients of the parameters.
#[allow(clippy::too_many_arguments, reason = "what a pass is made of")]
pub(super) fn pass<'a, M: Model, L: Loss<M::Output>, S: Sink, T: Placed<M>>(
    planned: &Planned<'a>,
    p: &mut M::Params,
    s: &mut M::State,
    (tape, grads): (&'a mut [f32], &mut [f32]),
    sink: S,
    objective: &Objective<'_, L>,
    examples: &Examples<'_, M::Input, L::Target>,
    cx: &mut Ctx<'_>,
) -> (f32, Tape<'a, T>, S) {
    let (x, batch) = (examples.x, planned.samples(examples.x));
    let (placements, sizes) = match M::Input::OPEN {
        0 => (T::PLACEMENTS, T::GRADS),
        _ => (planned.placements, planned.sizes.grads),
    };
    let mut t = Tape::of(tape, placements, batch);
    let mut g = Grads::new(grads, sizes, batch, sink);
    let cx = &mut cx.of_shapes(&planned.shapes);
    let masks = cx.take_masks(planned.sizes.masks.each() * batch);
    let in_masks = &mut masked::<M>(cx, x, masks, 0);
    forward_pass::<M>(planned, p, s, x, &mut t, in_masks);
    cx.pool.mark(Work::Loss);
    let len = batch * planned.output_len::<M::Output>();
    let weighed = weighed::<M>(planned, x, masks);
    let (asks, memory) = (cx.asks(), &mut *cx.scratch);
    let (out, grad) = (t.output(), g.output(len));
    let loss = loss_and_gradient::<M, L>(objective, examples, weighed, asks, memory, out, grad);
    let found = planned.sizes.masks.found(batch);
    let cx = &mut masked::<M>(cx, x, masks, found);
    M::backward(p, x, &mut t, &mut g, cx);
    let loss = loss + t.penalty() * cx.share_of_samples();
    (loss, t, g.into_sink())
}

/// What an optimizer works on besides the parameters.
pub(super) struct Memory<'a> {
    /// The gradients.
    pub(super) gradients: &'a mut [f32],
    /// The optimizer's slots.
    pub(super) slots: &'a mut [f32],
}

/// The update when all gradients are there, but for those of the first (layers, parameters), which are frozen. Returns the
/// penalties on the parameters before.
pub(super) fn update<M: Model, O: Optimizer>(
    optimizer: &O,
    p: &mut M::Params,
    memory: Memory<'_>,
    (layers, params): (usize, usize),
    cx: &mut Ctx<'_>,
) -> f32 {
    let (p, g) = (p.as_f32s_mut(), memory.gradients);
    let penalty = regularizers::penalties(M::PENALTIES, p, cx);
    regularizers::add_gradients(M::PENALTIES, p, g, cx);
    let p = p.get_mut(params..).unwrap_or_default();
    let mut update = Update::new(p, g, memory.slots)
        .layers(M::LAYERS.get(layers..).unwrap_or_default())
        .frozen(cx.frozen.get(layers..).unwrap_or_default());
    let (step, pool) = (cx.step, cx.pool);
    if let (_, sums @ [_, ..]) = &mut cx.occurrences {
        update = update.occurrences(0, sums);
    }
    optimizers::apply(optimizer, step, update, pool);
    penalty
}

/// The `f32`s of [`TrainStep::occurrences`] for a model and an optimizer: the parameters of the first layer
/// whose gradient is a sum over occurrences, if the optimizer looks at single ones.
#[must_use]
pub const fn occurrences<M: Model, O: Optimizer>() -> usize {
    // With a penalty on the array TensorFlow's gradient is dense, and so are its squares.
    let mut i = 0;
    while i < M::PENALTIES.len() {
        if M::PENALTIES[i].at().layer == 0 {
            return 0;
        }
        i += 1;
    }
    match (O::OCCURRENCES, M::LAYERS) {
        (Occurrences::Squares | Occurrences::Sizes, [first, ..]) => first.occurrences,
        _ => 0,
    }
}

/// The mask of the outputs, if there is one; `masks` hold those that layers have found.
pub(super) fn weighed<'a, M: Model>(
    planned: &Planned<'_>,
    x: &'a [M::Input],
    masks: &'a mut [f32],
) -> Option<Weighed<'a>> {
    if M::MASKS.is_empty() {
        return None;
    }
    let samples = planned.samples(x);
    let rows = planned.output_len::<M::Output>() / M::Output::SHAPE.last().max(1);
    let (masks, found) = (&planned.sizes.masks, bits_mut(masks));
    let masks_of = Masks::new(
        &[],
        M::Input::tokens(M::Input::flat(x)),
        found,
        masks.found(samples),
    );
    let mask = masks_of.get(masks.output, samples * rows)?;
    Some(Weighed { mask, samples })
}

/// From the values before the head (`out`) to the outputs, the loss, and the gradient of those values. `memory` is for the weights
/// that a mask of the outputs makes.
fn loss_and_gradient<M: Model, L: Loss<M::Output>>(
    &Objective { loss, scale }: &Objective<'_, L>,
    &Examples { y, weight, .. }: &Examples<'_, M::Input, L::Target>,
    weighed: Option<Weighed<'_>>,
    asks: Option<&dyn Fn(InParts) -> f32>,
    memory: &mut [f32],
    out: &mut [M::Output],
    grad: &mut [M::Output],
) -> f32 {
    let weight = match weighed {
        None => weight,
        Some(weighed) => Some(weighed.for_loss(weight, memory)),
    };
    let scale = match asks {
        None => scale,
        Some(asks) => scale * asks(loss.in_parts(out.len(), y, weight)),
    };
    let value = if L::FUSES.is_some() && L::FUSES == M::Head::ACT {
        loss.fused(out, y, weight, grad)
    } else {
        let width = M::Output::SHAPE.last();
        M::Head::forward(M::Output::flat_mut(out), width);
        let value = loss.loss(out, y, weight, grad);
        let (out, grad) = (M::Output::flat(out), M::Output::flat_mut(grad));
        M::Head::backward(out, &[], grad, width);
        value
    };
    if scale != 1.0 {
        for g in M::Output::flat_mut(grad) {
            *g *= scale;
        }
    }
    scale * value
}

/// The first layer with parameters that are trained: nobody asks for a gradient before it.
pub(super) fn first_trained<M: Model>(frozen: &[bool]) -> u32 {
    let trained =
        |(i, layer): (usize, &LayerInfo)| layer.count_params() > 0 && frozen.get(i) != Some(&true);
    let first = M::LAYERS.iter().enumerate().position(trained);
    first.unwrap_or(M::LAYERS.len()) as u32
}

/// The memory that [`test()`] needs for each sample of a model whose shapes are all in its type.
pub const fn test_memory<M: Model>() -> usize {
    memory_of_test::<M>(&M::SIZES, M::Output::LEN)
}

/// The same by the plan of a batch.
pub(crate) fn test_memory_of<M: Model>(planned: &Planned<'_>) -> usize {
    memory_of_test::<M>(planned.sizes, planned.output_len::<M::Output>())
}

/// The same of a sample with these sizes and this output.
pub(crate) const fn memory_of_test<M: Model>(sizes: &Sizes, output: usize) -> usize {
    let outputs = 2 * output + sizes.masks.weights;
    if M::STATEFUL {
        sizes.scratch + sizes.tape + outputs
    } else {
        sizes.predict() + outputs
    }
}

/// The loss of one batch and its outputs, without training. `work` holds at least [`test_memory`]
/// values for each sample. Only a stateful model changes its state.
pub fn test<'a, M: Model, L: Loss<M::Output>>(
    plan: &M::Plan,
    p: &M::Params,
    s: &mut M::State,
    objective: &Objective<'_, L>,
    examples: &Examples<'_, M::Input, L::Target>,
    work: &'a mut [f32],
    cx: &Ctx<'_>,
) -> BatchResult<'a, M::Output> {
    let planned = &planned::<M>(plan);
    let (x, masks) = (examples.x, &planned.sizes.masks);
    let batch = planned.samples(x);
    let len = batch * planned.output_len::<M::Output>();
    let (out, rest) = work.split_at_mut(len);
    let (grad, rest) = rest.split_at_mut(len);
    let (weights, rest) = rest.split_at_mut(batch * masks.weights);
    let (out, grad) = (M::Output::view_mut(out), M::Output::view_mut(grad));
    let penalty = infer_logits::<M>(planned, p, s, x, out, rest, cx);
    let end = batch * behind_masks::<M>(planned.sizes);
    let found = rest.get_mut(end - batch * masks.each()..end);
    let weighed = weighed::<M>(planned, x, found.unwrap_or_default());
    let asks = cx.asks();
    let loss = loss_and_gradient::<M, L>(objective, examples, weighed, asks, weights, out, grad);
    let penalty = penalty + regularizers::penalties(M::PENALTIES, p.as_f32s(), cx);
    let loss = loss + penalty * cx.share_of_samples();
    BatchResult {
        loss,
        outputs: out,
        mask: weighed.map(|weighed| weighed.for_metrics(examples.weight, weights)),
    }
}

/// Where the masks end that a pass outside training has found, for each sample.
const fn behind_masks<M: Model>(sizes: &Sizes) -> usize {
    match DEVICE && M::Input::OPEN == 0 {
        _ if M::STATEFUL => sizes.scratch,
        true => sizes.arena,
        false => sizes.infer_scratch,
    }
}

/// The output of one whole batch; only a stateful model changes its state. `work` holds at least
/// [`test_memory`] values for each sample.
pub fn predict_batch<M: Model>(
    plan: &M::Plan,
    p: &M::Params,
    s: &mut M::State,
    x: &[M::Input],
    y: &mut [M::Output],
    work: &mut [f32],
    cx: &Ctx<'_>,
) {
    infer_logits::<M>(&planned::<M>(plan), p, s, x, y, work, cx);
    M::Head::forward(M::Output::flat_mut(y), M::Output::SHAPE.last());
}

/// The output of one batch of a stateful model without the memory of training: `carried` is the state that its layers carry from
/// call to call, and becomes that after the last step; `s` is the state of the others, the moving averages of a
/// `BatchNormalization`, which may lie in flash. (In `carried` those are not read.) `work` is what a prediction needs for a batch; with
/// less nothing is done, and the return value is false.
#[allow(clippy::too_many_arguments, reason = "what a pass is made of")]
pub fn infer_stateful<M: Model>(
    plan: &M::Plan,
    p: &M::Params,
    s: &M::State,
    carried: &mut M::State,
    x: &[M::Input],
    y: &mut [M::Output],
    work: &mut [f32],
    cx: &Ctx<'_>,
) -> bool {
    let planned = &planned::<M>(plan);
    let batch = planned.samples(x);
    let in_arena = DEVICE && M::Input::OPEN == 0;
    let sizes = planned.sizes;
    let each = if in_arena {
        sizes.arena
    } else {
        sizes.predict()
    };
    let outputs = batch * planned.output::<M::Output>();
    if y.len() != outputs || batch > samples::<M>() || work.len() < each * samples::<M>() {
        return false;
    }
    let scratch_len = if in_arena {
        0
    } else {
        sizes.infer_scratch * batch
    };
    let Some((scratch, work)) = work.split_at_mut_checked(scratch_len) else {
        return false;
    };
    let mut cx = cx.with_scratch(scratch);
    (cx.training, cx.layer) = (false, 0);
    let mut cx = cx.carrying(carried.as_f32s_mut(), state_of::<M>);
    let cx = &mut cx.of_shapes(&planned.shapes);
    if in_arena {
        infer_in_arena::<M>(p, s, x, y, work, false, cx);
    } else {
        let lens = match M::Input::OPEN {
            0 => &[][..],
            _ => planned.placements,
        };
        let masks = cx.take_masks(sizes.masks.each() * batch);
        let cx = &mut masked::<M>(cx, x, masks, 0);
        let mut buffers = Buffers::of(0..usize::MAX, work, sizes.infer, batch, lens);
        M::infer(p, s, x, y, &mut buffers, cx);
    }
    M::Head::forward(M::Output::flat_mut(y), M::Output::SHAPE.last());
    true
}

/// Where the state of a layer begins in that of the model.
pub(super) fn state_of<M: Model>(layer: u32) -> usize {
    let placement = M::PLACEMENTS.get(layer as usize);
    placement.map_or(usize::MAX, |placement| placement.state.0)
}

/// The values before the head, outside training; returns the penalties on outputs.
fn infer_logits<M: Model>(
    planned: &Planned<'_>,
    p: &M::Params,
    s: &mut M::State,
    x: &[M::Input],
    out: &mut [M::Output],
    work: &mut [f32],
    cx: &Ctx<'_>,
) -> f32 {
    if M::STATEFUL {
        let batch = planned.samples(x);
        let (scratch, work) = work.split_at_mut(planned.sizes.scratch * batch);
        let mut cx = cx.with_scratch(scratch);
        let cx = &mut cx.of_shapes(&planned.shapes);
        cx.training = false;
        let masks = cx.take_masks(planned.sizes.masks.each() * batch);
        let cx = &mut masked::<M>(cx, x, masks, 0);
        let mut t = Tape::new(work, planned.placements, batch);
        M::forward(p, s, x, &mut t, cx);
        let penalty = t.penalty();
        out.copy_from_slice(t.into_output());
        penalty
    } else {
        let mut cx = cx.with_scratch(&mut []);
        cx.training = false;
        infer_pass::<M>(planned, p, s, x, out, work, true, &cx)
    }
}
