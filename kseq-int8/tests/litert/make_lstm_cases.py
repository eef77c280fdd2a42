"""Makes `lstm.txt`: what LiteRT's reference kernel says of fully integer LSTMs (`UNIDIRECTIONAL_SEQUENCE_LSTM`, 8x8_16).

    /tmp/keras/bin/python make_lstm_cases.py

Needs `ai-edge-litert`, `tensorflow` and `tf_keras` (the converter knows Keras 2's LSTM as an operator; of Keras 3's it makes a loop).
The weights of a case are drawn by a generator of 64 bits from its seed, here and in `../lstm.rs`, so that the file holds little but
sizes, scales and outputs. Floats stand as the bits of a float32. The last cases are LSTMs of Keras, which TFLite's converter has
quantised: with their weights, as hexadecimal bytes.

`make_lstm_cases.py FILE SEED CASES` makes other cases, for `KSEQ_LSTM=FILE cargo test -p kseq-int8 --test lstm`.
"""

import os
import pathlib
import struct
import sys

import flatbuffers
import numpy as np
from ai_edge_litert import schema_py_generated as tfl
from ai_edge_litert.interpreter import Interpreter, OpResolverType

HERE = pathlib.Path(__file__).parent
CASES = 72
MASK = (1 << 64) - 1


class Draw:
    """splitmix64."""

    def __init__(self, seed):
        self.state = seed

    def word(self):
        self.state = (self.state + 0x9E3779B97F4A7C15) & MASK
        z = self.state
        z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) & MASK
        z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & MASK
        return z ^ (z >> 31)

    def below(self, n):
        return self.word() % n

    def between(self, low, high):
        return low + self.below(high - low + 1)

    def weights(self, n):
        return np.array([self.between(-127, 127) for _ in range(n)], np.int8)

    def values(self, n):
        return np.array([self.between(-128, 127) for _ in range(n)], np.int8)


def f32(x):
    return float(np.float32(x))


def bits(x):
    return struct.pack(">f", x).hex()


class Builder:
    """A model of one subgraph, in the classes of the schema."""

    def __init__(self):
        self.buffers = [tfl.BufferT()]
        self.tensors = []

    def tensor(self, name, kind, shape, scale=None, zero=0, data=None, variable=False):
        t = tfl.TensorT()
        t.name, t.type, t.shape, t.isVariable = name, kind, list(shape), variable
        if data is None:
            t.buffer = 0
        else:
            b = tfl.BufferT()
            b.data = np.frombuffer(data.tobytes(), np.uint8)
            t.buffer = len(self.buffers)
            self.buffers.append(b)
        if scale is not None:
            q = tfl.QuantizationParametersT()
            q.scale, q.zeroPoint = [scale], [zero]
            t.quantization = q
        self.tensors.append(t)
        return len(self.tensors) - 1

    def model(self, operator, inputs, outputs):
        code = tfl.OperatorCodeT()
        code.builtinCode = tfl.BuiltinOperator.UNIDIRECTIONAL_SEQUENCE_LSTM
        code.deprecatedBuiltinCode = code.builtinCode
        code.version = 1
        g = tfl.SubGraphT()
        g.tensors, g.operators, g.inputs, g.outputs = self.tensors, [operator], inputs, outputs
        m = tfl.ModelT()
        m.version, m.operatorCodes, m.subgraphs, m.buffers = 3, [code], [g], self.buffers
        b = flatbuffers.Builder(1024)
        b.Finish(m.Pack(b), b"TFL3")
        return bytes(b.Output())


