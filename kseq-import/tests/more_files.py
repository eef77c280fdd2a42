"""Makes many small models of every layer with arrays, in Keras 3 and tf_keras, saved in each format:

    TF_ENABLE_ONEDNN_OPTS=0 python more_files.py FOLDER
    KSEQ_IMPORT_CASES=FOLDER cargo test -p kseq-import --test read

Beside `NAME.keras`, `NAME.h5`, `NAME.weights.h5`: the arrays in kseq's order, `NAME.safetensors`. They are not kept.
"""

import sys

import make_files
from make_files import RNG, keras, np, randomize, safetensors, tf_keras

make_files.FOLDER = sys.argv[1]


def cases(k):
    l = k.layers
    i = l.Input
    s = lambda *layers: k.Sequential(list(layers))
    yield "conv3d", [i((4, 4, 4, 2)), l.Conv3D(3, 2), l.Conv3DTranspose(2, 2, use_bias=False)]
    yield "conv2d_transpose", [i((4, 4, 2)), l.Conv2DTranspose(3, 2)]
    yield "depthwise1d", [i((6, 2)), l.DepthwiseConv1D(2, depth_multiplier=2), l.DepthwiseConv1D(2, use_bias=False)]
    yield "separable", [i((6, 6, 2)), l.SeparableConv2D(3, 2, use_bias=False, depth_multiplier=2)]
    yield "conv_lstm1d", [i((3, 5, 2)), l.ConvLSTM1D(2, 2, return_sequences=True), l.ConvLSTM1D(2, 2)]
    yield "conv_lstm2d", [i((3, 5, 5, 2)), l.ConvLSTM2D(2, 2)]
    yield "batch_normalization", [i((5,)), l.BatchNormalization(center=False), l.BatchNormalization(scale=False), l.BatchNormalization(scale=False, center=False), l.Dense(5)]
    yield "layer_normalization", [i((5,)), l.LayerNormalization(center=False), l.LayerNormalization(scale=False), l.Dense(4), l.LayerNormalization()]
    if k is keras:  # That of tf_keras 2.21 cannot be built here.
        yield "spectral_normalization", [i((5,)), l.Dense(5), l.SpectralNormalization(l.Dense(4)), l.Dense(2)]
    n = l.Normalization()
    n.adapt(RNG.normal(size=(20, 5)))
    yield "normalization", [i((5,)), n, l.Dense(3)]
    yield "prelu", [i((5, 4)), l.PReLU(), l.PReLU(shared_axes=[1])]
    backward = l.GRU(3, go_backwards=True, return_sequences=True)
    yield "bidirectional", [i((5, 4)), l.Bidirectional(l.SimpleRNN(3, use_bias=False, return_sequences=True)), l.Bidirectional(l.LSTM(3, return_sequences=True), backward_layer=backward), l.Bidirectional(l.GRU(2, reset_after=False))]
    inner = s(i((32,)), l.Dense(4), l.BatchNormalization(), l.Dense(3))
    yield "time_distributed", [i((3, 6, 6, 2)), l.TimeDistributed(l.Conv2D(2, 3)), l.TimeDistributed(l.BatchNormalization()), l.TimeDistributed(l.Flatten()), l.TimeDistributed(inner), l.TimeDistributed(l.Dense(2))]
    yield "rnn", [i((5, 4)), l.RNN(l.LSTMCell(3), return_sequences=True), l.RNN(l.GRUCell(3))]
    yield "nested_twice", [i((5,)), s(i((5,)), s(i((5,)), l.Dense(5), l.BatchNormalization(), l.Dense(5)), l.Dense(5), l.BatchNormalization()), l.Dense(5), s(i((5,)), l.Dense(5))]
    yield "nested_recurrent", [i((5, 4)), s(i((5, 4)), l.LSTM(4, return_sequences=True), l.Bidirectional(l.GRU(4)), l.Dense(4)), l.Dense(3)]
    yield "nested_one", [i((5, 4)), s(i((5, 4)), l.Bidirectional(l.LSTM(4, return_sequences=True))), s(i((5, 8)), l.LSTM(4)), l.Dense(3)]
    yield "many", [i((3,)), *[l.Dense(3) for _ in range(13)]]
    x = i((5,))
    yield "nested_functional", [i((5,)), k.Model(x, l.Dense(4)(l.BatchNormalization()(l.Dense(5)(x)))), l.Dense(4)]
    yield "frozen", [i((5,)), l.Dense(5, trainable=False), l.Dense(5), l.BatchNormalization(trainable=False), l.Dense(5)]
    part = s(i((5,)), l.Dense(5), l.BatchNormalization(), l.Dense(5))
    part.layers[0].trainable = False
    yield "frozen_inside", [i((5,)), part, l.Dense(5)]
    whole = s(i((5,)), l.Dense(5), l.BatchNormalization(), l.Dense(5))
    whole.trainable = False
    yield "frozen_model", [i((5,)), whole, l.Dense(5)]
    first = i((5, 3), batch_size=4) if k is keras else i(batch_shape=(4, 5, 3))
    yield "stateful", [first, l.LSTM(3, stateful=True, return_sequences=True), l.GRU(3, stateful=True), l.Dense(1)]
    yield "seeds", [i((5,)), l.Dropout(0.5, seed=1), l.GaussianNoise(0.1), l.Dense(3), l.AlphaDropout(0.1)]
    if k is tf_keras:
        yield "locally_connected", [i((6, 6, 2)), l.LocallyConnected2D(3, 2), l.Reshape((25, 3)), l.LocallyConnected1D(2, 3)]
        yield "renorm", [i((5,)), l.BatchNormalization(renorm=True), l.Dense(2)]
        yield "slash", [i((5,)), l.Dense(4, name="block/dense"), l.Dense(4, name="block/dense_1")]
    else:
        yield "normalizations", [i((5,)), l.RMSNormalization(), l.GroupNormalization(1), l.Dense(2)]


def in_order(model):
    """The arrays as kseq has them: layer by layer, in each those of the state last."""
    arrays = []
    for layer in model.layers:
        inner = layer.layer if type(layer).__name__ == "TimeDistributed" else layer
        if hasattr(inner, "layers"):
            arrays += in_order(inner)
            continue
        name = lambda w: getattr(w, "path", w.name)
        own = [w for w in layer.weights if "seed" not in name(w)]
        arrays += sorted(own, key=lambda w: "vector_u" in name(w) or "sn_u" in name(w))
    return arrays


for tag, k in (("k3", keras), ("tf", tf_keras)):
    keras.utils.clear_session()
    tf_keras.backend.clear_session()
    for name, layers in cases(k):
        m = k.Sequential(layers)
        randomize(m)
        path = make_files.at(f"{tag}_{name}")
        safetensors(path + ".safetensors", {f"weight_{i}": np.asarray(w) for i, w in enumerate(in_order(m))}, {})
        m.save(path + ".keras")
        m.save(path + ".h5")
        m.save_weights(path + ".weights.h5")
