"""Runs one live reference of `mixconv verify`: timm, torchvision or ONNX Runtime.

usage: reference.py FOLDER

FOLDER/request.json says what to run (type request in live.go); FOLDER/input.npz
has the inputs x0, x1, ... . Writes FOLDER/answer.json, and FOLDER/answer.npz
with the values v0, v1, ... and, of picture p, the preprocessing's step s as
p<p>.s<s>. answer.json has their names, or what went wrong: `missing` is a
package, `unavailable` something out of reach, `error` anything else.

Weights are read as data: no pickle is allowed to call anything.
"""

import contextlib
import json
import pathlib
import sys


class Unavailable(Exception):
    pass


def main(folder):
    try:
        answer, arrays = run(folder, json.loads((folder / "request.json").read_text()))
        import numpy
        numpy.savez(folder / "answer.npz", **arrays)
    except ImportError as e:
        answer = {"missing": e.name or str(e)}
    except Unavailable as e:
        answer = {"unavailable": one_line(e)}
    except Exception as e:
        answer = {"error": f"{type(e).__name__}: {one_line(e)}"}
    (folder / "answer.json").write_text(json.dumps(answer))


@contextlib.contextmanager
def cannot_run(library):
    """What a library says of a model that it cannot run: no fault of the model."""
    try:
        yield
    except (ImportError, Unavailable):
        raise
    except Exception as e:
        raise Unavailable(f"{library} cannot run the model: {type(e).__name__}: {one_line(e)}") from None


def one_line(e):
    return " ".join(str(e).split())[:300]


def run(folder, request):
    import numpy
    with numpy.load(folder / "input.npz", allow_pickle=False) as f:
        inputs = {name: f[f"x{i}"] for i, name in enumerate(request["inputs"])}
    stages = []
    if request["kind"] == "ort":
        values = run_ort(request, inputs)
    else:
        values, stages = run_torch(request, inputs)
    values = {name: v for name, v in values.items() if v.dtype.kind in "biuf"}
    arrays = {f"v{i}": v for i, v in enumerate(values.values())}
    for p, steps in enumerate(stages):
        arrays |= {f"p{p}.s{s}": v for s, v in enumerate(steps.values())}
    return {"names": list(values), "stages": [list(steps) for steps in stages]}, arrays


# ONNX Runtime


def run_ort(request, inputs):
    """The outputs of the file as it is, and of `layers`, which has more."""
    values = run_session(request, request["model"], inputs)
    if request["layers"]:
        values = run_session(request, request["layers"], inputs) | values
    return values


def run_session(request, path, inputs):
    import numpy
    import onnxruntime
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 4
    options.intra_op_num_threads = request["threads"]
    with cannot_run("ONNX Runtime"):
        session = onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])
        outputs = [o.name for o in session.get_outputs()]
        pieces = [session.run(outputs, piece) for piece in batches(session.get_inputs()[0], inputs)]
    return {name: numpy.concatenate(parts) if len(parts) > 1 else numpy.asarray(parts[0])
            for name, parts in zip(outputs, zip(*pieces))}


def batches(first, inputs):
    """Cuts an only input into the fixed batches that the model takes."""
    x, batch = inputs[first.name], first.shape[0] if first.shape else None
    if len(inputs) > 1 or not isinstance(batch, int) or x.shape[0] <= batch or x.shape[0] % batch:
        return [inputs]
    return [{first.name: x[i:i + batch]} for i in range(0, x.shape[0], batch)]


# timm and torchvision


def run_torch(request, inputs):
    import torch
    torch.set_num_threads(request["threads"])
    (x,) = (torch.from_numpy(v) for v in inputs.values())
    source = {"timm": Timm, "torchvision": TorchVision}[request["kind"]](request)
    model = source.model.eval()
    stages = []
    if request["pictures"]:
        stages = [prepare(path, source.steps(x.shape[-1])) for path in request["pictures"]]
        x = torch.cat([torch.from_numpy(steps["normalize"]) for steps in stages])
    values = {}
    modules = dict(model.named_modules())
    for name in request["names"]:
        if name and name in modules:
            modules[name].register_forward_hook(keep(values, name))
    with torch.inference_mode(), cannot_run(request["kind"]):
        if any(name.startswith("features_") for name in request["names"]):
            values |= {name: v for name, v in source.features(x).items() if name in request["names"]}
        else:
            values[request["output"]] = model(x)
    return {name: v.numpy() for name, v in values.items()}, stages


def keep(values, name):
    import torch

    def hook(module, args, result):
        if isinstance(result, torch.Tensor):
            values[name] = result.clone()  # the next module may compute in place
    return hook


class Timm:
    def __init__(self, request):
        import timm
        name, weights = request["model"], request["weights"]
        if not timm.is_model(name):
            raise Unavailable(f"timm {timm.__version__} has no model {name!r}")
        if not weights:
            self.model = pretrained(lambda: timm.create_model(name, pretrained=True))
            return
        config = hugging_face(weights)
        args = config.get("model_args") or {}
        own = {k: v for k, v in (config.get("pretrained_cfg") or {}).items() if k != "tag"}
        self.model = filled(read_weights(request),
                            lambda **classes: timm.create_model(name, pretrained_cfg_overlay=own, **{**args, **classes}))

    def steps(self, size):
        import timm.data
        config = timm.data.resolve_data_config({"img_size": size}, model=self.model)
        for step in timm.data.create_transform(**config).transforms:
            yield {"Resize": "resize", "CenterCrop": "crop", "Normalize": "normalize"}.get(type(step).__name__), step


    def features(self, x):
        """The feature maps by stride, as torch2onnx --features names them."""
        maps = self.model.forward_intermediates(x, intermediates_only=True)
        return {f"features_{info['reduction']}": m for info, m in zip(self.model.feature_info, maps)}


