"""The networks of speed.rs with LiteRT (XNNPACK, one thread) and with kseq-int8, in turn: `speed.py PROGRAM [REPEATS]`."""

import os
import statistics
import subprocess
import sys
import time

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
import numpy as np
import tensorflow as tf
from ai_edge_litert.interpreter import Interpreter

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
    empty = interpreter(nothing())
    lites = {f.__name__: interpreter(f()) for f in (digits, vgg, keywords)}
    cpu = [line for line in open("/proc/cpuinfo") if line.startswith("model name")][0].split(":")[1].strip()
    print(cpu, os.environ.get("KSEQ_ISA", ""))
    print(f"{'network':10} {'XNNPACK':>9} {'kseq':>9}  ratio (of each round), without the {'{:.0f}'.format(nanoseconds(empty.invoke))} ns of a call from Python")
    for name, lite in lites.items():
        theirs, ours, ratios = [], [], []
        for _ in range(repeats):
            call = nanoseconds(empty.invoke)
            theirs.append(nanoseconds(lite.invoke) - call)
            ours.append(float(subprocess.run([program, name], capture_output=True, text=True, check=True).stdout.split()[1]))
            ratios.append(theirs[-1] / ours[-1])
        text = " ".join(f"{r:.2f}" for r in sorted(ratios))
        print(f"{name:10} {statistics.median(theirs):9.0f} {statistics.median(ours):9.0f}  {text}")


main()
