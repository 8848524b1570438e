"""Compares what mixconv and the peers compute before anybody is timed.

    check.py MIXCONV OURS THEIRS THREADS BATCH

runs MIXCONV on the file OURS and each peer on the file THEIRS, on the same
pictures, and prints a JSON object with each peer's max|ours − theirs| /
max|theirs| of the worst picture. Both files are forms of the same network.
"""

import json
import os
import subprocess
import sys
import tempfile

import numpy

import peer


def run_ours(mixconv, model, threads, x):
    with tempfile.TemporaryDirectory() as folder:
        given, result = os.path.join(folder, "x.npy"), os.path.join(folder, "y.npy")
        numpy.save(given, x)
        command = [mixconv, "run", model, "--threads", str(threads), "--input", given, "-o", result]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
        return numpy.load(result)


def main(mixconv, ours, theirs, threads, batch):
    x = peer.pictures(batch)
    a = run_ours(mixconv, ours, threads, x).astype(float)
    differences = {}
    for name, engine in peer.ENGINES.items():
        b = engine(threads)[1](theirs, list(x.shape))(x).astype(float)
        if a.shape != b.shape:
            sys.exit(f"{ours}: {a.shape} values, {name} has {b.shape}")
        differences[name] = float(numpy.max(numpy.abs(a - b).max(axis=1) / numpy.abs(b).max(axis=1)))
    json.dump(differences, sys.stdout)


main(*sys.argv[1:4], *map(int, sys.argv[4:]))
