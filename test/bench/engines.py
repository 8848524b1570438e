"""What is timed: mixconv in its forms, and the peers, each in a process of its
own for every turn."""

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
        """Builds mixconv without assembly, and the Go binding of ONNX Runtime."""
        self.portable = self._go(ROOT, "mixconv-purego", ["-tags", "purego", "./cmd/mixconv"], cgo="0")
        self.ortgo = self._go(HERE / "ortgo", "ortgo", ["."], cgo="1")
        self.library = next(pathlib.Path(sys.prefix).glob("lib/python*/site-packages/onnxruntime/capi/libonnxruntime.*"))

    def _go(self, module, name, arguments, cgo):
        binary = self.folder / name
        command = ["env", f"CGO_ENABLED={cgo}", "go", "build", "-trimpath", "-o", str(binary), *arguments]
        subprocess.run(command, cwd=module, check=True)
        return str(binary)

    def turn(self, engine, paths, threads, batch, runs):
        """Times a network's files by their form; peers get the split one."""
        numbers = [str(threads), str(batch), str(runs)]
        if engine in ("onnxruntime", "openvino"):
            return process.run_json([sys.executable, str(HERE / "peer.py"), engine, paths["split"], *numbers])
        if engine == "ortgo":
            return process.run_json([self.ortgo, str(self.library), paths["split"], *numbers])
        environment = {"MIXCONV_KERNELS": "avx2"} if engine == "avx2" else None
        return self.bench(self.mixconv, paths["fused" if engine == "fused" else "split"], threads, batch, runs, environment=environment)

    def bench(self, mixconv, path, threads, batch, runs, *more, environment=None):
        command = [mixconv, "bench", path, "--json", "--threads", str(threads), "--batch", str(batch), "--runs", str(runs), *more]
        return process.run_json(command, environment)

    def fallbacks(self, path, batch):
        steps = self.bench(self.mixconv, path, 1, batch, 1, "--profile")["steps"]
        return [s["name"] for s in steps if s["fallback"]]

    def differences(self, path, peers_path, threads, batch, mixconv=None, environment=None):
        """Maps each peer to the largest difference of its outputs, see check.py."""
        command = [sys.executable, str(HERE / "check.py"), mixconv or self.mixconv, path, peers_path, str(threads), str(batch)]
        found = process.run_json(command, environment)
        return {peer: found[peer] for peer in ("onnxruntime", "openvino")}
