"""What a Resize to the nearest element takes, in exact fractions.

ONNX Runtime computes the coordinate in float32 after rounding the scale, and so
takes a neighbour in some places where the fraction of the lengths says which element
is meant: 7 of 14 elements resized to 2 lie before output 1, ONNX Runtime says 6.
Where a scale is a fraction of lengths, ours are exact, as PyTorch mostly is.
"""

import math
from fractions import Fraction

import numpy

f32 = numpy.float32


def lengths(shape, listed, wanted, by_sizes, policy):
    """For every axis, its length in the result and its scale: a Fraction, or a float32
    that is none."""
    out, scale = list(shape), [Fraction(1)] * len(shape)
    if not by_sizes:
        for i, s in zip(listed, wanted):
            out[i] = int(f32(shape[i]) * f32(s))
            exact = shape[i] > 0 and f32(out[i]) / f32(shape[i]) == s
            scale[i] = Fraction(out[i], shape[i]) if exact else Fraction(1) if s == 1 else f32(s)
        return out, scale
    for i, size in zip(listed, wanted):
        out[i] = size
        scale[i] = Fraction(size, shape[i]) if shape[i] else Fraction(1)
    if policy != "stretch":
        common = (min if policy == "not_larger" else max)(scale[i] for i in listed)
        rounded = f32(common.numerator) / f32(common.denominator)
        for i in listed:
            scale[i], out[i] = common, math.floor(float(rounded * f32(shape[i])) + 0.5)
    return out, scale


def exact(mode, nearest, o, n, m, s):
    half = Fraction(1, 2)
    if mode in ("half_pixel", "pytorch_half_pixel"):
        x = (o + half) / s - half
        if mode == "pytorch_half_pixel" and m <= 1:
            x = Fraction(0)
    elif mode == "half_pixel_symmetric":
        x = Fraction(n, 2) * (1 - m / (s * n)) + (o + half) / s - half
    elif mode == "align_corners":
        x = Fraction(o * (n - 1), m - 1) if m > 1 else Fraction(0)
    elif mode == "tf_half_pixel_for_nn":
        x = (o + half) / s
    else:
        x = o / s
    if nearest == "simple":
        nearest = "ceil" if s < 1 else "floor"
    return {"floor": math.floor, "ceil": math.ceil, "round_prefer_floor": lambda v: math.ceil(v - half), "round_prefer_ceil": lambda v: math.floor(v + half)}[nearest](x)


def rounded(mode, nearest, o, n, m, s):
    """ONNX Runtime's arithmetic."""
    s = f32(s.numerator) / f32(s.denominator) if isinstance(s, Fraction) else s
    o, n, m, half, one = f32(o), f32(n), f32(m), f32(0.5), f32(1)
    if mode in ("half_pixel", "pytorch_half_pixel"):
        x = (o + half) / s - half
        if mode == "pytorch_half_pixel" and m <= 1:
            x = f32(0)
    elif mode == "half_pixel_symmetric":
        x = f32(float(n / f32(2) * (one - m / (s * n))) + (float(o) + 0.5) / float(s) - 0.5)
    elif mode == "align_corners":
        x = o * (n - one) / (m - one) if m > 1 else f32(0)
    elif mode == "tf_half_pixel_for_nn":
        x = (o + half) / s
    else:
        x = o / s
    if nearest == "simple":
        return math.ceil(x) if s < 1 else int(x)
    if nearest in ("floor", "ceil"):
        return (math.floor if nearest == "floor" else math.ceil)(x)
    beyond = float(x) - math.floor(x) - 0.5
    return math.floor(x) + (beyond > 1e-6 if nearest == "round_prefer_floor" else beyond >= -1e-6)


def correct(g, x, got):
    """Returns the result of g, a Resize of x, with exact coordinates if what ONNX Runtime
    got is what its arithmetic gives, else what it got."""
    mode = g.attributes.get("coordinate_transformation_mode", "half_pixel") if g.opset >= 11 else "asymmetric"
    nearest = g.attributes.get("nearest_mode", "round_prefer_floor") if g.opset >= 11 else "simple"
    shape = g.shape
    out, scale = lengths(shape, *g.resized)
    if mode == "tf_crop_and_resize" or list(got.shape) != out or got.size == 0:
        return got
    a = b = x
    for axis, (n, m, s) in enumerate(zip(shape, out, scale)):
        if s == 1:
            continue
        theirs = [min(max(rounded(mode, nearest, o, n, m, s), 0), n - 1) for o in range(m)]
        ours = theirs
        if isinstance(s, Fraction):
            ours = [min(max(exact(mode, nearest, o, n, m, s), 0), n - 1) for o in range(m)]
        a, b = a.take(theirs, axis), b.take(ours, axis)
    return b if numpy.array_equal(a, got) else got
