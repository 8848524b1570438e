"""What a quantised file computes if nothing but its quantisations rounds: ONNX's
own reference evaluator in float64, with convolutions by PyTorch, for speed, and
those operators of ONNX Runtime's quantiser that are not ONNX's.
"""

import judged
import numpy
import onnx
import torch
from onnx import TensorProto, numpy_helper
from onnx.reference import ReferenceEvaluator
from onnx.reference.op_run import OpRun

WIDER = {TensorProto.FLOAT: TensorProto.DOUBLE}


def expected(path, inputs):
    """Writes archives of inputs and what the file at path makes of them."""
    run, archives = evaluator(path).run, {}
    for name, x in inputs.items():
        archives[name] = path.with_suffix(f".want{name}.npz")
        judged.record(archives[name], x.numpy(), run(None, {"input": x.double().numpy()}))
    return archives


def evaluator(path):
    model = onnx.load(path)
    del model.graph.value_info[:]
    for v in [*model.graph.input, *model.graph.output]:
        v.type.tensor_type.elem_type = WIDER.get(v.type.tensor_type.elem_type, v.type.tensor_type.elem_type)
    for t in model.graph.initializer:
        widen(t)
    for n in model.graph.node:
        for a in n.attribute:
            if a.name in ("to", "output_dtype"):
                a.i = WIDER.get(a.i, a.i)
            if a.type == onnx.AttributeProto.TENSOR:
                widen(a.t)
    return ReferenceEvaluator(model, new_ops=OPERATORS)


def widen(t):
    if t.data_type == TensorProto.FLOAT:
        t.CopyFrom(numpy_helper.from_array(numpy_helper.to_array(t).astype(numpy.float64), t.name))


def broadcast(v, x, axis):
    """A scale or zero point of one value, or of one for each index of an axis."""
    if v.size == 1:
        return v.reshape(())
    return v.reshape([-1 if i == axis % x.ndim else 1 for i in range(x.ndim)])


def dequantise(x, scale, zero=None, axis=1):
    x = x.astype(numpy.float64)
    return (x if zero is None else x - broadcast(zero, x, axis)) * broadcast(scale, x, axis)


def quantise(x, scale, zero=None, axis=1):
    zero = numpy.uint8(0) if zero is None else broadcast(zero, x, axis)
    limits = numpy.iinfo(zero.dtype)
    return numpy.clip(numpy.rint(x / broadcast(scale, x, axis)) + zero, limits.min, limits.max).astype(zero.dtype)


def convolve(x, w, b=None, dilations=None, group=1, pads=None, strides=None, **others):
    if others.get("auto_pad", "NOTSET") != "NOTSET" or x.ndim != 4:
        raise NotImplementedError(f"Conv {others} of {x.shape}")
    top, left, bottom, right = pads or (0, 0, 0, 0)
    x, w, b = (v if v is None else torch.from_numpy(v) for v in (x, w, b))
    x = torch.nn.functional.pad(x, (left, right, top, bottom))
    return torch.nn.functional.conv2d(x, w, b, strides or 1, 0, dilations or 1, group).numpy()


def pool(x, kernel_shape, strides=None, pads=None, count_include_pad=0, ceil_mode=0, **_):
    top, left, *ends = pads or (0, 0, 0, 0)
    if ends != [top, left]:
        raise NotImplementedError(f"AveragePool with pads {pads}")
    return torch.nn.functional.avg_pool2d(torch.from_numpy(x), kernel_shape, strides or 1, (top, left), bool(ceil_mode), bool(count_include_pad)).numpy()


def softmax(x, axis=-1, **_):
    e = numpy.exp(x - x.max(axis, keepdims=True))
    return e / e.sum(axis, keepdims=True)


def q_conv(x, x_scale, x_zero, w, w_scale, w_zero, y_scale, y_zero, b=None, **attrs):
    b = None if b is None else b * (x_scale * w_scale)
    return quantise(convolve(dequantise(x, x_scale, x_zero), dequantise(w, w_scale, w_zero, 0), b, **attrs), y_scale, y_zero)


def q_gemm(a, a_scale, a_zero, w, w_scale, w_zero, b=None, y_scale=None, y_zero=None, alpha=1, transA=0, transB=0):
    a, w = dequantise(a, a_scale, a_zero), dequantise(w, w_scale, w_zero, 1 - transB)
    y = alpha * ((a.T if transA else a) @ (w.T if transB else w))
    y = y if b is None else y + b * (a_scale * w_scale)
    return y if y_scale is None else quantise(y, y_scale, y_zero)


def q_matmul(a, a_scale, a_zero, b, b_scale, b_zero, y_scale, y_zero):
    return quantise(dequantise(a, a_scale, a_zero, -2) @ dequantise(b, b_scale, b_zero, -1), y_scale, y_zero)


def q_concat(y_scale, y_zero, *operands, axis):
    x = [dequantise(*operands[i : i + 3]) for i in range(0, len(operands), 3)]
    return quantise(numpy.concatenate(x, axis), y_scale, y_zero)


def between(run, operands):
    """run between a dequantisation of each operand and a quantisation."""

    def all(*args, **attrs):
        x = [dequantise(*args[i : i + 3]) for i in range(0, 3 * operands, 3)]
        return quantise(run(*x, **attrs), *args[3 * operands :])

    return all


def operator(name, run, domain=""):
    return type(name, (OpRun,), {"op_domain": domain, "_run": lambda self, *args, **attrs: (run(*args, **attrs),)})


OPERATORS = [
    operator("Conv", convolve),
    operator("DequantizeLinear", lambda *args, axis=1, **_: dequantise(*args, axis=axis)),
    operator("QLinearConv", q_conv),
    operator("QLinearMatMul", q_matmul),
    operator("QGemm", q_gemm, "com.microsoft"),
    operator("QLinearConcat", q_concat, "com.microsoft"),
    operator("QLinearAdd", between(numpy.add, 2), "com.microsoft"),
    operator("QLinearMul", between(numpy.multiply, 2), "com.microsoft"),
    operator("QLinearSigmoid", between(lambda x: 1 / (1 + numpy.exp(-x)), 1), "com.microsoft"),
    operator("QLinearSoftmax", between(lambda x, opset, **attrs: softmax(x, **attrs), 1), "com.microsoft"),
    operator("QLinearGlobalAveragePool", between(lambda x, channels_last: x.mean((2, 3), keepdims=True), 1), "com.microsoft"),
    operator("QLinearAveragePool", between(pool, 1), "com.microsoft"),
]
