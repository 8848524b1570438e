"""Writes cases for the tests of package preprocess, made by Pillow.

    python pillow.py FOLDER SEED RESIZES

FOLDER gets pictures and cases.json: the SHA-256 of what Pillow decodes each
to, and of what it resizes made-up pictures to. testdata/pillow was made with
seed 1 and 200 resizes; the tests make another folder if there is a Python.
"""

import hashlib
import io
import json
import random
import struct
import sys
import zlib
from pathlib import Path

import numpy as np
from PIL import Image, features

FILTERS = {
    "bilinear": Image.Resampling.BILINEAR,
    "bicubic": Image.Resampling.BICUBIC,
    "box": Image.Resampling.BOX,
    "hamming": Image.Resampling.HAMMING,
    "lanczos": Image.Resampling.LANCZOS,
}


def made_up(seed, w, h):
    """RGB of slopes and noise; the same as madeUp in the Go tests."""
    i = np.arange(3 * w * h, dtype=np.uint32) + np.uint32(seed * 7919)
    n = i * np.uint32(2654435761)
    n ^= n >> np.uint32(15)
    n *= np.uint32(2246822519)
    n ^= n >> np.uint32(13)
    noise = (n & np.uint32((255, 63, 15, 0)[seed % 4])).reshape(h, w, 3)
    y, x, c = np.ogrid[:h, :w, :3]
    slope = x * (1 + seed % 5) + y * (1 + seed % 3) * (c + 1)
    return ((slope + noise) & 255).astype(np.uint8)


def digest(im):
    return hashlib.sha256(im.tobytes()).hexdigest()


def with_frame(data, sampling, w, h):
    """The JPEG with another sampling of its first component and another size.

    Its blocks are then those of another picture; there must be as many.
    """
    at = max(data.find(b"\xff\xc0\0\x11"), data.find(b"\xff\xc2\0\x11"))
    return data[: at + 5] + struct.pack(">HH", h, w) + data[at + 9 : at + 11] + bytes([sampling]) + data[at + 12 :]


def jpegs(rng):
    """Name and bytes of JPEG files of every kind that Pillow writes, and of
    those that with_frame makes of them."""

    def encode(w, h, sampling):
        options = {
            "subsampling": sampling,
            "quality": rng.choice([5, 30, 75, 90, 95, 100]),
            "progressive": rng.random() < 0.5,
            "optimize": rng.random() < 0.5,
        }
        if rng.random() < 0.3:
            options["restart_marker_blocks"] = rng.choice([1, 3, 8])
        out = io.BytesIO()
        Image.fromarray(made_up(rng.randrange(1 << 16), w, h)).save(out, "JPEG", **options)
        return out.getvalue()

    for w, h in [(1, 1), (2, 2), (3, 5), (5, 2), (8, 8), (17, 16), (33, 47), (64, 48), (97, 61)]:
        for sampling in ("4:4:4", "4:2:2", "4:2:0"):
            yield f"{w}x{h}-{sampling.replace(':', '')}.jpg", encode(w, h, sampling)
        yield f"{h}x{w}-440.jpg", with_frame(encode(w, h, "4:2:2"), 0x12, h, w)
    yield "127x23-411.jpg", with_frame(encode(64, 48, "4:2:0"), 0x41, 127, 23)
    seed = rng.randrange(1 << 16)
    im = Image.fromarray(made_up(seed, 41, 30))
    for name, mode, options in (
        ("grey", "L", {}),
        ("grey-progressive", "L", {"progressive": True}),
        ("cmyk", "CMYK", {}),
        ("rgb", "RGB", {"keep_rgb": True}),
        ("exif6", "RGB", {"exif": b"Exif\0\0MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0\x06\0\0\0\0\0\0"}),
    ):
        out = io.BytesIO()
        of = im.convert(mode)
        if mode == "CMYK":
            ink = made_up(seed + 1, 41, 40).reshape(30, 41, 4)
            of = Image.frombytes("CMYK", (41, 30), ink.tobytes())
        of.save(out, "JPEG", quality=rng.randrange(40, 98), **options)
        yield f"{name}.jpg", out.getvalue()
        if name == "cmyk":  # the same four planes, said to be YCCK, and without Adobe's marker
            data = out.getvalue()
            at = data.index(b"Adobe")
            yield "ycck.jpg", data[: at + 11] + b"\x02" + data[at + 12 :]
            yield "cmyk-plain.jpg", data.replace(b"Adobe", b"Other")


