"""Executes notebooks from fresh kernels, and fails where a Jupyter front end would say "ok".

evcxr answers "ok" to a panic and to a failed `?`, and forwards a cell's stderr from another thread, often after the
answer. So this runner waits, after each cell, until nothing more arrives, and takes for a failure: an error reply,
the line that the notebooks' panic hook prints, anything on stderr, a kernel that died, and a cell over its time limit.

    python -m dli_jupyter.execute [--check] [--jobs N] [--timeout S] NOTEBOOK…

prints one JSON object a line (`cargo xtask run` turns them into progress bars and a report) and exits with 1 when
anything failed.
"""

import argparse
import asyncio
import contextlib
import copy
import json
import os
import re
import sys
import time
from pathlib import Path
from queue import Empty

import nbformat
from jupyter_client.kernelspec import KernelSpec, KernelSpecManager
from jupyter_client.manager import AsyncKernelManager
from nbclient import NotebookClient
from nbclient.exceptions import CellTimeoutError, DeadKernelError

from . import RED, compare, hints, twins
from .normal_form import normalize

# Seconds without a message after which a cell has said everything. Late stderr was seen up to 0.03 s after the reply.
SILENCE = 0.1

DEFAULT_SEED = "42"
ANSI = re.compile(r"\x1b\[[0-9;]*m")
# What is red, and the indented lines that belong to it.
RED_LINES = re.compile(rf"^{re.escape(RED)}.*(\n .*|\n{re.escape(RED)}.*)*", re.MULTILINE)


class OneKernel(KernelSpecManager):
    """Knows one kernel only, so that nothing of the user's own Jupyter can take its place."""

    def __init__(self, spec):
        super().__init__()
        self.spec = spec

    def get_kernel_spec(self, kernel_name):
        return self.spec


def installed_kernel():
    """The kernel that `cargo xtask setup` put into this Python environment."""
    folder = Path(sys.prefix) / "share" / "jupyter" / "kernels" / "rust"
    if not (folder / "kernel.json").is_file():
        raise SystemExit("No Rust kernel in this Python environment. Run `cargo xtask setup`.")
    return KernelSpec.from_resource_dir(str(folder))


@contextlib.asynccontextmanager
async def kernel(notebook, spec, cwd, env, timeout, startup_timeout=900):
    """An nbclient for `notebook`, on a fresh kernel that ends with the block, however the block ends."""
    manager = AsyncKernelManager(kernel_name="rust", kernel_spec_manager=OneKernel(spec))
    runner = NotebookClient(
        notebook,
        km=manager,
        timeout=timeout,
        startup_timeout=startup_timeout,
        allow_errors=True,  # recorded as outputs; `failure` below decides
        record_timing=False,
        coalesce_streams=True,
    )
    manager.shutdown_wait_time = 2  # then SIGTERM: the launcher still takes its clone away
    await manager.start_kernel(cwd=str(cwd), env=env)
    try:
        # Not nbclient's own `async_setup_kernel`: that one goes on to the next notebook after Ctrl-C.
        await runner.async_start_new_kernel_client()
        runner.reset_execution_trackers()
        yield runner
    finally:
        if runner.kc is not None:
            runner.kc.stop_channels()
        if runner.km is not None:  # nbclient has not given it up already, as it does when a kernel does not start
            await manager.shutdown_kernel()


async def run_cell(runner, cell, index):
    """Executes one cell, waits for what arrives late, and returns why it failed, or None."""
    try:
        await runner.async_execute_cell(cell, index, store_history=True)
        while True:
            message = await runner.kc.get_iopub_msg(timeout=SILENCE)
            if message["msg_type"] == "stream":
                runner.process_message(message, cell, index)
    except Empty:
        before = [(c.execution_count, c.source) for c in runner.nb.cells[:index] if c.cell_type == "code"]
        return failure(cell, before)
    except CellTimeoutError:
        return f"still running after its limit of {runner.timeout} s"
    except DeadKernelError:
        return "the kernel died"


