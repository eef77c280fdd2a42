//! The guides' four calls of `compile`: for several classes, for two, for a regression, with a metric of
//! one's own.

use kseq::params::Flat;
use kseq::prelude::*;

use super::close;

/// The mean of a sample's outputs. Keras's function is of a batch; here it is of a sample, so that the
/// mean over an epoch is right whatever the batches.
///
/// ```python
/// def mean_pred(y_true, y_pred):
///     return K.mean(y_pred)
/// ```
fn mean_pred(_y_true: &[f32; 1], y_pred: &[f32; 1]) -> f32 {
    y_pred[0]
}

/// The first step of RMSprop with its default arguments: the square of the gradient counts a tenth.
fn rmsprop(gradient: f64) -> f64 {
    0.001 * gradient / f64::sqrt(0.1 * gradient * gradient + 1e-7)
}

pub fn several_classes() {
    let model = sequential![Dense(
        10,
        activation = "softmax",
        kernel_initializer = "zeros",
        input_dim = 4
    )];
    let mut model = compile!(
        model,
        optimizer = "rmsprop",
        loss = "categorical_crossentropy",
        metrics = ["accuracy"]
    );
    assert_eq!(model.metrics_names(), ["loss", "accuracy"]);
    let x = [[1.0; 4]; 4];
    let y: Vec<[f32; 10]> = to_categorical(&[0, 3, 0, 9]).unwrap();
    // All classes are equally likely, and the first one counts as the answer.
    let scores = model.train_on_batch(&x, &y).unwrap();
    close(scores.loss, f64::ln(10.0));
    assert_eq!(scores.metrics, (0.5,));
    // The gradient of a class's unit: its probability, less its share of the targets.
    let share = [0.5, 0.0, 0.0, 0.25, 0.0, 0.0, 0.0, 0.0, 0.0, 0.25];
    for (class, share) in share.into_iter().enumerate() {
        close(model.dense_1.bias[class], -rmsprop(0.1 - share));
        close(model.dense_1.kernel[2][class], -rmsprop(0.1 - share));
    }
}

pub fn two_classes() {
    let model = sequential![Dense(
        1,
        activation = "sigmoid",
        kernel_initializer = "zeros",
        input_dim = 4
    )];
    let mut model = compile!(
        model,
        optimizer = "rmsprop",
        loss = "binary_crossentropy",
        metrics = ["accuracy"]
    );
    assert_eq!(model.metrics_names(), ["loss", "accuracy"]);
    model.dense_1.bias = [f32::ln(3.0)];
    // The output is 3/4: right for three of four.
    let y = [[1.0], [1.0], [0.0], [1.0]];
    let scores = model.evaluate(&[[1.0; 4]; 4], &y).unwrap();
    close(scores.loss, -(3.0 * f64::ln(0.75) + f64::ln(0.25)) / 4.0);
    assert_eq!(scores.metrics, (0.75,));
    model.train_on_batch(&[[1.0; 4]; 2], &[[1.0]; 2]).unwrap();
    close(model.dense_1.bias[0], f64::ln(3.0) - rmsprop(-0.25));
    close(model.dense_1.kernel[3][0], -rmsprop(-0.25));
}

pub fn regression() {
    let model = sequential![Dense(2, kernel_initializer = "zeros", input_dim = 4)];
    let mut model = compile!(model, optimizer = "rmsprop", loss = "mse");
    assert_eq!(model.metrics_names(), ["loss"]);
    // With no metric the score is the loss alone.
    let Scores { loss, metrics: () } = model
        .train_on_batch(&[[1.0; 4]; 2], &[[1.0, 2.0], [3.0, -4.0]])
        .unwrap();
    close(loss, (1.0 + 4.0 + 9.0 + 16.0) / 4.0);
    close(model.dense_1.bias[0], -rmsprop(-2.0));
    close(model.dense_1.bias[1], -rmsprop(1.0));
}

pub fn a_metric_of_ones_own() {
    let model = sequential![Dense(
        1,
        activation = "sigmoid",
        kernel_initializer = "zeros",
        input_dim = 1
    )];
    let mut model = compile!(
        model,
        optimizer = "rmsprop",
        loss = "binary_crossentropy",
        metrics = ["accuracy", mean_pred]
    );
    assert_eq!(model.metrics_names(), ["loss", "accuracy", "mean_pred"]);
    model.dense_1.kernel = [[f32::ln(3.0)]];
    // Outputs: 3/4, 1/2, 1/4, 3/4, 3/4.
    let x = [[1.0], [0.0], [-1.0], [1.0], [1.0]];
    let y = [[1.0], [0.0], [1.0], [0.0], [1.0]];
    let options = || Evaluate::new().batch_size(2);
    let scores = model.evaluate_with(&x, &y, options()).unwrap();
    let (accuracy, mean_pred) = scores.metrics;
    assert_eq!(accuracy, 0.6);
    close(mean_pred, 0.6);
    // In the history it is `mean_pred` and `val_mean_pred`.
    let fit = Fit::new().verbose(0).validation_split(0.4);
    let history = model.fit(&x, &y, fit).unwrap();
    assert_eq!(
        super::keys(&history),
        [
            "loss",
            "accuracy",
            "mean_pred",
            "val_loss",
            "val_accuracy",
            "val_mean_pred"
        ]
    );
    close(history.last("mean_pred").unwrap(), 0.5);
    assert_eq!(model.params().as_f32s().len(), 2);
}
