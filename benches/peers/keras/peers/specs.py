"""The models of benches/models.rs (`guide.rs`, `models/second.rs`) as plain data, from which each peer builds its own.

A layer is a tuple of its kind and a dictionary of what Keras calls its arguments. Shapes are Keras's: channels last.
"""


def layer(kind, **arguments):
    return kind, arguments


def dense(units, activation=None):
    return layer("dense", units=units, activation=activation)


def conv2d(filters, kernel, activation="relu", strides=1, padding="valid", bias=True):
    return layer("conv2d", filters=filters, kernel_size=kernel, strides=strides, padding=padding, activation=activation, use_bias=bias)


def depthwise(kernel, strides=1):
    return layer("depthwise2d", kernel_size=kernel, strides=strides, padding="same", use_bias=False)


def separable(filters, strides=1, activation=None):
    return layer("separable2d", filters=filters, kernel_size=3, strides=strides, padding="same", activation=activation,
                 use_bias=activation is not None)


def transposed(filters, strides, activation="relu"):
    return layer("conv2d_transpose", filters=filters, kernel_size=3, strides=strides, padding="same", activation=activation)


def conv1d(filters, kernel):
    return layer("conv1d", filters=filters, kernel_size=kernel, activation="relu")


def lstm(units, sequences=False):
    return layer("lstm", units=units, return_sequences=sequences)


def embedding(vocabulary, dim):
    return layer("embedding", input_dim=vocabulary, output_dim=dim)


def dropout(rate):
    return layer("dropout", rate=rate)


def maxpool1d(size, strides=None, padding="valid"):
    return layer("maxpool1d", pool_size=size, strides=strides, padding=padding)


BATCHNORM = layer("batchnorm")
RELU = layer("relu")
FLATTEN = layer("flatten")
POOL = layer("maxpool2d", pool_size=2)


def normalised(convolution):
    return [convolution, BATCHNORM, RELU]


def blocks(*sizes):
    """A MobileNet's: channel by channel, then pixel by pixel."""
    out = []
    for filters, strides in sizes:
        out += normalised(depthwise(3, strides)) + normalised(conv2d(filters, 1, None, bias=False))
    return out


def heartbeat():
    return [conv1d(64, 6), BATCHNORM, maxpool1d(3, 2, "same")]


def images(filters, padding):
    """Two convolutions, a pooling."""
    return [conv2d(filters, 3, padding=padding), conv2d(filters, 3, padding=padding), POOL, dropout(.25)]


LSTMS = [lstm(32, True), lstm(32, True), lstm(32), dense(10, "softmax")]


def spec(shape, batch, optimizer, loss, layers, out=(1,), batches=32, **more):
    """`batches`: those in a data set of `fit`, as in benches/models.rs."""
    return dict(shape=shape, batch=batch, optimizer=optimizer, loss=loss, layers=layers, out=out, batches=batches, **more)


def mlp(units, rate, *last, width=64):
    return [dense(width, "relu"), dropout(rate), dense(units, "relu"), dropout(rate), *last]


GUIDE = {
    "mlp_softmax": spec((20,), 128, "nesterov", "categorical", mlp(64, .5, dense(10, "softmax")), (10,)),
    "mlp_binary": spec((20,), 128, "rmsprop", "binary", mlp(64, .5, dense(1, "sigmoid"))),
    "mnist_mlp": spec((784,), 128, "rmsprop", "categorical", mlp(512, .2, dense(10, "softmax"), width=512), (10,)),
    "mnist_cnn": spec((28, 28, 1), 128, "adadelta", "categorical", [
        conv2d(32, 3), conv2d(64, 3), POOL, dropout(.25), FLATTEN, dense(128, "relu"), dropout(.5), dense(10, "softmax"),
    ], (10,)),
    "vgg_like": spec((100, 100, 3), 32, "nesterov", "categorical", [
        *images(32, "valid"), *images(64, "valid"), FLATTEN, dense(256, "relu"), dropout(.5), dense(10, "softmax"),
    ], (10,), batches=8),
    "lstm_imdb": spec((80,), 16, "rmsprop", "binary", [
        embedding(1024, 256), lstm(128), dropout(.5), dense(1, "sigmoid"),
    ], vocabulary=1024),
    "conv1d_seq": spec((64, 100), 16, "rmsprop", "binary", [
        conv1d(64, 3), conv1d(64, 3), maxpool1d(3), conv1d(128, 3), conv1d(128, 3), layer("gap1d"), dropout(.5),
        dense(1, "sigmoid"),
    ]),
    "stacked_lstm": spec((8, 16), 64, "rmsprop", "categorical", LSTMS, (10,)),
    "stateful_lstm": spec((8, 16), 32, "rmsprop", "categorical", LSTMS, (10,), stateful=True),
}

