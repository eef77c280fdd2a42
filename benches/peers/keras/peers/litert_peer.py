"""LiteRT: prediction, of models converted from Keras. XNNPACK is on by itself."""
from .keras_peer import build
from .specs import data
from .timing import Timing, complain


def converted(s, batch, unroll):
    """The interpreter, and what Keras computes."""
    import tensorflow as tf
    from ai_edge_litert.interpreter import Interpreter
    from tensorflow.python.framework.convert_to_constants import convert_variables_to_constants_v2

    model = with_states(s, batch, unroll) if s.get("stateful") else build(s, batch, unroll, fixed=True)
    specs = [tf.TensorSpec(i.shape, i.dtype) for i in model.inputs]
    function = tf.function(lambda *x: model(list(x) if len(x) > 1 else x[0], training=False))
    function = convert_variables_to_constants_v2(function.get_concrete_function(*specs))
    return tf.lite.TFLiteConverter.from_concrete_functions([function]).convert(), model


def with_states(s, batch, unroll):
    """The states as inputs and outputs."""
    import keras

    L = keras.layers
    x = first = keras.Input(s["shape"], batch_size=batch)
    states, after = [], []
    for kind, arguments in s["layers"]:
        if kind == "lstm":
            mine = [keras.Input((arguments["units"],), batch_size=batch) for _ in "hc"]
            x, h, c = L.LSTM(**arguments, return_state=True, unroll=unroll)(x, initial_state=mine)
            states, after = states + mine, after + [h, c]
        else:
            x = L.Dense(**arguments)(x)
    return keras.Model([first, *states], [x, *after])


def stepper(args, s, x, unroll):
    import numpy as np
    from ai_edge_litert.interpreter import Interpreter

    file, model = converted(s, len(x), unroll)
    interpreter = Interpreter(model_content=file, num_threads=args.threads)
    interpreter.allocate_tensors()
    ins, outs = interpreter.get_input_details(), interpreter.get_output_details()
    out = next(d["index"] for d in outs if tuple(d["shape"][1:]) == s["out"])
    into = next(d["index"] for d in ins if tuple(d["shape"][1:]) == s["shape"])
    # States travel from the outputs to the inputs; which is which does not matter for the time.
    states = [d["index"] for d in ins if d["index"] != into]
    after = [d["index"] for d in outs if d["index"] != out]
    values = [[np.zeros((len(x), 32), np.float32)] * len(states)]

    def step():
        interpreter.set_tensor(into, x)
        for index, value in zip(states, values[0]):
            interpreter.set_tensor(index, value)
        interpreter.invoke()
        values[0] = [interpreter.get_tensor(index) for index in after]
        return interpreter.get_tensor(out)

    if not states:
        wanted = model(x, training=False).numpy()
        assert np.abs(step() - wanted).max() < 1e-4, "not what Keras computes"
    return step


def run(args, name, s):
    import keras
    from importlib.metadata import version

    keras.utils.set_random_seed(0)
    timing = Timing(args, name, s, "ai-edge-litert " + version("ai-edge-litert"))
    recurrent = any(kind in ("lstm", "gru", "bilstm") for kind, _ in s["layers"])
    unrolls = [True, False] if recurrent else [False]
    for mode, batch in (("latency", 1), ("predict", s["batch"])):
        if not timing.wants(mode):
            continue
        x, ways = data(s, batch)[0], []
        for unroll in list(unrolls):
            try:
                ways.append((f"unroll={unroll}" if recurrent else "converted", stepper(args, s, x, unroll), 1))
            except Exception as error:
                complain(f"unroll={unroll}", error)
                unrolls.remove(unroll)
        timing.fastest(mode, ways)
