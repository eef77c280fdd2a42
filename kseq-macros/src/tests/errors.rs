//! Every wording error, with its text.

use super::{accepted, begins, refused};

#[test]
fn a1_empty_list() {
    let message = "the list has no layers: a model needs at least one\n  \
                   help: begin with `Dense(10, input_shape = (784,))`";
    refused("pub Net = []", &[message]);
    refused("", &[message]);
    refused("let mut model = Sequential();", &[message]);
    refused("Input(shape = (3,))", &[message]);
}

#[test]
fn a2_no_input() {
    refused(
        "Dense(32), Dense(10)",
        &[
            "layer 1 `dense_1`: the first layer must say the shape of its input\n  \
           help: add it without the batch axis: `Dense(..., input_shape = (784,))`",
        ],
    );
    refused(
        "Dense(32, input_shape = (784))",
        &[
            "layer 1 `dense_1`: `input_shape` must be a tuple, found the number (784)\n  \
           help: a shape is a tuple: write `(784,)`",
        ],
    );
    refused(
        "Dense(32, input_shape = SIDE), Dense(1)",
        &[
            "layer 1 `dense_1`: `input_shape` must be a tuple of sizes, found `SIDE`\n  \
           help: a shape is a tuple: write `(SIDE,)`",
        ],
    );
    begins(
        "Dense(32, input_shape = \"x\")",
        "layer 1 `dense_1`: `input_shape` must be a tuple",
    );
    begins(
        "Input(), Dense(1)",
        "`Input`: it must say the shape of a sample",
    );
    begins(
        "Dense(1, input_dim = 3), Input((3,))",
        "`Input`: must come first",
    );
    accepted("Input((784,)), Dense(1)");
    accepted("Input(shape = [28, 28]), Dense(1)");
    accepted("InputLayer(batch_shape = (None, 28, 28)), Dense(1)");
    accepted(
        "keras.Input(shape = (784,), batch_size = 32, dtype = \"float32\", name = \"x\"), Dense(1)",
    );
    accepted("Dense(1, input_dim = 3)");
    accepted("Dense(1, input_dim = 3, input_length = N)");
    accepted("Dense(1, batch_input_shape = (32, 784))");
    accepted(
        "Dense(1, input_shape = (None, 4)[0])"
            .replace("(None, 4)[0]", "(4,)")
            .as_str(),
    );
}

#[test]
fn a4_same_name() {
    refused(
        "Dense(32, input_dim = 784, name = \"encoder\"), Dense(32, name = \"encoder\")",
        &[
            "layer 2 `encoder`: the name `encoder` is taken by layer 1\n  \
           help: a layer's name is the name of its field: give every layer another",
        ],
    );
    begins(
        "Dense(32, input_dim = 784), Dense(32, name = \"dense_1\")",
        "layer 2 `dense_1`: the name `dense_1` is taken by layer 1",
    );
    begins(
        "Dense(1, input_dim = 784, name = \"my-layer\")",
        "layer 1 `dense_1`: the name \"my-layer\" cannot be the name of a struct's field",
    );
    begins(
        "Dense(1, input_dim = 784, name = 3)",
        "layer 1 `dense_1`: `name` must be a string such as \"encoder\", found 3",
    );
    // A named layer does not count.
    accepted("Dense(1, input_dim = 2, name = \"dense_2\"), Dense(1)");
}

#[test]
fn a5_unknown_layer() {
    refused(
        "Dens(32, input_dim = 784)",
        &[
            "layer 1 `dens_1`: unknown layer `Dens`; did you mean `Dense`?\n  \
           help: your own layer is named by a path: `self::Dens(...)`",
        ],
    );
    begins(
        "Blub(input_dim = 784)",
        "layer 1 `blub_1`: unknown layer `Blub`\n  help: the module",
    );
    begins(
        "LSTMCell(32, input_shape = (8, 16))",
        "layer 1 `lstm_cell_1`: `LSTMCell` is one step of a layer, not a layer\n  help: write `RNN(LSTMCell(...))`",
    );
    begins(
        "ConvLSTM2d(32, input_shape = (8, 16, 1))",
        "layer 1 `conv_lstm2d_1`: unknown layer `ConvLSTM2d`; did you mean `ConvLSTM2D`?\n",
    );
}

