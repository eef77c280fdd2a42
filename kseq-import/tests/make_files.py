"""Makes the files of `tests/files`, with real Keras 3.15 and tf_keras 2.21; those of Keras 1 and of Keras before 2.2 by hand.

    TF_ENABLE_ONEDNN_OPTS=0 python make_files.py [NAME ..]

For each model NAME there are, side by side:

- `NAME.keras`, `NAME.h5`, `NAME.weights.h5`, `NAME.json` (the text of `to_json`), `NAME.npz`: the model in each format that it is
  written in (the list FORMATS of the model);
- `NAME.safetensors`: `x`, four inputs, and `y`, what Keras gives for them (`training=False`, float32); and each array of the model under
  kseq's order, `weight_0`, `weight_1`, .. (`get_weights`), with the names in the metadata (`weight_0` -> `dense/kernel`).

Names: `k3_*` are written by Keras 3, `tf_*` by tf_keras (Keras 2.21), `k2_*` and `k1_*` are files of tf_keras whose config, names and arrays
were brought to the form of that version by hand; their outputs are those of the model before. `odd_*` are the same arrays in
files that HDF5 allows and Keras does not write (chunked, compressed, half and double precision, other versions of the format);
`refused_*` have what kseq does not, `hostile_*` are no weights at all.
The whole folder stays below 1.5 MB.
"""

import gzip
import json
import os
import sys

os.environ["TF_ENABLE_ONEDNN_OPTS"] = "0"
os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
os.environ["CUDA_VISIBLE_DEVICES"] = ""

import h5py
import keras
import numpy as np
import tf_keras

FOLDER = os.path.join(os.path.dirname(os.path.abspath(__file__)), "files")
RNG = np.random.default_rng(1)


def at(name):
    return os.path.join(FOLDER, name)


def safetensors(path, arrays, metadata):
    header, data = {"__metadata__": metadata}, b""
    for name, array in arrays.items():
        array = np.ascontiguousarray(array, "<f4")
        header[name] = {"dtype": "F32", "shape": list(array.shape), "data_offsets": [len(data), len(data) + array.nbytes]}
        data += array.tobytes()
    head = json.dumps(header, separators=(",", ":")).encode()
    head += b" " * (-len(head) % 8)
    with open(path, "wb") as f:
        f.write(len(head).to_bytes(8, "little") + head + data)


def weights_of(model):
    """The arrays without the seeds, with their names."""
    seeds = lambda w: "seed_generator" in getattr(w, "path", w.name)
    return [(getattr(w, "path", w.name), np.asarray(w)) for w in model.weights if not seeds(w)]


def randomize(model):
    """No array keeps what initializers give: biases of 0 would hide a swap."""
    for w in model.weights:
        if not np.issubdtype(np.asarray(w).dtype, np.floating):
            continue
        name = getattr(w, "path", w.name)
        scale = 0.5 / np.sqrt(max(1, w.shape[-2] if len(w.shape) > 1 else 4))
        value = RNG.normal(size=tuple(w.shape)) * scale
        if "variance" in name:
            value = RNG.uniform(0.5, 2, size=tuple(w.shape))
        w.assign(value.astype("float32"))


def inputs(model, low, high, whole, steps=5):
    shape = [4] + [steps if d is None else d for d in model.input_shape[1:]]
    if whole:
        return RNG.integers(low, high, size=shape).astype("float32")
    return RNG.uniform(low, high, size=shape).astype("float32")


def reference(name, model, x):
    y = np.asarray(model(x, training=False))
    listed = weights_of(model)
    arrays = {"x": x, "y": y, **{f"weight_{i}": w for i, (_, w) in enumerate(listed)}}
    safetensors(at(name + ".safetensors"), arrays, {f"weight_{i}": n for i, (n, _) in enumerate(listed)})


