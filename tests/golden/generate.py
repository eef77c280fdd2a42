"""Fresh golden cases from real Keras, with random arguments, for the families of the suite.

    python tests/golden/generate.py FOLDER [SEED] [CASES_OF_EACH_CLASS]
    KSEQ_GOLDEN=FOLDER cargo test --release --test golden

Needs Keras 3.15.1 on TensorFlow. The format is that of data/README.md.
"""

import json, os, struct, sys, traceback

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "0")
import numpy as np
import tensorflow as tf
import keras
from keras import constraints, layers, losses, metrics, optimizers, regularizers
from keras.optimizers import schedules

tf.config.threading.set_intra_op_parallelism_threads(1)
FOLDER = sys.argv[1]
SEED = int(sys.argv[2]) if len(sys.argv) > 2 else 0
EACH = int(sys.argv[3]) if len(sys.argv) > 3 else 4
rng = np.random.default_rng(SEED)
INDEX, COUNTS = [], {}


def pick(*options):
    return options[rng.integers(len(options))]


def maybe(name, *options):
    """The argument with one of the values, or nothing."""
    return {name: pick(*options)} if rng.random() < 0.5 else {}


def normal(*shape):
    return rng.normal(size=shape).astype("float32")


def uniform(*shape):
    return rng.uniform(0.02, 0.98, size=shape).astype("float32")


def save(family, kind, case, tensors):
    name = f"{kind}_{COUNTS.setdefault(kind, 0):02}"
    COUNTS[kind] += 1
    os.makedirs(f"{FOLDER}/{family}", exist_ok=True)
    header, data = {}, b""
    dtypes = {"float32": "F32", "int32": "I32", "int64": "I64", "bool": "BOOL", "float64": "F64"}
    for key, value in tensors.items():
        value = np.ascontiguousarray(value)
        value = value.reshape(1) if value.shape == () else value
        tensors[key] = value
        header[key] = {
            "dtype": dtypes[str(value.dtype)],
            "shape": list(value.shape),
            "data_offsets": [len(data), len(data) + value.nbytes],
        }
        data += value.tobytes()
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    with open(f"{FOLDER}/{family}/{name}.safetensors", "wb") as file:
        file.write(struct.pack("<Q", len(text)) + text + data)
    shapes = {k: {"dtype": str(v.dtype), "shape": list(v.shape)} for k, v in tensors.items()}
    case = {"name": name, "family": family, "kind": kind, "generator": f"keras {keras.__version__}, seed {SEED}",
            **case, "tensors": shapes}
    with open(f"{FOLDER}/{family}/{name}.json", "w") as file:
        json.dump(case, file, indent=1, default=str)
    INDEX.append({"name": name, "family": family, "kind": kind})


def noise(single, double):
    """How far float32 results are from those in float64."""
    noises = {}
    for key, value in single.items():
        if key in double and value.dtype == np.float32:
            exact = np.asarray(double[key], "float64")
            largest = float(np.max(np.abs(exact), initial=0))
            noises[key] = {"max_abs": float(np.max(np.abs(value - exact), initial=0)), "max_ref": largest}
    return noises


def tried(make):
    """What Keras refuses is no case."""
    def safe(*args):
        try:
            make(*args)
        except Exception as why:  # noqa: BLE001
            print("refused by Keras:", args[:1], str(why).strip().splitlines()[-1][:150] if str(why).strip() else repr(why))
            if os.environ.get("TRACE"):
                traceback.print_exc()
    return safe


# Losses and metrics.

def targets(name):
    """(y_true, y_pred) of a batch, by the class."""
    if name == "cat" or name == "sparse":
        shape = pick((6, 4), (5, 3, 4), (3, 2, 2, 5))
        p = uniform(*shape)
        p /= p.sum(-1, keepdims=True)
        t = rng.integers(shape[-1], size=shape[:-1]).astype("int32")
        return (t, p) if name == "sparse" else (np.eye(shape[-1], dtype="float32")[t], p)
    shape = pick((8, 1), (6, 4), (5, 3, 4), (7,), (3, 2, 2, 5))
    if name == "bin":
        return (rng.random(shape) < 0.5).astype("float32"), uniform(*shape)
    if name == "positive":
        return uniform(*shape) * 3, uniform(*shape) * 3
    return normal(*shape), normal(*shape)


