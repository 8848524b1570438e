"""Draws graphs of one operator that has geometry, with random attributes and sizes.

draw(seed, number) returns a Graph: the model, its inputs, and how far another
engine's floats may be from ONNX Runtime's. The same two numbers give the same graph.
"""

import math
import random

import numpy
from onnx import helper, numpy_helper

import nearest
from excluded import excluded

EPS = 2.0**-24  # half a unit in the last place of 1 in float32


class Graph:
    """A graph under construction; nodes read x, and lists that are constants or inputs."""

    def __init__(self, rng, opset):
        self.rng, self.opset = rng, opset
        self.nodes, self.initializers, self.values, self.feeds = [], [], [], {}
        self.outputs = []
        self.tolerance = 0.0  # absolute, between floats
        self.op, self.attributes, self.shape = None, {}, None  # of the last node, and of x
        self.resized = None  # of a Resize: axes, scales or sizes, whether these are sizes, and the policy

    def array(self, name, a, constant=None):
        """Adds an array, as an initializer or as an input whose dimensions may be open."""
        if constant is None:
            constant = self.rng.random() < 0.1
        a = numpy.ascontiguousarray(a) if a.shape else a
        if name == "x":
            self.shape = list(a.shape)
        if constant:
            self.initializers.append(numpy_helper.from_array(a, name))
            return name
        self.feeds[name] = a
        shape = [None if self.rng.random() < 0.3 else d for d in a.shape] if self.rng.random() < 0.3 else a.shape
        self.values.append(helper.make_tensor_value_info(name, helper.np_dtype_to_tensor_dtype(a.dtype), shape))
        return name

    def list(self, name, values, dtype=numpy.int64):
        """Adds a short list, mostly an initializer."""
        return self.array(name, numpy.array(values, dtype).reshape(len(values)), constant=self.rng.random() < 0.8)

    def node(self, op, inputs, outputs, **attributes):
        self.op, self.attributes = op, attributes
        attributes = {k: v for k, v in attributes.items() if v is not None}
        self.nodes.append(helper.make_node(op, inputs, outputs, **attributes))

    def result(self, *names, dtype=numpy.float32):
        for name in names:
            self.outputs.append(helper.make_tensor_value_info(name, helper.np_dtype_to_tensor_dtype(numpy.dtype(dtype)), None))

    def model(self):
        graph = helper.make_graph(self.nodes, "g", self.values, self.outputs, self.initializers)
        ir = 3 if self.opset < 9 and not self.initializers else 8
        return helper.make_model(graph, opset_imports=[helper.make_opsetid("", self.opset)], ir_version=ir)


# Drawing


def often(rng, p):
    return rng.random() < p


def length(rng, most=130):
    """A length of an axis: mostly short, rarely 0."""
    kind = rng.random()
    if kind < 0.02:
        return 0
    if kind < 0.7:
        return rng.randint(1, min(most, 12))
    return rng.randint(1, most)


def shape_of(rng, rank, elements=6000):
    """A shape [N,C,D1,…] of no more than some elements."""
    while True:
        space = [length(rng) for _ in range(rank)]
        shape = [rng.choice([1, 1, 2, 3]), rng.choice([1, 2, 3, 4, 5, 8, 17])] + space
        if often(rng, 0.01):
            shape[rng.randint(0, 1)] = 0
        if math.prod(shape) <= elements:
            return shape


def numbers(rng, shape, dtype=numpy.float32):
    source = numpy.random.default_rng(rng.getrandbits(64))
    dtype = numpy.dtype(dtype)
    if dtype.kind == "f":
        return source.standard_normal(shape).astype(dtype)
    if dtype.kind == "b":
        return source.integers(0, 2, shape).astype(dtype)
    low, high = (0, 100) if dtype.kind == "u" else (-100, 100)
    return source.integers(low, high, shape).astype(dtype)


def largest(a):
    return float(numpy.abs(a.astype(numpy.float64)).max()) if a.size else 0.0


def dtype_of(rng, others, p=0.1):
    return rng.choice(others) if often(rng, p) else numpy.float32


