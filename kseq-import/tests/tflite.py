"""LiteRT for `tests/tflite.rs`.

    python tflite.py FOLDER     runs each NAME.tflite with NAME.x.npy, and compares with the last NAME.layer_N.npy: its reference kernels bit for bit,
                                XNNPACK within one unit where there is one operator (NAME begins with one_); `f32`s to 1e-5 of the largest

Needs ai_edge_litert.
"""

import collections
import glob
import os
import sys

# This file is called like a package that is not meant.
sys.path = [p for p in sys.path if os.path.abspath(p or ".") != os.path.dirname(os.path.abspath(__file__))]

import numpy as np
from ai_edge_litert.interpreter import Interpreter, OpResolverType


def run(interpreter, x):
    """As many samples at a time as `x` has."""
    given, = interpreter.get_input_details()
    if tuple(given["shape"]) != x.shape:
        interpreter.resize_tensor_input(given["index"], x.shape, strict=True)
    interpreter.allocate_tensors()
    # An LSTM would go on with the state that it had.
    interpreter.reset_all_variables()
    given, = interpreter.get_input_details()
    interpreter.set_tensor(given["index"], x)
    interpreter.invoke()
    return interpreter.get_tensor(interpreter.get_output_details()[0]["index"])


def reference(path):
    """Which kernels are the reference; of ELU there is only one, and it is not among them."""
    try:
        Interpreter(model_path=path, experimental_op_resolver_type=OpResolverType.BUILTIN_REF)
        return OpResolverType.BUILTIN_REF
    except ValueError as why:
        if "'ELU'" not in str(why):
            raise
        return OpResolverType.BUILTIN_WITHOUT_DEFAULT_DELEGATES


def first_off(path, options, stored):
    """The first operator that says something else, of the first sample."""
    interpreter = Interpreter(model_path=path, experimental_preserve_all_tensors=True, **options)
    run(interpreter, stored["x"][: interpreter.get_input_details()[0]["shape"][0]])
    tensors = {t["index"]: t for t in interpreter.get_tensor_details()}
    for op in interpreter._get_ops_details():
        output = tensors[op["outputs"][0]]
        expected = stored.get(output["name"], np.zeros(0))
        found = interpreter.get_tensor(output["index"]).ravel()
        wrong = np.flatnonzero(found != expected.ravel()[: found.size]) if expected.size else []
        if len(wrong):
            at = wrong[0]
            given = [(tensors[i]["shape"].tolist(), [float(q) for q in tensors[i]["quantization"]]) for i in op["inputs"] if i in tensors]
            return f"{op['op_name']} of {given} to {output['quantization']}: {len(wrong)} of {found.size}, [{at}] is {expected.ravel()[at]}, should be {found[at]}"
    return "in no operator by itself"


def tolerance(kind, name, is_float):
    """How far it may be off; behind other integers that are off by one, XNNPACK's may be off by more."""
    exact = kind != "XNNPACK" or name.startswith(("one_", "float_"))
    return (1e-5 if is_float else int(kind == "XNNPACK")) if exact else np.inf


def check(path, name, stored):
    x, y = stored["x"], stored[f"layer_{len(stored) - 1}"]
    kernels = {
        "the reference kernels": dict(experimental_op_resolver_type=reference(path)),
        "XNNPACK": dict(num_threads=1),
    }
    for kind, options in kernels.items():
        interpreter = Interpreter(model_path=path, **options)
        given, = interpreter.get_input_details()
        of_any = given["shape_signature"][0] == -1
        # One after the other, and all at once.
        for batch in ([1, len(x)] if of_any else [given["shape"][0]]):
            parts = [run(interpreter, x[i : i + batch]) for i in range(0, len(x), batch)]
            found = np.concatenate(parts)
            assert found.shape == y.shape, f"{kind}, {batch} at a time: the shape {found.shape} for {y.shape}"
            is_float = y.dtype == np.float32
            off = np.abs(found.astype(float) - y.astype(float)) / (max(np.abs(y).max(), 1e-30) if is_float else 1)
            if off.max() > tolerance(kind, name, is_float):
                where = first_off(path, options, stored)
                raise AssertionError(f"{kind}, {batch} at a time: {np.count_nonzero(off)} of {off.size} values are off, by up to {off.max():.3g}; {where}")
    signature = interpreter.get_signature_list()["serving_default"]
    assert signature == {"inputs": ["input"], "outputs": ["output"]}, signature
    return [op["op_name"] for op in Interpreter(model_path=path, **kernels["the reference kernels"])._get_ops_details()]


def main(folder):
    wrong, paths = 0, sorted(glob.glob(os.path.join(folder, "*.tflite")))
    operators, arrays = collections.Counter(), collections.defaultdict(list)
    for file in os.listdir(folder):
        if file.endswith(".npy"):
            arrays[file.split(".")[0]].append(file)
    for path in paths:
        name = os.path.basename(path)[: -len(".tflite")]
        stored = {file.split(".")[1]: np.load(os.path.join(folder, file)) for file in arrays[name]}
        try:
            operators.update(found := check(path, name, stored))
            if "-v" in sys.argv:
                print(f"{name}: {found}")
        except Exception as why:
            wrong += 1
            print(f"{name}: {str(why)[:400]}")
    print(dict(operators))
    print(f"{len(paths)} networks, {wrong} wrong")
    sys.exit(1 if wrong or not paths else 0)


main(sys.argv[1])
