//! A model among other threads: those of the program, of another training, of an asynchronous runtime; and a training that ends
//! in its middle, which leaves a whole model and no thread.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::SeqCst};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use kseq::callbacks::LambdaCallback;
use kseq::params::Flat;
use kseq::prelude::*;
use kseq::rng::{Purpose, Rng};
use kseq::train::Sequence;
use rayon::prelude::*;

sequential! {
    Images = [
        Conv2D(6, 3, activation = "relu", padding = "same", input_shape = (8, 8, 2)),
        BatchNormalization(),
        MaxPooling2D(2),
        Flatten(),
        Dense(300, activation = "tanh"),
        Dense(4, activation = "softmax"),
    ]
}

sequential! {
    Rows = [
        Dense(200, activation = "relu", input_shape = (60,)),
        Dropout(0.2),
        BatchNormalization(),
        Dense(3, activation = "softmax"),
    ]
}

type X = [f32; 60];
type Y = [f32; 3];
type Trained = Compiled<Rows, Adam, CategoricalCrossentropy, ()>;

fn rows(n: usize) -> (Vec<X>, Vec<Y>) {
    let mut rng = Rng::new(1, Purpose::User, 0, 0);
    let x = (0..n).map(|_| std::array::from_fn(|_| rng.normal()));
    let x: Vec<X> = x.collect();
    let classes: Vec<u32> = (0..n).map(|_| rng.below(3)).collect();
    (x, to_categorical(&classes).unwrap())
}

fn bits(values: &[f32]) -> Vec<u32> {
    values.iter().map(|v| v.to_bits()).collect()
}

fn model(threads: usize) -> Trained {
    let model = Rows::new(3).threads(threads).unwrap();
    model.compile(Adam::default(), CategoricalCrossentropy::default(), ())
}

fn short<'a>() -> Fit<'a, Rows, Y> {
    Fit::new().epochs(2).verbose(0)
}

/// All bits of a model, learned and carried.
fn all_bits(model: &mut Trained) -> Vec<u32> {
    let mut all = bits(model.params().as_f32s());
    all.extend(bits(model.state_mut().as_f32s()));
    all
}

/// The bits after a training from arrays.
fn trained(threads: usize) -> Vec<u32> {
    let (x, y) = rows(200);
    let mut model = model(threads);
    model.fit(&x, &y, short().batch_size(64)).unwrap();
    all_bits(&mut model)
}

/// The same from a generator whose batches are made with rayon.
struct Parallel(Vec<X>, Vec<Y>);

impl Sequence for Parallel {
    type Item = (Vec<X>, Vec<Y>);

    fn len(&self) -> usize {
        self.0.len().div_ceil(50)
    }

    fn get(&self, index: usize) -> Self::Item {
        let some = index * 50..self.0.len().min(index * 50 + 50);
        let x = self.0[some.clone()].par_iter().copied().collect();
        (x, self.1[some].to_vec())
    }
}

fn trained_by_generator(threads: usize, workers: usize) -> Vec<u32> {
    let (x, y) = rows(200);
    let mut model = model(threads);
    let generator = Generator::new(Parallel(x, y)).workers(workers);
    model.fit_generator(generator, short()).unwrap();
    all_bits(&mut model)
}

/// What `f` returns, if it does not hang.
fn in_time<R: Send + 'static>(f: impl FnOnce() -> R + Send + 'static) -> R {
    let (done, wait) = std::sync::mpsc::channel();
    std::thread::spawn(move || done.send(f()));
    let outcome = wait.recv_timeout(Duration::from_secs(600));
    outcome.expect("it hangs, or has panicked")
}