# Resize and Upsample


def scale_of(rng, n):
    """A float32 scale for an axis of n elements: a fraction of lengths, one of its
    neighbours, a short decimal, or any."""
    kind = rng.random()
    if kind < 0.55:
        s = numpy.float32(rng.randint(1, 130)) / numpy.float32(rng.randint(1, 130) if often(rng, 0.2) else max(n, 1))
        if often(rng, 0.4):
            s = numpy.nextafter(s, numpy.float32(rng.choice([0, 1000])), dtype=numpy.float32)
    elif kind < 0.8:
        s = numpy.float32(rng.randint(1, 40) / 10)
    elif kind < 0.9:
        s = numpy.float32(rng.choice([0.25, 0.5, 1, 1.5, 2, 3, 4]))
    else:
        s = numpy.float32(rng.uniform(0.05, 4))
    return min(s, numpy.float32(130 / max(n, 1)))


def resize_shape(rng, mode):
    if mode == "nearest":
        rank = rng.choice([1, 2, 3, 4, 4, 4, 4, 5])
    elif mode == "linear":
        rank = rng.choice([2, 3, 4, 4, 4, 4, 5])
    else:
        rank = rng.choice([2, 4, 4, 4])
    while True:
        shape = [length(rng) for _ in range(rank)]
        if rank >= 4:
            shape[:2] = [rng.choice([1, 2]), rng.choice([1, 2, 3, 8])]
        if math.prod(shape) <= 3000:
            return shape


def resized_axes(rng, rank, mode, op):
    """The axes that change: ONNX Runtime interpolates in the last ones."""
    if rank >= 4:
        return list(range(2, rank))
    axes = list(range(rank))
    if mode == "nearest" and often(rng, 0.3):
        axes = sorted(rng.sample(axes, rng.randint(1, rank)))
    return axes


def resize_attributes(rng, opset, mode):
    a = {"mode": mode}
    if opset < 11:
        return a
    modes = ["half_pixel", "half_pixel", "pytorch_half_pixel", "align_corners", "asymmetric", "asymmetric", "tf_crop_and_resize"]
    if opset < 13 or mode == "nearest":
        modes.append("tf_half_pixel_for_nn")
    if opset >= 19:
        modes.append("half_pixel_symmetric")
    if often(rng, 0.9):
        a["coordinate_transformation_mode"] = rng.choice(modes)
    if mode == "nearest" and often(rng, 0.8):
        a["nearest_mode"] = rng.choice(["round_prefer_floor", "round_prefer_ceil", "floor", "ceil"])
    if mode == "cubic":
        a["cubic_coeff_a"] = rng.choice([None, -0.5, -0.75, -0.6])
        a["exclude_outside"] = rng.choice([None, None, 1])
    if often(rng, 0.3):
        a["extrapolation_value"] = rng.choice([0.0, -3.0, 7.0])
    if opset >= 18 and mode != "nearest" and often(rng, 0.4):
        a["antialias"] = 1
        a["exclude_outside"] = rng.choice([None, 1])
        a["coordinate_transformation_mode"] = rng.choice(["half_pixel", "half_pixel", "pytorch_half_pixel", "align_corners", "asymmetric"])
    if a.get("coordinate_transformation_mode") == "asymmetric":
        a["exclude_outside"] = None  # next to nothing may be inside, and dividing by it costs all digits
    return a


