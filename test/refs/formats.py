"""Writes one network's weights in the ways that PyTorch users keep them.

usage: formats.py FOLDER MODEL

Reads MODEL.npz in FOLDER, which weights.py wrote. trainer.pth has the averages
of a training beside other weights, hub/ is a folder as Hugging Face has it, with
another epsilon, arrays/ has .npy files, half.safetensors is in bfloat16, and
evil.pth would write a file named `executed`.
"""

import argparse
import json
import pathlib
import sys

import numpy
import torch
from safetensors.torch import save_file

folder, name = pathlib.Path(sys.argv[1]), sys.argv[2]
state = {k: torch.from_numpy(v) for k, v in numpy.load(folder / f"{name}.npz").items()}

trainer = {"state_dict": {f"module.{k}": 2 * v for k, v in state.items()}, "state_dict_ema": state, "args": argparse.Namespace(lr=0.1)}
torch.save(trainer, folder / "trainer.pth")

(folder / "hub").mkdir()
save_file(state, folder / "hub" / "model.safetensors")
config = {"architecture": name, "model_args": {"bn_eps": 2e-3}, "pretrained_cfg": {"crop_pct": 0.9, "interpolation": "bilinear"}}
(folder / "hub" / "config.json").write_text(json.dumps(config))

(folder / "arrays").mkdir()
for k, v in state.items():
    numpy.save(folder / "arrays" / f"{k}.npy", v.numpy())

save_file({k: v.bfloat16() if v.is_floating_point() else v for k, v in state.items()}, folder / "half.safetensors")


class Evil:
    def __reduce__(self):
        return pathlib.Path.touch, (folder / "executed",)


torch.save({"state_dict": Evil()}, folder / "evil.pth")
