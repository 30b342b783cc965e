"""What tests share: notebooks made for one test, the real runner on the real kernel, a real browser."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from urllib.parse import urlsplit

import nbformat
import pytest
from playwright.sync_api import sync_playwright

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


# For a module, not for the session: as long as Playwright runs, no other test can start an event loop.
@pytest.fixture(scope="module")
def browser():
    """Headless Chromium; a test that asks for it is skipped where none is installed, and fails if CI lacks it."""
    names = ["chromium", "chromium-browser", "google-chrome"]
    program = next(filter(None, map(shutil.which, names)), None)
    if program is None:
        (pytest.fail if "CI" in os.environ else pytest.skip)(f"no browser: none of {', '.join(names)} is on PATH")
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=program, args=["--no-sandbox", "--disable-gpu"])
        yield chromium
        chromium.close()


@pytest.fixture
def context(browser):
    """A fresh profile. The test fails if a page of it reports an error or asks for anything outside this machine."""
    context = browser.new_context(viewport={"width": 1280, "height": 900}, accept_downloads=True)
    context.set_default_timeout(30_000)
    problems = []

    def requested(request):
        if urlsplit(request.url).scheme in ("http", "https", "ws", "wss"):
            if urlsplit(request.url).hostname not in ("127.0.0.1", "localhost"):
                problems.append(f"request to {request.url}")

    context.on("request", requested)
    context.on("weberror", lambda error: problems.append(f"{error.page.url}: {error.error}"))
    context.on("console", lambda line: line.type == "error" and problems.append(f"{line.page.url}: {line.text}"))
    yield context
    context.close()
    assert not problems, problems
