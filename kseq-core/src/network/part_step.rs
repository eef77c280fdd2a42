//! A training step whose batch is cut into parts: forward, loss and backward of a part by itself, and the update when the gradients
//! of all parts are summed.

use crate::constraints;
use crate::layer::Ctx;
use crate::layers::spectral_normalization::normalise;
use crate::losses::Loss;
use crate::model::{Model, planned};
use crate::optimizers::Optimizer;
use crate::params::Flat;
use crate::step::{BatchResult, Examples, Memory, Objective, first_trained, pass, split, weighed};
use crate::tape::{All, Sink};

/// What a part of a step changes: the layers' state, and the memory of its pass.
pub(crate) struct PartStep<'a, M: Model> {
    /// The parameters, which a pass leaves alone.
    pub params: &'a mut M::Params,
    /// The layers' state.
    pub state: &'a mut M::State,
    /// Memory for the pass.
    pub work: &'a mut [f32],
    /// What the optimizer asks of gradients that are sums over occurrences.
    pub occurrences: &'a mut [f32],
    /// Which layers are not trained.
    pub frozen: &'a [bool],
    /// The plan of the part.
    pub plan: &'a M::Plan,
}

/// What comes before the first part of a step.
pub(crate) fn begin<M: Model>(p: &mut M::Params, s: &mut M::State, scratch: &mut [f32]) {
    normalise(M::NORMALISED, p.as_f32s_mut(), s.as_f32s_mut(), scratch);
}

impl<'a, M: Model> PartStep<'a, M> {
    /// The gradients of a part go to the sink, which is given back.
    pub fn pass<O: Optimizer, L: Loss<M::Output>, S: Sink>(
        self,
        sink: S,
        objective: &Objective<'_, L>,
        examples: &Examples<'_, M::Input, L::Target>,
        cx: &Ctx<'_>,
    ) -> (BatchResult<'a, M::Output>, S) {
        let planned = planned::<M>(self.plan);
        let batch = planned.samples(examples.x);
        let (scratch, work) = split(self.work, planned.sizes.scratch * batch);
        let work = split(work, planned.sizes.tape * batch);
        let cx = &mut cx.with_scratch(&mut *scratch);
        cx.frozen = self.frozen;
        cx.first = first_trained::<M>(self.frozen);
        cx.occurrences = (O::OCCURRENCES, self.occurrences);
        let (p, s) = (self.params, self.state);
        let (loss, t, sink) =
            pass::<M, L, S, All>(&planned, p, s, work, sink, objective, examples, cx);
        let outputs = t.into_output();
        let masks = scratch.len() - planned.sizes.masks.each() * batch;
        let (free, masks) = split(scratch, masks);
        let weighed = weighed::<M>(&planned, examples.x, masks);
        let result = BatchResult {
            loss,
            outputs,
            mask: weighed.map(|weighed| weighed.for_metrics(examples.weight, free)),
        };
        (result, sink)
    }
}

/// The update by the gradients of all parts; returns the penalties on the parameters before.
pub(crate) fn update<M: Model, O: Optimizer>(
    optimizer: &O,
    p: &mut M::Params,
    (gradients, slots): (&mut [f32], &mut [f32]),
    frozen: &[bool],
    occurrences: &mut [f32],
    cx: &Ctx<'_>,
) -> f32 {
    let cx = &mut cx.with_scratch(&mut []);
    cx.frozen = frozen;
    cx.occurrences = (O::OCCURRENCES, occurrences);
    let memory = Memory { gradients, slots };
    let penalty = crate::step::update::<M, O>(optimizer, p, memory, (0, 0), cx);
    constraints::constrain(M::CONSTRAINTS, p.as_f32s_mut(), cx);
    penalty
}
