//! The other arguments of `fit`, `evaluate` and the `*_on_batch` family: weights, orders, steps,
//! callbacks, frozen layers.

use kseq::params::Flat;
use kseq::prelude::*;
use kseq::rng::{Purpose, Rng};
use kseq::train::{ClassWeight, Position};

sequential! { Linear = [Dense(1, input_dim = 2)] }
sequential! { Classes = [Dense(3, activation = "softmax", input_dim = 2)] }
sequential! { Steps = [LSTM(3, return_sequences = true, input_shape = (4, 2)), Dense(1)] }

fn data(n: usize) -> (Vec<[f32; 2]>, Vec<[f32; 1]>) {
    let mut rng = Rng::new(3, Purpose::User, 0, 0);
    let x: Vec<[f32; 2]> = (0..n).map(|_| [rng.normal(), rng.normal()]).collect();
    let y = x.iter().map(|[a, b]| [a - 2.0 * b + 1.0]).collect();
    (x, y)
}

type Mse<M> = Compiled<M, SGD, MeanSquaredError, ()>;

fn linear() -> Mse<Linear> {
    Linear::new(0).compile(SGD::new(0.1), MeanSquaredError::default(), ())
}

fn bits<M: Model>(model: &Sequential<M>) -> Vec<u32> {
    model
        .params()
        .as_f32s()
        .iter()
        .map(|p| p.to_bits())
        .collect()
}

/// What a callback has seen.
#[derive(Default)]
struct Seen {
    events: Vec<String>,
    positions: Vec<Position>,
    stop_at: Option<usize>,
}

impl<M: Model> Callback<M> for Seen {
    fn on_train_begin(&mut self, _: &mut Training<'_, M>) -> Result<(), Error> {
        self.events.push("train".into());
        Ok(())
    }
    fn on_train_end(&mut self, _: &mut Training<'_, M>) -> Result<(), Error> {
        self.events.push("end".into());
        Ok(())
    }
    fn on_epoch_begin(&mut self, epoch: usize, _: &mut Training<'_, M>) -> Result<(), Error> {
        self.events.push(format!("epoch {epoch}"));
        Ok(())
    }
    fn on_epoch_end(
        &mut self,
        epoch: usize,
        logs: &Logs<'_>,
        t: &mut Training<'_, M>,
    ) -> Result<(), Error> {
        let names: Vec<&str> = logs.iter().map(|(name, _)| name).collect();
        self.events
            .push(format!("epoch {epoch} {}", names.join(" ")));
        assert_eq!(t.history().last("loss"), logs.get("loss"));
        Ok(())
    }
    fn on_train_batch_begin(&mut self, batch: usize, _: &mut Training<'_, M>) -> Result<(), Error> {
        self.events.push(format!("batch {batch}"));
        Ok(())
    }
    fn on_train_batch_end(
        &mut self,
        batch: usize,
        _: &Logs<'_>,
        t: &mut Training<'_, M>,
    ) -> Result<(), Error> {
        self.positions.push(t.position());
        if self.stop_at == Some(batch) {
            t.stop_training();
        }
        Ok(())
    }
    fn on_test_begin(&mut self, _: &mut Training<'_, M>) -> Result<(), Error> {
        self.events.push("test".into());
        Ok(())
    }
    fn on_test_batch_end(
        &mut self,
        batch: usize,
        _: &Logs<'_>,
        _: &mut Training<'_, M>,
    ) -> Result<(), Error> {
        self.events.push(format!("tested {batch}"));
        Ok(())
    }
}

#[test]
fn callbacks_are_called_in_keras_s_order() {
    let (x, y) = data(6);
    let mut seen = Seen::default();
    let fit = Fit::new().batch_size(3).epochs(2).verbose(0);
    let fit = fit.validation_data(&x[..4], &y[..4]).validation_freq(&[2]);
    linear().fit(&x, &y, fit.callbacks([&mut seen])).unwrap();
    let expected = "train|epoch 0|batch 0|batch 1|epoch 0 loss|\
                    epoch 1|batch 0|batch 1|test|tested 0|tested 1|epoch 1 loss val_loss|end";
    assert_eq!(seen.events.join("|"), expected);
}

