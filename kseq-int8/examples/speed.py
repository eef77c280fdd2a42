"""The networks of speed.rs with LiteRT (XNNPACK), with ONNX Runtime (static quantisation, QDQ) and with kseq-int8, in turn, on one
thread: `speed.py PROGRAM [REPEATS]`."""

import os
import statistics
import subprocess
import sys
import tempfile
import time

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
import numpy as np
import onnx
import onnxruntime as ort
import tensorflow as tf
from ai_edge_litert.interpreter import Interpreter
from onnxruntime import quantization

L = tf.keras.layers


def digits():
    return [
        L.Input((28, 28, 1)),
        L.Conv2D(8, 3, activation="relu"),
        L.MaxPooling2D(2),
        L.Conv2D(16, 3, activation="relu"),
        L.MaxPooling2D(2),
        L.Flatten(),
        L.Dense(10),
    ]


def vgg():
    conv = lambda n: L.Conv2D(n, 3, padding="same", activation="relu")
    return [
        L.Input((32, 32, 3)),
        conv(32),
        conv(32),
        L.MaxPooling2D(2),
        conv(64),
        conv(64),
        L.MaxPooling2D(2),
        L.Flatten(),
        L.Dense(256, activation="relu"),
        L.Dense(10),
    ]


def keywords():
    layers = [L.Input((49, 10, 1)), L.Conv2D(64, (10, 4), strides=2, padding="same", activation="relu")]
    for _ in range(4):
        layers += [
            L.DepthwiseConv2D(3, padding="same", activation="relu"),
            L.Conv2D(64, 1, activation="relu"),
        ]
    return layers + [L.GlobalAveragePooling2D(), L.Dense(12)]


def mlp():
    relu = lambda n: L.Dense(n, activation="relu")
    return [L.Input((784,)), relu(512), relu(512), L.Dense(10)]


def nothing():
    return [L.Input((4,)), L.Dense(4)]


def interpreter(layers):
    model = tf.keras.Sequential(layers)
    shape = (1, *model.input_shape[1:])
    rng = np.random.default_rng(0)
    converter = tf.lite.TFLiteConverter.from_keras_model(model)
    converter.optimizations = [tf.lite.Optimize.DEFAULT]
    converter.representative_dataset = lambda: ([rng.normal(size=shape).astype(np.float32)] for _ in range(20))
    converter.target_spec.supported_ops = [tf.lite.OpsSet.TFLITE_BUILTINS_INT8]
    converter.inference_input_type = converter.inference_output_type = tf.int8
    lite = Interpreter(model_content=converter.convert(), num_threads=1)
    lite.allocate_tensors()
    at = lite.get_input_details()[0]["index"]
    lite.set_tensor(at, rng.integers(-128, 128, shape).astype(np.int8))
    return lite


def session(layers):
    """The same network, channels first, as ONNX Runtime quantises it."""
    model = tf.keras.Sequential(layers)
    shape = [1, model.input_shape[3], *model.input_shape[1:3]] if len(model.input_shape) == 4 else [1, *model.input_shape[1:]]
    make, nodes, weights, name = onnx.helper.make_node, [], [], "x"

    def weight(array):
        weights.append(onnx.numpy_helper.from_array(np.ascontiguousarray(array, np.float32), f"w{len(weights)}"))
        return weights[-1].name

    def put(op, inputs, **attributes):
        nonlocal name
        name = f"y{len(nodes)}"
        nodes.append(make(op, inputs, [name], name=name, **attributes))

    for layer in model.layers:
        kind = type(layer).__name__
        if kind in ("Conv2D", "DepthwiseConv2D"):
            kernel, bias = layer.get_weights()
            depthwise = kind == "DepthwiseConv2D"
            kernel = kernel.transpose(2, 3, 0, 1) if depthwise else kernel.transpose(3, 2, 0, 1)
            same = "SAME_UPPER" if layer.padding == "same" else "VALID"
            group = kernel.shape[0] if depthwise else 1
            put("Conv", [name, weight(kernel), weight(bias)], auto_pad=same, strides=list(layer.strides), group=group)
        elif kind == "Dense":
            kernel, bias = layer.get_weights()
            put("Gemm", [name, weight(kernel), weight(bias)])
        elif kind == "MaxPooling2D":
            put("MaxPool", [name], kernel_shape=[2, 2], strides=[2, 2])
        elif kind == "GlobalAveragePooling2D":
            put("GlobalAveragePool", [name])
            put("Flatten", [name])
        elif kind == "Flatten":
            put("Flatten", [name])
        if getattr(layer, "activation", None) is not None and layer.activation.__name__ == "relu":
            put("Relu", [name])
    value = onnx.helper.make_tensor_value_info
    ends = [value("x", onnx.TensorProto.FLOAT, shape)], [value(name, onnx.TensorProto.FLOAT, None)]
    graph = onnx.helper.make_graph(nodes, "net", *ends, weights)
    rng = np.random.default_rng(0)

    class Samples(quantization.CalibrationDataReader):
        left = 20

        def get_next(self):
            self.left -= 1
            return {"x": rng.normal(size=shape).astype(np.float32)} if self.left >= 0 else None

    with tempfile.TemporaryDirectory() as folder:
        onnx.save(onnx.helper.make_model(graph, opset_imports=[onnx.helper.make_opsetid("", 17)], ir_version=9), f"{folder}/f.onnx")
        quantization.quantize_static(f"{folder}/f.onnx", f"{folder}/q.onnx", Samples(), per_channel=True)
        options = ort.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        net = ort.InferenceSession(f"{folder}/q.onnx", options, providers=["CPUExecutionProvider"])
    x = ort.OrtValue.ortvalue_from_numpy(rng.normal(size=shape).astype(np.float32))
    binding = net.io_binding()
    binding.bind_ortvalue_input("x", x)
    binding.bind_output(name)
    return lambda: net.run_with_iobinding(binding)


def nanoseconds(call):
    begin, calls = time.perf_counter(), 0
    while time.perf_counter() - begin < 0.03:
        call()
        calls += 1
    batch = max(calls // 15, 1)
    times = []
    for _ in range(21):
        begin = time.perf_counter_ns()
        for _ in range(batch):
            call()
        times.append((time.perf_counter_ns() - begin) / batch)
    return statistics.median(times)


def main():
    program, repeats = sys.argv[1], int(sys.argv[2]) if len(sys.argv) > 2 else 5
    networks = (digits, vgg, keywords, mlp)
    # What a call from Python takes by itself is measured with a network of 16 products.
    empty = interpreter(nothing()).invoke, session(nothing())
    theirs = {f.__name__: (interpreter(f()).invoke, session(f())) for f in networks}
    cpu = [line for line in open("/proc/cpuinfo") if line.startswith("model name")][0].split(":")[1].strip()
    print(cpu, os.environ.get("KSEQ_ISA", ""))
    print("network: kseq ns; XNNPACK ns, ratio of each round; ONNX Runtime ns, ratio of each round; both without a call from Python")
    for name, calls in theirs.items():
        ours, rounds = [], ([], [])
        for _ in range(repeats):
            ours.append(float(subprocess.run([program, name], capture_output=True, text=True, check=True).stdout.split()[1]))
            for call, nothing_, times in zip(calls, empty, rounds):
                times.append(nanoseconds(call) - nanoseconds(nothing_))
        text = f"{name}: {statistics.median(ours):.0f}"
        for times in rounds:
            ratios = sorted(t / o for t, o in zip(times, ours))
            text += f"; {statistics.median(times):.0f}, " + " ".join(f"{r:.2f}" for r in ratios)
        print(text)


main()
