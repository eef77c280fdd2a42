//! `fit_generator` and its like: the same bits as `fit`, whatever the workers; and no hang, ever.

use std::collections::BTreeMap;
use std::error::Error as _;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::sync::{Arc, Condvar, Mutex, mpsc};
use std::time::Duration;

use kseq::callbacks::BackupAndRestore;
#[cfg(feature = "csv")]
use kseq::datasets::Csv;
use kseq::datasets::Npy;
use kseq::params::Flat;
use kseq::prelude::*;
use kseq::rng::{Purpose, Rng};
use kseq::tensor::Tensor;
use kseq::train::{Batch, IntoGenerator};

sequential! {
    Net = [
        Dense(8, activation = "tanh", input_shape = (3,)),
        Dropout(0.2),
        Dense(2, activation = "softmax"),
    ]
}

type X = [f32; 3];
type Y = [f32; 2];
type Trained = Compiled<Net, Adam, CategoricalCrossentropy, (Accuracy,)>;

fn data(n: usize) -> (Vec<X>, Vec<Y>) {
    let mut rng = Rng::new(5, Purpose::User, 0, 0);
    let x: Vec<X> = (0..n)
        .map(|_| std::array::from_fn(|_| rng.normal()))
        .collect();
    let classes: Vec<u32> = x.iter().map(|x| u32::from(x[0] > 0.0)).collect();
    (x, to_categorical(&classes).unwrap())
}

fn model() -> Trained {
    let loss = CategoricalCrossentropy::default();
    Net::new(1).compile(Adam::default(), loss, (Accuracy,))
}

/// All parameters and the history of a training.
fn trained(train: impl FnOnce(&mut Trained) -> Result<History, Error>) -> (Vec<u32>, History) {
    let mut model = model();
    let history = train(&mut model).unwrap();
    let weights = model.params().as_f32s().iter();
    (weights.map(|w| w.to_bits()).collect(), history)
}

fn fit<'a>() -> Fit<'a, Net, Y> {
    Fit::new().verbose(0)
}

/// What would be a hang on any machine.
const HANG: Duration = Duration::from_secs(600);

/// What `f` returns, if it does not hang.
fn in_time<R: Send + 'static>(f: impl FnOnce() -> R + Send + 'static) -> R {
    let (done, wait) = mpsc::channel();
    std::thread::spawn(move || done.send(f()));
    wait.recv_timeout(HANG).expect("no hang")
}

#[test]
fn an_iterator_gives_the_bits_of_fit() {
    let (x, y) = data(50);
    let arrays = trained(|m| {
        let fit = fit().batch_size(8).epochs(3).shuffle(false);
        m.fit(&x, &y, fit.validation_data(&x, &y))
    });
    for workers in [0, 1, 2, 3] {
        let chunks = x.chunks(8).zip(y.chunks(8)).cycle();
        let batches = chunks.map(|(x, y)| (x.to_vec(), y.to_vec()));
        let generated = trained(|m| {
            let batches = Generator::new(batches).workers(workers).max_queue_size(2);
            let fit = fit().steps_per_epoch(7).epochs(3);
            let fit = fit.validation_data(&x, &y).validation_batch_size(8);
            m.fit_generator(batches, fit)
        });
        // The means of an epoch are weighted by the samples, as those of `fit` are.
        assert_eq!(generated, arrays, "{workers} workers");
    }
}

#[test]
fn a_sequence_gives_the_bits_of_fit_with_shuffled_batches() {
    let (x, y) = data(56);
    for steps in [None, Some(4)] {
        let with = |fit: Fit<'static, Net, Y>| match steps {
            None => fit.epochs(4),
            Some(steps) => fit.epochs(4).steps_per_epoch(steps),
        };
        let arrays = trained(|m| {
            let fit = with(fit()).batch_size(8).shuffle(Shuffle::Batch);
            m.fit(&x, &y, fit)
        });
        for workers in [0, 1, 2, 3] {
            let batches = Generator::new(Flow::new(&x, &y, 8).unwrap());
            let batches = batches.workers(workers).max_queue_size(3);
            let generated = trained(|m| m.fit_generator(batches, with(fit())));
            assert_eq!(generated, arrays, "{workers} workers, {steps:?} steps");
        }
    }
}

