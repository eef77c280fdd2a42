//! `../shared/seeds/002_bc41af8980899e51.txt`: a summary of `Sequential`.

mod guide;

use guide::{N, compile, models, probe, signatures, targets, unit_vectors};
use kseq::params::Flat;

/// `from keras.model import Sequential` (`keras.models` is meant), `from keras.layers import Dense,
/// Activation`: one line for everything that a training needs.
mod imports {
    pub use kseq::prelude::*;
}

/// The types behind the words are there, too, for what names them.
#[test]
fn import() {
    use imports::*;
    let model: Sequential<_> = sequential![Dense(1, input_dim = 2), Activation("relu")];
    let layer = |i: usize| model.get_layer(i).unwrap().info.class_name;
    assert_eq!((layer(0), layer(1)), ("Dense", "Activation"));
}

/// `model = Sequential()`, `model.add(Dense(32, input_shape=(784,)))`
#[test]
fn add_a_dense_layer() {
    models::the_same_input(&models::by_input_shape());
}

/// `model.add(Activation('relu'))`: the second layer finds its shape itself.
#[test]
fn add_an_activation() {
    models::add();
}

/// `model.add(Conv2D(filters=32, input_shape=(28,28,1)))`. As in Keras it needs a `kernel_size`, which the
/// guide lacks.
#[test]
fn add_a_convolution() {
    use imports::*;
    sequential! {
        let mut model = Sequential();
        model.add(Conv2D(filters = 32, kernel_size = (3, 3), input_shape = (28, 28, 1)));
    }
    model.conv2d_1.bias[5] = 1.0;
    assert_eq!(model.params().as_f32s().len(), 3 * 3 * 32 + 32);
    let info = model.get_layer(0).unwrap().info;
    assert_eq!(info.output.to_string(), "(26, 26, 32)");
    let y: Vec<[[[f32; 32]; 26]; 26]> = model.predict(&[[[[0.0]; 28]; 28]; 2]).unwrap();
    assert_eq!((y.len(), y[1][25][25][5], y[1][25][25][6]), (2, 1.0, 0.0));
}

/// For a multi-class classification problem.
#[test]
fn compile_for_several_classes() {
    compile::several_classes();
}

/// For a binary classification problem.
#[test]
fn compile_for_two_classes() {
    compile::two_classes();
}

/// For a mean squared error regression problem.
#[test]
fn compile_for_a_regression() {
    compile::regression();
}

/// For custom metrics: `mean_pred`.
#[test]
fn compile_with_a_metric_of_ones_own() {
    compile::a_metric_of_ones_own();
}

/// `fit(self, x, y, batch_size=32, epochs=10, verbose=1, callbacks=None, validation_split=0.0,
/// validation_data=None, shuffle=True, class_weight=None, sample_weight=None, initial_epoch=0)`. Since
/// Keras 2 the default is one epoch.
#[test]
fn fit() {
    use imports::*;
    signatures::fit("fit");
    let (x, y) = (unit_vectors().repeat(7), targets().repeat(7));
    let mut steps = models::Steps(Vec::new());
    let fit = Fit::new().batch_size(32).epochs(10).verbose(0);
    let history = probe().fit(&x, &y, fit.callbacks([&mut steps])).unwrap();
    // 70 samples: 32, 32 and 6.
    assert_eq!((history.epoch().len(), steps.0), (10, vec![3; 10]));
}

/// `predict(self, x, batch_size=32, verbose=0)`. (The guide says that without `batch_size` all data are one
/// batch; it is 32, in Keras too.)
#[test]
fn predict() {
    use imports::*;
    signatures::predict("predict");
    let mut model = guide::Probe::new(0);
    model.dense_1.kernel = std::array::from_fn(|k| [k as f32]);
    let y = model.predict_with(&unit_vectors(), Predict::new().batch_size(32).verbose(0));
    assert_eq!(y.unwrap()[N - 1], [(N - 1) as f32]);
}
