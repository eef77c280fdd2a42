//! `load_torch` of files that PyTorch has written (`kseq-import/tests/make_torch.py`), with the outputs that PyTorch gives.

use std::path::{Path, PathBuf};

use kseq::layer::Tensor;
use kseq::prelude::*;
use safetensors::SafeTensors;

/// A file of a model: its `state_dict`, or its `samples`.
fn file(name: &str) -> PathBuf {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../kseq-import/tests/files");
    root.join(format!("torch_{name}.safetensors"))
}

/// `x` or `y` of a model.
fn sample(name: &str, array: &str) -> Vec<f32> {
    let bytes = std::fs::read(file(&format!("{name}.samples"))).unwrap();
    let file = SafeTensors::deserialize(&bytes).unwrap();
    let data = file.tensor(array).unwrap().data().to_vec();
    let values = data.as_chunks().0.iter();
    values.map(|b| f32::from_le_bytes(*b)).collect()
}

/// Loads a file into a model, and compares what it predicts with PyTorch's outputs, to 1e-5 of the largest.
macro_rules! predicts {
    ($model:ident, $name:literal, $number:ty) => {{
        let mut model = $model::new(7);
        model.load_torch(file($name)).unwrap();
        let x: Vec<$number> = sample($name, "x").iter().map(|&x| x as $number).collect();
        let found = model.predict(<$model as Model>::Input::view(&x)).unwrap();
        let found = <$model as Model>::Output::flat(&found);
        let expected = sample($name, "y");
        assert_eq!(found.len(), expected.len());
        let largest = expected.iter().fold(0f32, |most, y| most.max(y.abs()));
        for (found, expected) in found.iter().zip(&expected) {
            let off = (found - expected).abs();
            assert!(off <= 1e-5 * largest, "{found} for {expected}");
        }
    }};
}

sequential! {
    Mlp = [
        Dense(8, activation = "relu", input_shape = (6,)),
        BatchNormalization(epsilon = 1e-5),
        Dense(5, use_bias = false, activation = "tanh"),
        Dense(3),
    ]
}

#[test]
fn linear_and_batch_norm() {
    predicts!(Mlp, "mlp", f32);
}

sequential! {
    Images = [
        Conv2D(4, 3, padding = "same", input_shape = (6, 8, 2)),
        BatchNormalization(epsilon = 1e-5),
        Activation("relu"),
        MaxPooling2D(2),
        DepthwiseConv2D(2, activation = "relu"),
        Conv2D(3, 1, activation = "relu"),
        Dropout(0.5),
        Flatten(),
        Dense(5, activation = "relu"),
        Dense(2),
    ]
}

/// The kernel behind `Flatten` has its rows in another order, and module 10 comes behind 2.
#[test]
fn images() {
    predicts!(Images, "cnn", f32);
}

sequential! {
    Signals = [
        Conv1D(4, 3, activation = "relu", input_shape = (9, 3)),
        Flatten(),
        BatchNormalization(epsilon = 1e-5),
        Dense(2),
    ]
}

#[test]
fn signals() {
    predicts!(Signals, "conv1d", f32);
}

sequential! {
    Recurrent = [
        LSTM(4, return_sequences = true, input_shape = (6, 3)),
        SimpleRNN(5, return_sequences = true),
        GRU(4),
        Dense(1),
    ]
}

#[test]
fn gates_and_biases() {
    predicts!(Recurrent, "rnn", f32);
}

sequential! {
    Text = [
        Embedding(20, 6, input_length = 7),
        LSTM(5, return_sequences = true),
        LSTM(5),
        Dense(3),
    ]
}

/// The order of the names, `head`, `memory`, `words`, is not that of the layers: their shapes say it.
#[test]
fn by_shapes() {
    predicts!(Text, "text", u32);
}

sequential! {
    Named = [
        Embedding(20, 6, input_length = 7, name = "words"),
        LSTM(5, return_sequences = true, name = "memory"),
        LSTM(5, name = "memory_l1"),
        Dense(3, name = "head"),
    ]
}

#[test]
fn by_names() {
    predicts!(Named, "text", u32);
}

sequential! { Both = [Bidirectional(GRU(4), input_shape = (6, 3)), Dense(2)] }

#[test]
fn both_directions() {
    predicts!(Both, "both", f32);
}

sequential! {
    Wider = [
        Dense(9, activation = "relu", input_shape = (6,)),
        BatchNormalization(epsilon = 1e-5),
        Dense(5, activation = "tanh"),
        Dense(3),
    ]
}
sequential! { Shorter = [Dense(8, input_shape = (6,)), Dense(3)] }
sequential! { Before = [Bidirectional(GRU(4, reset_after = false), input_shape = (6, 3)), Dense(2)] }

#[test]
fn what_does_not_fit_changes_nothing() {
    let mut model = Wider::new(3);
    let before = model.get_weights();
    let why = model.load_torch(file("mlp")).unwrap_err().to_string();
    for part in [
        "layer `dense_1` (Dense), `kernel`: expected the shape [6, 9], found [6, 8] (`0.weight` [8, 6])",
        "layer `batch_normalization_1` (BatchNormalization), `gamma`: expected the shape [9], found [8] (`2.weight` [8])",
        "layer `dense_2` (Dense), `bias`: expected `bias`, found the module `3` with `weight` [5, 8]",
    ] {
        assert!(why.contains(part), "{why}");
    }
    assert!(model.get_weights() == before);
    let why = Shorter::new(3)
        .load_torch(file("mlp"))
        .unwrap_err()
        .to_string();
    let part = "expected the weights of 2 layers (dense_1, dense_2), found those of 4 modules (0, 2, 3, 5)";
    assert!(why.contains(part), "{why}");
    let why = Before::new(3)
        .load_torch(file("both"))
        .unwrap_err()
        .to_string();
    assert!(
        why.contains("expected the shape [12], found [2, 12]"),
        "{why}"
    );
}
