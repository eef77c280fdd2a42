//! `fit_generator` and its like, each with every argument that the guides list.

use std::sync::{Arc, Condvar, Mutex};
use std::time::Duration;

use kseq::prelude::*;

use super::{
    N, Probe, Seen, close, keys, loss_of, loss_of_all, printed, probe, targets, unit_vectors,
};

type Pair = (Vec<[f32; N]>, Vec<[f32; 1]>);

/// The samples in batches of two, as a `Sequence`.
fn pairs() -> impl Sequence<Item = Pair> {
    Pairs(unit_vectors(), targets())
}

struct Pairs(Vec<[f32; N]>, Vec<[f32; 1]>);

impl Sequence for Pairs {
    type Item = Pair;

    fn len(&self) -> usize {
        N / 2
    }
    fn get(&self, index: usize) -> Pair {
        let range = 2 * index..2 * index + 2;
        (self.0[range.clone()].to_vec(), self.1[range].to_vec())
    }
}

/// The same as a generator that never ends, `while True: yield ...`.
fn endless() -> impl Iterator<Item = Pair> + Send {
    let pairs = pairs();
    (0..).map(move |i| pairs.get(i % pairs.len()))
}

/// `fit_generator(generator, steps_per_epoch=None, epochs=1, verbose=1, callbacks=None,
/// validation_data=None, validation_steps=None, class_weight=None, max_queue_size=10, workers=1,
/// use_multiprocessing=False, shuffle=True, initial_epoch=0)`
pub fn fit_generator(test: &str) {
    let (x, y) = (&unit_vectors()[..], &targets()[..]);
    // verbose: a progress bar by default.
    let some = || Fit::new().steps_per_epoch(3).epochs(2).initial_epoch(1);
    let run = |fit: Fit<'_, Probe, [f32; 1]>| drop(probe().fit_generator(endless(), fit).unwrap());
    let parts: [&dyn Fn(); 3] = [&|| run(some()), &|| run(some().verbose(0)), &|| {
        run(some().verbose(2))
    }];
    let [bar, silent, line] = printed(test, parts);
    assert!(
        bar.starts_with("Epoch 2/2\n3/3 ━━━━━━━━━━━━━━━━━━━━ 0s "),
        "{bar}"
    );
    assert!(bar.ends_with("/step - loss: 15.1667"), "{bar}");
    assert_eq!(silent, "");
    assert!(line.starts_with("Epoch 2/2\n3/3 - 0s - "), "{line}");

    // Every argument but use_multiprocessing: threads need no processes.
    let mut seen = Seen::default();
    let generator = Generator::new(pairs()).max_queue_size(3).workers(2);
    let fit = Fit::new()
        .steps_per_epoch(3)
        .epochs(4)
        .verbose(0)
        .callbacks([&mut seen])
        .validation_generator(endless())
        .validation_steps(2)
        .class_weight([1.0, 10.0])
        .shuffle(false)
        .initial_epoch(1);
    let history = probe().fit_generator(generator, fit).unwrap();
    assert_eq!(
        (history.epoch(), keys(&history)),
        (&[1, 2, 3][..], vec!["loss", "val_loss"])
    );
    // Three steps an epoch, each epoch going on where the one before ended, and ending with the data.
    let taken = [
        [0, 1],
        [2, 3],
        [4, 5],
        [6, 7],
        [8, 9],
        [0, 1],
        [2, 3],
        [4, 5],
    ];
    assert_eq!(seen.samples(), taken);
    // Even samples are of class 1.
    for (sample, weight) in seen.batches.concat() {
        close(weight, if sample % 2 == 0 { 10.0 } else { 1.0 });
    }
    let first: Vec<_> = (0..6)
        .map(|k| (k, if k % 2 == 0 { 10.0 } else { 1.0 }))
        .collect();
    close(history.get("loss").unwrap()[0], loss_of(&first));
    // The generator of the validation goes on, too: samples 0 to 3, 4 to 7, 8 to 9 and 0 to 1.
    let validated = history.get("val_loss").unwrap();
    close(validated[0], loss_of_all(0..4));
    close(validated[1], loss_of_all(4..8));
    close(validated[2], loss_of_all([8, 9, 0, 1]));
    assert_eq!(seen.tested, [2, 2, 2]);

    // Without steps_per_epoch an epoch is `len(generator)` batches, each once, in a new order; the
    // validation is a tuple (inputs, targets, sample_weights).
    let mut seen = Seen::default();
    let fit = Fit::new().verbose(0).epochs(2).callbacks([&mut seen]);
    let fit = fit.validation_data(&x[..2], &y[..2]);
    let fit = fit.validation_sample_weight(&[1.0, 0.25]);
    let history = probe().fit_generator(pairs(), fit).unwrap();
    let orders = seen.samples();
    assert_eq!(orders.len(), 2 * N / 2);
    assert_ne!(orders[..5], orders[5..]);
    for order in orders.chunks(5) {
        let mut order = order.to_vec();
        order.sort_unstable();
        assert_eq!(order, [[0, 1], [2, 3], [4, 5], [6, 7], [8, 9]]);
    }
    close(
        history.last("val_loss").unwrap(),
        loss_of(&[(0, 1.0), (1, 0.25)]),
    );

    // A generator of (inputs, targets, sample_weights), in batches of different sizes; it is one epoch.
    let mut seen = Seen::default();
    let sizes = [0..1, 1..4, 4..6].into_iter();
    let weighted = sizes.map(|r| {
        (
            x[r.clone()].to_vec(),
            y[r.clone()].to_vec(),
            vec![0.5; r.len()],
        )
    });
    let fit = Fit::new().verbose(0).callbacks([&mut seen]);
    let history = probe().fit_generator(weighted, fit).unwrap();
    assert_eq!(seen.samples(), [vec![0], vec![1, 2, 3], vec![4, 5]]);
    assert!(
        seen.batches
            .concat()
            .iter()
            .all(|(_, w)| (w - 0.5).abs() < 1e-6)
    );
    close(history.last("loss").unwrap(), loss_of_all(0..6) / 2.0);

    // ValueError: a generator whose data do not fit, and the steps before count.
    let uneven = (0..).map(|i| (vec![x[0]; 2], vec![y[0]; if i == 3 { 1 } else { 2 }]));
    let fit = Fit::new().verbose(0).steps_per_epoch(5);
    let error = probe().fit_generator(uneven, fit).unwrap_err().to_string();
    assert!(
        error.starts_with("batch 3 of the generator") && error.contains("x has 2 samples, y has 1"),
        "{error}"
    );
    work_ahead();
}

