"""Exports PyTorch's networks to ONNX as their users do, and says what they compute.

usage: export.py FOLDER

Reads lines of networks.txt from stdin and answers each with a line of JSON:
either {"error": why not} or {"files": [{"exporter", "path", "nodes", "runs":
[{"want", "ort"}]}]}. `want` is an .npz with the input and each output as PyTorch
computes it in float64, `ort` one with what ONNX Runtime makes of the file. What
an earlier line wrote is gone then.
"""

import importlib
import sys

import timm
import torch
import torchvision

import exact
import judged
import quantise
from calibrate import calibrate

TORCHSCRIPT = (17, 20)
DYNAMO = (18, 25)  # 25 is the newest that its version converter reaches


class Flat(torch.nn.Module):
    """A network whose outputs are a tuple of tensors, whatever it gives. One of 16
    bits takes and gives float32 all the same: NumPy has no bfloat16."""

    def __init__(self, model, detects):
        super().__init__()
        self.model, self.detects, self.half = model, detects, None

    def forward(self, x):
        x = x.to(self.half) if self.half else x
        outputs = tensors(self.model(list(x) if self.detects else x))
        return tuple(o.float() if self.half else o for o in outputs)


def tensors(value):
    if isinstance(value, torch.Tensor):
        return [value]
    if isinstance(value, dict):
        value = value.values()
    return [t for v in value for t in tensors(v)]


def create(library, name, size, options):
    if library == "timm":
        return timm.create_model(name, pretrained=False, **({"img_size": size} if "img_size" in options else {}))
    if library == "torchvision":
        more = {"aux_logits": False, "init_weights": False} if name == "googlenet" else {}
        if name.startswith(("deeplab", "lraspp")) or detects(name):
            more = {"weights_backbone": None}
        if "rcnn" in name:
            more |= {"min_size": size, "max_size": size * 3 // 2, "rpn_post_nms_top_n_test": 30, "box_detections_per_img": 4}
        return torchvision.models.get_model(name, weights=None, **more)
    module = "proxylessnas" if name.startswith("proxyless") else name
    return getattr(importlib.import_module("pytorchcv.models." + module), name)()


def detects(name):
    """Whether it takes a list of pictures, as torchvision's detectors do."""
    return "rcnn" in name or name.startswith("ssd")


def pictures(n, height, width, seed):
    return torch.from_numpy(judged.pictures(n, height, width, seed))


def export(folder, model, size, options):
    """Writes one file after the other, and yields its exporter and path."""
    # An exporter might take a batch of 1 for a constant.
    x = pictures(1 if "one" in options else 2, size, size, 3)
    outputs = [f"output{i}" for i in range(len(model(x)))]
    axes = {} if "one" in options else {0: "batch"}
    if "sizes" in options:
        axes |= {2: "height", 3: "width"}
    names = {"input_names": ["input"], "output_names": outputs}
    for opset in TORCHSCRIPT:
        if f"-ts{opset}" in options:
            continue
        path = folder / f"ts{opset}.onnx"
        every = {"input": axes} | {o: {0: "batch"} for o in outputs if "one" not in options}
        torch.onnx.export(model, (x,), path, dynamo=False, opset_version=opset, dynamic_axes=every, **names)
        yield path.stem, path
    opsets = [o for o in DYNAMO if f"-dynamo{o}" not in options]
    if not opsets:
        return
    shapes = {axis: torch.export.Dim.DYNAMIC for axis in axes if axis == 0 or "dynamo-size" not in options}
    program = decomposed_once(torch.export.export(model, (x,), dynamic_shapes=(shapes,)))
    for opset in opsets:
        path = folder / f"dynamo{opset}.onnx"
        # Its optimiser folds batch norms in bfloat16 into biases in float32.
        torch.onnx.export(program, (), path, dynamo=True, opset_version=opset, optimize="bfloat16" not in options,
                          verbose=False, external_data=False, **names)
        yield path.stem, path


def decomposed_once(program):
    """Half of an export is decomposing the program's operators. That is done once
    for all opsets: their rules differ in rms_norm alone, and the files are the same
    to the byte."""
    decompose, done = program.run_decompositions, []

    def once(rules):
        if not done:
            done.append(decompose(rules))
        return done[0]

    program.run_decompositions = once
    return program


def inputs(size, options):
    """Pictures to run: a batch of 1 and of 3, and others of another size."""
    runs = {"1": pictures(1, size, size, 4)}
    if "one" not in options:
        runs["3"] = pictures(3, size, size, 5)
    if "sizes" in options:
        runs["wide"] = pictures(2, size + 32, size + 64, 6)
    return runs


def expected(folder, model, inputs):
    """Runs the network in float64, and writes archives."""
    model.double()
    first, second = ([o.numpy() for o in model(x)] for x in pictures(2, *inputs["1"].shape[2:], 4).double().split(1))
    judged.require_sane(first, second)
    archives = {}
    for name, x in inputs.items():
        archives[name] = folder / f"want{name}.npz"
        judged.record(archives[name], x.numpy(), [o.numpy() for o in model(x.double())])
    return archives


@torch.no_grad()
def answer(folder, library, name, size, options):
    model = Flat(create(library, name, size, options), detects(name))
    calibrate(model, pictures(8, size, size, 2))
    for half in {"float16", "bfloat16"}.intersection(options):
        model.half = getattr(torch, half)
        model.to(model.half)
    files, x = list(export(folder, model, size, options)), inputs(size, options)
    model.half = None
    wanted = expected(folder, model, x)
    del model  # large networks are, in float64
    if "int8" not in options:
        return [judged.run(path, exporter, wanted) for exporter, path in files]
    quantised = [f for _, path in files for f in quantise.quantise(path, pictures(8, size, size, 2).numpy())]
    return [judged.run(path, exporter, exact.expected(path, x)) for exporter, path in quantised]


torch.set_num_threads(1)
judged.serve(sys.argv[1], answer)
