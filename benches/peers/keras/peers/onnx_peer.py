"""ONNX Runtime: prediction, of models exported from PyTorch."""
import io
import warnings

from .specs import data
from .timing import Timing
from .torch_peer import build, first


def exported(s, batch, x):
    """The file, the names of its states, and what PyTorch computes."""
    import torch
    from torch import nn

    model, more = build(s).eval(), []
    arguments = (torch.from_numpy(x),)
    if s.get("stateful"):
        model = with_states(model)
        more = [f"{n}{i}" for i in range(len(model.recurrent)) for n in "hc"]
        arguments += tuple(torch.zeros(1, batch, 32) for _ in more)
    file = io.BytesIO()
    with warnings.catch_warnings(), torch.inference_mode():
        warnings.simplefilter("ignore")
        outputs = ["y"] + [name + "_out" for name in more]
        torch.onnx.export(model, arguments, file, input_names=["x", *more], output_names=outputs, opset_version=17, dynamo=False)
        wanted = model(*arguments)
    return file.getvalue(), more, (wanted[0] if more else wanted).numpy()


def with_states(model):
    """The states as inputs and outputs."""
    import torch

    class States(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.recurrent = torch.nn.ModuleList(m.inner for m in model if hasattr(m, "inner"))
            self.last = torch.nn.Sequential(*(m for m in model if not hasattr(m, "inner")))

        def forward(self, x, *states):
            after = []
            for i, layer in enumerate(self.recurrent):
                x, (h, c) = layer(x, (states[2 * i], states[2 * i + 1]))
                after += [h, c]
            return (self.last(x[:, -1]), *after)

    return States().eval()


def run(args, name, s):
    import numpy as np
    import onnxruntime
    import torch

    torch.set_num_threads(1)
    torch.manual_seed(0)
    timing = Timing(args, name, s, "onnxruntime " + onnxruntime.__version__)
    for mode, batch in (("latency", 1), ("predict", s["batch"])):
        if not timing.wants(mode):
            continue
        x = first(s, data(s, batch)[0])
        file, names, wanted = exported(s, batch, x)
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads, options.inter_op_num_threads = args.threads, 1
        session = onnxruntime.InferenceSession(file, options, providers=["CPUExecutionProvider"])
        states = [{name: np.zeros((1, batch, 32), np.float32) for name in names}]

        def step():
            y, *after = session.run(None, {"x": x, **states[0]})
            states[0] = dict(zip(names, after))
            return y

        assert np.abs(step() - wanted).max() < 1e-4, "not what PyTorch computes"
        timing.fastest(mode, [("session.run, exported from PyTorch", step, 1)])