/// One test at a time whose workers are counted.
fn alone() -> impl Drop {
    static ALONE: Mutex<()> = Mutex::new(());
    // Threads that a worker makes have its name, and so would rayon's.
    rayon::join(|| (), || ());
    ALONE.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The workers of generators that this process has, where the system says so.
fn workers() -> usize {
    let threads = std::fs::read_dir("/proc/self/task");
    let names = threads.into_iter().flatten().flatten();
    let names = names.map(|thread| std::fs::read_to_string(thread.path().join("comm")));
    names
        .filter(|name| matches!(name, Ok(name) if name == "kseq-worker\n"))
        .count()
}

/// Their threads end. (What they do has ended before; the system takes a moment to forget them.)
fn no_worker_is_left() -> bool {
    (0..600).any(|_| {
        let none = workers() == 0;
        if !none {
            std::thread::sleep(Duration::from_millis(100));
        }
        none
    })
}

#[test]
fn a_model_predicts_from_16_threads_while_another_one_trains() {
    let _alone = alone();
    let mut rng = Rng::new(2, Purpose::User, 0, 0);
    let image = |_| [[[0.0; 2]; 8]; 8].map(|row| row.map(|of| of.map(|_: f32| rng.normal())));
    let x: Vec<[[[f32; 2]; 8]; 8]> = (0..96).map(image).collect();
    let model = Images::new(5);
    let want = bits(model.predict(&x).unwrap().as_flattened());
    let want_of_one = bits(model.predict(&x[7..8]).unwrap().as_flattened());
    let (alone, by_generator) = (trained(0), trained_by_generator(0, 2));
    let predicting = AtomicUsize::new(16);
    std::thread::scope(|scope| {
        let other = scope.spawn(|| {
            let mut trainings = 0;
            while predicting.load(SeqCst) > 0 || trainings == 0 {
                assert_eq!(trained(0), alone);
                assert_eq!(trained_by_generator(0, 2), by_generator);
                trainings += 1;
            }
        });
        for thread in 0..16 {
            let (model, x, want, want_of_one) = (&model, &x, &want, &want_of_one);
            let predicting = &predicting;
            scope.spawn(move || {
                for round in 0..4 {
                    let size = [1, 7, 32, 96][(thread + round) % 4];
                    let predicted = model.predict_with(x, Predict::new().batch_size(size));
                    assert_eq!(bits(predicted.unwrap().as_flattened()), *want);
                    assert_eq!(
                        bits(model.predict(&x[7..8]).unwrap().as_flattened()),
                        *want_of_one
                    );
                }
                predicting.fetch_sub(1, SeqCst);
            });
        }
        other.join().unwrap();
    });
}

#[test]
fn a_training_in_a_pool_of_the_programs_has_the_same_bits() {
    let _alone = alone();
    let (want, by_generator) = (trained(1), trained_by_generator(1, 0));
    for threads in [1, 2, 5] {
        let (want, by_generator) = (want.clone(), by_generator.clone());
        in_time(move || {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads);
            pool.build().unwrap().install(|| {
                for own in [0, 1, 3] {
                    assert_eq!(trained(own), want);
                    for workers in [0, 1, 3] {
                        assert_eq!(trained_by_generator(own, workers), by_generator);
                    }
                }
                // Several at once.
                let all = (0..4).into_par_iter().map(|n| match n % 2 {
                    0 => trained(0) == want,
                    _ => trained_by_generator(0, 2) == by_generator,
                });
                assert!(all.collect::<Vec<bool>>().into_iter().all(|same| same));
            });
        });
    }
    assert!(no_worker_is_left());
}

#[test]
fn a_training_in_an_asynchronous_program_has_the_same_bits() {
    let _alone = alone();
    let (want, by_generator) = (trained(1), trained_by_generator(1, 0));
    in_time(move || {
        let runtime = tokio::runtime::Builder::new_multi_thread();
        let runtime = { runtime }.worker_threads(2).build().unwrap();
        runtime.block_on(async {
            let trainings: Vec<_> = (0..6)
                .map(|n| {
                    tokio::task::spawn_blocking(move || match n % 2 {
                        0 => trained(0),
                        _ => trained_by_generator(0, 2),
                    })
                })
                .collect();
            for (n, training) in trainings.into_iter().enumerate() {
                let want = [&want, &by_generator][n % 2];
                assert_eq!(training.await.unwrap(), *want);
            }
        });
    });
    assert!(no_worker_is_left());
}

/// So many trainings, each in a callback of the one before.
fn nested(depth: usize, by_generator: bool) -> Vec<u32> {
    let (x, y) = rows(200);
    let mut model = model(0);
    let mut inner = None;
    let mut callback = LambdaCallback::new().on_epoch_end(|_, _| {
        if depth > 1 {
            inner = Some(nested(depth - 1, !by_generator));
        }
    });
    let fit = short().callbacks([&mut callback]);
    match by_generator {
        true => model.fit_generator(Generator::new(Parallel(x, y)).workers(2), fit),
        false => model.fit(&x, &y, fit.batch_size(64)),
    }
    .unwrap();
    drop(callback);
    let mut all = all_bits(&mut model);
    all.extend(inner.into_iter().flatten());
    all
}

#[test]
fn a_training_in_a_callback_of_a_training_has_the_same_bits() {
    let _alone = alone();
    let (arrays, generator) = (trained(1), trained_by_generator(1, 0));
    let want = [&arrays[..], &generator, &arrays].concat();
    for threads in [0, 1, 2, 5] {
        let want = want.clone();
        in_time(move || {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads.max(1));
            let pool = pool.build().unwrap();
            let found = match threads {
                0 => nested(3, false),
                _ => pool.install(|| nested(3, false)),
            };
            assert_eq!(found, want);
        });
    }
    assert!(no_worker_is_left());
}

/// Where a callback ends a training.
#[derive(Clone, Copy, Debug, PartialEq)]
enum At {
    TrainBegin,
    EpochBegin,
    BatchBegin,
    BatchEnd,
    TestBegin,
    TestBatchEnd,
    TestEnd,
    EpochEnd,
    TrainEnd,
}

const ALL: [At; 9] = [
    At::TrainBegin,
    At::EpochBegin,
    At::BatchBegin,
    At::BatchEnd,
    At::TestBegin,
    At::TestBatchEnd,
    At::TestEnd,
    At::EpochEnd,
    At::TrainEnd,
];

/// Ends a training at a hook of its second epoch, and has the bits of the model then.
struct Ends {
    at: At,
    panics: bool,
    epoch: usize,
    bits: Vec<u32>,
}

