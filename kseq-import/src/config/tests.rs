use serde_json::{Value, json};

use super::*;
use crate::array::{Array, Group};
use crate::source;

fn file(version: &str, class: &str, config: Value) -> File {
    File {
        keras_version: Some(version.to_owned()),
        config: Some(json!({ "class_name": class, "config": config })),
        ..File::default()
    }
}

/// The layers of a Sequential as they are written.
fn lines(version: &str, layers: Value) -> Vec<String> {
    let model = canonical(&file(version, "Sequential", layers));
    let model = model.unwrap_or_else(|why| panic!("{why}"));
    source::layers(&model)
}

/// Why it is refused.
fn refusal(file: &File) -> String {
    canonical(file).err().unwrap_or_default().to_string()
}

fn kernel(layer: &str, shape: &[usize]) -> Group {
    Group {
        name: layer.to_owned(),
        arrays: vec![Array {
            name: "kernel".to_owned(),
            shape: shape.to_vec(),
            values: Vec::new(),
        }],
    }
}

#[test]
fn words_of_keras_1() {
    let layers = json!([
        {"class_name": "Convolution2D", "config": {"batch_input_shape": [null, 8, 6, 3], "nb_filter": 4, "nb_row": 3,
            "nb_col": 2, "subsample": [2, 2], "border_mode": "same", "dim_ordering": "tf", "init": "glorot_uniform",
            "activation": "relu", "bias": false, "W_regularizer": {"name": "WeightRegularizer", "l1": 0.0, "l2": 0.5},
            "b_regularizer": null, "W_constraint": {"name": "MaxNorm", "m": 3, "axis": 0}, "name": "convolution2d_1"}},
        {"class_name": "BatchNormalization", "config": {"mode": 0, "axis": -1, "epsilon": 0.001, "momentum": 0.99,
            "gamma_regularizer": null, "beta_regularizer": null, "name": "batchnormalization_1"}},
        {"class_name": "MaxPooling2D", "config": {"pool_size": [2, 2], "strides": [2, 2], "border_mode": "valid",
            "dim_ordering": "tf"}},
        {"class_name": "Flatten", "config": {"name": "flatten_1"}},
        {"class_name": "RepeatVector", "config": {"n": 3}},
        {"class_name": "LSTM", "config": {"output_dim": 5, "inner_activation": "hard_sigmoid", "activation": "tanh",
            "dropout_W": 0.1, "dropout_U": 0.2, "forget_bias_init": "one", "inner_init": "orthogonal", "consume_less": "cpu",
            "input_dim": 64, "input_length": null, "unroll": false}},
        {"class_name": "Dropout", "config": {"p": 0.5}},
        {"class_name": "GaussianNoise", "config": {"sigma": 0.1}},
        {"class_name": "Dense", "config": {"output_dim": 2, "activation": "linear", "input_dim": null}},
    ]);
    assert_eq!(
        lines("1.2.2", layers),
        [
            "Conv2D(\n    4,\n    (3, 2),\n    strides = 2,\n    padding = \"same\",\n    activation = \"relu\",\n    \
             use_bias = false,\n    kernel_regularizer = L1L2(l2 = 0.5),\n    kernel_constraint = MaxNorm(max_value = 3.0),\n    \
             input_shape = (8, 6, 3),\n),",
            "BatchNormalization(),",
            "MaxPooling2D(),",
            "Flatten(),",
            "RepeatVector(3),",
            "LSTM(\n    5,\n    recurrent_activation = \"hard_sigmoid_keras2\",\n    dropout = 0.1,\n    recurrent_dropout = 0.2,\n),",
            "Dropout(0.5),",
            "GaussianNoise(0.1),",
            "Dense(2),",
        ]
    );
}