def write(name, model, formats, x):
    reference(name, model, x)
    for ending in formats:
        path = at(name + ending)
        if ending in (".keras", ".h5"):
            model.save(path)
        elif ending == ".weights.h5":
            model.save_weights(path)
        elif ending == ".only.h5":  # Keras 2's weights-only file
            model.save_weights(path, save_format="h5")
        elif ending == ".json":
            with open(path, "w") as f:
                f.write(model.to_json())
        elif ending == ".npz":
            np.savez(path, *[w for _, w in weights_of(model)])
    print(name, formats)


MODELS = {}


def model(*formats, low=-1.0, high=1.0, whole=False):
    """Registers what builds a model, from Keras 3 or tf_keras (`k`)."""

    def register(build):
        MODELS[build.__name__] = (build, formats, (low, high, whole))
        return build

    return register


def sequential(k, layers, optimizer="adam", loss="mse", metrics=("mae",), name=None):
    m = k.Sequential(layers, name=name)
    if optimizer:
        m.compile(optimizer=optimizer, loss=loss, metrics=list(metrics))
    randomize(m)
    return m


@model(".keras", ".h5", ".weights.h5", ".json", ".npz")
def k3_mlp(k=keras):
    l = k.layers
    return sequential(k, [l.Input((6,)), l.Dense(8, activation="relu"), l.Dropout(0.25), l.Dense(5, use_bias=False, activation="tanh"),
                          l.BatchNormalization(), l.Dense(3, activation="softmax", name="head")],
                      k.optimizers.Adam(0.002), "categorical_crossentropy", ["accuracy"])


@model(".h5", ".keras", ".only.h5", ".weights.h5", ".json")
def tf_mlp(k=tf_keras):
    return k3_mlp(k)


@model(".keras", ".h5")
def k3_cnn(k=keras):
    l = k.layers
    return sequential(k, [l.Input((8, 8, 2)), l.Conv2D(4, 3, padding="same", activation="relu"), l.BatchNormalization(scale=False), l.MaxPooling2D(),
                          l.SeparableConv2D(6, 3, activation="elu"), l.DepthwiseConv2D(2, depth_multiplier=2, strides=1), l.LeakyReLU(),
                          l.Flatten(), l.Dense(3)], k.optimizers.SGD(0.1, momentum=0.9, nesterov=True))


@model(".h5")
def tf_cnn(k=tf_keras):
    return k3_cnn(k)


@model(".keras", ".h5")
def k3_conv1d(k=keras):
    l = k.layers
    return sequential(k, [l.Input((12, 3)), l.Conv1D(4, 3, strides=2, padding="causal"), l.Conv1DTranspose(5, 3, padding="same", strides=2),
                          l.SeparableConv1D(4, 2, activation="relu"), l.PReLU(shared_axes=[1]), l.GlobalAveragePooling1D(), l.Dense(2)])


@model(".keras", ".h5")
def k3_rnn(k=keras):
    l = k.layers
    return sequential(k, [l.Input((6, 3)), l.LSTM(4, return_sequences=True, dropout=0.1), l.GRU(3, return_sequences=True), l.SimpleRNN(4, return_sequences=True),
                          l.Bidirectional(l.LSTM(3, return_sequences=True)), l.TimeDistributed(l.Dense(2)), l.Bidirectional(l.GRU(2)), l.Dense(1)])


@model(".h5", ".keras")
def tf_rnn(k=tf_keras):
    return k3_rnn(k)


@model(".h5")
def tf_gru_before(k=tf_keras):
    l = k.layers
    return sequential(k, [l.Input((None, 3)), l.GRU(4, reset_after=False, recurrent_activation="hard_sigmoid", return_sequences=True),
                          l.LSTM(3, recurrent_activation="hard_sigmoid"), l.Dense(1)])


@model(".keras", ".h5", low=0, high=20, whole=True)
def k3_text(k=keras):
    l = k.layers
    return sequential(k, [l.Input((7,)), l.Embedding(20, 6, mask_zero=True), l.LSTM(5), l.Dense(1, activation="sigmoid")], "rmsprop", "binary_crossentropy", ["accuracy"])


