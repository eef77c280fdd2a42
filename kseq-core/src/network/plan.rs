//! The memory of a step, planned by the compiler: where each layer's output and cache lie, which
//! outputs overwrite their input, and how large the two alternating gradient buffers are.

mod arena;
mod facts;
mod groups;
mod lengths;
mod masks;
mod pipeline;
mod placement;
mod streams;
mod trained;
mod training;

pub use crate::facts::Streaming;
pub use arena::Spot;
pub use facts::Facts;
pub use groups::{Front, Group};
pub use lengths::{OfLengths, PlanOfLengths, Planned, refused};
pub use masks::MaskSizes;
pub use pipeline::Pipeline;
pub use placement::Placement;
pub use streams::{Causal, OneLength, Streams, at_steps, streaming};
pub use trained::Trained;
pub use training::Rest;

use groups::{alike, goes_on, max};

use crate::activations::{Act, Activation};
use crate::facts::Masked;

/// The memory plan of a model with `N` layers; all numbers are `f32`s a sample.
#[derive(Clone, Copy, Debug)]
pub struct Plan<const N: usize> {
    /// One for each layer.
    pub placements: [Placement; N],
    /// The same for a [`Trainer`](crate::trainer::Trainer) on a microcontroller.
    pub rest: [Placement; N],
    /// The same for a prediction on a microcontroller.
    pub spots: [Spot; N],
    /// The sizes of the plan.
    pub sizes: Sizes,
    /// Whether a layer carries state from one batch to the next.
    pub stateful: bool,
    /// The mask that each layer is given.
    pub masks: [Masked; N],
}

/// How much memory a model needs; all numbers are `f32`s a sample.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sizes {
    /// Outputs and caches of a training step.
    pub tape: usize,
    /// The two gradient buffers of a training step.
    pub grads: [usize; 2],
    /// The two activation buffers of a prediction.
    pub infer: [usize; 2],
    /// What the layers need while one of them runs.
    pub scratch: usize,
    /// The same outside training.
    pub infer_scratch: usize,
    /// All that a prediction of a sample needs on a microcontroller.
    pub arena: usize,
    /// What a prediction of many samples does with a few at a time.
    pub front: Front,
    /// What a prediction of a single sample does by parts of it.
    pub pipeline: Pipeline,
    /// What a training on a microcontroller needs.
    pub rest: Rest,
    /// The masks that layers find, which lie at the end of the scratch memory, and of an arena.
    pub masks: MaskSizes,
}

impl Sizes {
    /// What a training step needs.
    #[must_use]
    pub const fn train(&self) -> usize {
        self.tape + self.grads[0] + self.grads[1] + self.scratch
    }

    /// The memory of a training step through all layers, if an evaluation needs so much for each sample.
    #[must_use]
    pub(crate) const fn whole(&self, test: usize) -> Rest {
        Rest {
            first: 0,
            input: 0,
            tape: self.tape,
            grads: self.grads,
            scratch: self.scratch,
            needs: [(max(self.train(), test), 0), (0, 0)],
        }
    }

    /// What a prediction needs for each of a few samples.
    #[must_use]
    pub const fn predict(&self) -> usize {
        self.infer[0] + self.infer[1] + self.infer_scratch
    }

    /// What a prediction of `batch` samples needs, all together, on so many threads.
    #[must_use]
    #[inline]
    pub const fn prediction(&self, batch: usize, threads: usize) -> usize {
        let plain = batch.saturating_mul(self.predict());
        match self.front.prediction(batch, threads) {
            Some(front) if front < plain - batch * self.infer_scratch => {
                front + batch * self.infer_scratch
            }
            _ => plain,
        }
    }
}

impl<const N: usize> Plan<N> {
    /// Plans the memory of a model whose output activation is `Head`.
    ///
    /// Training keeps what the backward pass reads (`plan/training.rs`), on a microcontroller only of the layers behind those that
    /// are frozen. A prediction keeps nothing.
    #[must_use]
    pub const fn new<Head: Activation>(facts: [Facts; N]) -> Self {
        let head_keeps_sign = head_keeps_sign::<Head>();
        let mut plan = Plan::of_memory(&facts, head_keeps_sign);
        let (spots, arena) = arena::layout(&facts);
        (plan.spots, plan.sizes.arena) = (spots, arena);
        let mut whole = plan.sizes.rest;
        whole.needs = training::needs(&facts, &whole, arena);
        plan.sizes.rest = whole;
        let front = training::front(&facts, &spots);
        if front > 0 {
            let (rest, mut sizes) = training::layout(&facts, head_keeps_sign, front);
            sizes.needs = training::needs(&facts, &sizes, arena);
            // A single large layer is better left on the tape than copied to it.
            if sizes.memory(1) < whole.memory(1) {
                (plan.rest, plan.sizes.rest) = (rest, sizes);
            }
        }
        plan
    }