def lstm_model(case):
    """The tensors of the operator, as `lstm.rs` says: 24 inputs, 1 output, 5 intermediates."""
    b = Builder()
    i8, i16, i32 = tfl.TensorType.INT8, tfl.TensorType.INT16, tfl.TensorType.INT32
    steps, inputs, units = case["steps"], case["inputs"], case["units"]
    x = b.tensor("input", i8, [1, steps, inputs], *case["input"])
    ins = [x]
    for g in range(4):
        ins.append(b.tensor(f"kernel_{g}", i8, [units, inputs], case["kernel_scales"][g], 0, case["kernels"][g]))
    for g in range(4):
        ins.append(b.tensor(f"recurrent_{g}", i8, [units, units], case["recurrent_scales"][g], 0, case["recurrent"][g]))
    ins += [-1, -1, -1]  # peephole
    for g in range(4):
        scale = f32(np.float32(case["input"][0]) * np.float32(case["kernel_scales"][g]))
        ins.append(b.tensor(f"bias_{g}", i32, [units], scale, 0, case["biases"][g]))
    ins += [-1, -1]  # projection
    ins.append(b.tensor("output_state", i8, [1, units], *case["output"], variable=True))
    ins.append(b.tensor("cell_state", i16, [1, units], 2.0 ** case["cell"], 0, variable=True))
    ins += [-1, -1, -1, -1]  # layer normalisation
    y = b.tensor("output", i8, [1, steps, units], *case["output"])
    inner = [b.tensor(f"intermediate_{k}", i16, [0], 2.0**-12) for k in range(4)]
    inner.append(b.tensor("hidden", i8, [0], *case["hidden"]))
    op = tfl.OperatorT()
    op.opcodeIndex = 0
    op.inputs, op.outputs, op.intermediates = ins, [y], inner
    op.builtinOptionsType = tfl.BuiltinOptions.UnidirectionalSequenceLSTMOptions
    op.builtinOptions = tfl.UnidirectionalSequenceLSTMOptionsT()
    op.builtinOptions.fusedActivationFunction = tfl.ActivationFunctionType.TANH
    op.builtinOptions.cellClip = case["clip"]
    return b.model(op, [x], [y])


def run(model, samples):
    it = Interpreter(model_content=model, experimental_op_resolver_type=OpResolverType.BUILTIN_REF)
    it.allocate_tensors()
    i, o = it.get_input_details()[0]["index"], it.get_output_details()[0]["index"]
    out = []
    for s in samples:
        it.reset_all_variables()
        it.set_tensor(i, s.reshape(it.get_input_details()[0]["shape"]))
        it.invoke()
        out.append(it.get_tensor(o).copy())
    return out


def draw(seed):
    """A case: sizes and scales by NumPy, whole numbers by `Draw`."""
    r = np.random.default_rng(seed)
    steps, inputs, units = int(r.integers(1, 21)), int(r.integers(1, 17)), int(r.integers(1, 33))
    scale = lambda low, high: f32(np.exp(r.uniform(np.log(low), np.log(high))))
    c = dict(seed=seed, steps=steps, inputs=inputs, units=units)
    c["input"] = (scale(1e-3, 0.1), int(r.integers(-128, 128)))
    # tanh(c) sigmoid(o) lies between -1 and 1; a narrow one saturates.
    c["output"] = (scale(2e-3, 9e-3), int(r.integers(-60, 60)))
    c["hidden"] = c["output"] if seed % 4 else (scale(2e-3, 9e-3), int(r.integers(-60, 60)))
    c["cell"] = int(r.integers(-15, -8))
    c["clip"] = f32(r.uniform(0.1, 20)) if seed % 5 == 0 else 0.0
    # The larger ones drive the gates into saturation.
    c["kernel_scales"] = [scale(1e-3, 0.05) for _ in range(4)]
    c["recurrent_scales"] = [scale(1e-3, 0.05) for _ in range(4)]
    w = Draw(seed)
    c["kernels"] = [w.weights(units * inputs) for _ in range(4)]
    c["recurrent"] = [w.weights(units * units) for _ in range(4)]
    c["biases"] = [np.array([w.between(-20000, 20000) for _ in range(units)], np.int32) for _ in range(4)]
    c["x"] = [w.values(steps * inputs) for _ in range(2)]
    return c


def scales_of(c, out):
    out.append(f"sizes {c['steps']} {c['inputs']} {c['units']}")
    for k in ("input", "output", "hidden"):
        out.append(f"{k} {bits(c[k][0])} {c[k][1]}")
    out.append(f"cell {c['cell']}")
    out.append(f"clip {bits(c['clip'])}")
    out.append("kernel_scales " + " ".join(map(bits, c["kernel_scales"])))
    out.append("recurrent_scales " + " ".join(map(bits, c["recurrent_scales"])))


KERAS = [(12, 5, 9, True), (20, 16, 32, True), (7, 3, 4, False), (1, 8, 6, False)]


