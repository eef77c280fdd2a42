"""Keras on TensorFlow or on JAX."""
import statistics

from .specs import RATES, data
from .timing import AT_ONCE, EPOCHS, Timing, complain, epochs_and_batches

# From here on (seconds of a step) what surrounds a step does not count, and only the plainest way is measured.
SLOW = 0.06


def version():
    import keras

    if keras.backend.backend() == "tensorflow":
        import tensorflow as engine
    else:
        import jax as engine
    return f"keras {keras.__version__} / {keras.backend.backend()} {engine.__version__}"


def build(s, batch=None, unroll=False, fixed=False):
    """The model; `fixed`: with the length of a sequence that else comes with the data."""
    import keras

    L = keras.layers
    if s.get("stateful") and batch is None:
        batch = s["batch"]
    shape = (None,) if s.get("any_length") and not fixed else s["shape"]
    model = keras.Sequential([keras.Input(shape, batch_size=batch, dtype="int32" if "vocabulary" in s else "float32")])
    recurrent = dict(stateful=s.get("stateful", False), unroll=unroll)
    kinds = {
        "dense": L.Dense, "dropout": L.Dropout, "flatten": L.Flatten, "reshape": L.Reshape, "embedding": L.Embedding,
        "conv1d": L.Conv1D, "conv2d": L.Conv2D, "depthwise2d": L.DepthwiseConv2D, "separable2d": L.SeparableConv2D,
        "conv2d_transpose": L.Conv2DTranspose, "maxpool1d": L.MaxPooling1D, "maxpool2d": L.MaxPooling2D,
        "avgpool2d": L.AveragePooling2D, "gap1d": L.GlobalAveragePooling1D, "gap2d": L.GlobalAveragePooling2D,
        "gmp1d": L.GlobalMaxPooling1D, "batchnorm": L.BatchNormalization, "relu": L.ReLU,
        "lstm": lambda **a: L.LSTM(**a, **recurrent), "gru": lambda **a: L.GRU(**a, **recurrent),
        "bilstm": lambda **a: L.Bidirectional(L.LSTM(**a, unroll=unroll)),
    }
    for kind, arguments in s["layers"]:
        model.add(kinds[kind](**arguments))
    return model


def compiled(s, **more):
    import keras

    O, rate = keras.optimizers, RATES[s["optimizer"]]
    optimizer = {
        "sgd": lambda: O.SGD(rate), "momentum": lambda: O.SGD(rate, momentum=.9),
        "nesterov": lambda: O.SGD(rate, momentum=.9, nesterov=True), "rmsprop": lambda: O.RMSprop(rate),
        "adadelta": lambda: O.Adadelta(rate), "adam": lambda: O.Adam(rate),
    }[s["optimizer"]]()
    loss = {"categorical": "categorical_crossentropy", "binary": "binary_crossentropy", "squares": "mean_squared_error",
            "huber": "huber"}[s["loss"]]
    model = build(s)
    model.compile(optimizer=optimizer, loss=loss, **more)
    return model


def forward(s, model, x):
    """Ways from NumPy to NumPy."""
    import keras

    yield "predict_on_batch", lambda: model.predict_on_batch(x), 1
    if keras.backend.backend() == "tensorflow":
        import tensorflow as tf

        for jit in (False, True):
            f = tf.function(lambda t: model(t, training=False), jit_compile=jit)
            yield f"tf.function(jit_compile={jit})", lambda f=f: f(tf.constant(x)).numpy(), 1
        return
    import jax
    import numpy as np

    call = jax.jit(lambda v, w, t: model.stateless_call(v, w, t, training=False))
    v, w = ([jax.numpy.array(a.value, copy=True) for a in of] for of in (model.trainable_variables, model.non_trainable_variables))
    state = [w]

    def step():
        y, new = call(v, state[0], x)
        if s.get("stateful"):
            state[0] = new
        return np.asarray(y)

    yield "jax.jit(stateless_call)", step, 1


