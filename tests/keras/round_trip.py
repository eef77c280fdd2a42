"""The other half of tests/keras/main.rs: loads what kseq has saved into FOLDER with real Keras, and saves it again.

For each model NAME of models.json: NAME.keras and NAME.h5 in Keras 3, and NAME.h5 in tf_keras (unless the model says that Keras 2
has no such layer) must give the outputs that kseq gave for its inputs; NAME.npz must be `get_weights()`, array by array. What Keras
saves is NAME.back.keras, NAME.back.h5, NAME.back.weights.h5, NAME.tf.h5. What it was compiled with goes to NAME.compiled.json.
"""

import json
import os
import sys
import warnings

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
os.environ["KERAS_BACKEND"] = "tensorflow"
os.environ["CUDA_VISIBLE_DEVICES"] = ""
warnings.filterwarnings("ignore")

import keras
import numpy
import tf_keras

FOLDER = sys.argv[1]


def path(name):
    return os.path.join(FOLDER, name)


def array(file, shape):
    return numpy.fromfile(path(file), dtype="<f4").reshape(shape)


def compare(what, found, expected):
    found = numpy.asarray(found)
    if found.shape != expected.shape:
        sys.exit(f"{what}: expected outputs of shape {expected.shape}, found {found.shape}")
    error = numpy.abs(found - expected).max() / max(numpy.abs(expected).max(), 1e-30)
    print(f"{what}: {error:.1e}")
    if not error <= 1e-5:
        sys.exit(f"{what}: the outputs differ by {error:.1e} of the largest")


def compiled(model):
    """What a model is compiled with, as Keras says it."""
    if getattr(model, "optimizer", None) is None:
        return None
    config = model.get_compile_config()
    optimizer = model.optimizer
    return {
        "optimizer": type(optimizer).__name__,
        "config": {k: v for k, v in optimizer.get_config().items() if k != "name"},
        "loss": config["loss"],
        "metrics": config["metrics"],
    }


for case in json.load(open(path("models.json"))):
    name = case["name"]
    x = array(f"{name}.x", case["input"])
    y = array(f"{name}.y", case["output"])
    expected = numpy.load(path(f"{name}.npz"))
    for ending in ["keras", "h5"]:
        model = keras.models.load_model(path(f"{name}.{ending}"))
        compare(f"{name}.{ending}", model.predict(x, verbose=0, batch_size=len(x)), y)
        weights = model.get_weights()
        if len(weights) != len(expected.files):
            sys.exit(f"{name}.{ending}: expected {len(expected.files)} arrays, found {len(weights)}")
        # With frozen layers Keras gives arrays that are not trained last.
        bits = lambda arrays: sorted(numpy.asarray(a).tobytes() for a in arrays)
        if bits(weights) != bits(expected[file] for file in expected.files):
            sys.exit(f"{name}.{ending}: other weights than {name}.npz")
        model.save(path(f"{name}.back.{ending}"))
        if ending == "keras":
            model.save_weights(path(f"{name}.back.weights.h5"))
            with open(path(f"{name}.compiled.json"), "w") as file:
                json.dump(compiled(model), file)
            with open(path(f"{name}.json")) as file:
                again = keras.models.model_from_json(file.read())
            if again.count_params() != model.count_params():
                sys.exit(f"{name}.json: another number of parameters")
        # It is compiled in truth: a training step works.
        if compiled(model):
            model.fit(x, y, verbose=0)
    if case["keras2"]:
        model = tf_keras.models.load_model(path(f"{name}.h5"))
        compare(f"{name}.h5 in tf_keras", model.predict(x, verbose=0, batch_size=len(x)), y)
        model.save(path(f"{name}.tf.h5"))
