"""Prints cases for the tests of package preprocess, made by timm's evaluation
transform (torchvision and Pillow) on made-up pictures.

    python timm.py SEED CASES

testdata/timm.json was made with seed 1 and 60 cases; the tests make others if
there is a Python.
"""

import hashlib
import json
import random
import sys
from pathlib import Path

# Not this file's folder, which has a timm of its own.
sys.path[:] = [p for p in sys.path if Path(p or ".").resolve() != Path(__file__).resolve().parent]

import numpy as np
import PIL
import timm
import torchvision
from PIL import Image
from timm.data import create_transform


def made_up(seed, w, h):
    """As in pillow.py."""
    i = np.arange(3 * w * h, dtype=np.uint32) + np.uint32(seed * 7919)
    n = i * np.uint32(2654435761)
    n ^= n >> np.uint32(15)
    n *= np.uint32(2246822519)
    n ^= n >> np.uint32(13)
    noise = (n & np.uint32((255, 63, 15, 0)[seed % 4])).reshape(h, w, 3)
    y, x, c = np.ogrid[:h, :w, :3]
    slope = x * (1 + seed % 5) + y * (1 + seed % 3) * (c + 1)
    return ((slope + noise) & 255).astype(np.uint8)


def digest(a):
    return hashlib.sha256(np.ascontiguousarray(a).tobytes()).hexdigest()


def case(rng):
    c = {
        "seed": rng.randrange(1 << 16),
        "from": [rng.randrange(1, 400), rng.randrange(1, 400)],
        "size": rng.choice([1, 15, 32, 63, 96, 224]),
        "crop_pct": rng.choice([0.875, 0.9, 0.95, 1.0, 0.8]),
        "interpolation": rng.choice(["bilinear", "bicubic"]),
        "mean": rng.choice([[0.485, 0.456, 0.406], [0.5, 0.5, 0.5]]),
        "std": rng.choice([[0.229, 0.224, 0.225], [0.5, 0.5, 0.5]]),
    }
    steps = create_transform(
        (3, c["size"], c["size"]), crop_pct=c["crop_pct"], interpolation=c["interpolation"], mean=c["mean"], std=c["std"]
    ).transforms
    im = Image.fromarray(made_up(c["seed"], *c["from"]))
    for name, step in zip(("resize", "crop", "tensor", "normalize"), steps, strict=True):
        im = step(im)
        c[name] = digest(im)
    return c


def main():
    rng = random.Random(int(sys.argv[1]))
    cases = {
        "timm": timm.__version__,
        "torchvision": torchvision.__version__,
        "pillow": PIL.__version__,
        "cases": [case(rng) for _ in range(int(sys.argv[2]))],
    }
    print(json.dumps(cases).replace("[{", "[\n{").replace("}, {", "},\n{"))


if __name__ == "__main__":
    main()