#[test]
fn the_writer_decides_what_a_word_means() {
    let layers = json!({"layers": [
        {"class_name": "GRU", "config": {"units": 2, "batch_input_shape": [null, null, 3], "activation": "hard_sigmoid"}},
    ]});
    assert_eq!(
        lines("2.1.0", layers.clone()),
        [
            "GRU(\n    2,\n    activation = \"hard_sigmoid_keras2\",\n    recurrent_activation = \"hard_sigmoid_keras2\",\n    \
             reset_after = false,\n    input_shape = (None, 3),\n),"
        ]
    );
    assert_eq!(
        lines("3.4.1", layers),
        ["GRU(2, activation = \"hard_sigmoid\", input_shape = (None, 3)),"]
    );
}

#[test]
fn layers_of_cudnn_are_those_with_its_activations() {
    let layers = json!({"layers": [
        {"class_name": "Bidirectional", "config": {"batch_input_shape": [null, 4, 3], "layer":
            {"class_name": "CuDNNLSTM", "config": {"units": 2, "return_sequences": true}}}},
        {"class_name": "CuDNNGRU", "config": {"units": 2}},
    ]});
    assert_eq!(
        lines("2.2.4", layers),
        [
            "Bidirectional(LSTM(2, return_sequences = true), input_shape = (4, 3)),",
            "GRU(2),"
        ]
    );
}

#[test]
fn what_is_not_said_by_the_version_is_said_by_the_words() {
    for (key, major) in [("nb_filter", 1), ("units", 2), ("registered_name", 3)] {
        let mut file = file(
            "",
            "Sequential",
            json!([{"class_name": "X", "config": {key: 1}}]),
        );
        file.keras_version = None;
        assert_eq!(Writer::of(&file).major, major);
    }
}

#[test]
fn policies_lists_and_layers_in_layers() {
    let policy = json!({"class_name": "DTypePolicy", "config": {"name": "mixed_float16"}});
    let model = canonical(&file(
        "3.0.0",
        "Sequential",
        json!({"name": "net", "layers": [
            {"class_name": "InputLayer", "config": {"batch_shape": [2, 6, 5, 3], "name": "in"}},
            {"class_name": "BatchNormalization", "config": {"axis": [3], "dtype": policy, "name": "block1/norm"}},
            {"class_name": "Sequential", "config": {"name": "sequential_1", "layers": [
                {"class_name": "InputLayer", "config": {"batch_shape": [null, 6, 5, 3]}},
                {"class_name": "LeakyReLU", "config": {"alpha": {"type": "ndarray", "value": 0.25}}},
                {"class_name": "BatchNormalization", "config": {"axis": 3}},
            ]}},
            {"class_name": "GlobalAveragePooling2D", "config": {"data_format": "channels_last", "keepdims": false}},
            {"class_name": "RepeatVector", "config": {"n": 4}},
            {"class_name": "Bidirectional", "config": {
                "layer": {"class_name": "LSTM", "config": {"name": "lstm", "units": 2, "seed": 1}},
                "backward_layer": {"class_name": "LSTM", "config": {"name": "back", "units": 2, "seed": 2, "go_backwards": true}}}},
            {"class_name": "Dense", "config": {"units": 1, "activation": "softmax", "trainable": false}},
        ]}),
    ));
    let model = model.unwrap_or_else(|why| panic!("{why}"));
    assert_eq!(
        source::layers(&model),
        [
            "BatchNormalization(input_shape = (6, 5, 3), name = \"block1_norm\"),",
            "Sequential([LeakyReLU(negative_slope = 0.25), BatchNormalization()]),",
            "GlobalAveragePooling2D(),",
            "RepeatVector(4),",
            "Bidirectional(LSTM(2)),",
            "#[insist] Dense(1, activation = \"softmax\", trainable = false),",
        ]
    );
    let names: Vec<&str> = model
        .layers
        .iter()
        .map(|layer| layer.name.as_str())
        .collect();
    assert_eq!(names.first(), Some(&"block1_norm"));
    assert_eq!(names.last(), Some(&"dense_1"));
    assert_eq!(
        model.left_out,
        [
            "layer 1 `block1/norm` (BatchNormalization): its type `mixed_float16`: kseq computes in `float32`",
            "the size of a batch, 2: it counts for layers with `stateful = true`",
        ]
    );
}

