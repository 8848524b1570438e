"""A standalone Spark cluster on loopback: a master and two workers of one core and 1 GB each."""

import os
import signal
import socket
import subprocess
import sys
import tempfile
import time

import pyspark


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


class Cluster:
    def __init__(self, folder):
        home = os.path.dirname(pyspark.__file__)
        self.folder, self.processes = folder, []
        self.environment = dict(os.environ, SPARK_HOME=home, SPARK_LOCAL_IP="127.0.0.1", PYSPARK_PYTHON=sys.executable, SPARK_DAEMON_MEMORY="256m",
                                SPARK_WORKER_OPTS="-Dspark.worker.cleanup.enabled=false")
        self.port = free_port()
        self.url = f"spark://127.0.0.1:{self.port}"
        self._start("master", "org.apache.spark.deploy.master.Master", "--port", str(self.port), "--webui-port", str(free_port()))
        self._wait_for_port()
        self.workers = [self.start_worker(n) for n in range(2)]

    def start_worker(self, n):
        return self._start(f"worker{n}", "org.apache.spark.deploy.worker.Worker", self.url, "--cores", "1", "--memory", "1g",
                           "--webui-port", str(free_port()), "--work-dir", os.path.join(self.folder, f"work{n}"))

    def _start(self, name, *command):
        log = open(os.path.join(self.folder, name + ".log"), "ab")
        process = subprocess.Popen([os.path.join(self.environment["SPARK_HOME"], "bin", "spark-class"), *command, "--host", "127.0.0.1"],
                                   env=self.environment, stdout=log, stderr=log, start_new_session=True)
        self.processes.append(process)
        return process

    def _wait_for_port(self):
        for _ in range(600):
            with socket.socket() as s:
                if s.connect_ex(("127.0.0.1", self.port)) == 0:
                    return
            time.sleep(0.1)
        raise RuntimeError("the master does not listen")

    def kill_worker(self, n):
        """Kills a worker with its executor and all that it runs."""
        os.killpg(self.workers[n].pid, signal.SIGKILL)
        self.workers[n].wait()

    def session(self, **conf):
        from pyspark.sql import SparkSession

        os.environ.update(SPARK_LOCAL_IP="127.0.0.1", PYSPARK_PYTHON=sys.executable)
        builder = SparkSession.builder.master(self.url).appName("score")
        usual = {"spark.driver.host": "127.0.0.1", "spark.driver.memory": "512m", "spark.executor.memory": "512m", "spark.ui.enabled": "false",
                 "spark.sql.execution.arrow.maxRecordsPerBatch": "256", "spark.task.maxFailures": "20", "spark.log.level": "ERROR"}
        for key, value in {**usual, **conf}.items():
            builder = builder.config(key, value)
        return builder.getOrCreate()

    def stop(self):
        for process in self.processes:
            try:
                os.killpg(process.pid, signal.SIGKILL)
            except ProcessLookupError:
                pass
            process.wait()
