"""What is timed: mixconv in its forms, and the peers, each in a process of its
own."""

import pathlib
import subprocess
import sys

import process

HERE = pathlib.Path(__file__).parent
ROOT = HERE.parent.parent

TITLES = {
    "split": "mixconv, split",
    "fused": "mixconv, fused",
    "avx2": "mixconv, AVX2 only",
    "onnxruntime": "ONNX Runtime",
    "openvino": "OpenVINO",
    "ortgo": "ONNX Runtime, Go binding",
}


class Engines:
    """Knows the command of each engine. The folder gets what is built for it."""

    def __init__(self, mixconv, folder):
        self.mixconv, self.folder = mixconv, folder

    def build(self):
        """Builds mixconv without assembly, an app that embeds it, and the Go binding
        of ONNX Runtime."""
        self.portable = self._go(ROOT, "mixconv-purego", ["-tags", "purego", "./cmd/mixconv"], cgo="0")
        self.ours = self._go(ROOT, "ours", ["./test/bench/ours"], cgo="0")
        self.ortgo = self._go(HERE / "ortgo", "ortgo", ["."], cgo="1")
        self.library = next(pathlib.Path(sys.prefix).glob("lib/python*/site-packages/onnxruntime/capi/libonnxruntime.*"))

    def _go(self, module, name, arguments, cgo):
        binary = self.folder / name
        command = ["env", f"CGO_ENABLED={cgo}", "go", "build", "-trimpath", "-o", str(binary), *arguments]
        subprocess.run(command, cwd=module, check=True)
        return str(binary)

    def start(self, engine, paths, threads, batch):
        """Starts a process on a network's file by its form; peers get the split one."""
        program, form, environment = {
            "onnxruntime": ([sys.executable, str(HERE / "peer.py"), engine], "split", None),
            "openvino": ([sys.executable, str(HERE / "peer.py"), engine], "split", None),
            "ortgo": ([self.ortgo, str(self.library)], "split", None),
            "avx2": ([self.ours], "split", {"MIXCONV_KERNELS": "avx2"}),
            "split": ([self.ours], "split", None),
            "fused": ([self.ours], "fused", None),
        }[engine]
        return process.Program([*program, paths[form], str(threads), str(batch)], environment)

    def bench(self, mixconv, path, threads, batch, runs, *more):
        command = [mixconv, "bench", path, "--json", "--threads", str(threads), "--batch", str(batch), "--runs", str(runs), *more]
        return process.run_json(command)

    def fallbacks(self, path, batch):
        steps = self.bench(self.mixconv, path, 1, batch, 1, "--profile")["steps"]
        return [s["name"] for s in steps if s["fallback"]]

    def differences(self, path, peers_path, threads, batch, mixconv=None, environment=None):
        """Maps each peer to the largest difference of its outputs, see check.py."""
        command = [sys.executable, str(HERE / "check.py"), mixconv or self.mixconv, path, peers_path, str(threads), str(batch)]
        found = process.run_json(command, environment)
        return {peer: found[peer] for peer in ("onnxruntime", "openvino")}
