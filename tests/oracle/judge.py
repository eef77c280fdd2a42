"""Keras's word on a model of the oracle's: what it computes, in float64, beside the interpreter.

cargo run -p kseq-oracle --example dump -- SEED | python tests/oracle/judge.py

Random layers draw nothing here. What Keras 3 does not have (Keras 2's layers, kseq's own but for `Residual`) is not judged.
"""

import json
import re
import sys

import warnings

import numpy as np
import tensorflow as tf
import keras

warnings.filterwarnings("ignore")
dump = json.load(sys.stdin)
FLOAT = "float32" if "-32" in sys.argv else "float64"
keras.config.set_floatx(FLOAT)


@keras.saving.register_keras_serializable("judge")
class Residual(keras.layers.Layer):
    """What the layers add to their input."""

    def __init__(self, layers, **kwargs):
        super().__init__(**kwargs)
        self.parts = layers
        self.supports_masking = True

    def build(self, shape):
        for layer in self.parts:
            if not layer.built:
                layer.build(*([shape] * 2 if attends(layer) else [shape]))
            shape = layer.compute_output_shape(*([shape] * 2 if attends(layer) else [shape]))

    def call(self, x, training=None):
        y = x
        for layer in self.parts:
            y = applied(layer, y, training)
        return x + y

    def compute_output_shape(self, shape):
        return shape


def attends(layer):
    return isinstance(layer, (keras.layers.MultiHeadAttention, keras.layers.GroupQueryAttention))


def applied(layer, x, training=None):
    more = {"training": training} if layer._call_has_training_arg else {}
    return layer(x, x, **more) if attends(layer) else layer(x, **more)


def causal(of):
    """Attention with the causal mask as an argument of the layer, as kseq has it."""

    class Attention(of):
        def __init__(self, use_causal_mask=False, **kwargs):
            super().__init__(**kwargs)
            self.is_causal = use_causal_mask

        def call(self, query, value, key=None, query_mask=None, value_mask=None, key_mask=None, training=None):
            masks = {"query_mask": query_mask, "value_mask": value_mask, "key_mask": key_mask}
            return super().call(query, value, key, training=training, use_causal_mask=self.is_causal, **masks)

    Attention.__name__ = of.__name__
    return Attention


def snake(name):
    name = {"GroupedQueryAttention": "GroupQueryAttention", "Causal": "SeparableConv1D", "Several": "Sequential"}.get(name, name)
    name = re.sub(r"\W+", "", name)
    name = re.sub("(.)([A-Z][a-z]+)", r"\1_\2", name)
    return re.sub("([a-z])([A-Z])", r"\1_\2", name).lower()


class Causal(keras.layers.SeparableConv1D):
    """With `padding = "causal"`, as Keras 2 had it."""

    def __init__(self, padding="valid", **kwargs):
        self.before = padding == "causal"
        super().__init__(padding="valid" if self.before else padding, **kwargs)

    def call(self, x):
        far = self.dilation_rate[0] * (self.kernel_size[0] - 1)
        return super().call(tf.pad(x, [[0, 0], [far, 0], [0, 0]]) if self.before else x)


class Several(Residual):
    """A list as a layer, also with attention, which a `Sequential` of Keras does not take."""

    def call(self, x, training=None):
        for layer in self.parts:
            x = applied(layer, x, training)
        return x

    def compute_output_shape(self, shape):
        for layer in self.parts:
            shape = layer.compute_output_shape(*([shape] * 2 if attends(layer) else [shape]))
        return shape


OWN = {"Residual": Residual, "Sequential": Several, "GroupQueryAttention": causal(keras.layers.GroupQueryAttention), "MultiHeadAttention": causal(keras.layers.MultiHeadAttention), "SeparableConv1D": Causal}


def call(text, of):
    """A class with arguments, as kseq prints it."""
    for rust, python in [("true", "True"), ("false", "False")]:
        text = re.sub(rf"\b{rust}\b", python, text)
    text = re.sub(r"function = \|x\| ([^,]*), gradient = [^()]*\)?[^()]*\)$", r"function = lambda x: \1)", text)
    names = {}
    for module in [keras.losses, keras.optimizers, keras.optimizers.schedules, keras.constraints, keras.regularizers, keras.initializers, keras.layers]:
        names |= vars(module)
    return eval(text, {**names, **vars(of), **OWN})


def listed(layers, prefix):
    """Keras's variables by kseq's names, of a list of layers."""
    counts, found = {}, {}
    for layer in layers:
        base = snake(type(layer).__name__)
        counts[base] = counts.get(base, 0) + 1
        found |= named(layer, f"{prefix}{base}_{counts[base]}.")
    return found