#[test]
fn a_callback_can_stop_and_its_error_ends_fit() {
    struct Fails;
    impl<M: Model> Callback<M> for Fails {
        fn on_epoch_end(
            &mut self,
            _: usize,
            _: &Logs<'_>,
            _: &mut Training<'_, M>,
        ) -> Result<(), Error> {
            Err(Error::Empty {
                what: "my callback",
            })
        }
    }
    let (x, y) = data(8);
    let mut seen = Seen {
        stop_at: Some(1),
        ..Seen::default()
    };
    let fit = Fit::new().batch_size(2).epochs(5).verbose(0);
    let history = linear().fit(&x, &y, fit.callbacks([&mut seen])).unwrap();
    assert_eq!((history.epoch(), seen.positions.len()), (&[0][..], 2));
    let mut fails = Fails;
    let fit = Fit::new().verbose(0).callbacks([&mut fails]);
    let error = linear().fit(&x, &y, fit).unwrap_err();
    assert!(error.to_string().starts_with("my callback"));
}

/// Keras looks after a batch whether it is to stop: no epoch is without values.
#[test]
fn an_epoch_that_is_stopped_at_its_beginning_has_one_batch() {
    struct Stops;
    impl<M: Model> Callback<M> for Stops {
        fn on_epoch_begin(&mut self, epoch: usize, t: &mut Training<'_, M>) -> Result<(), Error> {
            if epoch == 1 {
                t.stop_training();
            }
            Ok(())
        }
    }
    let (x, y) = data(8);
    let (mut seen, mut stops) = (Seen::default(), Stops);
    let fit = Fit::new().batch_size(2).epochs(5).verbose(0);
    let fit = fit.callbacks([&mut stops, &mut seen]);
    let history = linear().fit(&x, &y, fit).unwrap();
    assert_eq!((history.epoch(), seen.positions.len()), (&[0, 1][..], 5));
    assert!(history.last("loss") > Some(0.0));
}

/// A callback's own values are in the history, one for each epoch; those of `fit` stay as they are.
#[test]
fn callbacks_log_under_names_of_their_own() {
    struct Notes;
    impl<M: Model> Callback<M> for Notes {
        fn on_epoch_end(
            &mut self,
            epoch: usize,
            _: &Logs<'_>,
            t: &mut Training<'_, M>,
        ) -> Result<(), Error> {
            for (name, value) in [("loss", -1.0), ("mine", epoch as f32), ("mine", 9.0)] {
                t.log(name, value);
            }
            Ok(())
        }
    }
    let (x, y) = data(4);
    let mut log = Notes;
    let fit = Fit::new().epochs(2).verbose(0).callbacks([&mut log]);
    let history = linear().fit(&x, &y, fit).unwrap();
    assert_eq!(history.get("mine"), Some(&[0.0, 1.0][..]));
    let loss = history.get("loss").unwrap();
    assert!(loss.len() == 2 && loss.iter().all(|l| *l > 0.0));
}

