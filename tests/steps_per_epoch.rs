//! `steps_per_epoch`, `validation_steps` and `steps`: which samples an epoch takes, as Keras 3.15.1 takes them.

use std::sync::{Arc, Mutex};

use kseq::callbacks::Callback;
use kseq::prelude::*;
use kseq::train::{Compiled, Training};

sequential! { pub Line = [Dense(1, input_shape = (1,))] }

type Trained = Compiled<Line, SGD, MeanSquaredError, ()>;

/// Never moves from 0, so that with targets of -0.5 the gradient of a batch is the mean of its samples.
fn model() -> Trained {
    let mut model = Line::new(0).compile(SGD::new(0.0), MeanSquaredError::default(), ());
    model.params_mut().dense_1.kernel = [[0.0]];
    model
}

const N: usize = 23;
const Y: [[f32; 1]; N] = [[-0.5]; N];

fn x() -> [[f32; 1]; N] {
    std::array::from_fn(|i| [i as f32])
}

/// The means of the samples of each batch, by epochs, and what `t.steps()` says.
#[derive(Default)]
struct Seen {
    means: Vec<Vec<f32>>,
    steps: Vec<Option<usize>>,
    tested: Vec<usize>,
}

impl Callback<Line> for Seen {
    fn on_epoch_begin(&mut self, _: usize, t: &mut Training<'_, Line>) -> Result<(), Error> {
        self.means.push(Vec::new());
        self.steps.push(t.steps());
        Ok(())
    }

    fn on_train_batch_end(
        &mut self,
        _: usize,
        _: &Logs<'_>,
        t: &mut Training<'_, Line>,
    ) -> Result<(), Error> {
        let epoch = self.means.last_mut().expect("an epoch");
        epoch.push(t.gradients().dense_1.kernel[0][0]);
        Ok(())
    }

    fn on_test_begin(&mut self, _: &mut Training<'_, Line>) -> Result<(), Error> {
        self.tested.push(0);
        Ok(())
    }

    fn on_test_batch_end(
        &mut self,
        _: usize,
        _: &Logs<'_>,
        _: &mut Training<'_, Line>,
    ) -> Result<(), Error> {
        *self.tested.last_mut().expect("a test") += 1;
        Ok(())
    }
}

fn fit<'a>() -> Fit<'a, Line, [f32; 1]> {
    Fit::new().batch_size(5).shuffle(false).verbose(0)
}

/// The samples 0 to 4, 5 to 9, 10 to 14, 15 to 19, 20 to 22.
const FIRST: [f32; 3] = [2.0, 7.0, 12.0];
const REST: [f32; 2] = [17.0, 21.0];

#[test]
fn an_epoch_ends_with_the_data() {
    let all = [&FIRST[..], &REST].concat();
    let cases = [
        (3, [&FIRST[..], &REST, &FIRST, &REST]),
        (4, [&all[..4], &all[4..], &all[..4], &all[4..]]),
        (5, [&all[..]; 4]),
        (7, [&all[..]; 4]),
    ];
    for (steps, want) in cases {
        let mut seen = Seen::default();
        let fit = fit().epochs(4).steps_per_epoch(steps);
        let history = model()
            .fit(&x(), &Y, fit.callbacks([&mut seen]))
            .expect("data that fit");
        assert_eq!(seen.means, want, "{steps} steps");
        assert_eq!(seen.steps, [Some(steps); 4]);
        assert_eq!(history.epoch(), [0, 1, 2, 3]);
    }
}

#[test]
fn two_epochs_take_each_sample_once_when_shuffled() {
    let mut seen = Seen::default();
    let fit = fit().shuffle(true).epochs(4).steps_per_epoch(3);
    let fit = fit.callbacks([&mut seen]);
    model().fit(&x(), &Y, fit).expect("data that fit");
    let sizes = seen.means.iter().map(Vec::len);
    assert_eq!(sizes.collect::<Vec<_>>(), [3, 2, 3, 2]);
    for pass in seen.means.chunks(2) {
        let pass = pass.concat();
        let sums = pass.iter().zip([5.0, 5.0, 5.0, 5.0, 3.0]);
        let sum: f32 = sums.map(|(mean, n)| mean * n).sum();
        assert!((sum - 253.0).abs() < 1e-3, "{pass:?}");
    }
    assert_ne!(seen.means[0], seen.means[2], "a new order");
}

