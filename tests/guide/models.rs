//! The models that most guides begin with, and their two small trainings.

use kseq::params::Flat;
use kseq::prelude::*;

use super::{close, column, keys, randint, random, rng};

/// `Sequential([Dense(32, input_shape=(784,)), Activation('relu'), Dense(10), Activation('softmax')])`
pub fn list() {
    let model = sequential!([
        Dense(32, input_shape = (784,)),
        Activation("relu"),
        Dense(10),
        Activation("softmax")
    ]);
    let layer = |i: usize| model.get_layer(i).unwrap().info;
    let layers: Vec<_> = (0..4)
        .map(|i| (layer(i).class_name, layer(i).output.last()))
        .collect();
    let expected = [
        ("Dense", 32),
        ("Activation", 32),
        ("Dense", 10),
        ("Activation", 10),
    ];
    assert_eq!(layers, expected);
    assert_eq!(model.params().as_f32s().len(), 784 * 32 + 32 + 32 * 10 + 10);
    let y: Vec<[f32; 10]> = model.predict(&random(&mut rng(1), 5)).unwrap();
    assert_eq!(y.len(), 5);
    for probabilities in y {
        assert!(probabilities.iter().all(|p| (0.0..1.0).contains(p)));
        close(probabilities.iter().sum(), 1.0);
    }
}

/// `model = Sequential(); model.add(Dense(32, input_dim=784)); model.add(Activation('relu'))`
pub fn add() {
    sequential! {
        let mut model = Sequential();
        model.add(Dense(32, input_dim = 784));
        model.add(Activation("relu"));
    }
    model.dense_1.bias[4] = -100.0;
    let x: Vec<[f32; 784]> = random(&mut rng(1), 3);
    let y = model.predict(&x).unwrap();
    for (x, y) in x.iter().zip(&y) {
        for (unit, y) in y.iter().enumerate() {
            let kernel = model.dense_1.kernel.iter().map(|row| f64::from(row[unit]));
            let sum: f64 = x.iter().zip(kernel).map(|(x, k)| f64::from(*x) * k).sum();
            let expected = (sum + f64::from(model.dense_1.bias[unit])).max(0.0);
            assert!((f64::from(*y) - expected).abs() < 1e-5, "{y} {expected}");
        }
        assert_eq!(y[4], 0.0);
        assert!(y.iter().any(|y| *y > 0.0));
    }
}

/// The parameters of `Dense(32, input_shape=(784,))`.
pub fn by_input_shape() -> Vec<f32> {
    sequential! {
        let mut model = Sequential();
        model.add(Dense(32, input_shape = (784,)));
    }
    model.params().as_f32s().to_vec()
}

/// The parameters of `Dense(32, input_dim=784)`.
pub fn by_input_dim() -> Vec<f32> {
    sequential! {
        let mut model = Sequential();
        model.add(Dense(32, input_dim = 784));
    }
    model.params().as_f32s().to_vec()
}

/// What says the shape of the input says the same.
pub fn the_same_input(parameters: &[f32]) {
    assert_eq!(parameters.len(), 784 * 32 + 32);
    assert_eq!(parameters, by_input_shape());
    assert_eq!(parameters, by_input_dim());
}

/// A classifier of two classes, trained for ten epochs on random data.
pub fn two_classes() {
    sequential! {
        let mut model = Sequential();
        model.add(Dense(32, activation = "relu", input_dim = 100));
        model.add(Dense(1, activation = "sigmoid"));
    }
    let mut model = compile!(
        model,
        optimizer = "rmsprop",
        loss = "binary_crossentropy",
        metrics = ["accuracy"]
    );

    // Generate dummy data: numbers in [0, 1), and classes 0 and 1.
    let rng = &mut rng(0);
    let data: Vec<[f32; 100]> = random(rng, 1000);
    let labels = column(&randint(rng, 2, 1000));
    assert!(data.as_flattened().iter().all(|v| (0.0..1.0).contains(v)));
    assert!(labels.contains(&[0.0]) && labels.contains(&[1.0]));

    // Train the model, iterating on the data in batches of 32 samples.
    let mut steps = Steps(Vec::new());
    let fit = Fit::new().epochs(10).batch_size(32).verbose(0);
    let history = model
        .fit(&data, &labels, fit.callbacks([&mut steps]))
        .unwrap();
    trained_by_heart(&history, &steps, f64::ln(2.0));
    assert_eq!(model.params().as_f32s().len(), 100 * 32 + 32 + 32 + 1);
    let scores = model.evaluate(&data, &labels).unwrap();
    // Better than a coin on what it has seen.
    assert!(scores.loss < 0.69 && scores.metrics.0 > 0.55, "{scores:?}");
}

/// A classifier of ten classes, trained for ten epochs on random data.
pub fn ten_classes() {
    sequential! {
        let mut model = Sequential();
        model.add(Dense(32, activation = "relu", input_dim = 100));
        model.add(Dense(10, activation = "softmax"));
    }
    let mut model = compile!(
        model,
        optimizer = "rmsprop",
        loss = "categorical_crossentropy",
        metrics = ["accuracy"]
    );

    let rng = &mut rng(0);
    let data: Vec<[f32; 100]> = random(rng, 1000);
    let labels = randint(rng, 10, 1000);

    // Convert labels to categorical one-hot encoding: (1000, 10).
    let one_hot_labels: Vec<[f32; 10]> = to_categorical(&labels).unwrap();
    for (row, label) in one_hot_labels.iter().zip(&labels) {
        let expected: [f32; 10] =
            std::array::from_fn(|i| f32::from(u8::from(i == *label as usize)));
        assert_eq!(*row, expected);
    }

    let mut steps = Steps(Vec::new());
    let fit = Fit::new().epochs(10).batch_size(32).verbose(0);
    let history = model
        .fit(&data, &one_hot_labels, fit.callbacks([&mut steps]))
        .unwrap();
    trained_by_heart(&history, &steps, f64::ln(10.0));
    let scores = model.evaluate(&data, &one_hot_labels).unwrap();
    assert!(scores.loss < 2.3 && scores.metrics.0 > 0.13, "{scores:?}");
}

/// The number of batches of each epoch.
pub struct Steps(pub Vec<usize>);

impl<M: Model> Callback<M> for Steps {
    fn on_epoch_begin(&mut self, _: usize, _: &mut Training<'_, M>) -> Result<(), Error> {
        self.0.push(0);
        Ok(())
    }

    fn on_train_batch_end(
        &mut self,
        batch: usize,
        _: &Logs<'_>,
        _: &mut Training<'_, M>,
    ) -> Result<(), Error> {
        if let Some(steps) = self.0.last_mut() {
            *steps = batch + 1;
        }
        Ok(())
    }
}

/// Ten epochs of 1000 / 32 steps; the loss begins near that of guessing, and falls.
fn trained_by_heart(history: &History, steps: &Steps, guessing: f64) {
    assert_eq!(keys(history), ["loss", "accuracy"]);
    assert_eq!(history.epoch(), (0..10).collect::<Vec<_>>());
    assert_eq!(steps.0, [32; 10]);
    let loss = history.get("loss").unwrap();
    assert!(
        (f64::from(loss[0]) / guessing - 1.0).abs() < 0.1,
        "{loss:?}"
    );
    assert!(loss[9] < loss[0] - 0.01, "{loss:?}");
}
