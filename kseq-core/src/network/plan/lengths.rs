//! The plan of a model whose samples have axes of any length: the compiler's own functions make it for the lengths of a batch.

use super::facts::Facts;
use super::{Placement, Plan, Sizes, Spot, head_keeps_sign};
use crate::activations::Activation;
use crate::layer::{Layer, Masked, Shapes, steps};
use crate::shape::{Refusal, Shape};
use crate::tensor::Tensor;

/// The plan of a batch with these lengths, and the shapes between its layers: `S` is one more than `N`. `MEMORY` and `CAUSAL` are those
/// of the model's [`Streams`](super::Streams).
#[derive(Clone, Copy, Debug)]
pub struct PlanOfLengths<const N: usize, const S: usize, const MEMORY: usize, const CAUSAL: bool> {
    lengths: [usize; 2],
    /// The memory of a batch.
    placements: [Placement; N],
    sizes: Sizes,
    stateful: bool,
    masks: [Masked; N],
    shapes: [Shape; S],
    steps: [usize; 2],
}

impl<const N: usize, const S: usize, const MEMORY: usize, const CAUSAL: bool>
    PlanOfLengths<N, S, MEMORY, CAUSAL>
{
    /// The plan of a model from `In` to `Out` whose output activation is `Head`, with what its layers say of these shapes.
    #[must_use]
    pub const fn new<Head: Activation, In: Tensor, Out: Tensor>(
        lengths: [usize; 2],
        facts: [Facts; N],
        shapes: [Shape; S],
    ) -> Self {
        let Plan {
            placements,
            sizes,
            stateful,
            masks,
            ..
        } = Plan::of_memory(&facts, head_keeps_sign::<Head>());
        PlanOfLengths {
            lengths,
            placements,
            sizes,
            stateful,
            masks,
            steps: [steps::<In>(shapes[0]), steps::<Out>(shapes[N])],
            shapes,
        }
    }

    /// What of it does not depend on the lengths, as the plan of a model has it.
    #[must_use]
    pub const fn plan(&self) -> Plan<N> {
        let mut spots = [Spot::NONE; N];
        let mut i = 0;
        while i < N {
            spots[i].layer = i;
            spots[i].buffered = true;
            i += 1;
        }
        Plan {
            placements: self.placements,
            rest: self.placements,
            spots,
            sizes: self.sizes,
            stateful: self.stateful,
            masks: self.masks,
        }
    }

    /// The `f32`s of an output.
    #[must_use]
    pub const fn output_len<Out: Tensor>(&self) -> usize {
        Out::LEN * self.steps[1]
    }

    /// The shape of an output.
    #[must_use]
    pub const fn output(&self) -> Shape {
        self.shapes[N]
    }

    /// How much memory a sample of these lengths needs.
    #[must_use]
    pub const fn sizes(&self) -> &Sizes {
        &self.sizes
    }
}

/// What a pass asks of a plan.
#[derive(Clone, Copy, Debug)]
pub struct Planned<'a> {
    /// Where outputs and caches lie.
    pub placements: &'a [Placement],
    /// How much memory a sample needs.
    pub sizes: &'a Sizes,
    /// Of axes of any length the lengths.
    pub shapes: Shapes<'a>,
    /// The steps of a sample, and those of its output, which lie side by side: 1 if the type has all of its shape.
    pub steps: [usize; 2],
}

impl Planned<'_> {
    /// The samples of a batch of inputs.
    #[inline(always)]
    #[must_use]
    pub const fn samples<In: Tensor>(&self, x: &[In]) -> usize {
        match In::OPEN {
            0 => x.len(),
            _ => x.len() / if self.steps[0] == 0 { 1 } else { self.steps[0] },
        }
    }

    /// The steps of a sample.
    #[inline(always)]
    #[must_use]
    pub const fn input<In: Tensor>(&self) -> usize {
        match In::OPEN {
            0 => 1,
            _ => self.steps[0],
        }
    }

    /// The steps of its output.
    #[inline(always)]
    #[must_use]
    pub const fn output<Out: Tensor>(&self) -> usize {
        match Out::OPEN {
            0 => 1,
            _ => self.steps[1],
        }
    }

    /// The `f32`s of an output.
    #[inline(always)]
    #[must_use]
    pub const fn output_len<Out: Tensor>(&self) -> usize {
        Out::LEN * self.output::<Out>()
    }
}

/// The plan of a batch, as a model keeps it. One whose shapes are all in its type has nothing to keep: `()`.
pub trait OfLengths: Sized + Send + Sync + 'static {
    /// Whether the model's constants say all of it.
    const CONSTANT: bool;
    /// The lengths of the axes of any length that it is for.
    fn lengths(&self) -> [usize; 2];
    /// What a pass asks of it, if the model's constants do not say it.
    fn planned(&self) -> Option<Planned<'_>>;

    /// The memory of a model that works step by step: `[f32; MEMORY]`, and of others `[f32; 0]`. It is here, and not in
    /// [`Causal`](super::Causal), so that where that is missing the compiler says so once.
    type Memory: AsMut<[f32]>;
    /// The memory at the beginning of a sequence.
    const ZEROS: Self::Memory;
}

impl OfLengths for () {
    const CONSTANT: bool = true;
    type Memory = [f32; 0];
    const ZEROS: [f32; 0] = [];

    #[inline(always)]
    fn lengths(&self) -> [usize; 2] {
        [1; 2]
    }
    #[inline(always)]
    fn planned(&self) -> Option<Planned<'_>> {
        None
    }
}

impl<const N: usize, const S: usize, const MEMORY: usize, const CAUSAL: bool> OfLengths
    for PlanOfLengths<N, S, MEMORY, CAUSAL>
{
    const CONSTANT: bool = false;
    type Memory = [f32; MEMORY];
    const ZEROS: [f32; MEMORY] = [0.0; MEMORY];

    fn lengths(&self) -> [usize; 2] {
        self.lengths
    }
    fn planned(&self) -> Option<Planned<'_>> {
        Some(Planned {
            placements: &self.placements,
            sizes: &self.sizes,
            shapes: Shapes(&self.shapes),
            steps: self.steps,
        })
    }
}

impl Facts {
    /// The facts of layer `L` for samples of these shapes, which are those of the types with lengths.
    #[must_use]
    pub const fn of_lengths<L, In, Out>(mut self, input: Shape, output: Shape) -> Self
    where
        L: Layer<In, Out>,
        In: Tensor,
        Out: Tensor,
    {
        if In::OPEN == 0 && Out::OPEN == 0 {
            // Behind the axes of any length, all of the memory is in the constants of the type.
            return self;
        }
        let outputs = steps::<Out>(output);
        let steps = match Out::OPEN {
            0 => steps::<In>(input),
            _ => outputs,
        };
        self.out = Out::LEN.saturating_mul(outputs);
        self.rows = self.rows.saturating_mul(outputs);
        self.shape = output;
        self.cache = L::NEEDS.cache.of(steps);
        if !self.in_place {
            self.scratch = L::NEEDS.scratch.of(steps);
            self.infer_scratch = L::NEEDS.infer_scratch.of(steps);
        }
        self.macs = self.macs.saturating_mul(steps);
        self
    }
}

/// What a constant says that asks for the memory of lengths which the model does not take.
#[expect(clippy::panic, reason = "in a constant: the error of the compiler")]
pub const fn refused(why: &Refusal) -> ! {
    panic!("{}", why.what.as_str())
}
