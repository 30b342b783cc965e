"""Calls cargo, and leaves out of `cargo metadata` what the kernel's rust-analyzer need not read.

    python short_metadata.py CARGO metadata …

The kernel's rust-analyzer infers the types of variables. For that it needs the signatures of the support crate, and the
crates whose types occur in them; what the crate merely works with inside (charts, compression, threads) it would load and
resolve at every start for nothing. rustc, which compiles the cells, never sees this list.

Run at every kernel start, so it needs nothing but the standard library.
"""

import json
import subprocess
import sys

# Of these packages, only the dependencies whose types a notebook can meet. A notebook's own `:dep` is never left out.
OF_NOTEBOOKS = {"dl-interview": {"ndarray", "rand", "rand_pcg", "candle_core"}, "candle-core": set()}


def shorten(metadata):
    """`metadata` without inner dependencies of `OF_NOTEBOOKS`, and without what only those depend on."""
    names = {package["id"]: package["name"] for package in metadata["packages"]}
    nodes = {node["id"]: node for node in metadata["resolve"]["nodes"]}
    for node in nodes.values():
        if names[node["id"]] in OF_NOTEBOOKS:
            kept_of_it = OF_NOTEBOOKS[names[node["id"]]]
            node["deps"] = [dep for dep in node["deps"] if dep["name"] in kept_of_it]
            node["dependencies"] = [dep["pkg"] for dep in node["deps"]]
    kept, waiting = set(), list(metadata["workspace_members"])
    while waiting:
        package = waiting.pop()
        if package not in kept:
            kept.add(package)
            waiting += [dep["pkg"] for dep in nodes[package]["deps"]]
    metadata["packages"] = [package for package in metadata["packages"] if package["id"] in kept]
    metadata["resolve"]["nodes"] = [node for node in metadata["resolve"]["nodes"] if node["id"] in kept]
    return metadata


def main(command):
    done = subprocess.run(command, stdout=subprocess.PIPE)
    out = done.stdout
    try:
        out = json.dumps(shorten(json.loads(out))).encode()
    except (ValueError, KeyError, TypeError):
        pass  # `--no-deps`, `--help`, an error, or another format: as cargo said it
    sys.stdout.buffer.write(out)
    return done.returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
