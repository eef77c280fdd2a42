//! `export_onnx` of models in Rust: the nine of the guide and others, with the outputs that kseq gives, in onnxruntime:
//! `KSEQ_KERAS_PYTHON=python3 cargo test -p kseq-tests --features import --test onnx`.

#[path = "keras/models/guide.rs"]
mod guide;
#[path = "keras/models/kinds.rs"]
mod kinds;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use kseq::layer::{Flat, Shape, Tensor};
use kseq::prelude::*;
use kseq::train::Sequential;
use kseq_safetensors::npy_header;

/// A folder for the files of one test.
fn folder(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR"))
        .join("onnx")
        .join(name);
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(&folder).unwrap();
    folder
}

/// Real onnxruntime against the outputs of kseq, where there is Python.
fn check(folder: &Path) {
    let Some(python) = std::env::var_os("KSEQ_KERAS_PYTHON") else {
        return;
    };
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../kseq-import/tests/onnx.py");
    let mut command = Command::new(python);
    let output = command
        .arg(script)
        .arg("check")
        .arg(folder)
        .output()
        .unwrap();
    let out = String::from_utf8_lossy(&output.stdout);
    let err = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{out}\n{err}");
    println!("{out}");
}

/// Samples that are the same every time; of tokens the smallest ones.
fn samples<X: Tensor<Elem: From<u8>>>(count: usize, shape: Shape) -> Vec<X::Elem> {
    let length = shape.len().unwrap() * count;
    (0..length)
        .map(|i| X::Elem::from(((i * 37 + i / 11) % 5) as u8))
        .collect()
}

fn npy(path: &Path, shape: &[usize], values: &[f32]) {
    let mut bytes = npy_header("<f4", shape);
    bytes.extend(values.iter().flat_map(|value| value.to_le_bytes()));
    fs::write(path, bytes).unwrap();
}

/// Exports a model, with inputs and the outputs that kseq gives.
fn export<M: Model<Input: Tensor<Elem: From<u8> + Into<f64>>>>(
    folder: &Path,
    name: &str,
    model: &Sequential<M>,
) {
    let path = |ending: &str| folder.join(format!("{name}.{ending}"));
    model.export_onnx(path("onnx")).unwrap();
    let count = M::BATCH.unwrap_or(4);
    let input = M::Input::SHAPE;
    let x = samples::<M::Input>(count, input);
    let y = model.predict(M::Input::view(&x)).unwrap();
    let y = M::Output::flat(&y);
    let numbers: Vec<f32> = x.iter().map(|&x| Into::<f64>::into(x) as f32).collect();
    let batched = |shape: Shape| [&[count], shape.dims()].concat();
    npy(&path("x.npy"), &batched(input), &numbers);
    npy(&path("y.npy"), &batched(M::Output::SHAPE), y);
}

/// A model with the weights of a seed, and numbers in its state.
macro_rules! exports {
    ($folder:expr, $($name:literal: $model:ty),+ $(,)?) => {
        $({
            let mut model = <$model>::new(7);
            for (i, x) in model.state_mut().as_f32s_mut().iter_mut().enumerate() {
                *x += (i % 5) as f32 * 0.25;
            }
            model.reset_states();
            export($folder, $name, &model);
        })+
        check($folder);
    };
}

#[test]
fn the_models_of_the_guide() {
    use guide::*;
    let folder = &folder("guide");
    exports!(
        folder,
        "mlp_softmax": MlpSoftmax,
        "mlp_binary": MlpBinary,
        "mnist_mlp": MnistMlp,
        "mnist_cnn": MnistCnn,
        "vgg_like": VggLike,
        "lstm_imdb": LstmImdb,
        "conv1d_seq": Conv1dSeq,
        "stacked_lstm": StackedLstm,
        "stateful_lstm": StatefulLstm,
    );
}

sequential! {
    Attentive = [
        MultiHeadAttention(2, 3, input_shape = (5, 4)),
        LayerNormalization(),
        MultiHeadAttention(3, 2, value_dim = 5, use_causal_mask = true, use_bias = false),
        GlobalAveragePooling1D(),
        Dense(2),
    ]
}

sequential! {
    Spectral = [SpectralNormalization(Conv1D(3, 2), input_shape = (5, 4)), Flatten(), Dense(2)]
}

sequential! {
    Masked = [
        Masking(mask_value = 0.0, input_shape = (6, 3)),
        LSTM(4, return_sequences = true),
        GRU(3, return_sequences = true, reset_after = false, go_backwards = true),
        Bidirectional(SimpleRNN(3, return_sequences = true), merge_mode = "ave"),
        TimeDistributed(Dense(2, activation = "tanh")),
        RNN(GRUCell(3)),
    ]
}

#[test]
fn layers_of_all_kinds() {
    use kinds::*;
    let folder = &folder("kinds");
    exports!(
        folder,
        "images": Images,
        "nested": Outer,
        "words": Words,
        "arguments": Arguments,
        "volumes": Volumes,
        "noise": Noise,
        "attentive": Attentive,
        "spectral": Spectral,
        "masked": Masked,
    );
}

sequential! {
    Refused = [
        ConvLSTM1D(4, 2, return_sequences = true, input_shape = (3, 6, 2)),
        ConvLSTM1D(2, 2),
        Dense(3),
        LocallyConnected1D(2, 2, activation = "relu"),
        LSTM(2, activation = "gelu"),
        Activation("sparsemax"),
    ]
}

#[test]
fn what_onnx_cannot_say_is_named() {
    let path = folder("refused").join("refused.onnx");
    let why = Refused::new(7).export_onnx(&path).unwrap_err().to_string();
    for part in [
        "layer 1 `conv_lstm1d_1` (ConvLSTM1D): has no form in ONNX here",
        "layer 2 `conv_lstm1d_2` (ConvLSTM1D): has no form in ONNX here",
        "layer 4 `locally_connected1d_1` (LocallyConnected1D): has no form in ONNX here",
        "layer 5 `lstm_1` (LSTM): activation = \"gelu\" is none of the functions that the operator LSTM of ONNX has",
        "layer 6 `activation_1` (Activation): the activation `sparsemax` has no form in ONNX",
    ] {
        assert!(why.contains(part), "{why}");
    }
    assert!(!why.contains("layer 3"), "{why}");
    assert!(!path.exists());
}