def failure(cell, before=()):
    """Why this executed cell counts as failed, in the words that evcxr or the panic hook used; None if it did not.

    `before` is what the kernel ran earlier: see `hints.explain`, which adds a hint to an error of the compiler.
    """
    errors = [output for output in cell.outputs if output.output_type == "error"]
    said = ["\n".join(e["traceback"]) or e["evalue"] for e in hints.explain(errors, cell.source, before)]
    for output in cell.outputs:
        if output.output_type == "stream" and output.name == "stderr":
            said.append(output.text)
        elif output.output_type == "stream":
            said += [found.group() for found in RED_LINES.finditer(output.text)]
    text = ANSI.sub("", "\n".join(said)).strip()
    expected = "raises-exception" in cell.metadata.get("tags", [])
    if expected:
        return None if said else "was expected to fail (tag `raises-exception`) and did not"
    return text or ("failed without a message" if said else None)


async def run_notebook(path, options, spec, say):
    """Executes one notebook; returns its failures as a list of {cell, id, message}."""
    before = nbformat.read(path, 4)
    after = copy.deepcopy(before)
    cells = [(i, c) for i, c in enumerate(after.cells) if c.cell_type == "code" and c.source.strip()]
    for cell in after.cells:
        if cell.cell_type == "code":
            cell.outputs, cell.execution_count = [], None
    # Without a clock, what is printed does not depend on how fast this machine is.
    env = {**os.environ, "DLI_SEED": DEFAULT_SEED, "DLI_CLOCK": "0"}
    failures = []
    say("start", cells=len(cells))
    try:
        async with kernel(after, spec, path.parent, env, options.timeout) as runner:
            for number, (i, cell) in enumerate(cells, 1):
                say("cell", number=number, id=cell.id)
                message = await run_cell(runner, cell, i)
                if message:
                    failures.append({"cell": number, "id": cell.id, "message": message})
                    break  # what follows would run in a state that no reader ever has
    except (RuntimeError, DeadKernelError) as error:
        failures.append({"cell": 0, "id": "", "message": f"the kernel did not start: {error}"})
    normalize(after)
    if failures:
        return failures
    if options.check:
        numbers = {i: n for n, (i, _) in enumerate(cells, 1)}
        for i, (old, new) in enumerate(zip(before.cells, after.cells)):
            difference = compare.difference(old, new)
            if difference:
                message = f"drifted from its committed output\n{difference}"
                failures.append({"cell": numbers.get(i, 0), "id": new.id, "message": message})
        if not failures and nbformat.writes(normalize(copy.deepcopy(before))) != path.read_text().rstrip("\n"):
            failures.append({"cell": 0, "id": "", "message": "is not in normal form; `cargo xtask run` writes it so"})
        return failures
    twins.add(after, before)
    if nbformat.writes(after) != nbformat.writes(before):
        temporary = path.with_suffix(".ipynb.tmp")
        temporary.write_text(nbformat.writes(after) + "\n")
        temporary.replace(path)
    return failures


async def run_all(options):
    spec = installed_kernel()
    gate = asyncio.Semaphore(options.jobs)

    async def one(path):
        def say(event, **more):
            print(json.dumps({"notebook": path.stem, "event": event, **more}, ensure_ascii=False), flush=True)

        async with gate:
            start = time.monotonic()
            try:
                failures = await run_notebook(path, options, spec, say)
            except Exception as error:  # one notebook's trouble must not keep the others from running
                failures = [{"cell": 0, "id": "", "message": f"{type(error).__name__}: {error}"}]
            say("done", seconds=round(time.monotonic() - start, 1), failures=failures)
            return not failures

    return all(await asyncio.gather(*map(one, options.notebooks)))


def main(arguments=None):
    parser = argparse.ArgumentParser(prog="dli_jupyter.execute", description=__doc__.splitlines()[0])
    parser.add_argument("notebooks", nargs="+", type=Path)
    parser.add_argument("--check", action="store_true", help="leave the files alone and compare with what they hold")
    parser.add_argument("--jobs", type=int, default=1)
    parser.add_argument("--timeout", type=int, default=300, help="seconds that one cell may take")
    options = parser.parse_args(arguments)
    return 0 if asyncio.run(run_all(options)) else 1


if __name__ == "__main__":
    sys.exit(main())
