"""An exported page needs nothing but itself."""

import os
import re
import shutil
import subprocess

import nbformat
import pytest

from conftest import ROOT
from dli_jupyter import export

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


def test_formulas_links_and_folds(pages):
    for name, page in pages.items():
        text = page.read_text()
        body = text[text.index("<main>") :]
        assert not re.search(r"\$[^$<]{1,80}\$", re.sub(r"<(pre|code|img)[\s\S]*?(</\1>|>)", "", body)), name
        assert body.count("<details") == body.count("</details>"), name
        assert ".ipynb" not in re.sub(r"<pre[\s\S]*?</pre>", "", body), name
    page = pages["00-0-index"].read_text()
    assert "<math" in page and "한국어" in page
    assert re.search(r'<span class="kd?">let</span>', page), "Rust is not highlighted"


def test_a_formula_that_cannot_be_rendered_is_named(tmp_path):
    cell = nbformat.v4.new_markdown_cell(r"$\nosuchcommand{x}$")
    path = tmp_path / "broken.ipynb"
    nbformat.write(nbformat.v4.new_notebook(cells=[cell]), path)
    with pytest.raises(SystemExit, match="nosuchcommand"):
        export.export(path, tmp_path)


def test_a_browser_shows_the_page_offline(pages, tmp_path):
    chromium = next(filter(None, map(shutil.which, ["chromium", "chromium-browser", "google-chrome"])), None)
    if chromium is None and "CI" not in os.environ:
        pytest.skip("needs Chromium")
    assert chromium, "Chromium is missing"
    for name, page in pages.items():
        done = subprocess.run(
            # Without a proxy that answers, whatever the page asked of the network would fail and be reported.
            [chromium, "--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking", "--no-first-run"]
            + ["--proxy-server=127.0.0.1:9", f"--user-data-dir={tmp_path / name}", "--dump-dom", f"file://{page}"],
            capture_output=True,
            text=True,
            timeout=120,
        )
        assert "</math>" in done.stdout or "$" not in page.read_text(), name
        assert "ERR_" not in done.stdout, name