/// How many batches have been made, and how many trained on.
#[derive(Clone, Default)]
struct CountingSequence(Arc<(Mutex<[usize; 2]>, Condvar)>);

impl Sequence for CountingSequence {
    type Item = Pair;

    fn len(&self) -> usize {
        N
    }
    fn get(&self, index: usize) -> Pair {
        self.0.0.lock().unwrap()[0] += 1;
        self.0.1.notify_all();
        pairs().get(index % 5)
    }
}

/// A step that takes as long as the workers need to make so many batches more.
struct WaitsForWorkers(CountingSequence, usize);

impl Callback<Probe> for WaitsForWorkers {
    fn on_train_batch_begin(
        &mut self,
        at: usize,
        _: &mut Training<'_, Probe>,
    ) -> Result<(), Error> {
        let wanted = (at + 1 + self.1).min(N);
        // What would be a hang on any machine.
        let hang = Duration::from_secs(600);
        let (made, wait) = &*self.0.0;
        let made = wait.wait_timeout_while(made.lock().unwrap(), hang, |made| made[0] < wanted);
        assert_eq!(
            made.unwrap().0[0],
            wanted,
            "neither more nor fewer, however long the step"
        );
        Ok(())
    }
}

/// The workers work ahead while the model is trained, and stop when the queue is full; without workers a
/// batch is made when it is needed.
fn work_ahead() {
    for (workers, size, ahead) in [(2, 3, 3), (1, 1, 1), (0, 3, 0)] {
        let source = CountingSequence::default();
        let mut patient = WaitsForWorkers(source.clone(), ahead);
        let generator = Generator::new(source).workers(workers).max_queue_size(size);
        let fit = Fit::new().verbose(0).callbacks([&mut patient]);
        probe().fit_generator(generator, fit).unwrap();
    }
    // The defaults: one worker, and a queue of ten.
    let source = CountingSequence::default();
    let mut patient = WaitsForWorkers(source.clone(), 10);
    let fit = Fit::new().verbose(0).callbacks([&mut patient]);
    probe().fit_generator(source, fit).unwrap();
}

