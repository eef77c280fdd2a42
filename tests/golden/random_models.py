"""Whole random models from real Keras: layers of all kinds one behind the other, wherever Keras takes them.

    python tests/golden/random_models.py FOLDER [SEED] [MODELS]
    KSEQ_GOLDEN=FOLDER cargo test --test golden

Outputs, gradients of the input and of all weights, penalties, as for the cases of single layers. The arguments of the layers are those
of generate.py, and more of them. Tokens and sequences may have padding that a first layer masks; TimeDistributed and nested models hold
layers of all kinds; some models run as in training, then without layers that are random there; some have axes of any length, or a state;
some are trained, with a loss of each step if a mask comes out.
"""

import json, sys

import numpy as np

import generate
from generate import LAYERS, constraints, keras, layers, losses, made_layer, maybe, model_case, normal, padded, pick, regularizers, rng, write_index

MODELS = int(sys.argv[3]) if len(sys.argv) > 3 else 50
# What stands at the beginning of a model of tokens.
OF_TOKENS = ["Embedding", "Embedding", "Embedding", "CategoryEncoding"]
# (Whole numbers come out of an IntegerLookup in Keras: layers behind it compute what they do not with numbers.)
NAMES = [name for name in LAYERS if name not in [*OF_TOKENS, "IntegerLookup", "Sequential"]]
INPUTS = [(6,), (12,), (6, 4), (9, 3), (5, 4, 3), (6, 7, 4), (8, 8, 3), (3, 5, 3), (4, 4, 4, 2), (3, 5, 6, 2)]
LARGEST = 1500
NOT_IN_TRAINING = ["Dropout", "Noise", "Random", "MultiHeadAttention", "GroupQueryAttention"]

generate.ACTIVATIONS += ["celu", "exponential", "log_sigmoid", "log_softmax", "hard_tanh", "hard_silu", "relu6", "squareplus", "tanh_shrink"]
generate.REGULARIZER = lambda: pick(regularizers.L1(0.01), regularizers.L2(0.02), regularizers.L1L2(0.01, 0.03), "l2")
generate.CONSTRAINT = lambda: pick(constraints.MaxNorm(0.5), constraints.NonNeg(), constraints.UnitNorm(), constraints.MinMaxNorm(0.2, 0.6, rate=0.5), "max_norm")
AS_ACTIVATION = lambda: pick(layers.LeakyReLU(0.1), layers.ELU(0.5), layers.ReLU(max_value=1.0, negative_slope=0.2), layers.ReLU(threshold=0.3), layers.Softmax())


def random_layer(name, rank):
    """A layer of a class, with arguments that only a rank has."""
    args = LAYERS[name][1]()
    several = lambda: sorted({int(n) for n in rng.integers(1, rank + 1, 2)})
    axes = {"LayerNormalization": [*range(1, rank + 1), -1, several()], "UnitNormalization": [*range(1, rank + 1), -1, -rank, several()], "Softmax": [*range(1, rank + 1), -rank, several()],
            "BatchNormalization": [*range(1, rank + 1), -rank], "GroupNormalization": [*range(1, rank + 1), -rank], "Normalization": [None, *range(1, rank + 1), several()]}
    if name in axes and rng.random() < 0.5:
        args["axis"] = pick(*axes[name])
    if name == "PReLU" and rng.random() < 0.5:
        args["shared_axes"] = several()
    if name in ["Dense", "Conv1D", "Conv2D", "Conv3D", "SeparableConv2D", "DepthwiseConv1D", "Conv2DTranspose", "ConvLSTM2D", *generate.READERS] and rng.random() < 0.15:
        args["activation"] = AS_ACTIVATION()
    if name in [*generate.READERS, "ConvLSTM1D", "ConvLSTM2D"] and rng.random() < 0.1:
        args["recurrent_activation"] = AS_ACTIVATION()
        args = {key: value for key, value in args.items() if name != "SimpleRNN" or key != "recurrent_activation"}
    if name == "Permute":
        args["dims"] = [int(n) + 1 for n in rng.permutation(rank)]
    if name == "Dense" and rng.random() < 0.05:
        args["kernel_regularizer"] = regularizers.OrthogonalRegularizer(0.02, mode=pick("rows", "columns"))
    made = getattr(layers, name)(**args) if hasattr(layers, name) else made_layer(name)
    if rng.random() < 0.06:
        made.trainable = False
    return made


