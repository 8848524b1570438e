"""A process of mixconv-score that answers batches of pictures, for mixconv_spark and mixconv_ray.

The process reads an Arrow stream on stdin and writes one to stdout, a batch of answers for each
batch of pictures: `mixconv-score M.onnx --arrow`.
"""

import atexit
import collections
import queue
import subprocess
import tempfile
import threading

import pyarrow as pa

ROWS = 64  # of a batch that is sent: a batch of an engine may have ten thousand pictures
AHEAD = 4  # batches that are sent before the answer to the first is awaited
TRIES = 3  # processes that may end, one after the other, before a batch is given up


class Stream:
    """Answers record batches of one schema. A process that was killed is started again, and what it
    had not answered is sent again. command is the program with its arguments."""

    def __init__(self, command, schema):
        self.command, self.schema = list(command), schema
        self.unanswered = collections.deque()
        self.failures = 0
        self._start()
        atexit.register(self.close)

    def answers(self, batches):
        """Yields a table for every piece of every batch, in order."""
        for batch in batches:
            for at in range(0, batch.num_rows, ROWS):
                piece = batch.slice(at, ROWS)
                self.unanswered.append(piece)
                self.pieces.put(piece)
                if len(self.unanswered) > AHEAD:
                    yield self._receive()
        while self.unanswered:
            yield self._receive()

    def close(self):
        """Ends the process."""
        atexit.unregister(self.close)
        self.pieces.put(None)
        self.process.kill()
        self.process.wait()
        self.process.stdout.close()

    def _start(self):
        self.problems = tempfile.TemporaryFile()
        self.process = subprocess.Popen(self.command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self.problems)
        self.pieces = queue.Queue()
        self.reader = None
        threading.Thread(target=_send, args=(self.process.stdin, self.schema, self.pieces), daemon=True).start()
        for piece in self.unanswered:
            self.pieces.put(piece)

    def _receive(self):
        while True:
            try:
                if self.reader is None:
                    self.reader = pa.ipc.open_stream(self.process.stdout)
                answer = self.reader.read_next_batch()
            except (OSError, StopIteration, pa.ArrowInvalid):
                self._restart()
                continue
            self.failures = 0
            self.unanswered.popleft()
            return answer

    def _restart(self):
        """Starts another process if the last one was killed; one that ended by itself says why."""
        try:
            self.process.wait(timeout=5)
        except subprocess.TimeoutExpired:
            pass  # it closed its stdout and goes on
        self.close()
        self.problems.seek(0)
        problem = self.problems.read().decode(errors="replace").strip()
        self.failures += 1
        if self.process.returncode > 0 and problem or self.failures >= TRIES:
            self.unanswered.clear()
            raise RuntimeError(f"{self.command[0]} ends with {self.process.returncode}: {problem}")
        self._start()
        atexit.register(self.close)


def _send(to, schema, pieces):
    """Writes pieces until there is None; a process that ended is the reader's to notice."""
    try:
        with to, pa.ipc.new_stream(to, schema) as stream:
            while (piece := pieces.get()) is not None:
                stream.write_batch(piece)
                to.flush()
    except OSError:
        pass


def command(program, model, column, key, threads, values="top", top=5, options=()):
    """The command line of a process: options are more flags of `mixconv score`."""
    line = [program, model, "--arrow", "--column", column, "--threads", str(threads), "--values", values, "--top", str(top)]
    if key is not None:
        line += ["--key-column", key]
    return line + list(options)
