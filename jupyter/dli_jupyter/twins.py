"""Adds to each figure in a notebook the same picture as `image/png`, for what shows images but not our HTML.

A figure is an `<img>` with an SVG in it. JupyterLab, trusted or not, and nbconvert's pages prefer that to a PNG; GitLab's
viewer prefers the PNG, and an export to PDF has no use for anything else. Nothing compares these pictures: the letters in
them are those of the machine's fonts.
"""

import base64
import re
import urllib.parse

from . import raster

FIGURE = re.compile(
    r'<img alt="[^"]*" width="(\d+)" height="(\d+)" [^>]*src="data:image/svg\+xml;charset=utf-8,([^"]*)">\s*'
    r"(?:<p[\s\S]*)?"  # what the cell's claims came to
)

# A twin takes at most so many bytes at twice its size; if it would take more, it is drawn at its size.
AT_MOST = 60_000


def add(notebook, before):
    """Gives each figure of `notebook` its twin; one that did not change since `before` keeps the one it has."""
    drawn = [data for data, _ in _figures(before) if "image/png" in data]
    known = {FIGURE.fullmatch(data["text/html"])[3]: data["image/png"] for data in drawn}
    for data, output in _figures(notebook):
        width, height, svg = FIGURE.fullmatch(data["text/html"]).groups()
        data["image/png"] = known.get(svg) or _drawn(urllib.parse.unquote(svg))
        output.metadata["image/png"] = {"width": int(width), "height": int(height)}


def _figures(notebook):
    for cell in notebook.cells:
        for output in cell.get("outputs", []):
            data = output.get("data", {})
            if FIGURE.fullmatch(data.get("text/html", "")):
                yield data, output


def _drawn(svg):
    png = raster.png(svg, zoom=2)
    if len(png) > AT_MOST:
        png = raster.png(svg, zoom=1)
    return base64.b64encode(png).decode()
