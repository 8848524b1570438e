"""Exports timm's MixNets to ONNX, as PyTorch users do.

usage: export.py FOLDER MODEL...

Writes MODEL.torchscript.onnx, MODEL.dynamo.onnx, and MODEL.npz with `input` and
PyTorch's own `logits`. Weights are random but seeded, and batch norms have
statistics of random pictures, so that no layer is degenerate.
"""

import pathlib
import sys
import warnings

import numpy
import timm
import torch

OPSET_TORCHSCRIPT = 17
OPSET_DYNAMO = 28  # the newest that onnx 1.23 knows


def pictures(n, seed):
    generator = torch.Generator().manual_seed(seed)
    return torch.rand(n, 3, 224, 224, generator=generator) * 2 - 1


def calibrated(name):
    """A model in evaluation mode whose batch norms normalise what they see."""
    torch.manual_seed(1)
    model = timm.create_model(name, pretrained=False)
    for module in model.modules():
        if isinstance(module, torch.nn.BatchNorm2d):
            torch.nn.init.uniform_(module.weight, 0.5, 1.5)
            torch.nn.init.uniform_(module.bias, -0.5, 0.5)
            module.momentum = None  # the mean over all batches
            module.reset_running_stats()
    model.train()
    with torch.no_grad():
        for seed in (2, 3):
            model(pictures(4, seed))
    return model.eval()


def export(folder, name):
    model, x = calibrated(name), pictures(2, 4)
    with torch.no_grad():
        logits = model(x).numpy()
    largest = abs(logits).max()
    assert largest >= 0.1 and abs(logits[0] - logits[1]).max() >= 0.01 * largest, "degenerate"
    numpy.savez(folder / f"{name}.npz", input=x.numpy(), logits=logits)
    names = {"input_names": ["input"], "output_names": ["logits"]}
    torch.onnx.export(
        model, (x,), folder / f"{name}.torchscript.onnx", dynamo=False, opset_version=OPSET_TORCHSCRIPT,
        dynamic_axes={"input": {0: "batch"}, "logits": {0: "batch"}}, **names)
    torch.onnx.export(
        model, (x,), folder / f"{name}.dynamo.onnx", dynamo=True, opset_version=OPSET_DYNAMO, verbose=False,
        dynamic_shapes={"x": {0: torch.export.Dim("batch")}}, external_data=False, **names)


warnings.filterwarnings("ignore")
torch.set_num_threads(2)
for name in sys.argv[2:]:
    export(pathlib.Path(sys.argv[1]), name)