LOGITS = lambda: maybe("from_logits", True, False)
SMOOTHING = lambda: maybe("label_smoothing", 0.0, 0.1, 0.25)
LOSSES = {
    "BinaryCrossentropy": ("bin", lambda: {**LOGITS(), **SMOOTHING()}),
    "BinaryFocalCrossentropy": ("bin", lambda: {**LOGITS(), **SMOOTHING(), **maybe("gamma", 1.0, 2, 3.5),
                                **maybe("alpha", 0.25, 0.6), **maybe("apply_class_balancing", True, False)}),
    "CategoricalCrossentropy": ("cat", lambda: {**LOGITS(), **SMOOTHING(), **maybe("axis", -1)}),
    "CategoricalFocalCrossentropy": ("cat", lambda: {**LOGITS(), **SMOOTHING(), **maybe("gamma", 1.0, 2.5), **maybe("alpha", 0.25, 0.6)}),
    "CategoricalHinge": ("cat", dict), "Circle": ("sparse", dict), "Dice": ("cat", dict), "Tversky": ("cat", dict),
    "CosineSimilarity": ("real", lambda: maybe("axis", -1, 1, -2, 2)),
    "Hinge": ("bin", dict), "SquaredHinge": ("bin", dict),
    "Huber": ("real", lambda: maybe("delta", 0.3, 1, 2.5)),
    "KLDivergence": ("cat", dict), "LogCosh": ("real", dict), "MeanAbsoluteError": ("real", dict),
    "MeanAbsolutePercentageError": ("positive", dict), "MeanSquaredError": ("real", dict),
    "MeanSquaredLogarithmicError": ("positive", dict), "Poisson": ("positive", dict),
    "SparseCategoricalCrossentropy": ("sparse", lambda: {**LOGITS(), **maybe("ignore_class", -1, 0, 2), **maybe("axis", -1)}),
}


def weights_for(p, of_elements=False):
    rows = p.shape[:-1] or p.shape
    shape = pick(None, None, rows, rows + (1,), p.shape[:1] if len(rows) == 1 else rows, p.shape if of_elements else None)
    return None if shape is None else np.round(uniform(*shape) * 4, 1).astype("float32")


def with_ignored(args, t):
    if args.get("ignore_class") is not None:
        t = np.where(rng.random(t.shape) < 0.3, args["ignore_class"], t).astype("int32")
    return t


@tried
def loss(name):
    kind, arguments = LOSSES[name]
    args = arguments()
    t, p = targets(kind)
    t = with_ignored(args, t)
    if args.get("from_logits"):
        p = normal(*p.shape)
    if "Hinge" in name and kind == "bin":
        p = normal(*p.shape)
    weight = weights_for(p)

    def results(dtype):
        out = {}
        for reduction in ["sum_over_batch_size", "sum", "mean_with_sample_weight"]:
            x = tf.Variable(p.astype(dtype))
            made = getattr(losses, name)(**args, reduction=reduction, dtype=dtype)
            with tf.GradientTape() as tape:
                value = made(t, x, None if weight is None else weight.astype(dtype))
            out[f"loss_{reduction}"] = np.asarray(value)
            out[f"grad_{reduction}"] = np.asarray(tf.convert_to_tensor(tape.gradient(value, x)))
        made = getattr(losses, name)(**args, reduction=None, dtype=dtype)
        out["per_sample"] = np.asarray(made(t, p.astype(dtype), None if weight is None else weight.astype(dtype)))
        return out

    single = results("float32")
    inputs = {"y_true": t, "y_pred": p, **({} if weight is None else {"sample_weight": weight})}
    save("losses", f"loss_{name}", {"loss": name, "config": args, "f32_vs_f64": noise(single, results("float64"))},
         {**inputs, **single})


