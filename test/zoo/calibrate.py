"""Draws weights for a network and calibrates it, so that values stay sane in
every layer and every parameter counts: nothing that training starts at zero or
at one, such as heads, layer scales and last gammas, keeps that value.
"""

import torch

CONVOLUTION = (torch.nn.modules.conv._ConvNd, torch.nn.Linear)
BATCH_NORM = torch.nn.modules.batchnorm._BatchNorm


def calibrate(model, x):
    """Batch norms get the statistics that they see of pictures x.

    Most of what they give is above 0, as it is in trained networks: random ones
    with batch norms around 0 are chaotic, they magnify rounding errors from layer
    to layer.
    """
    torch.manual_seed(1)
    model.eval()
    drawn = set()
    for module in model.modules():
        if isinstance(module, BATCH_NORM):
            module.momentum = 1.0  # the statistics of the last batch
            module.train()
        draw(module, drawn)
    with torch.no_grad():
        model(x)
    model.eval()


@torch.no_grad()
def draw(module, drawn):
    for name, p in module.named_parameters(recurse=False):
        if id(p) in drawn:
            continue
        drawn.add(id(p))
        if isinstance(module, CONVOLUTION) and name == "weight":
            gain = 1 if isinstance(module, torch.nn.Linear) else 2
            p.normal_(0, (gain / p[0].numel()) ** 0.5)
        elif isinstance(module, BATCH_NORM) and name == "bias":
            p.uniform_(0, 1)
        elif name.endswith("bias") and p.ndim == 1:
            p.uniform_(-0.3, 0.3)
        elif p.ndim < 2 or p.min() == p.max():
            p.uniform_(0.5, 1)  # gammas, layer scales, gains
        else:
            p.normal_(0, 0.5)  # positions, class tokens
