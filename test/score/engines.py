"""Scores the same pictures by one process, by eight shards, by Spark with two workers and by Ray
with two actors, and wants the same bits of all.

    engines.py MIXCONV MODEL PICTURES [--kills N]

MIXCONV is the folder with mixconv and mixconv-score, PICTURES one with folders of pictures. With
--kills, processes of Spark's executors and whole workers are killed meanwhile.
"""

import argparse
import glob
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time

root = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
for name in ("stream", "spark", "ray"):
    sys.path.insert(0, os.path.join(root, "integrations", name))
os.environ["PYTHONPATH"] = os.pathsep.join(sys.path[:3] + [os.environ.get("PYTHONPATH", "")])

FIELDS = ("classes", "labels", "probabilities", "logits", "error")


def from_lines(folder):
    rows = {}
    for part in sorted(glob.glob(os.path.join(folder, "part-*.jsonl"))):
        for line in open(part):
            r = json.loads(line)
            top = r.get("top", [])
            one = {"classes": [c["class"] for c in top], "labels": [c["label"] for c in top if c["label"]], "probabilities": [c["probability"] for c in top],
                   "logits": [c["logit"] for c in top], "error": r.get("error")}
            if r["key"] in rows:
                sys.exit(f"{r['key']} is there twice")
            rows[r["key"]] = one
    return rows


def by_key(list_of_rows):
    rows = {}
    for r in list_of_rows:
        if r["path"] in rows:
            sys.exit(f"{r['path']} is there twice")
        rows[r["path"]] = {f: list(r[f]) if r[f] is not None and f != "error" else r[f] for f in FIELDS}
    return rows


def compare(what, rows, want, seconds):
    if rows != want:
        differ = [k for k in want if rows.get(k) != want[k]]
        print(differ[:3], [rows.get(k) for k in differ[:1]], [want[k] for k in differ[:1]])
        sys.exit(f"{what}: {len(rows)} rows, want {len(want)}, {len(differ)} differ")
    failed = sum(r["error"] is not None for r in rows.values())
    print(f"{what}: {len(rows)} rows, {failed} with a reason, the same bits; {seconds:.1f} s, {len(rows) / seconds:.0f} a second", flush=True)


def local(mixconv, model, pictures, out, *flags):
    begin = time.time()
    subprocess.run([os.path.join(mixconv, "mixconv"), "score", model, pictures, "-o", out, "--json", *flags], check=True, stdout=subprocess.DEVNULL)
    return time.time() - begin


def shards(mixconv, model, pictures, out):
    begin = time.time()
    command = [os.path.join(mixconv, "mixconv"), "score", model, pictures, "-o", out, "--json", "--threads", "1"]
    running = [subprocess.Popen(command + ["--shard", f"{i}/8"], stdout=subprocess.DEVNULL) for i in range(8)]
    if any([p.wait() for p in running]):
        sys.exit("a shard failed")
    return time.time() - begin


class Killer(threading.Thread):
    """Kills processes of mixconv-score that Spark's executors run and, now and then, a worker."""

    def __init__(self, cluster, kills):
        super().__init__(daemon=True)
        self.cluster, self.left, self.killed, self.workers = cluster, kills, 0, 0
        self.ended = threading.Event()

    def run(self):
        r = random.Random(1)
        while self.left > 0 and not self.ended.wait(r.uniform(0.1, 1)):
            if self.killed % 25 == 24 and self.workers < self.killed // 25 + 1:
                n = r.randrange(2)
                self.cluster.kill_worker(n)
                self.cluster.workers[n] = self.cluster.start_worker(n)
                self.workers += 1
                self.left -= 1
                time.sleep(8)  # until it is there again
                self.killed += 1
                continue
            found = subprocess.run(["pgrep", "-f", "mixconv-score.*--arrow"], capture_output=True, text=True).stdout.split()
            if found:
                try:
                    os.kill(int(r.choice(found)), signal.SIGKILL)
                except ProcessLookupError:
                    continue
                self.killed += 1
                self.left -= 1


def spark(mixconv, model, pictures, want, kills):
    import cluster
    import mixconv_spark

    folder = tempfile.mkdtemp()
    c = cluster.Cluster(folder)
    try:
        session = c.session()
        files = sorted(glob.glob(os.path.join(pictures, "*", "*")))
        df = session.createDataFrame([(f,) for f in files], "path string").repartition(max(2, len(files) // 500))
        scored = mixconv_spark.score(df, model, column="path", key="path", program=os.path.join(mixconv, "mixconv-score"))
        scored.limit(1).collect()  # executors are there
        begin = time.time()
        rows = by_key(r.asDict() for r in scored.collect())
        compare("Spark, two workers", rows, want, time.time() - begin)
        if kills:
            killer = Killer(c, kills)
            killer.start()
            runs, begin = 0, time.time()
            while killer.left > 0:
                rows = by_key(r.asDict() for r in scored.collect())
                runs += 1
                if rows != want:
                    compare(f"Spark, run {runs} with kills", rows, want, 1)
            killer.ended.set()
            killer.join()
            print(f"Spark with kills: {runs} runs, each the same bits, while {killer.killed - killer.workers} processes and {killer.workers} workers were killed; "
                  f"{time.time() - begin:.1f} s", flush=True)
        session.stop()
    finally:
        c.stop()
        shutil.rmtree(folder, ignore_errors=True)


def with_ray(mixconv, model, pictures, want):
    import ray

    import mixconv_ray

    ray.init(num_cpus=2, include_dashboard=False, logging_level="ERROR", log_to_driver=False)
    ray.data.DataContext.get_current().enable_progress_bars = False
    files = sorted(glob.glob(os.path.join(pictures, "*", "*")))
    ds = ray.data.from_items([{"path": f} for f in files], override_num_blocks=max(2, len(files) // 500))
    begin = time.time()
    rows = by_key(mixconv_ray.score(ds, model, column="path", key="path", program=os.path.join(mixconv, "mixconv-score"), concurrency=2).take_all())
    compare("Ray, two actors", rows, want, time.time() - begin)
    ray.shutdown()


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("mixconv")
    parser.add_argument("model")
    parser.add_argument("pictures")
    parser.add_argument("--kills", type=int, default=0)
    parser.add_argument("--only", default="shards,spark,ray")
    args = parser.parse_args()
    mixconv, model, pictures = (os.path.abspath(p) for p in (args.mixconv, args.model, args.pictures))
    work = tempfile.mkdtemp()
    try:
        one = os.path.join(work, "one")
        seconds = local(mixconv, model, pictures, one)
        want = from_lines(one)
        compare("one process", from_lines(one), want, seconds)
        if "shards" in args.only:
            seconds = shards(mixconv, model, pictures, os.path.join(work, "eight"))
            compare("eight shards", from_lines(os.path.join(work, "eight")), want, seconds)
        if "ray" in args.only:
            with_ray(mixconv, model, pictures, want)
        if "spark" in args.only:
            spark(mixconv, model, pictures, want, args.kills)
    finally:
        shutil.rmtree(work, ignore_errors=True)


if __name__ == "__main__":
    main()
