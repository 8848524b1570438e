"""Requests a second of our server beside FastAPI's and KServe's with ONNX Runtime: the same
model, the same machine, one after the other and again, and the medians of the ratios.

    throughput.py MIXCONV LOAD MODEL.onnx SIZE PYTHON [ROUNDS [SECONDS]]
"""

import json
import pathlib
import statistics
import subprocess
import sys

import peers

CALLERS = (1, 8, 64)


def measured(load, server, model, size, callers, seconds):
    command = [load, "-url", server.url, "-model", pathlib.Path(model).stem, "-size", str(size), "-callers", str(callers), "-for", f"{seconds}s"]
    found = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
    if found["failed"]:
        print(f"{server.name}: {found['failed']} of {found['requests']} failed: {found['first_error']}", file=sys.stderr)
    return found


def main(mixconv, load, model, size, python, rounds="3", seconds="5"):
    mixconv, load, model = (str(pathlib.Path(p).resolve()) for p in (mixconv, load, model))
    python = str(pathlib.Path(python).absolute())
    found = {}
    for _ in range(int(rounds)):
        for server in (peers.ours(mixconv, model, 2), peers.fastapi(python, model, 2), peers.kserve(python, model, 2)):
            with server as s:
                for callers in CALLERS:
                    one = measured(load, s, model, size, callers, seconds)
                    found.setdefault((s.name, s.version), {}).setdefault(callers, []).append(one)
    ours = next(iter(found.values()))
    print("| server | callers | requests/s | p50 ms | p99 ms | ours / theirs |")
    print("| --- | --- | --- | --- | --- | --- |")
    for (name, version), by_callers in found.items():
        for callers, runs in by_callers.items():
            middle = {key: statistics.median(r[key] for r in runs) for key in ("per_second", "P50", "P99")}
            ratio = statistics.median(a["per_second"] / max(b["per_second"], 1e-9) for a, b in zip(ours[callers], runs))
            print(f"| {name} {version} | {callers} | {middle['per_second']:.1f} | {middle['P50']:.1f} | {middle['P99']:.1f} | {ratio:.2f} |")


main(*sys.argv[1:])