#[test]
fn a_monitored_name_must_exist() {
    struct Watches(&'static str);
    impl<M: Model> Callback<M> for Watches {
        fn monitor(&self) -> Option<&str> {
            Some(self.0)
        }
    }
    let (x, y) = data(4);
    let mut model = linear();
    let before = bits(&model);
    let mut watches = Watches("val_loss");
    let fit = Fit::new().verbose(0).callbacks([&mut watches]);
    let error = model.fit(&x, &y, fit).unwrap_err().to_string();
    let text = "a callback monitors `val_loss`, but there are only: loss; give fit validation data";
    assert_eq!(error, text);
    assert_eq!(bits(&model), before);
    let mut watches = Watches("loss");
    let fit = Fit::new().verbose(0).callbacks([&mut watches]);
    model.fit(&x, &y, fit).unwrap();
}

#[test]
fn sample_weights_are_those_of_repeated_samples() {
    let (x, y) = data(4);
    // Weights 2, 0, 1, 1 of four samples: the gradient of sample 0 twice, over four.
    let doubled = ([x[0], x[0], x[2], x[3]], [y[0], y[0], y[2], y[3]]);
    let fit = || Fit::new().batch_size(4).shuffle(false).verbose(0);
    let (mut one, mut other) = (linear(), linear());
    one.fit(&x, &y, fit().sample_weight(&[2.0, 0.0, 1.0, 1.0]))
        .unwrap();
    other.fit(&doubled.0, &doubled.1, fit()).unwrap();
    for (a, b) in one.params().as_f32s().iter().zip(other.params().as_f32s()) {
        assert!((a - b).abs() < 1e-6);
    }
    let options = Evaluate::new().sample_weight(&[2.0, 0.0, 1.0, 1.0]);
    let weighted = one.evaluate_with(&x, &y, options).unwrap().loss;
    let plain = one.evaluate(&doubled.0, &doubled.1).unwrap().loss;
    assert!((weighted - plain).abs() < 1e-6);
    let on_batch = OnBatch::new().sample_weight(&[2.0, 0.0, 1.0, 1.0]);
    let loss = one.test_on_batch_with(&x, &y, on_batch).unwrap().loss;
    assert_eq!(loss, weighted);
}

#[test]
fn weights_of_time_steps() {
    let x: Vec<[[f32; 2]; 4]> = (0..3).map(|i| [[i as f32, 1.0]; 4]).collect();
    let y = [[[1.0]; 4]; 3];
    let new = || Steps::new(0).compile(SGD::new(0.1), MeanSquaredError::default(), ());
    let fit = || Fit::new().shuffle(false).verbose(0);
    let (mut one, mut other) = (new(), new());
    // The same weight for each step of a sample is a weight of the sample.
    let by_step = [[2.0; 4], [0.0; 4], [1.0; 4]];
    one.fit(&x, &y, fit().sample_weight(&by_step)).unwrap();
    let repeated = [x[0], x[0], x[2]];
    other.fit(&repeated, &y, fit()).unwrap();
    // The sums are of other numbers.
    let trained = bits(&other);
    for (a, b) in bits(&one).into_iter().zip(&trained) {
        assert!((f32::from_bits(a) - f32::from_bits(*b)).abs() < 1e-6);
    }
    // One weight for all steps is refused, as in Keras 3.
    let by_sample = [2.0, 0.0, 1.0];
    let text = "sample_weight: expected one for each step, `[f32; 4]`: the output is a sequence";
    let refused = |error: Error| assert_eq!(error.to_string(), text);
    refused(
        other
            .fit(&x, &y, fit().sample_weight(&by_sample))
            .unwrap_err(),
    );
    let options = Evaluate::new().sample_weight(&by_sample);
    refused(other.evaluate_with(&x, &y, options).unwrap_err());
    let options = OnBatch::new().sample_weight(&by_sample);
    refused(other.train_on_batch_with(&x, &y, options).unwrap_err());
    let data = fit().validation_data(&x, &y);
    let data = data.validation_sample_weight(&by_sample);
    let error = other.fit(&x, &y, data).unwrap_err().to_string();
    assert_eq!(error, format!("validation_{text}"));
    let batch = || std::iter::once((x.to_vec(), y.to_vec(), by_sample.to_vec()));
    let said = |error: Error| {
        assert_eq!(
            error.to_string(),
            format!("batch 0 of the generator: {text}")
        )
    };
    said(
        other
            .fit_generator(batch(), fit().steps_per_epoch(1))
            .unwrap_err(),
    );
    said(
        other
            .evaluate_generator(batch(), Evaluate::new().steps(1))
            .unwrap_err(),
    );
    assert_eq!(bits(&other), trained);
    // A step without weight does not count, whatever its target.
    let last_only = [[0.0, 0.0, 0.0, 1.0]; 3];
    let mut changed = y;
    changed[1][2] = [99.0];
    let loss = |y: &[[[f32; 1]; 4]]| {
        let options = Evaluate::new().sample_weight(&last_only);
        new().evaluate_with(&x, y, options).unwrap().loss
    };
    assert_eq!(loss(&y), loss(&changed));
}

#[test]
fn class_weights_are_sample_weights() {
    let (x, _) = data(6);
    let y: [u32; 6] = [0, 1, 2, 2, 1, 0];
    let new = || {
        Classes::new(0).compile(
            SGD::new(0.1),
            SparseCategoricalCrossentropy::default(),
            (Accuracy,),
        )
    };
    let fit = || Fit::new().shuffle(false).verbose(0);
    let (mut one, mut other) = (new(), new());
    let by_class = [1.0, 0.5, 3.0];
    let by_sample = y.map(|y| by_class[y as usize]);
    let history = one.fit(&x, &y, fit().class_weight(by_class)).unwrap();
    other.fit(&x, &y, fit().sample_weight(&by_sample)).unwrap();
    assert_eq!(bits(&one), bits(&other));
    // Metrics are not weighted.
    let accuracy = new().evaluate(&x, &y).unwrap().metrics.0;
    assert_eq!(history.last("accuracy"), Some(accuracy));
    let one_hot: Vec<[f32; 3]> = to_categorical(&y).unwrap();
    for (y, one_hot) in y.iter().zip(&one_hot) {
        let weight = ClassWeight::<[f32; 3], _>::of(&by_class, one_hot);
        assert_eq!(weight, ClassWeight::<[f32; 3], _>::of(&by_class, y));
    }
    // Both: the product.
    let (mut one, mut other) = (new(), new());
    let both = fit().class_weight(by_class).sample_weight(&by_sample);
    one.fit(&x, &y, both).unwrap();
    other
        .fit(&x, &y, fit().sample_weight(&by_sample.map(|w| w * w)))
        .unwrap();
    assert_eq!(bits(&one), bits(&other));
}

#[test]
fn wrong_class_weights_are_refused() {
    let (x, _) = data(3);
    let refused = |weights: [f32; 3]| {
        let loss = SparseCategoricalCrossentropy::default();
        let mut model = Classes::new(0).compile(SGD::new(0.1), loss, ());
        let y = [0u32, 1, 2];
        let fit = Fit::new().verbose(0).class_weight(weights);
        let error = model.fit(&x, &y, fit).unwrap_err().to_string();
        let fit = Fit::new().verbose(0).steps_per_epoch(1);
        let batch = || (x.clone(), y.to_vec());
        let generator = std::iter::repeat_with(batch);
        let generated = model.fit_generator(generator, fit.class_weight(weights));
        assert_eq!(generated.unwrap_err().to_string(), error);
        let options = OnBatch::new().class_weight(weights);
        let on_batch = model.train_on_batch_with(&x, &y, options);
        assert_eq!(on_batch.unwrap_err().to_string(), error);
        error
    };
    let text = "class_weight: expected finite weights, found NaN for class 1";
    assert_eq!(refused([1.0, f32::NAN, 1.0]), text);
    let text = "class_weight: expected finite weights, found NaN for class 2";
    assert_eq!(refused([1.0, 2.0, f32::NAN]), text);
    // For one unit the compiler takes one weight for two.
    let y = [[0.0], [1.0], [1.0]];
    let fit = Fit::new().verbose(0).class_weight([2.0]);
    let error = linear().fit(&x, &y, fit).unwrap_err().to_string();
    let text = "class_weight: one output unit has two classes: expected two weights, found one";
    assert_eq!(error, text);
}

/// The weights of the validation are independent of those of the training, in type and order.
#[test]
fn validation_weights_by_themselves() {
    let (x, y) = data(6);
    let weights = [2.0, 0.0, 1.0, 1.0];
    let fit = || Fit::new().verbose(0).shuffle(false);
    let validated = |fit: Fit<'_, Linear, [f32; 1]>| {
        let mut model = linear();
        let found = model.fit(&x, &y, fit).unwrap().last("val_loss").unwrap();
        let options = Evaluate::new().sample_weight(&weights);
        let want = model.evaluate_with(&x[..4], &y[..4], options).unwrap();
        assert_eq!(found, want.loss);
    };
    let data = || fit().validation_data(&x[..4], &y[..4]);
    validated(data().validation_sample_weight(&weights));
    validated(
        data()
            .sample_weight(&[1.0; 6])
            .validation_sample_weight(&weights),
    );
    validated(
        data()
            .validation_sample_weight(&weights)
            .sample_weight(&[1.0; 6]),
    );
    // Of time steps, for a training without any.
    let x = [[[1.0, 0.5]; 4], [[0.0, -1.0]; 4]];
    let y = [[[1.0]; 4], [[0.5]; 4]];
    let by_step = [[0.0, 0.0, 0.0, 1.0], [2.0; 4]];
    let mut model = Steps::new(0).compile(SGD::new(0.1), MeanSquaredError::default(), ());
    let fit = Fit::new().verbose(0).validation_data(&x, &y);
    let fit = fit.validation_sample_weight(&by_step);
    let history = model.fit(&x, &y, fit).unwrap();
    let options = Evaluate::new().sample_weight(&by_step);
    let want = model.evaluate_with(&x, &y, options).unwrap().loss;
    assert_eq!(history.last("val_loss"), Some(want));
}

