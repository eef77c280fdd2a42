"""Makes `files/torch_*.safetensors`, the `state_dict` of PyTorch models as their users save it, with real PyTorch.

    python make_torch.py

`torch_NAME.safetensors` is the `state_dict`; `torch_NAME.samples.safetensors` has `x`, four inputs as Keras takes them (channels
last), and `y`, what PyTorch gives for them. `tests/torch_files.rs` declares the same models in Rust.
"""

import os

import torch
from safetensors.torch import save_file
from torch import nn

FOLDER = os.path.join(os.path.dirname(os.path.abspath(__file__)), "files")


class Last(nn.Module):
    """What comes out at the last step of a recurrent module."""

    def __init__(self, inner):
        super().__init__()
        self.inner = inner

    def forward(self, x):
        y, _ = self.inner(x)
        return y[:, -1]


class All(Last):
    def forward(self, x):
        return self.inner(x)[0]


class Text(nn.Module):
    """Modules with names, whose order is not that of the alphabet."""

    def __init__(self):
        super().__init__()
        self.words = nn.Embedding(20, 6)
        self.memory = nn.LSTM(6, 5, num_layers=2, batch_first=True)
        self.head = nn.Linear(5, 3)

    def forward(self, x):
        return self.head(self.memory(self.words(x))[0][:, -1])


class Both(nn.Module):
    """The two directions of a GRU: the states at their ends."""

    def __init__(self):
        super().__init__()
        self.gru = nn.GRU(3, 4, batch_first=True, bidirectional=True)
        self.out = nn.Linear(8, 2)

    def forward(self, x):
        _, h = self.gru(x)
        return self.out(torch.cat([h[0], h[1]], dim=1))


MODELS = {
    "mlp": (nn.Sequential(nn.Linear(6, 8), nn.ReLU(), nn.BatchNorm1d(8), nn.Linear(8, 5, bias=False), nn.Tanh(), nn.Linear(5, 3)), (6,)),
    # Ten and more modules: `10` comes behind `2`.
    "cnn": (nn.Sequential(nn.Conv2d(2, 4, 3, padding=1), nn.BatchNorm2d(4), nn.ReLU(), nn.MaxPool2d(2), nn.Conv2d(4, 4, 2, groups=4), nn.ReLU(), nn.Conv2d(4, 3, 1),
                          nn.ReLU(), nn.Dropout(0.5), nn.Flatten(), nn.Linear(18, 5), nn.ReLU(), nn.Linear(5, 2)), (6, 8, 2)),
    "conv1d": (nn.Sequential(nn.Conv1d(3, 4, 3), nn.ReLU(), nn.Flatten(), nn.BatchNorm1d(28), nn.Linear(28, 2)), (9, 3)),
    "rnn": (nn.Sequential(All(nn.LSTM(3, 4, batch_first=True)), All(nn.RNN(4, 5, batch_first=True)), Last(nn.GRU(5, 4, batch_first=True)), nn.Linear(4, 1)), (6, 3)),
    "text": (Text(), (7,)),
    "both": (Both(), (6, 3)),
}


def main():
    for i, (name, (model, shape)) in enumerate(MODELS.items()):
        torch.manual_seed(i)
        for key, values in model.state_dict().items():
            if values.is_floating_point():
                values.uniform_(0.5, 2) if "var" in key else values.normal_(0, 0.4)
        model.eval()
        x = torch.randint(0, 20, (4, *shape)) if name == "text" else torch.empty(4, *shape).uniform_(-1, 1)
        # Of an image, and what a Conv1d takes, the channels come first.
        first = isinstance(next(iter(model.children())), (nn.Conv1d, nn.Conv2d))
        given = x.movedim(-1, 1).contiguous() if first else x
        with torch.no_grad():
            y = model(given)
        save_file(model.state_dict(), os.path.join(FOLDER, f"torch_{name}.safetensors"))
        save_file({"x": x.float(), "y": y}, os.path.join(FOLDER, f"torch_{name}.samples.safetensors"))
        print(name, {k: tuple(v.shape) for k, v in model.state_dict().items()})


main()
