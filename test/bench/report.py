"""BENCHMARKS.md from what was measured. No figure stands in this text."""

from engines import TITLES
from figures import BARS, FORMS, LARGEST_DIFFERENCE, UNITS, below, figure, forms_agree, no_allocation, ratio, verdict
from networks import NETWORKS

PEERS = ("onnxruntime", "openvino")


def table(header, lines):
    """A Markdown table; every column but the first is aligned to the right."""
    rule = ["---"] + ["---:"] * (len(header) - 1)
    return ["", *("| " + " | ".join(cells) + " |" for cells in [header, rule, *lines])]


def number(value, digits=2):
    return "–" if value is None else f"{value.median:.{digits}f}"


def ranged(value, digits=2):
    return "–" if value is None else f"{value.median:.{digits}f} ({value.least:.{digits}f} … {value.most:.{digits}f})"


def threads(n):
    return f"{n} thread" + "s" * (n > 1)


class Report:
    """What was measured: rounds by row and engine; checks and fallbacks by (network,
    form); notes on the machine and the run as (key, value) pairs."""

    def __init__(self, rounds, macs, checks, fallbacks, portable, notes):
        self.rounds, self.macs, self.checks = rounds, macs, checks
        self.fallbacks, self.portable, self.notes = fallbacks, portable, notes
        self.verdicts = []

    def markdown(self):
        bars = self.bars() + self.forms() + self.steady() + self.pure_go()
        counts = ", ".join(f"{self.verdicts.count(v)} {verdict(v).strip('*')}" for v in (True, False, None))
        lines = [
            "# Benchmarks", "",
            "Written by `make bench`; test/bench has how. The engines are loaded side by side and take turns of a few runs;",
            "a ratio is ours/theirs of two neighbouring turns, smaller is better. A round's figure is the median of its",
            "turns; of the rounds the median is given, and the least and the largest. The peers run the split file.",
            "The server's figures are in [docs/serving.md](docs/serving.md#how-fast).", "",
            *(f"- {key}: {value}" for key, value in self.notes), "",
            "## Bars", "", f"{counts}.",
            *bars, "", "## All times", "",
            "Milliseconds a picture, medians; all in float32.",
            *self.times(), *self.exported(), "", "## Load and memory", "",
            "Load and first run, from a path in the file system's cache to the first result, the library already loaded.",
            "Peak memory is of the whole process: Python and numpy are in the peers'.",
            *self.processes(), "", "## What was compared", "",
            "Outputs for the same random pictures, in each batch that is timed: the largest difference, of the picture's largest value.",
            *self.outputs(),
        ]
        return "\n".join(lines) + "\n"

    def judged(self, met):
        self.verdicts.append(met)
        return verdict(met)

    def bars(self):
        lines = []
        for bar in BARS:
            cells = []
            for row in bar.rows():
                if row.network not in self.macs:
                    continue  # not asked for in this run
                for theirs, limit in bar.limits.items():
                    value = ratio(self.rounds, row, bar.ours, theirs, bar.quantity)
                    cells.append([self.named(row), TITLES[theirs], *self.both(row, bar, theirs), ranged(value), f"≤ {limit:.2f}", self.judged(below(value, limit))])
            if cells:
                unit = UNITS[bar.quantity]
                lines += ["", f"### {bar.title}", *table(["", "against", f"ours, {unit}", f"theirs, {unit}", "ratio", "bar", ""], cells)]
        return lines

    def both(self, row, bar, theirs):
        pictures = row.batch if bar.quantity == "run" else 1
        values = (figure(self.rounds, row, engine, bar.quantity) for engine in (bar.ours, theirs))
        return ["–" if v is None else f"{v.median / pictures:.2f}" for v in values]

    def named(self, row):
        return f"{NETWORKS[row.network].name}, batch {row.batch}, {threads(row.threads)}"

    def forms(self):
        cells = []
        for row in self.rounds:
            if NETWORKS[row.network].mixed:
                value = ratio(self.rounds, row, "fused", "split")
                cells.append([self.named(row), ranged(value, 3), f"{FORMS[0]:.2f} … {FORMS[1]:.2f}", self.judged(forms_agree(value))])
        return ["", "### Fused form, of the split one's time", *table(["", "ratio", "bar", ""], cells)] if cells else []

    def steady(self):
        """Allocations of a run in the shape that has most, and steps without a kernel."""
        cells = []
        for (network, form), names in self.fallbacks.items():
            rows = [row for row in self.rounds if row.network == network]
            most = max(figure(self.rounds, row, form, "allocations") for row in rows)
            cells.append([f"{NETWORKS[network].name}, {form}", ranged(most), self.judged(no_allocation(most)), str(len(names)), self.judged(not names)])
        return ["", "### Allocations of a steady run, fallback steps", "",
                "In the shape that has most; the bar is on whole ones, as Go's testing.AllocsPerRun counts, since Go's scheduler makes a few.",
                *table(["", "allocations", "bar 0", "fallback steps", "bar 0"], cells)]

    def pure_go(self):
        if self.portable is None:
            return []
        self.verdicts.append(None)
        return ["", "### Plain Go", "",
                f"MixNet-S, batch 1, 1 thread, built with `-tags purego`: {self.portable['median_ms']:.0f} ms. The bar of 0.60 against",
                f"onnx-purego-interpreter is {verdict(None)}: its Go module cannot be fetched through the module proxy."]

    def times(self):
        header = ["", "GFLOP/s", "split", "fused", "AVX2 only", *(TITLES[p] for p in PEERS), "of ONNX Runtime", "of OpenVINO", "fused of ONNX Runtime", "fused of OpenVINO"]
        cells = []
        for row in self.own_rows():
            of = {e: figure(self.rounds, row, e) for e in TITLES}
            picture = {e: "–" if v is None else f"{v.median / row.batch:.2f}" for e, v in of.items()}
            speed = 2 * self.macs[row.network] * row.batch / of["split"].median / 1e6
            ratios = [ranged(ratio(self.rounds, row, ours, p)) for ours in ("split", "fused") for p in PEERS]
            cells.append([self.named(row), f"{speed:.0f}", *(picture[e] for e in ("split", "fused", "avx2", *PEERS)), *ratios])
        return table(header, cells)

    def own_rows(self):
        return [row for row in self.rounds if not NETWORKS[row.network].timm]

    def exported(self):
        cells = []
        for row in self.rounds:
            if NETWORKS[row.network].timm:
                of = {e: figure(self.rounds, row, e) for e in ("split", *PEERS)}
                speed = 2 * self.macs[row.network] / of["split"].median / 1e6
                ratios = [ranged(ratio(self.rounds, row, "split", p)) for p in PEERS]
                cells.append([f"{NETWORKS[row.network].name}, {threads(row.threads)}", f"{speed:.0f}", *(number(of[e]) for e in of), *ratios])
        if not cells:
            return []
        return ["", "## Other people's networks", "",
                "Models of timm, exported by PyTorch for one picture; they have no bars, and fewer rounds. Milliseconds, medians.",
                *table(["", "GFLOP/s", "mixconv", *(TITLES[p] for p in PEERS), *(f"of {TITLES[p]}" for p in PEERS)], cells)]

    def processes(self):
        header = ["", *(f"{TITLES[e]}, {unit}" for unit in ("ms", "MB") for e in ("split", *PEERS)), *(f"of {TITLES[p]}, {what}" for what in ("time", "memory") for p in PEERS)]
        cells = []
        for row in self.own_rows():
            values = [number(figure(self.rounds, row, e, q), 0) for q in ("start", "memory") for e in ("split", *PEERS)]
            ratios = [number(ratio(self.rounds, row, "split", p, q)) for q in ("start", "memory") for p in PEERS]
            cells.append([self.named(row), *values, *ratios])
        return table(header, cells)

    def outputs(self):
        cells = []
        for (network, form), found in self.checks.items():
            cells.append([f"{NETWORKS[network].name}, {form}", *(f"{found[p]:.1e}" for p in PEERS), f"≤ {LARGEST_DIFFERENCE:.0e}"])
        return table(["", *(f"from {TITLES[p]}" for p in PEERS), "allowed"], cells)
