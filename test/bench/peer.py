"""Times ONNX Runtime or OpenVINO in a process of its own.

    peer.py ENGINE MODEL THREADS BATCH

prints and reads what internal/turns has for programs in Go. Importing the
library is not part of load_ms.
"""

import json
import statistics
import sys
import time

import numpy


def onnxruntime(threads):
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    options.log_severity_level = 3

    def load(model, shape):
        session = onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])
        return lambda x: session.run(None, {"input": x})[0]

    return onnxruntime.__version__, load


def openvino(threads):
    import openvino

    def load(model, shape):
        core = openvino.Core()
        network = core.read_model(model)
        network.reshape(shape)
        compiled = core.compile_model(network, "CPU", {
            "INFERENCE_NUM_THREADS": threads,
            "PERFORMANCE_HINT": "LATENCY",
            "INFERENCE_PRECISION_HINT": "f32",
        })
        request = compiled.create_infer_request()
        return lambda x: request.infer([x], share_inputs=True, share_outputs=True)[0]

    return openvino.__version__.split("-")[0], load


ENGINES = {"onnxruntime": onnxruntime, "openvino": openvino}


def pictures(batch):
    return numpy.random.default_rng(1).standard_normal((batch, 3, 224, 224), dtype=numpy.float32)


def milliseconds(call):
    start = time.perf_counter()
    result = call()
    return 1e3 * (time.perf_counter() - start), result


def main(engine, model, threads, batch):
    version, load = ENGINES[engine](threads)
    x = pictures(batch)
    load_ms, run = milliseconds(lambda: load(model, list(x.shape)))
    first_ms, _ = milliseconds(lambda: run(x))
    answer({"version": version, "load_ms": load_ms, "first_ms": first_ms})
    for line in sys.stdin:
        answer({"ms": statistics.median_high(milliseconds(lambda: run(x))[0] for _ in range(int(line)))})


def answer(values):
    print(json.dumps(values), flush=True)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], *map(int, sys.argv[3:]))
