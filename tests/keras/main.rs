//! Files of Keras out, into real Keras, and back: the same outputs there, and the same bits here. `cargo xtask keras` installs the versions
//! of Keras that `keras_requirements.txt` names, and runs this.

mod models;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use kseq::layer::{Flat, Shape, Tensor};
use kseq::prelude::*;
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
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR"))
        .join("keras")
        .join(name);
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

/// Inputs, and the outputs that kseq gives.
struct Samples {
    x: Vec<f32>,
    input: Vec<usize>,
    y: Vec<f32>,
    output: Vec<usize>,
}

/// Numbers that are the same every time.
fn numbers<N: From<u8>>(count: usize) -> Vec<N> {
    let numbers = (0..count).map(|i| N::from(((i * 37 + i / 11) % 7) as u8));
    numbers.collect()
}

/// A batch of samples.
fn samples<M: Model<Input: Tensor<Elem: From<u8> + Into<f64>>>>(model: &Sequential<M>) -> Samples {
    let count = M::BATCH.unwrap_or(3);
    let x = numbers(M::Input::SHAPE.len().unwrap() * count);
    let y = model.predict(M::Input::view(&x)).unwrap();
    let batched = |shape: Shape| -> Vec<usize> {
        let shape = shape.dims().iter().copied();
        [count].into_iter().chain(shape).collect()
    };
    Samples {
        x: x.iter()
            .map(|x| {
                let x: f64 = (*x).into();
                x as f32
            })
            .collect(),
        input: batched(M::Input::SHAPE),
        y: M::Output::flat(&y).to_vec(),
        output: batched(M::Output::SHAPE),
    }
}

/// Saves a model in all formats, with samples.
fn saved<M: Model>(
    folder: &Path,
    name: &'static str,
    keras2: bool,
    model: &Sequential<M>,
    mut save: impl FnMut(&Path) -> Result<(), Error>,
    samples: impl FnOnce(&Sequential<M>) -> Samples,
) -> Case {
    let path = |ending: &str| folder.join(format!("{name}.{ending}"));
    save(&path("keras")).unwrap();
    save(&path("h5")).unwrap();
    model.save_weights(path("npz")).unwrap();
    fs::write(path("json"), model.to_json().unwrap()).unwrap();
    // What a stateful layer carries is no weight of Keras: it is nothing yet.
    let weights = model.get_weights();
    let Samples {
        x,
        input,
        y,
        output,
    } = samples(model);
    let bytes =
        |numbers: &[f32]| -> Vec<u8> { numbers.iter().flat_map(|x| x.to_le_bytes()).collect() };
    fs::write(path("x"), bytes(&x)).unwrap();
    fs::write(path("y"), bytes(&y)).unwrap();
    Case {
        name,
        keras2,
        says: json!({ "name": name, "input": input, "output": output, "keras2": keras2 }),
        back: Box::new(move |path: &Path| {
            let mut again = M::new(99);
            again.load_weights(path).unwrap();
            let found = again.get_weights();
            assert_eq!(found.len(), weights.len());
            for (i, (found, expected)) in found.iter().zip(weights.iter()).enumerate() {
                let bits = |array: &kseq::train::Array| -> Vec<u32> {
                    array.values().iter().map(|x| x.to_bits()).collect()
                };
                let same = bits(found) == bits(expected);
                assert!(same, "{}, array {i}: other bits", path.display());
            }
        }),
    }
}

/// Runs real Keras over what was saved, and takes back what it saves.
fn through_keras(folder: &Path, cases: &[Case]) {
    let says: Vec<&Value> = cases.iter().map(|case| &case.says).collect();
    fs::write(folder.join("models.json"), json!(says).to_string()).unwrap();
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("keras/round_trip.py");
    let output = Command::new(python())
        .arg(script)
        .arg(folder)
        .output()
        .unwrap();
    let (out, err) = (
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr),
    );
    assert!(output.status.success(), "{out}\n{err}");
    println!("{out}");
    for Case {
        name, keras2, back, ..
    } in cases
    {
        let mut files = vec![
            "keras",
            "h5",
            "npz",
            "back.keras",
            "back.h5",
            "back.weights.h5",
        ];
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
        let save = |path: &Path| model.save_keras(path);
        saved($folder, $name, $keras2, &model, save, samples)
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
        case!(folder, "frames", Frames, keras2 = true),
        case!(folder, "more", More, keras2 = false),
    ];
    through_keras(folder, &cases);
}

