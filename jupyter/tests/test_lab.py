"""The real JupyterLab, as a reader uses it: a link, a knob, a claim that fails, a page to keep."""

import contextlib
import os
import re
import secrets
import signal
import socket
import subprocess
import sys
import time
import urllib.request

import nbformat
import pytest
from playwright.sync_api import expect

from conftest import ROOT
from test_kernel import wait_until

# Seconds. Lab has to start, a kernel has to start, and ten cells have to be compiled, maybe on a busy machine.
START, OPEN, RUN = 180, 60, 180


class Lab:
    """A running `cargo xtask lab`."""

    def __init__(self, folder):
        with socket.create_server(("127.0.0.1", 0)) as free:
            self.address = f"http://127.0.0.1:{free.getsockname()[1]}"
        self.token = secrets.token_hex()
        self.log = folder / "lab.log"
        # What the reader's own Lab remembers (settings, open tabs) stays as it is.
        own = {"LabApp.workspaces_dir": "tabs", "LabApp.user_settings_dir": "settings"}
        own["FileCheckpoints.checkpoint_dir"] = "checkpoints"
        command = ["cargo", "xtask", "--python-env", sys.prefix, "lab", "--no-browser", "--no-spare"]
        command += ["--port", self.address.rpartition(":")[2], "--", "--allow-root"]
        command += [f"--IdentityProvider.token={self.token}", *(f"--{k}={folder / v}" for k, v in own.items())]
        with self.log.open("w") as log:
            self.process = subprocess.Popen(
                command, cwd=ROOT, stdout=log, stderr=log, stdin=subprocess.DEVNULL, start_new_session=True
            )

    def ask(self, method, path):
        headers = {"Authorization": f"token {self.token}"}
        urllib.request.urlopen(urllib.request.Request(self.address + path, method=method, headers=headers), timeout=5)

    def wait(self):
        end = time.monotonic() + START
        while self.process.poll() is None and time.monotonic() < end:
            with contextlib.suppress(OSError):
                return self.ask("GET", "/api/status")
            time.sleep(0.2)
        pytest.fail(f"JupyterLab has ended or did not answer within {START} s:\n{self.log.read_text()[-2000:]}")

    def stop(self):
        """Asks Lab to end, which ends its kernels. One that does not is killed, and its kernels notice and end, too."""
        with contextlib.suppress(OSError, subprocess.TimeoutExpired):
            self.ask("POST", "/api/shutdown")
            self.process.wait(timeout=30)
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()

    @contextlib.contextmanager
    def opened(self, name, context, folder):
        """A page with this notebook in it and its kernel ready. If the block fails, the message names a screenshot."""
        page = context.new_page()
        try:
            page.goto(f"{self.address}/lab/tree/{name}?token={self.token}&reset")
            # The notebook's own indicator is idle before there is a kernel, too, and what is run then is not run at all.
            ready = page.locator("#jp-main-statusbar").get_by_text("Rust | Idle")
            expect(ready, f"no kernel was ready for {name}").to_be_visible(timeout=OPEN * 1000)
            yield page
        except Exception as error:
            picture = folder / "screenshot.png"
            page.screenshot(path=picture)
            pytest.fail(f"{error}\n\nWhat the page looked like: {picture}")


@pytest.fixture(scope="module")
def lab(browser, tmp_path_factory):
    lab = Lab(tmp_path_factory.mktemp("lab"))
    try:
        lab.wait()
        yield lab
    finally:
        lab.stop()


@pytest.fixture
def short():
    """The first half of 13-3, its claims and a cell after them, beside the notebooks, where its first cell works."""
    [original] = (ROOT / "notebooks").glob("13-3-*.ipynb")
    notebook = nbformat.read(str(original), 4)
    last = next(i for i, cell in enumerate(notebook.cells) if cell.source.startswith("let width"))
    claims = [cell for cell in notebook.cells if cell.source == "claims"]
    after = nbformat.v4.new_code_cell('println!("width is still {width}");')
    notebook.cells = [*notebook.cells[: last + 1], *claims, after]
    path = original.with_name("try-lab.ipynb")
    nbformat.write(notebook, path)
    yield path
    path.unlink()


def menu(page, *names):
    """Chooses from the menus by clicks."""
    for name in names:
        page.locator(".lm-MenuBar, .lm-Menu").get_by_text(name, exact=True).click()


def change(page, line, old, new):
    """Types another number over one of a line."""
    page.locator(".cm-line", has_text=line).get_by_text(old, exact=True).dblclick()
    page.keyboard.type(new)


def output_of(page, code):
    """What the cell with this code has put out."""
    return page.locator(".jp-CodeCell", has=page.locator(".cm-content", has_text=code)).locator(".jp-OutputArea")


def test_a_link_in_the_index_opens_its_notebook(lab, context, tmp_path):
    with lab.opened("00-0-index.ipynb", context, tmp_path) as page:
        page.get_by_role("link", name="12-3", exact=True).first.click()
        tab = page.get_by_role("tab", name="12-3-what-goes-wrong-with-relu.ipynb")
        expect(tab, "the link opened no tab").to_have_attribute("aria-selected", "true")
        title = page.get_by_role("heading", name="What goes wrong with ReLU?")
        expect(title, "the notebook is not shown").to_be_visible()


