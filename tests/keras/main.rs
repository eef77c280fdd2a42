//! Files of Keras out, into real Keras, and back: the same outputs there, and the same bits here. `cargo xtask keras` installs the versions
//! of Keras that `keras_requirements.txt` names, and runs this.

mod models;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use kseq::layer::{Flat, Shape, Tensor};
use kseq::prelude::*;
use kseq::shape::Elem;
use kseq::train::Sequential;
use serde_json::{Value, json};

/// What `cargo xtask keras` has installed; a test that cannot run has failed.
fn python() -> PathBuf {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let installed = root.join("../target/keras/bin/python");
    let python = std::env::var_os("KSEQ_KERAS_PYTHON").map_or(installed, PathBuf::from);
    assert!(
        python.exists(),
        "there is no {}: `cargo xtask keras` installs it",
        python.display()
    );
    python
}

/// A folder for the files of one test.
fn folder(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("keras").join(name);
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(&folder).unwrap();
    folder
}

/// A model that is saved for Keras.
struct Case {
    name: &'static str,
    /// Whether Keras 2 has its layers.
    keras2: bool,
    says: Value,
    /// Loads a file that Keras has saved, and compares the bits.
    back: Box<dyn Fn(&Path)>,
}

/// Samples that are the same every time.
fn samples<X: Tensor>(count: usize) -> Vec<X>
where
    X::Elem: From<u8>,
{
    let length = X::SHAPE.len().unwrap() * count;
    let values: Vec<X::Elem> = (0..length)
        .map(|i| X::Elem::from(((i * 37 + i / 11) % 7) as u8))
        .collect();
    X::view(&values).to_vec()
}

fn bytes<T: Copy>(values: &[T], to: impl Fn(T) -> [u8; 4]) -> Vec<u8> {
    values.iter().flat_map(|value| to(*value)).collect()
}

/// Saves a model in all formats, with inputs and the outputs that kseq gives.
fn saved<M: Model<Input: Tensor<Elem: From<u8> + Into<f64>>>>(
    folder: &Path,
    name: &'static str,
    keras2: bool,
    model: Sequential<M>,
    save: impl Fn(&Sequential<M>, &Path) -> Result<(), Error>,
    fit: bool,
) -> Case {
    let path = |ending: &str| folder.join(format!("{name}.{ending}"));
    let count = M::BATCH.unwrap_or(3);
    let x: Vec<M::Input> = samples(count);
    save(&model, &path("keras")).unwrap();
    save(&model, &path("h5")).unwrap();
    model.save_weights(path("npz")).unwrap();
    fs::write(path("json"), model.to_json().unwrap()).unwrap();
    let numbers: Vec<f32> = M::Input::flat(&x)
        .iter()
        .map(|x| { let x: f64 = (*x).into(); x as f32 })
        .collect();
    fs::write(path("x"), bytes(&numbers, f32::to_le_bytes)).unwrap();
    let y = model.predict(&x).unwrap();
    let y = M::Output::flat(&y);
    fs::write(path("y"), bytes(y, f32::to_le_bytes)).unwrap();
    let batched = |shape: Shape| -> Vec<usize> {
        [count].into_iter().chain(shape.dims().iter().copied()).collect()
    };
    let weights = model.get_weights();
    Case {
        name,
        keras2,
        says: json!({
            "name": name,
            "input": batched(M::Input::SHAPE),
            "output": batched(M::Output::SHAPE),
            "dtype": "<f4",
            "batch": count,
            "keras2": keras2,
            "fit": fit && M::Input::SHAPE.elem() == Elem::F32,
        }),
        back: Box::new(move |path: &Path| {
            let mut again = M::new(99);
            again.load_weights(path).unwrap();
            let found = again.get_weights();
            for (i, (found, expected)) in found.iter().zip(weights.iter()).enumerate() {
                let bits = |array: &kseq::train::Array| -> Vec<u32> {
                    array.values().iter().map(|x| x.to_bits()).collect()
                };
                assert_eq!(bits(found), bits(expected), "{}, array {i}", path.display());
            }
            assert_eq!(found.len(), weights.len());
        }),
    }
}

/// Runs real Keras over what was saved, and takes back what it saves.
fn through_keras(folder: &Path, cases: &[Case]) {
    let says: Vec<&Value> = cases.iter().map(|case| &case.says).collect();
    fs::write(folder.join("models.json"), json!(says).to_string()).unwrap();
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("keras/round_trip.py");
    let output = Command::new(python()).arg(script).arg(folder).output().unwrap();
    let (out, err) = (
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr),
    );
    assert!(output.status.success(), "{out}\n{err}");
    println!("{out}");
    for Case { name, keras2, back, .. } in cases {
        let mut files = vec!["keras", "h5", "npz", "back.keras", "back.h5", "back.weights.h5"];
        files.extend(keras2.then_some("tf.h5"));
        for file in files {
            back(&folder.join(format!("{name}.{file}")));
        }
    }
}

/// A case of a model with the weights of a seed, and numbers in its state.
macro_rules! case {
    ($folder:expr, $name:literal, $model:ty, keras2 = $keras2:literal) => {{
        let mut model = <$model>::new(7);
        for (i, x) in model.state_mut().as_f32s_mut().iter_mut().enumerate() {
            *x += (i % 5) as f32 * 0.25;
        }
        model.reset_states();
        saved($folder, $name, $keras2, model, |model, path| model.save_keras(path), false)
    }};
}

#[test]
fn the_models_of_the_guide() {
    use models::guide::*;
    let folder = &folder("guide");
    let cases = [
        case!(folder, "mlp_softmax", MlpSoftmax, keras2 = true),
        case!(folder, "mlp_binary", MlpBinary, keras2 = true),
        case!(folder, "mnist_mlp", MnistMlp, keras2 = true),
        case!(folder, "mnist_cnn", MnistCnn, keras2 = true),
        case!(folder, "vgg_like", VggLike, keras2 = true),
        case!(folder, "lstm_imdb", LstmImdb, keras2 = true),
        case!(folder, "conv1d_seq", Conv1dSeq, keras2 = true),
        case!(folder, "stacked_lstm", StackedLstm, keras2 = true),
        case!(folder, "stateful_lstm", StatefulLstm, keras2 = true),
    ];
    through_keras(folder, &cases);
}

#[test]
fn layers_of_all_kinds() {
    use models::kinds::*;
    let folder = &folder("kinds");
    let cases = [
        case!(folder, "images", Images, keras2 = true),
        case!(folder, "recurrent", Recurrent, keras2 = true),
        case!(folder, "nested", Outer, keras2 = true),
        case!(folder, "words", Words, keras2 = true),
        case!(folder, "arguments", Arguments, keras2 = false),
        case!(folder, "volumes", Volumes, keras2 = true),
        case!(folder, "noise", Noise, keras2 = true),
        case!(folder, "norms", Norms, keras2 = false),
        case!(folder, "sizes", Sizes, keras2 = true),
    ];
    through_keras(folder, &cases);
}
