"""Pictures a second, in turn: mixconv score, Spark and Ray Data with mixconv, and both with ONNX
Runtime as their users write it: a pandas UDF, a class for map_batches.

    throughput.py MIXCONV MODEL PICTURES [--rounds N]

MIXCONV is the folder with mixconv and mixconv-score; PICTURES has folders of pictures. Every engine
has two cores; its start is not counted, but that of its actors and tasks is.
"""

import argparse
import glob
import os
import shutil
import statistics
import sys
import tempfile
import time

import engines  # sets the paths of the integrations


class Reference:
    """MixNet-S by ONNX Runtime on one thread, pictures prepared by Pillow."""

    def __init__(self, model):
        import onnxruntime

        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        self.session = onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])

    def answer(self, path):
        import numpy
        from PIL import Image

        try:
            picture = Image.open(path).convert("RGB")
        except OSError:
            return -1
        width, height = picture.size
        side = min(width, height) * 0.875
        box = ((width - side) / 2, (height - side) / 2, (width + side) / 2, (height + side) / 2)
        try:
            picture = picture.resize((224, 224), Image.BICUBIC, box=box)
        except OSError:
            return -1
        x = (numpy.asarray(picture, numpy.float32) - [123.675, 116.28, 103.53]) / [58.395, 57.12, 57.375]
        logits = self.session.run(None, {"input": x.transpose(2, 0, 1)[None].astype(numpy.float32)})[0]
        return int(logits[0].argmax())

    def __call__(self, batch):
        return {"path": batch["path"], "class": [self.answer(p) for p in batch["path"]]}


_reference = None


def answers(model, paths):
    global _reference
    if _reference is None:
        _reference = Reference(model)
    return paths.map(_reference.answer)


def spark_runs(mixconv, model, files):
    import cluster
    import mixconv_spark
    from pyspark.sql.functions import pandas_udf

    folder = tempfile.mkdtemp()
    c = cluster.Cluster(folder)
    session = c.session(**{"spark.executorEnv.PYTHONPATH": os.environ["PYTHONPATH"] + os.pathsep + os.path.dirname(os.path.abspath(__file__))})
    df = session.createDataFrame([(f,) for f in files], "path string").repartition(max(2, len(files) // 500)).cache()
    df.count()
    ours = mixconv_spark.score(df, model, column="path", key="path", program=os.path.join(mixconv, "mixconv-score"))

    def udf(batches):  # an iterator of series, as the documentation has it for models
        import throughput

        for paths in batches:
            yield throughput.answers(model, paths)

    import pandas
    from typing import Iterator

    udf.__annotations__ = {"batches": Iterator[pandas.Series], "return": Iterator[pandas.Series]}
    theirs = df.select("path", pandas_udf(udf, "int")("path").alias("class"))

    def stop():
        session.stop()
        c.stop()
        shutil.rmtree(folder, ignore_errors=True)

    # Of ours, to the driver; both once before, so that executors have loaded what they need.
    for scored in (ours, theirs):
        scored.limit(10).collect()
    return lambda: len(ours.collect()), lambda: len(theirs.collect()), stop


def ray_runs(mixconv, model, files):
    import ray

    import mixconv_ray

    ray.init(num_cpus=2, include_dashboard=False, logging_level="ERROR", log_to_driver=False)
    ray.data.DataContext.get_current().enable_progress_bars = False
    ds = ray.data.from_items([{"path": f} for f in files], override_num_blocks=max(2, len(files) // 500)).materialize()

    def ours():
        return len(mixconv_ray.score(ds, model, column="path", key="path", program=os.path.join(mixconv, "mixconv-score"), concurrency=2).take_all())

    def theirs():
        return len(ds.map_batches(Reference, fn_constructor_args=(model,), batch_size=64, compute=ray.data.ActorPoolStrategy(size=2), num_cpus=1).take_all())

    return ours, theirs, ray.shutdown


def rate(run, pictures):
    begin = time.time()
    if run() != pictures:
        sys.exit("rows are missing")
    return pictures / (time.time() - begin)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("mixconv")
    parser.add_argument("model")
    parser.add_argument("pictures")
    parser.add_argument("--rounds", type=int, default=1)
    args = parser.parse_args()
    mixconv, model, pictures = (os.path.abspath(p) for p in (args.mixconv, args.model, args.pictures))
    files = sorted(glob.glob(os.path.join(pictures, "*", "*")))

    def local():
        work = tempfile.mkdtemp()
        engines.local(mixconv, model, pictures, os.path.join(work, "out"))
        shutil.rmtree(work)
        return len(files)

    for name, start in (("Spark", spark_runs), ("Ray", ray_runs)):
        ours, theirs, stop = start(mixconv, model, files)
        rounds = []
        for _ in range(args.rounds):
            rounds.append([rate(run, len(files)) for run in (local, ours, theirs)])
            print(name, " ".join(f"{r:.1f}" for r in rounds[-1]), flush=True)
        stop()
        of_local = statistics.median(r[1] / r[0] for r in rounds)
        times = statistics.median(r[1] / r[2] for r in rounds)
        alone, with_ours, with_theirs = (statistics.median(r[i] for r in rounds) for i in range(3))
        print(f"{name}: local {alone:.0f} pictures a second, {name} with mixconv {with_ours:.0f} ({100 * of_local:.0f} % of local), with ONNX Runtime {with_theirs:.0f}: {times:.2f} times")


if __name__ == "__main__":
    main()
