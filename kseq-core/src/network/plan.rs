//! The memory of a step, planned by the compiler: where each layer's output and cache lie, which
//! outputs overwrite their input, and how large the two alternating gradient buffers are.

mod arena;
mod facts;
mod groups;
mod lengths;
mod pipeline;
mod streams;
mod trained;

pub use crate::facts::Streaming;
pub use arena::Spot;
pub use facts::Facts;
pub use groups::{Front, Group};
pub use lengths::{OfLengths, PlanOfLengths, Planned};
pub use pipeline::Pipeline;
pub use streams::{Causal, Streams, streaming};
pub use trained::Trained;

use groups::max;

use crate::activations::{Act, Activation};
use crate::facts::{Mask, Reads};

/// Where the output and the cache of a layer lie in the tape; all numbers are `f32`s a sample.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Placement {
    /// Where the output begins.
    pub y: usize,
    /// The output's length.
    pub len: usize,
    /// Where the cache begins.
    pub cache: usize,
    /// The cache's length.
    pub cache_len: usize,
    /// Where the layer's parameters begin among those of the model, and how many there are.
    pub params: (usize, usize),
    /// The same for what training updates without a gradient.
    pub state: (usize, usize),
    /// Whether the output lies where the input lay.
    pub aliased: bool,
    /// Whether a layer wrote there that gives no gradient to what is not positive, and none that gives it.
    pub positive: bool,
    /// The layers from this one on that run together, if a group begins here.
    pub group: Group,
    /// Whether the layer can do the backward pass of a pooling that follows.
    pub unpools: bool,
    /// Whether the layer can update its parameters without memory for their gradient.
    pub streams: bool,
}

impl Placement {
    /// That of a layer without any.
    pub(crate) const NONE: Placement = Placement {
        y: 0,
        len: 0,
        cache: 0,
        cache_len: 0,
        params: (0, 0),
        state: (0, 0),
        aliased: false,
        positive: false,
        group: Group {
            until: 0,
            samples: 0,
        },
        unpools: false,
        streams: false,
    };
}

/// The memory plan of a model with `N` layers; all numbers are `f32`s a sample.
#[derive(Clone, Copy, Debug)]
pub struct Plan<const N: usize> {
    /// One for each layer.
    pub placements: [Placement; N],
    /// The same for a prediction on a microcontroller.
    pub spots: [Spot; N],
    /// The sizes of the plan.
    pub sizes: Sizes,
    /// Whether a layer carries state from one batch to the next.
    pub stateful: bool,
    /// How many layers the mask of the model's tokens reaches, the one that makes it among them.
    pub mask_reach: u32,
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
}

impl Sizes {
    /// What a training step needs.
    #[must_use]
    pub const fn train(&self) -> usize {
        self.tape + self.grads[0] + self.grads[1] + self.scratch
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
    /// An in-place layer overwrites its input unless that is the user's data, or a layer that wrote
    /// the same memory before still needs the values (or their sign, where the layer does not keep
    /// it) in the backward pass. The head writes over the last output, so it counts as a layer.
    #[must_use]
    pub const fn new<Head: Activation>(facts: [Facts; N]) -> Self {
        let mut plan = Plan::of_memory::<Head>(&facts);
        (plan.spots, plan.sizes.arena) = arena::layout(&facts);
        plan
    }

    /// The same without that of a prediction on a microcontroller.
    const fn of_memory<Head: Activation>(facts: &[Facts; N]) -> Self {
        let head_writes = !matches!(Head::ACT, Some(Act::Linear));
        let mut placements = [Placement::NONE; N];
        let mut sizes = Sizes {
            tape: 0,
            grads: [0; 2],
            infer: [0; 2],
            scratch: 0,
            infer_scratch: 0,
            arena: 0,
            front: Front::NONE,
            pipeline: Pipeline::NONE,
        };
        let mut stateful = false;
        let (mut params, mut state) = (0, 0);
        // What the layers that share the current memory still need of it.
        let mut needed = Reads::Nothing;
        let mut infer_buffer = 1;
        let mut i = 0;
        while i < N {
            let f = facts[i];
            stateful |= f.stateful;
            let head = i + 1 == N && head_writes;
            let free = match needed {
                Reads::Nothing => true,
                Reads::Positive | Reads::Sign => f.keeps_sign && (!head || Head::KEEPS_SIGN),
                Reads::Values => false,
            };
            let aliased = i > 0 && f.in_place && free;
            let y = if aliased {
                placements[i - 1].y
            } else {
                sizes.tape
            };
            let cache = if aliased { sizes.tape } else { y + f.out };
            sizes.tape = cache + f.cache;
            sizes.scratch = max(sizes.scratch, f.scratch);
            sizes.infer_scratch = max(sizes.infer_scratch, f.infer_scratch);
            if !aliased {
                needed = Reads::Nothing;
            }
            let positive = matches!(needed, Reads::Positive);
            if f.reads_output as u8 > needed as u8 {
                needed = f.reads_output;
            }
            placements[i] = Placement {
                y,
                len: f.out,
                cache,
                cache_len: f.cache,
                params: (params, f.params),
                state: (state, f.state),
                aliased,
                positive,
                unpools: f.unpools && i + 1 < N && facts[i + 1].pools,
                streams: f.streams,
                ..placements[i]
            };
            (params, state) = (params + f.params, state + f.state);
            // The last output goes to the caller's memory, all others to one of two buffers.
            if i == 0 || !f.in_place {
                infer_buffer = 1 - infer_buffer;
            }
            if i + 1 < N {
                sizes.infer[infer_buffer] = max(sizes.infer[infer_buffer], f.out);
            }
            i += 1;
        }
        // The gradient changes its buffer at every layer that is not in place, and once for two layers where a pooling
        // leaves its backward pass to the layer before. Whether it does depends on its windows: from there on the gradient
        // may be in either buffer.
        let (mut buffer, mut either) = (0, false);
        let mut i = N;
        while i > 0 {
            i -= 1;
            sizes.grads[buffer] = max(sizes.grads[buffer], facts[i].out);
            if either {
                sizes.grads[1 - buffer] = max(sizes.grads[1 - buffer], facts[i].out);
            }
            either |= placements[i].unpools;
            if !facts[i].in_place {
                buffer = 1 - buffer;
            }
        }
        let mask_reach = mask_reach(facts);
        if !stateful {
            sizes.front = Front::new(facts, mask_reach as usize);
            sizes.pipeline = Pipeline::new(facts);
        }
        let groups = groups::in_training(facts, mask_reach as usize);
        let mut spots = [Spot::NONE; N];
        let mut i = 0;
        while i < N {
            placements[i].group = groups[i];
            spots[i].layer = i;
            i += 1;
        }
        Plan {
            placements,
            spots,
            sizes,
            stateful,
            mask_reach,
        }
    }
}

/// From the first layer, if it makes a mask, to the one that drops it.
const fn mask_reach(facts: &[Facts]) -> u32 {
    let mut i = 0;
    while i < facts.len() {
        match (i, facts[i].mask) {
            (0, Mask::Makes) | (1.., Mask::Keeps) => i += 1,
            (0, _) => return 0,
            _ => return i as u32 + 1,
        }
    }
    i as u32
}

#[cfg(test)]
mod tests {
    use super::facts::facts;
    use super::*;
    use crate::activations::{Linear, Sigmoid, Softmax};

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

