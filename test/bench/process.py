"""Runs commands that print JSON objects."""

import json
import os
import subprocess
import sys


class Program:
    """A process that takes turns with others, see internal/turns.

    started is the first line that it printed.
    """

    def __init__(self, command, environment=None):
        self.command = command
        self.child = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env={**os.environ, **(environment or {})})
        self.started = self._answer()

    def turn(self, runs):
        """Returns the median time of the runs, ms, and what each allocated."""
        self.child.stdin.write(f"{runs}\n")
        self.child.stdin.flush()
        return self._answer()

    def _answer(self):
        line = self.child.stdout.readline()
        if not line:
            sys.exit(f"{' '.join(self.command)}: ended")
        return json.loads(line)

    def stop(self):
        """Ends it, and returns the most memory that it had resident, in MB."""
        with self.child.stdin, self.child.stdout:
            pass
        return ended(self.child, self.command)


def run_json(command, environment=None):
    """Returns what the command prints, and as peak_mb the most memory that it
    had resident, in MB of 10⁶ bytes."""
    child = subprocess.Popen(command, stdout=subprocess.PIPE, env={**os.environ, **(environment or {})})
    with child.stdout:
        output = child.stdout.read()
    return {**json.loads(output), "peak_mb": ended(child, command)}


def ended(child, command):
    """Waits, and returns peak memory in MB of 10⁶ bytes.

    The system counts this process's own memory in the child's peak too, so
    nothing large may be imported here.
    """
    _, status, usage = os.wait4(child.pid, 0)
    child.returncode = os.waitstatus_to_exitcode(status)
    if child.returncode != 0:
        sys.exit(f"{' '.join(command)}: exit code {child.returncode}")
    return usage.ru_maxrss / (1e6 if sys.platform == "darwin" else 1e6 / 1024)  # bytes there, kibibytes elsewhere
