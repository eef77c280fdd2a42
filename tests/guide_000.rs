//! `../shared/seeds/000_06dd33fc059a11f3.txt`: `compile` with its optimizers and losses.

mod guide;

use guide::close;
use kseq::losses::Loss;
use kseq::metrics;
use kseq::optimizers::Optimizer;
use kseq::prelude::*;

sequential! {
    /// For the sample x with target 0 the gradient of its only weight w, 1 in the beginning, is 2 x^2 w.
    One = [Dense(1, use_bias = False, kernel_initializer = "ones", input_dim = 1)]
}

/// Six updates of [`One`], each of which is to take `step(k, gradient)` from the weight: with large
/// gradients, and with small ones, of which epsilon is a part.
#[track_caller]
fn follows<O: Optimizer, R: FnMut(f64, f64) -> f64>(
    model: impl Fn() -> Compiled<One, O, MeanSquaredError, ()>,
    rule: impl Fn() -> R,
) {
    for x in [1.0f32, 0.03] {
        let (mut model, mut step, mut weight) = (model(), rule(), 1.0);
        for k in 0..6 {
            model.train_on_batch(&[[x]], &[[0.0]]).unwrap();
            weight -= step(f64::from(k), 2.0 * f64::from(x * x) * weight);
            let found = f64::from(model.dense_1.kernel[0][0]);
            let (moved, expected) = (1.0 - found, 1.0 - weight);
            // A weight near 1 is rounded to 6e-8.
            let bound = 4e-7 + 1e-5 * expected.abs();
            assert!(
                (moved - expected).abs() < bound,
                "update {k}: found {moved}, expected {expected}"
            );
        }
    }
}

/// Keras's `K.epsilon()`, which `epsilon=None` means.
const EPSILON: f64 = 1e-7;

/// `compile(self, optimizer, loss, metrics=None, sample_weight_mode=None, weighted_metrics=None,
/// target_tensors=None)`: in this order, by position, and with objects in place of strings.
#[test]
fn compile() {
    let model = compile!(
        One::new(0),
        optimizers::SGD(lr = 0.25),
        losses::MeanSquaredError(),
        [metrics::MeanAbsoluteError()],
        None,
        None,
        [metrics::MeanAbsoluteError()],
        None,
    );
    let names = [
        "loss",
        "mean_absolute_error",
        "weighted_mean_absolute_error",
    ];
    assert_eq!(model.metrics_names(), names);
    let mut same = One::new(0).compile(
        SGD::new(0.25),
        MeanSquaredError::new(),
        (
            metrics::MeanAbsoluteError::default(),
            Weighted(metrics::MeanAbsoluteError::default()),
        ),
    );
    let mut model = model;
    let weights = OnBatch::new().sample_weight(&[3.0, 1.0]);
    let train = |model: &mut Compiled<One, SGD, MeanSquaredError, _>| {
        model.train_on_batch_with(&[[1.0]; 2], &[[0.0], [3.0]], weights)
    };
    let scores = train(&mut model).unwrap();
    assert_eq!(scores, train(&mut same).unwrap());
    close(scores.loss, (3.0 * 1.0 + 4.0) / 2.0);
    assert_eq!(scores.metrics, (1.5, 1.25));
    // 1 - 0.25 * 2 (3 * 1 + 1 * -2) / 2
    assert_eq!(model.dense_1.kernel, [[0.75]]);
}

/// `keras.optimizers.SGD(lr=0.01, momentum=0.0, decay=0.0, nesterov=False)`
#[test]
fn sgd() {
    let model = || One::new(0);
    let rule = |lr: f64, momentum: f64, decay: f64, nesterov: bool| {
        let mut v = 0.0;
        move |k: f64, g: f64| {
            let step = lr / (1.0 + decay * k) * g;
            v = momentum * v + step;
            if nesterov { momentum * v + step } else { v }
        }
    };
    follows(
        || compile! { model(), keras.optimizers.SGD(lr = 0.01, momentum = 0.0, decay = 0.0, nesterov = False), "mse" },
        || rule(0.01, 0.0, 0.0, false),
    );
    follows(
        || compile!(model(), "sgd", "mse"),
        || rule(0.01, 0.0, 0.0, false),
    );
    follows(
        || compile! { model(), SGD(lr = 0.1, momentum = 0.9, decay = 0.5, nesterov = False), "mse" },
        || rule(0.1, 0.9, 0.5, false),
    );
    follows(
        || compile! { model(), SGD(lr = 0.1, momentum = 0.9, decay = 0.5, nesterov = True), "mse" },
        || rule(0.1, 0.9, 0.5, true),
    );
}

