#!/usr/bin/env python3
"""Writes the weights of a PyTorch checkpoint, or of a model that timm knows, as
a folder of .npy files named after the parameters: a form that anybody can read
and that holds no code.

    python export_npy.py checkpoint.pth FOLDER
    python export_npy.py timm:mixnet_s.ft_in1k FOLDER

Of a training checkpoint it takes the averages (state_dict_ema or model_ema) if
there are any, else state_dict or model. Only weights are unpickled
(weights_only), beside the arguments that timm's training script keeps.
"""
import argparse
import os
import sys

import numpy as np
import torch


def load(source):
    """Returns the state_dict of a checkpoint's path or of timm:NAME."""
    if source.startswith("timm:"):
        import timm
        return timm.create_model(source[len("timm:"):], pretrained=True).state_dict()
    if source.endswith(".safetensors"):
        import safetensors.torch
        return safetensors.torch.load_file(source)
    with torch.serialization.safe_globals([argparse.Namespace]):
        state = torch.load(source, map_location="cpu", weights_only=True)
    if all(isinstance(v, torch.Tensor) for v in state.values()):
        return state
    for key in ("state_dict_ema", "model_ema", "state_dict", "model"):
        if state.get(key) is not None:
            print(f"{source}: taking {key}", file=sys.stderr)
            return state[key]
    return state


def array(tensor):
    """Returns the tensor as NumPy has it. bfloat16, for which NumPy has no
    type, becomes two opaque bytes ('<V2'), as ml_dtypes writes it."""
    tensor = tensor.detach().cpu().contiguous()
    if tensor.dtype == torch.bfloat16:
        return tensor.view(torch.int16).numpy().view("V2")
    return tensor.numpy()


def export(state, folder):
    """Writes one .npy file per tensor into an existing or a new folder."""
    os.makedirs(folder, exist_ok=True)
    for name, tensor in state.items():
        if not isinstance(tensor, torch.Tensor):
            raise TypeError(f"{name!r} is a {type(tensor).__name__}, not a tensor")
        if not name or os.path.basename(name) != name:
            raise ValueError(f"{name!r} cannot be a file's name")
        np.save(os.path.join(folder, name + ".npy"), array(tensor), allow_pickle=False)


def main():
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    state = load(sys.argv[1])
    export(state, sys.argv[2])
    print(f"{len(state)} tensors", file=sys.stderr)


if __name__ == "__main__":
    main()