#[test]
fn a6_unknown_argument() {
    let takes = "it takes: units, activation, use_bias, kernel_initializer, bias_initializer,\n        \
                 kernel_regularizer, bias_regularizer, activity_regularizer, kernel_constraint,\n        \
                 bias_constraint; and as every layer: name, input_shape, input_dim, input_length,\n        \
                 batch_input_shape, batch_size, dtype, trainable";
    // The missing `units` is the same mistake.
    let unit = "layer 1 `dense_1`: `Dense` has no argument `unit`; did you mean `units`?\n  help: ";
    refused(
        "Dense(unit = 32, input_dim = 784)",
        &[&format!("{unit}{takes}")],
    );
    begins(
        "Dense(10, activtion = \"relu\", input_dim = 7)",
        "layer 1 `dense_1`: `Dense` has no argument `activtion`; did you mean `activation`?",
    );
    begins(
        "Dense(10, input_dim = 7, input_shpae = (3,))",
        "layer 1 `dense_1`: `Dense` has no argument `input_shpae`; did you mean `input_shape`?",
    );
    begins(
        "Input((3,), shap = 3), Dense(1)",
        "`Input`: `Input` has no argument `shap`; did you mean `shape`?",
    );
    begins(
        "Dense(10, input_dim = 7, zzz = 1)",
        "layer 1 `dense_1`: `Dense` has no argument `zzz`\n",
    );
    begins(
        "Dense(1, input_dim = 2), my::Pairs(size = 3)",
        "layer 2 `pairs_1`: `my::Pairs` takes its arguments by position, as its function `new` does",
    );
}

#[test]
fn a7_missing_twice_too_many() {
    refused(
        "Dense(input_dim = 784)",
        &[
            "layer 1 `dense_1`: `Dense` needs `units`, a positive integer\n  \
           help: `Dense(10)` or `Dense(units = 10)`",
        ],
    );
    begins(
        "Dense(None, input_dim = 784)",
        "layer 1 `dense_1`: `Dense` needs `units`",
    );
    refused(
        "Dense(32, units = 64, input_dim = 784)",
        &["layer 1 `dense_1`: `units` is given twice: by position and by name"],
    );
    refused(
        "Dense(32, use_bias = true, use_bias = false, input_dim = 784)",
        &["layer 1 `dense_1`: `use_bias` is given twice"],
    );
    refused(
        "Dense(32, input_dim = 784, input_dim = 784)",
        &["layer 1 `dense_1`: `input_dim` is given twice"],
    );
    refused(
        "Flatten(input_dim = 4), Dropout(0.2, None, None, 2)",
        &["layer 2 `dropout_1`: `Dropout` takes at most 3 arguments by position, found 4"],
    );
    begins(
        "Dense(32, activation = \"relu\", true, input_dim = 3)",
        "layer 1 `dense_1`: an argument by position stands behind `activation = ...`",
    );
}

#[test]
fn a8_wrong_kind() {
    for (layer, message) in [
        (
            "Dense(\"ten\")",
            "`units` must be a positive integer, found \"ten\"",
        ),
        (
            "Dense(1.5)",
            "`units` must be a positive integer, found 1.5",
        ),
        (
            "Dense(True)",
            "`units` must be a positive integer, found `True`",
        ),
        (
            "Dense((3, 3))",
            "`units` must be a positive integer, found (3, 3)",
        ),
        (
            "Dense(1, activation = 3)",
            "`activation` must be an activation such as \"relu\", found 3",
        ),
        (
            "Dense(1, use_bias = 1)",
            "`use_bias` must be `true` or `false`, found 1",
        ),
        (
            "Dense(1, use_bias = \"no\")",
            "`use_bias` must be `true` or `false`, found \"no\"",
        ),
        (
            "Dense(1, kernel_initializer = 0.5)",
            "`kernel_initializer` must be an initializer such as \"glorot_uniform\", found 0.5",
        ),
        (
            "Flatten(data_format = 3)",
            "`data_format` must be \"channels_last\", found 3",
        ),
    ] {
        let name = layer.split('(').next().unwrap_or_default().to_lowercase();
        refused(
            &format!("Input((3,)), {layer}"),
            &[&format!("layer 1 `{name}_1`: {message}")],
        );
    }
    begins(
        "Input((3,)), Dropout(\"half\")",
        "layer 1 `dropout_1`: `rate` must be a number such as 0.5, found \"half\"",
    );
    begins(
        "Input((3, \"x\")), Dense(1)",
        "`Input`: an axis of `shape` must be a positive integer",
    );
}

