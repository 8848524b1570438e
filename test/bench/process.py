"""Runs commands that print one JSON object."""

import json
import os
import subprocess
import sys


def run_json(command, environment=None):
    """Returns what the command prints, and as peak_mb the most memory that it
    had resident, in MB of 10⁶ bytes.

    The system counts this process's own memory in the child's peak too, so
    nothing large may be imported here.
    """
    child = subprocess.Popen(command, stdout=subprocess.PIPE, env={**os.environ, **(environment or {})})
    with child.stdout:
        output = child.stdout.read()
    _, status, usage = os.wait4(child.pid, 0)
    child.returncode = os.waitstatus_to_exitcode(status)
    if child.returncode != 0:
        sys.exit(f"{' '.join(command)}: exit code {child.returncode}")
    unit = 1e6 if sys.platform == "darwin" else 1e6 / 1024  # bytes there, kibibytes elsewhere
    return {**json.loads(output), "peak_mb": usage.ru_maxrss / unit}
