"""Draws a figure as PNG, outside the kernel.

    python -m dli_jupyter.raster < figure.svg > figure.png

`Figure::save("….png")` of the support crate calls it so; the runner calls `png` for the twins of a notebook's figures.
A rasterizer inside the support crate would take over a minute to compile at every set-up, for what few cells do.
"""

import functools
import io
import re
import sys

import resvg_py
from PIL import Image

# resvg takes the first font it finds for letters that the wanted one lacks, which may be one with serifs; a name helps.
KOREAN = "Noto Sans KR, Noto Sans CJK KR, Apple SD Gothic Neo, Malgun Gothic, NanumGothic, sans-serif"
WIDE = "[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60]"
WIDE_TEXT = re.compile(rf"<text(?![^>]*font-family)(?=[^>]*>[^<]*{WIDE})")
# A text whose font is not there is left out by resvg, without a word; one of these is on nearly every machine.
FAMILIES = ("Arial", "Helvetica", "Liberation Sans", "DejaVu Sans", "Noto Sans", "Ubuntu", "Roboto", "Cantarell")
FAMILIES += tuple(KOREAN.split(", ")[:-1])


class NoFont(Exception):
    """No font of this machine has the letters of a figure; the message says which to install."""


def _draw(svg, zoom, family):
    drawn = resvg_py.svg_to_bytes(
        svg_string=svg, zoom=zoom, background="white", font_family=family, sans_serif_family=family
    )
    return Image.open(io.BytesIO(bytes(drawn))).convert("RGB")


@functools.cache
def _has(family, letter):
    text = f"<text x='5' y='30' font-size='30'>{letter}</text>"
    box = _draw(f"<svg xmlns='http://www.w3.org/2000/svg' width='50' height='40'>{text}</svg>", 1, family)
    return box.getextrema() != ((255, 255),) * 3


def _family(svg):
    """A font of this machine; the letters that it lacks are taken from others."""
    family = next((family for family in FAMILIES if _has(family, "x")), None)
    texts = "".join(re.findall("<text[^>]*>([^<]*)", svg))
    wide = re.search(WIDE, texts)
    if family is None and texts:
        raise NoFont("No font for the texts of a figure. Install one, e.g. `sudo apt-get install fonts-dejavu-core`.")
    if wide and not _has(family, wide[0]):
        raise NoFont(f"No font has the letter {wide[0]} of a figure. Install e.g. `sudo apt-get install fonts-noto-cjk`.")
    return family


def png(svg, zoom):
    """The bytes of a PNG with a palette: figures have few colours, and a third of the size.

    Of those over a coloured field it keeps the rare ones, the lines. (The usual median cut would give them up.) Raises
    `NoFont` where a text could not be drawn.
    """
    family = _family(svg)
    image = _draw(WIDE_TEXT.sub(f"<text font-family='{KOREAN}'", svg), zoom, family)
    out = io.BytesIO()
    image.quantize(256, Image.Quantize.MAXCOVERAGE, dither=Image.Dither.NONE).save(out, "PNG", optimize=True)
    return out.getvalue()


if __name__ == "__main__":
    try:
        sys.stdout.buffer.write(png(sys.stdin.buffer.read().decode(), zoom=2))
    except NoFont as error:
        sys.exit(str(error))
