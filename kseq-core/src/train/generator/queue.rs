//! The queue between the threads that make batches and the training.
//!
//! A pass has an order; a worker takes the next place in it, makes the batch and puts it into the
//! slot of that place. Training empties the slots in order, so that neither the order nor a result
//! depends on the workers. A place is given away only if fewer than `max_queue_size` batches are
//! ready or being made: memory is bounded. Errors and panics travel in the slots like batches.

use core::any::Any;
use std::boxed::Box;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::string::{String, ToString};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError, RwLock};
use std::thread;
use std::vec::Vec;

use super::super::batches::{Batches, Minibatch};
use super::super::fit::argument;
use super::batch::{Batch, Failure};
use super::{Generator, Source};
use crate::error::Error;
use crate::rng::{Purpose, Rng};
use crate::text::Note;

/// The weights of a batch's samples, from its targets and the weights that it has.
pub(super) type Weigh<'f, Y> = &'f (dyn Fn(&[Y], Option<&[f32]>) -> Option<Vec<f32>> + Sync);

/// How a generator is run.
pub(in crate::train) struct Course<'f, Y> {
    /// Whether a `Sequence` is taken in a random order.
    pub shuffle: bool,
    /// The batches that are taken of a pass over a `Sequence`, if not all.
    pub pass: Option<usize>,
    /// The batches that are taken at all, if that is known.
    pub total: Option<usize>,
    pub weigh: Option<Weigh<'f, Y>>,
}

impl<Y> Default for Course<'_, Y> {
    fn default() -> Self {
        Course {
            shuffle: false,
            pass: None,
            total: None,
            weigh: None,
        }
    }
}

/// What came of making a batch: `None` is the end of an iterator.
type Made<X, Y> = Option<Result<Batch<X, Y>, Error>>;

/// Places are counted from 0: in each pass over a `Sequence`, or over all of an iterator.
struct State<X, Y> {
    /// Which batch each place has; empty for an iterator.
    order: Vec<usize>,
    /// What is ready, at the place modulo the number of slots.
    slots: Vec<Option<Made<X, Y>>>,
    /// The first place that no worker has.
    next: usize,
    /// The place that training takes next.
    taken: usize,
    /// The first place that there is not.
    end: usize,
    /// The batches being made.
    making: usize,
    /// The batches that will still be taken, at most.
    left: usize,
    /// The workers go home.
    stop: bool,
}

pub(in crate::train) struct Queue<'g, 'f, X, Y> {
    source: Source<'g, X, Y>,
    workers: usize,
    course: Course<'f, Y>,
    state: Mutex<State<X, Y>>,
    /// There is a place to take, or nothing more to do.
    work: Condvar,
    /// A batch has been made.
    ready: Condvar,
}

