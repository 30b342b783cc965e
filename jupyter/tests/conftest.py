"""Notebooks made for one test, executed by the real runner on the real kernel."""

import json
import os
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest

from dli_jupyter.normal_form import normalize

ROOT = Path(__file__).resolve().parents[2]
SETUP = f':dep dl-interview = {{ path = "{ROOT}/support-crate" }}\nuse dl_interview::prelude::*;'


@pytest.fixture
def make(tmp_path):
    """`make(name, source, …)` writes a notebook of these code cells (a cell may be a `(source, tags)` pair)."""

    def write(name, *sources):
        cells = []
        for i, source in enumerate(sources):
            source, tags = source if isinstance(source, tuple) else (source, [])
            cell = nbformat.v4.new_code_cell(source, id=f"c{i}")
            if tags:
                cell.metadata.tags = tags
            cells.append(cell)
        path = tmp_path / f"{name}.ipynb"
        path.write_text(nbformat.writes(normalize(nbformat.v4.new_notebook(cells=cells))) + "\n")
        return path

    return write


@pytest.fixture(scope="session")
def execute():
    """`execute(paths, option, …)` runs the runner as its own process: (exit code, {notebook: failures})."""

    def run(paths, *options):
        done = subprocess.run(
            [sys.executable, "-m", "dli_jupyter.execute", *options, "--", *map(str, paths)],
            text=True,
            capture_output=True,
            env={**os.environ, "RUST_BACKTRACE": "0"},
        )
        events = [json.loads(line) for line in done.stdout.splitlines()]
        return done.returncode, {e["notebook"]: e["failures"] for e in events if e["event"] == "done"}

    return run