#[test]
fn weights_of_samples_and_classes_are_those_of_fit() {
    let (x, y) = data(40);
    let weights: Vec<f32> = (0..40).map(|i| 0.5 + i as f32 / 40.0).collect();
    let arrays = trained(|m| {
        let fit = fit().batch_size(8).epochs(2).shuffle(false);
        let fit = fit.class_weight([0.5, 2.0]);
        m.fit(&x, &y, fit.sample_weight(&weights))
    });
    let (x, y) = (
        x.chunks(8).map(<[X]>::to_vec),
        y.chunks(8).map(<[Y]>::to_vec),
    );
    let weights = weights.chunks(8).map(<[f32]>::to_vec);
    let batches = x.zip(y).zip(weights).map(|((x, y), w)| (x, y, w)).cycle();
    let generated = trained(|m| {
        let fit = fit().steps_per_epoch(5).epochs(2).class_weight([0.5, 2.0]);
        m.fit_generator(batches, fit)
    });
    assert_eq!(generated, arrays);
}

#[test]
fn a_generator_validates_like_arrays() {
    let (x, y) = data(40);
    let fit = || fit().batch_size(8).epochs(2).shuffle(false);
    let arrays = trained(|m| m.fit(&x, &y, fit().validation_data(&x[..24], &y[..24])));
    let part = || Flow::new(&x[..24], &y[..24], 8).unwrap();
    let sequence = trained(|m| m.fit(&x, &y, fit().validation_generator(part())));
    assert_eq!(sequence, arrays);
    // Three batches each time, of an iterator that goes on.
    let endless = (0..).map(|i| part().get(i % 3));
    let iterator = trained(|m| {
        let fit = fit().validation_generator(endless).validation_steps(3);
        m.fit(&x, &y, fit)
    });
    assert_eq!(iterator, arrays);
    // The first three batches of more, in both passes.
    let more = Flow::new(&x, &y, 8).unwrap();
    let first = trained(|m| {
        let fit = fit().validation_generator(more).validation_steps(3);
        m.fit(&x, &y, fit)
    });
    assert_eq!(first, arrays);
}

#[test]
fn evaluate_and_predict_take_generators() {
    let (x, y) = data(45);
    let mut model = model();
    let scores = model.evaluate(&x, &y).unwrap();
    let flow = || Generator::new(Flow::new(&x, &y, 32).unwrap()).workers(2);
    assert_eq!(
        model.evaluate_generator(flow(), Evaluate::new()).unwrap(),
        scores
    );
    let first = model.evaluate(&x[..32], &y[..32]).unwrap();
    let steps = Evaluate::new().steps(1);
    assert_eq!(model.evaluate_generator(flow(), steps).unwrap(), first);

    let outputs = model.predict(&x).unwrap();
    let batches = || x.chunks(7).map(<[X]>::to_vec);
    assert_eq!(
        model.predict_generator(batches(), Predict::new()).unwrap(),
        outputs
    );
    assert_eq!(
        model.predict_generator(flow(), Predict::new()).unwrap(),
        outputs
    );
    let some = model
        .predict_generator(batches().cycle(), Predict::new().steps(3))
        .unwrap();
    assert_eq!(some, outputs[..21]);
}

/// How often each batch was made since the pass began; what came of each pass.
type Made = (BTreeMap<usize, usize>, Vec<Vec<usize>>);

/// A sequence that counts.
#[derive(Default)]
struct Counted {
    made: Arc<Mutex<Made>>,
}

impl Sequence for Counted {
    type Item = (Vec<X>, Vec<Y>);

    fn len(&self) -> usize {
        9
    }
    fn get(&self, index: usize) -> Self::Item {
        *self.made.lock().unwrap().0.entry(index).or_default() += 1;
        (vec![[index as f32; 3]; 4], vec![[1.0, 0.0]; 4])
    }
    fn on_epoch_begin(&mut self, _: &mut Rng) {
        self.made.lock().unwrap().0.clear();
    }
    fn on_epoch_end(&mut self) {
        let mut made = self.made.lock().unwrap();
        let counts = made.0.values().copied().collect();
        made.1.push(counts);
    }
}