/// What would be ignored is an error.
#[test]
fn validation_arguments_without_their_data_are_refused() {
    let (x, y) = data(4);
    let batches = || std::iter::repeat_with(|| (vec![[0.0; 2]; 2], vec![[0.0]; 2])).take(1);
    let fit = || Fit::new().verbose(0);
    for (fit, text) in [
        (
            fit().validation_sample_weight(&[1.0; 4]),
            "validation_sample_weight: there is no `validation_data` that it belongs to",
        ),
        (
            fit()
                .validation_split(0.5)
                .validation_sample_weight(&[1.0; 2]),
            "validation_sample_weight: of a `validation_split` the weights are the end of `sample_weight`",
        ),
        (
            fit()
                .validation_generator(batches())
                .validation_sample_weight(&[1.0; 2]),
            "validation_sample_weight: the generator gives the weights with its batches: `(x, y, \
             sample_weight)`",
        ),
        (
            fit()
                .validation_generator(batches())
                .validation_batch_size(1),
            "validation_batch_size: the generator decides how many samples a batch has",
        ),
    ] {
        assert_eq!(linear().fit(&x, &y, fit).unwrap_err().to_string(), text);
    }
}

/// As in Keras: the model goes away from such a sample's target.
#[test]
fn a_negative_weight_turns_a_sample_around() {
    let (x, y) = data(1);
    let loss = |weight: f32| {
        let mut model = linear();
        let before = model.evaluate(&x, &y).unwrap().loss;
        let weights = [weight];
        let fit = Fit::new().verbose(0).epochs(3).sample_weight(&weights);
        model.fit(&x, &y, fit).unwrap();
        model.evaluate(&x, &y).unwrap().loss - before
    };
    assert!(loss(-1.0) > 0.0 && loss(1.0) < 0.0);
}

