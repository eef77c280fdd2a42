"""What benches/first.rs measures, in other programs: `first.py litert|onnxruntime|tensorflow MODEL FOLDER` prints the processor
time in milliseconds, of all threads, from the start of the process to the first prediction of one sample: Python itself, the
import of the module, the model from a file, the prediction.

`first.py write MODEL FOLDER` writes the files that are read, with Keras; that of ONNX Runtime with PyTorch, which
has the channels first.
"""
import os
import sys
import time

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

SHAPES = {"mnist_mlp": (784,), "mnist_cnn": (28, 28, 1), "vgg_like": (100, 100, 3)}


def write(model, path):
    import keras
    import tensorflow as tf
    from keras import layers as L

    conv = lambda n: L.Conv2D(n, 3, activation="relu")
    lists = {
        "mnist_mlp": [L.Dense(512, activation="relu"), L.Dense(512, activation="relu")],
        "mnist_cnn": [conv(32), conv(64), L.MaxPooling2D(), L.Flatten(), L.Dense(128, activation="relu")],
        "vgg_like": [
            conv(32), conv(32), L.MaxPooling2D(), conv(64), conv(64), L.MaxPooling2D(), L.Flatten(),
            L.Dense(256, activation="relu"),
        ],
    }
    net = keras.Sequential([keras.Input(SHAPES[model]), *lists[model], L.Dense(10, activation="softmax")])
    net.save(path + ".keras")
    with open(path + ".tflite", "wb") as file:
        file.write(tf.lite.TFLiteConverter.from_keras_model(net).convert())

    import torch
    from torch import nn

    def conv(i, o):
        return [nn.Conv2d(i, o, 3), nn.ReLU()]

    lists = {
        "mnist_mlp": [nn.Linear(784, 512), nn.ReLU(), nn.Linear(512, 512), nn.ReLU(), nn.Linear(512, 10)],
        "mnist_cnn": [
            *conv(1, 32), *conv(32, 64), nn.MaxPool2d(2), nn.Flatten(), nn.Linear(9216, 128), nn.ReLU(), nn.Linear(128, 10),
        ],
        "vgg_like": [
            *conv(3, 32), *conv(32, 32), nn.MaxPool2d(2), *conv(32, 64), *conv(64, 64), nn.MaxPool2d(2), nn.Flatten(),
            nn.Linear(30976, 256), nn.ReLU(), nn.Linear(256, 10),
        ],
    }
    net = nn.Sequential(*lists[model], nn.Softmax(1)).eval()
    x = torch.zeros(1, *channels_first(SHAPES[model]))
    torch.onnx.export(net, (x,), path + ".onnx", dynamo=False)


def channels_first(shape):
    return shape[-1:] + shape[:-1]


def litert(path, x):
    from ai_edge_litert.interpreter import Interpreter

    net = Interpreter(path + ".tflite")
    net.allocate_tensors()
    net.set_tensor(net.get_input_details()[0]["index"], x)
    net.invoke()
    return net.get_tensor(net.get_output_details()[0]["index"])


def onnxruntime(path, x):
    import onnxruntime

    net = onnxruntime.InferenceSession(path + ".onnx", providers=["CPUExecutionProvider"])
    return net.run(None, {net.get_inputs()[0].name: x.reshape(net.get_inputs()[0].shape)})[0]


def tensorflow(path, x):
    import keras

    return keras.models.load_model(path + ".keras")(x).numpy()


def main():
    peer, model, folder = sys.argv[1:]
    path = os.path.join(folder, "first_" + model)
    if peer == "write":
        return write(model, path)
    import numpy

    y = globals()[peer](path, numpy.zeros((1, *SHAPES[model]), "float32"))
    assert y.shape == (1, 10)
    print(f"{time.process_time() * 1e3:.1f}")


main()