    /// The same without what only a microcontroller has: places for a prediction, and a front that a training predicts with.
    const fn of_memory(facts: &[Facts; N], head_keeps_sign: bool) -> Self {
        let (given, masks) = masks::masks(facts);
        let (mut placements, mut whole) = training::layout(facts, head_keeps_sign, 0);
        whole.needs = training::needs(facts, &whole, 0);
        let mut sizes = Sizes {
            tape: whole.tape,
            grads: whole.grads,
            infer: [0; 2],
            scratch: whole.scratch,
            infer_scratch: 0,
            arena: 0,
            front: Front::NONE,
            pipeline: Pipeline::NONE,
            rest: whole,
            masks,
        };
        let mut stateful = false;
        let mut infer_buffer = 1;
        let mut i = 0;
        while i < N {
            let f = facts[i];
            stateful |= f.stateful;
            let scratch = f.infer_scratch + goes_on(facts, i);
            sizes.infer_scratch = max(sizes.infer_scratch, scratch);
            // The last output goes to the caller's memory, all others to one of two buffers.
            if i == 0 || !f.in_place {
                infer_buffer = 1 - infer_buffer;
            }
            if i + 1 < N {
                sizes.infer[infer_buffer] = max(sizes.infer[infer_buffer], f.out);
            }
            i += 1;
        }
        sizes.infer = alike(facts, sizes.infer);
        sizes.infer_scratch = masks.beside(sizes.infer_scratch);
        let reach = masks::reach(&given, &masks);
        if !stateful {
            sizes.front = Front::new(facts, reach);
            sizes.pipeline = Pipeline::new(facts);
        }
        let groups = groups::in_training(facts, reach);
        let (rest, mut spots) = (placements, [Spot::NONE; N]);
        let mut i = 0;
        while i < N {
            placements[i].group = groups[i];
            spots[i].layer = i;
            i += 1;
        }
        Plan {
            placements,
            rest,
            spots,
            sizes,
            stateful,
            masks: given,
        }
    }
}

/// The head writes over the last output, so it counts as a layer.
const fn head_keeps_sign<Head: Activation>() -> bool {
    matches!(Head::ACT, Some(Act::Linear)) || Head::KEEPS_SIGN
}

#[cfg(test)]
mod tests {
    use super::facts::facts;
    use super::*;
    use crate::activations::{Linear, Sigmoid, Softmax};
    use crate::facts::Reads;

    const DROPOUT: Facts = facts(512, true, Reads::Nothing, true);

    #[test]
    fn dropout_overwrites_relu_but_not_tanh() {
        let relu = facts(512, false, Reads::Positive, false);
        let tanh = facts(512, false, Reads::Values, false);
        let plan = Plan::new::<Linear>([relu, DROPOUT, tanh, DROPOUT]);
        let aliased: [bool; 4] = plan.placements.map(|s| s.aliased);
        assert_eq!(aliased, [false, true, false, false]);
        assert_eq!(
            plan.placements.map(|s| s.positive),
            [false, true, false, false]
        );
        assert_eq!(plan.sizes.tape, 3 * 512);
        assert_eq!(plan.sizes.grads, [512, 512]);
        assert_eq!(plan.sizes.infer, [512, 512]);
    }

    #[test]
    fn a_convolution_has_memory_for_the_numbers_of_the_normalization_behind_it() {
        let conv = Facts {
            goes_on: true,
            infer_scratch: 9,
            ..facts(50, false, Reads::Nothing, false)
        };
        let norm = Facts {
            then: 8,
            infer_scratch: 12,
            ..facts(50, false, Reads::Nothing, false)
        };
        let last = facts(3, false, Reads::Nothing, false);
        let sizes = |facts| Plan::new::<Linear>(facts).sizes;
        // What the convolution writes may be where either of both would write.
        let large = facts(60, false, Reads::Nothing, false);
        let both = sizes([conv, norm, large, last]);
        assert_eq!((both.infer, both.infer_scratch), ([60, 60], 9 + 8));
        let penalized = sizes([conv.penalized(), norm, large, last]);
        assert_eq!((penalized.infer, penalized.infer_scratch), ([60, 50], 12));
        // The last layer writes to the caller's memory.
        let end = Plan::new::<Linear>([last, conv, norm]).sizes;
        assert_eq!((end.infer, end.infer_scratch), ([3, 50], 12));
    }

    #[test]
    fn the_users_input_is_never_overwritten() {
        assert!(!Plan::new::<Linear>([DROPOUT]).placements[0].aliased);
    }

    #[test]
    fn the_head_does_not_write_over_what_relu_reads() {
        let relu = facts(4, false, Reads::Sign, false);
        let linear = facts(4, true, Reads::Nothing, true);
        assert!(Plan::new::<Linear>([relu, linear]).placements[1].aliased);
        assert!(!Plan::new::<Softmax>([relu, linear]).placements[1].aliased);
        assert!(!Plan::new::<Sigmoid>([relu, DROPOUT, linear]).placements[2].aliased);
    }
}
