"""Whole random models from real Keras: layers of all kinds one behind the other, wherever Keras takes them.

    python tests/golden/random_models.py FOLDER [SEED] [MODELS]
    KSEQ_GOLDEN=FOLDER cargo test --test golden

Outputs, gradients of the input and of all weights, penalties, as for the cases of single layers. The arguments of the layers are those
of generate.py. Tokens and sequences may have padding that a first layer masks; TimeDistributed and nested models hold layers of all
kinds; some models run as in training, then without layers that are random there.
"""

import json, sys

import numpy as np

import generate
from generate import LAYERS, keras, layers, made_layer, model_case, pick, rng, write_index

MODELS = int(sys.argv[3]) if len(sys.argv) > 3 else 50
# What stands at the beginning of a model of tokens.
OF_TOKENS = ["Embedding", "Embedding", "Embedding", "CategoryEncoding"]
# (Whole numbers come out of an IntegerLookup in Keras: layers behind it compute what they do not with numbers.)
NAMES = [name for name in LAYERS if name not in [*OF_TOKENS, "IntegerLookup", "Sequential"]]
INPUTS = [(6,), (12,), (6, 4), (9, 3), (5, 4, 3), (6, 7, 4), (8, 8, 3), (4, 4, 4, 2)]
LARGEST = 1500
# (And SpectralNormalization changes its kernel.)
NOT_IN_TRAINING = ["Dropout", "Noise", "Random", "MultiHeadAttention", "GroupQueryAttention", "SpectralNormalization"]


def one_layer(shape, training, depth=0):
    """A layer for samples of a shape; not all are right there."""
    choice = rng.random()
    if choice < 0.08 and len(shape) > 1:
        return layers.TimeDistributed(one_layer(shape[1:], training, depth + 1))
    if choice < 0.14 and depth < 2:
        parts, at = [], shape
        for number in range(rng.integers(1, 4)):
            part, at = fitting(parts, shape, at, "float32", training, depth + 1)
            parts.append(part)
        return keras.Sequential(parts)
    if choice < 0.17 and len(shape) > 1:
        return layers.Bidirectional(pick(layers.LSTM, layers.GRU, layers.SimpleRNN)(3, return_sequences=True), merge_mode=pick("concat", "sum"))
    if choice < 0.2 and len(shape) == 2 and depth == 0:
        return made_layer("MultiHeadAttention") if not training else layers.MultiHeadAttention(2, 3)
    name = pick(*NAMES)
    while training and any(word in name for word in NOT_IN_TRAINING):
        name = pick(*NAMES)
    return made_layer(name)


def is_right(layer, shape, depth):
    """Whether a layer is right for such samples. Keras takes more, and computes with it what it does not say."""
    config = layer.get_config()
    name = layer.__class__.__name__
    # Layers of images take one image without a batch, so that they take a batch of vectors for one; others look at two axes of whatever has more.
    if any(word in name for word in ["Adaptive", "Random", "CenterCrop", "Resizing", "AutoContrast"]) and len(LAYERS[name][0]) != len(shape) + 1:
        return False
    # (As behind an IntegerLookup.)
    if name == "Discretization" and config["output_mode"] == "int":
        return False
    # What kseq refuses because it would do nothing, or is not where it belongs.
    if name == "TimeDistributed" and isinstance(layer.layer, layers.Masking) or name == "SpectralNormalization" and depth > 0:
        return False
    if name == "TimeDistributed" and (not is_right(layer.layer, shape[1:], depth + 1) or has_penalty(layer.layer)):
        return False
    # Keras attends over more than one axis.
    if name in ["MultiHeadAttention", "GroupedQueryAttention"] and len(shape) != 2:
        return False
    # TimeDistributed does not ask what its layer takes.
    spec = getattr(layer, "input_spec", None)
    if getattr(spec, "ndim", None) not in [None, len(shape) + 1]:
        return False
    # One divided by its epsilon: large numbers, of which float32 has few digits.
    if config.get("variance") == 0.0:
        return False
    # TensorFlow has no gradient of these in float64, so that there is nothing to say how exact that in float32 is.
    if config.get("interpolation") in ["lanczos3", "lanczos5"]:
        return False
    # Over the batch.
    axis = config.get("axis")
    if any(axis <= -len(shape) - 1 for axis in (axis if isinstance(axis, (list, tuple)) else [axis]) if axis is not None):
        return False
    # It makes one feature several, which its own output_shape does not say.
    if name == "Rescaling" and any(np.size(config[key]) not in [1, shape[-1]] for key in ["scale", "offset"]):
        return False
    # It fails in training.
    noise_shape = config.get("noise_shape")
    if noise_shape and not (len(noise_shape) == len(shape) + 1 and all(size in [None, 1, axis] for size, axis in zip(noise_shape[1:], shape))):
        return False
    return True


def has_penalty(layer):
    text = json.dumps(keras.saving.serialize_keras_object(layer))
    return '"activity_regularizer": {' in text or "ActivityRegularization" in text


def copied(layer, name=None):
    config = layer.get_config()
    return layer.__class__.from_config(config if name is None else {**config, "name": name})


def fitting(made, given, shape, dtype, training, depth):
    """A layer behind others, and the shape of its output."""
    for _ in range(60):
        try:
            layer = copied(one_layer(shape, training, depth), f"part_{depth}_{len(made)}")
            if not is_right(layer, shape, depth):
                continue
            x = keras.Input(given, dtype=dtype)
            found = generate.built(x, [copied(part) for part in made + [layer]]).output_shape[1:]
        except Exception:  # noqa: BLE001
            continue
        if found and None not in found and 0 not in found and len(found) <= 4 and size_of(found) <= LARGEST:
            return layer, found
    raise ValueError("no layer found")


def random_model(number):
    choice, training = rng.random(), rng.random() < 0.25
    tokens = choice < 0.2
    shape, kind, made = pick(*INPUTS), "random", []
    if tokens:
        shape, kind = (pick(5, 8),), "masked_random"
        name = pick(*OF_TOKENS)
        made = [made_layer(name) if rng.random() < 0.4 or name != "Embedding" else layers.Embedding(9, 4, mask_zero=True)]
    elif choice < 0.4:
        shape = pick((6, 4), (9, 3))
        made = [layers.Masking(pick(0.0, -1.0, 0.5))]
    dtype = "int32" if tokens else "float32"
    at = keras.Sequential([keras.Input(shape, dtype=dtype)] + [copied(part) for part in made]).output_shape[1:] if made else shape
    for _ in range(rng.integers(1, 6)):
        layer, at = fitting(made, shape, at, dtype, training, 0)
        made.append(layer)
    model_case(kind, made, (4 if training else 2, *shape), tokens, training)


def size_of(shape):
    size = 1
    for axis in shape:
        size *= axis
    return size


for number in range(MODELS):
    generate.tried(random_model)(number)
write_index()
