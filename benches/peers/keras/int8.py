"""The models of benches/int8.rs in LiteRT and ONNX Runtime: `int8.py litert|onnxruntime MODEL SECONDS FOLDER` prints lines
`name work samples/s`. The bench calls it and has written MODEL.tflite and MODEL.onnx; see there for what is measured.

One thread: the bench keeps the process to one CPU, and the CPU time of the whole process counts.
"""
import os

os.environ.setdefault("OMP_NUM_THREADS", "1")

import statistics
import sys
import time

# This file is called like a package that is not meant.
sys.path = [p for p in sys.path if os.path.abspath(p or ".") != os.path.dirname(os.path.abspath(__file__))]

import numpy as np

BATCH = 32


def report(name, work, batch, seconds, run):
    run()
    figures = []
    for _ in range(5):
        count, begin, used = 0, time.process_time(), 0.0
        while used < seconds:
            for _ in range(10):
                run()
            count += 10
            used = time.process_time() - begin
        figures.append(used / count)
    print(f"{name} {work} {batch / statistics.median(figures):.2f}", flush=True)


def litert(name, seconds, folder):
    from ai_edge_litert.interpreter import Interpreter

    for work, batch in [("batch", BATCH), ("sample", 1)]:
        interpreter = Interpreter(model_path=os.path.join(folder, name + ".tflite"), num_threads=1)
        given, = interpreter.get_input_details()
        interpreter.resize_tensor_input(given["index"], [batch, *given["shape"][1:]], strict=True)
        interpreter.allocate_tensors()
        x = np.random.default_rng(1).integers(-128, 128, [batch, *given["shape"][1:]], dtype=np.int8)
        interpreter.set_tensor(given["index"], x)
        report(name, work, batch, seconds, interpreter.invoke)


def onnxruntime(name, seconds, folder):
    import onnxruntime as ort
    from onnxruntime.quantization import CalibrationDataReader, QuantFormat, QuantType, quantize_static
    from onnxruntime.quantization.shape_inference import quant_pre_process

    path = os.path.join(folder, name + ".onnx")
    shape = [d if isinstance(d, int) else 1 for d in ort.InferenceSession(path, providers=["CPUExecutionProvider"]).get_inputs()[0].shape]
    random = np.random.default_rng(1)

    class Reader(CalibrationDataReader):
        def __init__(self):
            self.left = 32

        def get_next(self):
            self.left -= 1
            return {"input": random.uniform(-1, 1, shape).astype("float32")} if self.left >= 0 else None

    prepared, quantised = path + ".prepared", path + ".int8"
    quant_pre_process(path, prepared)
    best = {}
    # Which of its forms is the faster one depends on the CPU.
    for activations in (QuantType.QUInt8, QuantType.QInt8):
        quantize_static(prepared, quantised, Reader(), quant_format=QuantFormat.QDQ, per_channel=True, activation_type=activations, weight_type=QuantType.QInt8)
        options = ort.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        session = ort.InferenceSession(quantised, options, providers=["CPUExecutionProvider"])
        for work, batch in [("batch", BATCH), ("sample", 1)]:
            x = random.uniform(-1, 1, [batch, *shape[1:]]).astype("float32")
            begin, count = time.process_time(), 0
            while time.process_time() - begin < seconds / 4:
                session.run(None, {"input": x})
                count += 1
            each = (time.process_time() - begin) / count
            if work not in best or each < best[work][0]:
                best[work] = (each, session, x, batch)
    for work, (_, session, x, batch) in best.items():
        report(name, work, batch, seconds, lambda: session.run(None, {"input": x}))


if __name__ == "__main__":
    program, name, seconds, folder = sys.argv[1:]
    {"litert": litert, "onnxruntime": onnxruntime}[program](name, float(seconds), folder)
