"""Writes docs/serving-conformance.md: what `mixconv oip-check` finds of our server and of
others, all with the digits model.

    conformance.py MIXCONV MODEL.onnx PYTHON_WITH_KSERVE PYTHON_WITH_MLSERVER
"""

import collections
import json
import pathlib
import subprocess
import sys

import peers

TEXT = """# Conformance of servers

`mixconv oip-check URL` asks a server {cases} questions about the Open Inference Protocol,
version 2, and its extensions; each comes from a section of the text. `make
serve-conformance` asks our server and two others, each with the digits model, and writes
this page. ONNX Runtime runs the model in the others, by a few lines of Python in
`test/serve/peers`, so what they do about inputs that do not fit is partly the doing of
these lines: a server of ours checks them before the model does, theirs do not.

A question about an extension counts only if the server lists the extension, and some need
more of a model or a server than it has.

{groups}

## What failed

{failures}
"""


def asked(mixconv, server, model):
    command = [mixconv, "oip-check", server.url, "--model", pathlib.Path(model).stem, "--json"]
    if server.grpc:
        command += ["--grpc", server.grpc]
    if server.name == "mixconv":
        command.append("--reload")
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode not in (0, 1):
        raise SystemExit(done.stderr)
    return json.loads(done.stdout)


def row(cells):
    return "| " + " | ".join(str(c) for c in cells) + " |"


def groups(reports):
    lines = [row(["part", "cases"] + list(reports)), "|" + " --- |" * (2 + len(reports))]
    first = next(iter(reports.values()))
    order = list(dict.fromkeys(r["group"] for r in first["results"]))
    for group in order + ["all"]:
        cells = [group, sum(group in ("all", r["group"]) for r in first["results"])]
        for report in reports.values():
            n = collections.Counter(r["result"] for r in report["results"] if group in ("all", r["group"]))
            said = [f"{n['pass']} pass"]
            said += [f"{n[kind]} {text}" for kind, text in (("fail", "**fail**"), ("not offered", "not offered"), ("not applicable", "do not apply")) if n[kind]]
            cells.append(", ".join(said))
        lines.append(row(cells))
    return "\n".join(lines)


def failures(reports):
    parts = []
    for name, report in reports.items():
        failed = [r for r in report["results"] if r["result"] == "fail"]
        lines = [f"- {r['group']}, {r['name']}: {r['found'].splitlines()[0][:160]}".replace("<", "&lt;") for r in failed]
        parts.append(f"### {name}\n\n" + ("\n".join(lines) or "Nothing."))
    return "\n\n".join(parts)


def main(mixconv, model, kserve_python, mlserver_python):
    mixconv, model = (str(pathlib.Path(p).resolve()) for p in (mixconv, model))
    kserve_python, mlserver_python = (str(pathlib.Path(p).absolute()) for p in (kserve_python, mlserver_python))
    reports = {}
    for server in (peers.ours(mixconv, model, 2), peers.mlserver(mlserver_python, model, 2), peers.kserve(kserve_python, model, 2)):
        with server as s:
            reports[f"{s.name} {s.version}"] = asked(mixconv, s, model)
    cases = len(next(iter(reports.values()))["results"])
    page = pathlib.Path(__file__).resolve().parents[2] / "docs" / "serving-conformance.md"
    page.write_text(TEXT.format(cases=cases, groups=groups(reports), failures=failures(reports)))


main(*sys.argv[1:])