def steady(timing, model, x, y, batch, repeats):
    """Seconds of a step within `fit`, one figure an epoch but the first. Of TensorFlow from the first step of an epoch to the
    last one: its pipelines wait at the end of each, as long as dozens of short steps."""
    import keras

    class Clock(keras.callbacks.Callback):
        def __init__(self):
            super().__init__()
            self.begins, self.ends = [], []

        def on_epoch_begin(self, epoch, logs=None):
            self.begins.append([])

        def on_train_batch_begin(self, step, logs=None):
            self.begins[-1].append((step, timing.now()))

        def on_epoch_end(self, epoch, logs=None):
            self.ends.append(timing.now())

    clock = Clock()
    model.fit(x, y, batch_size=batch, epochs=repeats + 1, shuffle=False, verbose=0, callbacks=[clock])
    if keras.backend.backend() == "tensorflow":
        return [(b[-1][1] - b[0][1]) / (b[-1][0] - b[0][0]) for b in clock.begins[1:]]
    return [(b - a) / (len(x) // batch) for a, b in zip(clock.ends, clock.ends[1:])]


def run(args, name, s):
    import keras

    backend = keras.backend.backend()
    if backend == "tensorflow" and not getattr(run, "set", False):
        import tensorflow as tf

        tf.config.threading.set_intra_op_parallelism_threads(args.threads)
        tf.config.threading.set_inter_op_parallelism_threads(args.threads)
        run.set = True
    keras.utils.set_random_seed(0)
    timing = Timing(args, name, s, version())
    for mode, batch in (("latency", 1), ("predict", s["batch"])):
        if timing.wants(mode):
            model = build(s, batch=batch if s.get("stateful") else None)
            timing.fastest(mode, forward(s, model, data(s, batch)[0]))
    if timing.wants("train") or timing.wants("fit"):
        train(timing, s, [False, True] if backend == "tensorflow" else [True])


def train(timing, s, jits):
    batch = s["batch"]
    x, y = data(s, batch)
    # Step by step, each with its compiler; what is far slower is not tried further.
    ways, models = [], {}
    for jit in jits:
        models[jit, 1] = compiled(s, jit_compile=jit)
        ways.append((f"train_on_batch(jit_compile={jit})", lambda m=models[jit, 1]: m.train_on_batch(x, y), 1))
    timed = timing.warm(ways)
    pilots = {way: round(step * 1e6, 2) for step, way, _, _ in timed}
    fast = [jit for jit in jits if any(f"={jit})" in way and step < 1.5 * timed[0][0] for step, way, _, _ in timed)]
    for jit in fast if timed[0][0] < SLOW else []:
        models[jit, AT_ONCE] = compiled(s, jit_compile=jit, steps_per_execution=AT_ONCE)
    if timing.wants("train"):
        step, way, f, _ = timed[0]
        best = [step, way, lambda: timing.repeats(f, 1, step)]
        if step < SLOW:
            count = AT_ONCE * max(2, min(128, round(timing.args.seconds / step / AT_ONCE)))
            many = data(s, batch * count)
            for jit in fast:
                for at_once in (1, AT_ONCE):
                    way = f"fit(jit_compile={jit}, steps_per_execution={at_once})"
                    try:
                        go = lambda n, m=models[jit, at_once]: steady(timing, m, *many, batch, n)
                        step = min(go(1))
                    except Exception as error:
                        complain(way, error)
                        continue
                    pilots[way] = round(step * 1e6, 2)
                    if step < best[0]:
                        best = [step, way, lambda go=go: go(timing.args.repeats)]
        timing.report("train", best[1], best[2](), pilots)
    if timing.wants("fit"):
        epochs, batches = epochs_and_batches(s, timed[0][0])
        many = data(s, batch * batches)
        ways = []
        for jit in fast:
            for at_once in (1, AT_ONCE):
                if (jit, at_once) in models:
                    call = lambda m=models[jit, at_once]: m.fit(*many, batch_size=batch, epochs=epochs, verbose=0)
                    ways.append((f"fit(jit_compile={jit}, steps_per_execution={at_once})", call, epochs * batches))
        timing.fastest("fit", ways)
