"""Runs one kernel by hand, to fill the template."""

import asyncio

import nbformat
from jupyter_client.kernelspec import KernelSpec

from .execute import kernel, run_cell
from .template import KernelError


def warm(argv, env, folder, sources):
    """Starts a kernel with `argv` and `env` in `folder` and executes the cells; the last one is there to fail."""
    cells = [nbformat.v4.new_code_cell(source) for source in sources]
    cells[-1].metadata.tags = ["raises-exception"]
    notebook = nbformat.v4.new_notebook(cells=cells)
    spec = KernelSpec(argv=argv, language="rust", display_name="Rust")

    async def run():
        async with kernel(notebook, spec, folder, env, timeout=900) as runner:
            for index, cell in enumerate(cells):
                message = await run_cell(runner, cell, index)
                if message:
                    raise KernelError(f"The first cells do not work on this machine: `{cell.source}` failed.\n{message}")

    try:
        asyncio.run(run())
    except RuntimeError as error:
        raise KernelError(f"The kernel did not start ({error}). Does `cargo check -p dl-interview` pass?") from None
