"""export.py for Keras: by tf2onnx, and by Keras itself.

usage: export_keras.py FOLDER
"""

import os
import sys

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"

import keras
import numpy
import tensorflow
import tf2onnx

import judged

OPSETS = (13, 18)  # 18 is the newest that tf2onnx knows


def pictures(n, size, seed):
    """Pictures as Keras has them: NHWC, 0 to 255."""
    return judged.pictures(n, size, size, seed).transpose(0, 2, 3, 1) * 127 + 128


def create(name, size):
    return getattr(keras.applications, name)(weights=None, input_shape=(size, size, 3), classifier_activation=None)


def calibrate(model, x):
    """As calibrate.py does it."""
    random = numpy.random.default_rng(1)
    for layer in model._flatten_layers():
        if isinstance(layer, keras.layers.Dropout):
            layer.rate = 0
        if isinstance(layer, keras.layers.BatchNormalization):
            layer.momentum = 0  # the statistics of the last batch
        for w in layer.trainable_weights if not hasattr(layer, "layers") else []:
            w.assign(draw(random, layer, w))
    model(x, training=True)


def draw(random, layer, w):
    if w.name in ("kernel", "depthwise_kernel"):
        fan_in = w.shape[0] * w.shape[1] if isinstance(layer, keras.layers.DepthwiseConv2D) else numpy.prod(w.shape[:-1])
        return random.normal(0, ((1 if isinstance(layer, keras.layers.Dense) else 2) / fan_in) ** 0.5, w.shape)
    low, high = {"gamma": (0.5, 1), "beta": (0, 1), "bias": (-0.3, 0.3)}[w.name]
    return random.uniform(low, high, w.shape)


def export(folder, model, size, options):
    signature = [tensorflow.TensorSpec((None, size, size, 3), tensorflow.float32, name="input")]
    for opset in OPSETS:
        path = folder / f"tf2onnx{opset}.onnx"
        tf2onnx.convert.from_keras(model, signature, opset=opset, output_path=str(path))
        yield path.stem, path
    if "-keras" in options:
        return
    path = folder / "keras.onnx"
    model.export(path, format="onnx", verbose=False)
    yield path.stem, path


def expected(folder, name, model, size):
    """Runs the network in float64, and writes archives."""
    keras.config.set_dtype_policy("float64")
    exact = create(name, size)
    keras.config.set_dtype_policy("float32")
    exact.set_weights(model.get_weights())
    judged.require_sane(*([exact(x).numpy()] for x in numpy.split(pictures(2, size, 4), 2)))
    archives = {}
    for batch in (1, 3):
        x = pictures(batch, size, 4 + batch)
        archives[str(batch)] = folder / f"want{batch}.npz"
        judged.record(archives[str(batch)], x, [exact(x).numpy()])
    return archives


def answer(folder, library, name, size, options):
    model = create(name, size)
    calibrate(model, pictures(8, size, 2))
    files = list(export(folder, model, size, options))
    wanted = expected(folder, name, model, size)
    keras.backend.clear_session()
    return [judged.run(path, exporter, wanted) for exporter, path in files]


judged.serve(sys.argv[1], answer)
