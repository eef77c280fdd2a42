//! The queue between the threads that make batches and the training.
//!
//! A pass has an order; a worker claims the next position in it, makes the batch and puts it into the
//! slot of that position. Training empties the slots in order, so that neither the order nor a result
//! depends on the workers. A position can be claimed only if fewer than `max_queue_size` batches are
//! ready or being made: memory is bounded. Errors and panics are put into the slots like batches.

use std::collections::VecDeque;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::string::ToString;
use std::vec::Vec;

use super::arguments::argument;
use super::batch::{Batch, failed};
use super::batches::{Batches, Extent, Minibatch};
use super::generator::Generator;
use super::order::Order;
use super::source::{BatchSource, SharedSequence, panicked};
use super::sync::{self, Condvar, Mutex, MutexGuard, PoisonError};
use crate::error::Error;
use crate::nested::Call;
use crate::rng::{Purpose, Rng};
use crate::text::Note;

/// The weights of a batch's samples, from its targets and the weights that it has.
pub(in crate::train) type Weigh<'f, Y> =
    &'f (dyn Fn(&[Y], Option<&[f32]>) -> Option<Vec<f32>> + Sync);

/// How a generator is run.
pub(in crate::train) struct QueueOptions<'f, Y> {
    /// Whether a `Sequence` is taken in a random order.
    pub shuffle: bool,
    /// The batches that are taken of a pass over a `Sequence`, if not all.
    pub pass: Option<usize>,
    /// The batches that are taken at all, if that is known.
    pub total: Option<usize>,
    /// Gives each batch the weights of its samples, from those of their classes.
    pub weigh: Option<Weigh<'f, Y>>,
}

impl<Y> Default for QueueOptions<'_, Y> {
    fn default() -> Self {
        QueueOptions {
            shuffle: false,
            pass: None,
            total: None,
            weigh: None,
        }
    }
}

/// The outcome of making a batch: `None` is the end of an iterator.
type Made<X, Y> = Option<Result<Batch<X, Y>, Error>>;

/// Positions are counted from 0: in each pass over a `Sequence`, or over all of an iterator.
struct State<X, Y> {
    /// The index of the batch at each position.
    order: Order,
    /// What is ready of the positions from `taken` to `next`.
    slots: VecDeque<Option<Made<X, Y>>>,
    /// The first position that no worker has claimed.
    next: usize,
    /// The position that training takes next.
    taken: usize,
    /// One behind the last position.
    end: usize,
    /// The batches being made.
    making: usize,
    /// The batches that will still be taken, at most.
    left: usize,
    /// The workers are to end.
    stop: bool,
}

/// The batches of a generator, made by its workers.
pub(in crate::train) struct Queue<'g, 'f, X, Y> {
    source: BatchSource<'g, X, Y>,
    workers: usize,
    /// Batches that are ready or being made, at most.
    most: usize,
    options: QueueOptions<'f, Y>,
    state: Mutex<State<X, Y>>,
    /// There is a position to claim, or nothing more to do.
    work: Condvar,
    /// A batch has been made.
    ready: Condvar,
}

impl<'g, 'f, X: Send, Y: Send> Queue<'g, 'f, X, Y> {
    pub fn new(generator: Generator<'g, X, Y>, options: QueueOptions<'f, Y>) -> Self {
        let workers = match generator.source {
            // An iterator has one order, and so one thread.
            BatchSource::Iterator { .. } => generator.workers.min(1),
            BatchSource::Sequence(_) => generator.workers.min(generator.max_queue_size),
        };
        let state = State {
            order: Order::Given,
            slots: VecDeque::new(),
            next: 0,
            taken: 0,
            end: 0,
            making: 0,
            left: options.total.unwrap_or(usize::MAX),
            stop: false,
        };
        Queue {
            source: generator.source,
            workers,
            most: generator.max_queue_size,
            options,
            state: Mutex::new(state),
            work: Condvar::new(),
            ready: Condvar::new(),
        }
    }