def chunk(kind, data):
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png(w, h, depth, colour, rows, *extra):
    head = chunk(b"IHDR", struct.pack(">IIBBBBB", w, h, depth, colour, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + head + b"".join(extra) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")


def interlaced(im):
    """An 8-bit RGB PNG in Adam7's seven passes, which Pillow does not write."""
    rows = b""
    for x, y, dx, dy in ((0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2)):
        part = im[y::dy, x::dx]
        if part.shape[1]:
            rows += b"".join(b"\0" + row.tobytes() for row in part)
    h, w, _ = im.shape
    head = chunk(b"IHDR", struct.pack(">IIBBBBB", w, h, 8, 2, 0, 0, 1))
    return b"\x89PNG\r\n\x1a\n" + head + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")


def pngs(rng):
    """Name and bytes of PNG files of every colour type and depth."""
    palette = chunk(b"PLTE", bytes(rng.randrange(256) for _ in range(9)))
    clear = chunk(b"tRNS", bytes([0, 128]))
    for colour, channels, depths in ((0, 1, (1, 2, 4, 8, 16)), (2, 3, (8, 16)), (3, 1, (2, 4, 8)), (4, 2, (8, 16)), (6, 4, (8, 16))):
        for depth in depths:
            w, h = rng.randrange(3, 20), rng.randrange(3, 9)
            size = (w * channels * depth + 7) // 8
            rows = b"".join(b"\0" + bytes(rng.randrange(256) for _ in range(size)) for _ in range(h))
            if depth == 16 and colour == 0:  # some of them dark
                rows = b"".join(b"\0" + b"".join(struct.pack(">H", rng.randrange(600)) for _ in range(w)) for _ in range(h))
            if colour == 3 and depth == 8:  # some of them beyond the palette
                rows = b"".join(b"\0" + bytes(rng.randrange(5) for _ in range(w)) for _ in range(h))
            yield f"type{colour}-{depth}.png", png(w, h, depth, colour, rows, *([palette] if colour == 3 else []))
            if colour == 3:
                yield f"type{colour}-{depth}-clear.png", png(w, h, depth, colour, rows, palette, clear)
            if colour in (0, 2):
                key = chunk(b"tRNS", rows[1 : 1 + size][:2].rjust(2, b"\0") * (3 if colour == 2 else 1))
                if depth < 8:
                    key = chunk(b"tRNS", b"\0\1")
                yield f"type{colour}-{depth}-clear.png", png(w, h, depth, colour, rows, key)
    yield "interlaced.png", interlaced(made_up(rng.randrange(99), 21, 13))


def resizes(rng, n):
    for i in range(n):
        seed = rng.randrange(1 << 16)
        w, h = rng.randrange(1, 400), rng.randrange(1, 400)
        to = rng.randrange(1, 300), rng.randrange(1, 300)
        if i % 10 == 0:
            to = (w, to[1])
        if i % 10 == 1:
            to = (to[0], h)
        name = rng.choice(["bilinear", "bicubic"]) if i % 2 else rng.choice(list(FILTERS))
        out = Image.fromarray(made_up(seed, w, h)).resize(to, FILTERS[name])
        yield {"seed": seed, "from": [w, h], "to": to, "filter": name, "sha256": digest(out)}


def main():
    folder, seed, n = Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])
    folder.mkdir(parents=True, exist_ok=True)
    rng = random.Random(seed)
    decodes = []
    for name, data in [*jpegs(rng), *pngs(rng)]:
        (folder / name).write_bytes(data)
        im = Image.open(io.BytesIO(data)).convert("RGB")
        decodes.append({"file": name, "size": im.size, "sha256": digest(im)})
    cases = {
        "pillow": Image.__version__,
        "libjpeg_turbo": features.version("libjpeg_turbo"),
        "decode": decodes,
        "resize": list(resizes(rng, n)),
    }
    # A case a line.
    text = json.dumps(cases).replace("[{", "[\n{").replace("}, {", "},\n{")
    (folder / "cases.json").write_text(text + "\n")


if __name__ == "__main__":
    main()
