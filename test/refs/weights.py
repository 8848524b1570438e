"""Writes the weights of PyTorch's own networks, and what these compute.

usage: weights.py FOLDER MODEL...

A MODEL is one of timm, torchvision, pytorchcv or efficientnet_pytorch, or one of
timm's with mixed depthwise convolutions in place of its own:
mobilenetv2_100_k3.5.7, and then _exp, _dilated or both. MODEL.npz gets its
state_dict, and MODEL.run.npz `input`, `logits`, timm's feature maps as
`features_4` to `features_32`, and the counts `params` and `macs`. Weights are random but seeded,
and batch norms have statistics of random pictures, so that no layer is
degenerate.
"""

import importlib
import pathlib
import sys
import warnings

import numpy
import timm
import torch
import torchvision

# pytorchcv's ProxylessNAS pools windows of 7×7, which are the whole picture at
# this size alone.
SIZE = 224


def create(name):
    if name.startswith("proxylessnas"):
        return getattr(importlib.import_module("pytorchcv.models.proxylessnas"), name)()
    if name.startswith(("shufflenet", "torchvision_")):
        return torchvision.models.get_model(name.removeprefix("torchvision_"))
    if name.startswith("lukemelas_"):
        return lukemelas(name.removeprefix("lukemelas_").replace("_", "-"))
    base, *mixed = name.split("_k")
    model = timm.create_model(base, pretrained=False)
    if mixed:
        kernels, *options = mixed[0].split("_")
        for block in (block for stage in model.blocks for block in stage):
            block.conv_dw = mix(block.conv_dw, [int(k) for k in kernels.split(".")], "exp" in options, "dilated" in options)
    return model


def lukemelas(name):
    """One of efficientnet_pytorch or, of the Lite networks, of its copy.

    Paddings are those of the picture's size, and no block is left out at random.
    """
    library = "efficientnet_lite_pytorch" if "lite" in name else "efficientnet_pytorch"
    return importlib.import_module(library).EfficientNet.from_name(name, image_size=SIZE, drop_connect_rate=0)


def mix(conv, kernels, exponential, dilated):
    """A mixed depthwise convolution in place of a plain one.

    As in section 3.2 of the MixConv paper (arXiv 1907.09595): each kernel size
    has an equal share of the channels, or half of those that are left; a dilated
    3×3 kernel, where the stride allows it, spans as much as a larger one.
    """
    stride, channels = conv.stride[0], conv.in_channels
    if not exponential and not dilated:
        return timm.layers.create_conv2d(channels, channels, kernels if len(kernels) > 1 else kernels[0], stride=stride, depthwise=True)
    return MDConv(channels, kernels, stride, exponential, dilated and stride == 1)


class MDConv(torch.nn.ModuleDict):
    def __init__(self, channels, kernels, stride, exponential, dilated):
        super().__init__()
        self.shares = [channels // len(kernels)] * len(kernels)
        self.shares[0] += channels % len(kernels)
        if exponential:
            self.shares = [channels >> i for i in range(1, len(kernels))]
            self.shares.append(channels - sum(self.shares))
        for i, (k, c) in enumerate(zip(kernels, self.shares)):
            d = (k - 1) // 2 if dilated else 1
            k = 3 if dilated else k
            self[str(i)] = torch.nn.Conv2d(c, c, k, stride, d * (k - 1) // 2, d, c, bias=False)

    def forward(self, x):
        return torch.cat([conv(part) for conv, part in zip(self.values(), x.split(self.shares, 1))], 1)


def pictures(n, seed):
    return torch.rand(n, 3, SIZE, SIZE, generator=torch.Generator().manual_seed(seed)) * 2 - 1


def calibrated(name):
    """A model in evaluation mode whose batch norms normalise what they see.

    Most of what they give is above 0, as it is in trained networks: random ones
    with batch norms around 0 are chaotic, they magnify rounding errors from layer
    to layer.
    """
    torch.manual_seed(1)
    model = create(name)
    for module in model.modules():
        if isinstance(module, torch.nn.BatchNorm2d):
            torch.nn.init.uniform_(module.weight, 0.5, 1)
            torch.nn.init.uniform_(module.bias, 0, 1)
            module.momentum = 1.0  # the statistics of the last batch
        elif isinstance(module, (torch.nn.Conv2d, torch.nn.Linear)):
            torch.nn.init.normal_(module.weight, 0, (2 / module.weight[0].numel()) ** 0.5)
            if module.bias is not None:
                torch.nn.init.uniform_(module.bias, -0.3, 0.3)
        elif isinstance(module, torch.nn.Dropout):
            module.p = 0.0
    model.train()
    with torch.no_grad():
        model(pictures(4, 2))
    return model.eval()


def count_macs(model, x):
    """Products of weights and values, padding taps too, for one picture."""
    total = 0

    def count(module, _, output):
        nonlocal total
        total += output[0].numel() * module.weight[0].numel()

    handles = [m.register_forward_hook(count) for m in model.modules() if isinstance(m, (torch.nn.Conv2d, torch.nn.Linear))]
    model(x)
    for handle in handles:
        handle.remove()
    return total


@torch.no_grad()
def write(folder, name):
    model, x = calibrated(name), pictures(2, 4)
    logits = model(x).numpy()
    largest = abs(logits).max()
    assert largest >= 0.1 and abs(logits[0] - logits[1]).max() >= 0.01 * largest, f"{name} is degenerate"
    run = {"input": x.numpy(), "logits": logits}
    if hasattr(model, "forward_intermediates"):
        maps = model.forward_intermediates(x, intermediates_only=True)
        run |= {f"features_{info['reduction']}": m.numpy() for info, m in zip(model.feature_info, maps)}
    run["params"] = numpy.int64(sum(p.numel() for p in model.parameters()))
    run["macs"] = numpy.int64(count_macs(model, x[:1]))
    numpy.savez(folder / f"{name}.npz", **{k: v.numpy() for k, v in model.state_dict().items()})
    numpy.savez(folder / f"{name}.run.npz", **run)


warnings.filterwarnings("ignore")
torch.set_num_threads(2)
for name in sys.argv[2:]:
    write(pathlib.Path(sys.argv[1]), name)
