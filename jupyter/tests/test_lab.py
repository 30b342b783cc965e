"""The real JupyterLab, as a reader uses it: a link, a knob, a claim that fails, a page to keep."""

import contextlib
import json
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

# Seconds. Lab has to start, a kernel has to start, and ten cells have to be compiled, maybe on a very busy machine.
START, OPEN, RUN = 600, 300, 600


class Lab:
    """A running `cargo xtask lab`."""

    def __init__(self, folder, *options):
        with socket.create_server(("127.0.0.1", 0)) as free:
            self.address = f"http://127.0.0.1:{free.getsockname()[1]}"
        self.token = secrets.token_hex()
        self.log = folder / "lab.log"
        # What the reader's own Lab remembers (settings, open tabs) stays as it is.
        own = {"LabApp.workspaces_dir": "tabs", "LabApp.user_settings_dir": "settings"}
        own["FileCheckpoints.checkpoint_dir"] = "checkpoints"
        command = ["cargo", "xtask", "--python-env", sys.prefix, "lab", "--no-browser", "--no-spare"]
        command += ["--port", self.address.rpartition(":")[2], "--", f"--IdentityProvider.token={self.token}"]
        command += [*(f"--{k}={folder / v}" for k, v in own.items()), *options]
        with self.log.open("w") as log:
            self.process = subprocess.Popen(
                command, cwd=ROOT, stdout=log, stderr=log, stdin=subprocess.DEVNULL, start_new_session=True
            )

    def ask(self, method, path, content=None):
        headers, data = {"Authorization": f"token {self.token}"}, content and json.dumps(content).encode()
        request = urllib.request.Request(self.address + path, data, headers, method=method)
        with urllib.request.urlopen(request, timeout=60) as answer:
            return json.loads(answer.read() or "null")

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


@pytest.fixture(scope="module", autouse=True)
def patience():
    """Playwright expects what it expects within 5 s, which a busy machine may not manage."""
    expect.set_options(timeout=OPEN * 1000)
    yield
    expect.set_options(timeout=5000)


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
    declared = next(cell for cell in notebook.cells if "Claims::of" in cell.source)
    made = sum(cell.source.count("claims.that") for cell in notebook.cells)
    declared.source = f'let mut claims = Claims::of("13-3", {made});'  # the others are in the second half
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


def test_the_printed_address_opens_the_index(lab, context):
    """Also where no browser can be started; as root, too, who JupyterLab itself would refuse."""
    assert wait_until(lambda: "?token=" in lab.log.read_text(), START), lab.log.read_text()
    address = re.search(r"http://127\.0\.0\.1:\d+\S*\?token=", lab.log.read_text())[0]
    page = context.new_page()
    page.goto(address + lab.token + "&reset")  # without the tabs of other tests
    title = page.get_by_role("heading", name="Deep-learning interview questions, answered by running them")
    expect(title, f"{address}… does not show the index").to_be_visible()
    assert ("You are root" in lab.log.read_text()) == (os.getuid() == 0)
    # It has a kernel now. (What becomes of one that nobody uses: `test_idle_kernels.py`.)
    assert wait_until(lambda: "idle durations > 14400 seconds" in lab.log.read_text(), OPEN), "not the four hours of the README"


@pytest.fixture
def mistakes():
    """Cells that fail, each in a way of its own, and one after them. All but the last failure let the next cell run."""
    sources = [
        "let a = vec![1];\nlet b = a;\nprintln!(\"{:?}\", a);",
        "let kept = vec![1];",
        "let other = kept;",
        "kept.len()",
        "let f = |x: f32| x * no_such_name; // 한국어",
        "fn deep(n: u64) -> u64 { n + deep(n + 1) }\ndeep(0)",
        "other.len()",
        'panic!("after a crash")',
        "let end = 1;",
    ]
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(source) for source in sources])
    notebook.metadata.kernelspec = {"name": "rust", "display_name": "Rust", "language": "rust"}
    for cell in notebook.cells[:-2]:
        cell.metadata.tags = ["raises-exception"]
    path = ROOT / "notebooks" / "try-mistakes.ipynb"
    nbformat.write(notebook, path)
    yield path
    path.unlink()