#[test]
fn a9_unknown_words() {
    refused(
        "Dense(32, activation = \"rellu\", input_dim = 784)",
        &[
            "layer 1 `dense_1`: unknown activation \"rellu\"; did you mean \"relu\"?\n  \
           help: your own activation is named by a path: `self::MyActivation`",
        ],
    );
    begins(
        "Dense(32, activation = rellu, input_dim = 784)",
        "layer 1 `dense_1`: unknown activation `rellu`; did you mean `relu`?",
    );
    begins(
        "Dense(32, activation = \"blub\", input_dim = 784)",
        "layer 1 `dense_1`: unknown activation \"blub\"\n  help: known are linear, relu,",
    );
    begins(
        "Activation(\"threshold\", input_dim = 784)",
        "layer 1 `activation_1`: activation \"threshold\" has two arguments",
    );
    begins(
        "Dense(10, input_dim = 784, kernel_initializer = \"glorott_uniform\")",
        "layer 1 `dense_1`: unknown initializer \"glorott_uniform\"; did you mean \"glorot_uniform\"?",
    );
    begins(
        "Dense(10, input_dim = 784, activation = Swish(0.1))",
        "layer 1 `dense_1`: `activation = Swish(...)`: the activations with arguments are",
    );
    begins(
        "Flatten(input_dim = 7, data_format = \"channels_first\")",
        "layer 1 `flatten_1`: `data_format = \"channels_first\"` of `Flatten` is known to Keras",
    );
    begins(
        "Dense(1, input_dim = 784, dtype = \"flot32\")",
        "layer 1 `dense_1`: unknown dtype \"flot32\"; did you mean \"float32\"?",
    );
    accepted("Dense(1, \"relu\", input_dim = 1), Dense(1, activations.relu), Dense(1, tf.nn.relu)");
    accepted("Dense(1, ReLU, input_dim = 1), Dense(1, None), Dense(1, my::Act), Activation(Relu)");
    accepted("Dense(1, kernel_initializer = \"HeNormal\", input_dim = 1)");
    accepted("Dense(1, kernel_initializer = initializers.HeNormal(), input_dim = 1)");
    accepted(
        "Dense(1, kernel_initializer = Initializer::ZEROS, bias_initializer = INIT, input_dim = 1)",
    );
}

#[test]
fn initializers_with_arguments() {
    let dense = |initializer: &str| {
        format!("Dense(10, input_dim = 784, kernel_initializer = {initializer})")
    };
    for right in [
        "RandomNormal(mean = 0.0, stddev = 0.05)",
        "initializers.RandomUniform(-1, maxval = 1.0, seed = None)",
        "Constant(0.1)",
        "VarianceScaling(scale = 2, mode = \"fan_out\", distribution = \"uniform\")",
        "Orthogonal(gain = GAIN)",
        "HeNormal(seed = None)",
    ] {
        accepted(&dense(right));
    }
    for (wrong, message) in [
        (
            "RandomNormal(std = 0.05)",
            "`RandomNormal` has no argument `std`; did you mean `stddev`?",
        ),
        (
            "RandomNormal(0, 1, None, 3)",
            "`RandomNormal` takes at most 3 arguments by position",
        ),
        (
            "Constant(\"x\")",
            "`value` must be a number such as 0.5, found \"x\"",
        ),
        ("VarianceScaling(mode = \"fan\")", "unknown mode \"fan\""),
        (
            "HeNormal(seed = 0.5)",
            "`seed` must be a whole number such as 1, or `None`, found 0.5",
        ),
        (
            "RandmNormal(3)",
            "unknown initializer `RandmNormal`; did you mean `random_normal`?",
        ),
    ] {
        begins(&dense(wrong), &format!("layer 1 `dense_1`: {message}"));
    }
}

