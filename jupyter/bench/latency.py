"""How long a reader waits: our kernel and a stock evcxr kernel, in turns, medians in seconds.

    .venv/bin/python jupyter/bench/latency.py [--rounds 5] [--cold]

`stock` has a working folder with compiled dependencies, the best case for it; with `--cold` it has none, as on the
first start. Run it on a quiet machine.
"""

import argparse
import os
import shutil
import statistics
import tempfile
import time

from jupyter_client.kernelspec import KernelSpec
from jupyter_client.manager import KernelManager

from dli_jupyter import template
from dli_jupyter.execute import OneKernel, installed_kernel

NOTEBOOKS = template.ROOT / "notebooks"
CELLS = [
    (":dep + prelude", ':dep dl-interview = { path = "../support-crate" }\nuse dl_interview::prelude::*;'),
    ("first let", "let x = 1.5f32;"),
    ("one line", "let y = x * 2.0;"),
    ("expression", "y + 1.0"),
    ("function", "fn wave(n: usize) -> Vec<f32> {\n    (0..n).map(|i| (i as f32 / 10.0).sin()).collect()\n}"),
    ("call", "let v = wave(100);"),
    ("chart", 'lines("sine", "x", "y", &[curve("sin", &v)])'),
]


def measure(spec, env):
    """The seconds until the kernel answers, then of each cell."""
    manager = KernelManager(kernel_name="rust", kernel_spec_manager=OneKernel(spec))
    manager.shutdown_wait_time = 2
    start = time.monotonic()
    manager.start_kernel(cwd=str(NOTEBOOKS), env={**os.environ, **env})
    client = manager.client()
    client.start_channels()
    try:
        client.wait_for_ready(timeout=900)
        times = [time.monotonic() - start]
        for _, code in CELLS:
            start = time.monotonic()
            reply = client.execute_interactive(code, timeout=900, output_hook=lambda message: None)
            assert reply["content"]["status"] == "ok", code
            times.append(time.monotonic() - start)
        return times
    finally:
        client.stop_channels()
        manager.shutdown_kernel()


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--cold", action="store_true", help="the stock kernel starts without compiled dependencies")
    options = parser.parse_args()
    evcxr = template.settings()["evcxr"]
    stock = KernelSpec(argv=[evcxr, "--control_file", "{connection_file}"], language="rust", display_name="stock")
    folder = tempfile.mkdtemp(prefix="stock-")
    private = {"EVCXR_TMPDIR": folder, "EVCXR_CONFIG_DIR": folder, "JUPYTER_PATH": folder}
    if not options.cold:
        measure(stock, private)
    results = {"ours": [], "stock": []}
    for round_ in range(options.rounds):
        results["ours"].append(measure(installed_kernel(), {}))
        if options.cold:
            shutil.rmtree(folder)
            os.mkdir(folder)
        results["stock"].append(measure(stock, private))
        print(f"round {round_ + 1} of {options.rounds}", flush=True)
    shutil.rmtree(folder)
    print(f"\n{'':16}{'ours':>8}{'stock':>8}   (medians of {options.rounds}, seconds)")
    medians = {name: [statistics.median(column) for column in zip(*rows)] for name, rows in results.items()}
    for i, name in enumerate(["kernel start"] + [name for name, _ in CELLS]):
        print(f"{name:16}{medians['ours'][i]:8.2f}{medians['stock'][i]:8.2f}")
    ready = {name: sum(column[:2]) for name, column in medians.items()}
    print(f"{'ready to work':16}{ready['ours']:8.2f}{ready['stock']:8.2f}")


if __name__ == "__main__":
    main()
