//! `../shared/seeds/001_951baec07ddb7795.txt`: the methods of `Sequential`, with all their arguments.

mod guide;

use guide::{generators, signatures};

/// `compile(optimizer, loss=None, metrics=None, loss_weights=None, sample_weight_mode=None,
/// weighted_metrics=None, target_tensors=None)`
#[test]
fn compile() {
    signatures::compile();
}

/// `fit(x=None, y=None, batch_size=None, epochs=1, verbose=1, callbacks=None, validation_split=0.0,
/// validation_data=None, shuffle=True, class_weight=None, sample_weight=None, initial_epoch=0,
/// steps_per_epoch=None, validation_steps=None)`
#[test]
fn fit() {
    signatures::fit("fit");
}

/// `evaluate(x=None, y=None, batch_size=None, verbose=1, sample_weight=None, steps=None)`
#[test]
fn evaluate() {
    signatures::evaluate("evaluate");
}

/// `predict(x, batch_size=None, verbose=0, steps=None)`
#[test]
fn predict() {
    signatures::predict("predict");
}

/// `train_on_batch(x, y, sample_weight=None, class_weight=None)`
#[test]
fn train_on_batch() {
    signatures::train_on_batch();
}

/// `test_on_batch(x, y, sample_weight=None)`
#[test]
fn test_on_batch() {
    signatures::test_on_batch();
}

/// `predict_on_batch(x)`
#[test]
fn predict_on_batch() {
    signatures::predict_on_batch();
}

/// `fit_generator(generator, steps_per_epoch=None, epochs=1, verbose=1, callbacks=None,
/// validation_data=None, validation_steps=None, class_weight=None, max_queue_size=10, workers=1,
/// use_multiprocessing=False, shuffle=True, initial_epoch=0)`
#[test]
fn fit_generator() {
    generators::fit_generator("fit_generator");
}

/// `evaluate_generator(generator, steps=None, max_queue_size=10, workers=1, use_multiprocessing=False,
/// verbose=0)`
#[test]
fn evaluate_generator() {
    generators::evaluate_generator("evaluate_generator");
}

/// `predict_generator(generator, steps=None, max_queue_size=10, workers=1, use_multiprocessing=False,
/// verbose=0)`
#[test]
fn predict_generator() {
    generators::predict_generator("predict_generator");
}

/// `get_layer(name=None, index=None)`. One of them: a layer has both, so the other would say nothing.
#[test]
fn get_layer() {
    signatures::get_layer();
}