#[test]
fn wrong_weights_are_refused() {
    let (x, y) = data(4);
    let refused = |weights: &[f32]| {
        let fit = Fit::new().verbose(0).sample_weight(weights);
        linear().fit(&x, &y, fit).unwrap_err().to_string()
    };
    let text = "sample_weight: expected one for each of the 4 samples, found 3";
    assert_eq!(refused(&[1.0; 3]), text);
    let text = "sample_weight: expected finite weights, found NaN for sample 2";
    assert_eq!(refused(&[1.0, 1.0, f32::NAN, 1.0]), text);
    let fit = || Fit::new().verbose(0);
    for (fit, text) in [
        (
            fit().batch_size(0),
            "batch_size: expected at least 1, found 0",
        ),
        (
            fit().steps_per_epoch(0),
            "steps_per_epoch: expected at least 1, found 0",
        ),
        (
            fit().validation_freq(0),
            "validation_freq: expected at least 1, found 0",
        ),
    ] {
        assert_eq!(linear().fit(&x, &y, fit).unwrap_err().to_string(), text);
    }
}

#[test]
fn shuffle_batch_keeps_neighbours_together() {
    /// Which samples came together, by their first feature.
    #[derive(Default)]
    struct Batches(Vec<Vec<usize>>);
    impl Callback<Linear> for Batches {
        fn on_train_batch_end(
            &mut self,
            _: usize,
            _: &Logs<'_>,
            t: &mut Training<'_, Linear>,
        ) -> Result<(), Error> {
            // With zero weights the gradient of the kernel is -2 mean(y x), and x counts up.
            self.0
                .push(vec![t.gradients().dense_1.kernel[0][0] as usize]);
            Ok(())
        }
    }
    // One-hot in powers of two would overflow: the mean of two neighbours 2k, 2k + 1 tells k.
    let x: Vec<[f32; 2]> = (0..11).map(|i| [i as f32, 0.0]).collect();
    let y = [[-0.5]; 11];
    let mut model = Linear::new(7).compile(SGD::new(0.0), MeanSquaredError::default(), ());
    model.params_mut().as_f32s_mut().fill(0.0);
    let mut seen = Batches::default();
    let fit = Fit::new().batch_size(2).epochs(3).verbose(0);
    let fit = fit.shuffle("batch").callbacks([&mut seen]);
    model.fit(&x, &y, fit).unwrap();
    let means: Vec<usize> = seen.0.concat();
    for epoch in means.chunks(6) {
        // Pairs (0, 1), (2, 3), ... have means 0.5, 2.5, ..; the single last sample comes last.
        assert_eq!(epoch[5], 10);
        let mut pairs = epoch[..5].to_vec();
        pairs.sort_unstable();
        assert_eq!(pairs, [0, 2, 4, 6, 8]);
    }
    assert_ne!(means[..6], means[6..12]);
    assert_eq!(Shuffle::from("batch"), Shuffle::Batch);
    let fit = Fit::new().verbose(0).shuffle("batches");
    let wrong = model.fit(&x, &y, fit).unwrap_err().to_string();
    assert!(
        wrong.contains("shuffle: expected `true`, `false` or \"batch\", found \"batches\""),
        "{wrong}"
    );
}