/// `keras.optimizers.RMSprop(lr=0.001, rho=0.9, epsilon=None, decay=0.0)`. As in Keras 3 epsilon is under
/// the root.
#[test]
fn rmsprop() {
    let rule = |lr: f64, rho: f64, epsilon: f64, decay: f64| {
        let mut v = 0.0;
        move |k: f64, g: f64| {
            v = rho * v + (1.0 - rho) * g * g;
            lr / (1.0 + decay * k) * g / f64::sqrt(v + epsilon)
        }
    };
    let model = || One::new(0);
    follows(
        || compile! { model(), keras.optimizers.RMSprop(lr = 0.001, rho = 0.9, epsilon = None, decay = 0.0), "mse" },
        || rule(0.001, 0.9, EPSILON, 0.0),
    );
    follows(
        || compile! { model(), "rmsprop", "mse" },
        || rule(0.001, 0.9, EPSILON, 0.0),
    );
    follows(
        || compile! { model(), RMSprop(lr = 0.1, rho = 0.5, epsilon = 0.25, decay = 2.0), "mse" },
        || rule(0.1, 0.5, 0.25, 2.0),
    );
}

/// `keras.optimizers.Adagrad(lr=0.01, epsilon=None, decay=0.0)`. Keras 3 begins with a sum of 0.1, Keras 2
/// with 0; its default lr is 0.001.
#[test]
fn adagrad() {
    let rule = |lr: f64, initial: f64, epsilon: f64, decay: f64| {
        let mut sum = initial;
        move |k: f64, g: f64| {
            sum += g * g;
            lr / (1.0 + decay * k) * g / f64::sqrt(sum + epsilon)
        }
    };
    let model = || One::new(0);
    follows(
        || compile! { model(), keras.optimizers.Adagrad(lr = 0.01, epsilon = None, decay = 0.0), "mse" },
        || rule(0.01, 0.1, EPSILON, 0.0),
    );
    follows(
        || compile! { model(), "adagrad", "mse" },
        || rule(0.001, 0.1, EPSILON, 0.0),
    );
    follows(
        || compile! { model(), Adagrad(lr = 0.1, epsilon = 0.5, decay = 0.25, initial_accumulator_value = 0.0), "mse" },
        || rule(0.1, 0.0, 0.5, 0.25),
    );
}

/// `keras.optimizers.Adadelta(lr=1.0, rho=0.95, epsilon=None, decay=0.0)`. The default lr of Keras 3 is
/// 0.001.
#[test]
fn adadelta() {
    let rule = |lr: f64, rho: f64, epsilon: f64, decay: f64| {
        let (mut a, mut b) = (0.0, 0.0);
        move |k: f64, g: f64| {
            a = rho * a + (1.0 - rho) * g * g;
            let d = g * f64::sqrt(b + epsilon) / f64::sqrt(a + epsilon);
            b = rho * b + (1.0 - rho) * d * d;
            lr / (1.0 + decay * k) * d
        }
    };
    let model = || One::new(0);
    follows(
        || compile! { model(), keras.optimizers.Adadelta(lr = 1.0, rho = 0.95, epsilon = None, decay = 0.0), "mse" },
        || rule(1.0, 0.95, EPSILON, 0.0),
    );
    follows(
        || compile! { model(), "adadelta", "mse" },
        || rule(0.001, 0.95, EPSILON, 0.0),
    );
    follows(
        || compile! { model(), Adadelta(lr = 0.5, rho = 0.5, epsilon = 0.01, decay = 0.5), "mse" },
        || rule(0.5, 0.5, 0.01, 0.5),
    );
}

/// `keras.optimizers.Adam(lr=0.001, beta_1=0.9, beta_2=0.999, epsilon=None, decay=0.0, amsgrad=False)`
#[test]
fn adam() {
    let rule = |lr: f64, beta_1: f64, beta_2: f64, epsilon: f64, decay: f64, amsgrad: bool| {
        let (mut m, mut v, mut largest) = (0.0, 0.0, 0.0);
        move |k: f64, g: f64| {
            m = beta_1 * m + (1.0 - beta_1) * g;
            v = beta_2 * v + (1.0 - beta_2) * g * g;
            largest = f64::max(largest, v);
            let corrections = f64::sqrt(1.0 - beta_2.powf(k + 1.0)) / (1.0 - beta_1.powf(k + 1.0));
            let root = f64::sqrt(if amsgrad { largest } else { v });
            lr / (1.0 + decay * k) * corrections * m / (root + epsilon)
        }
    };
    let model = || One::new(0);
    follows(
        || compile! { model(), keras.optimizers.Adam(lr = 0.001, beta_1 = 0.9, beta_2 = 0.999, epsilon = None, decay = 0.0, amsgrad = False), "mse" },
        || rule(0.001, 0.9, 0.999, EPSILON, 0.0, false),
    );
    follows(
        || compile! { model(), "adam", "mse" },
        || rule(0.001, 0.9, 0.999, EPSILON, 0.0, false),
    );
    // The gradient falls fast: what divides is the largest mean square, not the last one.
    follows(
        || compile! { model(), Adam(lr = 0.25, beta_1 = 0.5, beta_2 = 0.25, epsilon = 0.125, decay = 0.5, amsgrad = True), "mse" },
        || rule(0.25, 0.5, 0.25, 0.125, 0.5, true),
    );
}