THRESHOLDS = lambda: maybe("thresholds", 0.3, [0.2, 0.5, 0.8], [0.6])
AT = lambda key: lambda: {key: pick(0.3, 0.5, 0.8), **maybe("num_thresholds", 2, 50, 200, 1), **maybe("class_id", 0, 1)}
AVERAGE = lambda: {**maybe("average", None, "macro", "micro", "weighted"), **maybe("threshold", 0.5, 0.3)}
METRICS = {
    "AUC": ("bin", lambda: {**maybe("num_thresholds", 3, 50, 201), **maybe("curve", "ROC", "PR", "PRGAIN"),
                            **maybe("summation_method", "interpolation", "majoring", "minoring"),
                            **maybe("multi_label", True, False), **LOGITS(), **({"thresholds": [0.2, 0.4, 0.9]} if rng.random() < 0.1 else {})}),
    "Accuracy": ("int", dict), "BinaryAccuracy": ("bin", lambda: maybe("threshold", 0.3, 0.7)),
    "BinaryIoU": ("bin", lambda: {**maybe("target_class_ids", [0], [1], [0, 1]), **maybe("threshold", 0.3, 0.6)}),
    "CategoricalAccuracy": ("cat", dict), "SparseCategoricalAccuracy": ("sparse", dict),
    "F1Score": ("cat2", AVERAGE), "FBetaScore": ("cat2", lambda: {**AVERAGE(), **maybe("beta", 0.5, 2.0)}),
    "FalseNegatives": ("bin", THRESHOLDS), "FalsePositives": ("bin", THRESHOLDS),
    "TrueNegatives": ("bin", THRESHOLDS), "TruePositives": ("bin", THRESHOLDS),
    "IoU": ("iou", lambda: {"num_classes": 4, "target_class_ids": pick([0], [1, 2])}),
    "MeanIoU": ("iou", lambda: {"num_classes": 4, **maybe("ignore_class", 1)}),
    "OneHotIoU": ("cat4", lambda: {"num_classes": 4, "target_class_ids": pick([0], [1, 2])}),
    "OneHotMeanIoU": ("cat4", lambda: {"num_classes": 4}),
    "Precision": ("bin", lambda: {**THRESHOLDS(), **maybe("top_k", 1, 2), **maybe("class_id", 0)}),
    "Recall": ("bin", lambda: {**THRESHOLDS(), **maybe("top_k", 1, 2), **maybe("class_id", 0)}),
    "PrecisionAtRecall": ("bin", AT("recall")), "RecallAtPrecision": ("bin", AT("precision")),
    "SensitivityAtSpecificity": ("bin", AT("specificity")), "SpecificityAtSensitivity": ("bin", AT("sensitivity")),
    "R2Score": ("real2", lambda: {**maybe("class_aggregation", None, "uniform_average", "variance_weighted_average"), **maybe("num_regressors", 0, 2)}),
    "RootMeanSquaredError": ("real", dict), "Mean": ("value", dict), "Sum": ("value", dict),
    "TopKCategoricalAccuracy": ("cat", lambda: maybe("k", 1, 2, 3)),
    "SparseTopKCategoricalAccuracy": ("sparse", lambda: maybe("k", 1, 2, 3)),
    "ConcordanceCorrelation": ("real2", dict), "PearsonCorrelation": ("real2", dict),
    "LogCoshError": ("real", dict),
    **{name: LOSSES[name] for name in LOSSES if name not in ["Circle", "Dice", "Tversky", "Huber", "LogCosh", "BinaryFocalCrossentropy", "CategoricalFocalCrossentropy"]},
}
OF_ELEMENTS = ["AUC", "Precision", "Recall", "RootMeanSquaredError", "BinaryIoU"]


@tried
def metric(name):
    kind, arguments = METRICS[name]
    args = arguments()
    made = getattr(metrics, name)(**args)
    tensors, first, weighted = {}, None, pick(True, False)
    for k in range(3):
        while True:
            if kind == "cat2":
                p = uniform(12, 4)
                t = np.eye(4, dtype="float32")[rng.integers(4, size=12)]
            elif kind == "real2":
                t, p = normal(9, 3), normal(9, 3)
            elif kind == "cat4":
                t, p = np.eye(4, dtype="float32")[rng.integers(4, size=12)], uniform(12, 4)
            elif kind == "iou":
                t, p = rng.integers(4, size=12).astype("int32"), rng.integers(4, size=12).astype("int32")
                if rng.random() < 0.6 and k == 0 or (k and "sparse_y_pred" in args):
                    p, args["sparse_y_pred"] = uniform(12, 4), False
                    made = getattr(metrics, name)(**args) if k == 0 else made
            elif kind == "int":
                shape = pick((6, 4), (5, 3, 4), (8,))
                t, p = [rng.integers(3, size=shape).astype("float32") for _ in range(2)]
            elif kind == "value":
                t, p = None, normal(5)
            else:
                t, p = targets(kind)
            if first is None or p.shape[1:] == first.shape[1:] and (p.ndim > 1 or p.shape == first.shape):
                break
        first = p if first is None else first
        if t is not None:
            t = with_ignored(args, t) if kind == "sparse" else t
        if args.get("from_logits") or "Hinge" in name and kind == "bin":
            p = normal(*p.shape)
        weight = weights_for(p, name in OF_ELEMENTS) if weighted and kind != "value" else None
        if weight is not None and (name.endswith("IoU") or k and f"sample_weight_0" not in tensors):
            weight = np.round(weight) if name.endswith("IoU") else None
        if kind == "value":
            made.update_state(p)
            tensors[f"value_{k}"] = p
        else:
            made.update_state(t, p, sample_weight=weight)
            tensors |= {f"y_true_{k}": t, f"y_pred_{k}": p}
        if weight is not None:
            tensors[f"sample_weight_{k}"] = weight
        tensors[f"result_{k}"] = np.asarray(made.result(), "float32")
    made.reset_state()
    try:
        tensors["result_reset"] = np.asarray(made.result(), "float32")
    except Exception:  # noqa: BLE001
        return
    save("metrics", f"metric_{name}", {"metric": name, "args": args}, tensors)


