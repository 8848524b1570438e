"""Writes checkpoints with PyTorch, one or more of every kind that is read, and
manifest.json with what must be read from them.

    python make.py FOLDER [SEED]

The files in the folder pytorch beside this script were made so with seed 1.
"""
import argparse
import json
import os
import sys
from collections import Counter, OrderedDict, defaultdict

import numpy as np
import safetensors.torch
import torch

MANIFEST = {}


def describe(t):
    """dtype, shape and the bytes of the elements in row-major order."""
    data = t.detach().contiguous().reshape(-1)
    data = data.view(torch.uint8) if data.numel() else torch.empty(0, dtype=torch.uint8)
    return [str(t.dtype).removeprefix("torch."), list(t.shape), bytes(data.tolist()).hex()]


def record(name, tensors, order=True, **facts):
    MANIFEST[name] = dict(facts, names=list(tensors) if order else sorted(tensors),
                          tensors={k: describe(v) for k, v in tensors.items()})


def random_bits(shape, dtype):
    """Any bits but those of NaNs, which some conversions make quiet."""
    bits = torch.randint(0, 256, (*shape, dtype.itemsize), dtype=torch.uint8)
    t = bits.view(dtype).reshape(shape)
    if dtype.is_floating_point:
        t = torch.where(t.float().isnan(), torch.ones_like(t), t)
    return t


def views():
    """Tensors that are not simply a storage of their own."""
    base = torch.randn(4, 6, 3, 3)
    whole = torch.arange(40, dtype=torch.float32)
    return OrderedDict(
        plain=torch.randn(2, 3),
        transposed=torch.randn(5, 7).t(),
        channels_last=base.contiguous(memory_format=torch.channels_last),
        every_second=torch.randn(6, 8)[1::2, ::3],
        first_rows=whole[:10],
        last_rows=whole[30:],
        overlapping=whole.as_strided((3, 4), (2, 1), 5),
        expanded=torch.randn(3, 1).expand(3, 5),
        scalar=torch.tensor(2.5),
        one=torch.randn(1, 1, 4)[:, :, 2:3],
        empty=torch.empty(0, 3),
        empty_slice=whole[40:],
        counter=torch.tensor(7),
        parameter=torch.nn.Parameter(torch.randn(3)),
        halves=torch.randn(3, 4).half().t(),
        brain=torch.randn(3, 4).bfloat16()[:, 1:],
        double=torch.randn(4, 2, dtype=torch.float64)[:, 1],
    )


def all_types():
    names = ("float32 float16 bfloat16 float64 int8 int16 int32 int64 uint8 bool complex64 complex128 "
             "uint16 uint32 uint64 float8_e4m3fn float8_e5m2").split()
    types = OrderedDict()
    for n in names:
        dtype = getattr(torch, n)
        if n == "bool":
            types[n] = torch.rand(2, 3) < 0.5
        elif dtype.is_complex:
            types[n] = torch.randn(2, 3, dtype=dtype).t()
        else:
            types[n] = random_bits((2, 3), dtype)
    return types


def network():
    return torch.nn.Sequential(OrderedDict(
        conv=torch.nn.Conv2d(3, 4, 3, bias=False), bn=torch.nn.BatchNorm2d(4), fc=torch.nn.Linear(4, 2)))


def trainer():
    """What timm's training script saves."""
    model, ema = network(), network()
    optimizer = torch.optim.AdamW(model.parameters())
    model.fc(torch.randn(1, 4)).sum().backward()
    optimizer.step()
    args = argparse.Namespace(model="mixnet_s", lr=0.1, layers=[1, (2, None)], big=1 << 70, name="ä", raw=b"\xff")
    saved = dict(
        epoch=7, arch="mixnet_s", state_dict=model.state_dict(), optimizer=optimizer.state_dict(), version=2,
        args=args, metric=np.float64(76.5), loss=np.float32(0.5), device=torch.device("cpu"), size=torch.Size([1, 2]),
        amp_scaler={"scale": 65536.0}, rng=torch.get_rng_state(), numpy_rng=np.random.get_state(),
        milestones=Counter([3, 3, 5]), history=defaultdict(list, {"loss": [1.0]}), seen={1, 2}, array=np.zeros(3),
        state_dict_ema=None)
    plain = dict(saved)
    saved["state_dict_ema"] = OrderedDict((k, v) for k, v in ema.state_dict().items())
    return plain, saved, model.state_dict(), ema.state_dict()


