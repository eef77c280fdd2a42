//! All formats: real files of other people, if they are there, and the project's own.

use std::path::{Path, PathBuf};

use kseq_import::array::Array;
use kseq_import::file::{File, Order};
use kseq_import::read::read;
use kseq_import::weights::{Wanted, WantedArray, fit};
use serde_json::{Value, json};

fn own() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/files")
}

/// The folder of real files, which is not part of the project.
fn shared() -> Option<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared");
    let root = std::env::var_os("KSEQ_SHARED").map_or(root, PathBuf::from);
    let models = root.join("models");
    models.is_dir().then_some(models)
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).unwrap();
    let mut files: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
    files.retain(|f| {
        f.extension()
            .is_some_and(|e| e != "safetensors" && e != "gz")
    });
    files.sort();
    files
}

fn arrays(file: &File) -> usize {
    file.groups.iter().map(|group| group.arrays.len()).sum()
}

fn values(file: &File) -> usize {
    let arrays = file.groups.iter().flat_map(|group| &group.arrays);
    arrays.map(|array| array.values.len()).sum()
}

#[test]
fn real_files_are_read_whole() {
    let Some(folder) = shared() else { return };
    // Arrays and numbers, as h5py counts them in the datasets below `model_weights` or `layers`.
    const HELD: [(usize, usize); 26] = [
        (6, 321),
        (6, 11739),
        (6, 2945),
        (12, 9442),
        (8, 3096),
        (6, 4865),
        (16, 2540),
        (7, 5921),
        (5, 8001),
        (10, 8201),
        (5, 10451),
        (14, 6912),
        (8, 10786),
        (8, 10625),
        (8, 11430),
        (5, 19334),
        (10, 12648),
        (6, 20682),
        (16, 14335),
        (5, 21451),
        (8, 23301),
        (22, 25921),
        (8, 37570),
        (14, 52322),
        (28, 89258),
        (6, 144513),
    ];
    let mut models = files(&folder);
    models.retain(|f| f.extension().is_some_and(|e| e == "h5" || e == "keras"));
    assert_eq!(models.len(), HELD.len());
    for (path, (count, numbers)) in models.iter().zip(HELD) {
        let file = read(path).unwrap_or_else(|why| panic!("{why}"));
        assert_eq!((arrays(&file), values(&file)), (count, numbers), "{path:?}");
        assert!(file.config.is_some(), "{path:?}");
        assert_eq!(file.order, Order::Layers, "{path:?}");
    }
}

/// The arrays that Keras had when it wrote the files of a name, in the order of `get_weights`.
fn reference(name: &str) -> Vec<Vec<f32>> {
    reference_in(&own(), name)
}

fn reference_in(folder: &Path, name: &str) -> Vec<Vec<f32>> {
    let path = folder.join(format!("{name}.safetensors"));
    let file = kseq_safetensors::File::parse(std::fs::read(path).unwrap()).unwrap();
    let array = |i| {
        let array = file.get(&format!("weight_{i}"))?;
        Some(file.f32s(array).unwrap().collect())
    };
    (0..).map_while(array).collect()
}

/// The layers of a config in the words of Keras 3.
fn wanted(config: &Value) -> Vec<Wanted> {
    let layers = config
        .pointer("/config/layers")
        .unwrap()
        .as_array()
        .unwrap();
    let layers = layers.iter().filter(|l| l["class_name"] != "InputLayer");
    layers.map(Wanted::of).collect()
}

fn fitted(path: &Path, wanted: &[Wanted]) -> Vec<Array> {
    let file = read(path).unwrap_or_else(|why| panic!("{why}"));
    let fitted = fit(&file, wanted).unwrap_or_else(|why| panic!("{path:?}\n{why}"));
    assert_eq!(fitted.len(), wanted.len());
    fitted.concat()
}

fn equal(path: &Path, found: &[Array], expected: &[Vec<f32>]) {
    assert_eq!(found.len(), expected.len(), "{path:?}");
    for (array, expected) in found.iter().zip(expected) {
        let len: usize = array.shape.iter().product();
        assert_eq!(array.values.len(), len, "{path:?} {}", array.name);
        assert_eq!(&array.values, expected, "{path:?} {}", array.name);
    }
}