def one_layer(shape, training, depth=0):
    """A layer for samples of a shape; not all are right there."""
    choice = rng.random()
    if choice < 0.1 and len(shape) > 1:
        return layers.TimeDistributed(one_layer(shape[1:], training, depth + 1))
    if choice < 0.16 and depth < 2:
        parts, at = [], shape
        for number in range(rng.integers(1, 4)):
            part, at = fitting(parts, shape, at, "float32", training, depth + 1)
            parts.append(part)
        return keras.Sequential(parts)
    if choice < 0.2 and len(shape) == 2:
        one = lambda: pick(layers.LSTM, layers.GRU, layers.SimpleRNN)
        ways = pick({}, {}, {"backward_layer": one()(3, return_sequences=True, go_backwards=True)})
        return layers.Bidirectional(one()(3, return_sequences=True), merge_mode=pick("concat", "sum", "mul", "ave"), **ways)
    if choice < 0.24 and len(shape) == 2:
        return random_layer(pick("LSTM", "GRU", "SimpleRNN", "RNN", "Masking"), 2)
    if choice < 0.27 and len(shape) == 2:
        return made_layer("MultiHeadAttention") if not training else layers.MultiHeadAttention(2, 3)
    if choice < 0.33 and len(shape) in [3, 4]:
        return random_layer(f"ConvLSTM{len(shape) - 2}D", len(shape))
    # Most of them are for samples of one rank.
    names = [name for name in NAMES if not isinstance(LAYERS[name][0], tuple) or len(LAYERS[name][0]) == len(shape) + 1]
    while True:
        name = pick(*pick(names, names, NAMES))
        if not training or not any(word in name for word in NOT_IN_TRAINING):
            return random_layer(name, len(shape))


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
    if name == "TimeDistributed" and (isinstance(layer.layer, layers.Masking) or "SpectralNormalization" in json.dumps(keras.saving.serialize_keras_object(layer))):
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


def listed(training, most):
    """Layers, the shape of their input, whether it is of tokens, what comes out."""
    choice, shape, made = rng.random(), pick(*INPUTS), []
    tokens = choice < 0.2
    if tokens:
        shape, name = (pick(5, 8),), pick(*OF_TOKENS)
        made = [made_layer(name) if rng.random() < 0.4 or name != "Embedding" else layers.Embedding(9, 4, mask_zero=True)]
    elif choice < 0.4:
        shape = pick((6, 4), (9, 3), (6, 4), (9, 3), (6, 4, 3), (4, 5, 6, 2))
        made = [layers.Masking(pick(0.0, -1.0, 0.5))]
    dtype = "int32" if tokens else "float32"
    at = keras.Sequential([keras.Input(shape, dtype=dtype)] + [copied(part) for part in made]).output_shape[1:] if made else shape
    for _ in range(rng.integers(1, most)):
        layer, at = fitting(made, shape, at, dtype, training, 0)
        made.append(layer)
    return made, shape, tokens, at


def random_model(number):
    training = rng.random() < 0.25
    made, shape, tokens, _ = listed(training, 6)
    given = [None, *shape[1:]] if rng.random() < 0.15 and (tokens or len(shape) > 1) else None
    if rng.random() < 0.1 and not training:
        for layer in made:
            if hasattr(layer, "stateful") and type(layer) in [layers.LSTM, layers.GRU, layers.SimpleRNN, layers.RNN, layers.ConvLSTM1D, layers.ConvLSTM2D]:
                layer.stateful = True
                given = None
    model_case("masked_random" if tokens else "random", made, (4 if training else 2, *shape), tokens, training, given)


def random_training(number):
    made, shape, tokens, at = listed(True, 4)
    x = rng.integers(0, 9, size=(24, *shape)).astype("int32") if tokens else padded(normal(24, *shape), made)
    given = keras.Input(shape, dtype=str(x.dtype))
    masked = getattr(generate.built(given, [copied(part) for part in made]).outputs[0], "_keras_mask", None) is not None
    if len(at) != 2 or not masked and rng.random() < 0.7:
        made += [layers.Flatten()] if len(at) > 1 else []
        at = at[-1:]
    units, rows = 3, (24, *at[:-1])
    classes = rng.integers(units, size=rows).astype("int32")
    one_hot = np.eye(units, dtype="float32")[classes]
    loss, head, y = pick(("categorical_crossentropy", "softmax", one_hot), ("sparse_categorical_crossentropy", "softmax", classes), ("binary_crossentropy", "sigmoid", one_hot),
                         (losses.CategoricalCrossentropy(label_smoothing=0.1, from_logits=True), None, one_hot), (losses.SparseCategoricalCrossentropy(ignore_class=1), "softmax", classes),
                         ("mse", "tanh", normal(*rows, units)), (losses.Huber(0.5, reduction=pick("sum", "mean_with_sample_weight")), None, normal(*rows, units)),
                         (losses.BinaryFocalCrossentropy(alpha=0.3, apply_class_balancing=True), "sigmoid", one_hot), ("kl_divergence", "softmax", one_hot * 0.9 + 0.02),
                         ("cosine_similarity", None, normal(*rows, units)), ("poisson", "softplus", one_hot), ("categorical_hinge", "tanh", one_hot))
    generate.training_case("random_training", made + [layers.Dense(units, head)], x, y, loss, exact=True)


def size_of(shape):
    size = 1
    for axis in shape:
        size *= axis
    return size


if __name__ == "__main__":
    for number in range(MODELS):
        generate.tried(random_training if number % 8 == 7 else random_model)(number)
    write_index()
