"""Classifies the pictures of a Ray Dataset with mixconv.

    answers = mixconv_ray.score(ds, "mixnet-s.onnx", column="bytes", key="path", concurrency=2)

Each of concurrency actors runs one process of the static program mixconv-score. Wants Ray 2.10 or
later with pyarrow; program and model are paths that every node can read.
"""

import ray

import mixconv_stream


class Scorer:
    """An actor: what map_batches calls with tables."""

    def __init__(self, program, model, column, key, threads, values, top, options):
        self.line = mixconv_stream.command(program, model, column, key, threads, values, top, options)
        self.columns = [column] if key in (None, column) else [key, column]
        self.stream = None

    def __call__(self, table):
        import pyarrow as pa

        table = table.select(self.columns)
        if self.stream is None or self.stream.schema != table.schema:
            if self.stream is not None:
                self.stream.close()
            self.stream = mixconv_stream.Stream(self.line, table.schema)
        return pa.Table.from_batches(list(self.stream.answers(table.to_batches())))


def score(ds, model, column, key=None, program="mixconv-score", concurrency=1, threads=1, values="top", top=5, options=(), batch_size=256):
    """Returns a Dataset with a row for each of ds.

    column has the pictures, bytes or paths; key, if given, the column that comes back as it is. With
    values="top" there are classes, labels, probabilities and logits, lists of the top likeliest, and
    error, which says why a picture has none; with "logits" or "features" values, a list of floats, and
    error. options are more flags of `mixconv score`, such as ["--preprocess", "torch"]. Each actor has
    threads processors.
    """
    return ds.map_batches(
        Scorer,
        fn_constructor_args=(program, model, column, key, threads, values, top, tuple(options)),
        batch_format="pyarrow",
        batch_size=batch_size,
        compute=ray.data.ActorPoolStrategy(size=concurrency),
        num_cpus=threads,
    )