    #[test]
    fn a_mask_reaches_the_layer_that_drops_it() {
        let chain = |masks: [Mask; 4]| {
            let facts = masks.map(|mask| Facts { mask, ..DROPOUT });
            Plan::new::<Linear>(facts).mask_reach
        };
        use Mask::{Drops, Keeps, Makes};
        assert_eq!(chain([Makes, Keeps, Drops, Keeps]), 3);
        assert_eq!(chain([Makes, Keeps, Keeps, Keeps]), 4);
        assert_eq!(chain([Makes, Drops, Drops, Keeps]), 2);
        assert_eq!(chain([Keeps, Keeps, Drops, Keeps]), 0);
    }

    /// Who writes each output's memory, in the order of time: the layers that share it.
    fn writers<const N: usize>(plan: &Plan<N>, i: usize) -> std::vec::Vec<usize> {
        let mut writers = std::vec![i];
        let mut next = i + 1;
        while next < N && plan.placements[next].aliased {
            writers.push(next);
            next += 1;
        }
        writers
    }

    proptest::proptest! {
        /// Whatever the layers are: the backward pass finds what it reads, and nothing overlaps.
        #[test]
        fn nothing_that_is_read_is_overwritten(
            drawn in proptest::array::uniform8((1usize..9, 0usize..3, 0usize..3, 0u8..4, proptest::bool::ANY)),
        ) {
            let facts = drawn.map(|(out, cache, in_place, reads, keeps_sign)| {
                let reads = [Reads::Nothing, Reads::Positive, Reads::Sign, Reads::Values][reads as usize];
                let mut f = facts(out, in_place > 0, reads, keeps_sign);
                f.cache = cache;
                f
            });
            // An in-place layer keeps the length.
            let mut facts = facts;
            for i in 1..8 {
                if facts[i].in_place {
                    facts[i].out = facts[i - 1].out;
                }
            }
            let plan = Plan::new::<Linear>(facts);
            let mut taken = std::vec![None; plan.sizes.tape];
            for (i, (placement, f)) in plan.placements.iter().zip(&facts).enumerate() {
                proptest::prop_assert!(!placement.aliased || f.in_place);
                proptest::prop_assert_eq!((placement.len, placement.cache_len), (f.out, f.cache));
                // Outputs that are not aliased, and caches, are disjoint.
                let output = if placement.aliased { placement.y..placement.y } else { placement.y..placement.y + placement.len };
                for at in output.chain(placement.cache..placement.cache + placement.cache_len) {
                    proptest::prop_assert_eq!(taken[at].replace(i), None);
                }
                // What comes after in the same memory leaves what the layer still reads of it.
                for &later in &writers(&plan, i)[1..] {
                    proptest::prop_assert_eq!(plan.placements[later].y, placement.y);
                    let kept = match f.reads_output {
                        Reads::Nothing => true,
                        Reads::Positive | Reads::Sign => facts[later].keeps_sign,
                        Reads::Values => false,
                    };
                    proptest::prop_assert!(kept, "layer {} overwrites what {} reads", later, i);
                }
            }
            // Each gradient fits into the buffer that it comes to.
            let mut buffer = 0;
            for f in facts.iter().rev() {
                proptest::prop_assert!(plan.sizes.grads[buffer] >= f.out);
                buffer = if f.in_place { buffer } else { 1 - buffer };
            }
        }
    }
}