#[test]
fn steps_go_on_where_the_epoch_before_ended() {
    let (x, y) = data(10);
    // 5 batches: epochs of 2 steps take batches 0 1 | 2 3 | 4, and an epoch ends with the data.
    let mut by_steps = linear();
    let fit = Fit::new().batch_size(2).shuffle(false).verbose(0);
    by_steps
        .fit(&x, &y, fit.epochs(3).steps_per_epoch(2))
        .unwrap();
    let mut by_hand = linear();
    for batch in [0, 1, 2, 3, 4] {
        let range = 2 * batch..2 * batch + 2;
        by_hand
            .train_on_batch(&x[range.clone()], &y[range])
            .unwrap();
    }
    assert_eq!(bits(&by_steps), bits(&by_hand));
    // Of a validation: the first steps.
    let fit = Fit::new().batch_size(2).verbose(0).validation_data(&x, &y);
    let history = by_steps.fit(&x, &y, fit.validation_steps(2)).unwrap();
    let first = by_steps.evaluate(&x[..4], &y[..4]).unwrap().loss;
    assert!((history.last("val_loss").unwrap() - first).abs() < 1e-6);
    let options = Evaluate::new().batch_size(2).steps(2);
    assert_eq!(
        by_steps.evaluate_with(&x, &y, options).unwrap().loss,
        history.last("val_loss").unwrap()
    );
    let predicted = by_steps
        .predict_with(&x, Predict::new().batch_size(3).steps(2))
        .unwrap();
    assert_eq!(predicted, by_steps.predict(&x).unwrap()[..6]);
}

#[test]
fn loss_weights_scale_loss_and_gradient() {
    let (x, y) = data(8);
    let mut plain = Linear::new(0).compile(SGD::new(0.2), MeanSquaredError::default(), ());
    let mut scaled = linear().loss_weights(2.0);
    let (a, b) = (
        plain.train_on_batch(&x, &y).unwrap(),
        scaled.train_on_batch(&x, &y).unwrap(),
    );
    assert_eq!(b.loss, 2.0 * a.loss);
    for (p, s) in plain
        .params()
        .as_f32s()
        .iter()
        .zip(scaled.params().as_f32s())
    {
        assert!((p - s).abs() < 1e-6);
    }
    let error = linear()
        .loss_weights(f32::NAN)
        .fit(&x, &y, Fit::new().verbose(0));
    assert!(
        error
            .unwrap_err()
            .to_string()
            .starts_with("loss_weights: expected a finite number")
    );
}