    /// Runs `f` with the batches while the workers make them; all of them have ended when it returns,
    /// however `f` ends.
    pub fn run<R>(
        &self,
        f: impl FnOnce(&mut dyn Batches<X, Y>) -> Result<R, Error>,
    ) -> Result<R, Error> {
        let _call = Call::begin();
        sync::scope(|scope| {
            let _stop = StopOnDrop(self);
            for _ in 0..self.workers {
                if let Err(e) = sync::spawn(scope, || self.work()) {
                    let why = Note::new().str("the system refused a thread: ");
                    return Err(argument("workers", why.str(&e.to_string())));
                }
            }
            f(&mut Consumer {
                queue: self,
                current: None,
                in_pass: 0,
            })
        })
    }

    fn lock(&self) -> MutexGuard<'_, State<X, Y>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What a worker does until it is stopped: it claims positions and makes their batches.
    fn work(&self) {
        let mut state = self.lock();
        while !state.stop {
            state = match self.claim(&mut state) {
                None => self
                    .work
                    .wait(state)
                    .unwrap_or_else(PoisonError::into_inner),
                Some((position, index)) => {
                    drop(state);
                    self.make(position, index);
                    self.lock()
                }
            };
        }
    }

    /// Claims the next position, if there is one and a slot for it; with the index of its batch.
    fn claim(&self, state: &mut State<X, Y>) -> Option<(usize, usize)> {
        let ahead = state.next - state.taken;
        if state.next >= state.end || ahead >= self.most.min(state.left) {
            return None;
        }
        let position = state.next;
        state.next += 1;
        state.making += 1;
        state.slots.push_back(None);
        Some((position, state.order.at(position)))
    }

    /// Makes a batch and puts it into its slot; a panic of the generator becomes an error.
    fn make(&self, position: usize, batch: usize) {
        let made = catch_unwind(AssertUnwindSafe(|| {
            let made = self.source.batch(batch)?;
            Some(made.map(|mut made| {
                if let Some(weigh) = self.options.weigh {
                    made.sample_weight = weigh(&made.y, made.sample_weight.as_deref());
                }
                made
            }))
        }));
        let made = match made {
            Ok(made) => made.map(|made| made.map_err(|failure| failed(batch, failure))),
            Err(panic) => Some(Err(panicked(batch, &*panic))),
        };
        let mut state = self.lock();
        if matches!(self.source, BatchSource::Iterator { .. }) && !matches!(made, Some(Ok(_))) {
            // The iterator is not asked again.
            state.end = position + 1;
        }
        state.making -= 1;
        // Training may have skipped it.
        let slot = position.checked_sub(state.taken);
        if let Some(slot) = slot.and_then(|slot| state.slots.get_mut(slot)) {
            *slot = Some(made);
        }
        drop(state);
        self.ready.notify_all();
    }

    /// Training waits here for its batch.
    fn wait<'s>(&'s self, state: MutexGuard<'s, State<X, Y>>) -> MutexGuard<'s, State<X, Y>> {
        match sync::wait_or_lend(&self.ready, state) {
            Some(state) => state,
            None => self.lock(),
        }
    }