# Optimizers, schedules, constraints.

SCHEDULES = {
    "CosineDecay": lambda: {"initial_learning_rate": 0.1, "decay_steps": 20, **maybe("alpha", 0.1), **pick({}, {"warmup_target": 0.3, "warmup_steps": 4})},
    "CosineDecayRestarts": lambda: {"initial_learning_rate": 0.1, "first_decay_steps": 5, **maybe("t_mul", 1.5), **maybe("m_mul", 0.9), **maybe("alpha", 0.1)},
    "ExponentialDecay": lambda: {"initial_learning_rate": 0.1, "decay_steps": 5, "decay_rate": 0.9, **maybe("staircase", True)},
    "InverseTimeDecay": lambda: {"initial_learning_rate": 0.1, "decay_steps": 5, "decay_rate": 0.9, **maybe("staircase", True)},
    "PiecewiseConstantDecay": lambda: {"boundaries": [3, 7], "values": [0.1, 0.05, 0.01]},
    "PolynomialDecay": lambda: {"initial_learning_rate": 0.1, "decay_steps": 8, **maybe("end_learning_rate", 0.01), **maybe("power", 2.0, 0.5), **maybe("cycle", True)},
}
MOMENTS = lambda: {**maybe("beta_1", 0.8), **maybe("beta_2", 0.95), **maybe("epsilon", 1e-5)}
OPTIMIZERS = {
    "SGD": lambda: {**maybe("momentum", 0.0, 0.9), **maybe("nesterov", True)},
    "RMSprop": lambda: {**maybe("rho", 0.8), **maybe("momentum", 0.5), **maybe("epsilon", 1e-5), **maybe("centered", True)},
    "Adam": lambda: {**MOMENTS(), **maybe("amsgrad", True)}, "AdamW": lambda: {**MOMENTS(), **maybe("amsgrad", True)},
    "Adamax": MOMENTS, "Nadam": MOMENTS, "Lamb": MOMENTS,
    "Adadelta": lambda: {**maybe("rho", 0.9), **maybe("epsilon", 1e-5)},
    "Adagrad": lambda: {**maybe("initial_accumulator_value", 0.3), **maybe("epsilon", 1e-5)},
    "Adafactor": lambda: {**maybe("beta_2_decay", -0.7), **maybe("clip_threshold", 0.8), **maybe("relative_step", False)},
    "Ftrl": lambda: {**maybe("learning_rate_power", -0.4), **maybe("l1_regularization_strength", 0.01), **maybe("l2_regularization_strength", 0.01), **maybe("beta", 0.1)},
    "Lion": lambda: {**maybe("beta_1", 0.8), **maybe("beta_2", 0.95)}, "Muon": dict,
}
COMMON = lambda: pick({}, {}, {}, {"weight_decay": 0.01}, {"clipnorm": 0.5}, {"clipvalue": 0.2}, {"global_clipnorm": 0.7},
                      {"use_ema": True, "ema_momentum": 0.9, "ema_overwrite_frequency": 3}, {"loss_scale_factor": 4.0}, {"gradient_accumulation_steps": 2})


