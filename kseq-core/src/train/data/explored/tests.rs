//! What is promised of the queue: no deadlock, the order of the batches, nothing lost, no thread left, mistakes reported.

use core::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::string::{String, ToString};
use std::sync::Arc;
use std::vec::Vec;

use super::generator::{Generator, IntoGenerator};
use super::queue::{Queue, QueueOptions};
use super::sync::{Condvar, Mutex, check, lending};
use crate::error::Error;
use crate::rng::{Purpose, Rng};
use crate::train::Sequence;
use crate::train::data::batches::Batches;

/// What a generator counts.
#[derive(Default)]
struct Counts {
    /// Batches that are somewhere.
    live: AtomicUsize,
    /// Calls that have not returned.
    inside: AtomicUsize,
    /// Calls that were ever made.
    calls: AtomicUsize,
}

/// A sample that is counted.
struct Counted(usize, Arc<Counts>);

impl Counted {
    fn new(n: usize, counts: &Arc<Counts>) -> Self {
        counts.live.fetch_add(1, SeqCst);
        Counted(n, Arc::clone(counts))
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        self.1.live.fetch_sub(1, SeqCst);
    }
}

/// What happens at a batch.
#[derive(Clone, Copy, PartialEq)]
enum At {
    Fails(usize),
    Panics(usize),
    Nothing,
}

impl At {
    fn make(self, n: usize, counts: &Arc<Counts>) -> Item {
        counts.inside.fetch_add(1, SeqCst);
        counts.calls.fetch_add(1, SeqCst);
        shuttle::thread::yield_now();
        counts.inside.fetch_sub(1, SeqCst);
        match self {
            At::Fails(at) if at == n => Err(String::from("the disk is gone")),
            At::Panics(at) if at == n => panic!("the disk is gone"),
            _ => Ok((Vec::from([Counted::new(n, counts)]), Vec::from([n as u32]))),
        }
    }

    /// What is reported of it.
    fn is(self, error: &Error) -> bool {
        match (self, error) {
            (At::Fails(at), Error::Generator { batch, .. }) => at == *batch,
            (At::Panics(at), Error::Panic { batch, message }) => {
                at == *batch && message == "the disk is gone"
            }
            _ => false,
        }
    }
}

type Item = Result<(Vec<Counted>, Vec<u32>), String>;

struct Numbers {
    len: usize,
    at: At,
    counts: Arc<Counts>,
    passes: Arc<AtomicUsize>,
}

impl Sequence for Numbers {
    type Item = Item;

    fn len(&self) -> usize {
        self.len
    }

    fn get(&self, index: usize) -> Item {
        self.at.make(index, &self.counts)
    }

    fn on_epoch_begin(&mut self, _: &mut Rng) {
        assert_eq!(self.counts.inside.load(SeqCst), 0);
    }

    fn on_epoch_end(&mut self) {
        assert_eq!(self.counts.inside.load(SeqCst), 0);
        self.passes.fetch_add(1, SeqCst);
    }
}

/// Some batches, as a sequence or as an iterator, and what is counted of them.
fn numbers(
    is_sequence: bool,
    len: usize,
    at: At,
) -> (
    Generator<'static, Counted, u32>,
    Arc<Counts>,
    Arc<AtomicUsize>,
) {
    let (counts, passes) = (Arc::new(Counts::default()), Arc::default());
    let generator = if is_sequence {
        let (counts, passes) = (Arc::clone(&counts), Arc::clone(&passes));
        let sequence = Numbers {
            len,
            at,
            counts,
            passes,
        };
        sequence.into_generator()
    } else {
        let counts = Arc::clone(&counts);
        let items = (0..len).map(move |n| at.make(n, &counts));
        items.into_generator()
    };
    (generator, counts, passes)
}

/// How a queue may be: workers and room. (Without workers there is one thread.)
const KINDS: [(usize, usize); 4] = [(1, 1), (1, 3), (2, 2), (3, 2)];

/// One kind of queue, which the order of the threads decides.
fn kind() -> (bool, usize, usize) {
    use shuttle::rand::{Rng, thread_rng};
    let mut rng = thread_rng();
    let (workers, most) = KINDS[rng.gen_range(0..KINDS.len())];
    (rng.gen_bool(0.5), workers, most)
}

