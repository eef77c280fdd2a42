"""Operators with random shapes, scales and clamps, as LiteRT computes them: the cases of kseq-int8/tests/litert.rs.

    python make_cases.py [--seed N] [--count N] [--out FILE]

Each case is a model of one operator. It is run with the reference kernels and with the default ones, which are XNNPACK's. Without
arguments it writes `cases.bin` next to it; thousands more, by another seed, go anywhere, and the test finds them by
KSEQ_INT8_CASES. Needs ai-edge-litert and flatbuffers.

A case is an operator's number, then arrays, each with its length before it: integers (i32), numbers (f32), kernel (i8), bias (i32),
scales (f32), input (i8), the reference's output (i8), that of the default (i8). All little-endian.
"""

import argparse
import pathlib

import flatbuffers
import numpy as np
from ai_edge_litert import schema_py_generated as s
from ai_edge_litert.interpreter import Interpreter, OpResolverType

DENSE, CONV, DEPTHWISE, MAX, AVERAGE, MEAN, PAD, TABLE, SOFTMAX = range(9)
KINDS = [DENSE, CONV, DEPTHWISE, MAX, AVERAGE, MEAN, PAD, TABLE, SOFTMAX]
ACTIVATIONS = [
    s.ActivationFunctionType.NONE,
    s.ActivationFunctionType.RELU,
    s.ActivationFunctionType.RELU6,
    s.ActivationFunctionType.RELU_N1_TO_1,
]
QUANTIZE, RELU, RELU6, RELU_N1_TO_1, LOGISTIC, TANH, ELU, LEAKY_RELU, HARD_SWISH, GELU, GELU_APPROXIMATE = range(11)


class Model:
    """A model of one operator."""

    def __init__(self):
        self.buffers = [s.BufferT()]
        self.tensors = []

    def tensor(self, shape, kind, scale=None, zero=None, data=None, axis=0):
        buffer = 0
        if data is not None:
            self.buffers.append(s.BufferT(data=np.frombuffer(data.tobytes(), np.uint8)))
            buffer = len(self.buffers) - 1
        quantization = None
        if scale is not None:
            quantization = s.QuantizationParametersT(
                scale=[float(x) for x in np.atleast_1d(scale)],
                zeroPoint=[int(x) for x in np.atleast_1d(zero)],
                quantizedDimension=axis,
            )
        name = f"t{len(self.tensors)}".encode()
        self.tensors.append(
            s.TensorT(shape=[int(x) for x in shape], type=kind, buffer=buffer, name=name, quantization=quantization)
        )
        return len(self.tensors) - 1

    def build(self, code, version, options_type, options, inputs, outputs):
        operator = s.OperatorT(
            opcodeIndex=0,
            inputs=inputs,
            outputs=outputs,
            builtinOptionsType=options_type,
            builtinOptions=options,
        )
        graph = s.SubGraphT(
            tensors=self.tensors, inputs=inputs[:1], outputs=outputs, operators=[operator], name=b"main"
        )
        operator_code = s.OperatorCodeT(
            deprecatedBuiltinCode=min(code, 127), builtinCode=code, version=version
        )
        model = s.ModelT(
            version=3, operatorCodes=[operator_code], subgraphs=[graph], buffers=self.buffers, description=b""
        )
        builder = flatbuffers.Builder(1024)
        builder.Finish(model.Pack(builder), b"TFL3")
        return bytes(builder.Output())


def compute(model, x, resolver):
    interpreter = Interpreter(model_content=model, experimental_op_resolver_type=resolver, num_threads=1)
    interpreter.allocate_tensors()
    interpreter.set_tensor(interpreter.get_input_details()[0]["index"], x)
    interpreter.invoke()
    return interpreter.get_tensor(interpreter.get_output_details()[0]["index"]).copy()


