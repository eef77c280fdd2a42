//! A model in a program that uses rayon itself: nothing waits for ever, and no stack grows with the work that waits.

use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::sync::mpsc;
use std::time::{Duration, Instant};

use kseq::callbacks::LambdaCallback;
use kseq::prelude::*;
use kseq::train::{Batch, Sequence};
use rayon::prelude::*;

sequential! {
    Recurrent = [LSTM(256, stateful = true, batch_input_shape = (8, 20, 64)), Dense(1)]
}

sequential! {
    Small = [Dense(16, activation = "relu", input_shape = (8,)), Dropout(0.1), Dense(3, activation = "softmax")]
}

sequential! {
    Wide = [Dense(1024, activation = "relu", input_shape = (512,)), Dense(1)]
}

/// What `f` returns, if it does not hang.
fn in_time<R: Send + 'static>(f: impl FnOnce() -> R + Send + 'static) -> R {
    let (done, wait) = mpsc::channel();
    std::thread::spawn(move || done.send(f()));
    let outcome = wait.recv_timeout(Duration::from_secs(600));
    outcome.expect("it hangs, or has panicked")
}

/// Two threads, as the user's program has.
fn two_threads() -> rayon::ThreadPool {
    threads(2)
}

fn threads(n: usize) -> rayon::ThreadPool {
    let pool = rayon::ThreadPoolBuilder::new().num_threads(n).build();
    pool.expect("a pool")
}

/// The most of the calls that lie on the stack of one thread of a pool at the same time.
struct Depth {
    now: [AtomicUsize; 2],
    most: AtomicUsize,
    begun: Instant,
}

/// So many calls on one stack may wait for other threads (`kseq-core/src/base/nested.rs`); a training is one at least.
const MAY_WAIT: usize = 24;

impl Depth {
    fn new() -> Self {
        Depth {
            now: Default::default(),
            most: AtomicUsize::new(0),
            begun: Instant::now(),
        }
    }

    /// No more than are promised, however slow the machine is: those that may wait and one on top of them that works alone.
    /// With that many below, a training lends its thread after a second of silence, the next one after two more, and so on.
    fn check(self) {
        let most = self.most.into_inner();
        let seconds = self.begun.elapsed().as_secs() as usize;
        let lent = (1..).take_while(|n| n * (n + 1) / 2 <= seconds).count();
        assert!(
            most <= MAY_WAIT + 1 + lent,
            "{most} trainings on one stack after {seconds} s"
        );
    }

    fn count<R>(&self, f: impl FnOnce() -> R) -> R {
        let now = &self.now[rayon::current_thread_index().expect("a thread of the pool")];
        self.most.fetch_max(now.fetch_add(1, SeqCst) + 1, SeqCst);
        let result = f();
        now.fetch_sub(1, SeqCst);
        result
    }
}

/// A prediction of a stateful model holds the lock of its state; a thread of rayon's that waits takes up other work, which
/// may be a prediction of the same model.
#[test]
fn a_stateful_model_predicts_from_a_parallel_loop() {
    for threads in [2, 0] {
        in_time(move || {
            let model = Recurrent::new(1).threads(threads).unwrap();
            let x = vec![[[0.1f32; 64]; 20]; 8];
            for _ in 0..4 {
                let predicted = two_threads().install(|| {
                    let each = (0..8).into_par_iter();
                    each.map(|_| model.predict(&x).unwrap().len())
                        .sum::<usize>()
                });
                assert_eq!(predicted, 64);
            }
        });
    }
}

/// One thread is no thread of rayon's and predicts in the pool of the others.
#[test]
fn a_stateful_model_predicts_beside_a_parallel_loop() {
    in_time(|| {
        let model = Recurrent::new(1);
        let x = vec![[[0.1f32; 64]; 20]; 8];
        std::thread::scope(|scope| {
            for _ in 0..2 {
                scope.spawn(|| (0..12).for_each(|_| drop(model.predict(&x).unwrap())));
            }
            for _ in 0..4 {
                (0..8)
                    .into_par_iter()
                    .for_each(|_| drop(model.predict(&x).unwrap()));
            }
        });
    });
}