class TorchVision:
    def __init__(self, request):
        from torchvision import models
        name, weights = request["model"], request["weights"]
        if name not in models.list_models():
            raise Unavailable(f"torchvision has no model {name!r}")
        self.preset = models.get_model_weights(name).DEFAULT.transforms()
        if weights:
            self.model = filled(read_weights(request), lambda **classes: models.get_model(name, weights=None, **classes))
        else:
            self.model = pretrained(lambda: models.get_model(name, weights="DEFAULT"))

    def steps(self, size):
        from torchvision.transforms import functional as f
        p = self.preset
        short = p.resize_size[0] * size // p.crop_size[0]
        yield "resize", lambda im: f.resize(im, [short], p.interpolation, antialias=p.antialias)
        yield "crop", lambda im: f.center_crop(im, [size])
        yield None, f.to_tensor
        yield "normalize", lambda im: f.normalize(im, p.mean, p.std)

    def features(self, x):
        raise Unavailable("torchvision gives no feature maps")


def pretrained(make):
    """Weights that the library has, from its cache or its hub."""
    try:
        return make()
    except ImportError:
        raise
    except Exception as e:
        raise Unavailable(f"no pretrained weights ({type(e).__name__}: {one_line(e)}); name a file of weights behind a colon")


def filled(state, make):
    """A model with the weights, of as many classes as its last one has."""
    last = list(make().state_dict())[-1]
    model = make(num_classes=len(state[last])) if last in state else make()
    model.load_state_dict(state, strict=True)
    return model


def prepare(path, steps):
    """Each step's result for a picture: NHWC bytes, and the NCHW input."""
    import numpy
    from PIL import Image
    with Image.open(path) as im:
        im = im.convert("RGB")
    stages = {"decode": numpy.asarray(im)[None]}
    for name, step in steps:
        im = step(im)
        if name:
            stages[name] = im[None].numpy() if name == "normalize" else numpy.asarray(im)[None]
    return stages


# weights


HUB = ("model.safetensors", "model.safetensors.index.json", "pytorch_model.bin")
SUFFIXES = (".safetensors", ".safetensors.index.json", ".pth", ".pt", ".bin", ".npz", ".pth.tar", ".ckpt")


def hugging_face(weights):
    """The config.json in a folder, or beside a file of Hugging Face's."""
    path = pathlib.Path(weights)
    config = (path.parent if path.name in HUB else path) / "config.json"
    return json.loads(config.read_text()) if config.is_file() else {}


def read_weights(request):
    """The state_dict in a file or folder, by the library's own readers."""
    import numpy
    path = pathlib.Path(request["weights"])
    if path.is_dir() and any(path.glob("*.npy")):
        state = {p.name.removesuffix(".npy"): as_tensor(numpy.load(p, allow_pickle=False)) for p in path.glob("*.npy")}
        return without_wrapper(state, request["prefix"])
    path = file_of(path)
    if path.suffix == ".npz":
        with numpy.load(path, allow_pickle=False) as f:
            return without_wrapper({name: as_tensor(f[name]) for name in f.files}, request["prefix"])
    if path.suffix != ".json":
        return read_checkpoint(path, request)
    index = json.loads(path.read_text())["weight_map"]
    return {k: v for shard in sorted(set(index.values())) for k, v in read_checkpoint(path.parent / shard, request).items()}


def file_of(path):
    """The file of a Hugging Face folder that has the weights, or the only one."""
    if not path.is_dir():
        return path
    for name in HUB:
        if (path / name).exists():
            return path / name
    found = [p for p in path.iterdir() if p.name.endswith(SUFFIXES)]
    if len(found) != 1:
        raise ValueError(f"{len(found)} files with weights in {str(path)!r}")
    return found[0]


def read_checkpoint(path, request):
    import torch
    if path.suffix == ".safetensors":
        from safetensors.torch import load_file
        state = load_file(path)
    else:
        import argparse
        import pickle
        try:
            with torch.serialization.safe_globals([argparse.Namespace]):  # trainers keep their arguments in it
                state = torch.load(path, map_location="cpu", weights_only=True)
        except pickle.UnpicklingError:
            raise ValueError(f"{str(path)!r}: no pickle, or one that does more than list tensors, which is refused") from None
    return without_wrapper(dictionary(state, request), request["prefix"])


def dictionary(state, request):
    """The weights in a trainer's checkpoint: where the model says that its own were, else where they usually are."""
    found = below(state, request["key"]) if request["key"] else None
    if found:
        return found
    for key in (["state_dict_ema", "model_ema"] if request["averages"] else []) + ["state_dict", "model"]:
        if isinstance(state.get(key), dict):
            return state[key]
    return state


def below(state, path):
    """What is behind keys with points between, which may have points themselves."""
    for key, value in state.items():
        if key == path and isinstance(value, dict):
            return value
        if isinstance(key, str) and path.startswith(key + ".") and isinstance(value, dict):
            found = below(value, path[len(key) + 1:])
            if found:
                return found
    return None


def without_wrapper(state, prefix):
    """Names without what wrappers have put before them."""
    if prefix and any(name.startswith(prefix) for name in state):
        return {name[len(prefix):]: v for name, v in state.items() if name.startswith(prefix)}
    state = {name: v for name, v in state.items() if name != "n_averaged"}
    for wrapper in ("_orig_mod.", "module.", "_orig_mod."):
        state = {name.removeprefix(wrapper): v for name, v in state.items()}
    return state


def as_tensor(array):
    import torch
    if array.dtype.kind == "V":  # bfloat16, for which numpy has no type
        return torch.from_numpy(array.view("int16")).view(torch.bfloat16)
    return torch.from_numpy(array)


main(pathlib.Path(sys.argv[1]))
