"""What the tests of clients share: a server with two models, and what they should answer.

MIXCONV names the program, MIXCONV_MODELS the folder with digits.onnx and mixnet-s.onnx."""

import os
import pathlib
import subprocess
import tempfile
import unittest

import numpy

import peers

MIXCONV = os.environ["MIXCONV"]
MODELS = pathlib.Path(os.environ["MIXCONV_MODELS"]).resolve()
SIZES = {"digits": 64, "mixnet-s": 224}


def pictures(model, n, seed=1):
    return numpy.random.default_rng(seed).standard_normal((n, 3, SIZES[model], SIZES[model])).astype(numpy.float32)


def expected(model, x):
    """What `mixconv run` makes of x."""
    with tempfile.TemporaryDirectory() as folder:
        source, result = os.path.join(folder, "x.npy"), os.path.join(folder, "y.npy")
        numpy.save(source, x)
        subprocess.run([MIXCONV, "run", MODELS / f"{model}.onnx", "--input", source, "-o", result], check=True, capture_output=True)
        return numpy.load(result)


class Clients(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.server = peers.ours(MIXCONV, MODELS, 2)
        cls.url = cls.enterClassContext(cls.server).url
        cls.address = cls.url.removeprefix("http://")
        cls.x = {model: pictures(model, 2) for model in SIZES}
        cls.want = {model: expected(model, x) for model, x in cls.x.items()}

    def same(self, model, got):
        self.assertEqual(got.shape, self.want[model].shape)
        numpy.testing.assert_allclose(got, self.want[model], rtol=0, atol=1e-6 * numpy.abs(self.want[model]).max())