#[test]
fn regularizers_and_constraints() {
    let dense = |argument: &str| format!("Dense(10, input_dim = 784, {argument})");
    for right in [
        "kernel_regularizer = \"l2\", bias_regularizer = \"L1\"",
        "kernel_regularizer = L2(0.01), activity_regularizer = l1(L)",
        "kernel_regularizer = regularizers.L1L2(l1 = 0.1, l2 = 0.2)",
        "kernel_regularizer = L1L2(None, l2 = 0.2), kernel_initializer = HeNormal(seed = None)",
        "kernel_regularizer = OrthogonalRegularizer(0.1, mode = \"columns\")",
        "kernel_regularizer = self::FOURTH, bias_regularizer = OWN",
        "kernel_regularizer = None, kernel_constraint = None, activity_regularizer = None",
        "kernel_constraint = \"max_norm\", bias_constraint = NonNeg()",
        "kernel_constraint = MaxNorm(2, axis = (0, 1)), bias_constraint = constraints.UnitNorm()",
        "kernel_constraint = min_max_norm(0.5, 1.5, rate = 0.5)",
    ] {
        accepted(&dense(right));
    }
    accepted("Flatten(input_shape = (3, 4), activity_regularizer = \"l1\")");
    accepted("self::Own(3, input_dim = 2, activity_regularizer = \"l2\")");
    for (wrong, message) in [
        (
            "kernel_regularizer = 0.01",
            "`kernel_regularizer` must be a regularizer such as L2(0.01), found 0.01",
        ),
        (
            "kernel_regularizer = \"l3\"",
            "unknown regularizer \"l3\"; did you mean \"l1\"?",
        ),
        (
            "bias_regularizer = \"ridge\"",
            "unknown regularizer \"ridge\"\n  help: known are l1, l2, l1_l2, orthogonal_regularizer;",
        ),
        (
            "kernel_regularizer = L2(\"0.01\")",
            "`l2` must be a number such as 0.5, found \"0.01\"",
        ),
        (
            "kernel_regularizer = L2(l1 = 0.1)",
            "`L2` has no argument `l1`; did you mean `l2`?",
        ),
        (
            "kernel_constraint = MaxNorm(axes = 0)",
            "`MaxNorm` has no argument `axes`; did you mean `axis`?",
        ),
        (
            "kernel_constraint = \"maxnrm\"",
            "unknown constraint \"maxnrm\"; did you mean \"max_norm\"?",
        ),
        (
            "kernel_constraint = MaxNorm(2, axis = 0.5)",
            "`axis` must be an integer such as -1, or a tuple of them, found 0.5",
        ),
        (
            "kernel_regularizer = L1(None)",
            "`l1` of `L1` must not be `None`\n  help: leave it out for Keras's default, 0.01",
        ),
        (
            "kernel_constraint = UnitNorm(axis = None)",
            "`axis` of `UnitNorm` must not be `None`",
        ),
        (
            "kernel_regularizer = OrthogonalRegularizer(mode = \"row\")",
            "unknown mode \"row\"; did you mean \"rows\"?",
        ),
    ] {
        begins(&dense(wrong), &format!("layer 1 `dense_1`: {message}"));
    }
}

#[test]
fn a_layer_in_a_layer() {
    for right in [
        "TimeDistributed(Dense(8, activation = \"relu\"), input_shape = (10, 16))",
        "TimeDistributed(layer = layers.Conv2D(8, (3, 3), padding = \"same\"), input_shape = (10, 8, 8, 3))",
        "TimeDistributed(Dense(8, name = \"inner\", kernel_regularizer = L2(0.1)), input_shape = (10, 16), activity_regularizer = \"l1\")",
    ] {
        accepted(right);
    }
    let wrapped = |layer: &str| format!("TimeDistributed({layer}, input_shape = (10, 16))");
    for (wrong, message) in [
        ("8", "`layer` must be a layer such as Dense(8), found 8"),
        ("Dens(8)", "unknown layer `Dens`; did you mean `Dense`?"),
        (
            "Dense(unit = 8)",
            "`Dense` has no argument `unit`; did you mean `units`?",
        ),
        (
            "Dense(8, input_shape = (16,))",
            "the input of a layer in `TimeDistributed` is a step of the sequence",
        ),
        (
            "LSTM(8, stateful = True)",
            "a layer in `TimeDistributed` cannot be stateful",
        ),
    ] {
        let begin = format!("layer 1 `time_distributed_1`: {message}");
        begins(&wrapped(wrong), &begin);
    }
}

#[test]
fn a10_not_positive() {
    for (layer, message) in [
        (
            "Dense(0, input_dim = 3)",
            "`units` must be a positive integer, found 0",
        ),
        (
            "Dense(-3, input_dim = 3)",
            "`units` must be a positive integer, found -3",
        ),
        (
            "Dense(1, input_dim = 0)",
            "`input_dim` must be a positive integer, found 0",
        ),
        (
            "Dense(1, input_shape = (28, -1))",
            "an axis of `input_shape` must be a positive integer, found -1",
        ),
    ] {
        refused(layer, &[&format!("layer 1 `dense_1`: {message}")]);
    }
}

#[test]
fn known_but_not_implemented() {
    refused(
        "Dense(8, input_dim = 3, lora_rank = 4)",
        &[
            "layer 1 `dense_1`: `lora_rank` is known to Keras, but not implemented in kseq yet\n  \
           help: leave it out",
        ],
    );
    accepted("Dropout(0.5, noise_shape = (None, 1), seed = 1, input_dim = 2)");
    accepted("Flatten(trainable = False, input_dim = 2)");
    begins(
        "Dense(1, trainable = \"no\", input_dim = 2)",
        "layer 1 `dense_1`: `trainable` must be `true` or `false`",
    );
    accepted("Dense(8, input_dim = 3, kernel_regularizer = None, trainable = True)");
    begins(
        "Dense(1, input_dim = 2), Dense(1, dtype = \"int32\")",
        "layer 2 `dense_2`: only the model's input can hold integer tokens",
    );
}
