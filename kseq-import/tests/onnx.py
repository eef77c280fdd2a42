"""Real Keras and onnxruntime for `tests/onnx.rs`.

    python onnx.py make FOLDER     models of each kind of layer: NAME.keras, with NAME.x.npy, what they take, and NAME.y.npy, what they give
    python onnx.py check FOLDER    each NAME.onnx against them, to 1e-5 of the largest; an error if one is off

Needs keras, tensorflow, onnx and onnxruntime.
"""

import glob
import os
import sys

os.environ["TF_ENABLE_ONEDNN_OPTS"] = "0"
os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
os.environ["CUDA_VISIBLE_DEVICES"] = ""
# This file is called like a module that it needs.
sys.path = [p for p in sys.path if os.path.abspath(p or ".") != os.path.dirname(os.path.abspath(__file__))]

import numpy as np

RNG = np.random.default_rng(3)


def models(l):
    """A name, the shape of a sample, layers; tokens are below the number behind them."""
    for word in ("linear relu relu6 leaky_relu elu selu celu gelu silu sigmoid hard_sigmoid hard_silu hard_tanh tanh tanh_shrink hard_shrink soft_shrink softmax "
                 "log_softmax softplus sparse_plus softsign sparse_sigmoid log_sigmoid exponential mish squareplus glu").split():
        yield f"activation_{word}", (6,), [l.Activation(word)]
    yield "activation_layers", (5, 4), [l.LeakyReLU(0.1), l.ELU(0.7), l.ReLU(max_value=0.8, negative_slope=0.3, threshold=0.2), l.PReLU(), l.Softmax(axis=1)]
    yield "relu_most", (6,), [l.ReLU(max_value=0.5), l.Dense(3, activation=l.LeakyReLU(0.2))]
    yield "dense_ranks", (3, 4, 5), [l.Dense(6, activation="tanh"), l.Dense(2, use_bias=False)]
    yield "conv1d", (13, 3), [l.Conv1D(4, 3, padding="same", dilation_rate=2), l.Conv1D(6, 4, strides=2, padding="same", activation="relu"), l.Conv1D(4, 2, groups=2)]
    yield "conv1d_causal", (13, 3), [l.Conv1D(4, 3, padding="causal", dilation_rate=2), l.Conv1D(5, 2, padding="causal", strides=2)]
    yield "conv2d", (11, 9, 3), [l.Conv2D(4, (3, 2), padding="same", activation="softmax"), l.Conv2D(6, 4, strides=(2, 3), padding="same"), l.Conv2D(4, 2, groups=2, use_bias=False), l.Flatten(), l.Dense(2)]
    yield "conv3d", (6, 7, 5, 2), [l.Conv3D(3, 3, padding="same"), l.Conv3D(4, 2, strides=2, activation="relu"), l.AveragePooling3D((2, 1, 2), strides=1, padding="same"), l.MaxPooling3D((2, 2, 1)), l.GlobalAveragePooling3D()]
    yield "depthwise", (9, 8, 3), [l.DepthwiseConv2D(3, padding="same", depth_multiplier=2, activation="relu"), l.DepthwiseConv2D(2, strides=2, use_bias=False)]
    yield "depthwise1d", (9, 3), [l.DepthwiseConv1D(3, padding="same", depth_multiplier=2), l.DepthwiseConv1D(2, strides=2)]
    yield "separable", (9, 8, 3), [l.SeparableConv2D(5, 3, padding="same", depth_multiplier=2, activation="elu"), l.SeparableConv2D(4, 2, strides=2)]
    yield "separable1d", (12, 3), [l.SeparableConv1D(5, 3, padding="same", dilation_rate=2), l.SeparableConv1D(4, 3, strides=3, use_bias=False)]
    for padding in ("valid", "same"):
        for size, stride in ((3, 2), (2, 3), (4, 1), (5, 3)):
            yield f"transpose_{padding}_{size}_{stride}", (5, 6, 2), [l.Conv2DTranspose(3, (size, 3), strides=(stride, 2), padding=padding, activation="relu")]
        yield f"transpose1d_{padding}", (5, 2), [l.Conv1DTranspose(3, 3, strides=2, padding=padding), l.Conv1DTranspose(2, 2, padding=padding)]
        yield f"transpose_more_{padding}", (5, 6, 2), [l.Conv2DTranspose(3, 3, strides=2, padding=padding, output_padding=1)]
        yield f"transpose3d_{padding}", (3, 4, 5, 2), [l.Conv3DTranspose(3, 3, strides=2, padding=padding)]
        yield f"pool2d_{padding}", (9, 8, 3), [l.MaxPooling2D(3, strides=2, padding=padding), l.AveragePooling2D(2, strides=1, padding=padding)]
        yield f"pool1d_{padding}", (10, 3), [l.AveragePooling1D(3, strides=2, padding=padding), l.MaxPooling1D(2, padding=padding)]
    yield "global_max", (5, 4, 3), [l.Conv2D(4, 2), l.GlobalMaxPooling2D(keepdims=True), l.Dense(2)]
    yield "global_mean", (5, 4, 3), [l.Conv2D(4, 2), l.GlobalAveragePooling2D(), l.Dense(2)]
    yield "global_1d", (7, 3), [l.LSTM(4, return_sequences=True), l.GlobalMaxPooling1D()]
    yield "adaptive_one", (6, 5, 3), [l.Conv2D(4, 2), l.AdaptiveAveragePooling2D(1), l.AdaptiveMaxPooling2D(1), l.Flatten()]
    yield "batch_norm", (6, 5, 3), [l.Conv2D(4, 2), l.BatchNormalization(), l.Flatten(), l.BatchNormalization(scale=False, epsilon=1e-2), l.Dense(3), l.BatchNormalization(center=False)]
    yield "layer_norm", (4, 6), [l.LayerNormalization(), l.Dense(5), l.LayerNormalization(axis=[1, 2]), l.LayerNormalization(scale=False, epsilon=1e-2), l.LayerNormalization(center=False, scale=False)]
    yield "layer_norm_axes", (4, 5, 6), [l.Conv2D(3, 2), l.LayerNormalization(axis=1), l.LayerNormalization(axis=[1, 3]), l.Conv2D(2, 2), l.LayerNormalization(axis=[1, 2])]
    yield "group_norm", (4, 5, 6), [l.Conv2D(6, 2), l.GroupNormalization(3), l.GroupNormalization(-1, scale=False), l.GroupNormalization(1, center=False, epsilon=1e-2)]
    yield "group_norm_flat", (6,), [l.GroupNormalization(2)]
    yield "rms_unit", (4, 6), [l.RMSNormalization(), l.UnitNormalization(), l.UnitNormalization(axis=1)]
    yield "normalization", (4,), [l.Normalization(mean=[1.0, 2.0, -1.0, 0.5], variance=[2.0, 0.5, 1.0, 4.0]), l.Normalization(mean=0.5, variance=2.0, invert=True), l.Normalization()]
    yield "rescaling", (4, 4, 3), [l.Rescaling(1 / 127.5, offset=-1.0), l.Conv2D(2, 2), l.Rescaling(2.0)]
    yield "shapes", (4, 6), [l.Reshape((3, -1)), l.Permute((2, 1)), l.Dense(4), l.Reshape((4, 4, 2)), l.Permute((3, 1, 2)), l.Conv2D(3, 2), l.Permute((2, 3, 1)), l.Flatten(), l.RepeatVector(3), l.Dense(2)]
    yield "margins", (6, 7, 3), [l.ZeroPadding2D(((1, 2), (0, 3))), l.Conv2D(4, 2), l.Cropping2D(((1, 0), (2, 1))), l.ZeroPadding2D(1), l.Cropping2D((1, 2))]
    yield "margins_1d", (6, 3), [l.ZeroPadding1D((1, 2)), l.Cropping1D((0, 1)), l.ZeroPadding1D(2), l.Cropping1D(1)]
    yield "margins_3d", (4, 5, 6, 2), [l.ZeroPadding3D((1, 0, 2)), l.Cropping3D(((1, 0), (1, 2), (0, 1)))]
    yield "up_sampling", (4, 3, 2), [l.UpSampling2D((2, 3)), l.Conv2D(2, 2), l.UpSampling2D(2, interpolation="bilinear")]
    yield "up_sampling_1d", (4, 3), [l.UpSampling1D(3), l.Conv1D(2, 2)]
    yield "up_sampling_3d", (2, 3, 2, 2), [l.UpSampling3D((2, 1, 3))]
    yield "resizing", (5, 6, 2), [l.Resizing(7, 4), l.Resizing(3, 9, interpolation="nearest")]
    yield "nothing", (4, 6), [l.Dropout(0.5), l.SpatialDropout1D(0.2), l.GaussianNoise(1.0), l.GaussianDropout(0.2), l.AlphaDropout(0.1), l.ActivityRegularization(0.1), l.Identity()]
    yield "augmentation", (6, 6, 3), [l.RandomFlip(), l.RandomRotation(0.2), l.RandomContrast(0.1), l.RandomZoom(0.1), l.RandomGrayscale(), l.Solarization(), l.Conv2D(2, 2)]
    yield "embedding", (5,), [l.Embedding(11, 4), l.Flatten(), l.Dense(2)], 11
    yield "embedding_table", (3, 4), [l.Reshape((12,)), l.Embedding(11, 4), l.Conv1D(3, 2)], 11
    for kind in ("LSTM", "GRU", "SimpleRNN"):
        layer = getattr(l, kind)
        gates = {} if kind == "SimpleRNN" else {"recurrent_activation": "hard_sigmoid"}
        yield f"{kind}_last", (6, 3), [layer(4)]
        yield f"{kind}_relu", (6, 3), [layer(4, activation="relu", return_sequences=True, **gates), layer(3, activation=None, use_bias=False)]
        yield f"{kind}_backwards", (6, 3), [layer(4, go_backwards=True, return_sequences=True), layer(3, go_backwards=True)]
        for merge in ("concat", "sum", "mul", "ave"):
            yield f"{kind}_both_{merge}", (6, 3), [l.Bidirectional(layer(4, return_sequences=True), merge_mode=merge), l.Dense(3), l.Bidirectional(layer(2), merge_mode=merge)]
        yield f"{kind}_both_given", (6, 3), [l.Bidirectional(layer(3), backward_layer=layer(2, go_backwards=True, activation="relu"))]
        yield f"{kind}_masked", (6, 3), [l.Masking(0.0), layer(4, return_sequences=True), layer(3, go_backwards=True, return_sequences=True), l.Dense(3), l.Bidirectional(layer(2, return_sequences=True)), layer(3)]
        yield f"{kind}_tokens", (6,), [l.Embedding(7, 4, mask_zero=True), l.SpatialDropout1D(0.1), l.Bidirectional(layer(4)), l.Dense(3)], 7
        yield f"{kind}_steps", (None, 3), [layer(4, return_sequences=True), l.Dense(2)]
    yield "GRU_before", (6, 3), [l.GRU(4, reset_after=False, return_sequences=True), l.Bidirectional(l.GRU(4, reset_after=False, use_bias=False))]
    yield "GRU_before_masked", (6, 3), [l.Masking(0.0), l.GRU(4, reset_after=False, return_sequences=True, use_bias=False)]
    yield "gates", (6, 3), [l.LSTM(4, activation="softsign", recurrent_activation="sparse_sigmoid", return_sequences=True), l.GRU(4, activation="elu", recurrent_activation="linear", return_sequences=True), l.SimpleRNN(3, activation="leaky_relu", return_sequences=True), l.LSTM(2, activation="softplus")]
    yield "cells", (6, 3), [l.RNN(l.LSTMCell(4), return_sequences=True), l.RNN(l.GRUCell(4), return_sequences=True, go_backwards=True), l.RNN(l.SimpleRNNCell(4))]
    yield "masked_mean", (6,), [l.Embedding(7, 4, mask_zero=True), l.GlobalAveragePooling1D(), l.Dense(2)], 7
    yield "masked_forgotten", (6,), [l.Embedding(7, 4, mask_zero=True), l.Conv1D(3, 2), l.LSTM(3)], 7
    yield "time_distributed", (3, 7, 6, 2), [l.TimeDistributed(l.Conv2D(3, 2, activation="relu")), l.TimeDistributed(l.MaxPooling2D()), l.TimeDistributed(l.Flatten()), l.TimeDistributed(l.Dense(4)), l.LSTM(3)]
    yield "time_distributed_lstm", (3, 5, 2), [l.TimeDistributed(l.LSTM(3)), l.TimeDistributed(l.BatchNormalization()), l.GRU(2)]
    yield "any_length", (None, 3), [l.Conv1D(4, 3, padding="same"), l.Bidirectional(l.LSTM(3, return_sequences=True)), l.GlobalMaxPooling1D()]
    yield "any_image", (None, None, 3), [l.Conv2D(4, 3, strides=2, padding="same"), l.BatchNormalization(), l.MaxPooling2D(), l.GlobalAveragePooling2D(), l.Dense(2)]