#[test]
fn a_sequence_gives_each_batch_once_in_every_epoch() {
    for workers in [0, 1, 3] {
        let sequence = Counted::default();
        let made = sequence.made.clone();
        let generator = Generator::new(sequence).workers(workers);
        trained(|m| m.fit_generator(generator, fit().epochs(3)));
        assert_eq!(made.lock().unwrap().1, vec![vec![1; 9]; 3]);
    }
}

#[test]
fn an_iterator_gives_what_is_needed_and_no_more() {
    for workers in [0, 1] {
        let mut batches = (0..).map(|i| (vec![[i as f32; 3]; 4], vec![[1.0, 0.0]; 4]));
        let generator = Generator::new(&mut batches).workers(workers);
        trained(|m| m.fit_generator(generator, fit().steps_per_epoch(5).epochs(3)));
        assert_eq!(batches.next().unwrap().0[0], [15.0; 3]);
    }
}

/// Batches that are made, those that have been trained on, and the most that were between.
type Counts = (usize, usize, usize);

#[derive(Clone, Default)]
struct Live(Arc<(Mutex<Counts>, Condvar)>);

impl Live {
    fn change(&self, made: usize, trained: usize) {
        let mut now = self.0.0.lock().unwrap();
        now.0 += made;
        now.1 += trained;
        now.2 = now.2.max(now.0 - now.1);
        self.0.1.notify_all();
    }

    /// Waits until so many are made and not trained on.
    fn wait_for(&self, live: usize) {
        let now = self.0.0.lock().unwrap();
        let waited = self
            .0
            .1
            .wait_timeout_while(now, HANG, |now| now.0 - now.1 < live);
        assert!(
            !waited.unwrap().1.timed_out(),
            "the workers do not work ahead"
        );
    }
}

impl Sequence for Live {
    type Item = (Vec<X>, Vec<Y>);

    fn len(&self) -> usize {
        40
    }
    fn get(&self, _: usize) -> Self::Item {
        self.change(1, 0);
        (vec![[0.5; 3]; 4], vec![[1.0, 0.0]; 4])
    }
}

/// A training whose steps are slow enough for the workers to fill the queue.
struct Slow(Live, usize);

impl<M: Model> Callback<M> for Slow {
    fn on_train_batch_begin(&mut self, at: usize, _: &mut Training<'_, M>) -> Result<(), Error> {
        // Towards the end there is less left.
        self.0.wait_for(self.1.min(40 - at));
        Ok(())
    }
    fn on_train_batch_end(
        &mut self,
        _: usize,
        _: &Logs<'_>,
        _: &mut Training<'_, M>,
    ) -> Result<(), Error> {
        self.0.change(0, 1);
        Ok(())
    }
}

#[test]
fn workers_fill_the_queue_during_a_step_and_never_more() {
    for (workers, size) in [(0, 3), (1, 1), (1, 4), (2, 3), (3, 2)] {
        let live = Live::default();
        let ahead = if workers == 0 { 1 } else { size + 1 };
        let mut slow = Slow(live.clone(), ahead);
        let generator = Generator::new(live.clone())
            .workers(workers)
            .max_queue_size(size);
        trained(|m| m.fit_generator(generator, fit().callbacks([&mut slow])));
        let (made, trained, most) = *live.0.0.lock().unwrap();
        assert_eq!((made, trained, most), (40, 40, ahead));
    }
}

/// Two batches are made at the same time: each waits for the other.
struct Pairs(Mutex<usize>, Condvar);

impl Sequence for Pairs {
    type Item = Result<(Vec<X>, Vec<Y>), &'static str>;

    fn len(&self) -> usize {
        10
    }
    fn get(&self, _: usize) -> Self::Item {
        let mut entered = self.0.lock().unwrap();
        *entered += 1;
        let pair = entered.div_ceil(2) * 2;
        self.1.notify_all();
        let (_entered, time) = self
            .1
            .wait_timeout_while(entered, HANG, |n| *n < pair)
            .unwrap();
        match time.timed_out() {
            true => Err("nobody else makes a batch"),
            false => Ok((vec![[0.5; 3]; 4], vec![[1.0, 0.0]; 4])),
        }
    }
}

#[test]
fn two_workers_make_two_batches_at_once() {
    let pairs = Pairs(Mutex::new(0), Condvar::new());
    trained(|m| m.fit_generator(Generator::new(pairs).workers(2), fit()));
}

