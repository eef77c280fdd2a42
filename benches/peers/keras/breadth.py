"""The models of benches/breadth.rs in Keras: `KERAS_BACKEND=tensorflow|jax breadth.py MODEL [SECONDS]` prints lines
`name work samples/s`, of the fastest ordinary way to do the work. The bench calls it; see there for what is measured.

One thread: the bench keeps the process to one CPU, and the CPU time of the whole process counts.
"""
import os

os.environ.setdefault("TF_NUM_INTRAOP_THREADS", "1")
os.environ.setdefault("TF_NUM_INTEROP_THREADS", "1")
os.environ.setdefault("XLA_FLAGS", "--xla_cpu_multi_thread_eigen=false")
os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import statistics
import sys
import time

import keras
import numpy as np
from keras import layers as L

# ---- the models: each gives (model, x, y, loss) ---------------------------------------------------------------------

RANDOM = np.random.default_rng(0)


def images(batch, *shape):
    return RANDOM.uniform(-1, 1, (batch, *shape)).astype("float32")


def classes(batch, n):
    return np.eye(n, dtype="float32")[RANDOM.integers(0, n, batch)]


def mobilenet():
    def normalised(layer):
        return [layer, L.BatchNormalization(), L.Activation("relu")]

    blocks = []
    for filters, strides in [(64, 1), (128, 2), (128, 1), (256, 2), (256, 1), (512, 2)]:
        blocks += normalised(L.DepthwiseConv2D(3, strides=strides, padding="same", use_bias=False))
        blocks += normalised(L.Conv2D(filters, 1, use_bias=False))
    model = keras.Sequential([
        keras.Input((96, 96, 3)),
        *normalised(L.Conv2D(32, 3, strides=2, padding="same", use_bias=False)),
        *blocks,
        L.GlobalAveragePooling2D(),
        L.Dense(10, activation="softmax"),
    ])
    return model, images(32, 96, 96, 3), classes(32, 10), "categorical_crossentropy"


def separable():
    model = keras.Sequential([
        keras.Input((96, 96, 3)),
        L.Conv2D(32, 3, strides=2, padding="same", activation="relu"),
        L.SeparableConv2D(64, 3, padding="same", use_bias=False),
        L.BatchNormalization(),
        L.Activation("relu"),
        L.SeparableConv2D(128, 3, strides=2, padding="same", use_bias=False),
        L.BatchNormalization(),
        L.Activation("relu"),
        L.SeparableConv2D(128, 3, padding="same", activation="relu"),
        L.SeparableConv2D(256, 3, strides=2, padding="same", activation="relu"),
        L.SeparableConv2D(256, 3, padding="same", activation="relu"),
        L.SeparableConv2D(512, 3, strides=2, padding="same", activation="relu"),
        L.GlobalAveragePooling2D(),
        L.Dense(10, activation="softmax"),
    ])
    return model, images(32, 96, 96, 3), classes(32, 10), "categorical_crossentropy"


def autoencoder():
    model = keras.Sequential([
        keras.Input((64, 64, 3)),
        L.Conv2D(32, 3, strides=2, padding="same", activation="relu"),
        L.Conv2D(64, 3, strides=2, padding="same", activation="relu"),
        L.Conv2D(128, 3, strides=2, padding="same", activation="relu"),
        L.Conv2DTranspose(64, 3, strides=2, padding="same", activation="relu"),
        L.Conv2DTranspose(32, 3, strides=2, padding="same", activation="relu"),
        L.Conv2DTranspose(3, 3, strides=2, padding="same", activation="sigmoid"),
    ])
    return model, images(32, 64, 64, 3), images(32, 64, 64, 3), "mean_squared_error"


def reviews(batch, least):
    x = RANDOM.integers(1, 5000, (batch, 80)).astype("int32")
    for row in x:
        row[:RANDOM.integers(0, 81 - least)] = 0
    return x


def binary(batch):
    return RANDOM.integers(0, 2, (batch, 1)).astype("float32")


