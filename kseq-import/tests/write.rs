//! Files that are written are read as they were. That real Keras reads them is the test of `tests/keras/`.

use kseq_import::array::{Array, Group};
use kseq_import::file::File;
use kseq_import::read::read_bytes;
use kseq_import::weights::{Wanted, fit};
use kseq_import::write;
use serde_json::{Value, json};

fn array(name: &str, shape: &[usize], begin: f32) -> Array {
    let count = shape.iter().product::<usize>();
    Array {
        name: name.to_owned(),
        shape: shape.to_vec(),
        values: (0..count).map(|i| begin + i as f32 * 0.5).collect(),
    }
}

fn group(name: &str, arrays: Vec<Array>) -> Group {
    let name = name.to_owned();
    Group { name, arrays }
}

fn layer(class: &str, config: Value) -> Value {
    json!({ "class_name": class, "config": config })
}

/// A model of which every layer has its arrays in another place.
fn file() -> File {
    let inner = json!({ "name": "encoder", "layers": [
        layer("Dense", json!({ "name": "dense_1", "units": 2 })),
        layer("BatchNormalization", json!({ "name": "batch_normalization_1", "trainable": false })),
        layer("Dense", json!({ "name": "dense_2", "units": 2 })),
    ] });
    let layers = json!([
        layer(
            "InputLayer",
            json!({ "name": "input", "batch_shape": [null, 4, 3] })
        ),
        layer(
            "LSTM",
            json!({ "name": "lstm_1", "units": 1, "return_sequences": true })
        ),
        layer(
            "Bidirectional",
            json!({ "name": "both", "layer": layer("GRU", json!({ "units": 1 })) })
        ),
        layer("Sequential", inner),
        layer("Dropout", json!({ "name": "dropout_1", "rate": 0.5 })),
        layer(
            "Dense",
            json!({ "name": "dense_1", "units": 1, "use_bias": false })
        ),
    ]);
    let both = ["forward_layer", "backward_layer"]
        .into_iter()
        .flat_map(|way| {
            [
                ("kernel", [1, 3]),
                ("recurrent_kernel", [1, 3]),
                ("bias", [2, 3]),
            ]
            .map(|(name, shape)| array(&format!("{way}.{name}"), &shape, way.len() as f32))
        });
    let both = both.collect();
    let encoder = vec![
        array("dense_1.kernel", &[2, 2], 1.0),
        array("dense_1.bias", &[2], 2.0),
        array("batch_normalization_1.gamma", &[2], 3.0),
        array("batch_normalization_1.beta", &[2], 4.0),
        array("batch_normalization_1.moving_mean", &[2], 5.0),
        array("batch_normalization_1.moving_variance", &[2], 6.0),
        array("dense_2.kernel", &[2, 2], 7.0),
        array("dense_2.bias", &[2], 8.0),
    ];
    File {
        config: Some(layer(
            "Sequential",
            json!({ "name": "net", "layers": layers }),
        )),
        groups: vec![
            group(
                "lstm_1",
                vec![
                    array("kernel", &[3, 4], 0.25),
                    array("recurrent_kernel", &[1, 4], 0.75),
                    array("bias", &[4], -3.0),
                ],
            ),
            group("both", both),
            group("encoder", encoder),
            group("dropout_1", Vec::new()),
            group("dense_1", vec![array("kernel", &[2, 1], 9.0)]),
        ],
        ..File::default()
    }
}

/// The arrays of a file under kseq's names, of the layers that have some.
fn arrays(bytes: &[u8], of: &File) -> Vec<Vec<Array>> {
    let read = read_bytes(bytes, "written").unwrap();
    let layers = of.config.as_ref().unwrap().pointer("/config/layers");
    let layers = layers.and_then(Value::as_array).unwrap().iter().skip(1);
    let wanted: Vec<Wanted> = layers.map(Wanted::of).collect();
    fit(&read, &wanted).unwrap()
}

#[test]
fn what_is_written_is_read() {
    let file = file();
    let expected: Vec<Vec<Array>> = file.groups.iter().map(|g| g.arrays.clone()).collect();
    for bytes in [
        write::keras(&file).unwrap(),
        write::h5(&file).unwrap(),
        write::npz(&file.groups).unwrap(),
    ] {
        assert_eq!(arrays(&bytes, &file), expected);
    }
}

#[test]
fn the_same_model_is_the_same_bytes() {
    assert_eq!(write::keras(&file()), write::keras(&file()));
    assert_eq!(write::h5(&file()), write::h5(&file()));
}

#[test]
fn all_that_keras_does_not_have_is_refused_at_once() {
    let layers = json!([
        layer(
            "InputLayer",
            json!({ "name": "input", "batch_shape": [null, 4] })
        ),
        layer("Residual", json!({ "name": "residual_1", "layers": [] })),
        layer(
            "BatchNormalization",
            json!({ "name": "norm", "renorm": true })
        ),
    ]);
    let config = layer("Sequential", json!({ "name": "net", "layers": layers }));
    let file = File {
        config: Some(config),
        ..File::default()
    };
    let why = write::keras(&file).unwrap_err().to_string();
    assert_eq!(
        why,
        "layer 1 `residual_1` (Residual): `Residual` cannot be said in Keras 3: in Keras it is no layer, but a model with branches\n\
         layer 2 `norm` (BatchNormalization): Keras 3's `BatchNormalization` has no argument `renorm`"
    );
}
