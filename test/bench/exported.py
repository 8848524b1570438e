"""Writes one of timm's models with random weights, as PyTorch exports it.

    exported.py NAME M.onnx

It takes one picture of 224×224.
"""

import sys
import warnings

import timm
import torch


def main(name, path):
    warnings.filterwarnings("ignore")  # the exporter's own, of what it will not do in years to come
    torch.manual_seed(1)
    model = timm.create_model(name, pretrained=False).eval()
    torch.onnx.export(model, torch.randn(1, 3, 224, 224), path, dynamo=False, opset_version=17, input_names=["input"], output_names=["logits"])


main(*sys.argv[1:])