/// A sequence whose sixth batch panics or is an error.
struct Bad(bool);

impl Sequence for Bad {
    type Item = Result<Batch<X, Y>, std::io::Error>;

    fn len(&self) -> usize {
        100
    }
    fn get(&self, index: usize) -> Self::Item {
        if index == 5 {
            assert!(!self.0, "no batch {index}");
            return Err(std::io::Error::other("the disk is gone"));
        }
        Ok(Batch {
            x: vec![[index as f32; 3]; 4],
            y: vec![[1.0, 0.0]; 4],
            sample_weight: None,
        })
    }
}

/// How a training fails, after how many updates.
fn failure<Kind: 'static>(
    workers: usize,
    batches: impl for<'g> IntoGenerator<'g, Kind, X = X, Y = Y, W = f32> + Send + 'static,
) -> (Error, usize) {
    in_time(move || {
        let mut updates = Updates(0);
        let generator = Generator::new(batches).workers(workers);
        let fit = fit().shuffle(false).callbacks([&mut updates]);
        let failed = model().fit_generator(generator, fit.steps_per_epoch(50));
        (failed.unwrap_err(), updates.0)
    })
}

struct Updates(usize);

impl<M: Model> Callback<M> for Updates {
    fn on_train_batch_end(
        &mut self,
        _: usize,
        _: &Logs<'_>,
        _: &mut Training<'_, M>,
    ) -> Result<(), Error> {
        self.0 += 1;
        Ok(())
    }
}

#[test]
fn a_panic_in_a_worker_is_the_error_of_fit() {
    for workers in [0, 1, 2, 3] {
        let (error, updates) = failure(workers, Bad(true));
        let Error::Panic { batch: 5, message } = &error else {
            panic!("{error:?}");
        };
        assert_eq!((message.as_str(), updates), ("no batch 5", 5));
        let text = "batch 5 of the generator: its code panicked: no batch 5";
        assert_eq!(error.to_string(), text);

        let batches = (0..).map(|i| Bad(true).get(i));
        let (error, updates) = failure(workers, batches);
        assert!(matches!(error, Error::Panic { batch: 5, .. }), "{error}");
        assert_eq!(updates, 5);
    }
}

/// A sequence that panics between its epochs.
struct BadAtTheEnd;

impl Sequence for BadAtTheEnd {
    type Item = (Vec<X>, Vec<Y>);

    fn len(&self) -> usize {
        3
    }
    fn get(&self, _: usize) -> Self::Item {
        (vec![[1.0; 3]; 4], vec![[1.0, 0.0]; 4])
    }
    fn on_epoch_end(&mut self) {
        panic!("no next epoch");
    }
}

#[test]
fn a_panic_between_epochs_is_the_error_of_fit() {
    for workers in [0, 2] {
        let batches = Generator::new(BadAtTheEnd).workers(workers);
        let error = model().fit_generator(batches, fit().epochs(2)).unwrap_err();
        assert!(
            error
                .to_string()
                .ends_with("its code panicked: no next epoch"),
            "{error}"
        );
    }
}

#[test]
fn an_error_of_a_worker_is_the_error_of_fit() {
    for workers in [0, 1, 2, 3] {
        let batches = (0..).map(|i| Bad(false).get(i));
        for (error, updates) in [failure(workers, Bad(false)), failure(workers, batches)] {
            assert_eq!(
                error.to_string(),
                "batch 5 of the generator: the disk is gone"
            );
            let source = error.source().unwrap();
            assert!(source.downcast_ref::<std::io::Error>().is_some());
            assert_eq!(updates, 5);
        }
    }
}

