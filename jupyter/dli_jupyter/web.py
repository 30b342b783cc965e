"""What the book on the web and the exported pages share: which parts of a notebook a page shows, and how it stays safe.

A notebook can come from anybody. Whatever it holds, a page made from it runs nothing and loads nothing from elsewhere.
"""

import base64
import html
import json
import re
from urllib.parse import quote, unquote, unquote_to_bytes

import bleach
import nbformat
from bleach.css_sanitizer import ALLOWED_CSS_PROPERTIES, CSSSanitizer

from .normal_form import METADATA

# What a cleaned page keeps: text, tables, figures and formulas. None of it runs anything or loads a style.
TAGS = """
    a abbr acronym b big blockquote br caption center cite code col colgroup dd del details dfn div dl dt em
    figcaption figure font footer h1 h2 h3 h4 h5 h6 header hr i img input ins kbd label li mark ol p pre q s samp
    section small span strike strong sub summary sup table tbody td tfoot th thead time tr tt u ul var wbr
    math menclose merror mfrac mi mmultiscripts mn mo mover mpadded mphantom mprescripts mroot mrow ms mspace msqrt
    msub msubsup msup mtable mtd mtext mtr munder munderover
""".split()
ATTRIBUTES = """
    align alt aria-hidden aria-label aria-level border checked class color colspan datetime disabled dir for height
    href id lang loading open reversed role rowspan scope span src start style title type valign value width
    accent accentunder display displaystyle form linethickness lspace mathvariant maxsize minsize movablelimits
    notation rspace scriptlevel stretchy symmetric voffset
""".split()
STYLES = """
    background border border-bottom border-collapse border-left border-radius border-right border-spacing border-top
    caption-side font-variant-numeric justify-items list-style-type margin margin-bottom margin-left margin-right
    margin-top max-height max-width min-width opacity padding padding-bottom padding-left padding-right padding-top
""".split()
FUNCTIONS = {"calc", "hsl", "hsla", "max", "min", "rgb", "rgba"}  # of style sheets; others, as url(), can load
PICTURE = re.compile(r"data:image/(png|jpeg|gif|webp|bmp|avif|svg\+xml)[;,]")
LINK = re.compile(r"(https?|mailto):|(?![a-z0-9.+-]*:)")
# What an SVG must not hold: inside an `<img>` it would be idle, but not where somebody opens the picture by itself.
ACTS = re.compile(
    r"""<(script|foreignobject|iframe|!entity)|[\s/"']on\w+\s*=|javascript:|@import
    |href\s*=(?!\s*["']?(\#|data:image/(png|jpeg)))|url\((?!\s*["']?\#)""",
    re.IGNORECASE | re.VERBOSE,
)
# The kinds of output that a page can show, the richest first: JupyterLab's order.
KINDS = [
    "text/html", "text/markdown", "text/latex", "image/svg+xml", "image/png", "image/jpeg", "image/gif", "image/webp",
    "image/bmp", "application/json", "text/plain",
]  # fmt: skip


def heading_id(text):
    """The name by which JupyterLab knows a heading in links."""
    return text.strip().replace(" ", "-")


def picture(kind, data, alt="", size=None):
    """An `<img>` that holds its picture: `data` is base64, or the text of an SVG."""
    is_text = "<" in data
    data = quote(data) if is_text else "".join(data.split())
    source = f"data:{kind}{';charset=utf-8' if is_text else ';base64'},{html.escape(data)}"
    sizes = [f' {k}="{v}"' for k, v in (size or {}).items() if k in ("width", "height") and str(v).isdecimal()]
    return f'<img alt="{html.escape(alt)}"{"".join(sizes)} src="{source}">'