def make(folder):
    import keras

    for name, shape, layers, *below in models(keras.layers):
        keras.utils.set_random_seed(1)
        model = keras.Sequential([keras.layers.Input(shape), *layers])
        for w in model.weights:
            if "seed" in w.path or "count" in w.path:
                continue
            scale = 0.8 / np.sqrt(max(1, np.prod(w.shape[:-1]) if len(w.shape) > 1 else 4))
            value = RNG.normal(size=w.shape) * scale
            w.assign(RNG.uniform(0.5, 2, size=w.shape) if "variance" in w.path else value)
        for layer in model.layers:
            if isinstance(layer, keras.layers.Normalization):
                layer.finalize_state()
        x = [4, *(8 if d is None else d for d in shape)]
        x = RNG.integers(0, below[0], size=x) if below else RNG.uniform(-2, 2, size=x)
        if "masked" in name and not below:
            # Steps that do not count: before, between and behind.
            for sample, step in [(0, 0), (0, 1), (1, 3), (2, 4), (2, 5), (3, 0), (3, 5)]:
                x[sample, step] = 0
        x = x.astype("float32")
        model.save(os.path.join(folder, name + ".keras"))
        for kind, array in ("x", x), ("y", np.asarray(model(x, training=False))):
            np.save(os.path.join(folder, f"{name}.{kind}.npy"), array)


