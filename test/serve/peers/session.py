"""ONNX Runtime as the peers run it: one session, all providers' defaults but for threads."""

import os

import onnxruntime


def load(path):
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = int(os.environ.get("PEER_THREADS", "2"))
    return onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])


TYPES = {"tensor(float)": "FP32", "tensor(double)": "FP64", "tensor(int64)": "INT64", "tensor(int32)": "INT32"}


def tensors(values):
    """The metadata of a session's inputs or outputs, -1 for open dimensions."""
    return [
        {"name": v.name, "datatype": TYPES[v.type], "shape": [d if isinstance(d, int) else -1 for d in v.shape]}
        for v in values
    ]
