"""The public names of Keras, by introspection, for the table in KERAS.md (`cargo xtask pages`).

    python tests/keras_names.py > xtask/src/keras_names.txt

Needs Keras 3.15.1. A line is a name: the module, what it is (`class`, `function`, or `word`: a string that `get` of
that module understands), the name, `=` and the name of the same object if it is another, and the arguments of a
class in their order.
"""

import importlib, inspect, os

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
import keras

MODULES = [
    "layers", "losses", "metrics", "optimizers", "optimizers.schedules", "activations", "initializers",
    "regularizers", "constraints", "callbacks", "utils", "preprocessing.image", "preprocessing.sequence",
]
# `compile` understands them, not `get`: `keras/src/trainers/compile_utils.py`.
WORDS = {"losses": ["crossentropy", "ce"], "metrics": ["accuracy", "acc"]}


def arguments(thing):
    if not inspect.isclass(thing):
        return ""
    try:
        parameters = inspect.signature(thing.__init__).parameters.values()
    except ValueError:
        return ""
    usual = (inspect.Parameter.POSITIONAL_OR_KEYWORD, inspect.Parameter.KEYWORD_ONLY)
    names = [p.name for p in parameters if p.kind in usual and p.name != "self"]
    return " (" + " ".join(names) + ")"


def same(name, thing):
    other = getattr(thing, "__name__", name)
    return "" if other == name else f" = {other}"


print(f"# Made by tests/keras_names.py with Keras {keras.__version__}.")
for module in MODULES:
    public = importlib.import_module("keras." + module)
    for name in sorted(n for n in dir(public) if not n.startswith("_")):
        thing = getattr(public, name)
        if inspect.ismodule(thing):
            continue
        kind = "class" if inspect.isclass(thing) else "function"
        print(f"{module} {kind} {name}{same(name, thing)}{arguments(thing)}")
    words = getattr(importlib.import_module("keras.src." + module), "ALL_OBJECTS_DICT", {}) if module not in (
        "optimizers.schedules", "utils", "preprocessing.image", "preprocessing.sequence") else {}
    for word in sorted({*words, *WORDS.get(module, [])}):
        thing = words.get(word)
        if word not in dir(public):
            print(f"{module} word {word}" + ("" if thing is None else same(word, thing)))
