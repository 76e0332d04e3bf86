"""The notebook's way for the same assignment: a Jupyter server, a kernel, every cell run."""

from __future__ import annotations

import json
import os
import secrets
import shutil
import socket
import subprocess
import sys
import time
from pathlib import Path

import httpx
import psutil
from jupyter_client import BlockingKernelClient

from tests.conftest import ROOT


def _memory(process: psutil.Process) -> float:
    """Return the MB of *process* and all it started; what they share is counted once."""
    return sum(one.memory_full_info().pss for one in [process, *process.children(recursive=True)]) / 1e6


def _cpu(process: psutil.Process) -> float:
    times = [one.cpu_times() for one in [process, *process.children(recursive=True)]]
    return sum(one.user + one.system + one.children_user + one.children_system for one in times)


def notebook(work: Path, name: str) -> dict[str, float]:
    """Return the seconds, CPU seconds and MB that a seat takes until every cell of the assignment *name* has run."""
    work.mkdir()
    shutil.copytree(ROOT / "exercises" / name, work / name)
    token = secrets.token_hex(16)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    runtime = work / "runtime"
    environment = os.environ | {
        "JUPYTER_RUNTIME_DIR": str(runtime),
        "HOME": str(work),
        "IPYTHONDIR": str(work / "ipython"),
    }
    began = time.perf_counter()
    child = subprocess.Popen(
        [
            *(sys.executable, "-m", "jupyterlab", "--no-browser", "--allow-root", f"--port={port}", "--ip=127.0.0.1"),
            *(f"--IdentityProvider.token={token}", f"--ServerApp.root_dir={work}"),
        ],
        env=environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        web = httpx.Client(base_url=f"http://127.0.0.1:{port}", headers={"authorization": f"token {token}"}, timeout=30)
        while True:
            try:
                web.get("/api/status").raise_for_status()
                break
            except httpx.HTTPError:
                if child.poll() is not None or time.perf_counter() - began > 60:
                    raise
                time.sleep(0.05)
        path = f"{name}/{name}.ipynb"
        asked = {"path": path, "name": path, "type": "notebook", "kernel": {"name": "python3"}}
        session = web.post("/api/sessions", json=asked).raise_for_status().json()
        client = BlockingKernelClient(connection_file=str(runtime / f"kernel-{session['kernel']['id']}.json"))
        client.load_connection_file()
        client.start_channels()
        client.wait_for_ready(timeout=60)
        cells = json.loads((work / path).read_text(encoding="utf-8"))["cells"]
        first = 0.0
        for cell in cells:
            if cell["cell_type"] == "code":
                client.execute_interactive("".join(cell["source"]), timeout=60, output_hook=lambda _: None)
                first = first or time.perf_counter() - began
        whole = time.perf_counter() - began
        process = psutil.Process(child.pid)
        found = {"seconds": first, "whole": whole, "cpu": _cpu(process), "memory_mb": _memory(process)}
        client.stop_channels()
        web.post("/api/shutdown")
        child.wait(30)
    finally:
        if child.poll() is None:
            child.kill()
            child.wait()
    return found