#[test]
fn a_batch_that_does_not_fit_is_named() {
    let batch = |at: usize, value: f32| {
        (
            vec![[if at == 3 { value } else { 0.0 }; 3]],
            vec![[0.0, 1.0]],
        )
    };
    let nan = move |at| batch(at, f32::NAN);
    let (error, updates) = failure(1, (0..).map(nan));
    assert_eq!(updates, 3);
    let source = error.source().and_then(|e| e.downcast_ref::<Error>());
    assert!(
        matches!(source, Some(Error::NotFinite { sample: 0, .. })),
        "{error}"
    );
    let text = error.to_string();
    assert!(
        text.starts_with("batch 3 of the generator: fit: sample 0 has NaN"),
        "{text}"
    );

    let (error, _) = failure(1, (0..).map(|_| (vec![[0.0; 3]; 2], vec![[0.0, 1.0]])));
    assert!(
        error.to_string().contains("x has 2 samples, y has 1"),
        "{error}"
    );
    let (error, _) = failure(
        1,
        (0..).map(|_| (vec![[0.0; 3]; 2], vec![[0.0, 1.0]; 2], vec![1.0])),
    );
    assert!(
        error
            .to_string()
            .contains("one for each of the 2 samples, found 1"),
        "{error}"
    );
    let (error, _) = failure(1, (0..).map(|_| (Vec::<X>::new(), Vec::<Y>::new())));
    assert!(error.to_string().contains("there is no sample"), "{error}");
}

#[test]
fn an_iterator_that_ends_too_early_is_an_error() {
    let batches = |n: usize| (0..n).map(|_| (vec![[0.5; 3]; 4], vec![[1.0, 0.0]; 4]));
    // One epoch is the whole of it.
    let (_, history) = trained(|m| m.fit_generator(batches(7), fit()));
    assert_eq!(history.epoch(), [0]);
    for n in [7, 10] {
        for fit in [fit().epochs(2).steps_per_epoch(10), fit().epochs(2)] {
            let error = model().fit_generator(batches(n), fit).unwrap_err();
            assert!(
                matches!(error, Error::Ended { batches } if batches == n),
                "{error}"
            );
        }
    }
    let error = model().fit_generator(batches(0), fit()).unwrap_err();
    assert!(matches!(error, Error::Empty { .. }), "{error}");
    // A validation needs new batches every time.
    let (x, y) = data(8);
    let fit = fit()
        .epochs(2)
        .validation_generator(batches(3))
        .validation_steps(3);
    let error = model().fit(&x, &y, fit).unwrap_err();
    assert!(matches!(error, Error::Ended { batches: 3 }), "{error}");
}

#[test]
fn arguments_that_a_generator_cannot_have_are_refused() {
    let (x, y) = data(8);
    let flow = || Flow::new(&x, &y, 4).unwrap();
    let weights = [1.0; 8];
    for (options, name) in [
        (fit().batch_size(4), "batch_size"),
        (fit().validation_split(0.5), "validation_split"),
        (fit().sample_weight(&weights), "sample_weight"),
        (fit().steps_per_epoch(0), "steps_per_epoch"),
        (
            fit().validation_data(&x, &y).validation_generator(flow()),
            "validation_generator",
        ),
    ] {
        let error = model().fit_generator(flow(), options).unwrap_err();
        assert!(error.to_string().starts_with(name), "{error}");
    }
    let none = Generator::new(flow()).max_queue_size(0);
    let error = model().fit_generator(none, fit()).unwrap_err();
    assert!(error.to_string().starts_with("max_queue_size"), "{error}");
    let endless = std::iter::repeat_with(|| (vec![[0.5; 3]], vec![[1.0, 0.0]]));
    let error = model().fit_generator(endless, fit()).unwrap_err();
    assert!(error.to_string().contains("never ends"), "{error}");
    assert!(Flow::new(&x[..5], &y[..4], 2).is_err());
    assert!(Flow::new(&x, &y, 0).is_err());
}

/// Counts the workers that are inside `get`.
struct Inside(Arc<(AtomicUsize, AtomicUsize)>);

impl Sequence for Inside {
    type Item = (Vec<X>, Vec<Y>);

    fn len(&self) -> usize {
        1000
    }
    fn get(&self, _: usize) -> Self::Item {
        self.0.0.fetch_add(1, SeqCst);
        std::thread::sleep(Duration::from_millis(1));
        self.0.1.fetch_add(1, SeqCst);
        (vec![[0.5; 3]; 4], vec![[1.0, 0.0]; 4])
    }
}

