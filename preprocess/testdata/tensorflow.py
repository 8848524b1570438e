"""Writes cases for the tests of package preprocess, made by TensorFlow.

    python tensorflow.py PICTURES SEED RESIZES > CASES

PICTURES is a folder that pillow.py has filled. For each JPEG in it the cases
have the SHA-256 of what TensorFlow decodes and of the official evaluation's
crop; for made-up pictures the SHA-256 and the first values of what each resize
makes. testdata/tensorflow.json was made of testdata/pillow with seed 1 and 200
resizes; the tests make others if there is a Python.
"""

import hashlib
import json
import os
import random
import sys
from pathlib import Path

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
sys.path[:] = [p for p in sys.path if Path(p or ".").resolve() != Path(__file__).resolve().parent]

import numpy as np
import tensorflow as tf

RESIZES = {
    "bilinear": tf.compat.v1.image.resize_bilinear,
    "bicubic": tf.compat.v1.image.resize_bicubic,
    "bilinear_half_pixel": lambda x, size: tf.image.resize(x, size, "bilinear", antialias=False),
    "bicubic_half_pixel": lambda x, size: tf.image.resize(x, size, "bicubic", antialias=False),
}


def made_up(seed, w, h):
    """As in pillow.py, which needs Pillow."""
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
    return hashlib.sha256(np.asarray(a).tobytes()).hexdigest()


def decode(path, size):
    """The official evaluation of a JPEG, with every stage."""
    data = path.read_bytes()
    decoded = tf.io.decode_jpeg(data, channels=3)
    height, width, _ = decoded.shape
    side = tf.cast((size / (size + 32)) * tf.cast(tf.minimum(height, width), tf.float32), tf.int32)
    case = {"file": path.name, "decode": digest(decoded), "size": size}
    if side > 0:
        window = tf.stack([((height - side) + 1) // 2, ((width - side) + 1) // 2, side, side])
        cropped = tf.image.decode_and_crop_jpeg(data, window, channels=3)
        resized = tf.compat.v1.image.resize_bicubic([cropped], [size, size])[0]
        mean = tf.constant([0.485 * 255, 0.456 * 255, 0.406 * 255], shape=[1, 1, 3])
        std = tf.constant([0.229 * 255, 0.224 * 255, 0.225 * 255], shape=[1, 1, 3])
        normalized = (resized - mean) / std
        case |= {"crop": digest(cropped), "resize": digest(resized)}
        case["normalize"] = digest(tf.transpose(normalized, [2, 0, 1]))
    return case


def resize(rng):
    seed = rng.randrange(1 << 16)
    w, h = rng.randrange(1, 300), rng.randrange(1, 300)
    size = rng.choice([8, 32, 64, 97])
    name = rng.choice(list(RESIZES))
    out = RESIZES[name](made_up(seed, w, h)[None], [size, size]).numpy()[0]
    case = {"seed": seed, "from": [w, h], "size": size, "filter": name, "sha256": digest(out)}
    return case | {"first": [float(v) for v in out.ravel()[:6]]}


def main():
    folder, seed, n = Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])
    rng = random.Random(seed)
    cases = {
        "tensorflow": tf.__version__,
        "decode": [decode(p, rng.choice([24, 32, 64])) for p in sorted(folder.glob("*.jpg"))],
        "resize": [resize(rng) for _ in range(n)],
    }
    print(json.dumps(cases).replace("[{", "[\n{").replace("}, {", "},\n{"))


if __name__ == "__main__":
    main()
