"""Times mixconv beside ONNX Runtime and OpenVINO; `make bench` runs it.

Every round times every network in every shape: the engines are started, each in a
process of its own, and then run a few pictures each in turn, many times. Nothing is
timed before its results have been compared.
"""

import argparse
import datetime
import pathlib
import random
import sys
import time

import machine
import networks
from engines import ROOT, Engines
from figures import BARS, LARGEST_DIFFERENCE, Engine, Row
from report import Report

# A turn has so many runs that they make about MACS_PER_TURN multiply-adds, twenty
# milliseconds on one core, but not fewer than these of its batch; a round so many
# turns that they make MACS_PER_ROUND, within bounds.
MACS_PER_TURN, LEAST_RUNS = 1.2e9, {1: 3, 16: 1}
MACS_PER_ROUND, LEAST_TURNS, MOST_TURNS = 25e9, 5, 20

# Seconds after a turn on several threads: ONNX Runtime's idle ones spin for 60 ms,
# and whoever comes next shall have the machine alone.
REST = 0.08

# So often a round are processes started where there is a bar on that.
STARTS = 5

# Networks that PyTorch exported have no bars and get no more rounds than these.
EXPORTED_ROUNDS = 3


def arguments():
    p = argparse.ArgumentParser(prog="make bench BENCH=…", description=__doc__)
    p.add_argument("--models", type=lambda s: s.split(","), default=list(networks.NETWORKS), help="of " + ",".join(networks.NETWORKS))
    p.add_argument("--rounds", type=int, default=7)
    p.add_argument("--batches", type=lambda s: [int(n) for n in s.split(",")], default=[1, 16])
    p.add_argument("--threads", type=lambda s: [int(n) for n in s.split(",")], default=[1, 2])
    p.add_argument("--quick", action="store_true", help="two rounds of single pictures, few turns")
    p.add_argument("-o", "--output", type=pathlib.Path, help="the report; a run of everything writes BENCHMARKS.md, others only print")
    options = p.parse_args()
    if unknown := set(options.models) - set(networks.NETWORKS):
        p.error(f"--models {','.join(sorted(unknown))}: allowed are {','.join(networks.NETWORKS)}")
    for name in ("batches", "threads"):
        if unknown := set(getattr(options, name)) - set(p.get_default(name)):
            p.error(f"--{name} {unknown}: allowed are {p.get_default(name)}")
    if options.rounds < 1:
        p.error(f"--rounds {options.rounds}: allowed from 1")
    if options.quick:
        options.rounds, options.batches = 2, [1]
    whole = not options.quick and all(getattr(options, n) == p.get_default(n) for n in ("models", "rounds", "batches", "threads"))
    if whole and not options.output:
        options.output = ROOT / "BENCHMARKS.md"
    return options


