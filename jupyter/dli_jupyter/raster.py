"""Draws a figure as PNG, outside the kernel.

    python -m dli_jupyter.raster < figure.svg > figure.png

`Figure::save("….png")` of the support crate calls it so; the runner calls `png` for the twins of a notebook's figures.
A rasterizer inside the support crate would take over a minute to compile at every set-up, for what few cells do.
"""

import io
import re
import sys

import resvg_py
from PIL import Image

# resvg takes the first font it finds for letters that the wanted one lacks, which may be one with serifs; a name helps.
KOREAN = "Noto Sans KR, Noto Sans CJK KR, Apple SD Gothic Neo, Malgun Gothic, NanumGothic, sans-serif"
WIDE = "[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60]"
WIDE_TEXT = re.compile(rf"<text(?![^>]*font-family)(?=[^>]*>[^<]*{WIDE})")


def png(svg, zoom):
    """The bytes of a PNG with a palette: figures have few colours, and a third of the size.

    Of those over a coloured field it keeps the rare ones, the lines. (The usual median cut would give them up.)
    """
    svg = WIDE_TEXT.sub(f"<text font-family='{KOREAN}'", svg)
    drawn = resvg_py.svg_to_bytes(svg_string=svg, zoom=zoom, background="white")
    image = Image.open(io.BytesIO(bytes(drawn))).convert("RGB")
    out = io.BytesIO()
    image.quantize(256, Image.Quantize.MAXCOVERAGE, dither=Image.Dither.NONE).save(out, "PNG", optimize=True)
    return out.getvalue()


if __name__ == "__main__":
    sys.stdout.buffer.write(png(sys.stdin.buffer.read().decode(), zoom=2))