# For every piece of text below an element: the text, its colour's contrast to what is painted behind it.
CONTRASTS = """
root => {
  const parse = c => { const n = c.match(/[\\d.]+/g).map(Number); return n.length < 4 ? [...n, 1] : n; };
  const over = (top, below) => [0, 1, 2].map(i => top[i] * top[3] + below[i] * (1 - top[3])).concat(1);
  const behind = e => e ? over(parse(getComputedStyle(e).backgroundColor), behind(e.parentElement)) : [255, 255, 255, 1];
  const light = c => c.slice(0, 3).map(v => v / 255).map(v => v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4)
    .reduce((sum, v, i) => sum + v * [0.2126, 0.7152, 0.0722][i], 0);
  const found = [], walk = document.createTreeWalker(root, NodeFilter.SHOW_TEXT);
  for (let node; node = walk.nextNode();) {
    if (!node.data.trim()) continue;
    const back = behind(node.parentElement), front = over(parse(getComputedStyle(node.parentElement).color), back);
    const [low, high] = [light(front), light(back)].sort((a, b) => a - b);
    found.push([node.data, getComputedStyle(node.parentElement).color, (high + 0.05) / (low + 0.05)]);
  }
  return found;
}
"""


def choose_theme(page, name):
    menu(page, "Settings", "Theme", f"JupyterLab {name}")
    page.wait_for_function(f"document.body.dataset.jpThemeLight == '{str(name == 'Light').lower()}'")
    page.wait_for_timeout(500)  # its stylesheet replaces the other one a moment later


def test_mistakes_are_explained_in_colours_that_can_be_read(lab, mistakes, context, tmp_path):
    with lab.opened(mistakes.name, context, tmp_path) as page:
        cell = lambda number: page.locator(".jp-CodeCell").nth(number)  # noqa: E731
        menu(page, "Run", "Run All Cells")
        # After a crash, the process in place of the old one has the panic hook, too: the run ends at the panic.
        expect(cell(7), "no panic after a crash").to_contain_text("✗ panicked: after a crash", timeout=RUN * 1000)
        expect(page.locator(".jp-Notebook-ExecutionIndicator[data-status=idle]")).to_be_visible()
        expect(cell(8).locator(".jp-InputPrompt"), "the run went on after a panic").to_have_text("[ ]:")
        expect(cell(0)).to_contain_text("`a` was handed over (moved) before this place")
        mover = cell(2).locator(".jp-InputPrompt").inner_text().strip().rstrip(":")
        expect(cell(3)).to_contain_text(f"`kept` was handed over (moved) by cell {mover}.")
        expect(cell(4)).to_contain_text("`no_such_name` is not defined yet")
        expect(cell(5)).to_contain_text("All variables are gone")
        expect(cell(6)).to_contain_text("`other` is gone: the program that ran the cells ended in cell [")
        for theme in "Light", "Dark":
            choose_theme(page, theme)
            for number in 0, 3, 4, 5, 6:
                pieces = cell(number).locator(".jp-OutputArea-output").first.evaluate(CONTRASTS)
                assert len({colour for _, colour, _ in pieces}) > 1 or number == 5, f"{theme}: no colours"
                assert not [piece for piece in pieces if piece[2] < 4.5], (theme, number)
            # A panic is red, in either theme.
            [(_, colour, contrast), *_] = cell(7).locator(".jp-OutputArea-output").first.evaluate(CONTRASTS)
            red, green, blue = map(int, re.findall(r"\d+", colour)[:3])
            assert red > 2 * max(green, blue) or red > max(green, blue) + 60, (theme, colour)
            assert contrast >= 4.5, (theme, colour)
        choose_theme(page, "Light")

        # The kernel remembers what it ran, not the page.
        page.reload()
        cell(8).locator(".cm-line").click()
        page.keyboard.press("Control+a")
        page.keyboard.type("drop(end)")
        page.keyboard.press("Shift+Enter")
        expect(cell(8)).to_contain_text("`end` is not defined yet")


def test_text_has_a_width_and_figures_a_frame(lab, context, tmp_path):
    with lab.opened("12-3-what-goes-wrong-with-relu.ipynb", context, tmp_path) as page:
        page.set_viewport_size({"width": 1920, "height": 1000})
        text = page.locator(".jp-RenderedMarkdown p", has_text="The main problem is the dead unit")
        size = float(text.evaluate("e => getComputedStyle(e).fontSize").removesuffix("px"))
        assert 40 < text.bounding_box()["width"] / size < 60, "in widths of an m: about twice as many characters"
        korean = page.locator(".jp-RenderedMarkdown details", has_text="한국어").first
        assert korean.evaluate("e => getComputedStyle(e).wordBreak") == "keep-all"
        figure = page.get_by_role("img", name="Does a large learning rate kill units?")
        for theme in "Dark", "Light":
            choose_theme(page, theme)
            style = figure.evaluate("e => { const s = getComputedStyle(e); return [s.backgroundColor, s.borderRadius, s.filter] }")
            assert style[0] == "rgb(255, 255, 255)" and style[1] != "0px", style
            assert (style[2] == "none") == (theme == "Light"), style