@model(".keras", ".h5")
def k3_norms(k=keras):
    l = k.layers
    return sequential(k, [l.Input((4, 6)), l.LayerNormalization(), l.Dense(6), l.GroupNormalization(3), l.Dense(4), l.UnitNormalization(), l.Flatten(), l.Dense(2)])


@model(".keras", ".h5", ".weights.h5")
def k3_nested(k=keras):
    l = k.layers
    inner = k.Sequential([l.Input((5,)), l.Dense(4, activation="relu"), l.BatchNormalization(), l.Dense(4)], name="encoder")
    return sequential(k, [l.Input((5,)), inner, l.Dense(3), l.Dense(2)])


@model(".h5", ".keras")
def tf_nested(k=tf_keras):
    return k3_nested(k)


@model(".keras", ".h5")
def k3_functional(k=keras):
    l = k.layers
    i = l.Input((6,), name="given")
    out = l.Dense(3, activation="softmax", name="head")(l.Dropout(0.5)(l.Dense(7, activation="gelu")(i)))
    m = k.Model(i, out, name="chain")
    m.compile("adam", "categorical_crossentropy")
    randomize(m)
    return m


@model(".h5", ".keras")
def tf_functional(k=tf_keras):
    return k3_functional(k)


@model(".h5")
def tf_first_channels(k=tf_keras):
    """Its outputs are those of the same arrays with channels last: TensorFlow has no such convolutions on a CPU."""
    l = k.layers
    return sequential(k, [l.Input((3, 6, 5)), l.Permute((2, 3, 1)), l.Conv2D(4, 3, activation="relu"), l.MaxPooling2D(), l.Permute((3, 1, 2)), l.Flatten(), l.Dense(2)])


def branches():
    """A model with branches, which is refused, and one with code, which nobody runs."""
    l = keras.layers
    i = l.Input((4,))
    a, b = l.Dense(3)(i), l.Dense(3)(i)
    keras.Model(i, l.Dense(2)(l.Add()([a, b]))).save(at("refused_branches.keras"))
    m = keras.Sequential([l.Input((4,)), l.Lambda(lambda x: x * 2, name="twice"), l.Dense(2)])
    m.save(at("refused_lambda.keras"))
    m.save(at("refused_lambda.h5"))


def patched(name, source, change, config=None):
    """A copy of an HDF5 file whose config is changed."""
    import shutil

    shutil.copy(at(source), at(name))
    with h5py.File(at(name), "r+") as f:
        if config:
            made = json.loads(f.attrs["model_config"])
            made = config(made) or made
            f.attrs["model_config"] = json.dumps(made).encode()
        change(f)


def legacy(path, keras_version, config, layers, weights_only=False, **file):
    """A file of Keras 1 or 2 by hand: `layers` is a list of (name, [(array's name, values)])."""
    with h5py.File(path, "w", **file) as f:
        g = f
        if not weights_only:
            if keras_version:
                f.attrs["keras_version"] = keras_version.encode()
            f.attrs["model_config"] = json.dumps(config).encode()
            g = f.create_group("model_weights")
        g.attrs["layer_names"] = [n.encode() for n, _ in layers]
        if keras_version and not keras_version.startswith("1.0"):
            g.attrs["keras_version"] = keras_version.encode()
            g.attrs["backend"] = b"tensorflow"
        for name, arrays in layers:
            group = g.create_group(name)
            group.attrs["weight_names"] = [n.encode() for n, _ in arrays]
            for n, values in arrays:
                group.create_dataset(n, data=values)