@tried
def optimizer(name):
    args = {**OPTIMIZERS[name](), **maybe("learning_rate", 0.05, 0.1), **COMMON()}
    params, grads = [normal(4, 3), normal(3), normal(2, 2, 2)], [normal(10, 4, 3), normal(10, 3), normal(10, 2, 2, 2)]

    def results(dtype):
        keras.config.set_floatx(dtype)
        made = getattr(optimizers, name)(**args)
        variables = [keras.Variable(p.astype(dtype), name=f"param_{i}", dtype=dtype) for i, p in enumerate(params)]
        made.build(variables)
        steps = [[] for _ in params]
        for step in range(10):
            made.apply([tf.constant(g[step].astype(dtype)) for g in grads], variables)
            for i, variable in enumerate(variables):
                steps[i].append(np.asarray(variable))
        keras.config.set_floatx("float32")
        out = {f"traj_{i}": np.stack(s) for i, s in enumerate(steps)}
        return out, made

    (single, made), (double, _) = results("float32"), results("float64")
    inputs = {f"param_{i}": p for i, p in enumerate(params)} | {f"grad_{i}": g for i, g in enumerate(grads)}
    state = {f"optvar_{i}": np.asarray(v).astype("float32") for i, v in enumerate(made.variables)}
    save("optimizers", f"optimizer_{name}", {"optimizer": name, "args": args, "optimizer_variables": [v.path for v in made.variables],
         "f32_vs_f64": noise(single, double)}, {**inputs, **single, **state})


@tried
def schedule(name):
    config = SCHEDULES[name]()
    made = getattr(schedules, name)(**config)
    steps = np.arange(30, dtype="int32")
    values = np.array([float(made(int(step))) for step in steps], "float32")
    save("optimizers", f"schedule_{name}", {"schedule": name, "config": made.get_config()}, {"step": steps, "value": values})


@tried
def constraint(name):
    made = {"MaxNorm": lambda: constraints.MaxNorm(pick(0.5, 2), axis=pick(0, 1, [0, 1])), "NonNeg": lambda: constraints.NonNeg(),
            "UnitNorm": lambda: constraints.UnitNorm(axis=pick(0, 1)),
            "MinMaxNorm": lambda: constraints.MinMaxNorm(0.5, 1.5, rate=pick(1.0, 0.4), axis=pick(0, 1))}[name]()
    weight = normal(*pick((4, 5), (3,), (3, 2, 4), (2, 3, 2, 4)))
    save("constraints", f"constraint_{name.lower()}", {"constraint": keras.saving.serialize_keras_object(made)},
         {"weight": weight, "output": np.asarray(made(weight))})


# Layers.

ACTIVATIONS = ["relu", "tanh", "sigmoid", "softplus", "elu", "selu", "gelu", "silu", "softsign", "linear", "softmax", "leaky_relu", "mish", "hard_sigmoid"]
REGULARIZER = lambda: pick(regularizers.L1(0.01), regularizers.L2(0.02), regularizers.L1L2(0.01, 0.03))
CONSTRAINT = lambda: constraints.MaxNorm(2)


def extras(*arrays):
    """Regularizers and constraints of some arrays, and of the output."""
    args = {}
    for array in arrays:
        args |= {f"{array}_regularizer": REGULARIZER()} if rng.random() < 0.3 else {}
        args |= {f"{array}_constraint": CONSTRAINT()} if rng.random() < 0.1 else {}
    return args | ({"activity_regularizer": REGULARIZER()} if rng.random() < 0.25 else {})


def conv(axes):
    return lambda: {"filters": 4, "kernel_size": pick(1, 2, 3), **maybe("strides", 1, 2), **maybe("padding", "same", "valid", *(["causal"] if axes == 1 else [])),
                    **maybe("dilation_rate", 1, 2), **maybe("groups", 1, 2), **maybe("activation", *ACTIVATIONS), **maybe("use_bias", False), **extras("kernel", "bias")}


def by_channels(axes, *arrays, **more):
    """Of a convolution of each channel by itself."""
    sizes = [1, 2, 3] if axes == 1 else [1, 2, 3, (3, 2)]
    return lambda: {**more, "kernel_size": pick(*sizes), **maybe("strides", 2, 3), **maybe("padding", "same", "valid"), **maybe("depth_multiplier", 1, 2, 3), **maybe("dilation_rate", 1, 2, 2),
                    **maybe("activation", *ACTIVATIONS), **maybe("use_bias", False), **maybe("depthwise_initializer", "he_normal"), **maybe("data_format", "channels_last"), **extras("depthwise", *arrays)}


