"""Fills the template: runs kernels in its folder, so that all in it is exactly what evcxr itself would build.

    python -m dli_jupyter.warm
"""

import asyncio
import os
import sys

import nbformat
from jupyter_client.kernelspec import KernelSpec

from . import template
from .execute import kernel, run_cell


async def warm(sources):
    """Runs a kernel with these cells, the last of which must fail; returns what went wrong, or None."""
    cells = [nbformat.v4.new_code_cell(source) for source in sources]
    cells[-1].metadata.tags = ["raises-exception"]
    notebook = nbformat.v4.new_notebook(cells=cells)
    argv = [sys.executable, "-m", "dli_jupyter.kernel", "{connection_file}", "--in-template"]
    spec = KernelSpec(argv=argv, language="rust", display_name="Rust")
    try:
        async with kernel(notebook, spec, template.TEMPLATE, dict(os.environ), timeout=3600) as runner:
            for index, cell in enumerate(cells):
                message = await run_cell(runner, cell, index)
                if message:
                    return f"`{cell.source}` failed: {message}"
    except RuntimeError as error:
        return f"the kernel did not start: {error}"


async def warm_both():
    """First with candle: a clone starts where the last of these kernels ended."""
    candle = [source.format(crate=template.CRATE_IN_DEP) for source in template.CANDLE_CELLS]
    return await warm(candle) or await warm(template.WARM_CELLS)


async def main():
    """Fills the template, unless whoever asked for it is gone."""
    parent = os.getppid()
    work = asyncio.create_task(warm_both())
    while not (await asyncio.wait([work], timeout=1))[0]:
        if os.getppid() != parent:
            work.cancel()
    return await work


if __name__ == "__main__":
    sys.exit(asyncio.run(main()))
