"""Trains the digit classifier of this folder with Keras 3.15, on MNIST's part in `data/mnist`.

    python tests/nostd-proof/digits/train.py

Writes `digits.keras`, and for ten digits that it has not seen `images.u8` (28x28 each) and what Keras gives for them,
`outputs.f32` (ten probabilities each, little-endian).
"""

import gzip
import os

import keras
import numpy as np

HERE = os.path.dirname(os.path.abspath(__file__))
MNIST = os.path.join(HERE, "../../../data/mnist")


def idx(name, header):
    with gzip.open(os.path.join(MNIST, name)) as f:
        return np.frombuffer(f.read(), np.uint8, offset=header)


def images(name):
    return idx(name, 16).reshape(-1, 28, 28, 1)


def main():
    keras.utils.set_random_seed(1)
    x, y = images("train-images-idx3-ubyte.gz"), idx("train-labels-idx1-ubyte.gz", 8)
    x_test, y_test = images("t10k-images-idx3-ubyte.gz"), idx("t10k-labels-idx1-ubyte.gz", 8)
    model = keras.Sequential([
        keras.Input((28, 28, 1)),
        keras.layers.Rescaling(1 / 255),
        keras.layers.Conv2D(8, 3, strides=2, activation="relu"),
        keras.layers.Conv2D(16, 3, activation="relu"),
        keras.layers.MaxPooling2D(),
        keras.layers.Flatten(),
        keras.layers.Dropout(0.2),
        keras.layers.Dense(10, activation="softmax"),
    ])
    model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
    model.fit(x, y, batch_size=64, epochs=6, verbose=2)
    print(model.evaluate(x_test, y_test, verbose=0))
    model.save(os.path.join(HERE, "digits.keras"))
    # One of each digit.
    ten = np.concatenate([x_test[y_test == digit][:1] for digit in range(10)])
    ten.tofile(os.path.join(HERE, "images.u8"))
    outputs = model(ten.astype("float32"), training=False)
    np.asarray(outputs, "<f4").tofile(os.path.join(HERE, "outputs.f32"))
    print(np.argmax(outputs, axis=1))


if __name__ == "__main__":
    main()
