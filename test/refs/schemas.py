"""Prints ops/schemas.txt: one line for every version of the operators named on
the command line, from onnx's own schemas.

    name since | inputs -> outputs | attributes | letter=element types; …

A parameter is name:type, with ? if it may be absent, ... if it repeats, ~ if it
repeats and every one has a type of its own (?... and ?~: or not at all). Sets of element types have the
names of ops/dtypes.go; sequence is one of tensors. Where a type may be
optional, optional stands beside the types of its value. Other types are left out.
"""

import sys

import onnx
from onnx import AttributeProto, TensorProto, helper
from onnx.defs import OpSchema, get_all_schemas_with_history

NAMES = {"float": "float32", "double": "float64"}
ORDER = [NAMES.get(n.lower(), n.lower()) for _, n in sorted((v, k) for k, v in TensorProto.DataType.items())] + ["sequence", "optional"]


def sets():
    floats = {"float16", "float32", "float64"}
    ints = {"int8", "int16", "int32", "int64"}
    uints = {"uint8", "uint16", "uint32", "uint64"}
    any1 = floats | ints | uints | {"string", "bool", "complex64", "complex128"}
    any13 = any1 | {"bfloat16"}
    any19 = any13 | {"float8e4m3fn", "float8e4m3fnuz", "float8e5m2", "float8e5m2fnuz"}
    any21 = any19 | {"int4", "uint4"}
    any23 = any21 | {"float4e2m1"}
    any24 = any23 | {"float8e8m0"}
    any25 = any24 | {"int2", "uint2"}
    return [
        ("any25", any25), ("any24", any24), ("any23", any23), ("any21", any21), ("any19", any19),
        ("any13", any13), ("any1", any1), ("castable", any1 - {"complex64", "complex128"}),
        ("numbers", floats | ints | uints), ("wide", {"int32", "int64", "uint32", "uint64"}),
        ("floats", floats), ("ints", ints), ("uints", uints), ("indices", {"int32", "int64"}),
        ("float8", any19 - any13), ("complexes", {"complex64", "complex128"}),
    ]


def element(type_str):
    """The element type of tensor(…), "sequence" for one of tensors, or None for
    another type. An optional one is what it may have."""
    type_str = type_str.removeprefix("optional(")
    if type_str.startswith("seq(tensor("):
        return "sequence"
    if not type_str.startswith("tensor("):
        return None
    name = type_str[len("tensor("):].rstrip(")")
    return NAMES.get(name, name)


def type_set(strs):
    """Named sets first, the largest that fits, then single types."""
    left, out = {element(s) for s in strs} - {None}, []
    if any(s.startswith("optional(") for s in strs):
        left.add("optional")
    for name, members in sets():
        if members <= left:
            out.append(name)
            left = left - members
    return ",".join(out + sorted(left, key=ORDER.index))


def param(p, may_be_absent):
    typ = element(p.type_str) or p.type_str
    mark = ""
    if p.option == OpSchema.FormalParameterOption.Optional:
        mark = "?"
    if p.option == OpSchema.FormalParameterOption.Variadic:
        mark = ("?" if may_be_absent else "") + ("..." if p.is_homogeneous else "~")
    return f"{p.name}{mark}:{typ}"


def params(list, least):
    return " ".join(param(p, i >= least) for i, p in enumerate(list))


def attribute(a):
    text = a.name + " " + AttributeProto.AttributeType.Name(int(a.type.value)).lower()
    if a.required:
        return text + " required"
    if not a.default_value.name:
        return text
    v = helper.get_attribute_value(a.default_value)
    if isinstance(v, list):
        return text + "=" + "[" + " ".join(scalar(x) for x in v) + "]"
    return text + "=" + scalar(v)


def scalar(v):
    if isinstance(v, bytes):
        return v.decode()
    if isinstance(v, float):
        import numpy

        return numpy.format_float_positional(numpy.float32(v), trim="-")
    return str(v)


def line(s):
    sig = params(s.inputs, s.min_input) + " -> " + params(s.outputs, s.min_output)
    attrs = ", ".join(attribute(a) for _, a in sorted(s.attributes.items()))
    letters = "; ".join(f"{c.type_param_str}={type_set(c.allowed_type_strs)}" for c in sorted(s.type_constraints, key=lambda c: c.type_param_str))
    return f"{s.name} {s.since_version} | {sig} | {attrs} | {letters}"


def main():
    wanted = set(sys.argv[1:])
    found = [s for s in get_all_schemas_with_history() if s.domain == "" and s.name in wanted]
    for s in sorted(found, key=lambda s: (s.name, s.since_version)):
        print(line(s))


main()
