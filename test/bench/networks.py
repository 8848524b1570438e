"""The networks that are timed, and their files."""

import dataclasses
import os
import pathlib
import subprocess
import sys

import process

HERE = pathlib.Path(__file__).parent


@dataclasses.dataclass(frozen=True)
class Network:
    name: str
    arch: str = ""  # of `mixconv new`; resnet50.py writes the one that mixconv has not
    mixed: bool = False  # has mixed depthwise convolutions, and so a fused form
    timm: str = ""  # the name of a model that PyTorch exports, for batches of 1

    @property
    def forms(self):
        return ("split", "fused") if self.mixed else ("split",)


NETWORKS = {
    "mixnet_s": Network("MixNet-S", "mixnet_s", mixed=True),
    "mixnet_m": Network("MixNet-M", "mixnet_m", mixed=True),
    "mixnet_l": Network("MixNet-L", "mixnet_l", mixed=True),
    "mobilenetv2": Network("MobileNetV2", "mobilenetv2_100"),
    "mobilenetv3_large": Network("MobileNetV3-large", "mobilenetv3_large_100"),
    "mnasnet_b1": Network("MnasNet-B1", "mnasnet_100"),
    "efficientnet_b0": Network("EfficientNet-B0", "efficientnet_b0"),
    "resnet50": Network("ResNet-50"),
    "convnext_tiny": Network("ConvNeXt-T", timm="convnext_tiny"),
    "vit_tiny": Network("ViT-Ti/16", timm="vit_tiny_patch16_224"),
    "swin_tiny": Network("Swin-T", timm="swin_tiny_patch4_window7_224"),
    "efficientformer_l1": Network("EfficientFormer-L1", timm="efficientformer_l1"),
    "fastvit_t8": Network("FastViT-T8", timm="fastvit_t8"),
    "densenet121": Network("DenseNet-121", timm="densenet121"),
    "regnety_008": Network("RegNetY-800MF", timm="regnety_008"),
    "mobilenetv4": Network("MobileNetV4-S", timm="mobilenetv4_conv_small"),
    "ghostnet": Network("GhostNet", timm="ghostnet_100"),
    "resnext50": Network("ResNeXt-50 32×4d", timm="resnext50_32x4d"),
}


def make(mixconv, key, folder):
    """Writes the network's files, for 224×224 and any batch, into folder.

    Returns their paths by form, and the multiply-adds of a picture. The weights
    are random: a run takes as long with trained ones.
    """
    network = NETWORKS[key]
    paths = {form: str(folder / f"{key}-{form}.onnx") for form in network.forms}
    for form, path in paths.items():
        if network.timm:
            command = [exporter(), str(HERE / "exported.py"), network.timm, path]
        elif network.arch:
            command = [mixconv, "new", "--arch", network.arch, "--form", form, "--image-size", "224", "-o", path]
        else:
            command = [sys.executable, str(HERE / "resnet50.py"), path]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    return paths, process.run_json([mixconv, "inspect", paths["split"], "--json"])["macs"]


def exporter():
    """A Python with torch and timm: that of the reference tests, which is made
    if it is not there."""
    if python := os.environ.get("MIXCONV_PYTHON"):
        return python
    folder = HERE.parent.parent / ".venv"
    subprocess.run([str(HERE.parent / "refs" / "venv.sh"), str(folder)], check=True)
    return str(folder / "bin" / "python")