def resize(rng):
    g = Graph(rng, rng.choice([10, 11, 12, 13, 15, 17, 18, 19, 20, 22]))
    mode = rng.choice(["nearest", "nearest", "linear", "linear", "cubic"])
    if g.opset == 10 and mode == "cubic":
        mode = "nearest"
    dtype = dtype_of(rng, [numpy.int32, numpy.uint8, numpy.int8]) if mode == "nearest" else numpy.float32
    shape = resize_shape(rng, mode)
    x = numbers(rng, shape, dtype)
    a = resize_attributes(rng, g.opset, mode)
    axes = resized_axes(rng, len(shape), mode, "Resize")
    by_sizes = g.opset >= 11 and often(rng, 0.5)
    scales = [numpy.float32(1)] * len(shape)
    sizes = list(shape)
    for i in axes:
        scales[i] = scale_of(rng, shape[i])
        sizes[i] = 0 if shape[i] == 0 else length(rng)
    listed = list(range(len(shape)))
    if g.opset >= 18 and often(rng, 0.3):
        listed = list(axes)
        if often(rng, 0.3):
            rng.shuffle(listed)
        a["axes"] = listed
    policy = "stretch"
    if g.opset >= 18 and by_sizes and often(rng, 0.3):
        policy = a["keep_aspect_ratio_policy"] = rng.choice(["not_larger", "not_smaller", "stretch"])
        if policy != "stretch":
            listed = a["axes"] = list(axes)
    inputs = [g.array("x", x)]
    if g.opset >= 11:
        inputs.append(resize_region(g, a, shape, listed))
    wanted = [sizes[i] for i in listed] if by_sizes else [scales[i] for i in listed]
    if by_sizes:
        inputs += [g.list("none", [], numpy.float32) if g.opset < 13 else "", g.list("sizes", wanted)]
    else:
        inputs.append(g.list("scales", wanted, numpy.float32))
    g.node("Resize", inputs, ["y"], **a)
    g.result("y", dtype=dtype)
    steep = {"nearest": 0, "linear": 2, "cubic": 4}[mode] * (3 if mode == "cubic" and a.get("exclude_outside") else 1)
    g.tolerance = EPS * steep * largest(x) * (16 + 4 * sum(shape[i] + 1 for i in axes))
    g.resized = (listed, wanted, by_sizes, policy)
    return g


def resize_region(g, a, shape, listed):
    """Input roi: a part for tf_crop_and_resize, else nothing, or an empty list."""
    if a.get("coordinate_transformation_mode") != "tf_crop_and_resize":
        return g.list("roi", [], numpy.float32) if g.opset < 13 or often(g.rng, 0.3) else ""
    starts = [g.rng.choice([0.0, 0.25, 0.1, -0.2, 0.3]) for _ in listed]
    ends = [g.rng.choice([1.0, 0.75, 0.9, 1.25, 0.8]) for _ in listed]
    for i, axis in enumerate(listed):
        if len(shape) >= 4 and axis < 2:
            starts[i], ends[i] = 0.0, 1.0
    g.region = [(0, 1)] * len(shape)
    for axis, start, end in zip(listed, starts, ends):
        g.region[axis] = (start, end)
    return g.list("roi", starts + ends, numpy.float32)


def upsample(rng):
    g = Graph(rng, rng.choice([7, 8, 9]))
    mode = rng.choice(["nearest", "linear"])
    shape = resize_shape(rng, mode)
    dtype = dtype_of(rng, [numpy.int32, numpy.uint8]) if mode == "nearest" else numpy.float32
    x = numbers(rng, shape, dtype)
    scales = [numpy.float32(1)] * len(shape)
    for i in resized_axes(rng, len(shape), mode, "Upsample"):
        scales[i] = max(scale_of(rng, shape[i]), numpy.float32(1))
    if g.opset < 9:
        g.node("Upsample", [g.array("x", x)], ["y"], mode=mode, scales=[float(s) for s in scales])
    else:
        g.node("Upsample", [g.array("x", x), g.list("scales", scales, numpy.float32)], ["y"], mode=mode)
    g.result("y", dtype=dtype)
    g.tolerance = 0 if mode == "nearest" else EPS * 2 * largest(x) * (16 + 4 * sum(d + 1 for d in shape))
    g.resized = (list(range(len(shape))), scales, False, "stretch")
    return g


# Windows