/// `model.comple(loss='categorical_crossentropy', optimizer='Adam'...)`: `compile` is meant.
#[test]
fn compile_by_strings() {
    let model = sequential![Dense(
        3,
        activation = "softmax",
        kernel_initializer = "zeros",
        input_dim = 1
    )];
    let mut model = compile!(model, loss = "categorical_crossentropy", optimizer = "Adam");
    let scores = model.train_on_batch(&[[1.0]], &[[0.0, 1.0, 0.0]]).unwrap();
    close(scores.loss, f64::ln(3.0));
    // Adam's first step is its learning rate.
    for (bias, expected) in model.dense_1.bias.iter().zip([-0.001, 0.001, -0.001]) {
        close(*bias, expected);
    }
}

/// A loss's value for each sample, as Keras's functions give them, and their mean, as a training takes it.
#[track_caller]
fn values<const N: usize>(
    loss: impl Loss<[f32; N], Target = [f32; N]>,
    y_true: [[f32; N]; 2],
    y_pred: [[f32; N]; 2],
    expected: [f64; 2],
) {
    let mut gradient = y_pred;
    for i in 0..2 {
        close(loss.call(&y_true[i..=i], &y_pred[i..=i]), expected[i]);
    }
    let mean = (expected[0] + expected[1]) / 2.0;
    close(loss.loss(&y_pred, &y_true, None, &mut gradient), mean);
    // Downhill.
    let lower = std::array::from_fn::<_, 2, _>(|i| {
        std::array::from_fn(|j| y_pred[i][j] - 1e-3 * gradient[i][j])
    });
    assert!(f64::from(loss.loss(&lower, &y_true, None, &mut gradient)) < mean);
}

/// `mean_squared_error(y_true, y_pred)`, with the numbers of Keras's documentation.
#[test]
fn mean_squared_error() {
    values(
        MeanSquaredError::new(),
        [[0.0, 1.0], [0.0, 0.0]],
        [[1.0, 1.0], [1.0, 0.0]],
        [0.5, 0.5],
    );
}

/// `categorical_crossentropy(y_true, y_pred)`: Keras's documentation says `[0.0513, 2.303]`.
#[test]
fn categorical_crossentropy() {
    values(
        CategoricalCrossentropy::new(),
        [[0.0, 1.0, 0.0], [0.0, 0.0, 1.0]],
        [[0.05, 0.95, 0.0], [0.1, 0.8, 0.1]],
        [-f64::ln(0.95), -f64::ln(0.1)],
    );
    assert!((-f64::ln(0.95) - 0.0513).abs() < 1e-4);
}

/// `binary_crossentropy(y_true, y_pred)`: Keras's documentation says `[0.916, 0.714]`.
#[test]
fn binary_crossentropy() {
    let expected = [-f64::ln(0.4), -(f64::ln(0.6) + f64::ln(0.4)) / 2.0];
    values(
        BinaryCrossentropy::new(),
        [[0.0, 1.0], [0.0, 0.0]],
        [[0.6, 0.4], [0.4, 0.6]],
        expected,
    );
    assert!((expected[0] - 0.916).abs() < 1e-3 && (expected[1] - 0.714).abs() < 1e-3);
}

/// ```python
/// from keras.utils.np_utils import to_categorical
/// categorical_labels = to_categorical(int_labels, num_classes=None)
/// ```
/// The number of classes is a type here, so it is always given.
#[test]
fn to_categorical_labels() {
    let int_labels = [3u32, 0, 2, 3];
    let categorical_labels: Vec<[f32; 4]> = to_categorical(&int_labels).unwrap();
    let expected = [
        [0.0, 0.0, 0.0, 1.0],
        [1.0, 0.0, 0.0, 0.0],
        [0.0, 0.0, 1.0, 0.0],
        [0.0, 0.0, 0.0, 1.0],
    ];
    assert_eq!(categorical_labels, expected);
    let error = to_categorical::<3>(&int_labels).unwrap_err().to_string();
    assert!(
        error.contains("sample 0") && error.contains("class index 3, expected 0 to 2"),
        "{error}"
    );
}
