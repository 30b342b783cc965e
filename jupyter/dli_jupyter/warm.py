"""Fills the template: runs kernels in its folder, so that all in it is exactly what evcxr itself would build.

    python -m dli_jupyter.warm
"""

import asyncio
import sys

import nbformat
from jupyter_client.kernelspec import KernelSpec

from . import template
from .execute import kernel, run_cell


async def warm(sources):
    """Runs a kernel with these cells, the last of which must fail; returns what went wrong, or None."""
    found = template.settings()
    cells = [nbformat.v4.new_code_cell(source) for source in sources]
    cells[-1].metadata.tags = ["raises-exception"]
    notebook = nbformat.v4.new_notebook(cells=cells)
    argv = [found["evcxr"], "--control_file", "{connection_file}"]
    spec = KernelSpec(argv=argv, language="rust", display_name="Rust")
    env = template.environment(found, template.TEMPLATE)
    try:
        async with kernel(notebook, spec, template.TEMPLATE, env, timeout=3600) as runner:
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


if __name__ == "__main__":
    sys.exit(asyncio.run(warm_both()))