def test_run_all_obeys_a_knob_and_reports_a_claim_that_fails(lab, short, context, tmp_path):
    with lab.opened(short.name, context, tmp_path) as page:
        knob, claims = output_of(page, "let width"), output_of(page, re.compile("^claims$"))
        after = page.locator(".jp-CodeCell", has_text="width is still")
        menu(page, "Edit", "Clear Outputs of All Cells")
        change(page, "let width = 3;", "3", "4")
        menu(page, "Run", "Run All Cells")
        expect(claims, "the claims do not hold").to_contain_text("All 6 claims hold.", timeout=RUN * 1000)
        expect(claims.get_by_text("✓", exact=True), "not every claim has its ✓").to_have_count(6)
        # Four ways on from each of four units: 4 · (4 + 4² + … + 4¹⁰).
        expect(knob, "the knob had no effect").to_contain_text("10 layers: 5592400 multiplications")
        expect(after.locator(".jp-OutputArea"), "the last cell did not run").to_contain_text("width is still 4")

        change(page, "13-3.f", "1000", "1e9")
        menu(page, "Edit", "Clear Outputs of All Cells")
        menu(page, "Run", "Run All Cells")
        said = "✗ panicked: 1 of 6 claims failed: 13-3.f"
        expect(claims, "the failed claim is not reported").to_contain_text(said, timeout=RUN * 1000)
        expect(claims.get_by_text("✗", exact=True), "not one claim has a ✗").to_have_count(1)
        idle = page.locator(".jp-Notebook-ExecutionIndicator[data-status=idle]")
        expect(idle, "the run did not end").to_be_visible(timeout=RUN * 1000)
        expect(after.locator(".jp-InputPrompt"), "the run went on after a failed claim").to_have_text("[ ]:")
        expect(after.locator(".jp-OutputArea-output")).to_have_count(0)

        # The variables are still there: whoever wants to go on, can.
        after.locator(".cm-line").click()
        page.keyboard.press("Shift+Enter")
        expect(after.locator(".jp-OutputArea"), "the variables are lost").to_contain_text("width is still 4")

        # A cell that cannot be compiled ends the run, too.
        change(page, "let width = 4;", "4", "nonsense")
        menu(page, "Edit", "Clear Outputs of All Cells")
        menu(page, "Run", "Run All Cells")
        expect(knob, "no compiler error is shown").to_contain_text("cannot find value `nonsense`", timeout=RUN * 1000)
        expect(idle, "the run did not end").to_be_visible(timeout=RUN * 1000)
        expect(claims.locator(".jp-OutputArea-output"), "the run went on after an error").to_have_count(0)


def test_what_becomes_of_the_cells_that_wait(lab, short, context, tmp_path):
    notebook, written = nbformat.read(str(short), 4), tmp_path / "written"
    wait = "std::thread::sleep(std::time::Duration::from_secs(5));"
    notebook.cells = [
        nbformat.v4.new_code_cell(source) for source in (wait, f'std::fs::write("{written}", "").unwrap();', "let end = 1;")
    ]
    nbformat.write(notebook, short)

    def run_all(page):
        written.unlink(missing_ok=True)
        menu(page, "Run", "Run All Cells")
        # The kernel is busy before that, with answering who it is.
        running = page.locator(".jp-CodeCell .jp-InputPrompt").first
        expect(running, "no cell runs").to_have_text("[*]:", timeout=OPEN * 1000)
        page.wait_for_timeout(1500)

    # Whoever closes the page wants the rest to run.
    with lab.opened(short.name, context, tmp_path) as page:
        run_all(page)
        page.close()
    assert wait_until(written.exists, OPEN), "the cells that waited did not run after the page was closed"

    # Whoever presses stop does not, nor who restarts the kernel.
    with lab.opened(short.name, context, tmp_path) as page:
        idle = page.locator(".jp-Notebook-ExecutionIndicator[data-status=idle]")
        run_all(page)
        menu(page, "Kernel", "Interrupt Kernel")
        expect(idle, "the run did not end").to_be_visible(timeout=OPEN * 1000)
        assert not written.exists(), "the run went on after it was stopped"
        run_all(page)
        menu(page, "Kernel", "Restart Kernel…")
        page.get_by_role("button", name="Confirm Kernel Restart").click()
        page.locator(".cm-line", has_text="let end").click()
        page.keyboard.press("Shift+Enter")
        ran = page.locator(".jp-CodeCell", has_text="let end").locator(".jp-InputPrompt")
        expect(ran, "no cell runs after a restart").to_have_text(re.compile(r"\[\d+\]"), timeout=OPEN * 1000)
        assert not written.exists(), "the new kernel ran what the old one had before it"


def test_the_menu_exports_a_page_that_needs_nothing_else(lab, short, context, tmp_path):
    with lab.opened(short.name, context, tmp_path) as page:
        with context.expect_event("download", timeout=OPEN * 1000) as download:
            menu(page, "File", "Save and Export Notebook As", "HTML")
            page.get_by_role("button", name="Ok").click()
        saved = tmp_path / "page.html"
        download.value.save_as(saved)
        requests = []
        context.on("request", lambda request: requests.append(request.url))
        page.goto(saved.as_uri())
        expect(page).to_have_title("13-3 · How would you explain backpropagation simply?")
        expect(page.locator("math").first, "no formula is shown").to_be_visible()
        figure = page.get_by_role("img", name="What does it save to ask each unit only once?")
        expect(figure, "the figure is not shown").to_be_visible()
        assert [url for url in requests if not url.startswith("data:")] == [saved.as_uri()]
