//! Training without a heap: a [`Trainer`] works in a [`TrainerMemory`], which is a `static`.

use core::slice;

use crate::as_samples::AsSamples;
use crate::baked::Baked;
use crate::check;
use crate::constraints;
use crate::error::Error;
use crate::kernels::fpu::rolled;
use crate::layer::Ctx;
use crate::layers::spectral_normalization::normalise;
use crate::losses::MeantFor;
use crate::metrics::Metrics;
use crate::model::{Model, planned};
use crate::network::updates::{Behind, Updates, gradients, slots, sums};
use crate::optimizers::Optimizer;
use crate::params::{Flat, zeroed};
use crate::plan::{Planned, Sizes};
use crate::pool::Pool;
use crate::step::{
    BatchResult, Examples, Memory, Objective, memory_of_test, pass, predict_batch, split, test,
    test_memory_of,
};
use crate::tensor::Tensor;
use crate::text::Note;

/// The `f32`s of a [`TrainerMemory`] for batches of this size: what the layers keep of each sample, the optimizer's slots, and
/// gradients as far as they need memory.
///
/// An optimizer that works on each parameter by itself updates those of a layer as soon as the layer's backward pass is
/// done, and those of a `Dense` by pieces of a gradient that is nowhere as a whole: there is memory for the gradients of the
/// largest other layer. Clipping, weight decay, averages, accumulation, `Adafactor`, and penalties on parameters need all
/// gradients. Layers that are frozen in the list, up to the first one that is not, have neither gradients nor slots. On a
/// microcontroller they predict, one sample after the other in the memory of a prediction, and only what the last of them gives
/// is kept; a `Dropout`, a `TimeDistributed`, a recurrent layer, a layer of one's own or one with an activity regularizer keeps
/// what it gives, and so do all behind it.
#[must_use]
pub const fn trainer_memory<M: Model, O: Optimizer>(batch: usize) -> usize {
    fixed::<M, O>() + Behind::<M>::SIZES.memory(batch)
}

/// The same of a model with axes of any length for samples with this plan: `Net::trainer_memory::<O>(batch, steps)` calls it.
#[must_use]
pub const fn trainer_memory_of<M: Model, O: Optimizer>(
    sizes: &Sizes,
    output: usize,
    batch: usize,
) -> usize {
    let test = memory_of_test::<M>(sizes, output);
    fixed::<M, O>() + sizes.whole(test).memory(batch)
}

/// What is there once.
const fn fixed<M: Model, O: Optimizer>() -> usize {
    slots::<M, O>() + gradients::<M, O>() + sums::<M, O>()
}

/// The samples of a batch that this memory suffices for.
const fn room<M: Model, O: Optimizer>(len: usize) -> usize {
    Behind::<M>::SIZES.room(len.saturating_sub(fixed::<M, O>()))
}

/// The memory of the smallest batch.
const fn least<M: Model, O: Optimizer>() -> usize {
    trainer_memory::<M, O>(match M::BATCH {
        Some(batch) if M::STATEFUL => batch,
        _ => 1,
    })
}

/// What the compiler says of less.
const TOO_SMALL: &str = "the memory is too small for a sample: the length of a `TrainerMemory` is `trainer_memory::<Net, O>(1)` at \
                         least, with the type of the optimizer for `O`";

/// All the memory that the training of a model needs, for a `static`.
///
/// It is all zeros, so that a linker puts it into `.bss`: it costs RAM and no flash. `LEN` is
/// [`trainer_memory`] of the largest batch.
pub struct TrainerMemory<M: Model, const LEN: usize> {
    params: M::Params,
    state: M::State,
    work: [f32; LEN],
}

impl<M: Model, const LEN: usize> TrainerMemory<M, LEN> {
    /// The memory before any use.
    #[must_use]
    pub const fn new() -> Self {
        TrainerMemory {
            params: zeroed(),
            state: zeroed(),
            work: [0.0; LEN],
        }
    }
}

impl<M: Model, const LEN: usize> Default for TrainerMemory<M, LEN> {
    fn default() -> Self {
        TrainerMemory::new()
    }
}

/// What looks at outputs, with their targets.
type Show<'a, Out, Y> = dyn FnMut(&BatchResult<'_, Out>, &[Y]) + 'a;

/// Training without a heap: a model in a [`TrainerMemory`], with its optimizer and loss.
///
/// Samples and targets are given one at a time, or several in an array or a slice. Of a model with axes of any length `x` has all steps of
/// as many sequences as there are targets, which are of one length; if its output has them, too, it is one sequence. Its memory is
/// for the longest: `Net::trainer_memory::<O>(batch, steps)`.
pub struct Trainer<'m, M: Model, O, L> {
    params: &'m mut M::Params,
    state: &'m mut M::State,
    gradients: &'m mut [f32],
    slots: &'m mut [f32],
    occurrences: &'m mut [f32],
    work: &'m mut [f32],
    /// The samples that `work` suffices for.
    room: usize,
    optimizer: O,
    loss: L,
    seed: u64,
    step: u64,
}

