"""An exported page needs nothing but itself, whether `cargo xtask html` or JupyterLab writes it."""

import contextlib
import json
import re
import secrets
import socket
import subprocess
import sys
import urllib.error
import urllib.request

import nbformat
import pytest

from conftest import ROOT
from dli_jupyter import export
from test_kernel import wait_until

NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))


@pytest.fixture(scope="module")
def pages(tmp_path_factory):
    folder = tmp_path_factory.mktemp("html")
    export.main(["--output", str(folder), *map(str, NOTEBOOKS)])
    return {path.stem: (folder / f"{path.stem}.html") for path in NOTEBOOKS}


def test_a_page_loads_nothing(pages):
    for name, page in pages.items():
        text = page.read_text()
        loading = re.findall(r'<(?:script|link|img|iframe)[^>]*\s(?:src|href)="(?!data:)[^"]*"', text)
        assert not loading and "<script" not in text, (name, loading)
        assert not re.findall(r"url\((?!['\"]?data:)[^)]*//", text), name


def test_title_formulas_links_and_folds(pages):
    for name, page in pages.items():
        text = page.read_text()
        body = text[text.index("<main>") :]
        assert not re.search(r"\$[^$<]{1,80}\$", re.sub(r"<(pre|code|img)[\s\S]*?(</\1>|>)", "", body)), name
        assert body.count("<details") == body.count("</details>"), name
        assert not re.search(r"</summary>\s*</details>", body), f"{name}: a fold holds nothing"
        assert ".ipynb" not in re.sub(r"<pre[\s\S]*?</pre>", "", body), name
        assert name.startswith("00-0") or f"<title>{name[:4]} · " in text, name
    page = pages["00-0-index"].read_text()
    assert "<math" in page and '<details lang="ko"' in page
    assert re.search(r'<span class="kd?">let</span>', page), "Rust is not highlighted"


def test_nbconvert_in_this_environment_writes_the_same_page(pages, tmp_path):
    name = "12-3-what-goes-wrong-with-relu"
    nbconvert = [sys.executable, "-m", "nbconvert", "--to", "html", "--output-dir", tmp_path]
    path = ROOT / f"notebooks/{name}.ipynb"
    subprocess.run([*nbconvert, path], check=True, capture_output=True)
    (tmp_path / "same").mkdir()
    same = export.export(path, tmp_path / "same").read_text()
    assert (tmp_path / f"{name}.html").read_text() == same, "see `cargo xtask setup`"


def test_cleaning_takes_nothing_from_our_notebooks(pages):
    exporter = export.exporter()
    exporter.sanitize_html = False
    for path in NOTEBOOKS:
        others = {other.name for other in NOTEBOOKS}
        as_it_was, _ = exporter.from_filename(str(path), resources={"others": others})
        # Styles are spaced anew, and the elements that hold nothing are closed in the other way.
        same = [
            re.sub(r"></mspace>", "/>", re.sub(r"[\s;]", "", page)) for page in (as_it_was, pages[path.stem].read_text())
        ]
        assert same[0] == same[1], path.stem


def test_a_page_links_only_to_pages_written_with_it(pages, tmp_path):
    name = "18-0-mnist-mlp-by-hand"
    together = set(re.findall(r'<a href="([^"#]+\.html)"', pages[name].read_text()))
    assert {"00-0-index.html", "18-3-from-mlp-to-cnn.html"} <= together <= {path.name for path in pages.values()}
    alone = export.export(ROOT / f"notebooks/{name}.ipynb", tmp_path).read_text()
    assert re.findall(r'<a href="(?!#|https?:)[^"]*"', alone) == []
    assert "<p>← 03-0 · index · 18-3 → · related:" in alone


def test_each_format_that_jupyterlab_offers_works(tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    address, token = f"http://127.0.0.1:{port}", secrets.token_hex()

    def ask(path):
        request = urllib.request.Request(address + path, headers={"Authorization": f"token {token}"})
        return urllib.request.urlopen(request, timeout=120)

    def is_up():
        with contextlib.suppress(OSError):
            return ask("/api/status")

    command = [sys.executable, "-m", "jupyter_server", "--no-browser", "--allow-root", f"--port={port}"]
    command += [f"--IdentityProvider.token={token}", f"--ServerApp.root_dir={ROOT / 'notebooks'}"]
    with (tmp_path / "log").open("w") as log:
        server = subprocess.Popen(command, cwd=tmp_path, stdout=log, stderr=log)
    try:
        assert wait_until(is_up, 60), (tmp_path / "log").read_text()
        formats = json.load(ask("/api/nbconvert")).keys() - {"custom"}  # JupyterLab never shows that one
        assert {"html", "markdown", "script", "slides"} <= formats
        answers = {}
        for kind in formats:
            try:
                answers[kind] = ask(f"/nbconvert/{kind}/18-0-mnist-mlp-by-hand.ipynb?download=true").status
            except urllib.error.HTTPError as error:
                answers[kind] = error.code
        assert set(answers.values()) == {200}, answers
    finally:
        server.terminate()
        server.wait(timeout=30)


def test_a_formula_that_cannot_be_rendered_is_named(tmp_path):
    cell = nbformat.v4.new_markdown_cell(r"$\nosuchcommand{x}$")
    path = tmp_path / "broken.ipynb"
    nbformat.write(nbformat.v4.new_notebook(cells=[cell]), path)
    with pytest.raises(SystemExit, match="nosuchcommand"):
        export.export(path, tmp_path)
    page, _ = export.exporter().from_filename(str(path))  # JupyterLab's export goes on
    assert r"<code>\nosuchcommand{x}</code>" in page


def test_a_browser_shows_the_page_offline_and_on_a_phone(pages, context):
    page = context.new_page()
    page.set_viewport_size({"width": 390, "height": 844})
    for name, path in pages.items():
        page.goto(path.as_uri())
        assert page.locator("math").count() or "$" not in path.read_text(), name
        assert page.evaluate("document.fonts.load('16px \"Book Math\"').then(loaded => loaded.length)") == 1, name
        assert page.evaluate("document.documentElement.scrollWidth") == 390, f"{name} scrolls sideways"