fn begin(source: &mut dyn Batches<Counted, u32>, pass: u64) -> Result<(), Error> {
    source.begin(Rng::new(pass, Purpose::Shuffle, 0, 0))
}

/// The numbers of the batches of a pass.
fn pass(source: &mut dyn Batches<Counted, u32>) -> Result<Vec<u32>, Error> {
    let mut all = Vec::new();
    while let Some(batch) = source.next()? {
        assert_eq!(batch.x[0].0 as u32, batch.y[0]);
        all.push(batch.y[0]);
    }
    Ok(all)
}

/// The order of a pass over a sequence.
fn order(len: u32, pass: u64) -> Vec<u32> {
    let mut order: Vec<u32> = (0..len).collect();
    Rng::new(pass, Purpose::Shuffle, 0, 0).shuffle(&mut order);
    order
}

#[test]
fn all_batches_come_in_their_order_and_no_more_than_there_is_room_for() {
    check(|| {
        let (is_sequence, workers, most) = kind();
        let (generator, counts, passes) = numbers(is_sequence, 4, At::Nothing);
        let generator = generator.workers(workers).max_queue_size(most);
        let options = QueueOptions {
            shuffle: true,
            ..QueueOptions::default()
        };
        let queue = Queue::new(generator, options);
        let taken = queue.run(|source| {
            let mut all = Vec::new();
            for n in 0..if is_sequence { 2 } else { 1 } {
                begin(source, n)?;
                while let Some(batch) = source.next()? {
                    all.push(batch.y[0]);
                    let live = counts.live.load(SeqCst);
                    assert!(live <= most + 1, "{live} of {most}");
                }
            }
            Ok(all)
        });
        let want = match is_sequence {
            true => [order(4, 0), order(4, 1)].concat(),
            false => Vec::from([0, 1, 2, 3]),
        };
        assert_eq!(taken.unwrap(), want);
        assert_eq!(passes.load(SeqCst), if is_sequence { 2 } else { 0 });
        assert_eq!(counts.calls.load(SeqCst), want.len());
        drop(queue);
        assert_eq!(counts.live.load(SeqCst), 0);
    });
}

#[test]
fn a_batch_that_fails_or_panics_is_reported_at_its_place() {
    check(|| {
        let (is_sequence, workers, most) = kind();
        for at in [At::Fails(2), At::Panics(2), At::Fails(0), At::Panics(0)] {
            let (generator, counts, _) = numbers(is_sequence, 4, at);
            let generator = generator.workers(workers).max_queue_size(most);
            let queue = Queue::new(generator, QueueOptions::default());
            let mut before = 0;
            let ended = queue.run(|source| {
                begin(source, 0)?;
                while source.next()?.is_some() {
                    before += 1;
                }
                Ok(())
            });
            assert!(at.is(&ended.unwrap_err()));
            assert!(matches!(at, At::Fails(n) | At::Panics(n) if n == before));
            assert_eq!(counts.inside.load(SeqCst), 0);
            if !is_sequence {
                // The iterator is not asked again.
                assert_eq!(counts.calls.load(SeqCst), before + 1);
            }
        }
    });
}

/// How a training ends in the middle.
#[test]
fn a_training_that_ends_in_the_middle_leaves_no_thread() {
    check(|| {
        let (is_sequence, workers, most) = kind();
        for ends in 0..3 {
            let (generator, counts, _) = numbers(is_sequence, 5, At::Nothing);
            let generator = generator.workers(workers).max_queue_size(most);
            let queue = Queue::new(generator, QueueOptions::default());
            let run = catch_unwind(AssertUnwindSafe(|| {
                queue.run(|source| {
                    begin(source, 0)?;
                    source.next()?;
                    match ends {
                        0 => Ok(()),
                        1 => Err(Error::NotFinite {
                            what: "x",
                            sample: 0,
                            element: 0,
                            value: f32::NAN,
                        }),
                        _ => panic!("a callback's"),
                    }
                })
            }));
            assert_eq!(
                (run.is_err(), run.is_ok_and(|run| run.is_err())),
                (ends == 2, ends == 1)
            );
            assert_eq!(counts.inside.load(SeqCst), 0);
            drop(queue);
            assert_eq!(counts.live.load(SeqCst), 0);
        }
        // Before it has begun.
        let (generator, counts, _) = numbers(is_sequence, 5, At::Nothing);
        let queue = Queue::new(generator.workers(workers), QueueOptions::default());
        queue.run(|_| Ok(())).unwrap();
        assert_eq!(counts.calls.load(SeqCst), 0);
    });
}