#[test]
fn names_that_a_person_gave_stay_and_no_two_are_the_same() {
    let dense = |name: &str| json!({"class_name": "Dense", "config": {"units": 2, "name": name, "batch_input_shape": [null, 3]}});
    let layers = [
        "dense_15", "dense_2a", "lstm_1", "encoder", "encoder", "type",
    ]
    .map(dense);
    let model = canonical(&file("2.4.0", "Sequential", json!({ "layers": layers })));
    let model = model.unwrap_or_else(|why| panic!("{why}"));
    let names: Vec<&str> = model
        .layers
        .iter()
        .map(|layer| layer.name.as_str())
        .collect();
    assert_eq!(
        names,
        [
            "dense_1",
            "dense_2a",
            "lstm_1",
            "encoder",
            "encoder_2",
            "type_1"
        ]
    );
}

#[test]
fn a_functional_model_is_a_chain_or_refused() {
    let node = |name: &str| json!([[[name, 0, 0, {}]]]);
    let layer = |class: &str, name: &str, inbound: Value| {
        json!({"class_name": class, "name": name, "config": {"name": name, "units": 2, "batch_input_shape": [null, 3]},
            "inbound_nodes": inbound})
    };
    // Not in the order of the file.
    let mut layers = vec![
        layer("Dense", "b", node("a")),
        layer("InputLayer", "in", json!([])),
        layer("Dense", "a", node("in")),
    ];
    let of = |layers: &[Value], outputs: Value| {
        file(
            "2.4.0",
            "Model",
            json!({"layers": layers, "output_layers": outputs}),
        )
    };
    let model = canonical(&of(&layers, json!([["b", 0, 0]])));
    let names = model.map(|model| model.layers.into_iter().map(|layer| layer.name));
    assert_eq!(
        names.map(Iterator::collect::<Vec<_>>),
        Ok(vec!["a".to_owned(), "b".to_owned()])
    );
    assert_eq!(
        refusal(&of(&layers, json!([["a", 0, 0]]))),
        "the model: its output is that of `a`, behind which `b` stands"
    );
    layers.push(layer(
        "Add",
        "add",
        json!([[["a", 0, 0, {}], ["b", 0, 0, {}]]]),
    ));
    let why = refusal(&of(&layers, json!([["add", 0, 0]])));
    assert!(
        why.starts_with(
            "layer 4 `add` (Add): merges `a` and `b`; a list of layers has no branches"
        ),
        "{why}"
    );
    // Keras 3 writes nodes otherwise.
    let tensor = |name: &str| {
        json!([{"args": [{"class_name": "__keras_tensor__", "config": {"shape": [null, 3], "keras_history": [name, 0, 0]}}],
            "kwargs": {"training": false}}])
    };
    let layers = [
        layer("InputLayer", "in", json!([])),
        layer("Dense", "a", tensor("in")),
        layer("Dense", "b", json!([tensor("in")[0], tensor("a")[0]])),
    ];
    let why = refusal(&of(&layers, json!([["b", 0, 0]])));
    assert_eq!(
        why,
        "layer 3 `b` (Dense): is called 2 times, with one set of weights; a list of layers calls each once"
    );
}

#[test]
fn everything_that_is_wrong_is_said_at_once() {
    let why = refusal(&file(
        "3.1.0",
        "Sequential",
        json!({"layers": [
            {"class_name": "InputLayer", "config": {"batch_shape": [null, 3]}},
            {"class_name": "Dense", "config": {"name": "a", "units": 2.5, "foo": 1}},
            {"class_name": "Lambda", "config": {"name": "b", "function": {"class_name": "__lambda__", "config": {"code": "4wEA"}}}},
            {"class_name": "Hashing", "config": {"name": "c", "num_bins": 3}},
            {"class_name": "Dense", "module": "my.layers", "registered_name": "My>Dense", "config": {"name": "d", "units": 2}},
            {"class_name": "LSTM", "config": {"units": 2, "time_major": true}},
        ]}),
    ));
    let lines: Vec<&str> = why.lines().filter(|line| !line.starts_with("  ")).collect();
    assert_eq!(
        lines,
        [
            "layer 1 `a` (Dense): units = 2.5",
            "layer 1 `a` (Dense): no argument foo = 1",
            "layer 2 `b` (Lambda): its function is code of Python, which is never run",
            "layer 3 `c` (Hashing): kseq has no `Hashing`: it hashes as TensorFlow does; `IntegerLookup` and \
             `preprocessing::text` give tokens numbers",
            "layer 4 `d` (Dense): `My>Dense` is a class of a program, whose code is not in the file",
            "layer 5 (LSTM): time_major = true: a batch is samples, each of them steps",
        ]
    );
}

