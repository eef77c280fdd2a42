"""PyTorch: a loop written by hand, eager."""
from .specs import RATES, data
from .timing import Timing, complain, epochs_and_batches


def build(s, logits=False):
    """The model with channels first, without its last activation if the loss has that. Padding of strided windows is the
    same on both sides, as usual in PyTorch: the sizes, and so the work, are Keras's."""
    import torch
    from torch import nn

    class Last(nn.Module):
        """A recurrent layer, of which the outputs or the last one are wanted."""

        def __init__(self, inner, sequences, stateful=False):
            super().__init__()
            self.inner, self.sequences, self.stateful, self.state = inner, sequences, stateful, None

        def forward(self, x):
            if not self.stateful:
                y = self.inner(x)[0]
            else:
                y, state = self.inner(x, self.state)
                self.state = tuple(t.detach() for t in state)
            return y if self.sequences else y[:, -1]

    class BothWays(nn.Module):
        def __init__(self, *sizes):
            super().__init__()
            self.inner = nn.LSTM(*sizes, batch_first=True, bidirectional=True)

        def forward(self, x):
            h = self.inner(x)[1][0]
            return torch.cat([h[0], h[1]], 1)

    class Over(nn.Module):
        def __init__(self, f):
            super().__init__()
            self.f = f

        def forward(self, x):
            return self.f(x)

    acts = {"relu": nn.ReLU, "tanh": nn.Tanh, "sigmoid": nn.Sigmoid, "softmax": lambda: nn.Softmax(-1)}
    modules, shape = [], list(s["shape"])
    channels_last = "vocabulary" in s or any(kind == "lstm" for kind, _ in s["layers"])

    def convolved(arguments, rank):
        k, stride, same = arguments["kernel_size"], arguments.get("strides", 1), arguments.get("padding") == "same"
        sizes = shape[:rank]
        shape[:rank] = [-(-n // stride) if same else (n - k) // stride + 1 for n in sizes]
        return dict(kernel_size=k, stride=stride, padding=k // 2 if same else 0)

    def pooled(arguments, rank):
        k = arguments["pool_size"]
        stride = arguments.get("strides") or k
        same = arguments.get("padding") == "same"
        shape[:rank] = [-(-n // stride) if same else (n - k) // stride + 1 for n in shape[:rank]]
        return dict(kernel_size=k, stride=stride, padding=k // 2 if same else 0)

    for i, (kind, a) in enumerate(s["layers"]):
        width = shape[-1]
        if kind == "dense":
            modules.append(nn.Linear(width, a["units"]))
            shape = [a["units"]]
        elif kind == "dropout":
            modules.append(nn.Dropout(a["rate"]))
        elif kind in ("conv1d", "conv2d"):
            if kind == "conv1d" and channels_last:
                modules.append(Over(lambda x: x.transpose(1, 2)))
                channels_last = False
            made, rank = (nn.Conv1d, 1) if kind == "conv1d" else (nn.Conv2d, 2)
            modules.append(made(width, a["filters"], bias=a.get("use_bias", True), **convolved(a, rank)))
            shape[-1] = a["filters"]
        elif kind == "depthwise2d":
            modules.append(nn.Conv2d(width, width, groups=width, bias=False, **convolved(a, 2)))
        elif kind == "separable2d":
            modules.append(nn.Conv2d(width, width, groups=width, bias=False, **convolved(a, 2)))
            modules.append(nn.Conv2d(width, a["filters"], 1, bias=a["use_bias"]))
            shape[-1] = a["filters"]
        elif kind == "conv2d_transpose":
            stride = a["strides"]
            modules.append(nn.ConvTranspose2d(width, a["filters"], 3, stride=stride, padding=1, output_padding=stride - 1))
            shape = [shape[0] * stride, shape[1] * stride, a["filters"]]
        elif kind == "maxpool1d":
            modules.append(nn.MaxPool1d(**pooled(a, 1)))
        elif kind == "maxpool2d":
            modules.append(nn.MaxPool2d(**pooled(a, 2)))
        elif kind == "avgpool2d":
            modules.append(nn.AvgPool2d(**pooled(a, 2)))
        elif kind in ("gap1d", "gap2d", "gmp1d"):
            over = {"gap1d": lambda x: x.mean(2), "gap2d": lambda x: x.mean((2, 3)), "gmp1d": lambda x: x.amax(2)}[kind]
            modules.append(Over(over))
            shape = [width]
        elif kind == "flatten":
            modules.append(nn.Flatten())
            size = 1
            for n in shape:
                size *= n
            shape = [size]
        elif kind == "reshape":
            shape = list(a["target_shape"])
            modules.append(nn.Unflatten(1, (shape[-1], *shape[:-1])))
        elif kind == "batchnorm":
            modules.append({1: nn.BatchNorm1d, 2: nn.BatchNorm1d, 3: nn.BatchNorm2d}[len(shape)](width))
        elif kind == "relu":
            modules.append(nn.ReLU())
        elif kind == "embedding":
            modules.append(nn.Embedding(a["input_dim"], a["output_dim"]))
            shape = [shape[0], a["output_dim"]]
        elif kind == "lstm":
            inner, sequences = nn.LSTM(width, a["units"], batch_first=True), a["return_sequences"]
            modules.append(Last(inner, sequences, s.get("stateful", False)))
            shape = [shape[0], a["units"]] if sequences else [a["units"]]
        elif kind == "gru":
            modules.append(Last(nn.GRU(width, a["units"], batch_first=True), False))
            shape = [a["units"]]
        elif kind == "bilstm":
            modules.append(BothWays(width, a["units"]))
            shape = [2 * a["units"]]
        else:
            raise KeyError(kind)
        activation = a.get("activation")
        fused = logits and i == len(s["layers"]) - 1 and s["loss"] in ("categorical", "binary")
        if activation and not fused:
            modules.append(acts[activation]())
    return nn.Sequential(*modules)


def first(s, x):
    """Samples or targets with channels first."""
    import numpy as np

    if "vocabulary" in s and x.dtype == np.int32:
        return x.astype(np.int64)
    if x.ndim == 4:
        return np.ascontiguousarray(x.transpose(0, 3, 1, 2))
    if x.ndim == 3 and any(kind == "conv1d" for kind, _ in s["layers"]):
        return np.ascontiguousarray(x.transpose(0, 2, 1))
    return x


def layouts(s):
    return ["contiguous", "channels_last"] if any(kind.startswith("conv2d") for kind, _ in s["layers"]) else ["contiguous"]


def laid(layout, it):
    import torch

    channels_last = layout == "channels_last"
    if isinstance(it, torch.nn.Module):
        return it.to(memory_format=torch.channels_last) if channels_last else it
    return it.contiguous(memory_format=torch.channels_last) if channels_last and it.ndim == 4 else it


def run(args, name, s):
    import torch

    torch.set_num_threads(args.threads)
    torch.manual_seed(0)
    timing = Timing(args, name, s, f"torch {torch.__version__}")
    for mode, batch in (("latency", 1), ("predict", s["batch"])):
        if timing.wants(mode):
            timing.fastest(mode, forward(s, first(s, data(s, batch)[0])))
    if timing.wants("train") or timing.wants("fit"):
        train(timing, s)


def forward(s, x):
    import torch

    for layout in layouts(s):
        model = laid(layout, build(s).eval())

        def step(model=model, layout=layout):
            with torch.inference_mode():
                return model(laid(layout, torch.from_numpy(x))).numpy()

        yield f"inference_mode, {layout}", step, 1


def train(timing, s):
    import torch

    x, y = (torch.from_numpy(first(s, t)) for t in data(s, s["batch"]))
    ways, steps = [], {}
    for layout in layouts(s):
        for foreach in ({}, {"foreach": True}, {"fused": True}):
            way = f"{layout}, {foreach or 'default'}"
            try:
                steps[way] = stepper(s, layout, foreach)
            except Exception as error:
                complain(way, error)
                continue
            here = laid(layout, x), laid(layout, y)
            ways.append((way, lambda f=steps[way], here=here: f(*here), 1))
    timed = timing.warm(ways)
    step, way, f, _ = timed[0]
    if timing.wants("train"):
        timing.report("train", way, timing.repeats(f, 1, step), {w: round(t * 1e6, 2) for t, w, _, _ in timed})
    if timing.wants("fit"):
        layout, f, batch = way.split(",")[0], steps[way], s["batch"]
        epochs, batches = epochs_and_batches(s, step)
        many = [laid(layout, torch.from_numpy(first(s, t))) for t in data(s, batch * batches)]

        def fit():
            for _ in range(epochs):
                for some in torch.randperm(batch * batches).split(batch):
                    f(laid(layout, many[0][some]), laid(layout, many[1][some]))

        timing.fastest("fit", [(f"loop over randperm, {way}", fit, epochs * batches)])


def stepper(s, layout, options):
    """A step of the training, which returns the loss."""
    import torch
    import torch.nn.functional as F

    model = laid(layout, build(s, logits=True).train())
    P, O, lr = model.parameters(), torch.optim, RATES[s["optimizer"]]
    optimizer = {
        "sgd": lambda: O.SGD(P, lr, **options), "momentum": lambda: O.SGD(P, lr, momentum=.9, **options),
        "nesterov": lambda: O.SGD(P, lr, momentum=.9, nesterov=True, **options),
        "rmsprop": lambda: O.RMSprop(P, lr, alpha=.9, eps=1e-7, **options),
        "adadelta": lambda: O.Adadelta(P, lr, rho=.95, eps=1e-7, **options),
        "adam": lambda: O.Adam(P, lr, eps=1e-7, **options),
    }[s["optimizer"]]()
    loss = {"categorical": F.cross_entropy, "binary": F.binary_cross_entropy_with_logits, "squares": F.mse_loss,
            "huber": F.huber_loss}[s["loss"]]

    def step(x, y):
        optimizer.zero_grad(set_to_none=True)
        value = loss(model(x), y)
        value.backward()
        optimizer.step()
        return value.item()

    return step