def keras2():
    """Keras 2.2.4: the config is a list, no `batch_input_shape` but on the first layer, `lr`; 2.0 has no `reset_after`."""
    l = tf_keras.layers
    m = tf_keras.Sequential([l.Input((6, 3)), l.GRU(4, reset_after=False, recurrent_activation="hard_sigmoid", return_sequences=True),
                             l.Bidirectional(l.LSTM(3, recurrent_activation="hard_sigmoid")), l.Dense(2, activation="softmax")])
    randomize(m)
    x = inputs(m, -1, 1, False)
    reference("k2_rnn", m, x)
    w = [v for _, v in weights_of(m)]
    names = ["gru_1/kernel:0", "gru_1/recurrent_kernel:0", "gru_1/bias:0"], [f"bidirectional_1/{d}_lstm_1/{a}:0" for d in ("forward", "backward") for a in ("kernel", "recurrent_kernel", "bias")], ["dense_1/kernel:0", "dense_1/bias:0"]
    layers = [("gru_1", list(zip(names[0], w[:3]))), ("bidirectional_1", list(zip(names[1], w[3:9]))), ("dense_1", list(zip(names[2], w[9:])))]
    rnn = {"trainable": True, "return_sequences": True, "return_state": False, "go_backwards": False, "stateful": False, "unroll": False, "activation": "tanh",
           "recurrent_activation": "hard_sigmoid", "use_bias": True, "dropout": 0.0, "recurrent_dropout": 0.0, "implementation": 1}
    config = {"class_name": "Sequential", "config": [
        {"class_name": "GRU", "config": {"name": "gru_1", "batch_input_shape": [None, 6, 3], "dtype": "float32", "units": 4, **rnn}},
        {"class_name": "Bidirectional", "config": {"name": "bidirectional_1", "trainable": True, "merge_mode": "concat",
         "layer": {"class_name": "LSTM", "config": {"name": "lstm_1", "units": 3, "unit_forget_bias": True, **rnn, "return_sequences": False}}}},
        {"class_name": "Dense", "config": {"name": "dense_1", "trainable": True, "units": 2, "activation": "softmax", "use_bias": True}}]}
    legacy(at("k2_rnn.h5"), "2.0.8", config, layers)
    legacy(at("k2_rnn.only.h5"), "2.0.8", config, layers, weights_only=True)