def converted(steps, inputs, units, sequences):
    """A Keras LSTM, quantised by TFLite's converter: the file, and what is read from it."""
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    import tensorflow as tf
    import tf_keras

    seed = steps * 1000 + units
    tf_keras.utils.set_random_seed(seed)
    layer = tf_keras.layers.LSTM(units, return_sequences=sequences)
    model = tf_keras.Sequential([tf_keras.layers.Input((steps, inputs), batch_size=1), layer])
    r = np.random.default_rng(seed)
    # Larger weights than those of the initializers, so that gates saturate.
    layer.set_weights([r.normal(size=w.shape, scale=0.6).astype(np.float32) for w in layer.get_weights()])
    data = r.normal(size=(60, 1, steps, inputs)).astype(np.float32)
    f = tf.function(lambda x: model(x, training=False))
    f = f.get_concrete_function(tf.TensorSpec([1, steps, inputs], tf.float32))
    c = tf.lite.TFLiteConverter.from_concrete_functions([f], model)
    c.optimizations = [tf.lite.Optimize.DEFAULT]
    c.representative_dataset = lambda: ([x] for x in data)
    c.target_spec.supported_ops = [tf.lite.OpsSet.TFLITE_BUILTINS_INT8]
    c.inference_input_type = c.inference_output_type = tf.int8
    file = c.convert()
    m = tfl.ModelT.InitFromPackedBuf(file, 0)
    g = m.subgraphs[0]
    codes = [m.operatorCodes[o.opcodeIndex].builtinCode for o in g.operators]
    op = g.operators[codes.index(tfl.BuiltinOperator.UNIDIRECTIONAL_SEQUENCE_LSTM)]
    tensor = lambda i: g.tensors[i]
    scale = lambda i: (float(tensor(i).quantization.scale[0]), int(tensor(i).quantization.zeroPoint[0]))
    array = lambda i, kind: np.frombuffer(bytes(m.buffers[tensor(i).buffer].data), kind)
    ins = op.inputs
    case = dict(steps=steps, inputs=inputs, units=units)
    case["input"], case["output"], case["hidden"] = scale(ins[0]), scale(op.outputs[0]), scale(op.intermediates[4])
    assert scale(ins[18]) == case["output"]
    case["cell"] = int(np.log2(scale(ins[19])[0]))
    case["clip"] = float(op.builtinOptions.cellClip)
    case["kernel_scales"] = [scale(i)[0] for i in ins[1:5]]
    case["recurrent_scales"] = [scale(i)[0] for i in ins[5:9]]
    case["kernels"] = [array(i, np.int8) for i in ins[1:5]]
    case["recurrent"] = [array(i, np.int8) for i in ins[5:9]]
    case["biases"] = [array(i, np.int32) for i in ins[12:16]]
    s, zero = case["input"]
    case["x"] = [np.clip(np.round(x / s) + zero, -128, 127).astype(np.int8) for x in data[:2]]
    return file, case


def hex_of(a):
    return a.astype(a.dtype.newbyteorder("<")).tobytes().hex()


def main():
    arguments = sys.argv[1:]
    path, seed, cases = (arguments[0], int(arguments[1]), int(arguments[2])) if arguments else (HERE / "lstm.txt", 0, CASES)
    out = []
    for seed in range(seed, seed + cases):
        c = draw(seed)
        out.append(f"case {seed}")
        scales_of(c, out)
        for y in run(lstm_model(c), c["x"]):
            out.append("y " + hex_of(y))
    for sizes in [] if arguments else KERAS:
        file, c = converted(*sizes)
        out.append("case keras " + " ".join(map(str, sizes)))
        scales_of(c, out)
        for key, word in (("kernels", "kernel"), ("recurrent", "recurrent"), ("biases", "bias"), ("x", "x")):
            out += [f"{word} {hex_of(a)}" for a in c[key]]
        ys = run(file, c["x"])
        # The converter's file, and one that has the same numbers in the form of `lstm.rs`.
        for y, own in zip(ys, run(lstm_model(c), c["x"])):
            assert np.array_equal(y.reshape(-1), own.reshape(-1)[-y.size :]), sizes
            out.append("y " + hex_of(own))
    pathlib.Path(path).write_text("\n".join(out) + "\n")


if __name__ == "__main__":
    main()
