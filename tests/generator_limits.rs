//! Generators at the edge: bounds and numbers of batches of any size, and code of the user's that panics wherever it is called.

use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};

use kseq::callbacks::{BackupAndRestore, EarlyStopping};
use kseq::params::Flat;
use kseq::prelude::*;
use kseq::rng::Rng;
use kseq::train::{Failure, Samples, Sequence, Shuffle, ValidationFreq};

sequential! {
    Net = [Dense(1, input_shape = (1,))]
}

type X = [f32; 1];
type Trained = Compiled<Net, SGD, MeanSquaredError, ()>;

fn model() -> Trained {
    Net::new(1).compile(SGD::new(0.1), MeanSquaredError::new(), ())
}

fn fit<'a>() -> Fit<'a, Net, X> {
    Fit::new().verbose(0)
}

fn batch() -> (Vec<X>, Vec<X>) {
    (vec![[1.0]; 2], vec![[1.0]; 2])
}

/// What a user's `Sequence` may do wrong.
#[derive(Clone, Copy, PartialEq)]
enum Panics {
    Nowhere,
    Len,
    /// In the second call: that of a pass.
    LenLater,
    Begin,
    Get,
    End,
}

struct Wrong {
    panics: Panics,
    len: usize,
    asked: AtomicUsize,
}

impl Wrong {
    fn new(panics: Panics, len: usize) -> Self {
        let asked = AtomicUsize::new(0);
        Wrong { panics, len, asked }
    }

    fn panic_if(&self, at: Panics) {
        assert!(self.panics != at, "the folder is gone");
    }
}

impl Sequence for Wrong {
    type Item = (Vec<X>, Vec<X>);

    fn len(&self) -> usize {
        self.panic_if(Panics::Len);
        if self.asked.fetch_add(1, SeqCst) > 0 {
            self.panic_if(Panics::LenLater);
        }
        self.len
    }

    fn get(&self, _: usize) -> Self::Item {
        self.panic_if(Panics::Get);
        batch()
    }

    fn on_epoch_begin(&mut self, _: &mut Rng) {
        self.panic_if(Panics::Begin);
    }

    fn on_epoch_end(&mut self) {
        self.panic_if(Panics::End);
    }
}

fn is_its_panic<T>(outcome: Result<T, Error>) {
    let error = outcome.map(|_| ()).expect_err("it panics");
    assert!(matches!(error, Error::Panic { .. }), "{error}");
    assert!(error.to_string().contains("the folder is gone"), "{error}");
}

#[test]
fn a_panic_of_a_sequence_is_an_error_wherever_it_is() {
    let all = [
        Panics::Len,
        Panics::LenLater,
        Panics::Begin,
        Panics::Get,
        Panics::End,
    ];
    for panics in all {
        for workers in [0, 1] {
            let wrong = || Generator::new(Wrong::new(panics, 3)).workers(workers);
            is_its_panic(model().fit_generator(wrong(), fit()));
            is_its_panic(model().evaluate_generator(wrong(), Evaluate::new()));
            is_its_panic(model().predict_generator(wrong(), Predict::new()));
            let good = Wrong::new(Panics::Nowhere, 3);
            // A validation asks once in each epoch.
            let fit = fit().epochs(2).validation_generator(wrong());
            is_its_panic(model().fit_generator(good, fit));
        }
    }
}

/// An iterator whose `next` or `size_hint` panics.
struct Iterating(bool);

impl Iterator for Iterating {
    type Item = (Vec<X>, Vec<X>);

    fn next(&mut self) -> Option<Self::Item> {
        panic!("the folder is gone")
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        assert!(!self.0, "the folder is gone");
        (0, None)
    }
}

#[test]
fn a_panic_of_an_iterator_is_an_error_wherever_it_is() {
    for hint in [false, true] {
        is_its_panic(model().fit_generator(Iterating(hint), fit()));
        is_its_panic(model().evaluate_generator(Iterating(hint), Evaluate::new()));
        is_its_panic(model().predict_generator(Iterating(hint), Predict::new()));
        let good = Wrong::new(Panics::Nowhere, 3);
        let fit = fit().validation_generator(Iterating(hint));
        is_its_panic(model().fit_generator(good, fit));
    }
}

#[test]
fn the_size_of_the_queue_is_a_bound() {
    for most in [100_000_000, usize::MAX] {
        let batches = (0..3).map(|_| batch());
        let generator = Generator::new(batches).max_queue_size(most);
        model().fit_generator(generator, fit()).unwrap();
        let sequence = Wrong::new(Panics::Nowhere, 3);
        let generator = Generator::new(sequence).max_queue_size(most).workers(2);
        model().fit_generator(generator, fit()).unwrap();
        let sequence = Wrong::new(Panics::Nowhere, 3);
        let generator = Generator::new(sequence).max_queue_size(most).workers(most);
        let error = model().fit_generator(generator, fit()).unwrap_err();
        assert!(
            error.to_string().contains("workers: expected at most 1024"),
            "{error}"
        );
        // More than there is room for have nothing to do.
        let sequence = Wrong::new(Panics::Nowhere, 3);
        let generator = Generator::new(sequence).workers(most);
        model().fit_generator(generator, fit()).unwrap();
    }
}

