//! A step whose batch is cut into parts, on this process or on several: what each part gives, and how the step is put together.

use core::cell::RefCell;
use std::vec::Vec;

use super::context::EpochContext;
use crate::base::share::{Share, SumOfParts, Sums};
use crate::error::Error;
use crate::losses::{InParts, Loss};
use crate::metrics::Metrics;
use crate::model::Model;
use crate::optimizers::Optimizer;
use crate::params::Flat;
use crate::step::Objective;
use crate::tape::{Gathered, Sink};
use crate::text::Note;
use crate::train::data::arguments::argument;
use crate::train::data::batches::Minibatch;
use crate::train::model::sequential::locked;
use crate::train::state::Exchange;
use crate::train::state::ranks::{Memory, Ranks, Sending};

/// What the parts of a batch need to know of it.
#[derive(Clone, Copy)]
struct Whole<'e> {
    samples: usize,
    /// Outputs of each sample.
    outputs: usize,
    /// What all parts count for in the loss, unless that is a matter of masks: then each rank says what its part does.
    counts: Option<InParts>,
    exchange: &'e dyn Exchange,
    /// Whether all ranks compute their parts at once, each one part that has samples.
    at_once: bool,
    /// Room for what all ranks say.
    room: &'e RefCell<Vec<f64>>,
}

