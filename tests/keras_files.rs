//! `load_weights` of the files of Keras and NumPy, into models that are declared in Rust. `kseq-import/tests/make_files.py` has
//! written them with real Keras, and the inputs and outputs beside them.

use std::path::{Path, PathBuf};

use kseq::layer::Tensor;
use kseq::prelude::*;
use safetensors::SafeTensors;

fn path(name: &str) -> PathBuf {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    root.join("kseq-import/tests/files").join(name)
}

/// An array beside the files of a model: `x`, `y`, `weight_0`.
fn beside(name: &str, array: &str) -> Option<Vec<f32>> {
    let bytes = std::fs::read(path(&format!("{name}.safetensors"))).unwrap();
    let file = SafeTensors::deserialize(&bytes).unwrap();
    let data = file.tensor(array).ok()?.data().to_vec();
    let values = data.as_chunks().0.iter();
    Some(values.map(|b| f32::from_le_bytes(*b)).collect())
}

/// Loads each file into a model, and compares its weights bit by bit with Keras's, and its outputs to 1e-5 of the largest.
macro_rules! loads {
    ($model:ident, $name:literal, [$($file:literal),+]) => {
        $({
            let mut model = $model::new(7);
            model.load_weights(path($file)).unwrap();
            let weights = model.get_weights();
            for (i, array) in weights.iter().enumerate() {
                let expected = beside($name, &format!("weight_{i}")).expect($file);
                assert_eq!(array.values(), expected, "{} array {i}", $file);
            }
            assert_eq!(beside($name, &format!("weight_{}", weights.len())), None);
            let x = beside($name, "x").unwrap();
            let x = <$model as Model>::Input::view(&x);
            let found = model.predict(x).unwrap();
            let found = <$model as Model>::Output::flat(&found);
            let expected = beside($name, "y").unwrap();
            assert_eq!(found.len(), expected.len());
            let largest = expected.iter().fold(0f32, |most, y| most.max(y.abs()));
            for (found, expected) in found.iter().zip(&expected) {
                let off = (found - expected).abs();
                assert!(off <= 1e-5 * largest, "{}: {found} for {expected}", $file);
            }
        })+
    };
}

sequential! {
    Mlp = [
        Dense(8, activation = "relu", input_shape = (6,)),
        Dropout(0.25),
        Dense(5, use_bias = false, activation = "tanh"),
        BatchNormalization(),
        Dense(3, activation = "softmax", name = "head"),
    ]
}

#[test]
fn a_classifier_from_every_format() {
    loads!(
        Mlp,
        "k3_mlp",
        [
            "k3_mlp.keras",
            "k3_mlp.h5",
            "k3_mlp.weights.h5",
            "k3_mlp.npz",
            "odd_latest.h5",
            "odd_deflated.keras"
        ]
    );
    loads!(
        Mlp,
        "tf_mlp",
        [
            "tf_mlp.keras",
            "tf_mlp.h5",
            "tf_mlp.weights.h5",
            "tf_mlp.only.h5"
        ]
    );
}

sequential! {
    Images = [
        Conv2D(4, 3, padding = "same", activation = "relu", input_shape = (8, 8, 2)),
        BatchNormalization(scale = false),
        MaxPooling2D(),
        SeparableConv2D(6, 3, activation = "elu"),
        DepthwiseConv2D(2, depth_multiplier = 2),
        LeakyReLU(),
        Flatten(),
        Dense(3),
    ]
}

#[test]
fn convolutions() {
    loads!(Images, "k3_cnn", ["k3_cnn.keras", "k3_cnn.h5"]);
    loads!(Images, "tf_cnn", ["tf_cnn.h5"]);
}

sequential! {
    Recurrent = [
        LSTM(4, return_sequences = true, dropout = 0.1, input_shape = (6, 3)),
        GRU(3, return_sequences = true),
        SimpleRNN(4, return_sequences = true),
        Bidirectional(LSTM(3, return_sequences = true)),
        TimeDistributed(Dense(2)),
        Bidirectional(GRU(2)),
        Dense(1),
    ]
}

#[test]
fn recurrent_layers_and_wrappers() {
    loads!(Recurrent, "k3_rnn", ["k3_rnn.keras", "k3_rnn.h5"]);
    loads!(Recurrent, "tf_rnn", ["tf_rnn.keras", "tf_rnn.h5"]);
}

sequential! { Encoder = [Dense(4, activation = "relu", input_shape = (5,)), BatchNormalization(), Dense(4)] }
sequential! { Nested = [Sequential(Encoder, name = "encoder"), Dense(3), Dense(2)] }

#[test]
fn a_model_in_the_model() {
    loads!(
        Nested,
        "k3_nested",
        ["k3_nested.keras", "k3_nested.h5", "k3_nested.weights.h5"]
    );
    loads!(Nested, "tf_nested", ["tf_nested.keras", "tf_nested.h5"]);
}

sequential! {
    Carrying = [
        GRU(
            4,
            reset_after = false,
            return_sequences = true,
            stateful = true,
            batch_input_shape = (4, 5, 3),
        ),
        LSTM(3, stateful = true),
        Dense(1),
    ]
}

/// The memory of a stateful layer is no weight: a file has none.
#[test]
fn a_state_is_no_weight() {
    let mut model = Carrying::new(1);
    model.load_weights(path("tf_gru_before.h5")).unwrap();
    for (i, found) in [
        model.gru_1.kernel.as_flattened(),
        model.gru_1.recurrent_kernel.as_flattened(),
        model.gru_1.bias.as_flattened(),
        model.lstm_1.kernel.as_flattened(),
        model.lstm_1.recurrent_kernel.as_flattened(),
        &model.lstm_1.bias,
        model.dense_1.kernel.as_flattened(),
        &model.dense_1.bias,
    ]
    .into_iter()
    .enumerate()
    {
        let expected = beside("tf_gru_before", &format!("weight_{i}"));
        assert_eq!(Some(found), expected.as_deref(), "array {i}");
    }
}

sequential! {
    Wider = [
        Dense(9, activation = "relu", input_shape = (6,)),
        Dropout(0.25),
        Dense(5, use_bias = false, activation = "tanh"),
        BatchNormalization(),
        Dense(4, activation = "softmax", name = "head"),
    ]
}

#[test]
fn what_does_not_fit_changes_nothing() {
    let mut model = Wider::new(3);
    let before = model.get_weights();
    let why = model
        .load_weights(path("k3_mlp.keras"))
        .unwrap_err()
        .to_string();
    for part in [
        "layer `dense_1` (Dense), `kernel`: expected the shape [6, 9], found [6, 8]",
        "layer `dense_2` (Dense), `kernel`: expected the shape [9, 5], found [8, 5]",
        "layer `head` (Dense), `bias`: expected the shape [4], found [3]",
    ] {
        assert!(why.contains(part), "{why}");
    }
    let lambda = model
        .load_weights(path("refused_lambda.keras"))
        .unwrap_err()
        .to_string();
    assert!(lambda.contains("found those of 1"), "{lambda}");
    assert!(model.get_weights() == before);
}