/// Clones share the model's threads, and a callback of a training of theirs runs on them.
#[test]
fn a_stateful_model_predicts_in_callbacks_of_its_clones_trainings() {
    in_time(|| {
        let model = Recurrent::new(1).threads(2).unwrap();
        let (x, y) = (vec![[[0.1f32; 64]; 20]; 8], vec![[1.0f32]; 8]);
        std::thread::scope(|scope| {
            for _ in 0..3 {
                scope.spawn(|| {
                    let loss = MeanSquaredError::new();
                    let mut compiled = model.clone().compile(SGD::new(0.1), loss, ());
                    let mut predicts =
                        LambdaCallback::new().on_epoch_end(|_, _| drop(model.predict(&x).unwrap()));
                    let fit = Fit::new().batch_size(8).epochs(3).verbose(0);
                    compiled
                        .fit(&x, &y, fit.callbacks([&mut predicts]))
                        .unwrap();
                });
            }
            scope.spawn(|| (0..6).for_each(|_| drop(model.predict(&x).unwrap())));
        });
    });
}

/// A training that waits for its generator lends its thread, on which the next training begins.
#[test]
fn trainings_that_wait_do_not_pile_up() {
    let depth = Depth::new();
    let (x, y) = (vec![[0.5f32; 8]; 16], vec![[1.0f32, 0.0, 0.0]; 16]);
    two_threads().scope(|scope| {
        for seed in 0..60 {
            let (depth, x, y) = (&depth, &x, &y);
            scope.spawn(move |_| {
                depth.count(|| {
                    let loss = CategoricalCrossentropy::default();
                    let mut model = Small::new(seed).compile(Adam::default(), loss, ());
                    let batches = (0..2).map(|_| {
                        std::thread::sleep(Duration::from_millis(20));
                        (x.clone(), y.clone())
                    });
                    model.fit_generator(batches, Fit::new().verbose(0)).unwrap();
                });
            });
        }
    });
    depth.check();
}

/// So does one that waits for another thread in the middle of a step; and a prediction.
#[test]
fn trainings_that_compute_do_not_pile_up() {
    let depth = Depth::new();
    let (x, y) = (vec![[0.5f32; 512]; 64], vec![[1.0f32]; 64]);
    two_threads().scope(|scope| {
        for seed in 0..60 {
            let (depth, x, y) = (&depth, &x, &y);
            scope.spawn(move |_| {
                depth.count(|| {
                    let model = Wide::new(seed);
                    model.predict(x).unwrap();
                    let mut model = model.compile(SGD::new(0.1), MeanSquaredError::new(), ());
                    model
                        .fit(x, y, Fit::new().batch_size(64).verbose(0))
                        .unwrap();
                });
            });
        }
    });
    depth.check();
}

/// Batches that are made on the threads of rayon's, slowly.
struct Slow<'a> {
    x: &'a [[f32; 8]],
    y: &'a [[f32; 3]],
    pool: &'a rayon::ThreadPool,
}

impl Sequence for Slow<'_> {
    type Item = Batch<[f32; 8], [f32; 3]>;

    fn len(&self) -> usize {
        4
    }

    fn get(&self, _: usize) -> Self::Item {
        std::thread::sleep(Duration::from_millis(20));
        let x = self.pool.install(|| self.x.par_iter().copied().collect());
        let (y, sample_weight) = (self.y.to_vec(), None);
        Batch {
            x,
            y,
            sample_weight,
        }
    }
}

/// The training ends while a worker makes a batch on the very thread that the training occupies.
#[test]
fn a_training_that_ends_early_waits_for_its_workers_without_a_hang() {
    in_time(|| {
        // The first batch is refused.
        let (x, y) = (vec![[f32::NAN; 8]; 16], vec![[1.0f32, 0.0, 0.0]; 16]);
        let pool = threads(1);
        pool.install(|| {
            let loss = CategoricalCrossentropy::default();
            let mut model = Small::new(1).compile(Adam::default(), loss, ());
            let (x, y) = (&x, &y);
            let slow = Slow { x, y, pool: &pool };
            let trained = model.fit_generator(slow, Fit::new().verbose(0).shuffle(false));
            assert!(trained.unwrap_err().to_string().contains("batch 0"));
        });
    });
}