#[test]
fn the_input_by_the_first_kernel() {
    let of = |class: &str, shape: &[usize], behind: &[Value]| {
        let mut layers = vec![
            json!({"class_name": "Dropout", "config": {"rate": 0.5}}),
            json!({"class_name": class, "config": {"name": "a", "units": 2, "filters": 2, "kernel_size": 3}}),
        ];
        layers.extend(behind.iter().cloned());
        let mut file = file("2.2.4-tf", "Sequential", json!({ "layers": layers }));
        file.groups = vec![kernel("a", shape)];
        file
    };
    let input = |file: &File| {
        input::take(
            &mut Vec::new(),
            file.config.as_ref().unwrap_or(&Value::Null),
            None,
        )
        .is_ok()
    };
    let dense = of("BatchNormalization", &[21], &[]);
    assert!(input(&dense));
    for (class, shape, expected) in [
        ("Dense", vec![21, 2], vec![Some(21)]),
        ("LSTM", vec![4, 8], vec![None, Some(4)]),
        ("Conv1D", vec![3, 5, 2], vec![None, Some(5)]),
        ("Conv2D", vec![3, 3, 1, 2], vec![None, None, Some(1)]),
    ] {
        let layers = [Named {
            number: 1,
            origin: Some("a".to_owned()),
            object: json!({"class_name": class, "config": {}}),
        }];
        assert_eq!(
            input::of_kernel(&layers, &[kernel("a", &shape)]),
            Ok(expected),
            "{class}"
        );
    }
    let flatten = [json!({"class_name": "Flatten", "config": {}})];
    let why = refusal(&of("Conv2D", &[3, 3, 1, 2], &flatten));
    assert!(
        why.contains("tells the last axis alone, and layer 3 (Flatten) needs all"),
        "{why}"
    );
    let known = with_input(
        &of("Conv2D", &[3, 3, 1, 2], &flatten),
        Some(vec![Some(28), Some(28), Some(1)]),
    );
    assert!(known.is_err_and(|why| !why.to_string().contains("the input")));
}

#[test]
fn channels_first_is_channels_last_between_permutations() {
    let with = |class: &str, more: Value| {
        let mut config = json!({"data_format": "channels_first"});
        if let (Some(config), Some(more)) = (config.as_object_mut(), more.as_object()) {
            config.extend(more.clone());
        }
        json!({ "class_name": class, "config": config })
    };
    let plain = |class: &str, config: Value| json!({"class_name": class, "config": config});
    let conv = with(
        "Conv2D",
        json!({"filters": 4, "kernel_size": [3, 3], "batch_input_shape": [null, 3, 8, 6]}),
    );
    let norm = plain("BatchNormalization", json!({"axis": 1}));
    assert_eq!(
        lines(
            "2.3.1",
            json!({"layers": [conv, norm, plain("Activation", json!({"activation": "relu"})), with("MaxPooling2D", json!({})),
                with("Flatten", json!({})), plain("Dense", json!({"units": 2}))]})
        ),
        [
            "Permute((2, 3, 1), input_shape = (3, 8, 6)),",
            "Conv2D(4, (3, 3)),",
            "BatchNormalization(),",
            "Activation(\"relu\"),",
            "MaxPooling2D(),",
            "Flatten(),",
            "Dense(2),",
        ]
    );
    // A `Flatten` that does not know of the order, and a model that ends with an image.
    assert_eq!(
        lines(
            "2.3.1",
            json!({"layers": [conv, plain("Flatten", json!({"data_format": "channels_last"}))]})
        ),
        [
            "Permute((2, 3, 1), input_shape = (3, 8, 6)),",
            "Conv2D(4, (3, 3)),",
            "Permute((3, 1, 2)),",
            "Flatten(),",
        ]
    );
    assert_eq!(
        lines(
            "2.3.1",
            json!({"layers": [conv, plain("Softmax", json!({"axis": 1}))]})
        ),
        [
            "Permute((2, 3, 1), input_shape = (3, 8, 6)),",
            "Conv2D(4, (3, 3)),",
            "Permute((3, 1, 2)),",
            "Softmax(axis = 1),",
        ]
    );
    let inside = plain(
        "TimeDistributed",
        json!({"layer": conv, "batch_input_shape": [null, 2, 3, 8, 6]}),
    );
    let why = refusal(&file("2.3.1", "Sequential", json!({ "layers": [inside] })));
    assert!(
        why.starts_with(
            "layer 1 (TimeDistributed): a layer in it has `data_format = \"channels_first\"`"
        ),
        "{why}"
    );
}