/// Value by value: the `memcpy` of a microcontroller is longer than this.
fn copy(from: &[f32], to: &mut [f32]) {
    for (to, from) in to.iter_mut().zip(from) {
        rolled();
        *to = *from;
    }
}

impl<'m, M, O, L> Trainer<'m, M, O, L>
where
    M: Model,
    O: Optimizer,
    L: MeantFor<M::Output, M::Units>,
{
    /// A model with initial parameters drawn from `seed`; what the memory held before is forgotten. Memory that is too small for
    /// a single sample does not compile.
    ///
    /// # Errors
    /// An argument of the optimizer or the loss is out of range.
    pub fn new<const LEN: usize>(
        memory: &'m mut TrainerMemory<M, LEN>,
        optimizer: O,
        loss: L,
        seed: u64,
    ) -> Result<Self, Error> {
        const { assert!(LEN >= least::<M, O>(), "{}", TOO_SMALL) };
        let mut trainer = Trainer::in_memory(memory, optimizer, loss, seed)?;
        trainer.draw();
        Ok(trainer)
    }

    /// A model that begins with weights of the program, which are copied; what the memory held before is forgotten. Layers that
    /// draw random numbers draw those of seed 0. Memory that is too small for a single sample does not compile.
    ///
    /// # Errors
    /// An argument of the optimizer or the loss is out of range.
    pub fn from_weights<const LEN: usize>(
        memory: &'m mut TrainerMemory<M, LEN>,
        optimizer: O,
        loss: L,
        weights: &Baked<M>,
    ) -> Result<Self, Error> {
        const { assert!(LEN >= least::<M, O>(), "{}", TOO_SMALL) };
        let trainer = Trainer::in_memory(memory, optimizer, loss, 0)?;
        let params: &M::Params = weights;
        copy(params.as_f32s(), trainer.params.as_f32s_mut());
        copy(weights.state().as_f32s(), trainer.state.as_f32s_mut());
        Ok(trainer)
    }

    /// Without parameters yet.
    fn in_memory<const LEN: usize>(
        memory: &'m mut TrainerMemory<M, LEN>,
        optimizer: O,
        loss: L,
        seed: u64,
    ) -> Result<Self, Error> {
        const { assert!(M::Input::OPEN < 2, "{}", check::NO_IMAGES) };
        check::optimizer(&optimizer)?;
        check::loss::<M::Output, L>(&loss)?;
        let TrainerMemory {
            params,
            state,
            work,
        } = memory;
        let (slots, work) = work.split_at_mut(const { slots::<M, O>() });
        let (gradients, work) = work.split_at_mut(const { gradients::<M, O>() });
        let (occurrences, work) = work.split_at_mut(const { sums::<M, O>() });
        slots.iter_mut().for_each(|value| {
            rolled();
            *value = 0.0;
        });
        Ok(Trainer {
            params,
            state,
            gradients,
            slots,
            occurrences,
            work,
            room: const { room::<M, O>(LEN) },
            optimizer,
            loss,
            seed,
            step: 0,
        })
    }

    /// Parameters drawn from the seed.
    #[inline(always)]
    fn draw(&mut self) {
        self.params.as_f32s_mut().fill(0.0);
        self.state.as_f32s_mut().fill(0.0);
        M::init(self.params, self.state, self.seed);
    }

    /// Begins anew, as [`new`](Self::new) does: parameters drawn from `seed`, and an optimizer that remembers nothing but its arguments.
    pub fn restart(&mut self, seed: u64) {
        (self.seed, self.step) = (seed, 0);
        self.slots.fill(0.0);
        self.draw();
    }

    /// The optimizer, to change its learning rate between two batches.
    pub fn optimizer_mut(&mut self) -> &mut O {
        &mut self.optimizer
    }

    /// The parameters, one field a layer.
    pub fn params(&self) -> &M::Params {
        self.params
    }

    /// The parameters, to be set.
    pub fn params_mut(&mut self) -> &mut M::Params {
        self.params
    }

    /// What training updates without a gradient: the moving averages of a `BatchNormalization`. With [`params`](Self::params) it is
    /// what there is to be saved.
    pub fn state(&self) -> &M::State {
        self.state
    }

    /// The same, to be set.
    pub fn state_mut(&mut self) -> &mut M::State {
        self.state
    }

    /// One update from one batch; returns the loss before it.
    ///
    /// # Errors
    /// Data that do not fit each other or the memory.
    pub fn train_on_batch<X, Y>(&mut self, x: &X, y: &Y) -> Result<f32, Error>
    where
        X: AsSamples<M::Input> + ?Sized,
        Y: AsSamples<L::Target> + ?Sized,
    {
        let (x, y) = (x.as_samples(), y.as_samples());
        let batch = self.check("train_on_batch", x, y)?;
        check::batch_size::<M>(Some(batch))?;
        let plan = check::plan::<M>(x, batch)?;
        let planned = planned::<M>(&plan);
        check::steps::<M>(&planned, batch, y.len())?;
        let (sizes, room) = match M::Input::OPEN {
            0 => (const { Behind::<M>::SIZES }, self.room),
            _ => {
                let sizes = planned.sizes.whole(test_memory_of::<M>(&planned));
                (sizes, sizes.room(self.work.len()))
            }
        };
        if batch > room {
            return Err(Self::no_room(&planned, batch, room));
        }
        let (p, s) = (&mut *self.params, &mut *self.state);
        let mut cx = Ctx::new(&Pool::Serial, self.seed, self.step);
        cx.frozen = M::FROZEN;
        if sizes.first > 0 {
            // The tape begins with what they give; the rest of it has not begun yet.
            let (outputs, arena) = split(self.work, sizes.input * batch);
            Behind::<M>::infer(p, s, x, outputs, arena, &cx);
        }
        let (tape, work) = split(self.work, sizes.tape * batch);
        let (scratch, grads) = split(work, sizes.scratch * batch);
        let mut cx = cx.with_scratch(scratch);
        cx.occurrences = (O::OCCURRENCES, self.occurrences);
        let objective = Objective {
            loss: &self.loss,
            scale: 1.0,
        };
        let weight = None;
        let examples = Examples { x, y, weight };
        let memory = Memory {
            gradients: self.gradients,
            slots: self.slots,
        };
        normalise(M::NORMALISED, p.as_f32s_mut(), s.as_f32s_mut(), cx.scratch);
        let updates = Updates::<M, O>::new(&self.optimizer, self.step, memory);
        let work = (tape, grads);
        let (loss, _, updates) = pass::<M, L, _, Behind<M>>(
            &planned, p, s, work, updates, &objective, &examples, &mut cx,
        );
        let loss = loss + updates.finish(p, &mut cx);
        constraints::constrain(M::CONSTRAINTS, p.as_f32s_mut(), &cx);
        self.step += 1;
        Ok(loss)
    }

    /// The loss over all samples, without training: as many go through the layers together as the memory is for.
    ///
    /// # Errors
    /// Data that do not fit each other; of a stateful model only whole batches.
    pub fn evaluate<X, Y>(&mut self, x: &X, y: &Y) -> Result<f32, Error>
    where
        X: AsSamples<M::Input> + ?Sized,
        Y: AsSamples<L::Target> + ?Sized,
    {
        self.score(x.as_samples(), y.as_samples(), &mut |_, _| {})
    }

    /// The same with metrics: `let (loss, (accuracy,)) = trainer.evaluate_with(&x, &y, &mut (Accuracy::default(),))?;`
    ///
    /// # Errors
    /// As [`evaluate`](Self::evaluate); an argument of a metric is out of range.
    pub fn evaluate_with<X, Y, Me>(
        &mut self,
        x: &X,
        y: &Y,
        metrics: &mut Me,
    ) -> Result<(f32, Me::Values), Error>
    where
        X: AsSamples<M::Input> + ?Sized,
        Y: AsSamples<L::Target> + ?Sized,
        Me: Metrics<M::Output, L::Target>,
    {
        check::metrics::<M::Output, L::Target, _>(metrics)?;
        metrics.for_each(&mut |metric| {
            metric.compiled_with(L::ACCURACY);
            metric.reset();
        });
        let (x, y) = (x.as_samples(), y.as_samples());
        let loss = self.score(x, y, &mut |result, y| {
            metrics.update_masked(result.outputs, y, None, result.mask);
        })?;
        Ok((loss, metrics.values()))
    }

    /// The loss of all samples; the outputs of each batch are shown, with its targets.
    fn score(
        &mut self,
        x: &[M::Input],
        y: &[L::Target],
        show: &mut Show<'_, M::Output, L::Target>,
    ) -> Result<f32, Error> {
        let samples = self.check("evaluate", x, y)?;
        check::batches::<M>("evaluate", samples)?;
        let plan = check::plan::<M>(x, samples)?;
        check::steps::<M>(&planned::<M>(&plan), samples, y.len())?;
        let size = self.together(&planned::<M>(&plan), samples)?;
        // Of axes of any length the steps.
        let (inputs, targets) = match M::Input::OPEN {
            0 => (1, 1),
            _ => (x.len() / samples.max(1), y.len() / samples.max(1)),
        };
        let mut cx = Ctx::new(&Pool::Serial, self.seed, self.step);
        cx.frozen = M::FROZEN;
        let objective = Objective {
            loss: &self.loss,
            scale: 1.0,
        };
        let (mut sum, mut weight) = (0.0, 0.0);
        for (x, y) in x.chunks(size * inputs).zip(y.chunks(size * targets)) {
            let examples = Examples { x, y, weight: None };
            let (p, s) = (&*self.params, &mut *self.state);
            let result = test::<M, L>(&plan, p, s, &objective, &examples, self.work, &cx);
            show(&result, y);
            sum += result.loss * x.len() as f32;
            weight += x.len() as f32;
        }
        Ok(sum / weight)
    }

    /// The samples that go through the layers together, of so many: at least 1. Memory for too short sequences is an error.
    fn together(&self, planned: &Planned<'_>, samples: usize) -> Result<usize, Error> {
        let room = match M::Input::OPEN {
            0 => self.room,
            _ => {
                let sizes = planned.sizes.whole(test_memory_of::<M>(planned));
                match sizes.room(self.work.len()) {
                    0 => return Err(Self::no_room(planned, 1, 0)),
                    room => room,
                }
            }
        };
        let size = check::batch::<M>().unwrap_or(room);
        Ok(size.min(samples).max(1))
    }

    /// What is said of so many samples where there is memory for fewer.
    fn no_room(planned: &Planned<'_>, batch: usize, room: usize) -> Error {
        let why = Note::new()
            .brief("more samples than the memory is for")
            .str("the memory is for ")
            .num(room)
            .str(" samples a batch");
        let why = match M::Input::OPEN {
            0 => why,
            _ => why.str(" of ").num(planned.steps[0]).str(" steps"),
        };
        let why = why.str(", found ").num(batch);
        Error::Argument { name: "batch", why }
    }

    /// Checks data, and counts the samples.
    fn check(&self, what: &'static str, x: &[M::Input], y: &[L::Target]) -> Result<usize, Error> {
        let samples = check::samples::<M>(what, x, y.len())?;
        if samples == 0 {
            return Err(Error::Empty { what });
        }
        check::inputs(what, x)?;
        M::check(x)?;
        check::targets(what, &self.loss, y)?;
        Ok(samples)
    }

    /// Forgets what the layers carry from one batch to the next.
    pub fn reset_states(&mut self) {
        M::reset_states(self.state);
    }

    /// The output for one sample.
    ///
    /// # Errors
    /// Tokens that are out of range; a stateful model with a larger batch: that takes whole ones,
    /// [`predict_into`](Self::predict_into).
    pub fn predict(&mut self, x: &M::Input) -> Result<M::Output, Error> {
        let mut y = M::Output::ZERO;
        self.predict_into(slice::from_ref(x), slice::from_mut(&mut y))?;
        Ok(y)
    }

    /// The output for each sample of `x`.
    ///
    /// # Errors
    /// Tokens that are out of range, `x` and `y` of different lengths; of a stateful model only whole batches.
    pub fn predict_into<X, Y>(&mut self, x: &X, y: &mut Y) -> Result<(), Error>
    where
        X: AsSamples<M::Input> + ?Sized,
        Y: AsSamples<M::Output> + ?Sized,
    {
        let (x, y) = (x.as_samples(), y.as_samples_mut());
        let samples = check::samples::<M>("predict_into", x, y.len())?;
        check::batches::<M>("predict_into", samples)?;
        M::check(x)?;
        let cx = Ctx::new(&Pool::Serial, self.seed, self.step);
        let plan = check::plan::<M>(x, samples)?;
        if !M::STATEFUL && M::Input::OPEN == 0 {
            M::predict_into(self.params, self.state, x, y, self.work, &cx);
            return Ok(());
        }
        check::steps::<M>(&planned::<M>(&plan), samples, y.len())?;
        let size = self.together(&planned::<M>(&plan), samples)?;
        let (inputs, outputs) = match M::Input::OPEN {
            0 => (1, 1),
            _ => (x.len() / samples.max(1), y.len() / samples.max(1)),
        };
        for (x, y) in x.chunks(size * inputs).zip(y.chunks_mut(size * outputs)) {
            predict_batch::<M>(&plan, self.params, self.state, x, y, self.work, &cx);
        }
        Ok(())
    }
}
