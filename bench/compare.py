"""Seconds per MNIST epoch (60 000 images, batch 64), side by side: numpy, PyTorch, candle, and this project's engine.

    python -m venv /tmp/bench && /tmp/bench/bin/pip install -r bench/requirements.txt
    /tmp/bench/bin/python bench/compare.py [--rounds 3] [--without-candle]

All run in turns in every round, so that a machine whose speed drifts slows all of them; the medians are shown. The nets:
MLP 784-128-10; CNN conv 3×3-8, ReLU, pool, conv 3×3-16, ReLU, pool, linear. Run it on a quiet machine.

All run with the setting of the allocator that the notebooks' kernel has (glibc keeps freed memory for the next array),
which helps each of them.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import time
from collections import defaultdict
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F

ROOT = Path(__file__).resolve().parents[1]
BATCH, IMAGES = 64, 60_000
# Of the CNN, PyTorch trains this share of an epoch: all steps take the same time.
SHARE = 0.2


ALLOCATOR = {"MALLOC_MMAP_THRESHOLD_": str(1 << 30), "MALLOC_TRIM_THRESHOLD_": str(1 << 30)}


def numpy_mlp(x, y):
    random = np.random.default_rng(0)
    w1 = random.normal(0, (2 / 784) ** 0.5, (784, 128)).astype(np.float32)
    w2 = random.normal(0, (2 / 128) ** 0.5, (128, 10)).astype(np.float32)
    b1, b2 = np.zeros(128, np.float32), np.zeros(10, np.float32)
    start = time.perf_counter()
    order = random.permutation(len(x))
    for i in range(0, len(x), BATCH):
        batch = order[i : i + BATCH]
        xb, yb, n = x[batch], y[batch], len(batch)
        h = np.maximum(xb @ w1 + b1, 0)
        z = h @ w2 + b2
        p = np.exp(z - z.max(1, keepdims=True))
        p /= p.sum(1, keepdims=True)
        p[np.arange(n), yb] -= 1
        p /= n
        dh = (p @ w2.T) * (h > 0)
        w2 -= 0.1 * (h.T @ p)
        b2 -= 0.1 * p.sum(0)
        w1 -= 0.1 * (xb.T @ dh)
        b1 -= 0.1 * dh.sum(0)
    return time.perf_counter() - start


def torch_net(run):
    nn = torch.nn
    if run.startswith("mlp"):
        return nn.Sequential(nn.Linear(784, 128), nn.ReLU(), nn.Linear(128, 10))
    return nn.Sequential(
        nn.Unflatten(1, (1, 28, 28)),
        *(nn.Conv2d(1, 8, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2)),
        *(nn.Conv2d(8, 16, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2)),
        *(nn.Flatten(), nn.Linear(784, 10)),
    )


def torch_epoch(run, x, y):
    net = torch_net(run)
    p = net.parameters()
    optimizer = torch.optim.SGD(p, 0.1) if run.endswith("sgd") else torch.optim.Adam(p, 1e-3)
    n = int(len(x) * (SHARE if run.startswith("cnn") else 1))
    start = time.perf_counter()
    order = torch.randperm(len(x))[:n]
    for i in range(0, n, BATCH):
        batch = order[i : i + BATCH]
        loss = F.cross_entropy(net(x[batch]), y[batch])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    return (time.perf_counter() - start) * len(x) / n


def torch_matmul():
    a, b = torch.ones(1024, 1024), torch.ones(1024, 1024)
    start = time.perf_counter()
    a @ b
    return time.perf_counter() - start


def lines_of(program, *arguments):
    done = subprocess.run([program, *arguments], cwd=ROOT, text=True, stdout=subprocess.PIPE, check=True)
    return [json.loads(line) for line in done.stdout.splitlines()]


def build(*arguments):
    print("building:", "cargo build --release", *arguments, file=sys.stderr)
    subprocess.run(["cargo", "build", "--release", "--quiet", *arguments], cwd=ROOT, check=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--without-candle", action="store_true", help="building it takes minutes, its CNN too")
    options = parser.parse_args()
    if not ALLOCATOR.items() <= os.environ.items():  # read when a process starts: start this one again
        os.environ.update(ALLOCATOR)
        os.execv(sys.executable, [sys.executable, *sys.argv])

    build("--example", "epoch")
    target = Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target"))
    ours = target / "release" / "examples" / "epoch"
    if not options.without_candle:
        build("--manifest-path", "bench/candle/Cargo.toml")
        target = Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "bench" / "candle" / "target"))
        candle = target / "release" / "candle-epoch"

    x = np.random.default_rng(1).random((IMAGES, 784), dtype=np.float32)  # the time does not depend on the numbers
    y = np.random.default_rng(2).integers(0, 10, IMAGES)
    tx, ty = torch.from_numpy(x), torch.from_numpy(y)
    seconds, peak = defaultdict(list), 0
    for round in range(options.rounds):
        print(f"round {round + 1} of {options.rounds}", file=sys.stderr)
        for run in ("mlp-sgd", "mlp-adam", "cnn-adam"):
            if run == "mlp-sgd":
                seconds[run, "numpy"].append(numpy_mlp(x, y))
            seconds[run, "torch"].append(torch_epoch(run, tx, ty))
            for line in lines_of(ours, run)[1:]:  # the first epoch warms up
                seconds[run, "ours"].append(line["seconds"])
                peak = max(peak, line["peak_mb"]) if run == "cnn-adam" else peak
            if not options.without_candle:
                seconds[run, "candle"].append(lines_of(candle, run)[0]["seconds"])
        seconds["matmul", "torch"].append(min(torch_matmul() for _ in range(10)))
        matmul = [line["seconds"] for line in lines_of(ours) if line["run"] == "matmul-1024"]
        seconds["matmul", "ours"].append(min(matmul))

    median = {key: statistics.median(values) for key, values in seconds.items()}
    gflops = 2 * 1024**3 / 1e9
    print(f"matrix product 1024³: PyTorch {gflops / median['matmul', 'torch']:.0f} GFLOP/s, "
          f"ours {gflops / median['matmul', 'ours']:.0f}")
    # Multiply–adds of one image forward, then: back to the weights, and back to the inputs of all but the first layer.
    mlp = 784 * 128 + 128 * 10
    cnn = (9 * 8) * 784 + (72 * 16) * 196 + 784 * 10
    work = {"mlp": 2 * IMAGES * (3 * mlp - 784 * 128) / 1e9, "cnn": 2 * IMAGES * (3 * cnn - 72 * 784) / 1e9}
    print(f"{'':10}{'numpy':>9}{'PyTorch':>9}{'candle':>9}{'ours':>9}   PyTorch/ours   numpy/ours   GFLOP/s of ours")
    for run in ("mlp-sgd", "mlp-adam", "cnn-adam"):
        cell = lambda who: f"{median[run, who]:9.3f}" if (run, who) in median else f"{'–':>9}"
        of = lambda who: f"{median[run, who] / median[run, 'ours']:.2f}" if (run, who) in median else "–"
        rate = work[run[:3]] / median[run, "ours"]
        print(f"{run:10}{cell('numpy')}{cell('torch')}{cell('candle')}{cell('ours')}{of('torch'):>15}{of('numpy'):>13}{rate:>18.0f}")
    print(f"peak memory of the CNN's training: {peak} MB")


if __name__ == "__main__":
    main()
