//! Penalties and constraints in a model: in the loss that is reported, in an update, after it.

use kseq::constraints::Constraint;
use kseq::model::Model;
use kseq::params::Flat;
use kseq::prelude::*;

/// No value below -0.1.
const FLOOR: Constraint = Constraint::Custom(|w, _shape| {
    for w in w {
        *w = w.max(-0.1);
    }
});

sequential! {
    Plain = [Dense(4, activation = "tanh", input_shape = (3,)), Dense(2, activation = "softmax")]
    Penalised = [
        Dense(4, activation = "tanh", input_shape = (3,), kernel_regularizer = L1L2(l1 = 0.1, l2 = 0.2),
              activity_regularizer = L2(0.3)),
        Dense(2, activation = "softmax", bias_regularizer = "l1", activity_regularizer = L1(0.5)),
    ]
    Constrained = [
        Dense(6, activation = "relu", input_shape = (4,), kernel_constraint = MaxNorm(0.5), bias_constraint = "non_neg"),
        Reshape((3, 2)),
        LSTM(3, kernel_constraint = UnitNorm(axis = (0, 1)), recurrent_constraint = MinMaxNorm(0.4, 0.6, axis = 1),
             use_bias = False, bias_constraint = NonNeg()),
        Dense(2, kernel_constraint = FLOOR),
    ]
    Rows = [
        Embedding(5, 3, input_length = 2, embeddings_constraint = UnitNorm(axis = -1)), Flatten(), Dense(1),
    ]
}

const X: [[f32; 3]; 4] = [
    [0.5, -1.0, 2.0],
    [1.5, 0.3, -0.7],
    [-0.2, 0.9, 0.1],
    [1.0, 1.0, -2.0],
];
const Y: [[f32; 2]; 4] = [[1.0, 0.0], [0.0, 1.0], [1.0, 0.0], [0.0, 1.0]];

fn near(a: f32, b: f32) -> bool {
    (a - b).abs() < 1e-5 * (1.0 + b.abs())
}

/// As in Keras the loss contains the penalties, in training and in `evaluate`; those on outputs for each sample.
#[test]
fn the_loss_contains_the_penalties() {
    let mut plain = Plain::new(3).compile(SGD::new(0.0), CategoricalCrossentropy::default(), ());
    let mut model =
        Penalised::new(3).compile(SGD::new(0.0), CategoricalCrossentropy::default(), ());
    let bias = [0.25, -0.5];
    plain.dense_2.bias = bias;
    model.dense_2.bias = bias;
    let hidden = |x: &[f32; 3]| -> f32 {
        let units = (0..4).map(|unit| {
            let z: f32 = (0..3).map(|i| x[i] * plain.dense_1.kernel[i][unit]).sum();
            z.tanh().powi(2)
        });
        units.sum()
    };
    let kernel = plain.dense_1.kernel.as_flattened();
    let of_kernel: f32 = kernel.iter().map(|w| 0.1 * w.abs() + 0.2 * w * w).sum();
    // The outputs of a softmax sum to 1.
    let of_outputs = 0.3 * X.iter().map(hidden).sum::<f32>() / 4.0 + 0.5;
    let penalty = of_kernel + of_outputs + 0.01 * 0.75;
    let expected = plain.test_on_batch(&X, &Y).unwrap().loss + penalty;
    for found in [
        model.test_on_batch(&X, &Y).unwrap().loss,
        model.evaluate(&X, &Y).unwrap().loss,
        model.train_on_batch(&X, &Y).unwrap().loss,
    ] {
        assert!(near(found, expected), "{found}, expected {expected}");
    }
    assert_eq!(model.predict(&X).unwrap(), plain.predict(&X).unwrap());
}

/// Keras's class has 0 for both, the word 0.01; found by the oracle's random trainings.
#[test]
fn the_class_without_arguments_is_not_the_word() {
    sequential! { Class = [Dense(2, input_shape = (3,), kernel_regularizer = L1L2())] }
    sequential! { Bare = [Dense(2, input_shape = (3,), kernel_regularizer = L1L2)] }
    sequential! { Word = [Dense(2, input_shape = (3,), kernel_regularizer = "l1_l2")] }
    sequential! { Plain = [Dense(2, input_shape = (3,))] }
    let plain = compile!(Plain::new(1), "sgd", "mse")
        .evaluate(&X, &Y)
        .unwrap()
        .loss;
    assert_eq!(
        compile!(Class::new(1), "sgd", "mse")
            .evaluate(&X, &Y)
            .unwrap()
            .loss,
        plain
    );
    assert_eq!(
        compile!(Bare::new(1), "sgd", "mse")
            .evaluate(&X, &Y)
            .unwrap()
            .loss,
        plain
    );
    let word = compile!(Word::new(1), "sgd", "mse")
        .evaluate(&X, &Y)
        .unwrap()
        .loss;
    let w = Plain::new(1);
    let penalty: f32 = w.params().as_f32s()[..6]
        .iter()
        .map(|w| 0.01 * (w.abs() + w * w))
        .sum();
    assert!(
        near(word, plain + penalty),
        "{word}, expected {plain} and {penalty}"
    );
}

