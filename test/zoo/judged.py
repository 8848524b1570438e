"""What the exporting scripts share: pictures, what a network must compute to be
worth judging, ONNX Runtime, and the conversation with the test.
"""

import gc
import json
import logging
import os
import pathlib
import shutil
import sys
import warnings

import numpy
import onnx
import onnxruntime


def pictures(n, height, width, seed):
    """Noise on a colour and a shade of each picture's own: noise alone would look
    the same after global pooling. float32 [n,3,height,width], about -1 to 1."""
    random = numpy.random.default_rng(seed)
    colour, slope = random.uniform(-0.5, 0.5, (2, n, 3, 1, 1))
    shade = slope * (numpy.linspace(-1, 1, height)[:, None] + numpy.linspace(-1, 1, width))
    return (colour + shade + random.uniform(-0.5, 0.5, (n, 3, height, width))).astype(numpy.float32)


def require_sane(outputs, others):
    """Outputs for one picture and for another: a network that gives next to
    nothing, or the same for every picture, proves nothing."""
    for i, (a, b) in enumerate(zip(outputs, others)):
        largest = abs(a).max(initial=0)
        if not largest >= 0.1:
            raise ValueError(f"output {i} is degenerate: at most {largest}")
        if a.shape == b.shape and not abs(a - b).max() >= 0.01 * largest:
            raise ValueError(f"output {i} is degenerate: two pictures differ by {abs(a - b).max() / largest} of it")


def session(path):
    """ONNX Runtime's for the file, or None if it has no kernels for it, as for
    convolutions in bfloat16."""
    options = onnxruntime.SessionOptions()
    options.log_severity_level, options.intra_op_num_threads = 3, 1
    try:
        return onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])
    except onnxruntime.capi.onnxruntime_pybind11_state.NotImplemented:
        return None


def run(path, exporter, wanted):
    """Runs a file in ONNX Runtime on the inputs of all archives of wanted that it
    takes, and describes it to the test."""
    graph, ort, runs = onnx.load(path).graph, session(path), []
    shape = [d.dim_value for d in graph.input[0].type.tensor_type.shape.dim]  # 0: any
    for name, archive in wanted.items():
        x = numpy.load(archive)["input"]
        if any(want not in (0, got) for want, got in zip(shape, x.shape)):
            continue
        runs.append({"want": str(archive), "ort": ""})
        if ort:
            runs[-1]["ort"] = str(path.with_suffix(f".{name}.npz"))
            record(runs[-1]["ort"], x, ort.run(None, {graph.input[0].name: x}))
    return {"exporter": exporter, "path": str(path), "nodes": len(graph.node), "runs": runs}


def record(path, x, outputs):
    numpy.savez(path, input=x, **{f"output{i}": o for i, o in enumerate(outputs)})


def serve(folder, answer):
    """Answers every line of stdin with one of JSON. The folder is emptied before
    each."""
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # what exporters print is no answer
    warnings.filterwarnings("ignore")
    logging.disable(logging.CRITICAL)
    folder = pathlib.Path(folder)
    gc.freeze()
    gc.set_threshold(100_000)  # exporters make many objects; a sixth of their time goes into looking for garbage
    for line in sys.stdin:
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        library, name, size, *options = line.split()
        try:
            reply = {"files": answer(folder, library, name, int(size), options)}
        except Exception as e:
            while e.__cause__:  # exporters wrap what went wrong in advice
                e = e.__cause__
            reply = {"error": f"{type(e).__name__}: {e}"[:1000]}
        print(json.dumps(reply), file=answers, flush=True)
        gc.collect()