impl Ends {
    fn here(&mut self, at: At, t: &mut Training<'_, Rows>) -> Result<(), Error> {
        if at != self.at || self.epoch != 1 && !matches!(at, At::TrainBegin | At::TrainEnd) {
            return Ok(());
        }
        self.bits = bits(t.model.params().as_f32s());
        assert!(!self.panics, "a mistake of the user's");
        Err(Error::Callback {
            name: "Ends".into(),
            why: format!("{at:?}"),
        })
    }
}

impl Callback<Rows> for Ends {
    fn on_train_begin(&mut self, t: &mut Training<'_, Rows>) -> Result<(), Error> {
        self.here(At::TrainBegin, t)
    }
    fn on_epoch_begin(&mut self, epoch: usize, t: &mut Training<'_, Rows>) -> Result<(), Error> {
        self.epoch = epoch;
        self.here(At::EpochBegin, t)
    }
    fn on_train_batch_begin(&mut self, _: usize, t: &mut Training<'_, Rows>) -> Result<(), Error> {
        self.here(At::BatchBegin, t)
    }
    fn on_train_batch_end(
        &mut self,
        _: usize,
        _: &Logs<'_>,
        t: &mut Training<'_, Rows>,
    ) -> Result<(), Error> {
        self.here(At::BatchEnd, t)
    }
    fn on_test_begin(&mut self, t: &mut Training<'_, Rows>) -> Result<(), Error> {
        self.here(At::TestBegin, t)
    }
    fn on_test_batch_end(
        &mut self,
        _: usize,
        _: &Logs<'_>,
        t: &mut Training<'_, Rows>,
    ) -> Result<(), Error> {
        self.here(At::TestBatchEnd, t)
    }
    fn on_test_end(&mut self, _: &Logs<'_>, t: &mut Training<'_, Rows>) -> Result<(), Error> {
        self.here(At::TestEnd, t)
    }
    fn on_epoch_end(
        &mut self,
        _: usize,
        _: &Logs<'_>,
        t: &mut Training<'_, Rows>,
    ) -> Result<(), Error> {
        self.here(At::EpochEnd, t)
    }
    fn on_train_end(&mut self, t: &mut Training<'_, Rows>) -> Result<(), Error> {
        self.here(At::TrainEnd, t)
    }
}

/// A generator that says when it is dropped.
struct Said(Parallel, Arc<AtomicBool>);

impl Drop for Said {
    fn drop(&mut self) {
        self.1.store(true, SeqCst);
    }
}

impl Sequence for Said {
    type Item = (Vec<X>, Vec<Y>);

    fn len(&self) -> usize {
        self.0.len()
    }

    fn get(&self, index: usize) -> Self::Item {
        std::thread::sleep(Duration::from_millis(1));
        self.0.get(index)
    }
}

fn said<'g>(dropped: &Arc<AtomicBool>) -> Generator<'g, X, Y> {
    let (x, y) = rows(200);
    Generator::new(Said(Parallel(x, y), Arc::clone(dropped))).workers(3)
}

#[test]
fn a_callback_that_ends_a_training_leaves_a_whole_model_and_no_thread() {
    let _alone = alone();
    let (x, y) = rows(200);
    let untrained = bits(model(0).params().as_f32s());
    for at in ALL {
        for panics in [false, true] {
            for threads in [1, 2] {
                let mut model = model(threads);
                let mut ends = Ends {
                    at,
                    panics,
                    epoch: 0,
                    bits: Vec::new(),
                };
                let dropped: [Arc<AtomicBool>; 2] = Default::default();
                let ended = catch_unwind(AssertUnwindSafe(|| {
                    let fit = short().validation_generator(said(&dropped[1]));
                    model.fit_generator(said(&dropped[0]), fit.callbacks([&mut ends]))
                }));
                let case = format!("{at:?}, panics: {panics}, {threads} threads");
                match ended {
                    Ok(ended) => {
                        assert!(!panics, "{case}");
                        assert_eq!(ended.unwrap_err().to_string(), format!("Ends: {at:?}"));
                    }
                    Err(panic) => {
                        let text = panic.downcast_ref::<&str>();
                        assert!(panics && text == Some(&"a mistake of the user's"), "{case}");
                    }
                }
                assert!(no_worker_is_left(), "{case}");
                assert!(dropped.iter().all(|d| d.load(SeqCst)), "{case}");
                // The model is the one that the callback has seen.
                assert_eq!(bits(model.params().as_f32s()), ends.bits, "{case}");
                assert_eq!(ends.bits == untrained, at == At::TrainBegin, "{case}");
                // And learns on, as one that was saved then and loaded.
                let file = format!("kseq-concurrency-{}", std::process::id());
                let file = std::env::temp_dir().join(file);
                model.save(&file).unwrap();
                let mut loaded = self::model(threads);
                loaded.load(&file).unwrap();
                std::fs::remove_file(&file).unwrap();
                model.fit(&x, &y, short().batch_size(64)).unwrap();
                loaded.fit(&x, &y, short().batch_size(64)).unwrap();
                assert_eq!(all_bits(&mut model), all_bits(&mut loaded), "{case}");
            }
        }
    }
}