/// An "endless" sequence, of which an epoch takes three batches.
#[test]
fn a_sequence_may_be_of_any_length() {
    for len in [200_000_000, usize::MAX] {
        for shuffle in [Shuffle::True, Shuffle::False] {
            for workers in [0, 2] {
                let endless = || Generator::new(Wrong::new(Panics::Nowhere, len)).workers(workers);
                let fit = fit().shuffle(shuffle).steps_per_epoch(3).epochs(2);
                let fit = fit.validation_generator(endless()).validation_steps(2);
                model().fit_generator(endless(), fit).unwrap();
                model()
                    .evaluate_generator(endless(), Evaluate::new().steps(3))
                    .unwrap();
                let predicted = model().predict_generator(endless(), Predict::new().steps(3));
                assert_eq!(predicted.unwrap().len(), 6);
            }
        }
    }
}

/// Samples that are computed, as many as there are numbers.
struct Computed;

impl Samples for Computed {
    type Sample = X;

    fn len(&self) -> usize {
        usize::MAX
    }

    fn read(&self, indices: &[usize]) -> Result<Vec<X>, Failure> {
        let values = indices.iter().map(|&i| [i as f32 / usize::MAX as f32]);
        Ok(values.collect())
    }
}

#[test]
fn a_flow_of_any_size() {
    let flow = Flow::new(Computed, Computed, 2).unwrap().shuffle(true);
    let history = model()
        .fit_generator(flow, fit().steps_per_epoch(3))
        .unwrap();
    assert!(history.get("loss").unwrap()[0].is_finite());
    let flow = Flow::new(vec![[1.0]; 6], vec![[1.0]; 6], usize::MAX).unwrap();
    let sizes = [0, 1, usize::MAX].map(|i| flow.get(i).unwrap().x.len());
    assert_eq!(sizes, [6, 0, 0]);
}

/// Numbers of anything, as large as they can be.
#[test]
fn arguments_of_any_size() {
    let (x, y) = (vec![[1.0]; 6], vec![[1.0]; 6]);
    let most = usize::MAX;
    let mut model = model();
    let all = fit()
        .batch_size(most)
        .validation_batch_size(most)
        .validation_data(&x, &y);
    model
        .fit(&x, &y, all.validation_steps(most).validation_freq(most))
        .unwrap();
    let evaluated = Evaluate::new().batch_size(most).steps(most);
    model.evaluate_with(&x, &y, evaluated).unwrap();
    let predicted = model.predict_with(&x, Predict::new().batch_size(most).steps(most));
    assert_eq!(predicted.unwrap().len(), 6);
    // All epochs that there can be, of which a callback lets one pass.
    for freq in [ValidationFreq::Every(1), ValidationFreq::Epochs(&[1, most])] {
        let mut stop = EarlyStopping::new()
            .monitor("loss")
            .patience(0)
            .min_delta(1e9);
        let sequence = Wrong::new(Panics::Nowhere, 3);
        let validation = Wrong::new(Panics::Nowhere, 3);
        let fit = fit()
            .epochs(most)
            .validation_freq(freq)
            .callbacks([&mut stop]);
        let fit = fit.validation_generator(validation).validation_steps(most);
        let history = model.fit_generator(sequence, fit).unwrap();
        assert!(history.epoch().len() <= 2);
    }
    let last = fit().initial_epoch(most - 1).epochs(most);
    let history = model.fit(&x, &y, last).unwrap();
    assert_eq!(history.epoch(), [most - 1]);
}

/// Another number of batches in every pass.
struct Changes(usize);

impl Sequence for Changes {
    type Item = (Vec<X>, Vec<X>);

    fn len(&self) -> usize {
        self.0
    }

    fn get(&self, index: usize) -> Self::Item {
        let x = [(index % 7) as f32 / 7.0];
        (vec![x; 2], vec![[0.5 * x[0]]; 2])
    }

    fn on_epoch_begin(&mut self, rng: &mut Rng) {
        self.0 = 2 + rng.below(9) as usize;
    }
}

/// Ends `fit` with an error after so many updates.
struct Fails(u64);

impl<M: Model> Callback<M> for Fails {
    fn on_train_batch_begin(&mut self, _: usize, t: &mut Training<'_, M>) -> Result<(), Error> {
        match t.updates() == self.0 {
            true => Err(Error::Callback {
                name: "Fails".into(),
                why: "the machine failed".into(),
            }),
            false => Ok(()),
        }
    }
}

/// A checkpoint in the middle of any pass is gone on from, whatever lengths the passes have.
#[test]
fn a_sequence_may_change_its_length() {
    let folder = std::env::temp_dir().join(format!("kseq-changes-{}", std::process::id()));
    let train = |steps: Option<usize>, callbacks: [&mut dyn Callback<Net>; 2]| {
        let fit = fit().epochs(4).callbacks(callbacks);
        let fit = match steps {
            None => fit,
            Some(steps) => fit.steps_per_epoch(steps),
        };
        let mut model = model();
        let history = model.fit_generator(Changes(3), fit)?;
        Ok::<_, Error>((history, model.params().as_f32s().to_vec()))
    };
    for steps in [None, Some(4), Some(9)] {
        let whole = train(steps, [&mut Fails(u64::MAX), &mut Fails(u64::MAX)]).unwrap();
        for updates in (1..).step_by(3) {
            let backup = || BackupAndRestore::new(&folder).save_freq(1);
            if train(steps, [&mut backup(), &mut Fails(updates)]).is_ok() {
                assert!(updates > 8);
                break;
            }
            let resumed = train(steps, [&mut backup(), &mut Fails(u64::MAX)]);
            let at = format!("{steps:?} steps, after {updates}");
            assert_eq!(resumed.expect(&at), whole, "{at}");
        }
        let _ = std::fs::remove_dir_all(&folder);
    }
}