def shown(notebook):
    """Reduces `notebook` to what a page can show of it, as JupyterLab would; returns it. Its text is not yet clean."""
    # Metadata can hold a program's state, and settings of the tools that write the pages.
    notebook.metadata = nbformat.from_dict(METADATA)
    for cell in notebook.cells:
        tags = [tag for tag in cell.metadata.get("tags", []) if isinstance(tag, str)]
        cell.metadata = nbformat.from_dict({"tags": tags} if tags else {})
        if cell.cell_type == "code":
            cell.outputs = [output for output in map(_best, cell.outputs) if output]
        elif cell.cell_type == "raw":
            cell.cell_type = "markdown"
            fence = "`" * (2 + max(map(len, re.findall("`+", cell.source)), default=1))
            cell.source = f"{fence}text\n{cell.source}\n{fence}" if cell.source.strip() else ""
        elif "attachments" in cell:
            cell.source = _attach(cell.source, cell.attachments)
        cell.pop("attachments", None)
    return notebook


def _best(output):
    """An output in the one form that a page shows, or None."""
    if "data" not in output:
        return output
    data, plain = output.data, "".join(output.data.get("text/plain", ""))
    kind = next((kind for kind in KINDS if kind in data), None)
    if kind is None:
        return None
    if kind == "application/json":
        kind, best = "text/plain", json.dumps(data[kind], indent=2, ensure_ascii=False)
    else:
        best = "".join(data[kind])
    if kind.startswith("image/"):
        kind, best = "text/html", picture(kind, best, plain, output.metadata.get(kind))
    output.metadata = nbformat.from_dict({})
    # Cleaned for its own sake: a table left open must not take in what follows.
    output.data = nbformat.from_dict({kind: clean_html(best) if kind == "text/html" else best})
    return output


def _attach(source, attachments):
    """The text with the pictures in it that it calls `attachment:NAME`."""

    def found(name):
        pictures = attachments.get(name) or attachments.get(unquote(name)) or {}
        return next(((kind, data) for kind, data in pictures.items() if kind.startswith("image/")), None)

    def in_markdown(match):
        one = found(match["name"].strip("<>"))
        return picture(one[0], "".join(one[1]), match["alt"]) if one else match["alt"]

    def in_html(match):
        one = found(match[2])
        return match[1] + re.search('src="([^"]*)"', picture(one[0], "".join(one[1])))[1] if one else match[0]

    source = re.sub(r"!\[(?P<alt>[^\]]*)\]\(attachment:(?P<name>[^)\s]+)(\s[^)]*)?\)", in_markdown, source)
    return re.sub(r"""(<img\b[^>]*\bsrc=["'])attachment:([^"']+)""", in_html, source)


class Styles(CSSSanitizer):
    """Keeps the listed properties, and none of a style that calls a function which could load something."""

    def sanitize_css(self, style):
        kept = super().sanitize_css(style)
        return kept if {name.lower() for name in re.findall(r"([\w-]+)\(", kept)} <= FUNCTIONS else ""


def _is_picture(address):
    if not PICTURE.match(address.lower()):
        return bool(re.fullmatch(r"_images/[\w%.-]+", address))
    head, _, data = address.partition(",")
    try:
        if head.lower().endswith(";base64"):
            content = base64.b64decode("".join(unquote(data).split()), validate=True)
        else:
            content = unquote_to_bytes(data)
        return "svg" not in head.lower() or not ACTS.search(html.unescape(content.decode()))
    except ValueError:
        return False


def _may_stay(tag, name, value):
    # A browser reads an address without its white space, and with its entities resolved.
    address = re.sub(r"[\x00-\x20\x7f-\xa0\u200b]", "", html.unescape(value))
    if name == "src":
        return tag == "img" and _is_picture(html.unescape(value))
    if name == "href":
        return tag == "a" and bool(LINK.match(address.lower()))
    if tag == "input" and name == "type":
        return address.lower() == "checkbox"
    return name in ATTRIBUTES


def clean_html(element):
    """Markup without anything that acts or loads, balanced; what else a browser would show stays."""
    text = element.decode() if isinstance(element, bytes) else str(element)
    # Nobody wants to read these, and without their tags they would be text.
    text = re.sub(r"<(script|style)\b.*?</\1\s*>", "", text, flags=re.DOTALL | re.IGNORECASE)
    return bleach.clean(
        text,
        tags=TAGS,
        attributes=_may_stay,
        protocols=["http", "https", "mailto", "data"],
        css_sanitizer=Styles([*ALLOWED_CSS_PROPERTIES, *STYLES]),
        strip=True,
    )
