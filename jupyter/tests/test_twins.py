"""Figures get a PNG beside them, which nothing depends on."""

import base64
import copy
import io
import shutil
import subprocess
import sys
import urllib.parse

import nbformat
import pytest
from nbconvert.exporters import HTMLExporter
from PIL import Image

from conftest import ROOT
from dli_jupyter import compare, raster, twins
from dli_jupyter.normal_form import normalize

SVG = """<svg xmlns='http://www.w3.org/2000/svg' width='{w}' height='40' viewBox='0 0 {w2} 80' font-family='Arial, sans-serif'>
<rect x='0' y='0' width='{w2}' height='80' fill='#FFFFFF'/>
{inside}
</svg>"""


def svg(inside="<rect x='0' y='0' width='80' height='80' fill='#0072B2'/>", w=60):
    return SVG.format(inside=inside, w=w, w2=2 * w)


def figure(document, alt="a bar", w=60):
    """As `Figure::html` of the support crate writes it."""
    uri = urllib.parse.quote(document, safe=" '=/:;,.()-\n")
    style = 'style="max-width:100%;height:auto"'
    return f'<img alt="{alt}" width="{w}" height="40" {style} src="data:image/svg+xml;charset=utf-8,{uri}">'


def notebook(*outputs):
    cells = [
        nbformat.v4.new_code_cell(
            "x", id=f"c{i}", outputs=[nbformat.v4.new_output("execute_result", {"text/html": o, "text/plain": "words"})]
        )
        for i, o in enumerate(outputs)
    ]
    return nbformat.v4.new_notebook(cells=cells)


def twin(cell):
    return Image.open(io.BytesIO(base64.b64decode(cell.outputs[0].data["image/png"])))


def test_a_figure_gets_its_picture_at_twice_its_size_and_nothing_else_does():
    after = notebook(figure(svg()), "<table><tr><td>1</td></tr></table>", '<img alt="a" src="https://example.org/a.png">')
    twins.add(after, notebook())
    picture = twin(after.cells[0])
    assert picture.size == (120, 80) and picture.mode == "P"
    pixel = picture.convert("RGB").getpixel
    assert pixel((20, 40)) == (0, 114, 178) and pixel((110, 40)) == (255, 255, 255)
    assert after.cells[0].outputs[0].metadata["image/png"] == {"width": 60, "height": 40}
    assert all("image/png" not in cell.outputs[0].data for cell in after.cells[1:])
    nbformat.validate(after)


def test_what_the_support_crate_writes_is_known_as_a_figure():
    path = ROOT / "notebooks" / "18-0-mnist-mlp-by-hand.ipynb"
    committed = nbformat.read(path, 4)
    written = [o.get("data", {}).get("text/html", "") for c in committed.cells for o in c.get("outputs", [])]
    figures = [html for html in written if "image/svg+xml" in html]
    assert figures and all(map(twins.FIGURE.fullmatch, figures))


def test_verdicts_below_a_figure_do_not_hide_it():
    below = '\n<p style="margin:6px 0"><span style="color:#fff">✓</span> x.a  Accuracy: measured {}, required ≥ 0.25</p>'
    after, again = notebook(figure(svg()) + below.format(0.41)), notebook(figure(svg()) + below.format(0.42) * 2)
    twins.add(after, notebook())
    assert twin(after.cells[0]).size == (120, 80)
    after.cells[0].outputs[0].data["image/png"] = "as committed"
    twins.add(again, after)
    assert again.cells[0].outputs[0].data["image/png"] == "as committed"


def test_the_same_figure_keeps_its_picture_and_a_changed_one_does_not():
    before = notebook(figure(svg()))
    before.cells[0].outputs[0].data["image/png"] = "as committed"
    same, changed = notebook(figure(svg())), notebook(figure(svg(w=70), w=70))
    for after in (same, changed):
        twins.add(after, before)
    assert same.cells[0].outputs[0].data["image/png"] == "as committed"
    assert twin(changed.cells[0]).size == (140, 80)


def test_a_picture_that_would_be_large_is_drawn_at_its_size(monkeypatch):
    monkeypatch.setattr(twins, "AT_MOST", 10)
    after = notebook(figure(svg()))
    twins.add(after, notebook())
    assert twin(after.cells[0]).size == (60, 40)


def test_pictures_are_not_compared_and_are_in_normal_form():
    plain, other = notebook(figure(svg())), notebook(figure(svg()))
    twins.add(other, notebook())
    assert compare.difference(plain.cells[0], other.cells[0]) is None
    normal = nbformat.writes(normalize(copy.deepcopy(other)))
    assert nbformat.writes(normalize(nbformat.reads(normal, 4))) == normal
    assert '"image/png"' in normal


def test_a_page_still_shows_the_vector_form():
    after = notebook(figure(svg()))
    twins.add(after, notebook())
    page, _ = HTMLExporter().from_notebook_node(after)
    assert 'src="data:image/svg+xml' in page and 'src="data:image/png' not in page


def test_thin_lines_keep_their_colours_over_a_field_of_many():
    field = "".join(
        f"<rect x='{x}' y='{y}' width='2' height='1' fill='rgb({x % 256},{255 - y},{(2 * x + y) % 256})'/>"
        for x in range(0, 400, 2)
        for y in range(80)
    )
    colours = [(0, 114, 178), (213, 94, 0), (0, 158, 115)]
    lines = "".join(
        f"<rect x='40' y='{20 * i}' width='40' height='2' fill='rgb{colour}'/>" for i, colour in enumerate(colours)
    )
    pixel = Image.open(io.BytesIO(raster.png(svg(field + lines, w=200), 2))).convert("RGB").getpixel
    far = [max(abs(a - b) for a, b in zip(pixel((60, 20 * i + 1)), colour)) for i, colour in enumerate(colours)]
    assert max(far) <= 3, far


def test_text_is_drawn_in_any_language():
    def ink(text):
        drawn = raster.png(svg(f"<text x='10' y='50' font-size='30'>{text}</text>"), 2)
        return sum(Image.open(io.BytesIO(drawn)).convert("L").point(lambda v: v < 128).histogram()[1:])

    assert ink("loss") > 50
    if not shutil.which("fc-list"):
        pytest.skip("needs fc-list to know the fonts")
    if not subprocess.run(["fc-list", ":lang=ko"], capture_output=True).stdout:
        pytest.skip("needs a Korean font")
    assert ink("한국") > 2 * ink(".") and ink("한국") != ink("국국")


def test_a_missing_font_is_named(monkeypatch):
    """Not drawn as nothing: neither where no font is there, nor where none has the letters."""
    there = {"DejaVu Sans": "x"}
    monkeypatch.setattr(raster, "_has", lambda family, letter: letter in there.get(family, ""))
    latin, korean = (svg(f"<text x='10' y='50'>{text}</text>") for text in ("loss", "손실"))
    assert raster.png(latin, 1)
    with pytest.raises(raster.NoFont, match="letter 손 .*fonts-noto-cjk"):
        raster.png(korean, 1)
    there.clear()
    assert raster.png(svg(), 1), "nothing to write, nothing missing"
    with pytest.raises(raster.NoFont, match="fonts-dejavu-core"):
        raster.png(latin, 1)


def test_saving_a_png_from_a_program():
    """The command that `Figure::save` runs."""
    command = [sys.executable, "-m", "dli_jupyter.raster"]
    done = subprocess.run(command, input=svg().encode(), capture_output=True, check=True)
    assert Image.open(io.BytesIO(done.stdout)).size == (120, 80)
    broken = subprocess.run(command, input=b"<svg", capture_output=True)
    assert broken.returncode != 0 and broken.stderr