def keras1():
    """Keras 1.1: an LSTM has twelve arrays, a Convolution1D a kernel of rank 4; of a file of weights there was an older form still."""
    l = tf_keras.layers
    m = tf_keras.Sequential([l.Input((9, 3)), l.Conv1D(5, 3, padding="same", activation="relu"), l.Dropout(0.5),
                             l.LSTM(4, recurrent_activation="hard_sigmoid", return_sequences=True), l.Bidirectional(l.LSTM(3, recurrent_activation="hard_sigmoid")),
                             l.Dense(4), l.Activation("tanh"), l.BatchNormalization(epsilon=1e-5), l.Dense(2, activation="softmax")])
    randomize(m)
    x = inputs(m, -1, 1, False)
    reference("k1_conv_lstm", m, x)
    w = [v for _, v in weights_of(m)]

    def twelve(prefix, kernel, recurrent, bias):
        parts = {gate: (k, r, b) for gate, k, r, b in zip("ifco", np.split(kernel, 4, 1), np.split(recurrent, 4, 1), np.split(bias, 4))}
        return [(f"{prefix}_{a}_{gate}:0", parts[gate][i]) for gate in "icfo" for i, a in enumerate("WUb")]

    layers = [("convolution1d_1", [("convolution1d_1_W:0", w[0][:, None]), ("convolution1d_1_b:0", w[1])]), ("dropout_1", []),
              ("lstm_1", twelve("lstm_1", *w[2:5])), ("bidirectional_1", twelve("forward_lstm_2", *w[5:8]) + twelve("backward_lstm_2", *w[8:11])),
              ("dense_1", [("dense_1_W:0", w[11]), ("dense_1_b:0", w[12])]), ("activation_1", []),
              ("batchnormalization_1", [(f"batchnormalization_1_{n}:0", v) for n, v in zip(("gamma", "beta", "running_mean", "running_std"), w[13:17])]),
              ("dense_2", [("dense_2_W:0", w[17]), ("dense_2_b:0", w[18])])]
    more = {"trainable": True, "W_regularizer": None, "b_regularizer": None, "W_constraint": None, "b_constraint": None, "activity_regularizer": None}
    dense = lambda name, output, into, activation: {"class_name": "Dense", "config": {"name": name, "output_dim": output, "input_dim": into, "init": "glorot_uniform", "activation": activation, "bias": True, **more}}
    rnn = lambda name, output, into, seq: {"class_name": "LSTM", "config": {"name": name, "output_dim": output, "input_dim": into, "input_length": None, "init": "glorot_uniform", "inner_init": "orthogonal", "forget_bias_init": "one",
                                          "activation": "tanh", "inner_activation": "hard_sigmoid", "return_sequences": seq, "go_backwards": False, "stateful": False, "unroll": False, "consume_less": "cpu", "dropout_W": 0.0, "dropout_U": 0.0,
                                          "W_regularizer": None, "U_regularizer": None, "b_regularizer": None, "trainable": True}}
    config = {"class_name": "Sequential", "config": [
        {"class_name": "Convolution1D", "config": {"name": "convolution1d_1", "batch_input_shape": [None, 9, 3], "input_dtype": "float32", "nb_filter": 5, "filter_length": 3, "border_mode": "same", "subsample_length": 1,
                                                   "init": "glorot_uniform", "activation": "relu", "bias": True, "input_dim": 3, "input_length": 9, **more}},
        {"class_name": "Dropout", "config": {"name": "dropout_1", "p": 0.5, "trainable": True}},
        rnn("lstm_1", 4, 5, True),
        {"class_name": "Bidirectional", "config": {"name": "bidirectional_1", "trainable": True, "merge_mode": "concat", "layer": rnn("lstm_2", 3, 4, False)}},
        dense("dense_1", 4, 6, "linear"),
        {"class_name": "Activation", "config": {"name": "activation_1", "activation": "tanh", "trainable": True}},
        {"class_name": "BatchNormalization", "config": {"name": "batchnormalization_1", "mode": 0, "axis": -1, "epsilon": 1e-5, "momentum": 0.99, "gamma_regularizer": None, "beta_regularizer": None, "trainable": True}},
        dense("dense_2", 2, 4, "softmax")]}
    legacy(at("k1_conv_lstm.h5"), "1.1.1", config, layers)
    # What Keras 0.x and 1.0 wrote for `save_weights`: `nb_layers`, `layer_N` with `nb_params`, `param_N`.
    with h5py.File(at("k1_conv_lstm.nb_layers.h5"), "w") as f:
        f.attrs["nb_layers"] = len(layers)
        for i, (_, arrays) in enumerate(layers):
            g = f.create_group(f"layer_{i}")
            g.attrs["nb_params"] = len(arrays)
            for j, (_, values) in enumerate(arrays):
                g.create_dataset(f"param_{j}", data=values)


def keras1_gru():
    l = tf_keras.layers
    m = tf_keras.Sequential([l.Input((5, 3)), l.GRU(4, reset_after=False, recurrent_activation="hard_sigmoid", return_sequences=True), l.SimpleRNN(3), l.Dense(1)])
    randomize(m)
    x = inputs(m, -1, 1, False)
    reference("k1_gru", m, x)
    w = [v for _, v in weights_of(m)]
    parts = list(zip("zrh", np.split(w[0], 3, 1), np.split(w[1], 3, 1), np.split(w[2], 3)))
    nine = [(f"gru_1_{a}_{gate}", values[i]) for gate, *values in parts for i, a in enumerate("WUb")]
    layers = [("gru_1", nine), ("simplernn_1", list(zip(["simplernn_1_W", "simplernn_1_U", "simplernn_1_b"], w[3:6]))), ("dense_1", list(zip(["dense_1_W", "dense_1_b"], w[6:])))]
    config = {"class_name": "Sequential", "config": [
        {"class_name": "GRU", "config": {"name": "gru_1", "batch_input_shape": [None, 5, 3], "output_dim": 4, "input_dim": 3, "activation": "tanh", "inner_activation": "hard_sigmoid", "return_sequences": True}},
        {"class_name": "SimpleRNN", "config": {"name": "simplernn_1", "output_dim": 3, "activation": "tanh", "return_sequences": False}},
        {"class_name": "Dense", "config": {"name": "dense_1", "output_dim": 1, "activation": "linear", "bias": True}}]}
    legacy(at("k1_gru.h5"), "1.2.2", config, layers)