def window(rng, space, dilated=True, padded=True):
    """Attributes of a window over a space: those that the node leaves out are None."""
    n = len(space)
    kernel = [rng.randint(1, 5) for _ in range(n)]
    a = {"kernel_shape": kernel, "strides": None, "dilations": None, "pads": None, "auto_pad": None}
    if often(rng, 0.7):
        a["strides"] = [rng.randint(1, 4) for _ in range(n)]
    if dilated and often(rng, 0.4):
        a["dilations"] = [rng.randint(1, 3) for _ in range(n)]
    if padded and often(rng, 0.6):
        a["pads"] = [rng.randint(0, kernel[i % n] - (0 if often(rng, 0.05) else 1)) for i in range(2 * n)]
    elif often(rng, 0.5):
        a["auto_pad"] = rng.choice(["SAME_UPPER", "SAME_LOWER", "VALID", "NOTSET"])
    return a


def max_pool(rng):
    g = Graph(rng, rng.choice([7, 8, 9, 10, 11, 12, 13, 17, 22]))
    dtype = dtype_of(rng, [numpy.float64, numpy.int8, numpy.uint8]) if g.opset >= 12 else numpy.float32
    shape = shape_of(rng, rng.choice([1, 2, 2, 3]))
    a = window(rng, shape[2:], dilated=g.opset >= 10)
    if g.opset >= 10 and often(rng, 0.4):
        a["ceil_mode"] = 1
    outputs = ["y"]
    if g.opset >= 8 and often(rng, 0.3):
        outputs.append("indices")
        a["storage_order"] = rng.choice([None, 0, 1])
    g.node("MaxPool", [g.array("x", numbers(rng, shape, dtype))], outputs, **a)
    g.result("y", dtype=dtype)
    if len(outputs) > 1:
        g.result("indices", dtype=numpy.int64)
    return g


def average_pool(rng):
    g = Graph(rng, rng.choice([7, 10, 11, 13, 19, 21, 22]))
    shape = shape_of(rng, rng.choice([1, 2, 2, 3]))
    a = window(rng, shape[2:], dilated=g.opset >= 19)
    if g.opset >= 10 and often(rng, 0.4):
        a["ceil_mode"] = 1
    if often(rng, 0.5):
        a["count_include_pad"] = 1
    x = numbers(rng, shape)
    g.node("AveragePool", [g.array("x", x)], ["y"], **a)
    g.result("y")
    g.tolerance = EPS * (8 + math.prod(a["kernel_shape"]) ** 0.5 * 4) * largest(x)
    return g


def lp_pool(rng):
    g = Graph(rng, rng.choice([7, 11, 13, 18, 20, 22]))
    shape = shape_of(rng, rng.choice([1, 2, 2, 3]))
    a = window(rng, shape[2:], dilated=g.opset >= 18)
    if g.opset >= 18 and often(rng, 0.4):
        a["ceil_mode"] = 1
    a["p"] = rng.choice([None, 1, 2, 3])
    x = numbers(rng, shape)
    g.node("LpPool", [g.array("x", x)], ["y"], **a)
    g.result("y")
    g.tolerance = EPS * 16 * math.prod(a["kernel_shape"]) * largest(x)
    return g


def global_pool(rng):
    g = Graph(rng, rng.choice([7, 11, 13, 22]))
    shape = shape_of(rng, rng.choice([1, 2, 2, 3]))
    x = numbers(rng, shape)
    op = rng.choice(["GlobalMaxPool", "GlobalAveragePool", "GlobalLpPool"])
    a = {"p": rng.choice([None, 1, 2, 3])} if op == "GlobalLpPool" else {}
    g.node(op, [g.array("x", x)], ["y"], **a)
    g.result("y")
    size = math.prod(shape[2:])
    g.tolerance = {"GlobalMaxPool": 0, "GlobalAveragePool": 8 + 2 * size**0.5, "GlobalLpPool": 16 * size}[op] * EPS * largest(x)
    return g


