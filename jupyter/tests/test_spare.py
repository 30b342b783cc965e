"""The spare kernel: handed out once, never outdated, gone with the server."""

import asyncio
import contextlib
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import psutil
import pytest
from jupyter_client.manager import AsyncKernelManager

from conftest import ROOT
from dli_jupyter import spare, template
from dli_jupyter.execute import OneKernel, installed_kernel
from test_kernel import PATIENCE, alive, below, clones, wait_until


@contextlib.asynccontextmanager
async def server():
    """A stand-in for the Jupyter server: its way to start kernels, and a spare without the usual pause."""
    manager = AsyncKernelManager(kernel_name="rust", kernel_spec_manager=OneKernel(installed_kernel()))
    manager.shutdown_wait_time = 30
    await manager.start_kernel(cwd=str(ROOT / "notebooks"))
    try:
        yield manager
    finally:
        await manager.shutdown_kernel()
        spare.end_spare()
        spare.SpareProvisioner.spare = None


async def answer(manager, code):
    client = manager.client()
    client.start_channels()
    try:
        await client.wait_for_ready(timeout=PATIENCE)
        said = []
        await client.execute_interactive(code, timeout=PATIENCE, output_hook=lambda m: said.append(m["content"]))
        return "".join(c.get("data", {}).get("text/plain", "") for c in said).strip()
    finally:
        client.stop_channels()


async def next_spare():
    for _ in range(20 * PATIENCE):
        if spare.SpareProvisioner.spare:
            return spare.SpareProvisioner.spare
        await asyncio.sleep(0.05)
    raise AssertionError("no spare was started")


@pytest.fixture(autouse=True)
def switched_on(monkeypatch):
    monkeypatch.setenv("DLI_SPARE_KERNEL", "1")
    monkeypatch.setattr(spare, "PAUSE", 0)


def test_a_restart_gets_the_spare_and_another_one_is_started():
    before = clones()

    async def scene():
        async with server() as manager:
            assert await answer(manager, "let x = 1; x + 1") == "2"
            ready = await next_spare()
            await manager.restart_kernel(now=True)
            assert manager.provisioner.process is ready.process
            assert await answer(manager, "seed()") == "42"
            assert (await next_spare()).process.pid != ready.process.pid
        assert not Path(ready.file).exists()

    asyncio.run(scene())
    assert wait_until(lambda: clones() <= before), "a spare outlived its server"


def test_a_spare_made_from_an_older_crate_is_not_handed_out(monkeypatch):
    async def scene():
        async with server() as manager:
            old = await next_spare()
            old.built_from = {"tools": "", "crate": "of yesterday"}
            await manager.restart_kernel(now=True)
            assert manager.provisioner.process is not old.process
            assert await answer(manager, "seed()") == "42"
            assert wait_until(lambda: old.process.poll() is not None), "the old one was not ended"

    asyncio.run(scene())


def test_switched_off_there_is_none(monkeypatch):
    monkeypatch.setenv("DLI_SPARE_KERNEL", "0")

    async def scene():
        async with server() as manager:
            assert await answer(manager, "seed()") == "42"
            assert spare.SpareProvisioner.spare is None and not spare.SpareProvisioner.refill

    spare.SpareProvisioner.refill = None
    asyncio.run(scene())


def test_a_killed_server_leaves_no_spare():
    before = clones()
    process = subprocess.Popen(
        [sys.executable, "-c", SERVER], stdout=subprocess.PIPE, text=True, cwd=Path(__file__).parent, env=os.environ
    )
    try:
        assert process.stdout.readline() == "spare\n"
        assert wait_until(lambda: len(clones() - before) == 2)
        family = below(process.pid)
        process.send_signal(signal.SIGKILL)
        assert wait_until(lambda: not alive(family)), alive(family)
        assert wait_until(lambda: clones() <= before)
    finally:
        process.kill()
        process.wait()


SERVER = """
import asyncio
from dli_jupyter import spare
from test_spare import next_spare, server
spare.PAUSE = 0
async def scene():
    async with server():
        await next_spare()
        print("spare", flush=True)
        await asyncio.sleep(3600)
asyncio.run(scene())
"""


@pytest.mark.parametrize("how", ["killed", "Ctrl-C twice"])
def test_a_lab_that_ends_takes_everything_with_it(how, tmp_path):
    template.ensure()
    before = clones()
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    command = ["cargo", "xtask", "--python-env", sys.prefix, "lab", "--no-browser", "--port", str(port)]
    command += ["--", "--allow-root", "--IdentityProvider.token=open"]
    lab = subprocess.Popen(
        command,
        cwd=ROOT,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
        env={**os.environ, "TMPDIR": str(tmp_path)},
    )

    def kernel_started():
        url = f"http://127.0.0.1:{port}/api/kernels"
        header = {"Authorization": "token open"}
        with contextlib.suppress(OSError):
            return urllib.request.urlopen(urllib.request.Request(url, b'{"name": "rust"}', header), timeout=PATIENCE)

    try:
        assert wait_until(kernel_started)
        assert wait_until(lambda: len(clones() - before) == 2 and list(tmp_path.glob("spare-*")))
        family = below(lab.pid) | {psutil.Process(lab.pid)}
        if how == "killed":
            lab.kill()
        else:
            os.killpg(lab.pid, signal.SIGINT)
            time.sleep(0.3)
            os.killpg(lab.pid, signal.SIGINT)
        lab.wait()
        assert wait_until(lambda: not alive(family)), alive(family)
        assert wait_until(lambda: clones() <= before)
        assert not list(tmp_path.glob("spare-*")), "a connection file of the spare was left"
        socket.create_server(("127.0.0.1", port)).close()
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(lab.pid, signal.SIGKILL)
        lab.wait()