#[test]
fn files_without_a_list_of_layers() {
    assert!(refusal(&File::default()).starts_with("the file: holds weights only"));
    for (class, config, why) in [
        ("MyModel", json!({}), "the model: is of the class `MyModel`"),
        (
            "Sequential",
            json!({"layers": []}),
            "the model: has no layers",
        ),
        (
            "Sequential",
            json!({}),
            "the model: is a Sequential without layers",
        ),
        (
            "Functional",
            json!({}),
            "the model: is a functional model without layers",
        ),
        (
            "Sequential",
            json!([{"class_name": "Dense", "config": {"units": 2, "batch_input_shape": [null, 3, null]}}]),
            "the input: its shape is (3, None)",
        ),
        (
            "Sequential",
            json!([{"class_name": "Flatten", "config": {"batch_input_shape": [null, 1, 2, 3, 4, 5]}}]),
            "the input: its shape is (1, 2, 3, 4, 5); a sample has at most 4 axes here",
        ),
        (
            "Sequential",
            json!([{"class_name": "LSTM", "config": {"units": 2, "batch_input_shape": [null, null, null]}}]),
            "the input: its shape is (None, None); how many numbers",
        ),
        (
            "Sequential",
            json!([{"class_name": "Dense", "config": {"units": 2, "batch_input_shape": [null, -1]}}]),
            "the input: has an axis of the size -1",
        ),
    ] {
        let found = refusal(&file("2.0.0", class, config));
        assert!(found.contains(why), "{found}");
    }
}

/// Layers in layers as deep as JSON goes: what was looked at twice at each of them took minutes, and memory.
#[test]
fn layers_in_layers() {
    let lstm = json!({"class_name": "LSTM", "config": {"units": 2}});
    let around =
        |layer: Value, _| json!({"class_name": "Bidirectional", "config": {"layer": layer}});
    let deep = (0..50).fold(lstm, around);
    let why = refusal(&file("3.15.1", "Sequential", json!({"layers": [deep]})));
    let expected = "it is around a recurrent layer, found Bidirectional";
    assert!(why.contains(expected), "{why}");
    let dense = json!({"class_name": "Dense", "config": {"units": 2}});
    let around = |layer: Value, _| {
        let model = json!({"class_name": "Sequential", "config": {"layers": [layer]}});
        json!({"class_name": "TimeDistributed", "config": {"layer": model}})
    };
    let deep = (0..24).fold(dense, around);
    let mut wanted = &crate::weights::Wanted::of(&deep);
    let mut depth = 0;
    while let [inner] = wanted.inside.as_slice() {
        (wanted, depth) = (inner, depth + 1);
    }
    let names: Vec<&str> = wanted
        .arrays
        .iter()
        .map(|array| array.name.as_str())
        .collect();
    assert_eq!((depth, names), (24, vec!["kernel", "bias"]));
}
