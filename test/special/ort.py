"""Runs small models in ONNX Runtime, without optimisation.

Reads a JSON list of {"model", "feeds"} from stdin: an ONNX file in base64 and its
inputs by name, each {"type", "shape", "data"}: ONNX's number of the element type,
and the elements in base64, as they lie in memory. Prints a JSON list of
{"outputs", "error"}: the outputs in the same form.
"""

import base64
import json
import sys

import numpy
import onnxruntime
from onnx import helper

BFLOAT16 = 16


def array(t):
    kind = numpy.dtype(numpy.uint16) if t["type"] == BFLOAT16 else helper.tensor_dtype_to_np_dtype(t["type"])
    return numpy.frombuffer(base64.b64decode(t["data"]), kind).reshape(t["shape"])


def value(t):
    if t["type"] == BFLOAT16:
        return onnxruntime.OrtValue.ortvalue_from_numpy_with_onnx_type(array(t), BFLOAT16)
    return onnxruntime.OrtValue.ortvalue_from_numpy(array(t))


def run(job, options):
    session = onnxruntime.InferenceSession(base64.b64decode(job["model"]), options, providers=["CPUExecutionProvider"])
    outputs = session.run_with_ort_values(None, {name: value(t) for name, t in job["feeds"].items()})
    return [
        {"type": helper.np_dtype_to_tensor_dtype(v.dtype), "shape": v.shape, "data": base64.b64encode(numpy.ascontiguousarray(v).tobytes()).decode()}
        for v in (o.numpy() for o in outputs)
    ]


def attempt(job, options):
    try:
        return {"outputs": run(job, options)}
    except Exception as e:
        return {"error": str(e)}


options = onnxruntime.SessionOptions()
options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
options.log_severity_level = 4
options.intra_op_num_threads = 1
json.dump([attempt(job, options) for job in json.load(sys.stdin)], sys.stdout)