def odd():
    """The arrays of k3_mlp.h5 in files as HDF5 allows them."""
    with h5py.File(at("k3_mlp.h5")) as source:
        for name, file, array in [
            ("odd_gzip", {}, {"chunks": True, "compression": "gzip", "shuffle": True}),
            ("odd_latest", {"libver": "latest"}, {"chunks": True, "compression": "gzip", "shuffle": True, "fletcher32": True}),
            ("odd_tracked", {"libver": "latest", "track_order": True}, {}),
            ("odd_f16", {"libver": "latest"}, {"dtype": "f2"}),
            ("odd_f64", {}, {"dtype": ">f8", "maxshape": True}),
        ]:
            with h5py.File(at(name + ".h5"), "w", **file) as f:
                def copy(path, item):
                    if "optimizer" in path:
                        return
                    if isinstance(item, h5py.Group):
                        to = f.require_group(path)
                    else:
                        args = {k: v for k, v in array.items() if len(item.shape) == 2 or k == "dtype"}
                        if "maxshape" in args:
                            args["maxshape"] = tuple([None, *item.shape[1:]])
                        to = f.create_dataset(path, data=item[()], **args)
                    for k, v in item.attrs.items():
                        to.attrs[k] = v
                for k, v in source.attrs.items():
                    f.attrs[k] = v if name != "odd_tracked" or not isinstance(v, str) else v.encode()
                source.visititems(copy)
        # Names that fill more than a header holds stand in parts.
        with h5py.File(at("odd_split.h5"), "w") as f:
            for k, v in source.attrs.items():
                f.attrs[k] = v
            source.copy("model_weights", f)
            for group, attr in [("model_weights", "layer_names"), ("model_weights/dense", "weight_names")]:
                g = f[group]
                names = list(g.attrs[attr])
                del g.attrs[attr]
                for i in range(0, len(names), 2):
                    g.attrs[f"{attr}{i // 2}"] = names[i : i + 2]
    # The zip of `.keras` deflated.
    import zipfile

    with zipfile.ZipFile(at("k3_mlp.keras")) as source, zipfile.ZipFile(at("odd_deflated.keras"), "w", zipfile.ZIP_DEFLATED) as z:
        for name in source.namelist():
            z.writestr(name, source.read(name))
    # Half a float: two bytes of anything, and a word beside them.
    m = keras.models.load_model(at("k3_mlp.keras"))
    half = keras.Sequential.from_config(m.get_config())
    for layer in half.layers:
        layer.dtype_policy = "bfloat16"
    half = keras.Sequential.from_config(half.get_config())
    half.set_weights(m.get_weights())
    half.save_weights(at("odd_bf16.weights.h5"))
    # On Windows Keras 2.13 made one name of a path.
    with h5py.File(at("tf_mlp.weights.h5")) as source, h5py.File(at("odd_windows.weights.h5"), "w") as f:
        for name, layer in source["layers"].items():
            f.copy(layer["vars"], f.create_group(f"_layer_checkpoint_dependencies\\{name}"), "vars")
    # Arrays by name.
    m = keras.models.load_model(at("k3_mlp.keras"))
    np.savez_compressed(at("odd_named.npz"), **{f"{w.path}".replace("sequential/", ""): np.asarray(w) for w in m.weights if "seed" not in w.path})


