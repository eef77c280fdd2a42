//! Models that work step by step: their memory, and when they give an output.

use super::PlanOfLengths;
use crate::facts::Streaming;
use crate::fusion::Fusion;
use crate::tensor::Tensor;

/// How a model works on the steps of a sequence.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Streams {
    /// Whether all of its layers can.
    pub causal: bool,
    /// The `f32`s of a stream.
    pub memory: usize,
    /// Of these, what outputs need that are on their way: two of the largest.
    pub outputs: usize,
    /// And what layers need while they run, masks at the end.
    pub scratch: usize,
    /// Of these, the masks that layers find.
    pub masks: usize,
    /// After how many further steps the first output comes.
    pub delay: usize,
    /// From one output to the next, in steps.
    pub every: usize,
}

impl Streams {
    /// Of a model of samples `In` whose layers work like this.
    #[must_use]
    pub const fn new<In: Tensor>(layers: &[Streaming]) -> Self {
        let mut all = Streams {
            causal: In::OPEN == 1,
            memory: 0,
            outputs: 0,
            scratch: 0,
            masks: 0,
            delay: 0,
            every: 1,
        };
        let (mut states, mut i) = (0usize, 0);
        while i < layers.len() {
            let layer = &layers[i];
            all.causal &= layer.causal;
            states = states.saturating_add(layer.state);
            if 2 * layer.output > all.outputs {
                all.outputs = 2 * layer.output;
            }
            if layer.scratch > all.scratch {
                all.scratch = layer.scratch;
            }
            all.masks = all.masks.saturating_add(layer.mask);
            all.delay = all
                .delay
                .saturating_add(layer.delay.saturating_mul(all.every));
            all.every = all.every.saturating_mul(layer.every);
            i += 1;
        }
        all.scratch = all.scratch.saturating_add(all.masks);
        all.memory = states.saturating_add(all.outputs + all.scratch);
        if !all.causal {
            all.memory = 0;
        }
        all
    }
}

/// How a layer works step by step that has no argument for it.
#[must_use]
pub const fn streaming<L: Fusion<In, Out>, In: Tensor, Out: Tensor>() -> Streaming {
    L::STREAMING
}

/// The same, if the layer is at the steps; behind them it sees a whole sample whenever there is one.
#[must_use]
pub const fn at_steps<L: Fusion<In, Out>, In: Tensor, Out: Tensor>(
    streaming: Streaming,
) -> Streaming {
    match (In::OPEN, L::STATEFUL) {
        (0, false) => Streaming::step(Out::LEN, L::INFER_SCRATCH),
        (0, true) => Streaming::NEVER,
        _ => streaming,
    }
}

/// The model works step by step: all of its layers look at a step and those before it.
#[diagnostic::on_unimplemented(
    message = "this model does not work step by step",
    label = "a layer needs the whole sequence, or what comes later",
    note = "`stream()` is for a model with `None` steps of layers that look back only: `Conv1D` with `padding = \"causal\"` or \"valid\", recurrent layers without `go_backwards`, poolings with \"valid\" padding, `Dense`, activations, normalisations over features"
)]
pub trait Causal {}

#[diagnostic::do_not_recommend]
impl<const N: usize, const S: usize, const MEMORY: usize> Causal
    for PlanOfLengths<N, S, MEMORY, true>
{
}

/// The model has all of its lengths in its type.
#[diagnostic::on_unimplemented(
    message = "this model has an axis of any length (`None`)",
    label = "the length comes with the data",
    note = "`NET.predict_into(&x, &mut y, &mut scratch)` takes a whole sample, with `[0.0; Net::scratch(STEPS)]` for `scratch`; `NET.stream()` takes the steps of a sequence one by one, and carries its state"
)]
pub trait OneLength {}

impl OneLength for () {}