/// Every file of a folder against the arrays beside it; how many there are.
fn every_format(folder: &Path) -> usize {
    let mut seen = 0;
    for path in files(folder) {
        let file = path.file_name().unwrap().to_str().unwrap();
        let (name, ending) = file.split_once('.').unwrap();
        if !(name.starts_with("k3_") || name.starts_with("tf_")) {
            continue;
        }
        let whole = folder.join(format!("{name}.h5"));
        let config = read(&whole).unwrap().config.unwrap();
        if ending == "json" {
            let read = read(&path).unwrap();
            assert_eq!(arrays(&read), 0);
            assert!(!wanted(&read.config.unwrap()).is_empty());
            continue;
        }
        seen += 1;
        let expected = reference_in(folder, name);
        equal(&path, &fitted(&path, &wanted(&config)), &expected);
    }
    seen
}

#[test]
fn every_format_gives_the_bits_that_keras_wrote() {
    let seen = every_format(&own());
    assert!(seen >= 30, "{seen}");
    // Those of `more_files.py`.
    if let Some(folder) = std::env::var_os("KSEQ_IMPORT_CASES") {
        let seen = every_format(Path::new(&folder));
        assert!(seen >= 150, "{seen}");
    }
}

#[test]
fn arrays_lie_as_hdf5_zip_and_numpy_allow() {
    let config = read(own().join("k3_mlp.h5")).unwrap().config.unwrap();
    let (exact, tf) = (reference("k3_mlp"), reference("tf_mlp"));
    let rounded = |bits: u32| -> Vec<Vec<f32>> {
        let array = |values: &Vec<f32>| values.iter().map(|v| nearest(*v, bits)).collect();
        exact.iter().map(array).collect()
    };
    let (f16, bf16) = (rounded(13), rounded(16));
    let odd = files(&own()).into_iter().filter(|path| {
        let name = path.file_name().unwrap().to_str().unwrap();
        name.starts_with("odd_")
    });
    let odd: Vec<PathBuf> = odd.collect();
    assert_eq!(odd.len(), 10);
    for path in odd {
        let name = path.file_name().unwrap().to_str().unwrap();
        let expected = match name {
            "odd_f16.h5" => &f16,
            "odd_bf16.weights.h5" => &bf16,
            "odd_windows.weights.h5" => &tf,
            _ => &exact,
        };
        equal(&path, &fitted(&path, &wanted(&config)), expected);
    }
}

/// The nearest number without so many last bits, the even one of two: what NumPy makes of one that is no subnormal one.
fn nearest(value: f32, last: u32) -> f32 {
    let (bits, unit) = (value.to_bits(), 1 << last);
    let (down, rest) = (bits / unit * unit, bits % unit);
    let is_odd = bits & unit != 0;
    let up = rest > unit / 2 || rest == unit / 2 && is_odd;
    f32::from_bits(if up { down + unit } else { down })
}

fn layers(list: Value) -> Vec<Wanted> {
    wanted(&json!({"config": {"layers": list}}))
}

#[test]
fn old_forms_become_those_of_today() {
    let lstm = json!({"class_name": "LSTM", "config": {"name": "lstm_2"}});
    let dense = json!({"class_name": "Dense", "config": {"name": "dense_1"}});
    let conv_lstm = layers(json!([
        {"class_name": "Conv1D", "config": {"name": "convolution1d_1"}},
        {"class_name": "Dropout", "config": {"name": "dropout_1"}},
        {"class_name": "LSTM", "config": {"name": "lstm_1"}},
        {"class_name": "Bidirectional", "config": {"name": "bidirectional_1", "layer": lstm}},
        dense,
        {"class_name": "Activation", "config": {"name": "activation_1"}},
        {"class_name": "BatchNormalization", "config": {"name": "batchnormalization_1"}},
        {"class_name": "Dense", "config": {"name": "dense_2"}},
    ]));
    let gru = layers(json!([
        {"class_name": "GRU", "config": {"name": "gru_1"}},
        {"class_name": "SimpleRNN", "config": {"name": "simplernn_1"}},
        dense,
    ]));
    let rnn = layers(json!([
        {"class_name": "GRU", "config": {"name": "gru_1"}},
        {"class_name": "Bidirectional", "config": {"name": "bidirectional_1", "layer": lstm}},
        dense,
    ]));
    for (file, name, wanted) in [
        ("k1_conv_lstm.h5", "k1_conv_lstm", &conv_lstm),
        ("k1_conv_lstm.nb_layers.h5", "k1_conv_lstm", &conv_lstm),
        ("k1_gru.h5", "k1_gru", &gru),
        ("k2_rnn.h5", "k2_rnn", &rnn),
        ("k2_rnn.only.h5", "k2_rnn", &rnn),
    ] {
        let path = own().join(file);
        equal(&path, &fitted(&path, wanted), &reference(name));
    }
    let file = read(own().join("k1_conv_lstm.h5")).unwrap();
    let arrays = fit(&file, &conv_lstm).unwrap();
    let names: Vec<&str> = arrays[3].iter().map(|a| a.name.as_str()).collect();
    assert_eq!(
        names[..3],
        [
            "forward_layer.kernel",
            "forward_layer.recurrent_kernel",
            "forward_layer.bias"
        ]
    );
    assert_eq!(arrays[0][0].shape, [3, 3, 5]);
}

