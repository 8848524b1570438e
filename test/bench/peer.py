"""Times ONNX Runtime or OpenVINO in a process of its own.

    peer.py ENGINE MODEL THREADS BATCH RUNS

prints a JSON object with the keys that `mixconv bench --json` has for the same:
load_ms, first_ms, and of the runs after those median_ms and min_ms. Importing
the library is not part of load_ms.
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


def main(engine, model, threads, batch, runs):
    version, load = ENGINES[engine](threads)
    x = pictures(batch)
    marks = [time.perf_counter()]
    run = load(model, list(x.shape))
    marks.append(time.perf_counter())
    for _ in range(1 + runs // 10 + 1 + runs):  # the first, a tenth to warm up as mixconv does, the rest
        run(x)
        marks.append(time.perf_counter())
    spans = [1e3 * (b - a) for a, b in zip(marks, marks[1:])]
    timed = spans[-runs:]
    json.dump({
        "version": version,
        "load_ms": spans[0],
        "first_ms": spans[1],
        "median_ms": statistics.median(timed),
        "min_ms": min(timed),
    }, sys.stdout)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], *map(int, sys.argv[3:]))