def named(layer, prefix):
    if isinstance(layer, Residual):
        return listed(layer.parts, prefix)
    if isinstance(layer, keras.layers.Bidirectional):
        return named(layer.forward_layer, f"{prefix}forward_layer.") | named(layer.backward_layer, f"{prefix}backward_layer.")
    if isinstance(layer, keras.layers.SpectralNormalization):
        return named(layer.layer, prefix) | {f"{prefix}vector_u": layer.vector_u}
    if isinstance(layer, keras.layers.TimeDistributed):
        return named(layer.layer, prefix)
    if type(layer) is keras.layers.RNN and isinstance(layer.cell, keras.layers.StackedRNNCells):
        counts, found = {}, {}
        for cell in layer.cell.cells:
            base = snake(type(cell).__name__.replace("Cell", ""))
            counts[base] = counts.get(base, 0) + 1
            found |= {f"{prefix}{base}_{counts[base]}.{v.name}": v for v in cell.variables if "seed" not in v.name}
        return found
    found = {}
    for v in layer.variables:
        if "seed" in v.name:
            continue
        name = v.name
        if attends(layer):
            part = v.path.split("/")[-2].replace("attention_", "")
            name = f"{part}_{v.name}"
        found[prefix + name] = v
    if getattr(layer, "stateful", False) and getattr(layer, "states", None):
        found |= {prefix + name: v for name, v in zip("hc", layer.states)}
    return found


layers = [call(text, keras.layers) for text in dump["layers"]]
for layer in layers:
    for name in ["rate", "stddev"]:
        if "Noise" in type(layer).__name__ or "Dropout" in type(layer).__name__:
            setattr(layer, name, 0.0)
shape = dump["batch_shape"]
of_batch = {"batch_shape": shape} if dump["stateful"] else {"shape": shape[1:]}
inputs = keras.Input(dtype="int32" if dump["tokens"] else FLOAT, **of_batch)
y = inputs
for layer in layers:
    y = applied(layer, y)
model = keras.Model(inputs, y)
variables = listed(layers, "")
missing = [name for name in dump["arrays"] if name not in variables]
if missing:
    print("missing", missing, "of", sorted(variables))
for name, values in dump["arrays"].items():
    if name in variables:
        variables[name].assign(np.reshape(values, variables[name].shape))
start = {v.path: np.asarray(v.value) for v in model.variables}
x = [np.reshape(x, shape).astype("int32" if dump["tokens"] else FLOAT) for x in dump["x"]]


def compare(name, found):
    expected, found = np.array(dump["expected"][name]), np.ravel(np.asarray(getattr(found, "value", found)))
    if len(expected) != len(found):
        return print(f"{name}: {len(found)} numbers, expected {len(expected)}")
    if not len(found):
        return
    distance = np.abs(expected - found)
    largest = np.abs(expected).max()
    at = int(np.argmax(distance))
    mark = "" if distance[at] <= (1e-6 if FLOAT == "float64" else 1e-4) * max(largest, 1e-2) else "  <<<"
    if mark or "-v" in sys.argv:
        print(f"{name}[{at}]: Keras {found[at]:.9g}, oracle {expected[at]:.9g}, largest {largest:.3g}{mark}")


for i, batch in enumerate(x):
    compare(f"prediction {i}", model(batch, training=False))
if dump["only_predicts"]:
    sys.exit()
for v in model.variables:
    v.assign(start[v.path])
with tf.GradientTape() as tape:
    y = model(x[0], training=True)
    # Penalties on outputs only: those on arrays are no part of the pass.
    regular = [v.regularizer(v) for v in model.trainable_variables if v.regularizer]
    penalty = tf.add_n([tf.cast(loss, FLOAT) for loss in model.losses] or [tf.constant(0.0, FLOAT)]) - (tf.add_n([tf.cast(r, FLOAT) for r in regular]) if regular else 0.0)
    total = tf.reduce_sum(y * np.reshape(dump["projection"], y.shape).astype(FLOAT)) + penalty
compare("pass output", y)
compare("pass penalty", penalty)
by_id = {id(v): name for name, v in variables.items()}
for v, gradient in zip(model.trainable_variables, tape.gradient(total, [v.value for v in model.trainable_variables])):
    name = by_id[id(v)]
    gradient = np.zeros(v.shape) if gradient is None else tf.convert_to_tensor(gradient)
    if f"gradient {name}" in dump["expected"]:
        compare(f"gradient {name}", gradient)
for v in model.variables:
    name = by_id.get(id(v))
    if name and f"pass {name}" in dump["expected"]:
        compare(f"pass {name}", v)

for v in model.variables:
    v.assign(start[v.path])
loss = dump["loss"]
optimizer = dump["optimizer"]
loss = loss.strip('"') if loss.startswith('"') else call(loss, keras.losses)
optimizer = optimizer.strip('"') if optimizer.startswith('"') else call(optimizer, keras.optimizers)
model.compile(optimizer=optimizer, loss=loss, run_eagerly=True)
target = tuple([shape[0]] + dump["output"])
for i, batch in enumerate(x):
    y = np.array(dump["y"][i])
    for end in [target, target[:-1]]:
        if y.size == np.prod(end):
            y = y.reshape(end)
            break
    weights = np.array(dump["weights"][i]) if dump["weights"] else None
    found = model.train_on_batch(batch, y, sample_weight=weights)
    model.reset_metrics()
    compare(f"loss {i}", found)
    for name, v in variables.items():
        compare(f"step {i} {name}", v)