    /// Waits until no batch is being made. A worker may need the pool for its batch, so that who waits must lend its thread,
    /// as for a batch.
    fn wait_for_workers<'s>(
        &'s self,
        mut state: MutexGuard<'s, State<X, Y>>,
    ) -> MutexGuard<'s, State<X, Y>> {
        while state.making > 0 {
            state = self.wait(state);
        }
        state
    }

    /// The batch at the next position; `None` at the end of the pass.
    fn take(&self) -> Made<X, Y> {
        let mut state = self.lock();
        // Training may take more than it has announced: at least this one is wanted.
        if state.left == 0 {
            state.left = 1;
            self.work.notify_all();
        }
        loop {
            if state.taken >= state.end {
                return None;
            }
            if let Some(made) = state.slots.front_mut().and_then(Option::take) {
                state.slots.pop_front();
                if made.is_some() {
                    state.taken += 1;
                    state.left -= 1;
                    self.work.notify_all();
                } else {
                    // An iterator that has ended is not asked again.
                    state.end = state.taken;
                }
                return made;
            }
            if self.workers > 0 {
                state = self.wait(state);
            } else if let Some((position, index)) = self.claim(&mut state) {
                drop(state);
                self.make(position, index);
                state = self.lock();
            }
        }
    }

    /// Begins a pass: what is ready of the last one is thrown away.
    fn begin(&self, sequence: &SharedSequence<'g, X, Y>, mut rng: Rng) {
        let mut state = self.lock();
        state.end = 0;
        state = self.wait_for_workers(state);
        state.slots.clear();
        let order = core::mem::take(&mut state.order);
        drop(state);
        // The sequence's own numbers, so that its samples are not mixed as the batches are.
        let mut seed = rng.clone();
        let seed = u64::from(seed.bits()) << 32 | u64::from(seed.bits());
        let mut own = Rng::new(seed, Purpose::User, 0, 0);
        let mut sequence = sequence.write().unwrap_or_else(PoisonError::into_inner);
        sequence.on_epoch_begin(&mut own);
        let len = sequence.len();
        drop(sequence);
        let order = match self.options.shuffle {
            true => Order::random(len, &mut rng, order),
            false => Order::Given,
        };
        let mut state = self.lock();
        state.end = len.min(self.options.pass.unwrap_or(len));
        state.order = order;
        (state.next, state.taken) = (0, 0);
        drop(state);
        self.work.notify_all();
    }
}

/// Ends the workers when it is dropped.
struct StopOnDrop<'q, 'g, 'f, X: Send, Y: Send>(&'q Queue<'g, 'f, X, Y>);

impl<X: Send, Y: Send> Drop for StopOnDrop<'_, '_, '_, X, Y> {
    fn drop(&mut self) {
        let mut state = self.0.lock();
        state.stop = true;
        self.0.work.notify_all();
        // The scope would wait for their threads, too, but without lending this one.
        drop(self.0.wait_for_workers(state));
    }
}

/// The end of the queue at which training takes the batches.
struct Consumer<'q, 'g, 'f, X, Y> {
    queue: &'q Queue<'g, 'f, X, Y>,
    /// The batch that it works on.
    current: Option<Batch<X, Y>>,
    /// The batches taken since `begin`.
    in_pass: usize,
}

/// What code of the user's returns; the error of its panic, with its text.
fn caught<R>(batch: usize, f: impl FnOnce() -> R) -> Result<R, Error> {
    catch_unwind(AssertUnwindSafe(f)).map_err(|panic| panicked(batch, &*panic))
}