def pool():
    return {"pool_size": pick(2, 3), **maybe("strides", 1, 2), **maybe("padding", "same", "valid"), **maybe("data_format", "channels_last")}


def recurrent(*more):
    return lambda: {"units": 3, **maybe("activation", "tanh", "relu", "sigmoid"), **maybe("use_bias", False), **maybe("return_sequences", True), **maybe("go_backwards", True),
                    **maybe("unroll", True), **(pick({}, *more) if more else {}), **extras("kernel", "recurrent", "bias")}


IMAGE, SEQUENCE, VECTOR = (2, 6, 7, 4), (3, 6, 4), (5, 6)
LAYERS = {
    "Dense": (None, lambda: {"units": pick(1, 3, 5), **maybe("activation", *ACTIVATIONS[:10]), **maybe("use_bias", False), **extras("kernel", "bias")}),
    "Activation": (None, lambda: {"activation": pick(*ACTIVATIONS)}),
    "ActivityRegularization": (None, lambda: {"l1": 0.02, "l2": pick(0.0, 0.05)}),
    "Conv1D": (SEQUENCE, conv(1)), "Conv2D": (IMAGE, conv(2)), "Conv3D": ((2, 4, 4, 4, 2), lambda: {"filters": 2, "kernel_size": 2}),
    "Conv2DTranspose": (IMAGE, lambda: {"filters": 2, "kernel_size": 2}),
    **{f"DepthwiseConv{n}D": ((SEQUENCE, IMAGE)[n - 1], by_channels(n, "bias")) for n in [1, 2]},
    **{f"SeparableConv{n}D": ((SEQUENCE, IMAGE)[n - 1], by_channels(n, "pointwise", "bias", filters=3)) for n in [1, 2]},
    "MaxPooling1D": (SEQUENCE, pool), "MaxPooling2D": (IMAGE, pool), "AveragePooling1D": (SEQUENCE, pool), "AveragePooling2D": (IMAGE, pool),
    **{f"Global{kind}Pooling{n}D": ((SEQUENCE, IMAGE)[n - 1], lambda: maybe("keepdims", True, False)) for kind in ["Max", "Average"] for n in [1, 2]},
    "SimpleRNN": (SEQUENCE, recurrent()), "GRU": (SEQUENCE, recurrent({"reset_after": False}, {"recurrent_activation": "hard_sigmoid"})),
    "LSTM": (SEQUENCE, recurrent({"unit_forget_bias": False}, {"recurrent_activation": "hard_sigmoid"})),
    "Bidirectional": (SEQUENCE, lambda: {"layer": layers.LSTM(3)}),
    "TimeDistributed": ((2, 3, 4), lambda: {"layer": layers.Dense(3, activation="tanh")}),
    "Embedding": ("tokens", lambda: {"input_dim": 9, "output_dim": 3, **maybe("mask_zero", True, False), **maybe("embeddings_regularizer", REGULARIZER())}),
    "BatchNormalization": (pick(VECTOR, IMAGE, SEQUENCE), lambda: {**maybe("epsilon", 1e-2), **maybe("center", False), **maybe("scale", False), **maybe("axis", -1, 1), **extras("gamma", "beta")}),
    "LayerNormalization": (pick(VECTOR, IMAGE, SEQUENCE), lambda: {**maybe("epsilon", 1e-2), **maybe("center", False), **maybe("scale", False), **extras("gamma", "beta"), **maybe("axis", -1, 1, [1, 2]), **({"rms_scaling": True} if rng.random() < 0.1 else {})}),
    "GroupNormalization": (IMAGE, lambda: {"groups": 2}), "UnitNormalization": (VECTOR, dict), "Rescaling": (VECTOR, lambda: {"scale": 0.5, "offset": 0.1}),
    "Dropout": (VECTOR, lambda: {"rate": 0.3}), "GaussianNoise": (VECTOR, lambda: {"stddev": 0.3}), "SpatialDropout1D": (SEQUENCE, lambda: {"rate": 0.2}), "AlphaDropout": (VECTOR, lambda: {"rate": 0.2}),
    "Flatten": (IMAGE, dict), "Reshape": (IMAGE, lambda: {"target_shape": pick((-1,), (7, 24), (6, 28))}), "Permute": (IMAGE, lambda: {"dims": pick((3, 1, 2), (2, 1, 3))}),
    "RepeatVector": (VECTOR, lambda: {"n": 3}), "UpSampling1D": (SEQUENCE, lambda: maybe("size", 3)), "UpSampling2D": (IMAGE, lambda: {**maybe("size", 2, (1, 3)), **maybe("interpolation", "nearest", "bilinear")}),
    "ZeroPadding1D": (SEQUENCE, lambda: {"padding": pick(1, (2, 0))}), "ZeroPadding2D": (IMAGE, lambda: {"padding": pick(1, (2, 1), ((1, 0), (2, 1)))}),
    "Cropping1D": (SEQUENCE, lambda: {"cropping": pick(1, (2, 0))}), "Cropping2D": (IMAGE, lambda: {"cropping": pick(1, ((1, 0), (2, 1)))}),
    "ReLU": (VECTOR, lambda: maybe("max_value", 1.0)), "LeakyReLU": (VECTOR, dict), "ELU": (VECTOR, dict), "PReLU": (VECTOR, dict), "Softmax": (VECTOR, dict), "Masking": (SEQUENCE, dict),
}


