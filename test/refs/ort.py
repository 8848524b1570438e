"""Checks and runs ONNX files with onnx's checker and ONNX Runtime.

Reads a JSON list of {"model", "input", "output", "run"} from stdin: paths of an
ONNX file, of the .npz with its inputs, of the .npz to write its outputs to, and
whether to run it at all. Prints a JSON list of errors, "" for each success.
"""

import json
import sys

import numpy
import onnx
import onnxruntime


def check_and_run(job):
    onnx.checker.check_model(job["model"], full_check=True)
    if not job["run"]:
        return
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3
    session = onnxruntime.InferenceSession(job["model"], options, providers=["CPUExecutionProvider"])
    arrays = numpy.load(job["input"])
    outputs = [o.name for o in session.get_outputs()]
    results = session.run(outputs, {i.name: arrays[i.name] for i in session.get_inputs()})
    numpy.savez(job["output"], **dict(zip(outputs, results)))


def attempt(job):
    try:
        check_and_run(job)
        return ""
    except Exception as e:
        return f"{type(e).__name__}: {e}"


json.dump([attempt(job) for job in json.load(sys.stdin)], sys.stdout)