def check(folder):
    import onnx
    import onnxruntime

    wrong, paths = 0, sorted(glob.glob(os.path.join(folder, "*.onnx")))
    for path in paths:
        name = os.path.basename(path)[: -len(".onnx")]
        try:
            stored = {kind: np.load(os.path.join(folder, f"{name}.{kind}.npy")) for kind in "xy"}
            model = onnx.load(path)
            onnx.checker.check_model(model, full_check=True)
            session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
            # What a stateful layer carries are more inputs, which begin as zeros, and more outputs.
            given = session.get_inputs()[0]
            x = stored["x"].astype("int32" if given.type == "tensor(int32)" else "float32")
            # A batch of any size: all, and one sample.
            worst = 0.0
            for batch in (slice(None), slice(1)) if given.shape[0] == "batch" else (slice(None),):
                y = session.run(None, {given.name: x[batch]})[0]
                expected = stored["y"][batch]
                assert y.shape == expected.shape, f"the shape {y.shape} for {expected.shape}"
                worst = max(worst, float(np.abs(y - expected).max() / max(np.abs(stored["y"]).max(), 1e-30)))
            assert worst <= 1e-5, f"off by {worst:.1e}"
            if "-v" in sys.argv:
                print(f"{name}: {worst:.1e}, {[n.op_type for n in model.graph.node]}")
        except Exception as why:
            wrong += 1
            print(f"{name}: {str(why)[:600]}")
    print(f"{len(paths)} models, {wrong} wrong")
    sys.exit(1 if wrong or not paths else 0)


{"make": make, "check": check}[sys.argv[1]](sys.argv[2])
