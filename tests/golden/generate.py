"""Fresh golden cases from real Keras, with random arguments, for the families of the suite.

    python tests/golden/generate.py FOLDER [SEED] [CASES_OF_EACH_CLASS] [CLASS,CLASS,..]
    KSEQ_GOLDEN=FOLDER cargo test --release --test golden

Needs Keras 3.15.1 on TensorFlow, and tf_keras for the layers of Keras 2. The format is that of data/README.md.
"""

import json, os, struct, sys, traceback, warnings

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "0")
import numpy as np
import tensorflow as tf
import keras
import tf_keras
from keras import constraints, layers, losses, metrics, optimizers, regularizers
from keras.optimizers import schedules

warnings.filterwarnings("ignore", message=".*destroy the mask")
tf.config.threading.set_intra_op_parallelism_threads(1)
FOLDER = sys.argv[1]
SEED = int(sys.argv[2]) if len(sys.argv) > 2 else 0
EACH = int(sys.argv[3]) if len(sys.argv) > 3 else 4
ONLY = sys.argv[4].split(",") if len(sys.argv) > 4 else []
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
    if name == "embeddings":
        p = normal(12, 4)
        return rng.integers(3, size=12).astype("int32"), p / np.linalg.norm(p, axis=-1, keepdims=True)
    if name == "labels":
        steps, classes = pick((8, 4), (12, 6))
        t = np.zeros((4, steps), "int32")
        for row in t:
            many = rng.integers(steps // 2 + 1)
            row[:many] = rng.integers(1, classes, size=many)
        return t[:, :pick(steps, steps // 2)], normal(4, steps, classes)
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
    "CategoricalHinge": ("cat", dict), "CategoricalGeneralizedCrossEntropy": ("sparse", lambda: maybe("q", 0.2, 0.8)),
    "Circle": ("embeddings", lambda: {**maybe("gamma", 2.0, 10.0), **maybe("margin", 0.25), **maybe("remove_diagonal", False)}),
    "CTC": ("labels", dict), "Dice": ("cat", lambda: maybe("axis", [1], [0, 1], -1, 1, [0, -1])),
    "Tversky": ("cat", lambda: {**maybe("alpha", 0.2), **maybe("beta", 0.9), **maybe("axis", [1], [0, 1], -1, 1)}),
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
    weight = weights_for(p[:, 0] if name == "CTC" else p)

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
                            **maybe("multi_label", True, False), **LOGITS(), **({"thresholds": [0.2, 0.4, 0.9]} if rng.random() < 0.3 else {})}),
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
    "PearsonCorrelation": ("rows", lambda: maybe("axis", -1)), "ConcordanceCorrelation": ("rows", lambda: maybe("axis", -1)),
    "R2Score": ("real2", lambda: {**maybe("class_aggregation", None, "uniform_average", "variance_weighted_average"), **maybe("num_regressors", 0, 2)}),
    "RootMeanSquaredError": ("real", dict), "Mean": ("value", dict), "Sum": ("value", dict),
    "TopKCategoricalAccuracy": ("cat", lambda: maybe("k", 1, 2, 3)),
    "SparseTopKCategoricalAccuracy": ("sparse", lambda: maybe("k", 1, 2, 3)),
    "ConcordanceCorrelation": ("real2", dict), "PearsonCorrelation": ("real2", dict),
    "LogCoshError": ("real", dict),
    **{name: LOSSES[name] for name in LOSSES if name not in ["CTC", "CategoricalGeneralizedCrossEntropy", "Circle", "Dice", "Tversky", "Huber", "LogCosh", "BinaryFocalCrossentropy", "CategoricalFocalCrossentropy"]},
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
            elif kind == "rows":
                t, p = [normal(*(9, 5) if weighted else (9, 3, 5)) for _ in range(2)]
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
    "Lion": lambda: {**maybe("beta_1", 0.8), **maybe("beta_2", 0.95)},
    "Muon": lambda: {**maybe("adam_beta_1", 0.8), **maybe("adam_weight_decay", 0.02), **maybe("exclude_layers", ["param_0"]), **maybe("adam_lr_ratio", 0.5),
                     **maybe("momentum", 0.8), **maybe("ns_steps", 3), **maybe("nesterov", False), **maybe("rms_rate", 0.5), **maybe("muon_a", 3.0)},
    "ScheduleFreeAdamW": lambda: {**MOMENTS(), **maybe("warmup_steps", 4)},
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

ACTIVATIONS = ["relu", "tanh", "sigmoid", "softplus", "elu", "selu", "gelu", "silu", "softsign", "linear", "softmax", "leaky_relu", "mish", "hard_sigmoid",
               "hard_shrink", "soft_shrink", "sparse_plus", "sparse_sigmoid", "sparsemax"]
# Layers that others take as an activation.
AS_ACTIVATION = lambda: pick(layers.LeakyReLU(), layers.LeakyReLU(0.1), layers.ELU(0.5), layers.ReLU(max_value=1.0, negative_slope=0.2), layers.Softmax())
REGULARIZER = lambda: pick(regularizers.L1(0.01), regularizers.L2(0.02), regularizers.L1L2(0.01, 0.03))
CONSTRAINT = lambda: constraints.MaxNorm(2)


def of_weights(*arrays):
    """Those of arrays alone: an activity_regularizer of attention is one of each of its projections."""
    return {name: value for name, value in extras(*arrays).items() if name != "activity_regularizer"}


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


def transposed(axes):
    def args():
        # (TensorFlow without oneDNN shifts the gradient of a volume whose strides are larger than its window by two.)
        far = 4 if axes < 3 else 3
        size, strides = pick(1, 2, 3, tuple(int(n) for n in rng.integers(1, 4, axes))), pick(1, 2, far - 1, tuple(int(n) for n in rng.integers(1, far, axes)))
        most = strides if isinstance(strides, int) else min(strides)
        more = maybe("output_padding", *range(most)) if rng.random() < 0.5 else {}
        return {"filters": pick(2, 3, 4), "kernel_size": size, **({"strides": strides} if rng.random() < 0.7 else {}), **maybe("padding", "same", "valid"), **more,
                **(maybe("dilation_rate", 2) if rng.random() < 0.3 else {}), **maybe("activation", *ACTIVATIONS), **maybe("use_bias", False), **extras("kernel", "bias")}
    return args


def local(axes):
    """Of Keras 2."""
    penalty = lambda: tf_keras.regularizers.L1L2(0.01, 0.03)
    return lambda: {"filters": pick(1, 3), "kernel_size": pick(1, 2, 3), **maybe("strides", 2), **maybe("activation", *ACTIVATIONS[:6]), **maybe("use_bias", False),
                    **(maybe("kernel_regularizer", penalty()) | maybe("bias_regularizer", penalty()) | maybe("activity_regularizer", penalty()) if rng.random() < 0.5 else {}),
                    **maybe("kernel_constraint", tf_keras.constraints.MaxNorm(2)), "implementation": 1}


def pool():
    return {"pool_size": pick(2, 3), **maybe("strides", 1, 2), **maybe("padding", "same", "valid"), **maybe("data_format", "channels_last")}


def parts(axes):
    return lambda: {"output_size": pick(2, 3, tuple(int(n) for n in rng.integers(1, 6, size=axes)))}


def recurrent(*more):
    return lambda: {"units": 3, **maybe("activation", "tanh", "relu", "sigmoid", "gelu", "mish", "softmax", None), **maybe("use_bias", False), **maybe("return_sequences", True), **maybe("go_backwards", True),
                    **maybe("unroll", True), **({**maybe("implementation", 1), **pick({}, *more)} if more else {}), **extras("kernel", "recurrent", "bias")}


GATES = ({"recurrent_activation": "hard_sigmoid"}, {"recurrent_activation": "silu"})
READERS = {"SimpleRNN": recurrent(), "GRU": recurrent({"reset_after": False}, *GATES), "LSTM": recurrent({"unit_forget_bias": False}, *GATES)}


def cells():
    def cell():
        name = pick(*READERS)
        args = READERS[name]()
        for argument in ["go_backwards", "activity_regularizer", "unroll", "return_sequences", "implementation"]:
            args.pop(argument, None)
        return getattr(layers, f"{name}Cell")(**args)
    several = pick(1, 2, 3)
    cell = [cell() for _ in range(several)] if several > 1 else cell()
    return {"cell": layers.StackedRNNCells(cell) if several > 1 and rng.random() < 0.5 else cell, **maybe("return_sequences", True),
            **({} if several > 1 else maybe("go_backwards", True)), **maybe("unroll", True)}


def convolutional(axes):
    return lambda: {"filters": 2, "kernel_size": pick(1, 2, 3, (2, 3)[:axes]), **pick({}, {"strides": 2}, {"dilation_rate": 2}), **maybe("padding", "same", "valid"), **maybe("activation", "tanh", "relu", "silu"),
                    **maybe("recurrent_activation", "hard_sigmoid"), **maybe("use_bias", False), **maybe("unit_forget_bias", False),
                    **maybe("return_sequences", True), **maybe("go_backwards", True), **extras("kernel", "recurrent", "bias")}


def bidirectional():
    def way(like):
        name = pick(*READERS)
        args = READERS[name]() | like
        # (Unrolled, TensorFlow's zeros for a mask read backwards are at the mirrored steps.)
        for argument in ["go_backwards", "unroll"]:
            args.pop(argument, None)
        return name, args
    name, args = way({"return_sequences": pick(True, False)})
    other = {}
    if rng.random() < 0.4:
        back, back_args = way({"return_sequences": args["return_sequences"]})
        other = {"backward_layer": None}
    mode = maybe("merge_mode", "sum", "mul", "ave", "concat")
    if other or mode.get("merge_mode", "concat") != "concat":
        # (Not of both together.)
        args.pop("activity_regularizer", None)
        if other:
            back_args.pop("activity_regularizer", None)
            other = {"backward_layer": getattr(layers, back)(**back_args, go_backwards=True)}
    return {"layer": getattr(layers, name)(**args), **mode, **other}


IMAGE, SEQUENCE, VECTOR, VOLUME = (2, 6, 7, 4), (3, 6, 4), (5, 6), (2, 4, 5, 6, 4)
RENORM = lambda: {"renorm": True, "renorm_momentum": pick(0.9, 0.99), **maybe("renorm_clipping", {"rmax": 1.2, "rmin": 0.8, "dmax": 0.1}, {"rmax": 1.5}, {"dmax": 0.05, "rmin": 0.9})} if rng.random() < 0.4 else {}
LAYERS = {
    "Dense": (None, lambda: {"units": pick(1, 3, 5), **maybe("activation", *ACTIVATIONS[:10], AS_ACTIVATION()), **maybe("use_bias", False), **extras("kernel", "bias")}),
    "EinsumDense": (SEQUENCE, lambda: {**pick({"equation": "abc,cd->abd", "output_shape": (None, 3), **maybe("bias_axes", "d", "bd")}, {"equation": "abc,cde->abde", "output_shape": (None, 2, 3), **maybe("bias_axes", "de", "d", "e")},
                                             {"equation": "...c,cd->...d", "output_shape": 5, **maybe("bias_axes", "d")}, {"equation": "abc,bd->adc", "output_shape": (3, None), **maybe("bias_axes", "d", "dc")},
                                             {"equation": "ab...,bd->ad...", "output_shape": 3, **maybe("bias_axes", "d")}, {"equation": "abc,bcd->abd", "output_shape": (6, 2), **maybe("bias_axes", "d")},
                                             {"equation": "abc,dcb->ad", "output_shape": 3, **maybe("bias_axes", "d")}, {"equation": "abc,dc->adb", "output_shape": (3, 6), **maybe("bias_axes", "b")}),
                                      **maybe("activation", *ACTIVATIONS[:10]), **extras("kernel")}),
    "Activation": (None, lambda: {"activation": pick(*ACTIVATIONS, "glu", AS_ACTIVATION())}),
    "ActivityRegularization": (None, lambda: {"l1": 0.02, "l2": pick(0.0, 0.05)}),
    "Conv1D": (SEQUENCE, conv(1)), "Conv2D": (IMAGE, conv(2)), "Conv3D": (VOLUME, conv(3)),
    "Conv1DTranspose": (SEQUENCE, transposed(1)), "Conv2DTranspose": ((2, 4, 5, 3), transposed(2)), "Conv3DTranspose": ((2, 2, 3, 4, 2), transposed(3)),
    "LocallyConnected1D": (SEQUENCE, local(1)), "LocallyConnected2D": ((2, 4, 5, 2), local(2)),
    **{f"DepthwiseConv{n}D": ((SEQUENCE, IMAGE)[n - 1], by_channels(n, "bias")) for n in [1, 2]},
    **{f"SeparableConv{n}D": ((SEQUENCE, IMAGE)[n - 1], by_channels(n, "pointwise", "bias", filters=3)) for n in [1, 2]},
    "MaxPooling1D": (SEQUENCE, pool), "MaxPooling2D": (IMAGE, pool), "AveragePooling1D": (SEQUENCE, pool), "AveragePooling2D": (IMAGE, pool),
    **{f"Global{kind}Pooling{n}D": ((SEQUENCE, IMAGE, VOLUME)[n - 1], lambda: maybe("keepdims", True, False)) for kind in ["Max", "Average"] for n in [1, 2, 3]},
    "MaxPooling3D": (VOLUME, pool), "AveragePooling3D": (VOLUME, pool),
    **{f"Adaptive{kind}Pooling{n}D": ((SEQUENCE, IMAGE, VOLUME)[n - 1], parts(n)) for kind in ["Max", "Average"] for n in [1, 2, 3]},
    **{name: (SEQUENCE, arguments) for name, arguments in READERS.items()},
    "RNN": (SEQUENCE, cells), "Bidirectional": (SEQUENCE, bidirectional), "ConvLSTM1D": ((2, 4, 6, 3), convolutional(1)), "ConvLSTM2D": ((2, 3, 5, 6, 2), convolutional(2)),
    "MultiHeadAttention": (SEQUENCE, lambda: {"num_heads": pick(1, 2, 3), "key_dim": pick(2, 3), **maybe("value_dim", 2, 4), **maybe("dropout", 0.3), **maybe("use_bias", False), **maybe("output_shape", (3,), (5,), (2, 3)), **maybe("attention_axes", 1, [1]), **maybe("sliding_window", 2, 3), **maybe("use_gate", True), **of_weights("kernel", "bias")}),
    "GroupQueryAttention": (SEQUENCE, lambda: {"head_dim": pick(2, 3), **pick({"num_query_heads": 4, "num_key_value_heads": 2}, {"num_query_heads": 3, "num_key_value_heads": 1}, {"num_query_heads": 2, "num_key_value_heads": 2}), **maybe("dropout", 0.3), **maybe("use_bias", False), **maybe("sliding_window", 2, 3), **maybe("use_gate", True), **of_weights("kernel", "bias")}),
    "Sequential": (SEQUENCE, lambda: {"layers": [layers.Dense(4, pick("tanh", "relu"), **extras("kernel")), pick(layers.LSTM, layers.GRU)(3, return_sequences=True), layers.LayerNormalization(), keras.Sequential([layers.Dense(pick(2, 3), pick("softmax", None))])]}),
    "SpectralNormalization": (IMAGE, lambda: {"layer": pick(layers.Dense(3, activation="tanh"), layers.Conv2D(3, 2, padding="same")), **maybe("power_iterations", 1, 3)}),
    "TimeDistributed": ((2, 3, 4), lambda: {"layer": layers.Dense(3, activation="tanh")}),
    "Embedding": ("tokens", lambda: {"input_dim": 9, "output_dim": 3, **maybe("mask_zero", True, False), **maybe("embeddings_regularizer", REGULARIZER())}),
    "BatchNormalization": (pick(VECTOR, IMAGE, SEQUENCE), lambda: {**maybe("epsilon", 1e-2), **maybe("center", False), **maybe("scale", False), **maybe("axis", -1, 1), **extras("gamma", "beta"), **RENORM(), **maybe("synchronized", True)}),
    "LayerNormalization": (pick(VECTOR, IMAGE, SEQUENCE), lambda: {**maybe("epsilon", 1e-2), **maybe("center", False), **maybe("scale", False), **extras("gamma", "beta"), **maybe("axis", -1, 1, [1, 2]), **({"rms_scaling": True} if rng.random() < 0.1 else {})}),
    "GroupNormalization": (pick(SEQUENCE, IMAGE), lambda: {"groups": pick(1, 2, -1), **maybe("axis", -1, 1), **maybe("epsilon", 1e-2), **maybe("center", False), **maybe("scale", False), **extras("gamma", "beta")}),
    "UnitNormalization": (pick(VECTOR, SEQUENCE, IMAGE), lambda: maybe("axis", -1, 1, [1, 2], -2)), "RMSNormalization": (pick(VECTOR, SEQUENCE, IMAGE), lambda: {**maybe("axis", -1, 1, [1, 2], [-1]), **maybe("epsilon", 1e-2)}), "Rescaling": (pick(SEQUENCE, IMAGE), lambda: {"scale": pick(0.5, [0.5, 1.5, -2.0, 0.1]), **maybe("offset", 0.1, [0.5, 1.5, -2.0, 0.1])}),
    "Dropout": (SEQUENCE, lambda: {"rate": 0.3, **maybe("noise_shape", [None, 1, None], [None, 6, 1]), **maybe("seed", 3)}), "GaussianNoise": (None, lambda: {"stddev": 0.3, **maybe("seed", 3)}),
    "GaussianDropout": (None, lambda: {"rate": 0.3, **maybe("seed", 3)}), "AlphaDropout": (SEQUENCE, lambda: {"rate": 0.2, **maybe("noise_shape", [None, 1, None]), **maybe("seed", 3)}),
    "SpatialDropout1D": (SEQUENCE, lambda: {"rate": 0.2, **maybe("seed", 3)}), "SpatialDropout2D": (IMAGE, lambda: {"rate": 0.2, **maybe("data_format", "channels_last"), **maybe("seed", 3)}),
    "SpatialDropout3D": ((2, 2, 3, 4, 2), lambda: {"rate": 0.2}),
    "Flatten": (IMAGE, dict), "Reshape": (IMAGE, lambda: {"target_shape": pick((-1,), (7, 24), (6, 28))}), "Permute": (IMAGE, lambda: {"dims": pick((3, 1, 2), (2, 1, 3))}),
    "RepeatVector": (VECTOR, lambda: {"n": 3}), "UpSampling1D": (SEQUENCE, lambda: maybe("size", 3)), "UpSampling2D": (IMAGE, lambda: {**maybe("size", 2, (1, 3)), **maybe("interpolation", "nearest", "bilinear", "bicubic", "lanczos3", "lanczos5", "area")}),
    "UpSampling3D": ((2, 2, 3, 2, 3), lambda: maybe("size", 3, (1, 3, 2))), "ZeroPadding3D": (VOLUME, lambda: maybe("padding", (2, 1, 0), ((1, 0), (2, 1), (0, 3)))),
    "Cropping3D": (VOLUME, lambda: {"cropping": pick(1, (0, 1, 2), ((1, 0), (2, 1), (0, 3)))}),
    "Normalization": (pick(VECTOR, SEQUENCE, IMAGE), lambda: {**maybe("axis", -1, None, 1, (1, -1)), **maybe("invert", True), **pick({}, {"mean": 0.5, "variance": 2.0}, {"mean": 0.1, "variance": 0.0})}),
    "Resizing": (IMAGE, lambda: {"height": pick(3, 5, 9), "width": pick(2, 8, 14), **maybe("interpolation", "nearest", "bilinear", "bicubic", "lanczos3", "lanczos5", "area"), **maybe("antialias", True),
                                 **pick({}, {"crop_to_aspect_ratio": True}, {"pad_to_aspect_ratio": True, **maybe("fill_value", 0.5)})}),
    "CategoryEncoding": ("tokens", lambda: {"num_tokens": 9, **maybe("output_mode", "one_hot", "count", "multi_hot")}),
    "Discretization": (VECTOR, lambda: {**pick({"bin_boundaries": pick([0.0, 0.5], [-1.0, -0.25, 0.75])}, {"num_bins": pick(2, 4, 7), **maybe("epsilon", 0.1)}), **maybe("output_mode", "one_hot", "int")}),
    "IntegerLookup": ("tokens", lambda: {"vocabulary": pick([3, 7, 1], [8, 5, 2, 4, 6]), **maybe("num_oov_indices", 2), **maybe("mask_token", 0), **maybe("oov_token", -5),
                                         **pick(maybe("output_mode", "one_hot", "count", "multi_hot", "int") | maybe("max_tokens", 9), {"invert": True}, {"output_mode": pick("count", "multi_hot"), "max_tokens": 9, "pad_to_max_tokens": True},
                                                {"output_mode": "tf_idf", "idf_weights": 0.25, **maybe("max_tokens", 8)})}),
    "AutoContrast": (IMAGE, lambda: {"value_range": pick((0, 1), (-2, 2))}), "RandomFlip": (IMAGE, dict), "RandomRotation": (IMAGE, lambda: {"factor": 0.2}),
    "RandomZoom": (IMAGE, lambda: {"height_factor": 0.2}), "RandomTranslation": (IMAGE, lambda: {"height_factor": 0.2, "width_factor": (0.1, 0.3)}),
    "RandomContrast": (IMAGE, lambda: {"factor": 0.2}), "RandomBrightness": (IMAGE, lambda: {"factor": 0.2}),
    "CenterCrop": (IMAGE, lambda: {"height": pick(3, 4, 9), "width": pick(2, 5)}),
    "ZeroPadding1D": (SEQUENCE, lambda: {"padding": pick(1, (2, 0))}), "ZeroPadding2D": (IMAGE, lambda: {"padding": pick(1, (2, 1), ((1, 0), (2, 1)))}),
    "Cropping1D": (SEQUENCE, lambda: {"cropping": pick(1, (2, 0))}), "Cropping2D": (IMAGE, lambda: {"cropping": pick(1, ((1, 0), (2, 1)))}),
    "ReLU": (None, lambda: {**maybe("max_value", 0.0, 1.0, 6.0), **maybe("negative_slope", 0.2, 0.5), **maybe("threshold", 0.5, 1.0)}),
    "LeakyReLU": (None, lambda: maybe("negative_slope", 0.0, 0.1, 0.2)), "ELU": (None, lambda: maybe("alpha", 0.5, 2.0, -0.3)),
    "PReLU": (IMAGE, lambda: {**maybe("shared_axes", [1, 2], [3], 1), **extras("alpha")}), "Softmax": (pick(VECTOR, SEQUENCE, IMAGE), lambda: maybe("axis", -1, 1, -2, [1, 2], [-1])), "Identity": (None, dict), "Masking": (SEQUENCE, lambda: maybe("mask_value", 0.0, -1.0)),
}


# Over axes of images and volumes, where Keras has no sliding window.
ATTENTION_OVER = lambda shape: {"num_heads": pick(1, 2), "key_dim": 2, **maybe("value_dim", 3), **maybe("output_shape", (3,)), **maybe("use_gate", True), **maybe("attention_axes", *([1, 2, (1, 2), -2] if len(shape) == 4 else [1, 2, 3, (2, 3)]))}
ATTENDS = (layers.MultiHeadAttention, layers.GroupQueryAttention)


def made_layer(name):
    of = keras if name == "Sequential" else layers if hasattr(layers, name) else tf_keras.layers
    args = LAYERS[name][1]()
    if "idf_weights" in args:
        args["idf_weights"] = [float(w) for w in uniform(len(args["vocabulary"]))]
    made = getattr(of, name)(**args)
    if "num_bins" in args:
        made.adapt(normal(60, 1))
    if rng.random() < 0.08 and name in ["Dense", "Conv2D"]:
        made.trainable = False
    return made


def padded(x, made):
    """With padding for what masks it."""
    for value in [layer.mask_value for layer in made if isinstance(layer, layers.Masking)][:1]:
        x[not_all(rng.random(x.shape[:-1]) < 0.35)] = value
    return x


def not_all(hidden):
    """Without the first step of what is hidden as a whole: its mean is 0 / 0."""
    if hidden.ndim > 1:
        hidden[..., 0] &= ~hidden.all(-1)
    return hidden


def built(x, made):
    """The model of layers one behind the other; of attention query, key and value are the input."""
    y = x
    for layer in made:
        y = layer(y, y) if isinstance(layer, ATTENDS) else layer(y)
    return keras.Model(x, y)


def model_case(kind, made, shape, tokens, training=False, given=None):
    """A case; `given` is the shape of a sample with `None` for what may have any size."""
    given = given or shape[1:]
    stateful = any(layer.get_config().get("stateful") for layer in made)
    x = rng.integers(0, 5 if kind.startswith("masked") else 9, size=shape).astype("int32") if tokens else padded(normal(*shape), made)
    if tokens and kind.startswith("masked"):
        x = np.where(not_all((rng.integers(0, 2, size=shape) == 0) | (x == 0)), 0, np.maximum(x, 1)).astype("int32")
    lib = tf_keras if made[0].__class__.__module__.startswith("tf_keras") else globals()["keras"]
    set_floatx = tf_keras.backend.set_floatx if lib is tf_keras else lib.config.set_floatx

    def results(dtype):
        config = [lib.saving.serialize_keras_object(layer) for layer in made]
        text = json.dumps(config).replace('"name": "float32"', f'"name": "{dtype}"').replace('"dtype": "float32"', f'"dtype": "{dtype}"')
        set_floatx(dtype)
        parts = [lib.saving.deserialize_keras_object(layer) for layer in json.loads(text)]
        of_batch = {"batch_size": shape[0]} if stateful else {}
        inputs = lib.Input(given, dtype="int32" if tokens else dtype, **of_batch)
        attends = any(isinstance(part, ATTENDS) for part in parts)
        model = built(inputs, parts) if attends else lib.Sequential([inputs] + parts)
        set_floatx("float32")
        return config, model

    config, model = results("float32")
    positive = lambda w: any(word in getattr(w, "path", w.name) for word in ["variance", "stddev"])
    weights = [uniform(*w.shape) if positive(w) else normal(*w.shape) * 0.5 for w in model.weights]
    weights = [np.zeros((), "float32") if getattr(w, "path", w.name).endswith("/count") else value for w, value in zip(model.weights, weights)]
    config = [lib.saving.serialize_keras_object(layer) for layer in made]
    further = {k: np.roll(x, k, 0) for k in [2, 3]}
    projection, out = None, []
    for dtype, model in [("float32", model), ("float64", results("float64")[1])]:
        model.set_weights([w.astype(dtype) for w in weights])
        # (Those of models in the model are among them.)
        for one in model._flatten_layers():
            if isinstance(one, layers.Normalization):
                one.finalize_state()
        data = tf.Variable(x.astype(dtype)) if not tokens else tf.constant(x)
        if dtype == "float64" and any("Pooling3D" in type(one).__name__ for one in model.layers):
            # TensorFlow has no such pooling of volumes in float64: a few units in the last place of the largest value.
            largest = lambda value: float(np.max(np.abs(value), initial=0))
            out.append({key: value.astype("float64") + 2e-7 * largest(value) for key, value in out[0].items()})
            continue
        with tf.GradientTape() as tape:
            y = model(data, training=training)
            if projection is None:
                projection = normal(*y.shape)
            total = tf.reduce_sum(y * projection.astype(dtype))
            regular = [tf.convert_to_tensor(loss) for loss in model.losses]
        trained = [v if lib is tf_keras else v.value for v in model.trainable_variables]
        wanted = trained + ([] if tokens else [data])
        try:
            grads = tape.gradient(total, wanted)
        except (LookupError, tf.errors.InvalidArgumentError):
            grads = [None] * len(wanted)  # TensorFlow has none of some interpolations, or none in float64.
        tensors = {"output": np.asarray(y)}
        if stateful:
            for k, more in further.items():
                tensors[f"output_{k}"] = np.asarray(model(more if tokens else more.astype(dtype)))
            for one in model._flatten_layers():
                getattr(one, "reset_state", lambda: None)()
            tensors["output_reset"] = np.asarray(model(data))
        places = {id(w): i for i, w in enumerate(model.weights)}
        for variable, grad in zip(model.trainable_variables, grads):
            if grad is not None:
                tensors[f"grad_weight_{places[id(variable)]}"] = np.asarray(tf.convert_to_tensor(grad))
        if not tokens and grads[-1] is not None:
            tensors["grad_input"] = np.asarray(tf.convert_to_tensor(grads[-1]))
        if regular:
            tensors["losses"] = np.array([float(loss) for loss in regular], dtype)
        if training:
            tensors.update({f"weight_after_{i}": np.asarray(w) for i, w in enumerate(model.weights) if not w.trainable})
        out.append(tensors)
    if not all(np.isfinite(value).all() for value in out[0].values()):
        raise ValueError("infinite, or no numbers")
    listed = [{"path": getattr(w, "path", w.name), "shape": list(w.shape), "trainable": bool(w.trainable)} for w in model.weights]
    tensors = {"input": x, **{f"weight_{i}": w for i, w in enumerate(weights)}, "grad_proj": projection, **out[0]}
    tensors |= {f"input_{k}": more for k, more in further.items() if stateful}
    save("layers", kind, {"layers": config, "training": training, "batch_input_shape": [shape[0], *given], "input_dtype": str(x.dtype),
                          "weights": listed, "f32_vs_f64": noise(*out)}, tensors)


@tried
def layer(name):
    shape = LAYERS[name][0] or pick(VECTOR, SEQUENCE, IMAGE)
    tokens = shape == "tokens"
    model_case(name.lower(), [made_layer(name)], pick((4,), (4, 5)) if tokens and False else (3, 5) if tokens else shape, tokens)


@tried
def attention_over(_):
    shape = pick((2, 3, 4, 3), (2, 2, 3, 2, 3))
    model_case("attention_over", [layers.MultiHeadAttention(**ATTENTION_OVER(shape))], shape, False)


MASKED = [*READERS, "Bidirectional", "RNN"]


@tried
def masked_reader(name):
    args = LAYERS[name][1]()
    args |= maybe("zero_output_for_mask", True) if name in READERS and "unroll" not in args else {}
    after = [layers.LSTM(2)] if rng.random() < 0.3 and args.get("return_sequences") else []
    made = [layers.Embedding(5, 3, mask_zero=True), getattr(layers, name)(**args), *after]
    model_case(f"masked_{name.lower()}", made, (4, 7), True)


@tried
def masked_further(_):
    """Masked places of images, steps that become images, a wrapper that says itself what a masked step gives."""
    kind, made, shape = pick(
        lambda: ("masked_attention_over", [layers.Masking(), layers.MultiHeadAttention(pick(1, 2), 3, attention_axes=(2,), **maybe("dropout", 0.2))], (2, 3, 5, 3)),
        lambda: ("masked_images", [layers.Embedding(5, 6, mask_zero=True), layers.TimeDistributed(layers.Reshape((3, 2))), layers.ConvLSTM1D(2, 2, padding="same")], (4, 7)),
        lambda: ("masked_both_ways", [layers.Embedding(5, 3, mask_zero=True), layers.Bidirectional(layers.GRU(3, zero_output_for_mask=True))], (4, 7)))()
    model_case(kind, made, shape, len(shape) == 2)


@tried
def stack(_):
    parts = pick(["Dense", "BatchNormalization", "Activation", "Dense"], ["Dense", "ActivityRegularization", "Dense"], ["Dense", "LayerNormalization", "Dense"])
    LAYERS["BatchNormalization"] = (VECTOR, lambda: extras("gamma", "beta"))
    LAYERS["LayerNormalization"] = (VECTOR, lambda: extras("gamma", "beta"))
    made = [made_layer(part) for part in parts]
    if rng.random() < 0.2:
        made.append(keras.Sequential([keras.Input((5,)), layers.Dense(2)]) if made[-1].get_config().get("units") == 5 else layers.Dense(2, name="not an-identifier"))
    model_case("stack", made, VECTOR, False)


@tried
def masked(_):
    """Masks at any place of a model, and who looks at them."""
    first = layers.Masking(pick(0.0, -1.0, 0.5))
    steps = lambda: pick(layers.LSTM, layers.GRU, layers.SimpleRNN)(3, return_sequences=True, go_backwards=pick(False, False, True))
    made = pick(
        lambda: [first, steps(), layers.Dense(2)], lambda: [layers.Dense(3), first, steps()], lambda: [first, layers.Dense(3, "tanh"), layers.GRU(3)],
        lambda: [first, layers.LayerNormalization(), layers.Dropout(0.2), layers.LSTM(3)], lambda: [first, layers.Dense(2), layers.GlobalAveragePooling1D()],
        lambda: [first, layers.Activation("relu"), layers.Masking(), layers.LSTM(2)], lambda: [first, layers.PReLU(), layers.TimeDistributed(layers.Dense(3)), layers.SimpleRNN(3)],
        lambda: [first, layers.Conv1D(2, 2), layers.LSTM(2)], lambda: [first, steps(), layers.Flatten(), layers.Dense(2)], lambda: [first, layers.BatchNormalization(), layers.LSTM(2)])()
    model_case("masked", made, (4, 5, 3), False)


@tried
def batchnorm_training(_):
    shape, axis = pick(((7, 5), -1), ((4, 5, 3), 1), ((3, 4, 5, 2), -1))
    norm = layers.BatchNormalization(axis=axis, momentum=pick(0.9, 0.99), **maybe("center", False), **maybe("scale", False), **RENORM())
    model_case("batchnorm_training", [norm], shape, False, True)


@tried
def batchnorm_masked(_):
    first = layers.Masking(pick(0.0, -1.0))
    shape, axis = pick(((4, 5, 3), -1), ((4, 5, 3), 1), ((6, 4), -1), ((2, 3, 4, 2), -1), ((2, 3, 4, 2), 2))
    norm = layers.BatchNormalization(axis=axis, momentum=pick(0.9, 0.99), **maybe("center", False), **maybe("scale", False), **RENORM())
    model_case("batchnorm_masked", [first, norm] + pick([], [layers.Dense(2)]), shape, False, True)


# Whole trainings.

@tried
def trajectory(_):
    kind = pick("dense", "conv", "norm", "tokens", "frozen", "masked", "mask_zero")
    # One target for each of 5 or 6 steps.
    each = {"masked": (32, 5), "mask_zero": (32, 6)}.get(kind, (32,))
    units, loss_, head, y = pick(
        (1, "binary_crossentropy", "sigmoid", (rng.random(each + (1,)) < 0.5).astype("float32")),
        (3, "categorical_crossentropy", "softmax", np.eye(3, dtype="float32")[rng.integers(3, size=each)]),
        (3, "sparse_categorical_crossentropy", "softmax", rng.integers(3, size=each).astype("int32")),
        (3, losses.SparseCategoricalCrossentropy(ignore_class=1), "softmax", rng.integers(3, size=each).astype("int32")),
        (2, losses.MeanSquaredError(reduction=pick("sum", "mean_with_sample_weight")), "linear", normal(*each, 2)),
        (2, "mse", "linear", normal(*each, 2)), (2, losses.LogCosh(), "linear", normal(*each, 2)),
        (3, losses.CategoricalCrossentropy(label_smoothing=0.1), "softmax", np.eye(3, dtype="float32")[rng.integers(3, size=each)]))
    body = {"dense": lambda: [layers.Dense(5, "tanh", kernel_regularizer=pick(None, REGULARIZER()))],
            "conv": lambda: [layers.Conv1D(3, 2, activation="relu"), layers.Flatten()], "norm": lambda: [layers.Dense(5), layers.LayerNormalization(), layers.Activation("tanh")],
            "masked": lambda: [layers.Masking(-1.0), layers.BatchNormalization(), pick(layers.LSTM, layers.GRU)(4, return_sequences=True), layers.LayerNormalization()],
            "mask_zero": lambda: [layers.Embedding(9, 3, mask_zero=True), layers.SimpleRNN(4, return_sequences=True)],
            "tokens": lambda: [layers.Embedding(9, 3), layers.LSTM(4)], "frozen": lambda: [layers.Dense(5, "tanh", trainable=False), layers.Dense(4, "relu")]}[kind]()
    x = rng.integers(0, 9, size=(32, 6)).astype("int32") if kind in ["tokens", "mask_zero"] else padded(normal(32, 5, 4), body) if kind in ["conv", "masked"] else normal(32, 6)
    layers_ = body + [layers.Dense(units, activation=head)]
    training_case(f"trajectory_{kind}", layers_, x, y, loss_)


def training_case(kind, made, x, y, loss_, exact=False):
    """A training without shuffling; `exact` asks how much its numbers depend on the precision, and leaves out one where that is much."""
    name = pick("SGD", "RMSprop", "Adam", "AdamW", "Adagrad", "Nadam", "Adamax")
    optimizer = getattr(optimizers, name)(learning_rate=pick(0.01, schedules.ExponentialDecay(0.05, 4, 0.9)), **OPTIMIZERS[name](), **COMMON())
    config = [keras.saving.serialize_keras_object(layer) for layer in made]
    weights = None

    def trained(dtype):
        nonlocal weights
        text = json.dumps(config).replace('"name": "float32"', f'"name": "{dtype}"')
        keras.config.set_floatx(dtype)
        model = keras.Sequential([keras.Input(x.shape[1:], dtype=dtype if x.dtype == np.float32 else str(x.dtype))] + [keras.saving.deserialize_keras_object(layer) for layer in json.loads(text)])
        if weights is None:
            weights = [uniform(*w.shape) if any(word in w.path for word in ["variance", "stddev"]) else normal(*w.shape) * 0.4 for w in model.weights]
        model.set_weights([w.astype(dtype) for w in weights])
        for one in model._flatten_layers():
            getattr(one, "finalize_state", lambda: None)()
        made_optimizer = keras.saving.deserialize_keras_object(keras.saving.serialize_keras_object(optimizer))
        model.compile(made_optimizer, loss_ if isinstance(loss_, str) else loss_.__class__.from_config({**loss_.get_config(), "dtype": dtype}))
        fit, evaluated = [], []
        for _ in range(3):
            fit += model.fit(x, y, batch_size=8, epochs=1, shuffle=False, verbose=0).history["loss"]
            evaluated.append(model.evaluate(x, y, batch_size=8, verbose=0))
        out = {**{f"final_weight_{i}": np.asarray(w) for i, w in enumerate(model.weights)},
               "fit_loss": np.array(fit, dtype), "eval_loss": np.array(evaluated, dtype), "predictions_final": model.predict(x, verbose=0)}
        keras.config.set_floatx("float32")
        return model, out

    model, out = trained("float32")
    if not all(np.isfinite(value).all() for value in out.values()):
        raise ValueError("infinite, or no numbers")
    noises = noise(out, trained("float64")[1]) if exact else {}
    if any(far["max_abs"] > 1e-4 * far["max_ref"] for far in noises.values()):
        raise ValueError("other numbers in float64")
    listed = [{"path": w.path, "shape": list(w.shape), "trainable": bool(w.trainable)} for w in model.weights]
    tensors = {"x": x, "y": y, **{f"weight_{i}": w for i, w in enumerate(weights)}, **out}
    save("trajectories", kind, {"layers": config, "loss": loss_ if isinstance(loss_, str) else keras.saving.serialize_keras_object(loss_),
         "optimizer": keras.saving.serialize_keras_object(optimizer), "batch_size": 8, "eval_batch_size": 8, "epochs": 3, "weights": listed, "f32_vs_f64": noises}, tensors)


def main():
    families = [(loss, LOSSES), (metric, METRICS), (optimizer, OPTIMIZERS), (schedule, SCHEDULES),
                (constraint, ["MaxNorm", "NonNeg", "UnitNorm", "MinMaxNorm"]), (layer, LAYERS), (attention_over, [0, 1, 2]), (stack, [0, 1, 2]), (masked, [0, 1, 2]), (masked_reader, MASKED), (masked_further, ["further"]), (batchnorm_masked, [0, 1, 2]), (batchnorm_training, [0, 1, 2]), (trajectory, [0, 1, 2])]
    for make, names in families:
        for name in names:
            for _ in range(0 if ONLY and name not in ONLY else EACH):
                make(name)
        print(make.__name__ if hasattr(make, "__name__") else make, len(INDEX), flush=True)
    write_index()


def write_index():
    with open(f"{FOLDER}/index.json", "w") as file:
        json.dump({"generator": f"generate.py, seed {SEED}", "count": len(INDEX), "cases": INDEX}, file, indent=1)


if __name__ == "__main__":
    main()