/// A model as Rust declares it: other names, and shapes.
#[test]
fn what_does_not_fit_is_said_of_all_layers() {
    let declared = |name: &str, class: &str, arrays: &[(&str, &[usize])]| Wanted {
        name: name.to_owned(),
        class: class.to_owned(),
        arrays: arrays
            .iter()
            .map(|(name, shape)| WantedArray {
                name: (*name).to_owned(),
                shape: Some(shape.to_vec()),
            })
            .collect(),
        inside: Vec::new(),
    };
    let model = |kernel: &[usize], head: &[usize]| {
        vec![
            declared("dense_1", "Dense", &[("kernel", kernel), ("bias", &[8])]),
            declared("dropout_1", "Dropout", &[]),
            declared("dense_2", "Dense", &[("kernel", &[8, 5])]),
            declared(
                "batch_normalization_1",
                "BatchNormalization",
                &[
                    ("gamma", &[5]),
                    ("beta", &[5]),
                    ("moving_mean", &[5]),
                    ("moving_variance", &[5]),
                ],
            ),
            declared("dense_3", "Dense", &[("kernel", head), ("bias", &[3])]),
        ]
    };
    for file in [
        "k3_mlp.keras",
        "k3_mlp.h5",
        "k3_mlp.weights.h5",
        "k3_mlp.npz",
        "tf_mlp.weights.h5",
        "odd_named.npz",
    ] {
        let right = model(&[6, 8], &[5, 3]);
        let path = own().join(file);
        if file == "odd_named.npz" {
            // Only names say whose its arrays are, and `head` is none of the model's.
            let why = fit(&read(&path).unwrap(), &right).unwrap_err().to_string();
            let expected = "the weights: expected the weights of 4 layers (dense_1, dense_2, batch_normalization_1, dense_3), \
                found those of 4 (dense, dense_1, batch_normalization, head)";
            assert_eq!(why, expected);
            continue;
        }
        let expected = reference(file.split_once('.').unwrap().0);
        equal(&path, &fitted(&path, &right), &expected);
        let read = read(&path).unwrap();
        let wrong = fit(&read, &model(&[6, 9], &[4, 3]))
            .unwrap_err()
            .to_string();
        assert_eq!(wrong.lines().count(), 2, "{wrong}");
        assert!(
            wrong.starts_with(
                "layer `dense_1` (Dense), `kernel`: expected the shape [6, 9], found [6, 8] ("
            ),
            "{wrong}"
        );
        assert!(
            wrong.contains(
                "layer `dense_3` (Dense), `kernel`: expected the shape [4, 3], found [5, 3] ("
            ),
            "{wrong}"
        );
        let fewer = fit(&read, &right[..4]).unwrap_err().to_string();
        assert!(fewer.starts_with("the weights: expected "), "{fewer}");
    }
}

/// Keras 2 writes a frozen layer behind the others: the config has the order.
#[test]
fn a_frozen_layer_in_a_model_in_the_model() {
    let path = own().join("tf_frozen.h5");
    let config = read(&path).unwrap().config.unwrap();
    let mut declared = wanted(&config);
    for (i, layer) in declared[0].inside.iter_mut().enumerate() {
        layer.name = format!("of_the_program_{i}");
    }
    equal(&path, &fitted(&path, &declared), &reference("tf_frozen"));
}