def bidirectional():
    model = keras.Sequential([
        keras.Input((80,), dtype="int32"),
        L.Embedding(5000, 64),
        L.Bidirectional(L.LSTM(64)),
        L.Dense(1, activation="sigmoid"),
    ])
    return model, reviews(32, 80), binary(32), "binary_crossentropy"


def gru():
    model = keras.Sequential([
        keras.Input((80,), dtype="int32"),
        L.Embedding(5000, 64, mask_zero=True),
        L.BatchNormalization(),
        L.GRU(64),
        L.BatchNormalization(),
        L.Dense(1, activation="sigmoid"),
    ])
    return model, reviews(32, 40), binary(32), "binary_crossentropy"


# ---- the measurement ------------------------------------------------------------------------------------------------

BACKEND = keras.backend.backend()
clock = time.process_time


def pilot(f):
    """Seconds of a call, after it is warm."""
    f(), f()
    times, begin = [], clock()
    while len(times) < 2 or clock() - begin < 0.3:
        start = clock()
        f()
        times.append(clock() - start)
    return statistics.median(times)


def fastest(candidates):
    """The fastest of those that work."""
    timed = []
    for what, f, calls in candidates:
        try:
            timed.append((pilot(f) / calls, what, f, calls))
        except Exception as error:
            print(f"# {what}: {type(error).__name__}: {str(error)[:300]}", file=sys.stderr)
    for seconds, what, _, _ in timed:
        print(f"# {what}: {seconds * 1e3:.3f} ms", file=sys.stderr)
    return min(timed, key=lambda t: t[0])


def report(name, work, batch, candidates, seconds):
    per_call, what, f, calls = fastest(candidates)
    count = max(1, round(seconds / (per_call * calls)))
    figures = []
    for _ in range(5):
        start = clock()
        for _ in range(count):
            f()
        figures.append((clock() - start) / (count * calls))
    print(f"{name} {work} {batch / statistics.median(figures):.2f} ({what})", flush=True)


def train(make):
    """Steps on one batch: one by one, and several in one call."""
    for jit in [False, True] if BACKEND == "tensorflow" else [True]:
        model, x, y, loss = make()
        model.compile(optimizer=optimizer(), loss=loss, jit_compile=jit)
        yield f"train_on_batch, jit_compile={jit}", lambda m=model, x=x, y=y: m.train_on_batch(x, y), 1
        model, x, y, loss = make()
        steps = 8
        model.compile(optimizer=optimizer(), loss=loss, jit_compile=jit, steps_per_execution=steps)
        many = [np.concatenate([a] * steps) for a in (x, y)]
        fit = lambda m=model, d=many, b=len(x): m.fit(*d, batch_size=b, epochs=1, shuffle=False, verbose=0)
        yield f"fit, jit_compile={jit}, steps_per_execution={steps}", fit, steps


def optimizer():
    return keras.optimizers.SGD(1e-5, momentum=0.9)


def predict(make):
    """NumPy in, NumPy out."""
    model, x, _, _ = make()
    yield "predict_on_batch", lambda: model.predict_on_batch(x), 1
    if BACKEND == "tensorflow":
        import tensorflow as tf

        for jit in [False, True]:
            f = tf.function(lambda t: model(t, training=False), jit_compile=jit)
            yield f"tf.function, jit_compile={jit}", lambda f=f: f(tf.constant(x)).numpy(), 1
    else:
        import jax

        f = jax.jit(lambda v, w, t: model.stateless_call(v, w, t, training=False)[0])
        v = [jax.numpy.array(a.value, copy=True) for a in model.trainable_variables]
        w = [jax.numpy.array(a.value, copy=True) for a in model.non_trainable_variables]
        yield "jax.jit", lambda: np.asarray(f(v, w, x)), 1


def main():
    name, seconds = sys.argv[1], float(sys.argv[2]) if len(sys.argv) > 2 else 0.5
    make = globals()[name]
    keras.utils.set_random_seed(0)
    batch = len(make()[1])
    report(name, "train", batch, train(make), seconds)
    report(name, "predict", batch, predict(make), seconds)


if __name__ == "__main__":
    main()