def conv(rng):
    g = Graph(rng, rng.choice([7, 11, 13, 22]))
    shape = shape_of(rng, rng.choice([1, 2, 2, 3]), 3000)
    a = window(rng, shape[2:])
    group = rng.choice([1, 1, 2, shape[1]])
    if group < 1 or shape[1] % group:
        group = 1
    a["group"] = group if group > 1 or often(rng, 0.3) else None
    filters = group * rng.choice([1, 1, 2, 3])
    x, w = numbers(rng, shape), numbers(rng, [filters, shape[1] // group] + a["kernel_shape"])
    g.kernel = a["kernel_shape"]
    if often(rng, 0.3):
        a["kernel_shape"] = None
    inputs = [g.array("x", x), g.array("w", w, constant=often(rng, 0.8))]
    if often(rng, 0.5):
        inputs.append(g.array("b", numbers(rng, [filters]), constant=often(rng, 0.8)))
    g.node("Conv", inputs, ["y"], **a)
    g.result("y")
    g.tolerance = EPS * (8 + 2 * math.prod(w.shape[1:]) ** 0.5) * (largest(x) * summed(w, 0) + 4)
    return g


def summed(w, axis):
    """The largest sum of magnitudes of a filter."""
    if w.size == 0:
        return 0.0
    return float(numpy.abs(w.astype(numpy.float64)).sum(axis=tuple(i for i in range(w.ndim) if i != axis)).max())


def conv_transpose(rng):
    g = Graph(rng, rng.choice([7, 11, 13, 22]))
    shape = shape_of(rng, rng.choice([1, 2, 2, 3]), 1000)
    n = len(shape) - 2
    a = window(rng, shape[2:])
    stride, dilation = a["strides"] or [1] * n, a["dilations"] or [1] * n
    if often(rng, 0.3):
        a["output_padding"] = [rng.randint(0, max(stride[i], dilation[i]) - 1) for i in range(n)]
    if often(rng, 0.3):
        a["pads"], a["auto_pad"] = None, rng.choice([None, "SAME_UPPER", "SAME_LOWER"])
        full = [(shape[2 + i] - 1) * stride[i] + (a["kernel_shape"][i] - 1) * dilation[i] + 1 for i in range(n)]
        a["output_shape"] = [max(1, f - rng.randint(0, 3)) for f in full]
    group = rng.choice([1, 1, 2, shape[1]])
    if group < 1 or shape[1] % group:
        group = 1
    a["group"] = group if group > 1 else None
    x, w = numbers(rng, shape), numbers(rng, [shape[1], rng.choice([1, 2, 3])] + a["kernel_shape"])
    inputs = [g.array("x", x), g.array("w", w, constant=often(rng, 0.8))]
    if often(rng, 0.5):
        inputs.append(g.array("b", numbers(rng, [w.shape[1] * group]), constant=often(rng, 0.8)))
    g.node("ConvTranspose", inputs, ["y"], **a)
    g.result("y")
    g.shorter = bool(a["auto_pad"]) and a["auto_pad"] != "VALID" and any(
        (a["kernel_shape"][i] - 1) * dilation[i] + 1 + (a.get("output_padding") or [0] * n)[i] < stride[i] for i in range(n))
    g.tolerance = EPS * (8 + 2 * w.size**0.5) * (largest(x) * summed(w, 1) + 4)
    return g


def max_unpool(rng):
    """MaxUnpool of what MaxPool found, or of indices of its own."""
    g = Graph(rng, rng.choice([9, 11, 13, 22]))
    space = [rng.randint(1, 12) for _ in range(rng.choice([1, 2, 2, 3]))]
    n = len(space)
    kernel = [rng.randint(1, min(3, d)) for d in space]
    a = {"kernel_shape": kernel, "strides": list(kernel)}
    shape = [rng.choice([1, 2]), rng.choice([1, 2, 3])] + space
    g.node("MaxPool", [g.array("x", numbers(rng, shape))], ["p", "i"], **a)
    inputs = ["p", "i"]
    exact = all(d % k == 0 for d, k in zip(space, kernel))
    if not exact or often(rng, 0.3):
        inputs.append(g.list("shape", shape))
    g.node("MaxUnpool", inputs, ["y"], **a)
    g.result("y")
    return g


def col2im(rng):
    g = Graph(rng, 18)
    n = rng.choice([1, 2, 2, 3])
    image = [rng.randint(1, 20) for _ in range(n)]
    block = [rng.randint(1, min(4, d)) for d in image]
    stride, dilation = [rng.randint(1, 3) for _ in range(n)], [rng.randint(1, 2) for _ in range(n)]
    pads = [rng.randint(0, 2) for _ in range(2 * n)]
    places = 1
    for i in range(n):
        room = image[i] + pads[i] + pads[n + i] - (block[i] - 1) * dilation[i] - 1
        if room < 0:
            dilation[i], room = 1, image[i] + pads[i] + pads[n + i] - block[i]
        places *= room // stride[i] + 1
    g.image, g.channels = image, rng.choice([1, 3])
    x = numbers(rng, [rng.choice([1, 2]), g.channels * math.prod(block), places])
    inputs = [g.array("x", x), g.list("image", image), g.list("block", block)]
    g.node("Col2Im", inputs, ["y"], strides=stride, dilations=dilation, pads=pads)
    g.result("y")
    g.tolerance = EPS * 4 * math.prod(block) * largest(x)
    return g


# Sampling


def grid_sample(rng):
    g = Graph(rng, rng.choice([16, 17, 20, 22]))
    old = g.opset < 20
    rank = 2 if old else rng.choice([2, 2, 3])
    mode = rng.choice(["bilinear", "nearest", "bicubic"] if old else ["linear", "nearest", "cubic"])
    if rank == 3 and mode == "cubic":
        mode = "linear"
    dtype = dtype_of(rng, [numpy.float64])
    a = {"mode": mode, "padding_mode": rng.choice([None, "zeros", "border", "reflection"]), "align_corners": rng.choice([None, 0, 1])}
    shape = [rng.choice([1, 2]), rng.choice([1, 3])] + [rng.randint(2, 13 if rank == 3 else 40) for _ in range(rank)]
    places = [rng.randint(1, 8) for _ in range(rank)]
    if often(rng, 0.5):  # places at fractions, where the last digit decides
        steps = rng.randint(1, 2 * max(shape[2:]))
        grid = numpy.array(numbers(rng, [shape[0], *places, rank], numpy.int32) % (4 * steps + 1) - 2 * steps, dtype) / dtype(steps)
    else:
        grid = numbers(rng, [shape[0], *places, rank], dtype) * dtype(rng.choice([0.7, 1, 2.5]))
    x = numbers(rng, shape, dtype)
    g.node("GridSample", [g.array("x", x), g.array("grid", grid.astype(dtype))], ["y"], **a)
    g.result("y", dtype=dtype)
    if "nearest" not in mode:
        g.tolerance = EPS * 6 * largest(x) * (16 + 4 * (max(shape[2:]) * (1 + largest(grid))))
    return g


def affine_grid(rng):
    g = Graph(rng, 20)
    rank = rng.choice([2, 3])
    size = [rng.choice([1, 2]), rng.choice([1, 3])] + [rng.randint(1, 12) for _ in range(rank)]
    theta = numbers(rng, [size[0], rank, rank + 1])
    g.shape = size
    g.node("AffineGrid", [g.array("theta", theta), g.list("size", size)], ["y"], align_corners=rng.choice([None, 0, 1]))
    g.result("y")
    g.tolerance = EPS * 16 * largest(theta)
    return g


def roi_align(rng):
    g = Graph(rng, rng.choice([10, 13, 16, 20, 22]))
    shape = [rng.choice([1, 2]), rng.choice([1, 3]), rng.randint(1, 30), rng.randint(1, 30)]
    count = rng.choice([0, 1, 2, 5])
    a = {
        "mode": rng.choice([None, "avg", "max"]),
        "output_height": rng.choice([None, 1, 2, 5, 7]),
        "output_width": rng.choice([None, 1, 3, 7]),
        "sampling_ratio": rng.choice([None, 0, 1, 2, 3]),
        "spatial_scale": rng.choice([None, 0.5, 0.25, 1.0]),
    }
    if g.opset >= 16:
        a["coordinate_transformation_mode"] = rng.choice([None, "half_pixel", "output_half_pixel"])
    corners = numpy.sort(numpy.random.default_rng(rng.getrandbits(64)).uniform(-4, 36, (count, 2, 2)), axis=1)
    rois = corners.reshape(count, 4).astype(numpy.float32)
    batch = numbers(rng, [count], numpy.int64) % shape[0]
    x = numbers(rng, shape)
    g.node("RoiAlign", [g.array("x", x), g.array("rois", rois), g.array("batch", batch)], ["y"], **a)
    g.result("y")
    g.tolerance = EPS * 4 * largest(x) * (16 + 4 * 72)
    return g


def max_roi_pool(rng):
    """Regions whose corners lie on elements, between them, and just on the middle."""
    g = Graph(rng, rng.choice([7, 11, 13, 16, 20, 21]))
    shape = [rng.choice([1, 2, 3]), rng.choice([1, 3]), rng.randint(0 if often(rng, 0.1) else 1, 30), rng.randint(1, 30)]
    count = rng.choice([0, 1, 2, 5, 9])
    scale = rng.choice([None, 0.5, 0.25, 1.0, 0.0625, 0.3, 2.0])
    source = numpy.random.default_rng(rng.getrandbits(64))
    corners = source.uniform(-6, 36, (count, 2, 2))
    if often(rng, 0.9):
        corners = numpy.sort(corners, axis=1)
    if often(rng, 0.5):
        corners = numpy.round(corners * 2) / 2
    if often(rng, 0.2):
        corners[:, 1] = corners[:, 0] + source.uniform(-0.6, 0.6, (count, 2))
    picture = source.integers(0, shape[0], (count, 1)) + (source.uniform(0, 0.9) if often(rng, 0.1) else 0)
    rois = numpy.hstack([picture, corners.reshape(count, 4) / (scale or 1)]).astype(numpy.float32)
    pooled = [rng.choice([1, 2, 3, 5, 6, 7, 14]) for _ in range(2)]
    g.node("MaxRoiPool", [g.array("x", numbers(rng, shape)), g.array("rois", rois)], ["y"], pooled_shape=pooled, spatial_scale=scale)
    g.result("y")
    return g


# Moving


def pad(rng):
    g = Graph(rng, rng.choice([7, 11, 13, 18, 19, 21, 23]))
    dtype = dtype_of(rng, [numpy.float64, numpy.int32, numpy.int64, numpy.uint8, numpy.int8, numpy.bool_], 0.2) if g.opset >= 13 else numpy.float32
    rank = rng.randint(1, 5)
    while True:
        shape = [length(rng) for _ in range(rank)]
        if math.prod(shape) <= 4000:
            break
    mode = rng.choice(["constant", "reflect", "edge", None] + (["wrap"] if g.opset >= 19 else []))
    axes = list(range(rank))
    if g.opset >= 18 and often(rng, 0.4):
        axes = rng.sample(axes, rng.randint(1, rank))
    pads = [rng.choice([0, 0, rng.randint(0, 5), rng.randint(-3, 5)]) for _ in range(2 * len(axes))]
    x = g.array("x", numbers(rng, shape, dtype))
    g.starved = any(shape[i] + min(pads[k], 0) + min(pads[len(axes) + k], 0) < 0 for k, i in enumerate(axes))
    if g.opset < 11:
        g.node("Pad", [x], ["y"], mode=mode, pads=pads, value=rng.choice([None, 2.5]))
    else:
        inputs = [x, g.list("pads", pads)]
        value = often(rng, 0.4)
        if value:
            inputs.append(g.array("value", numbers(rng, [], dtype), constant=often(rng, 0.8)))
        if len(axes) < rank or g.opset >= 18 and often(rng, 0.1):
            axes = [i - rank if often(rng, 0.2) else i for i in axes]
            inputs += ([] if value else [""]) + [g.list("axes", axes)]
        g.node("Pad", inputs, ["y"], mode=mode)
    g.result("y", dtype=dtype)
    return g


def slice_(rng):
    g = Graph(rng, rng.choice([7, 9, 10, 11, 13, 17]))
    dtype = dtype_of(rng, [numpy.float64, numpy.int32, numpy.int64, numpy.uint8, numpy.bool_], 0.2)
    rank = rng.randint(1, 5)
    while True:
        shape = [length(rng) for _ in range(rank)]
        if math.prod(shape) <= 4000:
            break
    axes = sorted(rng.sample(range(rank), rng.randint(1, rank)))
    far = [2**63 - 1, -(2**63), 2**31 - 1, -(2**31), 10**6]
    starts, ends, steps = [], [], []
    for i in axes:
        bound = lambda: rng.choice(far) if often(rng, 0.15) else rng.randint(-shape[i] - 3, shape[i] + 3)
        starts.append(bound())
        ends.append(bound())
        steps.append(rng.choice(far[:4]) if often(rng, 0.03) else rng.choice([1, 1, 1, 2, 3, -1, -1, -2, 7]))
    x = g.array("x", numbers(rng, shape, dtype))
    g.steps, g.ends = steps, ends
    if g.opset < 10:
        g.steps = [1] * len(axes)
        g.node("Slice", [x], ["y"], starts=starts, ends=ends, axes=axes)
    else:
        axes = [i - rank if g.opset >= 11 and often(rng, 0.2) else i for i in axes]
        inputs = [x, g.list("starts", starts), g.list("ends", ends)]
        if axes != list(range(len(axes))) or often(rng, 0.7):
            inputs.append(g.list("axes", axes))
            if often(rng, 0.6):
                inputs.append(g.list("steps", steps))
        g.node("Slice", inputs, ["y"])
    g.result("y", dtype=dtype)
    return g


def center_crop_pad(rng):
    g = Graph(rng, 18)
    rank = rng.randint(1, 4)
    while True:
        shape = [rng.randint(1, 20) for _ in range(rank)]
        if math.prod(shape) <= 4000:
            break
    axes = list(range(rank)) if often(rng, 0.5) else rng.sample(range(rank), rng.randint(1, rank))
    a = {} if axes == list(range(rank)) and often(rng, 0.5) else {"axes": [i - rank if often(rng, 0.2) else i for i in axes]}
    g.node("CenterCropPad", [g.array("x", numbers(rng, shape)), g.list("shape", [rng.randint(1, 20) for _ in axes])], ["y"], **a)
    g.result("y")
    return g


def depth_to_space(rng):
    g = Graph(rng, rng.choice([7, 11, 13, 17]))
    dtype = dtype_of(rng, [numpy.float64]) if g.opset >= 13 else numpy.float32
    block = rng.randint(1, 4)
    shape = [rng.choice([1, 2]), rng.choice([1, 2, 3]) * block**2, length(rng, 20), length(rng, 20)]
    mode = rng.choice([None, "DCR", "CRD"]) if g.opset >= 11 else None
    g.node("DepthToSpace", [g.array("x", numbers(rng, shape, dtype))], ["y"], blocksize=block, mode=mode)
    g.result("y", dtype=dtype)
    return g


def space_to_depth(rng):
    g = Graph(rng, rng.choice([7, 13, 17]))
    dtype = dtype_of(rng, [numpy.float64]) if g.opset >= 13 else numpy.float32
    block = rng.randint(1, 4)
    shape = [rng.choice([1, 2]), rng.choice([1, 2, 3]), rng.randint(0, 8) * block, rng.randint(1, 8) * block]
    g.node("SpaceToDepth", [g.array("x", numbers(rng, shape, dtype))], ["y"], blocksize=block)
    g.result("y", dtype=dtype)
    return g


FAMILIES = [resize] * 8 + [upsample] * 2 + [max_pool] * 3 + [average_pool] * 3 + [lp_pool] * 2 + [global_pool] + [conv] * 3 + [conv_transpose] * 3
FAMILIES += [max_unpool] * 2 + [col2im, affine_grid, center_crop_pad, depth_to_space, space_to_depth] + [grid_sample] * 3 + [roi_align] * 2 + [max_roi_pool]
FAMILIES += [pad] * 3 + [slice_] * 3


def draw(seed, number):
    rng = random.Random(f"{seed}/{number}")
    while True:
        g = rng.choice(FAMILIES)(rng)
        large = g.resized and math.prod(nearest.lengths(g.shape, *g.resized)[0]) > 30000
        if not large and not excluded(g):
            return g
