"""An exported page needs nothing but itself, whether `cargo xtask html` or JupyterLab writes it."""

import re
import subprocess
import sys

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
    subprocess.run([*nbconvert, ROOT / f"notebooks/{name}.ipynb"], check=True, capture_output=True)
    assert (tmp_path / f"{name}.html").read_text() == pages[name].read_text(), "see `cargo xtask setup`"


def test_cleaning_takes_away_what_acts_and_nothing_else(pages):
    exporter = export.exporter()
    exporter.sanitize_html = True
    for path in NOTEBOOKS:
        cleaned, _ = exporter.from_filename(str(path))
        same = [re.sub(r"[\s;]", "", page) for page in (cleaned, pages[path.stem].read_text())]  # styles are spaced anew
        assert same[0] == same[1], path.stem
    for bad in ("<script>a()</script>", "<img src=x onerror=a()>", "<a href=javascript:a()>b</a>", "<iframe src=data:,a>"):
        assert not re.search("<script|<iframe|onerror|javascript:", export.clean_html(bad)), bad


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