SECOND = {
    "gru_text": spec((100,), 32, "adam", "binary", [
        embedding(10000, 64), layer("gru", units=64), dense(1, "sigmoid"),
    ], vocabulary=10000),
    "lstm_pair": spec((60, 1), 32, "adam", "squares", [lstm(50, True), lstm(50), dense(1)]),
    "ecg": spec((187, 1), 32, "adam", "categorical", [
        *heartbeat(), *heartbeat(), *heartbeat(), FLATTEN, dense(64, "relu"), dense(32, "relu"), dense(5, "softmax"),
    ], (5,)),
    "dqn": spec((84, 84, 4), 32, "adam", "huber", [
        conv2d(32, 8, strides=4), conv2d(64, 4, strides=2), conv2d(64, 3), FLATTEN, dense(512, "relu"), dense(4),
    ], (4,)),
    "lenet5": spec((28, 28, 1), 128, "sgd", "categorical", [
        conv2d(6, 5, "tanh", padding="same"), layer("avgpool2d", pool_size=2), conv2d(16, 5, "tanh"),
        layer("avgpool2d", pool_size=2), FLATTEN, dense(120, "tanh"), dense(84, "tanh"), dense(10, "softmax"),
    ], (10,)),
    "cifar_cnn": spec((32, 32, 3), 32, "rmsprop", "categorical", [
        *images(32, "same"), *images(64, "same"), FLATTEN, dense(512, "relu"), dropout(.5), dense(10, "softmax"),
    ], (10,)),
    "bilstm_text": spec((80,), 32, "adam", "binary", [
        embedding(5000, 64), layer("bilstm", units=64), dense(1, "sigmoid"),
    ], vocabulary=5000),
    "mobilenet": spec((96, 96, 3), 32, "momentum", "categorical", [
        *normalised(conv2d(32, 3, None, 2, "same", bias=False)),
        *blocks((64, 1), (128, 2), (128, 1), (256, 2), (256, 1), (512, 2)),
        layer("gap2d"), dense(10, "softmax"),
    ], (10,), batches=8),
    "decoder": spec((2,), 128, "adam", "binary", [
        dense(7 * 7 * 64, "relu"), layer("reshape", target_shape=(7, 7, 64)), transposed(64, 2), transposed(32, 2),
        transposed(1, 1, "sigmoid"),
    ], (28, 28, 1)),
    "tiny_mlp": spec((10,), 32, "adam", "squares", [dense(32, "relu"), dense(32, "relu"), dense(1)]),
    # Keras gets `None` for the length, as kseq does; what is exported or converted has the length.
    "text_any": spec((120,), 32, "adam", "binary", [
        embedding(5000, 32), conv1d(64, 5), layer("gmp1d"), dense(64, "relu"), dense(1, "sigmoid"),
    ], vocabulary=5000, any_length=True),
    "separable": spec((96, 96, 3), 32, "momentum", "categorical", [
        conv2d(32, 3, strides=2, padding="same"), *normalised(separable(64)), *normalised(separable(128, 2)),
        separable(128, activation="relu"), separable(256, 2, "relu"), separable(256, activation="relu"),
        separable(512, 2, "relu"), layer("gap2d"), dense(10, "softmax"),
    ], (10,), batches=8),
    "autoencoder": spec((64, 64, 3), 32, "momentum", "squares", [
        conv2d(32, 3, strides=2, padding="same"), conv2d(64, 3, strides=2, padding="same"),
        conv2d(128, 3, strides=2, padding="same"), transposed(64, 2), transposed(32, 2), transposed(3, 2, "sigmoid"),
    ], (64, 64, 3)),
}

SPECS = {**GUIDE, **SECOND}
SETS = {"guide": list(GUIDE), "second": list(SECOND), "all": list(SPECS)}


def data(s, n):
    """Random samples and targets."""
    import numpy as np

    random = np.random.default_rng(0)
    if "vocabulary" in s:
        x = random.integers(0, s["vocabulary"], (n, *s["shape"])).astype(np.int32)
    else:
        x = random.uniform(-1, 1, (n, *s["shape"])).astype(np.float32)
    if s["loss"] == "categorical":
        y = np.eye(s["out"][0], dtype=np.float32)[random.integers(0, s["out"][0], n)]
    elif s["loss"] == "binary":
        y = random.integers(0, 2, (n, *s["out"])).astype(np.float32)
    else:
        y = random.uniform(-1, 1, (n, *s["out"])).astype(np.float32)
    return x, y


# A thousandth of each optimizer's usual rate: thousands of steps on the same data would end in denormal numbers.
RATES = {"nesterov": 1e-5, "momentum": 1e-5, "sgd": 1e-5, "rmsprop": 1e-6, "adadelta": 1e-3, "adam": 1e-6}