/// A pass that begins while workers still make batches of the one before; some of a pass only; skipped ones.
#[test]
fn a_pass_may_begin_before_the_last_one_has_ended() {
    check(|| {
        let (_, workers, most) = kind();
        let (generator, counts, passes) = numbers(true, 5, At::Nothing);
        let generator = generator.workers(workers).max_queue_size(most);
        let options = QueueOptions {
            shuffle: true,
            pass: Some(4),
            ..QueueOptions::default()
        };
        let taken = Queue::new(generator, options).run(|source| {
            begin(source, 0)?;
            source.next()?;
            begin(source, 1)?;
            source.skip(2)?;
            let some = pass(source)?;
            begin(source, 2)?;
            source.skip(1)?;
            source.next()?;
            source.skip(9)?;
            assert!(source.next()?.is_none());
            begin(source, 3)?;
            Ok([some, pass(source)?])
        });
        let (second, fourth) = (order(5, 1), order(5, 3));
        assert_eq!(taken.unwrap(), [&second[2..4], &fourth[..4]]);
        assert_eq!(passes.load(SeqCst), 2);
        assert_eq!(counts.inside.load(SeqCst), 0);
    });
}

/// An iterator gives no more than will be taken, unless more is taken.
#[test]
fn no_batch_is_made_that_nobody_takes() {
    check(|| {
        let (is_sequence, workers, most) = kind();
        let (generator, counts, _) = numbers(is_sequence, 6, At::Nothing);
        let generator = generator.workers(workers).max_queue_size(most);
        let options = QueueOptions {
            total: Some(2),
            ..QueueOptions::default()
        };
        let queue = Queue::new(generator, options);
        let taken = queue.run(|source| {
            begin(source, 0)?;
            for n in 0..4 {
                let batch = source.next()?.map(|batch| batch.y[0]);
                assert_eq!(batch, Some(n));
                // The third one is made when it is asked for.
                assert!(counts.calls.load(SeqCst) as u32 <= (n + 1).max(2));
            }
            Ok(())
        });
        taken.unwrap();
    });
}

/// Work for rayon's only thread, which is the one that trains.
#[derive(Default)]
struct OneThread {
    jobs: Mutex<(usize, usize)>,
    done: Condvar,
}

impl OneThread {
    /// Waits until the thread has done a job.
    fn install(&self) {
        let mut jobs = self.jobs.lock().unwrap();
        jobs.0 += 1;
        let mine = jobs.0;
        while jobs.1 < mine {
            jobs = self.done.wait(jobs).unwrap();
        }
    }

    fn lend(&self) {
        let mut jobs = self.jobs.lock().unwrap();
        jobs.1 = jobs.0;
        drop(jobs);
        self.done.notify_all();
    }
}

struct OnThePool(Arc<OneThread>);

impl Sequence for OnThePool {
    type Item = (Vec<usize>, Vec<u32>);

    fn len(&self) -> usize {
        4
    }

    fn get(&self, index: usize) -> Self::Item {
        self.0.install();
        (Vec::from([index]), Vec::from([index as u32]))
    }
}

/// Workers need the very thread that waits for them: within a pass, at its end, and when the training ends in its middle.
#[test]
fn a_thread_that_waits_is_lent() {
    check(|| {
        let thread = Arc::new(OneThread::default());
        let lent = Arc::clone(&thread);
        lending(Arc::new(move || lent.lend()), || {
            for ends in [false, true] {
                let generator = OnThePool(Arc::clone(&thread)).into_generator();
                let generator = generator.workers(2).max_queue_size(2);
                let queue = Queue::new(generator, QueueOptions::default());
                let taken = queue.run(|source| {
                    source.begin(Rng::new(0, Purpose::Shuffle, 0, 0))?;
                    let mut all = Vec::new();
                    while let Some(batch) = source.next()? {
                        all.push(batch.y[0]);
                        if ends && all.len() == 2 {
                            break;
                        }
                        source.skip(usize::from(all.len() == 2))?;
                    }
                    Ok(all)
                });
                let want: &[u32] = if ends { &[0, 1] } else { &[0, 1, 3] };
                assert_eq!(taken.map_err(|e| e.to_string()).unwrap(), want);
            }
        });
    });
}
