//! The loop of `fit` over epochs and batches, and that of `evaluate`: whatever the source of the data.
#![expect(
    clippy::indexing_slicing,
    reason = "there are at most MAX_METRICS metrics, and room for their values twice"
)]

use std::format;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::path::Path;
use std::string::{String, ToString};
use std::vec::Vec;

use super::checkpoint;
use super::context::EpochContext;
use super::fit::EpochOptions;
use super::validation_freq::ValidationFreq;
use crate::error::Error;
use crate::losses::Loss;
use crate::metrics::{MAX_METRICS, Metrics};
use crate::model::Model;
use crate::optimizers::Optimizer;
use crate::pool::Pool;
use crate::rng::{Purpose, Rng};
use crate::train::callbacks::{Callback, ProgbarLogger};
use crate::train::data::batches::Batches;
use crate::train::report::running_mean::RunningMean;
use crate::train::report::{History, Logs, Scores};
use crate::train::state::loop_state::LoopState;
use crate::train::state::{Position, Training};

/// What is trained on, and what is validated with.
struct Data<'d, X, Y> {
    train: &'d mut dyn Batches<X, Y>,
    validation: Option<&'d mut dyn Batches<X, Y>>,
}

/// The numbers of batches, where they are given, and when there is a validation.
struct Frequencies<'f> {
    steps_per_epoch: Option<usize>,
    validation_steps: Option<usize>,
    validation_freq: ValidationFreq<'f>,
}

/// One call of a method of a callback.
type Hook<'h, M> =
    &'h mut dyn FnMut(&mut dyn Callback<M>, &mut Training<'_, M>) -> Result<(), Error>;

/// Trains over epochs: `fit`, when arguments and arrays have been checked.
pub(super) fn fit<'d, M, O, L, Me>(
    context: EpochContext<'_, M, O, L, Me>,
    train: &'d mut dyn Batches<M::Input, L::Target>,
    validation: Option<&'d mut dyn Batches<M::Input, L::Target>>,
    options: EpochOptions<'_, M>,
) -> Result<History, Error>
where
    M: Model,
    O: Optimizer,
    L: Loss<M::Output>,
    Me: Metrics<M::Output, L::Target>,
{
    let mut names = context.names.to_vec();
    if validation.is_some() {
        names.extend(context.names.iter().map(|name| format!("val_{name}")));
    }
    let mut state = LoopState {
        position: Position {
            epoch: options.epochs.start,
            ..Position::default()
        },
        epochs: options.epochs.end,
        steps: options.steps_per_epoch.or(train.steps()?),
        names: names.into(),
        ..LoopState::default()
    };
    let mut progress = ProgbarLogger::new(options.verbose);
    // The last, as in Keras: its line ends with what the others have logged.
    let mut callbacks: Vec<&mut dyn Callback<M>> = Vec::new();
    callbacks.extend(options.callbacks.into_iter().map(|c| c as _));
    callbacks.push(&mut progress);
    check_monitors(&callbacks, &state.names)?;
    state.callbacks = callbacks.len();
    context.workspace.reserve(&train.extents());
    if let Some(validation) = &validation {
        context.workspace.reserve(&validation.extents());
    }
    let frequencies = Frequencies {
        steps_per_epoch: options.steps_per_epoch,
        validation_steps: options.validation_steps,
        validation_freq: options.validation_freq,
    };
    let pool = context.model.pool.clone();
    let mut epochs = EpochLoop {
        context,
        state,
        callbacks,
    };
    let mut data = Data { train, validation };
    let mut outcome = Ok(());
    // Inside the pool a step splits its work without the allocator.
    let trained = catch_unwind(AssertUnwindSafe(|| {
        pool.enter(&mut |pool| {
            epochs.context.workspace.alone = matches!(pool, Pool::Serial);
            outcome = epochs.run(&mut data, &frequencies);
            outcome = epochs.agreed(core::mem::replace(&mut outcome, Ok(())));
        });
    }));
    // However the training ended, its epochs so far are known.
    *epochs.context.history = epochs.state.history;
    match trained {
        Ok(()) => outcome.map(|()| epochs.context.history.clone()),
        // Of a callback, or of a layer or loss of the user's.
        Err(panic) => resume_unwind(panic),
    }
}

