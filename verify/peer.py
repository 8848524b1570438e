"""Times ONNX Runtime for `mixconv bench --against ort`, in a process of its own.

usage: peer.py FOLDER

FOLDER/request.json has `model`, `threads` and the inputs' names; FOLDER/input.npz has the
inputs x0, x1, ... . Writes the outputs of a first run to FOLDER/answer.npz as v0, v1, ...,
and prints a line of JSON: version, load_ms, first_ms and the outputs' names, or what went
wrong, as reference.py says it. Then every line that it reads is a number of runs, which it
makes after one that does not count, and answers with the nanoseconds of each. It ends
with its input. Importing the library is not part of load_ms.
"""

import json
import pathlib
import sys
import time

from reference import Unavailable, cannot_run, one_line


def main(folder):
    try:
        start(folder)
    except ImportError as e:
        say({"missing": e.name or str(e)})
    except Unavailable as e:
        say({"unavailable": one_line(e)})
    except Exception as e:
        say({"error": f"{type(e).__name__}: {one_line(e)}"})


def say(answer):
    print(json.dumps(answer), flush=True)


def start(folder):
    import numpy
    import onnxruntime
    request = json.loads((folder / "request.json").read_text())
    with numpy.load(folder / "input.npz", allow_pickle=False) as f:
        inputs = {name: f[f"x{i}"] for i, name in enumerate(request["inputs"])}
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 4
    options.intra_op_num_threads = request["threads"]
    options.inter_op_num_threads = 1
    with cannot_run("ONNX Runtime"):
        begin = time.perf_counter_ns()
        session = onnxruntime.InferenceSession(request["model"], options, providers=["CPUExecutionProvider"])
        loaded = time.perf_counter_ns()
        outputs = session.run(None, inputs)
        ran = time.perf_counter_ns()
    names = [o.name for o in session.get_outputs()]
    found = {name: v for name, v in zip(names, outputs) if getattr(v, "dtype", None) is not None and v.dtype.kind in "biuf"}
    numpy.savez(folder / "answer.npz", **{f"v{i}": v for i, v in enumerate(found.values())})
    say({"version": onnxruntime.__version__, "load_ms": (loaded - begin) / 1e6, "first_ms": (ran - loaded) / 1e6, "names": list(found)})
    for line in sys.stdin:
        session.run(None, inputs)
        times = []
        for _ in range(int(line)):
            begin = time.perf_counter_ns()
            session.run(None, inputs)
            times.append(time.perf_counter_ns() - begin)
        say({"ns": times})


if __name__ == "__main__":
    main(pathlib.Path(sys.argv[1]))
