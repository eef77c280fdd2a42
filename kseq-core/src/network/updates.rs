//! Training in little memory: where the optimizer allows it, parameters are updated during the backward pass, so that
//! gradients need memory for one layer at a time, and those of a `Dense` layer none.

use core::marker::PhantomData;

use super::step::{Memory, Placed, occurrences, test_memory, update};
use crate::kernels::dispatch::DEVICE;
use crate::kernels::fpu::rolled;
use crate::layer::Ctx;
use crate::layers::sink::Sink;
use crate::model::{self, Model, by_sample, masked, trained};
use crate::optimizers::{MAX_SLOTS, Optimizer};
use crate::plan::{Placement, Rest, Trained};
use crate::tape::{Buffers, Taped};

/// Whether parameters are updated during the backward pass: the optimizer works element by element, and nothing has to know all
/// gradients, or more than their sum, before.
pub(super) const fn updates_in_pass<M: Model, O: Optimizer>() -> bool {
    !O::WHOLE_ARRAYS && !O::EXTRAS && M::PENALTIES.is_empty() && sums::<M, O>() == 0
}

/// The `f32`s for sums over occurrences.
pub(super) const fn sums<M: Model, O: Optimizer>() -> usize {
    if trained::<M>().first > 0 {
        0
    } else {
        occurrences::<M, O>()
    }
}

/// The `f32`s of an optimizer's slots.
pub(super) const fn slots<M: Model, O: Optimizer>() -> usize {
    O::SLOTS * trained::<M>().kept
}

/// The `f32`s for gradients of parameters.
pub(super) const fn gradients<M: Model, O: Optimizer>() -> usize {
    model::gradients::<M>(updates_in_pass::<M, O>())
}

/// What a [`Trainer`](crate::trainer::Trainer) keeps on its tape: on a microcontroller nothing of frozen layers in front.
pub(super) struct Behind<M>(PhantomData<M>);

impl<M: Model> Taped for Behind<M> {
    const FIRST: usize = if DEVICE { M::SIZES.rest.first } else { 0 };
}

impl<M: Model> Placed<M> for Behind<M> {
    const PLACEMENTS: &'static [Placement] = if DEVICE { M::REST } else { M::PLACEMENTS };
    const GRADS: [usize; 2] = Self::SIZES.grads;
}

impl<M: Model> Behind<M> {
    pub(super) const SIZES: Rest = if DEVICE {
        M::SIZES.rest
    } else {
        M::SIZES.whole(test_memory::<M>())
    };

    /// What the layers in front give the others, for each sample of a batch.
    #[inline(always)]
    pub(super) fn infer(
        p: &M::Params,
        s: &M::State,
        x: &[M::Input],
        outputs: &mut [f32],
        arena: &mut [f32],
        cx: &Ctx<'_>,
    ) {
        let Rest { first, input, .. } = const { Self::SIZES };
        let Some(spot) = M::SPOTS.get(first - 1) else {
            return;
        };
        let some = if by_sample::<M>() { 1 } else { x.len().max(1) };
        for (x, outputs) in x.chunks(some).zip(outputs.chunks_mut(some * input)) {
            let mut buffers = Buffers::of(0..first, arena, M::SIZES.infer, x.len(), &[]);
            let cx = &mut cx.with_scratch(&mut []);
            cx.training = false;
            let cx = &mut masked::<M>(cx, x, &mut [], 0);
            M::infer(p, s, x, &mut [], &mut buffers, cx);
            for (to, from) in outputs.iter_mut().zip(buffers.output(spot)) {
                rolled();
                *to = *from;
            }
        }
    }
}

/// The optimizer at work.
pub(super) struct Updates<'a, M, O> {
    optimizer: &'a O,
    step: u64,
    memory: Memory<'a>,
    model: PhantomData<M>,
}

impl<'a, M: Model, O: Optimizer> Updates<'a, M, O> {
    const TRAINED: Trained = trained::<M>();

    pub(super) fn new(optimizer: &'a O, step: u64, memory: Memory<'a>) -> Self {
        Updates {
            optimizer,
            step,
            memory,
            model: PhantomData,
        }
    }

    /// After the pass: what it has not updated. Returns the penalties on the parameters.
    pub(super) fn finish(self, p: &mut M::Params, cx: &mut Ctx<'_>) -> f32 {
        if Self::UPDATES {
            return 0.0;
        }
        update::<M, O>(self.optimizer, p, self.memory, Self::TRAINED.skipped, cx)
    }
}

impl<M: Model, O: Optimizer> Sink for Updates<'_, M, O> {
    const FIRST: Option<u32> = Some(Self::TRAINED.first as u32);
    const UPDATES: bool = updates_in_pass::<M, O>();

    fn memory(&mut self, (first, len): (usize, usize)) -> &mut [f32] {
        let first = match Self::UPDATES {
            true => 0,
            false => first - Self::TRAINED.skipped.1,
        };
        let all = &mut self.memory.gradients;
        all.get_mut(first..first + len).unwrap_or_default()
    }

    fn written(&mut self, first: usize, p: &mut [f32]) {
        if Self::UPDATES {
            let gradients = core::mem::take(&mut self.memory.gradients);
            self.update(first, p, gradients.get(..p.len()).unwrap_or_default());
            self.memory.gradients = gradients;
        }
    }

    fn descent(&self) -> Option<f32> {
        self.optimizer.descent(self.step)
    }

    fn update(&mut self, first: usize, p: &mut [f32], g: &[f32]) {
        let (from, len) = (first - Self::TRAINED.skipped.1, p.len());
        let mut slots: [&mut [f32]; MAX_SLOTS] = Default::default();
        let mut rest = &mut *self.memory.slots;
        for slot in slots.iter_mut().take(O::SLOTS) {
            let (all, others) = rest
                .split_at_mut_checked(Self::TRAINED.kept)
                .unwrap_or_default();
            *slot = all.get_mut(from..from + len).unwrap_or_default();
            rest = others;
        }
        let slots = slots.get_mut(..O::SLOTS).unwrap_or_default();
        if let (true, 0, [begins, ..]) = (O::BEGINS_AS_PARAMETERS, self.step, &mut *slots) {
            for (begins, p) in begins.iter_mut().zip(&*p) {
                *begins = *p;
            }
        }
        self.optimizer.update(self.step, p, g, slots);
    }
}