def made_layer(name):
    made = getattr(layers, name)(**LAYERS[name][1]())
    if rng.random() < 0.08 and name in ["Dense", "Conv2D"]:
        made.trainable = False
    return made


def model_case(kind, made, shape, tokens):
    x = rng.integers(0, 9, size=shape).astype("int32") if tokens else normal(*shape)

    def results(dtype):
        config = [keras.saving.serialize_keras_object(layer) for layer in made]
        text = json.dumps(config).replace('"name": "float32"', f'"name": "{dtype}"')
        keras.config.set_floatx(dtype)
        model = keras.Sequential([keras.Input(shape[1:], dtype="int32" if tokens else dtype)] + [keras.saving.deserialize_keras_object(layer) for layer in json.loads(text)])
        keras.config.set_floatx("float32")
        return config, model

    config, model = results("float32")
    weights = [normal(*w.shape) * 0.5 if "variance" not in w.path else uniform(*w.shape) for w in model.weights]
    config = [keras.saving.serialize_keras_object(layer) for layer in made]
    projection, out = None, []
    for dtype, model in [("float32", model), ("float64", results("float64")[1])]:
        model.set_weights([w.astype(dtype) for w in weights])
        data = tf.Variable(x.astype(dtype)) if not tokens else tf.constant(x)
        with tf.GradientTape() as tape:
            y = model(data, training=False)
            if projection is None:
                projection = normal(*y.shape)
            total = tf.reduce_sum(y * projection.astype(dtype))
            regular = [tf.convert_to_tensor(loss) for loss in model.losses]
        trained = [v.value for v in model.trainable_variables]
        grads = tape.gradient(total, trained + ([] if tokens else [data]))
        tensors = {"output": np.asarray(y)}
        places = {id(w): i for i, w in enumerate(model.weights)}
        for variable, grad in zip(model.trainable_variables, grads):
            if grad is not None:
                tensors[f"grad_weight_{places[id(variable)]}"] = np.asarray(tf.convert_to_tensor(grad))
        if not tokens and grads[-1] is not None:
            tensors["grad_input"] = np.asarray(tf.convert_to_tensor(grads[-1]))
        if regular:
            tensors["losses"] = np.array([float(loss) for loss in regular], dtype)
        out.append(tensors)
    listed = [{"path": w.path, "shape": list(w.shape), "trainable": bool(w.trainable)} for w in model.weights]
    tensors = {"input": x, **{f"weight_{i}": w for i, w in enumerate(weights)}, "grad_proj": projection, **out[0]}
    save("layers", kind, {"layers": config, "training": False, "batch_input_shape": list(shape), "input_dtype": str(x.dtype),
                          "weights": listed, "f32_vs_f64": noise(*out)}, tensors)


@tried
def layer(name):
    shape = LAYERS[name][0] or pick(VECTOR, SEQUENCE, IMAGE)
    tokens = shape == "tokens"
    model_case(name.lower(), [made_layer(name)], pick((4,), (4, 5)) if tokens and False else (3, 5) if tokens else shape, tokens)