class Benchmark:
    def __init__(self, options, folder):
        self.options = options
        self.engines = Engines(str(ROOT / "bin" / "mixconv"), folder)
        self.folder = folder
        self.paths, self.macs, self.checks, self.fallbacks, self.rounds = {}, {}, {}, {}, {}
        self.portable = None
        self.avx512 = machine.may_have_avx512()

    def prepare(self):
        say("building")
        self.engines.build()
        for network in self.options.models:
            say(f"{network}: comparing results")
            self.paths[network], self.macs[network] = networks.make(self.engines.mixconv, network, self.folder)
            for form, path in self.paths[network].items():
                self.check(network, form, path)
                self.fallbacks[network, form] = sorted({s for b in self.batches(network) for s in self.engines.fallbacks(path, b)})
        if "mixnet_s" in self.options.models:
            split = self.paths["mixnet_s"]["split"]
            self.check("mixnet_s", "AVX2 only", split, environment={"MIXCONV_KERNELS": "avx2"})
            self.check("mixnet_s", "plain Go", split, mixconv=self.engines.portable)

    def check(self, network, what, path, **how):
        """Compares outputs in every batch and keeps the worst; ends the program
        if they differ."""
        found = [self.engines.differences(path, self.paths[network]["split"], max(self.options.threads), b, **how) for b in self.batches(network)]
        for differences in found:
            for peer, difference in differences.items():
                if not difference <= LARGEST_DIFFERENCE:  # a NaN is not
                    sys.exit(f"{network} {what}: differs from {peer} by {difference} of the largest output, allowed {LARGEST_DIFFERENCE}")
        self.checks[network, what] = {peer: max(d[peer] for d in found) for peer in found[0]}

    def batches(self, network):
        return [1] if networks.NETWORKS[network].timm else self.options.batches

    def measure(self):
        rows = [Row(n, b, t) for n in self.options.models for b in self.batches(n) for t in self.options.threads]
        self.rounds = {row: {engine: [] for engine in self.in_turn(row)} for row in rows}
        start = time.monotonic()
        for done in range(self.options.rounds):
            for row in rows:
                if networks.NETWORKS[row.network].timm and done >= EXPORTED_ROUNDS:
                    continue
                for engine, reported in self.round(row).items():
                    self.rounds[row][engine].append(reported)
            each = (time.monotonic() - start) / (done + 1)
            say(f"round {done + 1} of {self.options.rounds}, {each * (self.options.rounds - done - 1) / 60:.0f} min left")
        for row, engines in self.rounds.items():
            if row.network == "mixnet_s" and not self.avx512:
                engines["avx2"] = engines["split"]
        if "mixnet_s" in self.options.models:
            self.portable = self.engines.bench(self.engines.portable, self.paths["mixnet_s"]["split"], 1, 1, 10)

    def round(self, row):
        """An Engine by the name of each engine of the row."""
        reported = {engine: Engine() for engine in self.in_turn(row)}
        for _ in range(STARTS - 1 if has_start_bar(row) else 0):
            for engine in reported:
                self.stop(self.start(row, engine, reported), reported[engine])
        programs = {engine: self.start(row, engine, reported) for engine in reported}
        runs, turns = self.sizes(row)
        order = random.Random(str(row))
        for _ in range(turns):
            for engine in order.sample(list(programs), len(programs)):
                turn = programs[engine].turn(runs)
                reported[engine].run.append(turn["ms"])
                reported[engine].allocations.append(turn.get("allocs", 0))
                time.sleep(REST if row.threads > 1 else 0)
        for engine, program in programs.items():
            self.stop(program, reported[engine])
        return reported

    def start(self, row, engine, reported):
        program = self.engines.start(engine, self.paths[row.network], row.threads, row.batch)
        reported[engine].version = program.started.get("version", "")
        reported[engine].start.append(program.started["load_ms"] + program.started["first_ms"])
        return program

    def stop(self, program, engine):
        engine.memory.append(program.stop())

    def in_turn(self, row):
        """The engines that a row is timed with, in their order."""
        engines = [*self.paths[row.network], "onnxruntime", "openvino"]
        if row.network == "mixnet_s":
            engines += ["avx2"] * self.avx512
            engines += ["ortgo"] * (row.batch == 1)
        return engines

    def sizes(self, row):
        """Runs of a turn, and turns of a round."""
        macs = self.macs[row.network] * row.batch
        runs = max(round(MACS_PER_TURN / macs), LEAST_RUNS[row.batch])
        turns = min(max(round(MACS_PER_ROUND / (macs * runs)), LEAST_TURNS), MOST_TURNS)
        return runs, LEAST_TURNS if self.options.quick else turns

    def versions(self):
        """Of the peers, as they report it themselves."""
        engines = next(iter(self.rounds.values()))
        return {peer: engines[peer][0].version for peer in ("onnxruntime", "openvino")}


def has_start_bar(row):
    return any(row in bar.rows() for bar in BARS if bar.quantity == "start")


def say(text):
    print(f"{datetime.datetime.now():%H:%M:%S} {text}", file=sys.stderr, flush=True)


def main():
    options = arguments()
    folder = ROOT / "bin" / "bench"
    folder.mkdir(parents=True, exist_ok=True)
    notes = machine.notes(ROOT)
    start = time.monotonic()
    b = Benchmark(options, folder)
    b.prepare()
    b.measure()
    versions = b.versions()
    notes += [
        ("compared with", f"ONNX Runtime {versions['onnxruntime']}, OpenVINO {versions['openvino']}"),
        ("command", f"`make bench{' BENCH=' + repr(' '.join(sys.argv[1:])) if sys.argv[1:] else ''}`"),
        ("rounds", f"{options.rounds}, in {(time.monotonic() - start) / 60:.0f} minutes"),
    ]
    if not b.avx512:
        notes.append(("AVX2 only", "the same figures as ours without a limit, since the machine has no AVX-512"))
    text = Report(b.rounds, b.macs, b.checks, b.fallbacks, b.portable, notes).markdown()
    if options.output:
        options.output.write_text(text, encoding="utf-8")
    print(text, end="")


main()