impl<X: Send, Y: Send> Batches<X, Y> for Consumer<'_, '_, '_, X, Y> {
    fn steps(&self) -> Result<Option<usize>, Error> {
        match &self.queue.source {
            BatchSource::Iterator { steps, .. } => Ok(*steps),
            BatchSource::Sequence(sequence) => {
                let sequence = sequence.read().unwrap_or_else(PoisonError::into_inner);
                let all = caught(0, || sequence.len())?;
                Ok(Some(all.min(self.queue.options.pass.unwrap_or(all))))
            }
        }
    }

    fn extents(&self) -> Vec<Extent> {
        Vec::new()
    }

    fn is_once(&self) -> bool {
        matches!(self.queue.source, BatchSource::Iterator { .. })
    }

    fn begin(&mut self, rng: Rng) -> Result<(), Error> {
        self.in_pass = 0;
        if let BatchSource::Sequence(sequence) = &self.queue.source {
            return caught(0, || self.queue.begin(sequence, rng));
        }
        let mut state = self.queue.lock();
        if (state.taken, state.end) == (0, 0) {
            state.end = usize::MAX;
            self.queue.work.notify_all();
        }
        Ok(())
    }

    fn next(&mut self) -> Result<Option<Minibatch<'_, X, Y>>, Error> {
        // Its memory is free before the next one is made.
        self.current = None;
        let queue = self.queue;
        let Some(batch) = queue.take() else {
            let batches = queue.lock().taken;
            return match queue.source {
                BatchSource::Iterator { .. } if self.in_pass == 0 && batches > 0 => {
                    Err(Error::Ended { batches })
                }
                _ => Ok(None),
            };
        };
        let batch = batch?;
        self.in_pass += 1;
        let mut state = queue.lock();
        let index = state.order.at(state.taken - 1);
        let last = state.taken == state.end;
        if last {
            // Workers may still be making batches that were skipped, and read the sequence.
            state = queue.wait_for_workers(state);
        }
        drop(state);
        if let (true, BatchSource::Sequence(sequence)) = (last, &queue.source) {
            let mut sequence = sequence.write().unwrap_or_else(PoisonError::into_inner);
            caught(index, || sequence.on_epoch_end())?;
        }
        let batch = &*self.current.insert(batch);
        Ok(Some(Minibatch {
            x: &batch.x,
            y: &batch.y,
            weight: batch.sample_weight.as_deref(),
            lengths: [1; 2],
            unchecked: Some(index),
        }))
    }

    fn skip(&mut self, batches: usize) -> Result<(), Error> {
        if let BatchSource::Iterator { .. } = self.queue.source {
            for _ in 0..batches {
                if self.next()?.is_none() {
                    break;
                }
            }
            return Ok(());
        }
        // Those of a `Sequence` need not be made.
        let mut state = self.queue.lock();
        let to = state.end.min(state.taken.saturating_add(batches));
        let made = state.slots.len().min(to - state.taken);
        state.slots.drain(..made);
        self.in_pass += to - state.taken;
        state.taken = to;
        state.next = state.next.max(to);
        drop(state);
        self.queue.work.notify_all();
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::super::generator::IntoGenerator;
    use super::*;
    use crate::train::data::Flow;

    /// The numbers of the batches that are left after some were skipped.
    fn left<Kind>(generator: impl IntoGenerator<'static, Kind, X = u32, Y = u32>) -> Vec<u32> {
        let options = QueueOptions {
            shuffle: true,
            ..QueueOptions::default()
        };
        let queue = Queue::new(generator.into_generator().erased(), options);
        let left = queue.run(|source| {
            source.begin(Rng::new(1, Purpose::Shuffle, 0, 0))?;
            source.skip(3)?;
            let mut left = Vec::new();
            while let Some(batch) = source.next()? {
                left.push(batch.x[0]);
                if left.len() == 2 {
                    // A second time, in the middle.
                    source.skip(4)?;
                }
            }
            Ok(left)
        });
        left.expect("no batch is bad")
    }

    #[test]
    fn skipped_batches_leave_the_order_as_it_is() {
        sync::check(skip);
    }

    fn skip() {
        let mut order: Vec<u32> = (0..12).collect();
        Rng::new(1, Purpose::Shuffle, 0, 0).shuffle(&mut order);
        let given: Vec<u32> = (0..12).collect();
        for workers in [0, 1, 3] {
            let run = |order: &[u32]| [&order[3..5], &order[9..]].concat();
            let flow = Flow::new(given.clone(), given.clone(), 1).expect("as many");
            let sequence = Generator::new(flow).workers(workers).max_queue_size(5);
            assert_eq!(left(sequence), run(&order));
            let batches = (0..12).map(|i| (std::vec![i], std::vec![i]));
            let iterator = Generator::new(batches).workers(workers);
            assert_eq!(left(iterator), run(&given));
        }
    }
}
