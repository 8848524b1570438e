"""Classifies the pictures of a Spark DataFrame with mixconv.

    answers = mixconv_spark.score(df, "mixnet-s.onnx", column="content", key="path")

The static program mixconv-score and the model are sent to the executors by addFile. Each Python
worker, of which there is one for each core that runs a task, starts one process and keeps it for
all its tasks. Wants Spark 3.3 or later with pyarrow.
"""

import itertools
import os
import stat

from pyspark import SparkFiles, TaskContext
from pyspark.sql.types import ArrayType, DoubleType, FloatType, IntegerType, StringType, StructField, StructType

import mixconv_stream

_streams = {}  # of this Python worker, by command line


def score(df, model, column, key=None, program="mixconv-score", values="top", top=5, options=()):
    """Returns a DataFrame with a row for each of df.

    column has the pictures, bytes or paths that the executors can read; key, if given, the column that
    comes back as it is. With values="top" there are classes, labels, probabilities and logits, arrays
    of the top likeliest, and error, which says why a picture has none; with "logits" or "features"
    values, an array of floats, and error. options are more flags of `mixconv score`, such as
    ["--preprocess", "torch"]. model and program are local paths; names of files must not repeat.
    """
    context = df.sparkSession.sparkContext
    for path in (model, program):
        context.addFile(path)
    for module in (mixconv_stream.__file__, __file__):
        context.addPyFile(module)
    answer = _Answer(os.path.basename(program), os.path.basename(model), column, key, values, top, tuple(options))
    wanted = [column] if key in (None, column) else [key, column]
    fields = [] if key is None else [df.schema[key]]
    return df.select(*wanted).mapInArrow(answer, StructType(fields + _fields(values)))


def _fields(values):
    def array(name, kind):
        return StructField(name, ArrayType(kind, False), False)

    error = StructField("error", StringType(), True)
    if values != "top":
        return [array("values", FloatType()), error]
    return [array("classes", IntegerType()), array("labels", StringType()), array("probabilities", DoubleType()), array("logits", DoubleType()), error]


class _Answer:
    """What mapInArrow calls with the batches of a task."""

    def __init__(self, program, model, column, key, values, top, options):
        self.files, self.flags = (program, model), (column, key, values, top, options)

    def __call__(self, batches):
        program, model = (SparkFiles.get(name) for name in self.files)
        os.chmod(program, os.stat(program).st_mode | stat.S_IXUSR)
        column, key, values, top, options = self.flags
        line = tuple(mixconv_stream.command(program, model, column, key, TaskContext.get().cpus(), values, top, options))
        batches = iter(batches)
        first = next(batches, None)
        if first is None:
            return
        stream = _streams.pop(line, None) or mixconv_stream.Stream(line, first.schema)
        try:
            yield from stream.answers(itertools.chain([first], batches))
            _streams[line] = stream  # for the next task
        finally:
            if line not in _streams:
                stream.close()