/// The same update by hand: the gradient of the penalty is that of the array.
#[test]
fn an_update_takes_the_penalty_in() {
    sequential! { Net = [Dense(2, input_shape = (3,), kernel_regularizer = L1L2(l1 = 0.1, l2 = 0.2))] }
    sequential! { Bare = [Dense(2, input_shape = (3,))] }
    let mut model = Net::new(1).compile(SGD::new(0.5), MeanSquaredError::default(), ());
    let mut bare = Bare::new(1).compile(SGD::new(0.5), MeanSquaredError::default(), ());
    let before: Vec<f32> = model.params().as_f32s().to_vec();
    model.train_on_batch(&X, &Y).unwrap();
    bare.train_on_batch(&X, &Y).unwrap();
    for (i, w) in before.iter().enumerate() {
        let of_penalty = if i < 6 {
            0.1 * w.signum() + 0.4 * w
        } else {
            0.0
        };
        let expected = bare.params().as_f32s()[i] - 0.5 * of_penalty;
        assert!(near(model.params().as_f32s()[i], expected), "[{i}]");
    }
}

#[test]
fn constraints_hold_after_every_update() {
    let mut model = Constrained::new(2).compile(SGD::new(0.3), MeanSquaredError::default(), ());
    let x = [[0.5, -1.0, 2.0, 0.1], [1.5, 0.3, -0.7, -3.0]];
    let y = [[5.0, -5.0], [-5.0, 5.0]];
    for _ in 0..3 {
        model.train_on_batch(&x, &y).unwrap();
        for unit in 0..6 {
            let square: f32 = (0..4).map(|i| model.dense_1.kernel[i][unit].powi(2)).sum();
            assert!(square.sqrt() < 0.5 + 1e-5);
            assert!(model.dense_1.bias[unit] >= 0.0);
        }
        let kernel = model.lstm_1.kernel.as_flattened();
        assert!(near(kernel.iter().map(|w| w * w).sum::<f32>().sqrt(), 1.0));
        for row in &model.lstm_1.recurrent_kernel {
            let norm = row.iter().map(|w| w * w).sum::<f32>().sqrt();
            assert!(norm > 0.4 - 1e-5 && norm < 0.6 + 1e-5, "{norm}");
        }
        let last = model.dense_2.kernel.as_flattened();
        assert!(last.iter().all(|w| *w >= -0.1));
    }
    assert!(model.dense_2.kernel.as_flattened().contains(&-0.1));
}

#[test]
fn rows_of_an_embedding() {
    let mut model = Rows::new(2).compile(SGD::new(0.1), MeanSquaredError::default(), ());
    model.train_on_batch(&[[1, 3]], &[[1.0]]).unwrap();
    for row in &model.embedding_1.embeddings {
        assert!(near(row.iter().map(|w| w * w).sum::<f32>().sqrt(), 1.0));
    }
}

/// As in Keras a frozen layer has no penalty, and its arrays stay as they are.
#[test]
fn frozen_layers_have_neither() {
    sequential! { Net = [
        Dense(4, input_shape = (3,), kernel_regularizer = L2(10.0), kernel_constraint = NonNeg()),
        Dense(2, kernel_regularizer = "l2"),
    ] }
    let mut model = Net::new(1).compile(SGD::new(0.5), MeanSquaredError::default(), ());
    model.set_trainable("dense_1", false).unwrap();
    let before = model.dense_1.kernel;
    let squares: f32 = model
        .dense_2
        .kernel
        .as_flattened()
        .iter()
        .map(|w| w * w)
        .sum();
    let y = model.predict(&X).unwrap();
    let errors = y
        .iter()
        .zip(&Y)
        .flat_map(|(y, t)| [y[0] - t[0], y[1] - t[1]]);
    let expected = errors.map(|e| e * e).sum::<f32>() / 8.0 + 0.01 * squares;
    assert!(near(model.evaluate(&X, &Y).unwrap().loss, expected));
    assert!(near(model.train_on_batch(&X, &Y).unwrap().loss, expected));
    assert_eq!(model.dense_1.kernel, before);
    assert!(before.as_flattened().iter().any(|w| *w < 0.0));
}

/// A penalty makes the gradient of an `Embedding` dense, also for an optimizer that squares single ones.
#[test]
fn a_penalised_embedding_has_a_dense_gradient() {
    sequential! { Bare = [Embedding(5, 3, input_length = 2), Flatten(), Dense(1)] }
    sequential! { Net = [
        Embedding(5, 3, input_length = 2, embeddings_regularizer = L2(0.1)), Flatten(), Dense(1),
    ] }
    use kseq::__core::step::occurrences;
    assert_eq!(occurrences::<Bare, RMSprop>(), 15);
    assert_eq!(occurrences::<Net, RMSprop>(), 0);
}
