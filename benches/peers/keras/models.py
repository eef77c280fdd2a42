#!/usr/bin/env python3
"""The models of benches/models.rs in Python's programs: a line of JSON for each measurement.

    models.py --backend torch --model mnist_cnn,dqn --mode train,predict --threads 1

Backends: keras-tf, keras-jax, torch, onnxruntime, litert (the last two only predict). Also `--set guide|second|all` in place
of `--model`, `--repeats 5`, `--seconds 0.3` (of a repeat), `--clock cpu|wall`. All modes of a model are measured in one
process, since starting and compiling take most of the time; its memory is that of all of them.

Of each program the fastest ordinary way counts, by short trials that the lines tell (`pilots_us`): compiled by XLA or not,
step by step (`train_on_batch`), within `fit`, with several steps in one call; in PyTorch with channels last or first, and
each kind of its optimizers. `train` is a step on data in memory, the loss read. `fit` is whole epochs, shuffled, all that
`fit` does counted; of PyTorch a loop over a random permutation. Predictions go from NumPy to NumPy. On one thread the
process stays on one CPU, and its CPU time counts.

`../compare` runs this beside kseq. A model is a line in `peers/specs.py`.
"""
import argparse
import os
import sys
import warnings

# `int8.py` beside this file is called like a package.
sys.path = [p for p in sys.path if os.path.abspath(p or ".") != os.path.dirname(os.path.abspath(__file__))]
sys.path.append(os.path.dirname(os.path.abspath(__file__)))

from peers.specs import SETS, SPECS
from peers.timing import complain

BACKENDS = {"keras-tf": "keras_peer", "keras-jax": "keras_peer", "torch": "torch_peer", "onnxruntime": "onnx_peer", "litert": "litert_peer"}
MODES = ["latency", "predict", "train", "fit"]


def parse():
    words = lambda text: text.split(",")
    parser = argparse.ArgumentParser()
    parser.add_argument("--backend", required=True, choices=BACKENDS)
    parser.add_argument("--set", choices=SETS, default="guide")
    parser.add_argument("--model", type=words)
    parser.add_argument("--mode", type=words, default=MODES, dest="modes")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=0.3)
    parser.add_argument("--clock", choices=["cpu", "wall"])
    args = parser.parse_args()
    args.model = args.model or SETS[args.set]
    args.clock = args.clock or ("cpu" if args.threads == 1 else "wall")
    for name, known in [(args.model, SPECS), (args.modes, MODES)]:
        for word in name:
            if word not in known:
                parser.error(f"no {word}; there are {', '.join(known)}")
    return args


def prepare(args):
    """What must be said before the programs are loaded."""
    for name in ("OMP", "MKL", "OPENBLAS", "TF_NUM_INTRAOP", "TF_NUM_INTEROP"):
        os.environ[name + ("_THREADS" if name.startswith("TF") else "_NUM_THREADS")] = str(args.threads)
    os.environ.update(TF_CPP_MIN_LOG_LEVEL="3", CUDA_VISIBLE_DEVICES="", JAX_PLATFORMS="cpu", TF_ENABLE_ONEDNN_OPTS="1")
    if args.threads == 1:
        flags = os.environ.get("XLA_FLAGS", "")
        os.environ["XLA_FLAGS"] = flags + " --xla_cpu_multi_thread_eigen=false"
    os.environ["KERAS_BACKEND"] = "jax" if args.backend == "keras-jax" else "tensorflow"
    # As many threads as CPUs, whatever pools a program makes.
    cpus = sorted(os.sched_getaffinity(0))
    at = os.getpid() % len(cpus)
    os.sched_setaffinity(0, (cpus[at:] + cpus[:at])[: args.threads])
    warnings.filterwarnings("ignore")


def main():
    args = parse()
    prepare(args)
    peer = getattr(__import__("peers." + BACKENDS[args.backend]), BACKENDS[args.backend])
    if args.backend in ("onnxruntime", "litert"):
        args.modes = [mode for mode in args.modes if mode in ("latency", "predict")]
    failed = False
    for name in args.model:
        try:
            peer.run(args, name, SPECS[name])
        except Exception as error:
            complain(name, error)
            failed = True
    sys.exit(failed)


if __name__ == "__main__":
    main()