impl<M, O, L, Me> EpochContext<'_, M, O, L, Me>
where
    M: Model,
    O: Optimizer,
    L: Loss<M::Output>,
    Me: Metrics<M::Output, L::Target>,
{
    /// What cannot be computed in parts.
    pub(super) fn check_parts(&self) -> Result<(), Error> {
        let Some(ranks) = &self.workspace.ranks else {
            return Ok(());
        };
        let refused = |why: &str| Err(argument("parts", Note::new().str(why)));
        if self.loss.in_parts(1, &[], None) == InParts::Whole {
            return refused(
                "this loss compares the samples of a batch with each other, so that a batch cannot be cut; train on one process",
            );
        }
        if self.workspace.aware.is_some() {
            return refused(
                "a training that is aware of integers follows the range of whole batches; train on one process",
            );
        }
        if M::SIZES.masks.weights > 0 && ranks.most_parts() > 1 {
            return refused(
                "a mask of the outputs decides what each part counts for, so that a rank can have one part; leave `.parts(..)` out, or take as many as ranks",
            );
        }
        Ok(())
    }

    /// The loss of a batch, with an update or without; the metrics take the outputs in.
    pub(super) fn in_parts(
        &mut self,
        batch: &Minibatch<'_, M::Input, L::Target>,
        training: bool,
    ) -> f32 {
        let Some(mut ranks) = self.workspace.ranks.take() else {
            return f32::NAN;
        };
        let loss = self.all_parts(&mut ranks, batch, training);
        self.workspace.ranks = Some(ranks);
        loss
    }

    fn all_parts(
        &mut self,
        ranks: &mut Ranks,
        batch: &Minibatch<'_, M::Input, L::Target>,
        training: bool,
    ) -> f32 {
        let report = self.reserve(ranks);
        let exchange = ranks.exchange.clone();
        let samples = batch.samples();
        let (outputs, is_masked) = self
            .workspace
            .plan_parts(batch, samples.div_ceil(ranks.parts.max(1)));
        let all = self.loss.in_parts(samples * outputs, batch.y, batch.weight);
        let room = RefCell::new(core::mem::take(&mut ranks.memory.room));
        let whole = Whole {
            samples,
            outputs,
            counts: (!is_masked).then_some(all),
            exchange: &*exchange,
            at_once: !ranks.exact && samples >= ranks.parts,
            room: &room,
        };
        self.hold_metrics(&mut ranks.memory.metrics);
        if training {
            self.workspace.begin_parts(self.model);
            let state = locked(&mut self.model.state).as_f32s();
            ranks.memory.before.copy_from_slice(state);
        }
        ranks.begin();
        ranks.memory.reports.fill(0.0);
        for (slot, part) in ranks.own_parts().enumerate() {
            let range = ranks.samples(part, samples);
            let first = range.start;
            let part_of_batch = cut(batch, samples, range);
            let share = whole.share::<M, L>(self.loss, &part_of_batch, first);
            let at = slot * report..(slot + 1) * report;
            if !training {
                let report = ranks.memory.reports.get_mut(at).unwrap_or_default();
                self.test_part(&part_of_batch, share, &whole, report);
            } else if ranks.exact {
                self.train_part(&part_of_batch, share, &whole, &mut ranks.memory, at);
                ranks.add(part);
            } else {
                self.train_and_send(&part_of_batch, share, &whole, &mut ranks.memory, at);
            }
        }
        let Memory {
            reports,
            all_reports,
            ..
        } = &mut ranks.memory;
        exchange.gather(reports, all_reports);
        let loss = self.merge(ranks, report);
        ranks.memory.room = room.into_inner();
        if !training {
            return loss as f32;
        }
        if ranks.exact {
            ranks.sum_up();
        }
        let penalty = self.update(&mut ranks.memory, samples);
        (loss + f64::from(penalty)) as f32
    }

    /// Makes room for what the parts give, once: returns the number of values of a report.
    fn reserve(&mut self, ranks: &mut Ranks) -> usize {
        let mut report = 1;
        self.metrics.for_each(&mut |m| report += m.state().len());
        let state = <M::State as Flat>::LEN;
        let values = <M::Params as Flat>::LEN + self.workspace.occurrences.len() + state;
        ranks.reserve(values, state, report);
        report
    }

    /// Keeps what the metrics have accumulated.
    fn hold_metrics(&mut self, held: &mut [f64]) {
        let mut held = held.iter_mut();
        self.metrics.for_each(&mut |m| {
            let state = m.state().iter();
            state
                .zip(&mut held)
                .for_each(|(state, held)| *held = *state);
        });
    }

    /// A part without an update.
    fn test_part(
        &mut self,
        part: &Minibatch<'_, M::Input, L::Target>,
        share: (Share<'_>, f32),
        whole: &Whole<'_>,
        report: &mut [f64],
    ) {
        let asks = |counts| whole.ask(counts);
        let objective = Objective {
            loss: self.loss,
            scale: self.loss_weights * share.1,
        };
        self.metrics.for_each(&mut |m| m.reset());
        if part.x.is_empty() {
            return whole.ask_nothing();
        }
        let sums = |count: usize, layer: &mut dyn FnMut(&mut [f64], Sums)| whole.sum(count, layer);
        let share = whole.with(share.0, &asks, &sums);
        let tested = self.workspace.test(self.model, &objective, part, share);
        self.metrics
            .update_masked(tested.outputs, part.y, part.weight, tested.mask);
        let loss = tested.loss;
        self.report(loss, report);
    }

    /// Loss and metrics of a part.
    fn report(&mut self, loss: f32, report: &mut [f64]) {
        let mut report = report.iter_mut();
        if let Some(to) = report.next() {
            *to = f64::from(loss);
        }
        self.metrics.for_each(&mut |m| {
            let state = m.state().iter();
            state.zip(&mut report).for_each(|(state, to)| *to = *state);
        });
    }

    /// The gradients of a part stay in memory.
    fn train_part(
        &mut self,
        part: &Minibatch<'_, M::Input, L::Target>,
        share: (Share<'_>, f32),
        whole: &Whole<'_>,
        memory: &mut Memory,
        at: core::ops::Range<usize>,
    ) {
        let (gradients, rest) = memory.own.split_at_mut(<M::Params as Flat>::LEN);
        let (occurrences, change) = rest.split_at_mut(self.workspace.occurrences.len());
        let report = memory.reports.get_mut(at).unwrap_or_default();
        self.pass(
            part,
            share,
            whole,
            (Gathered(gradients), occurrences),
            report,
        );
        self.change_of_state(share.0, &memory.before, change);
    }

    /// The gradients of a part are summed over the ranks while those of the layers before are computed.
    fn train_and_send(
        &mut self,
        part: &Minibatch<'_, M::Input, L::Target>,
        share: (Share<'_>, f32),
        whole: &Whole<'_>,
        memory: &mut Memory,
        at: core::ops::Range<usize>,
    ) {
        let (params, others) = (<M::Params as Flat>::LEN, self.workspace.occurrences.len());
        let Memory {
            own,
            sum,
            before,
            reports,
            ..
        } = memory;
        let (own, rest) = own.split_at_mut(params);
        let (sum, rest_sum) = sum.split_at_mut(params);
        let rest_sum = rest_sum.get_mut(..rest.len()).unwrap_or_default();
        let mut buffers = Some((own, sum, rest, rest_sum));
        whole.exchange.sums(&mut |sums| {
            let Some((own, sum, rest, rest_sum)) = buffers.take() else {
                return;
            };
            let (occurrences, change) = rest.split_at_mut(others);
            let sink = Sending { own, sum, sums };
            let report = reports.get_mut(at.clone()).unwrap_or_default();
            let mut sink = self.pass(part, share, whole, (sink, &mut *occurrences), report);
            sink.send(0);
            self.change_of_state(share.0, before, change);
            if !rest.is_empty() {
                sink.sums.start(rest, rest_sum);
            }
        });
    }

    /// Forward, loss and backward of a part: the gradients are in the sink.
    fn pass<S: Sink>(
        &mut self,
        part: &Minibatch<'_, M::Input, L::Target>,
        share: (Share<'_>, f32),
        whole: &Whole<'_>,
        (mut sink, occurrences): (S, &mut [f32]),
        report: &mut [f64],
    ) -> S {
        self.metrics.for_each(&mut |m| m.reset());
        if part.x.is_empty() {
            whole.ask_nothing();
            occurrences.fill(0.0);
            sink.memory((0, <M::Params as Flat>::LEN)).fill(0.0);
            return sink;
        }
        let asks = |counts| whole.ask(counts);
        let objective = Objective {
            loss: self.loss,
            scale: self.loss_weights * share.1,
        };
        let sums = |count: usize, layer: &mut dyn FnMut(&mut [f64], Sums)| whole.sum(count, layer);
        let share = whole.with(share.0, &asks, &sums);
        let (step, sink) = self.workspace.train_part::<O, L, S>(
            self.model,
            &objective,
            part,
            share,
            (sink, occurrences),
        );
        self.metrics
            .update_masked(step.outputs, part.y, part.weight, step.mask);
        let loss = step.loss;
        self.report(loss, report);
        sink
    }

    /// What a part changes of the layers' state (the moving averages of a `BatchNormalization`), which then is as before the step.
    fn change_of_state(&mut self, share: Share<'_>, before: &[f32], change: &mut [f32]) {
        let state = locked(&mut self.model.state).as_f32s_mut();
        let weight = share.of_samples();
        for ((state, before), change) in state.iter_mut().zip(before).zip(change) {
            *change = (*state - before) * weight;
            *state = *before;
        }
    }

    /// The loss of all parts; the metrics take in what those of the parts have, in the order of the parts.
    fn merge(&mut self, ranks: &Ranks, report: usize) -> f64 {
        let Memory {
            metrics,
            all_reports,
            ..
        } = &ranks.memory;
        let mut held = metrics.iter();
        self.metrics.for_each(&mut |m| {
            let state = m.state().iter_mut();
            state
                .zip(&mut held)
                .for_each(|(state, held)| *state = *held);
        });
        let mut loss = 0.0;
        let most = ranks.most_parts();
        for (rank, reports) in all_reports.chunks(most * report).enumerate() {
            let parts = ranks.parts_of(rank).len();
            for report in reports.chunks(report).take(parts) {
                let [own, states @ ..] = report else { continue };
                loss += own;
                let mut at = 0;
                self.metrics.for_each(&mut |m| {
                    let len = m.state().len();
                    m.merge_state(states.get(at..at + len).unwrap_or_default());
                    at += len;
                });
            }
        }
        loss
    }

    /// The update by the sums of all parts; returns the penalties on the parameters before.
    fn update(&mut self, memory: &mut Memory, samples: usize) -> f32 {
        let (gradients, rest) = memory.sum.split_at_mut(<M::Params as Flat>::LEN);
        let (occurrences, change) = rest.split_at_mut(self.workspace.occurrences.len());
        let state = locked(&mut self.model.state).as_f32s_mut();
        state
            .iter_mut()
            .zip(change)
            .for_each(|(state, change)| *state += *change);
        self.workspace.update_parts(
            self.model,
            &*self.optimizer,
            samples,
            gradients,
            occurrences,
        )
    }
}

/// Some samples of a batch.
fn cut<'b, X, Y>(
    batch: &Minibatch<'b, X, Y>,
    samples: usize,
    range: core::ops::Range<usize>,
) -> Minibatch<'b, X, Y> {
    let of = |len: usize| {
        let each = len.checked_div(samples).unwrap_or(0);
        range.start * each..range.end * each
    };
    Minibatch {
        x: batch.x.get(of(batch.x.len())).unwrap_or_default(),
        y: batch.y.get(of(batch.y.len())).unwrap_or_default(),
        weight: batch
            .weight
            .map(|weight| weight.get(of(weight.len())).unwrap_or_default()),
        lengths: batch.lengths,
        unchecked: None,
    }
}

impl<'e> Whole<'e> {
    /// What a part is of the batch, and what its loss is multiplied with.
    fn share<M: Model, L: Loss<M::Output>>(
        &self,
        loss: &L,
        part: &Minibatch<'_, M::Input, L::Target>,
        first: usize,
    ) -> (Share<'static>, f32) {
        let own = part.samples();
        let share = Share {
            first,
            own,
            all: self.samples,
            asks: None,
            sums: None,
        };
        let own = loss.in_parts(own * self.outputs, part.y, part.weight);
        (share, self.counts.map_or(1.0, |all| factor(own, all)))
    }

    /// The same with who knows what masks let count, if there are any.
    fn with<'a>(
        &self,
        share: Share<'_>,
        asks: &'a dyn Fn(InParts) -> f32,
        sums: &'a SumOfParts<'a>,
    ) -> Share<'a> {
        Share {
            first: share.first,
            own: share.own,
            all: share.all,
            asks: self.counts.is_none().then_some(asks),
            sums: self.at_once.then_some(sums),
        }
    }

    /// What a layer sums over all ranks: the numbers of each in the order of the ranks.
    fn sum(&self, count: usize, layer: &mut dyn FnMut(&mut [f64], Sums)) {
        let Ok(mut room) = self.room.try_borrow_mut() else {
            return;
        };
        // Its own, and then those of all; the room stays for the next step.
        let ranks = self.exchange.ranks();
        let needed = count * (ranks + 1);
        if room.len() < needed {
            room.resize(needed, 0.0);
        }
        let (own, all) = room.split_at_mut(count);
        layer(own, Sums::Own);
        let all = all.get_mut(..count * ranks).unwrap_or_default();
        self.exchange.gather(own, all);
        own.fill(0.0);
        for values in all.chunks(count.max(1)) {
            own.iter_mut()
                .zip(values)
                .for_each(|(sum, value)| *sum += value);
        }
        layer(own, Sums::All);
    }

    /// What the loss of a part is multiplied with that counts for so much. Each rank has one part, and asks once a step.
    fn ask(&self, own: InParts) -> f32 {
        let counts = match own {
            InParts::Mean(counts) => counts,
            InParts::Sum | InParts::Whole => 0.0,
        };
        let Ok(mut room) = self.room.try_borrow_mut() else {
            return f32::NAN;
        };
        let room = room.get_mut(..self.exchange.ranks()).unwrap_or_default();
        self.exchange.gather(&[counts], room);
        factor(own, InParts::Mean(room.iter().sum()))
    }

    /// A part without samples counts for nothing, and asks all the same.
    fn ask_nothing(&self) {
        if self.counts.is_none() {
            self.ask(InParts::Mean(0.0));
        }
    }
}

/// What the loss of a part is multiplied with, where all parts count for `all`.
fn factor(own: InParts, all: InParts) -> f32 {
    match (own, all) {
        (InParts::Mean(own), InParts::Mean(all)) if all != 0.0 => (own / all) as f32,
        (InParts::Mean(_), _) => 0.0,
        _ => 1.0,
    }
}
