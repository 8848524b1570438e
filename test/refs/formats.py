"""Writes one network's weights in the ways that PyTorch users keep them.

usage: formats.py FOLDER MODEL

Reads MODEL.npz in FOLDER, which weights.py wrote. trainer.pth has the averages
of a training beside other weights, and the network's name, as timm's script
writes it, averaged.pth as
torchvision's does, and wrapped.pth, of the older format, what torch.compile and
DistributedDataParallel make of the names. hub/ is a folder as Hugging Face has
it, with another epsilon, and sharded/ another. arrays/ has .npy files, exported/
what export_npy.py makes of trainer.pth. half.safetensors is in bfloat16, and
evil.pth would write a file named `executed`.
"""

import argparse
import json
import pathlib
import subprocess
import sys

import numpy
import torch
from safetensors.torch import save_file

folder, name = pathlib.Path(sys.argv[1]), sys.argv[2]
state = {k: torch.from_numpy(v) for k, v in numpy.load(folder / f"{name}.npz").items()}

trainer = {"state_dict": {f"module.{k}": 2 * v for k, v in state.items()}, "state_dict_ema": state, "args": argparse.Namespace(lr=0.1, model=name)}
torch.save(trainer, folder / "trainer.pth")

averaged = {"model": trainer["state_dict"], "model_ema": {"n_averaged": torch.tensor(3), **{f"module.{k}": v for k, v in state.items()}}, "epoch": 1}
torch.save(averaged, folder / "averaged.pth")
wrapped = {"state_dict": {f"_orig_mod.module.{k}": v for k, v in state.items()}, "epoch": 1}
torch.save(wrapped, folder / "wrapped.pth", _use_new_zipfile_serialization=False)

(folder / "hub").mkdir()
save_file(state, folder / "hub" / "model.safetensors")
config = {"architecture": name, "model_args": {"bn_eps": 2e-3}, "pretrained_cfg": {"crop_pct": 0.9, "interpolation": "bilinear"}}
(folder / "hub" / "config.json").write_text(json.dumps(config))

(folder / "sharded").mkdir()
shards = {k: f"model-0000{1 + i % 3}-of-00003.safetensors" for i, k in enumerate(state)}
for shard in set(shards.values()):
    save_file({k: v for k, v in state.items() if shards[k] == shard}, folder / "sharded" / shard)
(folder / "sharded" / "model.safetensors.index.json").write_text(json.dumps({"metadata": {}, "weight_map": shards}))
(folder / "sharded" / "config.json").write_text(json.dumps({"architecture": name}))

(folder / "arrays").mkdir()
for k, v in state.items():
    numpy.save(folder / "arrays" / f"{k}.npy", v.numpy())

export = pathlib.Path(__file__).parents[2] / "convert" / "torch" / "export_npy.py"
subprocess.run([sys.executable, export, folder / "trainer.pth", folder / "exported"], check=True)

save_file({k: v.bfloat16() if v.is_floating_point() else v for k, v in state.items()}, folder / "half.safetensors")


class Evil:
    def __reduce__(self):
        return pathlib.Path.touch, (folder / "executed",)


torch.save({"state_dict": Evil()}, folder / "evil.pth")