def frozen():
    """A model in the model whose first layer is frozen: Keras 2 writes its arrays behind the others."""
    l = tf_keras.layers
    inner = tf_keras.Sequential([l.Input((4,)), l.Dense(4, name="held"), l.Dense(4), l.BatchNormalization()], name="encoder")
    m = tf_keras.Sequential([l.Input((4,)), inner, l.Dense(4)])
    randomize(m)
    inner.layers[0].trainable = False
    m.save(at("tf_frozen.h5"))
    x = inputs(m, -1, 1, False)
    inner.layers[0].trainable = True
    reference("tf_frozen", m, x)


def hostile():
    """Files that lie, packed by gzip: groups in a circle, one array under a thousand names, much of nothing, a long text a thousand times."""
    path = at("hostile.h5")

    def packed(name):
        with open(path, "rb") as f:
            data = f.read()
        with open(at(name + ".h5.gz"), "wb") as f:
            f.write(gzip.compress(data, mtime=0))
        os.remove(path)

    with h5py.File(path, "w") as f:
        g = f.create_group("layers/dense")
        g.create_dataset("vars/0", data=np.ones((2, 2), "f4"))
        g["again"] = f["layers"]
    packed("hostile_circle")
    with h5py.File(path, "w") as f:
        f.attrs["layer_names"] = np.array([b"a"] * 4000)
        g = f.create_group("a")
        g.create_dataset("w", data=np.ones(1000, "f4"))
        g.attrs["weight_names"] = np.array([b"w"] * 4000)
    packed("hostile_names")
    with h5py.File(path, "w") as f:
        f.attrs["layer_names"] = np.array([b"a"])
        g = f.create_group("a")
        g.create_dataset("w", shape=(1 << 13, 1 << 13), dtype="f4", chunks=(1 << 13, 1 << 13), compression="gzip", compression_opts=9)[0, 0] = 1
        g.attrs["weight_names"] = np.array([b"w"])
    packed("hostile_bomb")
    with h5py.File(path, "w") as f:
        f.attrs["layer_names"] = np.array(["x" * 100_000] + ["y"] * 3900, dtype=h5py.string_dtype())
    with open(path, "rb") as f:
        data = f.read()
    long, one = (100_000).to_bytes(4, "little"), (1).to_bytes(4, "little")
    start = next(i for i in range(len(data)) if data[i : i + 4] == long and data[i + 16 : i + 20] == one)
    with open(path, "wb") as f:
        f.write(data[:start] + data[start : start + 16] * 3901 + data[start + 16 * 3901 :])
    packed("hostile_texts")


def first_channels():
    """Keras's own file with `channels_first`: the arrays are those of tf_first_channels."""
    l = tf_keras.layers
    m = tf_keras.Sequential([l.Input((3, 6, 5)), l.Conv2D(4, 3, activation="relu", data_format="channels_first"), l.MaxPooling2D(data_format="channels_first"), l.Flatten(), l.Dense(2)])
    source = tf_keras.models.load_model(at("tf_first_channels.h5"))
    m.set_weights(source.get_weights())
    m.save(at("tf_channels_first.h5"))
    os.replace(at("tf_first_channels.safetensors"), at("tf_channels_first.safetensors"))
    os.remove(at("tf_first_channels.h5"))


def main():
    global RNG
    os.makedirs(FOLDER, exist_ok=True)
    chosen = sys.argv[1:]
    for i, (name, (build, formats, (low, high, whole))) in enumerate(MODELS.items()):
        if chosen and name not in chosen:
            continue
        RNG = np.random.default_rng(100 + i)
        keras.utils.clear_session()
        tf_keras.backend.clear_session()
        keras.utils.set_random_seed(i)
        m = build()
        write(name, m, formats, inputs(m, low, high, whole))
    for i, more in enumerate([branches, keras2, keras1, keras1_gru, odd, first_channels, frozen, hostile]):
        if not chosen or more.__name__ in chosen:
            RNG = np.random.default_rng(200 + i)
            keras.utils.clear_session()
            more()
    total = sum(os.path.getsize(at(f)) for f in os.listdir(FOLDER))
    print(f"{len(os.listdir(FOLDER))} files, {total} bytes")
    assert total < 1_500_000


if __name__ == "__main__":
    main()