/// Ends the training after a few batches, in one way or another.
struct Quit(&'static str);

impl<M: Model> Callback<M> for Quit {
    fn on_train_batch_end(
        &mut self,
        at: usize,
        _: &Logs<'_>,
        training: &mut Training<'_, M>,
    ) -> Result<(), Error> {
        match (at, self.0) {
            (4, "stop") => training.stop_training(),
            (4, "panic") => panic!("the callback panics"),
            (4, _) => return Err(Error::Empty { what: "callback" }),
            _ => {}
        }
        Ok(())
    }
}

#[test]
fn whatever_ends_fit_ends_the_workers() {
    for how in ["stop", "error", "panic"] {
        for workers in [1, 3] {
            let count = Arc::new((AtomicUsize::new(0), AtomicUsize::new(0)));
            let inside = Inside(count.clone());
            let ended = in_time(move || {
                let mut quit = Quit(how);
                let fit = fit().callbacks([&mut quit]);
                let generator = Generator::new(inside).workers(workers);
                let fit = || model().fit_generator(generator, fit);
                std::panic::catch_unwind(std::panic::AssertUnwindSafe(fit))
            });
            match how {
                "stop" => assert!(ended.unwrap().is_ok()),
                "error" => assert!(ended.unwrap().is_err()),
                _ => assert!(ended.is_err()),
            }
            // The sequence is gone, and with it all that could still make a batch.
            assert_eq!(Arc::strong_count(&count), 1);
            let (entered, left) = (count.0.load(SeqCst), count.1.load(SeqCst));
            assert_eq!(entered, left);
            assert!((5..5 + 11).contains(&entered), "{entered} batches");
        }
    }
}

/// Makes its batches in the pool in which two trainings wait for them.
struct InPool(Trained, Vec<X>);

impl Sequence for InPool {
    type Item = Result<(Vec<X>, Vec<Y>), Error>;

    fn len(&self) -> usize {
        5
    }
    fn get(&self, _: usize) -> Self::Item {
        Ok((self.1.clone(), self.0.predict(&self.1)?))
    }
}

#[test]
fn a_generator_may_use_the_pool_that_waits_for_it() {
    let loss = CategoricalCrossentropy::default();
    let shared = Net::new(1).threads(2).unwrap();
    let shared = shared.compile(Adam::default(), loss, (Accuracy,));
    let (x, _) = data(600);
    let trainings = [0, 1].map(|_| {
        let (mut model, batches) = (shared.clone(), InPool(shared.clone(), x.clone()));
        move || model.fit_generator(batches, fit().epochs(2)).is_ok()
    });
    // Each takes one of the two threads and waits for the other's.
    let done = in_time(|| std::thread::scope(|s| trainings.map(|t| s.spawn(t)).map(|t| t.join())));
    assert!(done.into_iter().all(|ok| ok.unwrap()));
}

sequential! {
    Digits = [
        Conv2D(3, (3, 3), activation = "relu", input_shape = (8, 6, 2)),
        Flatten(),
        Dense(4, activation = "softmax"),
    ]
}

type Picture = [[[f32; 2]; 6]; 8];

#[test]
fn images_change_at_random_alike_for_any_number_of_workers() {
    let mut rng = Rng::new(8, Purpose::User, 0, 0);
    let values: Vec<f32> = (0..50 * <Picture as Tensor>::LEN)
        .map(|_| rng.uniform())
        .collect();
    let x = Picture::view(&values);
    let y: Vec<u32> = (0..50).map(|_| rng.below(4)).collect();
    let random = ImageDataGenerator::new()
        .rotation_range(20.0)
        .width_shift_range(0.2)
        .zoom_range(0.2)
        .horizontal_flip(true);
    let train = |workers, random: ImageDataGenerator| {
        let loss = SparseCategoricalCrossentropy::default();
        let mut model = Digits::new(3).compile(Adam::default(), loss, (Accuracy,));
        let flow = Flow::new(x, &y, 8).unwrap().shuffle(true);
        let images = Generator::new(random.flow(flow).unwrap()).workers(workers);
        let fit = Fit::new().verbose(0).epochs(3);
        let history = model.fit_generator(images, fit).unwrap();
        (history, model.params().as_f32s().to_vec())
    };
    let alone = train(0, random.clone());
    for workers in [1, 2, 3] {
        assert_eq!(train(workers, random.clone()), alone, "{workers} workers");
    }
    assert_ne!(train(1, random.seed(1)), alone);
    assert_ne!(train(1, ImageDataGenerator::new()), alone);
}

/// A folder that is gone when the test is over.
struct Folder(std::path::PathBuf);

impl Folder {
    fn new(name: &str) -> Self {
        let name = format!("kseq-generators-{name}-{}", std::process::id());
        let path = std::env::temp_dir().join(name);
        std::fs::create_dir_all(&path).unwrap();
        Folder(path)
    }

    fn file(&self, name: &str, bytes: &[u8]) -> std::path::PathBuf {
        let path = self.0.join(name);
        std::fs::write(&path, bytes).unwrap();
        path
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// What `numpy.save` writes for an array of float32.
fn npy(shape: &str, numbers: &[f32]) -> Vec<u8> {
    let dict = format!("{{'descr': '<f4', 'fortran_order': False, 'shape': {shape}, }}");
    let mut file = b"\x93NUMPY\x01\x00\x76\x00".to_vec();
    file.extend(format!("{dict:<117}\n").bytes());
    file.extend(numbers.iter().flat_map(|v| v.to_le_bytes()));
    file
}

/// Arrays, and what a training on their batches in the order of blocks gives.
fn blocks() -> (Vec<X>, Vec<Y>, (Vec<u32>, History)) {
    let (x, y) = data(48);
    let arrays = trained(|m| {
        let fit = fit().batch_size(8).epochs(3).shuffle(Shuffle::Batch);
        m.fit(&x, &y, fit)
    });
    (x, y, arrays)
}

#[test]
fn mapped_files_give_the_bits_of_arrays() {
    let folder = Folder::new("mapped");
    let (x, y, arrays) = blocks();
    let x_path = folder.file("x.npy", &npy("(48, 3)", x.as_flattened()));
    let y_path = folder.file("y.npy", &npy("(48, 2)", y.as_flattened()));
    for workers in [0, 1, 2] {
        let (x, y) = (
            Npy::<X>::open(&x_path).unwrap(),
            Npy::<Y>::open(&y_path).unwrap(),
        );
        let batches = Generator::new(Flow::new(x, y, 8).unwrap()).workers(workers);
        let mapped = trained(|m| m.fit_generator(batches, fit().epochs(3)));
        assert_eq!(mapped, arrays, "{workers} workers");
    }
}

#[test]
#[cfg(feature = "csv")]
fn tables_give_the_bits_of_arrays() {
    let folder = Folder::new("tables");
    let (x, y, arrays) = blocks();
    let mut table = String::from("a,b,c,no,yes\n");
    for (x, y) in x.iter().zip(&y) {
        table += &format!("{},{},{},{},{}\n", x[0], x[1], x[2], y[0], y[1]);
    }
    let table = folder.file("xy.csv", table.as_bytes());
    for workers in [0, 1, 2] {
        let csv = Csv::new().batch_size(8).target("no").target("yes");
        let batches = Generator::new(csv.open::<X, Y>(&table).unwrap()).workers(workers);
        let read = trained(|m| m.fit_generator(batches, fit().epochs(3)));
        assert_eq!(read, arrays, "{workers} workers");
    }
}

#[test]
#[cfg(feature = "csv")]
fn a_bad_field_ends_fit_with_its_place() {
    let folder = Folder::new("field");
    let table = folder.file("t.csv", b"a,b,c,y,z\n1,2,3,0,1\n1,2,3,1,0\n1,2,three,1,0\n");
    let csv = Csv::new().batch_size(2).target("y").target("z");
    let batches = csv.open::<X, Y>(&table).unwrap();
    let error = model()
        .fit_generator(batches, fit().shuffle(false))
        .unwrap_err();
    let place = "line 4, column 2 `c`: expected a finite number, found \"three\"";
    let text = format!("batch 1 of the generator: {}: {place}", table.display());
    assert_eq!(error.to_string(), text);
}

/// Example 1 of the guide to `fit_generator`: 100 samples, of which batches are drawn at random.
#[test]
fn guide_a_generator_that_draws_samples_for_ever() {
    let (features, labels) = data(100);
    let mut random = Rng::new(3, Purpose::User, 0, 0);
    let generator = std::iter::from_fn(|| {
        let batch: Vec<usize> = (0..10).map(|_| random.below(100) as usize).collect();
        let x: Vec<X> = batch.iter().map(|&i| features[i]).collect();
        let y: Vec<Y> = batch.iter().map(|&i| labels[i]).collect();
        Some((x, y))
    });
    let (_, history) =
        trained(|m| m.fit_generator(generator, fit().steps_per_epoch(50).epochs(10)));
    assert_eq!(history.epoch().len(), 10);
    assert!(history.last("accuracy") > Some(0.8));
}

/// Example 2: the lines of a file, for ever.
#[test]
fn guide_generate_arrays_from_file() {
    use std::io::BufRead;
    let folder = Folder::new("guide");
    let (x, _) = data(40);
    let lines = x.iter().map(|x| format!("{} {} {}\n", x[0], x[1], x[2]));
    let path = folder.file("my_file.txt", lines.collect::<String>().as_bytes());

    type Line = (Vec<X>, Vec<Y>);
    fn process_line(line: &str) -> Result<Line, Box<dyn std::error::Error + Send + Sync>> {
        let mut x = [0.0; 3];
        for (x, word) in x.iter_mut().zip(line.split(' ')) {
            *x = word.parse()?;
        }
        let y = if x[0] > 0.0 { [0.0, 1.0] } else { [1.0, 0.0] };
        Ok((vec![x], vec![y]))
    }
    let open = move || std::fs::File::open(&path).unwrap();
    let lines = std::iter::repeat_with(move || std::io::BufReader::new(open()).lines()).flatten();
    let generator = lines.map(|line: std::io::Result<String>| process_line(&line?));
    let (_, history) =
        trained(|m| m.fit_generator(generator, fit().steps_per_epoch(100).epochs(10)));
    assert_eq!(history.epoch().len(), 10);
    assert!(history.last("loss") < history.get("loss").map(|l| l[0]));
}

/// Fails after so many updates, as if the machine had.
struct Fails(u64);

impl<M: Model> Callback<M> for Fails {
    fn on_train_batch_end(
        &mut self,
        _: usize,
        _: &Logs<'_>,
        training: &mut Training<'_, M>,
    ) -> Result<(), Error> {
        match training.updates() == self.0 {
            true => Err(Error::Empty {
                what: "the machine",
            }),
            false => Ok(()),
        }
    }
}

#[test]
fn a_resumed_training_gets_the_batches_of_one_that_was_not_interrupted() {
    let (x, y) = data(56);
    let sequence =
        |steps: Option<usize>, callbacks: [&mut dyn Callback<Net>; 2], m: &mut Trained| {
            let flow = Flow::new(&x, &y, 8).unwrap().shuffle(true);
            let fit = fit().epochs(4).callbacks(callbacks);
            let fit = match steps {
                None => fit,
                Some(steps) => fit.steps_per_epoch(steps),
            };
            m.fit_generator(Generator::new(flow).workers(2), fit)
        };
    let iterator =
        |steps: Option<usize>, callbacks: [&mut dyn Callback<Net>; 2], m: &mut Trained| {
            let batches = x.chunks(8).zip(y.chunks(8)).cycle();
            let batches = batches.map(|(x, y)| (x.to_vec(), y.to_vec()));
            let fit = fit().epochs(4).callbacks(callbacks);
            m.fit_generator(batches, fit.steps_per_epoch(steps.unwrap_or(7)))
        };
    type Train<'t> = &'t dyn Fn(
        Option<usize>,
        [&mut dyn Callback<Net>; 2],
        &mut Trained,
    ) -> Result<History, Error>;
    for (name, train) in [
        ("sequence", &sequence as Train<'_>),
        ("iterator", &iterator),
    ] {
        for steps in [None, Some(4)] {
            let never = &mut Fails(0);
            let whole = trained(|m| train(steps, [&mut Updates(0), never], m));
            for updates in [1, 7, 10, 14] {
                let folder = Folder::new(&format!("resume-{name}-{updates}"));
                let backup = || BackupAndRestore::new(folder.0.join("backup")).save_freq(1);
                let fails = &mut Fails(updates);
                assert!(train(steps, [&mut backup(), fails], &mut model()).is_err());
                let rest = trained(|m| train(steps, [&mut backup(), &mut Updates(0)], m));
                assert_eq!(rest, whole, "{name}, {steps:?} steps, after {updates}");
            }
        }
    }
}