/// `evaluate_generator(generator, steps=None, max_queue_size=10, workers=1, use_multiprocessing=False,
/// verbose=0)`
pub fn evaluate_generator(test: &str) {
    let generator = || Generator::new(pairs()).max_queue_size(2).workers(2);
    let run = |verbose| {
        let options = Evaluate::new().steps(3).verbose(verbose);
        probe().evaluate_generator(generator(), options).unwrap()
    };
    let [silent, bar] = printed(
        test,
        [
            &|| {
                run(0);
            },
            &|| {
                run(1);
            },
        ],
    );
    assert_eq!(silent, "");
    assert!(
        bar.starts_with("3/3 ━━━━━━━━━━━━━━━━━━━━ 0s ") && bar.ends_with("/step - loss: 15.1667"),
        "{bar}"
    );
    // The first three batches, in their order; without steps `len(generator)` of them, silently.
    close(run(0).loss, loss_of_all(0..6));
    let all = probe()
        .evaluate_generator(generator(), Evaluate::new())
        .unwrap();
    assert_eq!(all, probe().evaluate(&unit_vectors(), &targets()).unwrap());
    // A generator that has no length needs steps.
    let error = probe()
        .evaluate_generator(endless(), Evaluate::new())
        .unwrap_err();
    assert!(
        error
            .to_string()
            .starts_with("steps: this iterator never ends"),
        "{error}"
    );
    let some = Evaluate::new().steps(6);
    let scores = probe().evaluate_generator(endless(), some).unwrap();
    close(
        scores.loss,
        (10.0 * loss_of_all(0..N) + 2.0 * loss_of_all(0..2)) / 12.0,
    );
    // (inputs, targets, sample_weights), and a value for each of the metrics.
    let mut model = compile!(
        Probe::new(0),
        "rmsprop",
        "mse",
        ["mae"],
        weighted_metrics = ["mae"]
    );
    let weighted = std::iter::once((
        [unit_vectors()[0]; 2].to_vec(),
        vec![[1.0], [2.0]],
        vec![3.0, 1.0],
    ));
    let scores = model.evaluate_generator(weighted, Evaluate::new()).unwrap();
    assert_eq!(model.metrics_names(), ["loss", "mae", "weighted_mae"]);
    close(scores.loss, (3.0 * 1.0 + 4.0) / 2.0);
    assert_eq!(scores.metrics, (1.5, 1.25));
}

/// `predict_generator(generator, steps=None, max_queue_size=10, workers=1, use_multiprocessing=False,
/// verbose=0)`
pub fn predict_generator(test: &str) {
    let mut model = Probe::new(0);
    model.dense_1.kernel = std::array::from_fn(|k| [k as f32]);
    let x = || unit_vectors().into_iter();
    let generator = || {
        Generator::new(x().map(|x| vec![x; 2]).cycle())
            .max_queue_size(2)
            .workers(1)
    };
    let run = |verbose| {
        let options = Predict::new().steps(3).verbose(verbose);
        model.predict_generator(generator(), options).unwrap()
    };
    let [silent, bar] = printed(
        test,
        [
            &|| {
                run(0);
            },
            &|| {
                run(1);
            },
        ],
    );
    assert_eq!(silent, "");
    assert!(bar.starts_with("3/3 ━━━━━━━━━━━━━━━━━━━━ 0s "), "{bar}");
    // Three batches of two.
    assert_eq!(run(0), [[0.0], [0.0], [1.0], [1.0], [2.0], [2.0]]);
    // A Sequence needs no steps; its targets are not looked at, and its order is kept.
    let all = Generator::new(pairs()).workers(2);
    let all = model.predict_generator(all, Predict::new()).unwrap();
    assert_eq!(all, model.predict(&unit_vectors()).unwrap());
    assert_eq!(all[7], [7.0]);
}
