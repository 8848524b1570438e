"""Writes dtypes.onnx with the onnx package (1.23): one initializer of five
elements for every element type and place, named <type>_typed and <type>_raw.
Run by hand; the Go tests only read the result."""

import numpy as np
import onnx
from onnx import TensorProto as T
from onnx import helper

SMALL = [0, 1, 2, 3, 1]
tensors = []
for name, number in sorted(T.DataType.items(), key=lambda kv: kv[1]):
    if name == "UNDEFINED":
        continue
    if name == "STRING":
        values = [b"", b"a", b"\xc3\xa9", b"b c", b"d"]
        tensors.append(helper.make_tensor("string_typed", number, [5], values))
        continue
    values = np.array(SMALL)
    if name in ("INT2", "INT4", "INT8", "INT16", "INT32", "INT64"):
        values = np.array([0, 1, -2, -1, 1])
    elif name == "BOOL":
        values = np.array([0, 1, 1, 0, 1])
    elif name.startswith("COMPLEX"):
        values = np.array([0, 1 + 2j, -3j, 4, 5])
    elif name.startswith("FLOAT8E8M0"):
        values = np.array([1, 2, 4, 0.5, 1])
    elif "FLOAT" in name or name == "DOUBLE":
        values = np.array([0, 1, -1, 0.5, 3])
    typed = helper.make_tensor(name.lower() + "_typed", number, [5], values.tolist())
    raw = onnx.numpy_helper.from_array(onnx.numpy_helper.to_array(typed), name.lower() + "_raw")
    assert raw.raw_data and not typed.raw_data, name
    tensors += [typed, raw]

graph = helper.make_graph([helper.make_node("Identity", ["float_raw"], ["y"])], "dtypes", [],
                          [helper.make_tensor_value_info("y", T.FLOAT, [5])], tensors)
model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 25)], ir_version=14)
onnx.checker.check_model(model)
onnx.save(model, "dtypes.onnx")