def axis(rng, most, dilated):
    """Sizes of one axis: input, output, kernel, stride, dilation, before; and whether it is padded to the same size."""
    same = bool(rng.integers(2))
    while True:
        size, kernel = int(rng.integers(1, most + 1)), int(rng.integers(1, 6))
        dilation = int(rng.integers(2, 4)) if dilated else 1
        stride = 1 if dilated else int(rng.integers(1, 4))
        covered = (kernel - 1) * dilation + 1
        if same:
            output = -(-size // stride)
            before = max((output - 1) * stride + covered - size, 0) // 2
            return [size, output, kernel, stride, dilation, before], same
        if covered <= size:
            return [size, (size - covered) // stride + 1, kernel, stride, dilation, 0], same


def axes(rng, most, dilated=False):
    """Two of them, padded alike."""
    while True:
        (h, same), (w, also) = axis(rng, most, dilated), axis(rng, most, dilated)
        if same == also:
            return h, w, s.Padding.SAME if same else s.Padding.VALID


def scale(rng, low=-8, high=2):
    """Any; or a power of two, for sums that lie between two outputs."""
    exponent = rng.uniform(low, high)
    return np.float32(2.0 ** (np.round(exponent) if rng.integers(4) == 0 else exponent))


def zero(rng):
    return int(rng.choice([rng.integers(-128, 128), -128, 127, 0]))


def values(rng, shape):
    """Any, or few of them large."""
    if rng.integers(4) == 0:
        return np.clip(np.round(rng.normal(0, 30, shape)), -128, 127).astype(np.int8)
    return rng.integers(-128, 128, shape, dtype=np.int8)


class Product:
    """Scales and bias of an operator that multiplies, such that the outputs are of all kinds."""

    def __init__(self, rng, kernel, terms, outputs, per_channel, biased=False):
        self.input, self.input_zero = scale(rng), zero(rng)
        self.scales = np.array([scale(rng, -9, -2) for _ in range(outputs if per_channel else 1)], np.float32)
        sums = 5000.0 * np.sqrt(max(terms, 1)) * float(self.input) * float(np.median(self.scales))
        self.output, self.output_zero = np.float32(sums / 2.0 ** rng.uniform(4, 9)), zero(rng)
        if rng.integers(4) == 0:
            # Many sums between two outputs.
            self.input, self.output = [np.float32(2.0 ** np.round(np.log2(x))) for x in (self.input, self.output)]
            self.scales = np.float32(2.0 ** np.round(np.log2(self.scales)))
        self.bias = None
        if rng.integers(4) or biased:
            self.bias = rng.integers(-20000, 20000, outputs, dtype=np.int32)
        # As the specification has it: never -128.
        self.kernel = np.maximum(values(rng, kernel), -127)
        self.clamp = int(rng.choice([0, 0, 1, 2, 3]))

    def tensors(self, model, x, out, axis):
        x = model.tensor(x, s.TensorType.INT8, self.input, self.input_zero)
        zeros = np.zeros(len(self.scales), np.int64)
        kernel = model.tensor(
            self.kernel.shape, s.TensorType.INT8, self.scales, zeros, self.kernel, axis if len(zeros) > 1 else 0
        )
        inputs = [x, kernel]
        if self.bias is None:
            inputs.append(-1)
        else:
            scales = self.scales * self.input
            inputs.append(model.tensor(self.bias.shape, s.TensorType.INT32, scales, zeros, self.bias))
        return inputs, [model.tensor(out, s.TensorType.INT8, self.output, self.output_zero)]

    def case(self, ints):
        bias = np.zeros(0, np.int32) if self.bias is None else self.bias
        ints = [self.input_zero, self.output_zero, self.clamp, *ints]
        return ints, [self.input, self.output], self.kernel, bias, self.scales


def dense(rng):
    rows, inputs, outputs = int(rng.integers(1, 4)), int(rng.integers(1, 70)), int(rng.integers(1, 40))
    p = Product(rng, (outputs, inputs), inputs, outputs, rng.integers(3) != 0)
    model = Model()
    given, out = p.tensors(model, (rows, inputs), (rows, outputs), 0)
    options = s.FullyConnectedOptionsT(fusedActivationFunction=ACTIVATIONS[p.clamp])
    model = model.build(
        s.BuiltinOperator.FULLY_CONNECTED, 5, s.BuiltinOptions.FullyConnectedOptions, options, given, out
    )
    return model, (rows, inputs), p.case([1, rows, inputs, outputs])


def conv(rng):
    h, w, padding = axes(rng, 9, rng.integers(4) == 0)
    if rng.integers(5) == 0:
        h, w = [[n, n, 1, 1, 1, 0] for n in rng.integers(1, 6, 2).tolist()]
    channels, filters, batch = int(rng.integers(1, 9)), int(rng.integers(1, 20)), int(rng.integers(1, 3))
    terms = h[2] * w[2] * channels
    # (A quantised one has to have a bias; without it a depthwise one ends the process.)
    p = Product(rng, (filters, h[2], w[2], channels), terms, filters, rng.integers(5) != 0, biased=True)
    model = Model()
    shape, result = (batch, h[0], w[0], channels), (batch, h[1], w[1], filters)
    given, out = p.tensors(model, shape, result, 0)
    options = s.Conv2DOptionsT(
        padding=padding,
        strideH=h[3],
        strideW=w[3],
        dilationHFactor=h[4],
        dilationWFactor=w[4],
        fusedActivationFunction=ACTIVATIONS[p.clamp],
    )
    model = model.build(s.BuiltinOperator.CONV_2D, 3, s.BuiltinOptions.Conv2DOptions, options, given, out)
    return model, shape, p.case([batch, *h, *w, channels, filters])


def depthwise(rng):
    h, w, padding = axes(rng, 9, rng.integers(4) == 0)
    channels, multiplier = int(rng.choice([1, rng.integers(1, 20)])), int(rng.choice([1, 1, rng.integers(1, 9)]))
    filters, batch = channels * multiplier, int(rng.integers(1, 3))
    p = Product(rng, (1, h[2], w[2], filters), h[2] * w[2], filters, rng.integers(5) != 0, biased=True)
    model = Model()
    shape, result = (batch, h[0], w[0], channels), (batch, h[1], w[1], filters)
    given, out = p.tensors(model, shape, result, 3)
    options = s.DepthwiseConv2DOptionsT(
        padding=padding,
        strideH=h[3],
        strideW=w[3],
        dilationHFactor=h[4],
        dilationWFactor=w[4],
        depthMultiplier=multiplier,
        fusedActivationFunction=ACTIVATIONS[p.clamp],
    )
    code = s.BuiltinOperator.DEPTHWISE_CONV_2D
    model = model.build(code, 3, s.BuiltinOptions.DepthwiseConv2DOptions, options, given, out)
    return model, shape, p.case([batch, *h, *w, channels, filters])


def pool(rng, code):
    h, w, padding = axes(rng, 9)
    channels, batch, unit, point = int(rng.integers(1, 40)), int(rng.integers(1, 3)), scale(rng), zero(rng)
    model = Model()
    shape, result = (batch, h[0], w[0], channels), (batch, h[1], w[1], channels)
    x = model.tensor(shape, s.TensorType.INT8, unit, point)
    y = model.tensor(result, s.TensorType.INT8, unit, point)
    options = s.Pool2DOptionsT(
        padding=padding, strideH=h[3], strideW=w[3], filterHeight=h[2], filterWidth=w[2]
    )
    model = model.build(code, 2, s.BuiltinOptions.Pool2DOptions, options, [x], [y])
    return model, shape, plain([point, point, 0, batch, *h, *w, channels], [unit, unit])


def mean(rng):
    batch, h, w, channels = (int(rng.integers(1, n)) for n in (3, 12, 12, 40))
    input, output = scale(rng), scale(rng)
    output = np.float32(input * 2.0 ** rng.uniform(-3, 1))
    zeros = [zero(rng), zero(rng)]
    model = Model()
    shape, keep = (batch, h, w, channels), bool(rng.integers(2))
    x = model.tensor(shape, s.TensorType.INT8, input, zeros[0])
    over = model.tensor((2,), s.TensorType.INT32, data=np.array([1, 2], np.int32))
    result = (batch, 1, 1, channels) if keep else (batch, channels)
    y = model.tensor(result, s.TensorType.INT8, output, zeros[1])
    options = s.ReducerOptionsT(keepDims=keep)
    model = model.build(s.BuiltinOperator.MEAN, 2, s.BuiltinOptions.ReducerOptions, options, [x, over], [y])
    return model, shape, plain([*zeros, 0, batch, h * w, channels], [input, output])


def pad(rng):
    batch, h, w, channels = (int(rng.integers(1, n)) for n in (3, 6, 6, 9))
    top, bottom, left, right = rng.integers(0, 4, 4).tolist()
    unit, point = scale(rng), zero(rng)
    model = Model()
    shape = (batch, h, w, channels)
    x = model.tensor(shape, s.TensorType.INT8, unit, point)
    amounts = np.array([[0, 0], [top, bottom], [left, right], [0, 0]], np.int32)
    paddings = model.tensor((4, 2), s.TensorType.INT32, data=amounts)
    y = model.tensor((batch, h + top + bottom, w + left + right, channels), s.TensorType.INT8, unit, point)
    model = model.build(
        s.BuiltinOperator.PAD, 2, s.BuiltinOptions.PadOptions, s.PadOptionsT(), [x, paddings], [y]
    )
    ints = [point, point, 0, batch, h, w, channels, top, left, bottom, right]
    return model, shape, plain(ints, [unit, unit])


def table(rng, function=None):
    function = int(rng.integers(11)) if function is None else function
    input, output, zeros, slope = scale(rng, -9, 0), scale(rng, -9, 0), [zero(rng), zero(rng)], np.float32(0)
    if function == LOGISTIC:
        output, zeros[1] = np.float32(1 / 256), -128
    elif function == TANH:
        output, zeros[1] = np.float32(1 / 128), 0
    elif function in (HARD_SWISH, GELU, GELU_APPROXIMATE, ELU):
        # What the values need, or a bit more or less.
        most = max(float(input) * (127 - zeros[0]), 0.5)
        output = np.float32(most / 255 * 2.0 ** rng.uniform(-1, 2))
        output = max(output, np.float32(input / 100))
    code, version, options_type, options = {
        QUANTIZE: (s.BuiltinOperator.QUANTIZE, 2, s.BuiltinOptions.QuantizeOptions, s.QuantizeOptionsT()),
        RELU: (s.BuiltinOperator.RELU, 2, 0, None),
        RELU6: (s.BuiltinOperator.RELU6, 2, 0, None),
        RELU_N1_TO_1: (s.BuiltinOperator.RELU_N1_TO_1, 1, 0, None),
        LOGISTIC: (s.BuiltinOperator.LOGISTIC, 2, 0, None),
        TANH: (s.BuiltinOperator.TANH, 2, 0, None),
        ELU: (s.BuiltinOperator.ELU, 1, 0, None),
        LEAKY_RELU: (s.BuiltinOperator.LEAKY_RELU, 2, s.BuiltinOptions.LeakyReluOptions, s.LeakyReluOptionsT()),
        HARD_SWISH: (s.BuiltinOperator.HARD_SWISH, 1, 0, None),
        GELU: (s.BuiltinOperator.GELU, 2, s.BuiltinOptions.GeluOptions, s.GeluOptionsT(approximate=False)),
        GELU_APPROXIMATE: (s.BuiltinOperator.GELU, 2, s.BuiltinOptions.GeluOptions, s.GeluOptionsT(approximate=True)),
    }[function]
    if function == LEAKY_RELU:
        slope = np.float32(rng.choice([0.2, 0.3, 0.01, rng.uniform(-0.5, 2.0)]))
        options.alpha = float(slope)
    model = Model()
    x = model.tensor((1, 256), s.TensorType.INT8, input, zeros[0])
    y = model.tensor((1, 256), s.TensorType.INT8, output, zeros[1])
    model = model.build(code, version, options_type, options, [x], [y])
    return model, (1, 256), plain([*zeros, 0, 1, 256, function], [input, output, slope])


def softmax(rng):
    rows, width = int(rng.integers(1, 4)), int(rng.choice([2, 10, rng.integers(1, 400)]))
    input, point = scale(rng, -10, 2), zero(rng)
    model = Model()
    x = model.tensor((rows, width), s.TensorType.INT8, input, point)
    y = model.tensor((rows, width), s.TensorType.INT8, np.float32(1 / 256), -128)
    options = s.SoftmaxOptionsT(beta=1.0)
    model = model.build(s.BuiltinOperator.SOFTMAX, 2, s.BuiltinOptions.SoftmaxOptions, options, [x], [y])
    return model, (rows, width), plain([point, -128, 0, 1, rows, width], [input, np.float32(1 / 256)])


def plain(ints, floats):
    """A case without a kernel."""
    return ints, floats, np.zeros(0, np.int8), np.zeros(0, np.int32), np.zeros(0, np.float32)


def write(out, array, kind):
    array = np.asarray(array, kind).reshape(-1)
    out.write(np.array([array.size], "<i4").tobytes())
    out.write(array.astype(np.dtype(kind).newbyteorder("<")).tobytes())


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--count", type=int, default=270)
    parser.add_argument("--out", default=pathlib.Path(__file__).parent / "cases.bin")
    arguments = parser.parse_args()
    rng = np.random.default_rng(arguments.seed)
    makers = {
        DENSE: dense,
        CONV: conv,
        DEPTHWISE: depthwise,
        MAX: lambda rng: pool(rng, s.BuiltinOperator.MAX_POOL_2D),
        AVERAGE: lambda rng: pool(rng, s.BuiltinOperator.AVERAGE_POOL_2D),
        MEAN: mean,
        PAD: pad,
        TABLE: table,
        SOFTMAX: softmax,
    }
    with open(arguments.out, "wb") as out:
        for index in range(arguments.count):
            kind = KINDS[index % len(KINDS)]
            model, shape, (ints, floats, kernel, bias, scales) = makers[kind](rng)
            x = values(rng, shape)
            if kind == TABLE:
                x = np.arange(-128, 128, dtype=np.int8).reshape(shape)
            resolver = OpResolverType.BUILTIN_REF
            if kind == TABLE and ints[-1] == ELU:
                # There is no reference kernel; without XNNPACK it is a table.
                resolver = OpResolverType.BUILTIN_WITHOUT_DEFAULT_DELEGATES
            reference = compute(model, x, resolver)
            default = compute(model, x, OpResolverType.AUTO)
            out.write(np.array([kind], "<i4").tobytes())
            arrays = [(ints, "i4"), (floats, "f4"), (kernel, "i1"), (bias, "i4"), (scales, "f4")]
            for array, dtype in arrays + [(x, "i1"), (reference, "i1"), (default, "i1")]:
                write(out, array, dtype)


if __name__ == "__main__":
    main()