@tried
def stack(_):
    parts = pick(["Dense", "BatchNormalization", "Activation", "Dense"], ["Dense", "ActivityRegularization", "Dense"], ["Dense", "LayerNormalization", "Dense"])
    LAYERS["BatchNormalization"] = (VECTOR, lambda: extras("gamma", "beta"))
    LAYERS["LayerNormalization"] = (VECTOR, lambda: extras("gamma", "beta"))
    made = [made_layer(part) for part in parts]
    if rng.random() < 0.2:
        made.append(keras.Sequential([keras.Input((5,)), layers.Dense(2)]) if made[-1].get_config().get("units") == 5 else layers.Dense(2, name="not an-identifier"))
    model_case("stack", made, VECTOR, False)


# Whole trainings.

@tried
def trajectory(_):
    kind = pick("dense", "conv", "norm", "tokens", "frozen")
    units, loss_, head, y = pick(
        (1, "binary_crossentropy", "sigmoid", (rng.random((32, 1)) < 0.5).astype("float32")),
        (3, "categorical_crossentropy", "softmax", np.eye(3, dtype="float32")[rng.integers(3, size=32)]),
        (3, "sparse_categorical_crossentropy", "softmax", rng.integers(3, size=32).astype("int32")),
        (2, "mse", "linear", normal(32, 2)), (2, losses.LogCosh(), "linear", normal(32, 2)),
        (3, losses.CategoricalCrossentropy(label_smoothing=0.1), "softmax", np.eye(3, dtype="float32")[rng.integers(3, size=32)]))
    body = {"dense": lambda: [layers.Dense(5, "tanh", kernel_regularizer=pick(None, REGULARIZER()))],
            "conv": lambda: [layers.Conv1D(3, 2, activation="relu"), layers.Flatten()], "norm": lambda: [layers.Dense(5), layers.LayerNormalization(), layers.Activation("tanh")],
            "tokens": lambda: [layers.Embedding(9, 3), layers.LSTM(4)], "frozen": lambda: [layers.Dense(5, "tanh", trainable=False), layers.Dense(4, "relu")]}[kind]()
    x = rng.integers(0, 9, size=(32, 6)).astype("int32") if kind == "tokens" else normal(32, 5, 4) if kind == "conv" else normal(32, 6)
    name = pick("SGD", "RMSprop", "Adam", "AdamW", "Adagrad", "Nadam", "Adamax")
    made = getattr(optimizers, name)(learning_rate=pick(0.01, schedules.ExponentialDecay(0.05, 4, 0.9)), **OPTIMIZERS[name](), **COMMON())
    model = keras.Sequential([keras.Input(x.shape[1:], dtype=str(x.dtype))] + body + [layers.Dense(units, activation=head)])
    config = [keras.saving.serialize_keras_object(layer) for layer in model.layers]
    weights = [normal(*w.shape) * 0.4 for w in model.weights]
    model.set_weights(weights)
    model.compile(made, loss_)
    fit, evaluated = [], []
    for _ in range(3):
        fit += model.fit(x, y, batch_size=8, epochs=1, shuffle=False, verbose=0).history["loss"]
        evaluated.append(model.evaluate(x, y, batch_size=8, verbose=0))
    listed = [{"path": w.path, "shape": list(w.shape), "trainable": bool(w.trainable)} for w in model.weights]
    tensors = {"x": x, "y": y, **{f"weight_{i}": w for i, w in enumerate(weights)}, **{f"final_weight_{i}": np.asarray(w) for i, w in enumerate(model.weights)},
               "fit_loss": np.array(fit, "float32"), "eval_loss": np.array(evaluated, "float32"), "predictions_final": model.predict(x, verbose=0)}
    save("trajectories", f"trajectory_{kind}", {"layers": config, "loss": loss_ if isinstance(loss_, str) else keras.saving.serialize_keras_object(loss_),
         "optimizer": keras.saving.serialize_keras_object(made), "batch_size": 8, "epochs": 3, "weights": listed}, tensors)


families = [(loss, LOSSES), (metric, METRICS), (optimizer, OPTIMIZERS), (schedule, SCHEDULES),
            (constraint, ["MaxNorm", "NonNeg", "UnitNorm", "MinMaxNorm"]), (layer, LAYERS), (stack, [0, 1, 2]), (trajectory, [0, 1, 2])]
for make, names in families:
    for name in names:
        for _ in range(EACH):
            make(name)
    print(make.__name__ if hasattr(make, "__name__") else make, len(INDEX), flush=True)
with open(f"{FOLDER}/index.json", "w") as file:
    json.dump({"generator": f"generate.py, seed {SEED}", "count": len(INDEX), "cases": INDEX}, file, indent=1)
