"""Graphs that are not drawn, as ONNX Runtime 1.32 computes them wrong or not at all.

Each entry: what is wrong there, and whether a graph is one of them, told by what
graphs.py notes about it: its operator, its attributes, its input's shape, and more.
"""

import nearest


def windows(g):
    """Of each spatial axis of a pool or Conv: length, extent of the window, pads, stride."""
    a, space = g.attributes, g.shape[2:]
    n, kernel = len(space), g.attributes.get("kernel_shape") or g.kernel
    pads = a.get("pads") or [0] * (2 * n)
    dilations, strides = a.get("dilations") or [1] * n, a.get("strides") or [1] * n
    return [(space[i], (kernel[i] - 1) * dilations[i] + 1, pads[i] + pads[n + i], strides[i]) for i in range(n)]


def same(g):
    return (g.attributes.get("auto_pad") or "").startswith("SAME")


def too_small(g):
    """Some window is larger than its padded input, and ceil_mode gives it no place."""
    ceil = g.attributes.get("ceil_mode")
    return not same(g) and any(extent > d + pads and not (ceil and extent - d - pads < stride) for d, extent, pads, stride in windows(g))


def dilated(g):
    return any(d > 1 for d in g.attributes.get("dilations") or [])


def unscaled(g):
    """Some axis keeps its length at a scale that is not 1."""
    out, scale = nearest.lengths(g.shape, *g.resized)
    return [d == m and s != 1 for d, m, s in zip(g.shape, out, scale)], out == g.shape


def copied(g):
    some, every = unscaled(g)
    return any(some) and (every or g.attributes.get("antialias"))


def cropped_whole(g):
    """Some axis keeps its length, but a part of it is asked for."""
    if g.attributes.get("coordinate_transformation_mode") != "tf_crop_and_resize":
        return False
    out, scale = nearest.lengths(g.shape, *g.resized)
    return out == g.shape or any(s == 1 and r != (0, 1) for s, r in zip(scale, g.region))


def blind(g):
    """Some window of a MaxPool lies in its pads alone, as dilation steps over the input."""
    if same(g):
        return False
    a, n = g.attributes, len(g.shape) - 2
    pads = a.get("pads") or [0] * (2 * n)
    dilations = a.get("dilations") or [1] * n
    for i, (length, extent, padded, stride) in enumerate(windows(g)):
        for at in range(-pads[i], length + padded, stride):
            if at < length and not any(0 <= at + k * dilations[i] < length for k in range(a["kernel_shape"][i])):
                return True
    return False


POOLS = ("MaxPool", "AveragePool", "LpPool")
RESIZES = ("Resize", "Upsample")

EXCLUDED = [
    ("a window that does not fit into its padded input: the length of the result is rounded towards 0, PyTorch refuses",
     lambda g: g.op in POOLS and too_small(g)),
    ("MaxPool of nothing but pads is the lowest finite number; PyTorch has −∞",
     lambda g: g.op == "MaxPool" and blind(g)),
    ("SAME pads of a dilated pool: they are computed without the dilation, and the result is not ⌈in / stride⌉ long",
     lambda g: g.op in POOLS and same(g) and dilated(g)),
    ("SAME pads of a window that is smaller than its stride: they are negative",
     lambda g: g.op in (*POOLS, "Conv") and same(g) and any(extent < stride for _, extent, _, stride in windows(g))),
    ("SAME pads of a ConvTranspose whose window is smaller than its stride: the result is not in · stride long",
     lambda g: g.op == "ConvTranspose" and g.shorter),
    ("ConvTranspose of an axis without elements has a result; PyTorch refuses",
     lambda g: g.op == "ConvTranspose" and 0 in g.shape[2:]),
    ("Resize that changes no length copies, whatever its scales; with antialias, each axis does",
     lambda g: g.op in RESIZES and copied(g)),
    ("Resize to a part of the input ignores the part on axes that keep their length",
     lambda g: g.op in RESIZES and cropped_whole(g)),
    ("Slice backwards to the largest int32 or int64 goes to the beginning; ONNX and numpy clamp it to the end",
     lambda g: g.op == "Slice" and any(s < 0 and e in (2**63 - 1, 2**31 - 1) for s, e in zip(g.steps, g.ends))),
    ("AffineGrid with align_corners of a length of 1 has 1 there; PyTorch has 0, ONNX's evaluator −1 or no number",
     lambda g: g.op == "AffineGrid" and g.attributes["align_corners"] and 1 in g.shape[2:]),
    ("Col2Im of one or three axes mixes up channels and dilations",
     lambda g: g.op == "Col2Im" and len(g.image) != 2 and (g.channels > 1 or dilated(g))),
    ("Pad of nothing is not checked",
     lambda g: g.op == "Pad" and 0 in g.shape and g.attributes["mode"] in ("reflect", "edge", "wrap")),
    ("Pad takes away more than there is where the other pad gives it back",
     lambda g: g.op == "Pad" and g.starved),
]


def excluded(g):
    """The reason why g is not drawn, or None."""
    for reason, holds in EXCLUDED:
        if holds(g):
            return reason
    return None
