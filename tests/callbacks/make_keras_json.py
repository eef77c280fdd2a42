"""What Keras's callbacks do with given values of the epochs: writes keras.json beside this file.

    KERAS_BACKEND=numpy python make_keras_json.py      (keras 3.15.1; the numpy backend, with scipy and jax, is enough)
"""

import json
import os
import pathlib
import random
import types

import numpy as np
import keras
from keras import callbacks

random.seed(15)
VALUES = [0.5, 1.0, 1.5, 2.0, 2.5, 3.0]


def model(learning_rate):
    """All that the callbacks touch of a model."""
    optimizer = types.SimpleNamespace(learning_rate=keras.Variable(learning_rate, dtype="float32"))

    class Optimizer:
        iterations = 0

        @property
        def learning_rate(self):
            return optimizer.learning_rate

        @learning_rate.setter
        def learning_rate(self, value):
            optimizer.learning_rate.assign(value)

    m = types.SimpleNamespace(optimizer=Optimizer(), stop_training=False, weights=None)
    m.get_weights = lambda: m.weights
    m.set_weights = lambda w: setattr(m, "weights", w)
    m.saved = []
    m.save_weights = lambda path, overwrite: m.saved.append(path)
    return m


def script():
    """The weight of a model of one weight after each epoch, and its mean squared error for 1 -> 0."""
    weights = [random.choice(VALUES) for _ in range(8)]
    return weights, [w * w for w in weights]


def early_stopping(arguments, values):
    m = model(0.5)
    c = callbacks.EarlyStopping(**arguments)
    c.set_model(m)
    c.on_train_begin()
    for epoch, value in enumerate(values):
        m.weights = [epoch]
        c.on_epoch_end(epoch, {arguments["monitor"]: value})
        if m.stop_training:
            break
    c.on_train_end()
    best = None if c.best is None else float(c.best)
    return dict(
        epochs=epoch + 1,
        stopped_epoch=c.stopped_epoch,
        best=best,
        best_epoch=c.best_epoch,
        weights_of=m.weights[0],
    )


def reduce_lr(arguments, values):
    m = model(0.5)
    c = callbacks.ReduceLROnPlateau(**arguments)
    c.set_model(m)
    c.on_train_begin()
    rates = []
    for epoch, value in enumerate(values):
        logs = {arguments["monitor"]: value}
        c.on_epoch_end(epoch, logs)
        rates.append(logs["learning_rate"])
    return dict(learning_rate=rates, last=float(np.asarray(m.optimizer.learning_rate)))


def checkpoint(arguments, values):
    m = model(0.5)
    c = callbacks.ModelCheckpoint("{epoch:02d}-{val_loss:.2f}.weights.h5", save_weights_only=True, **arguments)
    c.set_model(m)
    c.on_train_begin()
    for epoch, value in enumerate(values):
        c.on_epoch_begin(epoch)
        c.on_epoch_end(epoch, {"val_loss": value})
    return dict(saved=[p.replace(".weights.h5", "") for p in m.saved])


cases = []
for _ in range(60):
    weights, values = script()
    a = dict(
        monitor="val_loss",
        mode=random.choice(["min", "max"]),
        patience=random.choice([0, 1, 2, 3]),
        min_delta=random.choice([0, 0, 0.5, 1.0, -1.0]),
        baseline=random.choice([None, None, 1.0, 2.25]),
        restore_best_weights=random.random() < 0.7,
        start_from_epoch=random.choice([0, 0, 1, 3]),
    )
    cases.append(dict(callback="EarlyStopping", arguments=a, weights=weights, expected=early_stopping(a, values)))
for _ in range(40):
    weights, values = script()
    a = dict(
        monitor="val_loss",
        mode=random.choice(["min", "max"]),
        factor=random.choice([0.5, 0.1, 0.0]),
        patience=random.choice([0, 1, 2]),
        min_delta=random.choice([1e-4, 0.0, 1.0]),
        cooldown=random.choice([0, 1, 2]),
        min_lr=random.choice([0.0, 0.1]),
    )
    cases.append(dict(callback="ReduceLROnPlateau", arguments=a, weights=weights, expected=reduce_lr(a, values)))
for _ in range(20):
    weights, values = script()
    a = dict(
        monitor="val_loss",
        mode=random.choice(["min", "max"]),
        save_best_only=random.random() < 0.7,
        initial_value_threshold=random.choice([None, 4.0]),
    )
    cases.append(dict(callback="ModelCheckpoint", arguments=a, weights=weights, expected=checkpoint(a, values)))
out = pathlib.Path(__file__).with_name("keras.json")
out.write_text("[\n" + ",\n".join(json.dumps(c) for c in cases) + "\n]\n")