/// Loss and metrics over batches from any source: `evaluate`, when arguments and arrays have been checked.
pub(super) fn evaluate<M, O, L, Me>(
    context: EpochContext<'_, M, O, L, Me>,
    data: &mut dyn Batches<M::Input, L::Target>,
    steps: Option<usize>,
    verbose: u8,
    callbacks: Vec<&mut dyn Callback<M>>,
) -> Result<Scores<Me::Values>, Error>
where
    M: Model,
    O: Optimizer,
    L: Loss<M::Output>,
    Me: Metrics<M::Output, L::Target>,
{
    let state = LoopState {
        steps: steps.or(data.steps()?),
        names: context.names.clone(),
        ..LoopState::default()
    };
    let mut progress = ProgbarLogger::new(verbose);
    let mut all: Vec<&mut dyn Callback<M>> = Vec::new();
    all.extend(callbacks.into_iter().map(|c| c as _));
    all.push(&mut progress);
    context.workspace.reserve(&data.extents());
    let pool = context.model.pool.clone();
    let mut epochs = EpochLoop {
        context,
        state,
        callbacks: all,
    };
    let mut outcome = Ok(());
    pool.enter(&mut |pool| {
        epochs.context.workspace.alone = matches!(pool, Pool::Serial);
        outcome = epochs.test(data, steps);
        outcome = epochs.agreed(core::mem::replace(&mut outcome, Ok(())));
    });
    outcome.map(|()| epochs.context.scores(epochs.state.validation_loss.get()))
}

/// A loop over batches, with what it changes.
struct EpochLoop<'l, M: Model, O, L, Me> {
    context: EpochContext<'l, M, O, L, Me>,
    state: LoopState,
    callbacks: Vec<&'l mut (dyn Callback<M> + 'l)>,
}

