"""What the machine is, for the report."""

import datetime
import os
import pathlib
import platform
import subprocess

# Those that mixconv's kernels ask for.
AVX2 = {"avx2", "fma", "bmi2"}
AVX512 = AVX2 | {"avx512f", "avx512bw", "avx512dq", "avx512vl"}


def cpuinfo(key):
    """The first value of a key of Linux's /proc/cpuinfo, "" elsewhere."""
    try:
        text = pathlib.Path("/proc/cpuinfo").read_text(encoding="utf-8")
    except OSError:
        return ""
    lines = (line.partition(":") for line in text.splitlines())
    return next((value.strip() for name, _, value in lines if name.strip() == key), "")


def may_have_avx512():
    """True too where the system does not tell."""
    flags = set(cpuinfo("flags").split())
    return not flags or AVX512 <= flags


def sets():
    flags = set(cpuinfo("flags").split())
    if not flags:
        return "not known"
    return ", ".join(f"{'has' if wanted <= flags else 'has no'} {name}" for name, wanted in (("AVX2", AVX2), ("AVX-512", AVX512)))


def output(root, *command):
    return subprocess.run(command, cwd=root, check=True, capture_output=True, text=True).stdout.strip()


def notes(root):
    changed = " with changes" if output(root, "git", "status", "--porcelain", "--untracked-files=no") else ""
    return [
        ("date", f"{datetime.date.today()}"),
        ("machine", f"{cpuinfo('model name') or platform.processor()}, {os.cpu_count()} cores, {platform.system()} {platform.machine()}; {sets()}"),
        ("load average before", f"{os.getloadavg()[0]:.2f}"),
        ("mixconv", f"{output(root, 'git', 'rev-parse', '--short', 'HEAD')}{changed}, {output(root, 'go', 'env', 'GOVERSION')}"),
    ]
