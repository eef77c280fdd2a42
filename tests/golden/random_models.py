"""Whole random models from real Keras: layers of all kinds one behind the other, wherever Keras takes them.

    python tests/golden/random_models.py FOLDER [SEED] [MODELS]
    KSEQ_GOLDEN=FOLDER cargo test --test golden

Outputs, gradients of the input and of all weights, penalties, as for the cases of single layers. The arguments of the layers are those
of generate.py.
"""

import sys

import generate
from generate import LAYERS, keras, layers, made_layer, model_case, pick, rng, write_index

MODELS = int(sys.argv[3]) if len(sys.argv) > 3 else 50
# What is random in training is the identity here; an Embedding stands first.
NAMES = [name for name in LAYERS if name != "Embedding"]
INPUTS = [(6,), (12,), (6, 4), (9, 3), (6, 7, 4), (8, 8, 3), (4, 4, 4, 2)]
LARGEST = 1500


def random_model(number):
    tokens = rng.random() < 0.15
    shape = (pick(5, 8),) if tokens else pick(*INPUTS)
    made = [made_layer("Embedding")] if tokens else []
    until = rng.integers(2, 7)
    for _ in range(40):
        if len(made) >= until:
            break
        layer = made_layer(pick(*NAMES))
        layer = layer.__class__.from_config({**layer.get_config(), "name": f"part_{len(made)}"})
        try:
            found = keras.Sequential([keras.Input(shape, dtype="int32" if tokens else "float32")] + [part.__class__.from_config(part.get_config()) for part in made + [layer]]).output_shape[1:]
        except Exception:
            continue
        if not found or None in found or 0 in found or len(found) > 4 or np_size(found) > LARGEST:
            continue
        made.append(layer)
    if made:
        model_case("random", made, (2, *shape), tokens)


def np_size(shape):
    size = 1
    for axis in shape:
        size *= axis
    return size


for number in range(MODELS):
    generate.tried(random_model)(number)
write_index()
