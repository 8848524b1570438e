"""Starts servers of the Open Inference Protocol, ours and others, for one model each.

A server is its name, its version, its URL and the URL of its gRPC ("" for the same, None
for none). The Python packages that the others need are in requirements-kserve.txt and
requirements-mlserver.txt: they do not fit into one environment."""

import contextlib
import json
import os
import pathlib
import socket
import subprocess
import tempfile
import time
import urllib.request
from dataclasses import dataclass

HERE = pathlib.Path(__file__).resolve().parent


@dataclass
class Server:
    name: str
    version: str
    url: str
    grpc: str | None
    pid: int


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def version(python, package):
    code = "import importlib.metadata, sys; print(importlib.metadata.version(sys.argv[1]))"
    return subprocess.run([python, "-c", code, package], check=True, capture_output=True, text=True).stdout.strip()


@contextlib.contextmanager
def started(name, version, command, url, grpc, ready, env=None):
    """Runs a server until the block ends."""
    with contextlib.closing(tempfile.TemporaryFile()) as log:
        yield from running(name, version, command, url, grpc, ready, env, log)


def running(name, version, command, url, grpc, ready, env, log):
    process = subprocess.Popen(command, stdout=log, stderr=log, env={**os.environ, **(env or {})}, cwd=HERE / "peers")
    try:
        wait(process, ready)
        yield Server(name, version, url, grpc, process.pid)
    finally:
        process.terminate()
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def wait(process, url, seconds=120):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if process.poll() is not None:
            raise SystemExit(f"{process.args[0]} ended with {process.returncode}")
        try:
            with urllib.request.urlopen(url, timeout=5) as answer:
                if answer.status == 200:
                    return
        except OSError:
            pass
        time.sleep(0.1)
    raise SystemExit(f"{process.args[0]} is not ready after {seconds} s")


def ours(program, model, threads):
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    found = subprocess.run([program, "version", "--json"], check=True, capture_output=True, text=True).stdout
    return started("mixconv", json.loads(found)["version"], [program, "serve", str(model), "--listen", f"127.0.0.1:{port}", "--threads", str(threads)],
                   url, "", url + "/v2/health/ready")


def kserve(python, model, threads):
    port, grpc = free_port(), free_port()
    name, url = pathlib.Path(model).stem, f"http://127.0.0.1:{port}"
    return started("KServe", version(python, "kserve"), [python, "kserve_server.py", name, str(model), str(port), str(grpc)],
                   url, f"http://127.0.0.1:{grpc}", f"{url}/v2/models/{name}/ready", {"PEER_THREADS": str(threads)})


def fastapi(python, model, threads):
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    return started("FastAPI", version(python, "fastapi"), [python, "fastapi_server.py", pathlib.Path(model).stem, str(model), str(port)],
                   url, None, url + "/v2/health/ready", {"PEER_THREADS": str(threads)})


@contextlib.contextmanager
def mlserver(python, model, threads):
    port, grpc, metrics = free_port(), free_port(), free_port()
    name, url = pathlib.Path(model).stem, f"http://127.0.0.1:{port}"
    with tempfile.TemporaryDirectory() as folder:
        settings = {"http_port": port, "grpc_port": grpc, "metrics_port": metrics, "host": "127.0.0.1", "parallel_workers": 0}
        described = {"name": name, "implementation": "mlserver_model.Model", "parameters": {"uri": str(pathlib.Path(model).resolve())}}
        (pathlib.Path(folder) / "settings.json").write_text(json.dumps(settings))
        (pathlib.Path(folder) / "model-settings.json").write_text(json.dumps(described))
        command = [str(pathlib.Path(python).parent / "mlserver"), "start", folder]
        env = {"PYTHONPATH": str(HERE / "peers"), "PEER_THREADS": str(threads)}
        with started("MLServer", version(python, "mlserver"), command, url, f"http://127.0.0.1:{grpc}", f"{url}/v2/models/{name}/ready", env) as server:
            yield server