/// A pass begins and ends with its data, not with an epoch.
#[test]
fn a_sequence_ends_an_epoch_too() {
    #[derive(Clone, Default)]
    struct Batches(Arc<Mutex<Vec<&'static str>>>);
    impl Sequence for Batches {
        type Item = (Vec<[f32; 1]>, Vec<[f32; 1]>);
        fn len(&self) -> usize {
            5
        }
        fn get(&self, i: usize) -> Self::Item {
            let part = 5 * i..N.min(5 * i + 5);
            (x()[part.clone()].to_vec(), Y[part].to_vec())
        }
        fn on_epoch_begin(&mut self, _: &mut kseq::rng::Rng) {
            self.0.lock().expect("no panic").push("begin");
        }
        fn on_epoch_end(&mut self) {
            self.0.lock().expect("no panic").push("end");
        }
    }
    let all = [&FIRST[..], &REST].concat();
    let cases = [
        (3, [&FIRST[..], &REST, &FIRST, &REST], 2),
        (7, [&all[..]; 4], 4),
    ];
    for (steps, want, passes) in cases {
        for workers in [0, 1, 2] {
            let mut seen = Seen::default();
            let batches = Batches::default();
            let fit = Fit::new().shuffle(false).verbose(0).epochs(4);
            let fit = fit.steps_per_epoch(steps).callbacks([&mut seen]);
            let generator = Generator::new(batches.clone()).workers(workers);
            model().fit_generator(generator, fit).expect("batches");
            assert_eq!(seen.means, want, "{steps} steps, {workers} workers");
            let calls = batches.0.lock().expect("no panic");
            assert_eq!(*calls, ["begin", "end"].repeat(passes));
        }
    }
}

/// Keras ends the training with a warning, and fewer epochs than were asked for.
#[test]
fn an_iterator_that_ends_is_an_error_in_the_middle_of_an_epoch_too() {
    let batches = |n| (0..n).map(|i| (vec![[i as f32]], vec![[-0.5]]));
    let mut seen = Seen::default();
    fn fit<'a>() -> Fit<'a, Line, [f32; 1]> {
        Fit::new().verbose(0).steps_per_epoch(3)
    }
    let training = fit().epochs(4).callbacks([&mut seen]);
    let error = model().fit_generator(batches(7), training);
    assert!(matches!(error, Err(Error::Ended { batches: 7 })));
    assert_eq!(seen.means, [&[0.0, 1.0, 2.0][..], &[3.0, 4.0, 5.0], &[6.0]]);
    let ended = model().fit_generator(batches(2), fit());
    assert!(matches!(ended, Err(Error::Ended { batches: 2 })));
    assert!(model().fit_generator(batches(6), fit().epochs(2)).is_ok());
}

/// Every validation begins anew, and ends with the data.
#[test]
fn validation_steps() {
    for (steps, want) in [(2, 2), (9, 5)] {
        let (x, mut seen) = (x(), Seen::default());
        let fit = fit().epochs(2).validation_data(&x, &Y);
        let fit = fit.validation_steps(steps).callbacks([&mut seen]);
        let history = model().fit(&x[..5], &Y[..5], fit);
        assert_eq!(seen.tested, [want; 2]);
        assert_eq!(
            history.expect("data that fit").get("val_loss"),
            Some(&[0.25; 2][..])
        );
    }
}

#[test]
fn steps_of_evaluate_and_predict() {
    let mut targets = [[0.0]; N];
    targets[..10].fill([2.0]);
    for (steps, want) in [(2, 4.0), (7, 40.0 / 23.0)] {
        let options = Evaluate::new().batch_size(5).steps(steps);
        let scores = model().evaluate_with(&x(), &targets, options);
        let loss = scores.expect("data that fit").loss;
        assert!((loss - want).abs() < 1e-6, "{loss}");
    }
    for (steps, want) in [(2, 10), (7, N)] {
        let options = Predict::new().batch_size(5).steps(steps);
        let predicted = model().predict_with(&x(), options);
        assert_eq!(predicted.expect("data that fit").len(), want);
    }
}
