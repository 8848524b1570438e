"""Runs graphs of graphs.py in ONNX Runtime, whose optimisations are off.

run.py FOLDER SEED FIRST COUNT writes NUMBER.onnx, NUMBER.in.npz and NUMBER.out.npz
for each graph, and prints a line of JSON: {"number", "what", "tolerance", "error"},
where error is ONNX Runtime's, if it refuses the graph.
"""

import json
import os
import sys

import numpy
import onnxruntime

import graphs
import nearest

options = onnxruntime.SessionOptions()
options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
options.intra_op_num_threads = options.inter_op_num_threads = 1
options.log_severity_level = 4


def what(node):
    """A node on one line."""
    from onnx import helper

    parts = []
    for a in node.attribute:
        v = helper.get_attribute_value(a)
        parts.append(f"{a.name}={v.decode() if isinstance(v, bytes) else v}")
    return f"{node.op_type}({', '.join(parts)})"


def run(folder, seed, number):
    g = graphs.draw(seed, number)
    model = g.model()
    path = os.path.join(folder, str(number))
    data = model.SerializeToString()
    with open(path + ".onnx", "wb") as f:
        f.write(data)
    numpy.savez(path + ".in.npz", **g.feeds)
    shapes = {name: list(a.shape) for name, a in g.feeds.items()}
    text = f"opset {g.opset}: {'; '.join(what(n) for n in g.nodes)} of {shapes}"
    line = {"number": number, "what": text, "tolerance": g.tolerance, "error": ""}
    try:
        session = onnxruntime.InferenceSession(data, options, providers=["CPUExecutionProvider"])
        names = [o.name for o in session.get_outputs()]
        results = dict(zip(names, session.run(names, g.feeds)))
    except Exception as e:
        line["error"] = " ".join(str(e).split()) or type(e).__name__
        return line
    if g.resized and g.attributes["mode"] == "nearest":
        x = g.feeds.get("x")
        if x is None:
            x = graphs.numpy_helper.to_array(next(i for i in g.initializers if i.name == "x"))
        results["y"] = nearest.correct(g, x, results["y"])
    numpy.savez(path + ".out.npz", **results)
    return line


def main():
    folder, seed, first, count = sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4])
    for number in range(first, first + count):
        print(json.dumps(run(folder, seed, number)), flush=True)


main()
