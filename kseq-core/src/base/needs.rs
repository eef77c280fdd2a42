//! What a layer needs for samples whose length comes with the data.

use crate::shape::Shape;
use crate::tensor::Tensor;

/// The shapes of a model's samples: those of the input, and behind each layer.
#[derive(Clone, Copy, Debug)]
pub struct Shapes<'a>(pub &'a [Shape]);

/// The steps of a sample of this shape, which is that of the type with lengths: 1 for one without axes of any length.
#[must_use]
pub const fn steps<T: Tensor>(shape: Shape) -> usize {
    let (mut steps, mut axis) = (1usize, 0);
    while axis < T::OPEN {
        steps = steps.saturating_mul(shape.dim(axis));
        axis += 1;
    }
    steps
}

/// A number of `f32`s that depends on the length of a sample: of the steps of its output if that has axes of any length, else of those of
/// its input.
#[derive(Clone, Copy, Debug)]
pub struct PerStep {
    /// Whatever the length.
    pub sample: usize,
    /// More for each step.
    pub step: usize,
    /// More for each pair of steps.
    pub pair: usize,
}

impl PerStep {
    /// So much for a sample, and more for each step.
    #[must_use]
    pub const fn new(sample: usize, step: usize) -> Self {
        PerStep {
            sample,
            step,
            pair: 0,
        }
    }

    /// The same for any length.
    #[must_use]
    pub const fn sample(sample: usize) -> Self {
        PerStep::new(sample, 0)
    }

    /// For so many steps.
    #[must_use]
    pub const fn of(&self, steps: usize) -> usize {
        let pairs = self.pair.saturating_mul(steps);
        let more = self.step.saturating_add(pairs).saturating_mul(steps);
        self.sample.saturating_add(more)
    }
}

/// The memory of a layer whose samples have axes of any length: what for others [`Layer::CACHE`](crate::layer::Layer::CACHE), [`Layer::SCRATCH`](crate::layer::Layer::SCRATCH) and
/// [`Layer::INFER_SCRATCH`](crate::layer::Layer::INFER_SCRATCH) say.
#[derive(Clone, Copy, Debug)]
pub struct Needs {
    /// What `forward` leaves for `backward`.
    pub cache: PerStep,
    /// What a call needs of [`Ctx::scratch`](crate::layer::Ctx::scratch).
    pub scratch: PerStep,
    /// The same outside training.
    pub infer_scratch: PerStep,
}

impl Needs {
    /// So many `f32`s for each step, and nothing else.
    #[must_use]
    pub const fn by_step(cache: usize, scratch: usize, infer_scratch: usize) -> Self {
        const fn step(step: usize) -> PerStep {
            PerStep::new(0, step)
        }
        Needs {
            cache: step(cache),
            scratch: step(scratch),
            infer_scratch: step(infer_scratch),
        }
    }
}