def averaged():
    """What torchvision's training script saves, on several machines."""
    model, ema = network(), torch.optim.swa_utils.AveragedModel(network())
    saved = dict(model=OrderedDict(("module." + k, v) for k, v in model.state_dict().items()),
                 model_ema=ema.state_dict(), epoch=1)
    return saved, model.state_dict(), ema.module.state_dict()


def main(folder, seed):
    torch.manual_seed(seed)
    np.random.seed(seed)
    at = lambda name: os.path.join(folder, name)
    os.makedirs(folder, exist_ok=True)

    kinds = {"views": views(), "types": all_types()}
    for name, tensors in kinds.items():
        torch.save(tensors, at(name + ".pth"))
        record(name + ".pth", tensors)
        torch.save(tensors, at(name + ".legacy.pth"), _use_new_zipfile_serialization=False)
        record(name + ".legacy.pth", tensors)
        torch.save(tensors, at(name + ".protocol4.pth"), pickle_protocol=4)
        record(name + ".protocol4.pth", tensors)
        flat = {k: v.detach().clone(memory_format=torch.contiguous_format) for k, v in tensors.items() if v.dtype != torch.complex128}
        safetensors.torch.save_file(flat, at(name + ".safetensors"), metadata={"format": "pt"})
        record(name + ".safetensors", flat, order=False)
        arrays = {k: v.numpy() for k, v in flat.items() if str(v.dtype)[6:] in np.sctypeDict}
        np.savez(at(name + ".npz"), **arrays)
        record(name + ".npz", {k: torch.from_numpy(v) for k, v in arrays.items()}, order=False)

    model = network()
    folder_npy = at("model")
    os.makedirs(folder_npy, exist_ok=True)
    sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
    import export_npy
    state = model.state_dict()
    state["brain"] = torch.randn(2, 3).bfloat16()
    export_npy.export(state, folder_npy)
    record("model", state, order=False)

    plain, saved, raw, ema = trainer()
    torch.save(plain, at("trainer.pth"))
    record("trainer.pth", raw, dictionary="state_dict")
    torch.save(saved, at("trainer_ema.pth"))
    record("trainer_ema.pth", ema, dictionary="state_dict_ema", averages=True)
    torch.save(saved, at("trainer_ema.legacy.pth"), _use_new_zipfile_serialization=False)
    record("trainer_ema.legacy.pth", ema, dictionary="state_dict_ema", averages=True)
    saved, raw, ema = averaged()
    torch.save(saved, at("averaged.pth"))
    record("averaged.pth", ema, dictionary="model_ema", averages=True, prefix="module.")
    del saved["model_ema"]
    torch.save(saved, at("wrapped.pth"))
    record("wrapped.pth", raw, dictionary="model", prefix="module.")

    for name, tensors in kinds.items():
        # As they lie in memory: NumPy writes what is transposed in Fortran's order.
        kept = {k: v for k, v in tensors.items() if v.dtype == torch.bfloat16 or str(v.dtype)[6:] in np.sctypeDict}
        os.makedirs(at(name + "_npy"), exist_ok=True)
        for k, v in kept.items():
            v = v.detach()
            array = export_npy.array(v) if v.dtype == torch.bfloat16 else v.numpy()
            np.save(os.path.join(at(name + "_npy"), k + ".npy"), array)
        record(name + "_npy", kept, order=False)

    with open(at("manifest.json"), "w") as f:
        json.dump(MANIFEST, f, indent=1, sort_keys=True)
        f.write("\n")


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]) if len(sys.argv) > 2 else 1)
