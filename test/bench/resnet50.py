"""Writes a ResNet-50 with random weights, as exporters write a trained one:
batch norms folded into the convolutions, the stride on the 3×3 ones.

    resnet50.py M.onnx
"""

import sys

import numpy
import onnx
from onnx import helper, numpy_helper

STAGES = [(3, 64), (4, 128), (6, 256), (3, 512)]  # blocks, channels within; four times as many leave


class Writer:
    """Appends nodes; each method returns the name of the value it makes."""

    def __init__(self):
        self.nodes, self.weights = [], []
        self.random = numpy.random.default_rng(1)

    def node(self, op, *inputs, **attributes):
        output = f"{op.lower()}_{len(self.nodes)}"
        self.nodes.append(helper.make_node(op, inputs, [output], output, **attributes))
        return output

    def weight(self, shape, deviation):
        name = f"weight_{len(self.weights)}"
        values = deviation * self.random.standard_normal(shape, dtype=numpy.float32)
        self.weights.append(numpy_helper.from_array(values.astype(numpy.float32), name))
        return name

    def conv(self, x, inputs, outputs, kernel, stride=1, gain=1.0):
        """gain is that of the values' root mean square, given rectified ones."""
        w = self.weight((outputs, inputs, kernel, kernel), gain * (2 / (inputs * kernel * kernel)) ** 0.5)
        b = self.weight((outputs,), 0.1)
        return self.node("Conv", x, w, b, kernel_shape=[kernel] * 2, strides=[stride] * 2, pads=[kernel // 2] * 4)

    def bottleneck(self, x, inputs, channels, stride):
        outputs = 4 * channels
        y = self.node("Relu", self.conv(x, inputs, channels, 1))
        y = self.node("Relu", self.conv(y, channels, channels, 3, stride))
        y = self.conv(y, channels, outputs, 1, gain=0.3)  # or the sum grows with every block
        if inputs != outputs or stride != 1:
            x = self.conv(x, inputs, outputs, 1, stride, gain=0.7)
        return self.node("Relu", self.node("Add", y, x))

    def network(self):
        x = self.node("Relu", self.conv("input", 3, 64, 7, 2))
        x = self.node("MaxPool", x, kernel_shape=[3, 3], strides=[2, 2], pads=[1] * 4)
        inputs = 64
        for stage, (blocks, channels) in enumerate(STAGES):
            for block in range(blocks):
                stride = 2 if stage > 0 and block == 0 else 1
                x = self.bottleneck(x, inputs, channels, stride)
                inputs = 4 * channels
        x = self.node("Flatten", self.node("GlobalAveragePool", x))
        w, b = self.weight((1000, inputs), inputs ** -0.5), self.weight((1000,), 0.1)
        self.nodes.append(helper.make_node("Gemm", [x, w, b], ["logits"], "classifier", transB=1))


def main(path):
    w = Writer()
    w.network()
    graph = helper.make_graph(
        w.nodes, "resnet50",
        [helper.make_tensor_value_info("input", onnx.TensorProto.FLOAT, ["N", 3, 224, 224])],
        [helper.make_tensor_value_info("logits", onnx.TensorProto.FLOAT, ["N", 1000])],
        w.weights,
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    onnx.checker.check_model(model, full_check=True)
    onnx.save(model, path)


main(sys.argv[1])
