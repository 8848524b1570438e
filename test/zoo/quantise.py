"""Static quantisation to int8 by ONNX Runtime's own tool."""

from onnxruntime.quantization import CalibrationDataReader, QuantFormat, QuantType, quantize_static

FORMATS = {"qdq": QuantFormat.QDQ, "qlinear": QuantFormat.QOperator}


class Reader(CalibrationDataReader):
    def __init__(self, x):
        self.left = [x]

    def get_next(self):
        return {"input": self.left.pop()} if self.left else None


def quantise(path, x):
    """Yields exporters and paths of the file at path, quantised as it does on
    pictures x."""
    for name, form in FORMATS.items():
        target = path.with_name(f"{path.stem}-{name}.onnx")
        # Weights of 7 bits: the kernels of ONNX Runtime for processors without
        # VNNI saturate with 8, and would be no reference.
        quantize_static(path, target, Reader(x), quant_format=form, per_channel=True, reduce_range=True,
                        activation_type=QuantType.QUInt8, weight_type=QuantType.QInt8)
        yield target.stem, target