impl<M, O, L, Me> EpochLoop<'_, M, O, L, Me>
where
    M: Model,
    O: Optimizer,
    L: Loss<M::Output>,
    Me: Metrics<M::Output, L::Target>,
{
    /// All epochs of `fit`.
    fn run(
        &mut self,
        data: &mut Data<'_, M::Input, L::Target>,
        frequencies: &Frequencies<'_>,
    ) -> Result<(), Error> {
        let steps = frequencies.steps_per_epoch;
        self.each(&mut |c, t| c.on_train_begin(t))?;
        self.agree(Doing::Beginning)?;
        if let Some(path) = self.state.restore.take() {
            self.resume(&path, data.train, steps)?;
        }
        let names = self.state.names.clone();
        let count = self.context.names.len();
        // A pass is under way if a callback has resumed an interrupted training.
        let mut under_way = self.state.position.taken > 0;
        // An epoch that was stopped before its end still ends.
        while self.state.position.epoch < self.state.epochs
            && (!self.state.stop || self.state.position.batch > 0)
        {
            let epoch = self.state.position.epoch;
            if self.state.position.batch == 0 {
                self.state.loss = RunningMean::default();
                self.context.metrics.for_each(&mut |m| m.reset());
                under_way &= steps.is_some();
                self.each(&mut |c, t| c.on_epoch_begin(epoch, t))?;
            }
            let mut has_left = false;
            while steps.is_none_or(|steps| self.state.position.batch < steps) && self.goes_on() {
                if !under_way {
                    self.begin(data.train)?;
                    // A `Sequence` may have another length than in the pass before.
                    self.state.steps = steps.or(data.train.steps()?);
                    under_way = true;
                }
                let Some(batch) = data.train.next()? else {
                    under_way = false;
                    if self.state.position.taken == 0 {
                        return Err(Error::Empty { what: "fit" });
                    }
                    // As in Keras an epoch ends with the data, whatever `steps_per_epoch` says, and has at least a
                    // batch; an iterator that is taken up to its end is asked again, and says that it has ended.
                    if steps.is_some() && (self.state.position.batch == 0 || data.train.is_once()) {
                        continue;
                    }
                    break;
                };
                self.context.check_batch("fit", &batch)?;
                let at = self.state.position.batch;
                self.each(&mut |c, t| c.on_train_batch_begin(at, t))?;
                self.agree(Doing::Training)?;
                if !self.goes_on() {
                    has_left = true;
                    break;
                }
                let loss = self.context.train(&batch);
                self.state.loss.add(loss, batch.samples());
                self.state.position.batch += 1;
                self.state.position.taken += 1;
                // An iterator may give more than it has announced.
                let least = self.state.position.batch;
                self.state.steps = self.state.steps.map(|steps| steps.max(least));
                let values = self.context.values(self.state.loss.get());
                let logs = Logs::new(&names, &values[..count]);
                self.each(&mut |c, t| c.on_train_batch_end(at, &logs, t))?;
                self.write_backups()?;
            }
            if !has_left {
                self.agree(Doing::EndingEpoch)?;
            }
            // Known at the latest now; with `steps_per_epoch` the last epoch of the data can be shorter.
            self.state.steps = steps.or(Some(self.state.position.batch));
            let mut values = [0.0; 2 * (MAX_METRICS + 1)];
            let trained = self.context.values(self.state.loss.get());
            values[..count].copy_from_slice(&trained[..count]);
            let mut len = count;
            let validated = frequencies.validation_freq.includes(epoch);
            if let Some(validation) = data.validation.as_mut().filter(|_| validated) {
                self.test(*validation, frequencies.validation_steps)?;
                let validated = self.context.values(self.state.validation_loss.get());
                values[count..2 * count].copy_from_slice(&validated[..count]);
                len += count;
            }
            let logs = Logs::new(&names, &values[..len]);
            self.state
                .history
                .record(epoch, &logs.iter().collect::<Vec<_>>());
            // Where a training continues that is interrupted from now on.
            self.state.position.epoch += 1;
            self.state.position.batch = 0;
            if !under_way || steps.is_none() {
                self.state.position.taken = 0;
            }
            self.state.logged.clear();
            self.each(&mut |c, t| c.on_epoch_end(epoch, &logs, t))?;
            self.write_backups()?;
        }
        let EpochContext {
            model,
            optimizer,
            workspace,
            ..
        } = &mut self.context;
        workspace.finalize(model, &**optimizer);
        self.each(&mut |c, t| c.on_train_end(t))
    }

    /// Whether an epoch takes another batch. A callback that stops the training before an epoch's first batch
    /// stops it after that batch, as in Keras: an epoch has values.
    fn goes_on(&self) -> bool {
        !self.state.stop || self.state.position.batch == 0
    }

    /// Loss and metrics over all batches, or some, without training.
    fn test(
        &mut self,
        data: &mut dyn Batches<M::Input, L::Target>,
        steps: Option<usize>,
    ) -> Result<(), Error> {
        let names = self.context.names.clone();
        self.context.metrics.for_each(&mut |m| m.reset());
        self.state.validation_loss = RunningMean::default();
        self.each(&mut |c, t| c.on_test_begin(t))?;
        data.begin(self.order(0))?;
        for at in 0..steps.unwrap_or(usize::MAX) {
            let Some(batch) = data.next()? else {
                if at == 0 {
                    return Err(Error::Empty { what: "evaluate" });
                }
                break;
            };
            self.context.check_batch("evaluate", &batch)?;
            self.each(&mut |c, t| c.on_test_batch_begin(at, t))?;
            self.agree(Doing::Testing)?;
            let loss = self.context.test(&batch);
            self.state.validation_loss.add(loss, batch.samples());
            let values = self.context.values(self.state.validation_loss.get());
            let logs = Logs::new(&names, &values);
            self.each(&mut |c, t| c.on_test_batch_end(at, &logs, t))?;
        }
        let values = self.context.values(self.state.validation_loss.get());
        let logs = Logs::new(&names, &values);
        self.each(&mut |c, t| c.on_test_end(&logs, t))
    }

    /// Goes on from a checkpoint, in the middle of a pass if it was made there.
    fn resume(
        &mut self,
        path: &Path,
        train: &mut dyn Batches<M::Input, L::Target>,
        steps: Option<usize>,
    ) -> Result<(), Error> {
        let callbacks = &mut self.callbacks;
        // How many batches a pass has, a `Sequence` may know only when it has begun.
        let mut begin = |position: &Position, seed: u64| {
            if position.taken > 0 {
                train.begin(order(seed, position.pass))?;
            }
            train.steps()
        };
        self.context.with_training(&mut self.state, |t| {
            checkpoint::load(path, t, callbacks, steps, &mut begin)
        })?;
        match self.state.position.taken {
            0 => Ok(()),
            taken => train.skip(taken),
        }
    }

    /// Begins a pass over the data; its order depends on nothing but the number of updates before it:
    /// a second call of `fit` continues, it does not begin again.
    fn begin(&mut self, train: &mut dyn Batches<M::Input, L::Target>) -> Result<(), Error> {
        self.state.position.pass = self.context.workspace.step;
        self.state.position.taken = 0;
        train.begin(self.order(self.state.position.pass))
    }

    fn order(&self, pass: u64) -> Rng {
        order(self.context.model.seed, pass)
    }

    /// Writes the checkpoints that callbacks have asked for.
    fn write_backups(&mut self) -> Result<(), Error> {
        while let Some(path) = self.state.backups.pop() {
            if !self.context.workspace.is_first() {
                continue;
            }
            let callbacks = &mut self.callbacks;
            self.context
                .with_training(&mut self.state, |t| checkpoint::save(&path, t, callbacks))?;
        }
        Ok(())
    }

    /// Calls a method of every callback; of several ranks the first one calls those that write.
    fn each(&mut self, hook: Hook<'_, M>) -> Result<(), Error> {
        let callbacks = &mut self.callbacks;
        self.context.with_training(&mut self.state, |t| {
            let is_first = t.workspace.is_first();
            let mut called = callbacks.iter_mut().filter(|c| is_first || !c.writes());
            called.try_for_each(|c| hook(&mut **c, t))
        })
    }

    /// Before ranks do something together: whether all are about to do it, and none has ended with an error. If one of them stops
    /// the training, all do; where a training continues is the first one's to say.
    fn agree(&mut self, doing: Doing) -> Result<(), Error> {
        let ranks = self.context.workspace.ranks.as_mut();
        let Some(ranks) = ranks.filter(|ranks| ranks.exchange.ranks() > 1) else {
            return Ok(());
        };
        let stops = if self.state.stop { STOPS } else { 0.0 };
        let all = ranks.ask_all(doing as u8 as f64 + stops);
        let stops = all.iter().any(|said| *said >= STOPS);
        let said = all.iter().map(|said| said % STOPS);
        let is_other = |(_, said): &(usize, f64)| *said != doing as u8 as f64;
        let failed = |(_, said): &(usize, f64)| *said == Doing::Failing as u8 as f64;
        let others: Option<(usize, f64)> = {
            let mut failing = said.clone().enumerate().filter(failed);
            let mut other = said.enumerate().filter(is_other);
            // One that stops is at the end of its epoch, and the others leave theirs.
            failing.next().or_else(|| other.next().filter(|_| !stops))
        };
        self.state.stop |= stops;
        if let Some((rank, said)) = others {
            let why = match said == Doing::Failing as u8 as f64 {
                true => "ended with an error, and with it the training of all",
                false => {
                    "has other data or arguments, so that its batches are not those of this rank"
                }
            };
            let why = why.to_string();
            return Err(Error::Rank { rank, why });
        }
        if let Doing::Beginning = doing {
            let path = self.state.restore.take();
            let path = path.map(|path| path.to_string_lossy().into_owned().into_bytes());
            let path = ranks.broadcast_bytes(path);
            self.state.restore =
                path.map(|path| String::from_utf8_lossy(&path).into_owned().into());
        }
        Ok(())
    }

    /// How a call ended on all ranks: one that ends with an error of its own says so.
    fn agreed(&mut self, outcome: Result<(), Error>) -> Result<(), Error> {
        match outcome {
            Ok(()) => self.agree(Doing::Ending),
            // All others know.
            Err(Error::Rank { .. }) => outcome,
            Err(_) => {
                let _ = self.agree(Doing::Failing);
                outcome
            }
        }
    }
}

/// What a rank is about to do.
#[derive(Clone, Copy)]
enum Doing {
    Beginning = 1,
    Training = 2,
    EndingEpoch = 3,
    Testing = 4,
    Ending = 5,
    Failing = 6,
}

/// What a rank adds that stops the training.
const STOPS: f64 = 8.0;

/// The numbers that the order of a pass is drawn from.
fn order(seed: u64, pass: u64) -> Rng {
    Rng::new(seed, Purpose::Shuffle, 0, pass)
}

/// A name that a callback monitors exists.
fn check_monitors<M: Model>(
    callbacks: &[&mut dyn Callback<M>],
    names: &[String],
) -> Result<(), Error> {
    let mut monitored = callbacks.iter().filter_map(|c| c.monitor());
    match monitored.find(|m| !names.iter().any(|n| n == m)) {
        None => Ok(()),
        Some(name) => Err(Error::Monitor {
            name: name.to_string(),
            names: names.to_vec(),
        }),
    }
}