impl<'g, 'f, X: Send, Y: Send> Queue<'g, 'f, X, Y> {
    pub fn new(generator: Generator<'g, X, Y>, course: Course<'f, Y>) -> Self {
        let workers = match generator.source {
            // An iterator has one order, and so one thread.
            Source::Iterator { .. } => generator.workers.min(1),
            Source::Sequence(_) => generator.workers.min(generator.max_queue_size),
        };
        let state = State {
            order: Vec::new(),
            slots: (0..generator.max_queue_size).map(|_| None).collect(),
            next: 0,
            taken: 0,
            end: 0,
            making: 0,
            left: course.total.unwrap_or(usize::MAX),
            stop: false,
        };
        Queue {
            source: generator.source,
            workers,
            course,
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
        thread::scope(|scope| {
            let _stop = Stop(self);
            for _ in 0..self.workers {
                let worker = thread::Builder::new().name(String::from("kseq-worker"));
                if let Err(e) = worker.spawn_scoped(scope, || self.work()) {
                    let why = Note::new().str("the system refused a thread: ");
                    return Err(argument("workers", why.str(&e.to_string())));
                }
            }
            f(&mut Taker {
                queue: self,
                current: None,
                in_pass: 0,
            })
        })
    }

    fn lock(&self) -> MutexGuard<'_, State<X, Y>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A worker's life.
    fn work(&self) {
        let mut state = self.lock();
        while !state.stop {
            state = match self.place(&mut state) {
                None => self
                    .work
                    .wait(state)
                    .unwrap_or_else(PoisonError::into_inner),
                Some((place, index)) => {
                    drop(state);
                    self.make(place, index);
                    self.lock()
                }
            };
        }
    }

    /// The next place, if there is one and a slot for it; with the batch that belongs there.
    fn place(&self, state: &mut State<X, Y>) -> Option<(usize, usize)> {
        let ahead = state.next - state.taken;
        if state.next >= state.end || ahead >= state.slots.len().min(state.left) {
            return None;
        }
        let place = state.next;
        state.next += 1;
        state.making += 1;
        Some((place, state.order.get(place).copied().unwrap_or(place)))
    }

    /// Makes a batch and puts it into its slot; a panic of the generator becomes an error.
    fn make(&self, place: usize, batch: usize) {
        let made = catch_unwind(AssertUnwindSafe(|| {
            let made = self.source.batch(batch)?;
            Some(made.map(|mut made| {
                if let Some(weigh) = self.course.weigh {
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
        if matches!(self.source, Source::Iterator { .. }) && !matches!(made, Some(Ok(_))) {
            // It is not asked again.
            state.end = place + 1;
        }
        state.making -= 1;
        // Training may have skipped it.
        if place >= state.taken {
            let slot = place % state.slots.len();
            state.slots[slot] = Some(made);
        }
        drop(state);
        self.ready.notify_all();
    }

    /// Training waits here for its batch.
    fn wait<'s>(&'s self, state: MutexGuard<'s, State<X, Y>>) -> MutexGuard<'s, State<X, Y>> {
        #[cfg(feature = "rayon")]
        {
            // This may be the only thread of rayon's pool, and a worker may need that pool to make the
            // batch: so it lends a hand from time to time.
            const PATIENCE: core::time::Duration = core::time::Duration::from_millis(5);
            let waited = self.ready.wait_timeout(state, PATIENCE);
            let (state, timeout) = waited.unwrap_or_else(PoisonError::into_inner);
            if !timeout.timed_out() {
                return state;
            }
            drop(state);
            rayon::yield_now();
            self.lock()
        }
        #[cfg(not(feature = "rayon"))]
        self.ready
            .wait(state)
            .unwrap_or_else(PoisonError::into_inner)
    }

    /// The batch at the next place; `None` at the end of the pass.
    fn take(&self) -> Made<X, Y> {
        let mut state = self.lock();
        // Whoever takes one wants one, whatever was announced.
        if state.left == 0 {
            state.left = 1;
            self.work.notify_all();
        }
        loop {
            if state.taken >= state.end {
                return None;
            }
            let slot = state.taken % state.slots.len();
            if let Some(made) = state.slots[slot].take() {
                if made.is_some() {
                    state.taken += 1;
                    state.left -= 1;
                    self.work.notify_all();
                } else {
                    // The end of an iterator stays the end.
                    state.end = state.taken;
                }
                return made;
            }
            if self.workers > 0 {
                state = self.wait(state);
            } else if let Some((place, index)) = self.place(&mut state) {
                drop(state);
                self.make(place, index);
                state = self.lock();
            }
        }
    }

    /// Begins a pass: what is ready of the last one is thrown away.
    fn begin(&self, sequence: &Shared<'g, X, Y>, mut rng: Rng) {
        let mut state = self.lock();
        state.end = 0;
        while state.making > 0 {
            state = self.wait(state);
        }
        state.slots.iter_mut().for_each(|slot| *slot = None);
        let mut order = core::mem::take(&mut state.order);
        drop(state);
        // The sequence's own numbers, so that its samples are not mixed as the batches are.
        let mut seed = rng.clone();
        let seed = u64::from(seed.bits()) << 32 | u64::from(seed.bits());
        let mut own = Rng::new(seed, Purpose::User, 0, 0);
        let mut sequence = sequence.write().unwrap_or_else(PoisonError::into_inner);
        sequence.on_epoch_begin(&mut own);
        order.clear();
        order.extend(0..sequence.len());
        drop(sequence);
        if self.course.shuffle {
            rng.shuffle(&mut order);
        }
        order.truncate(self.course.pass.unwrap_or(usize::MAX));
        let mut state = self.lock();
        state.end = order.len();
        state.order = order;
        (state.next, state.taken) = (0, 0);
        drop(state);
        self.work.notify_all();
    }
}

/// An error with the batch that it belongs to.
pub(super) fn failed(batch: usize, failure: Failure) -> Error {
    let source = Arc::from(failure);
    Error::Generator { batch, source }
}

/// Ends the workers when it is dropped.
struct Stop<'q, 'g, 'f, X: Send, Y: Send>(&'q Queue<'g, 'f, X, Y>);

impl<X: Send, Y: Send> Drop for Stop<'_, '_, '_, X, Y> {
    fn drop(&mut self) {
        self.0.lock().stop = true;
        self.0.work.notify_all();
    }
}

/// A `Sequence` of any type.
pub(super) trait Indexed<X, Y>: Send + Sync {
    fn len(&self) -> usize;
    fn batch(&self, index: usize) -> Result<Batch<X, Y>, Failure>;
    fn on_epoch_begin(&mut self, rng: &mut Rng);
    fn on_epoch_end(&mut self);
}

/// Workers read it, and between two passes it may change.
pub(super) type Shared<'g, X, Y> = RwLock<Box<dyn Indexed<X, Y> + 'g>>;

/// The end of the queue at which training takes the batches.
struct Taker<'q, 'g, 'f, X, Y> {
    queue: &'q Queue<'g, 'f, X, Y>,
    /// The batch that it works on.
    current: Option<Batch<X, Y>>,
    /// The batches taken since `begin`.
    in_pass: usize,
}

/// The error of a panic, with its text.
fn panicked(batch: usize, panic: &(dyn Any + Send)) -> Error {
    let text = panic.downcast_ref::<&str>().map(ToString::to_string);
    let text = text.or_else(|| panic.downcast_ref().cloned());
    let message = text.unwrap_or_else(|| String::from("(without a text)"));
    Error::Panic { batch, message }
}

impl<X: Send, Y: Send> Batches<X, Y> for Taker<'_, '_, '_, X, Y> {
    fn steps(&self) -> Option<usize> {
        match &self.queue.source {
            Source::Iterator { steps, .. } => *steps,
            Source::Sequence(sequence) => {
                let all = sequence
                    .read()
                    .unwrap_or_else(PoisonError::into_inner)
                    .len();
                Some(all.min(self.queue.course.pass.unwrap_or(all)))
            }
        }
    }

    fn largest(&self) -> usize {
        0
    }

    fn begin(&mut self, rng: Rng) -> Result<(), Error> {
        self.in_pass = 0;
        if let Source::Sequence(sequence) = &self.queue.source {
            let begin = AssertUnwindSafe(|| self.queue.begin(sequence, rng));
            return catch_unwind(begin).map_err(|panic| panicked(0, &*panic));
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
                Source::Iterator { .. } if self.in_pass == 0 && batches > 0 => {
                    Err(Error::Ended { batches })
                }
                _ => Ok(None),
            };
        };
        let batch = batch?;
        self.in_pass += 1;
        let state = queue.lock();
        let index = state.taken - 1;
        let index = state.order.get(index).copied().unwrap_or(index);
        let last = state.taken == state.end;
        drop(state);
        if let (true, Source::Sequence(sequence)) = (last, &queue.source) {
            let mut sequence = sequence.write().unwrap_or_else(PoisonError::into_inner);
            let end = AssertUnwindSafe(|| sequence.on_epoch_end());
            catch_unwind(end).map_err(|panic| panicked(index, &*panic))?;
        }
        let batch = &*self.current.insert(batch);
        Ok(Some(Minibatch {
            x: &batch.x,
            y: &batch.y,
            weight: batch.sample_weight.as_deref(),
            unchecked: Some(index),
        }))
    }

    fn skip(&mut self, batches: usize) -> Result<(), Error> {
        if let Source::Iterator { .. } = self.queue.source {
            for _ in 0..batches {
                self.next()?;
            }
            return Ok(());
        }
        // Those of a `Sequence` need not be made.
        let mut state = self.queue.lock();
        let to = state.end.min(state.taken + batches);
        for place in state.taken..to.min(state.next) {
            let slot = place % state.slots.len();
            state.slots[slot] = None;
        }
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
    use super::*;
    use crate::train::{Flow, IntoGenerator};

    /// The numbers of the batches that are left after some were skipped.
    fn left<Kind>(generator: impl IntoGenerator<'static, Kind, X = u32, Y = u32>) -> Vec<u32> {
        let course = Course {
            shuffle: true,
            ..Course::default()
        };
        let queue = Queue::new(generator.into_generator().erased(), course);
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