#[test]
fn sequences_of_any_length() {
    use models::kinds::Sizes;
    let folder = &folder("sizes");
    let model = Sizes::new(7);
    let save = |path: &Path| model.save_keras(path);
    let case = saved(folder, "sizes", true, &model, save, |model| {
        let steps: Vec<f32> = numbers(5 * 3);
        let (of_three, _) = steps.as_chunks::<3>();
        let y = model.predict(of_three).unwrap();
        Samples {
            y: y.to_vec(),
            output: vec![1, 2],
            input: vec![1, 5, 3],
            x: steps,
        }
    });
    through_keras(folder, &[case]);
}

/// Optimizer, loss and metrics are there in Keras.
#[test]
fn a_compiled_model() {
    use models::guide::MlpSoftmax;
    let folder = &folder("compiled");
    let mut cases = Vec::new();
    macro_rules! compiled {
        ($name:literal, $($compile:tt)*) => {{
            let model = MlpSoftmax::new(3);
            let mut compiled = compile!(MlpSoftmax::new(3), $($compile)*);
            let save = |path: &Path| compiled.save_keras(path);
            cases.push(saved(folder, $name, true, &model, save, samples));
        }};
    }
    compiled!(
        "words",
        optimizer = "rmsprop",
        loss = "categorical_crossentropy",
        metrics = ["accuracy"]
    );
    compiled!(
        "arguments",
        optimizer = SGD(
            learning_rate = 0.05,
            momentum = 0.9,
            nesterov = true,
            clipnorm = 1.0
        ),
        loss = CategoricalCrossentropy(label_smoothing = 0.1),
        metrics = [CategoricalAccuracy(), "mse"],
    );
    compiled!(
        "schedule",
        optimizer = Adam(
            ExponentialDecay(0.1, 10, 0.5, staircase = true),
            amsgrad = true
        ),
        loss = "mse",
    );
    through_keras(folder, &cases);
    let says = |name: &str| -> Value {
        let text = fs::read_to_string(folder.join(format!("{name}.compiled.json"))).unwrap();
        serde_json::from_str(&text).unwrap()
    };
    let words = says("words");
    assert_eq!(words["optimizer"], "RMSprop");
    assert_eq!(words["config"]["rho"], 0.9);
    assert_eq!(words["loss"]["class_name"], "CategoricalCrossentropy");
    assert_eq!(words["metrics"], json!(["accuracy"]));
    let arguments = says("arguments");
    assert_eq!(arguments["optimizer"], "SGD");
    let config = &arguments["config"];
    for (name, value) in [
        ("momentum", json!(0.9)),
        ("nesterov", json!(true)),
        ("clipnorm", json!(1.0)),
    ] {
        assert_eq!(config[name], value, "{config}");
    }
    assert_eq!(arguments["loss"]["config"]["label_smoothing"], 0.1);
    let schedule = says("schedule");
    let rate = &schedule["config"]["learning_rate"];
    assert_eq!(rate["class_name"], "ExponentialDecay");
    assert_eq!(rate["config"]["decay_rate"], 0.5);
    assert_eq!(schedule["config"]["amsgrad"], true);
}

/// What Keras has no word for is an error that names all of it, and no file.
#[test]
fn what_keras_does_not_have() {
    use models::own::*;
    let path = folder("own").join("own.keras");
    let why = Own::new(1).save_keras(&path).unwrap_err().to_string();
    for part in [
        "layer 2 `lambda_1` (Lambda): `function` is the program's own",
        "layer 4 `residual_1` (Residual): `Residual` cannot be said in Keras 3",
    ] {
        assert!(why.contains(part), "{why}");
    }
    assert!(!path.exists());
    let why = Own::new(1).to_json().unwrap_err().to_string();
    assert!(why.contains("lambda_1"), "{why}");
    let h5 = path.with_extension("h5");
    let why = Axes::new(1).save_keras(&h5).unwrap_err().to_string();
    assert!(why.contains("layer 1 `layer_normalization_1`"), "{why}");
    assert!(!h5.exists());
    let why = Own::new(1)
        .save_keras("model.onnx")
        .unwrap_err()
        .to_string();
    assert_eq!(
        why,
        "model.onnx: expected a path that ends with `.keras` or `.h5`, the formats of Keras"
    );
}
