"""Exports notebooks as HTML files that need nothing else: no network, no script, no other file.

    python -m dli_jupyter.export --output FOLDER NOTEBOOK…

nbconvert's own HTML loads its formulas' renderer from the network. Here formulas become MathML, which every current
browser shows by itself; what is left of a page is text, style and pictures. `jupyter_config.py` says so to nbconvert,
hence JupyterLab's “Save and Export Notebook As” writes the same page.
"""

import argparse
import re
import sys
from pathlib import Path

import bleach
from bleach.css_sanitizer import ALLOWED_CSS_PROPERTIES, CSSSanitizer
from bs4 import BeautifulSoup
from jinja2 import pass_context
from math_core import LatexToMathML
from nbconvert.exporters import HTMLExporter
from nbconvert.filters.markdown_mistune import IPythonRenderer, MarkdownWithMath
from nbconvert.preprocessors import Preprocessor
from traitlets.config import PyFileConfigLoader

# What a cleaned page keeps: text, tables, figures and formulas. None of it runs anything or loads a style.
TAGS = """
    br caption dd del details div dl dt h1 h2 h3 h4 h5 h6 hr img p pre span sub summary sup table tbody td tfoot th thead
    tr math menclose merror mfrac mi mmultiscripts mn mo mover mpadded mphantom mprescripts mroot mrow ms mspace msqrt msub
    msubsup msup mtable mtd mtext mtr munder munderover
""".split()
ATTRIBUTES = """
    alt class colspan height href id lang open rowspan scope src start style title width
    accent accentunder display displaystyle form linethickness lspace mathvariant maxsize minsize movablelimits notation
    rspace scriptlevel stretchy symmetric voffset
""".split()
STYLES = """
    background border border-bottom border-radius caption-side font-variant-numeric justify-items max-width padding
    padding-left padding-right
""".split()


class Renderer(IPythonRenderer):
    """Markdown with formulas as MathML, and links to the other notebooks' pages."""

    # JupyterLab still exports a notebook with a mistake in a formula: the page then shows its LaTeX, marked.
    to_mathml = LatexToMathML(continue_on_error=True, fancy_error=False)

    def block_math(self, body):
        return self.to_mathml.convert_with_local_state(body, displaystyle=True)

    def inline_math(self, body):
        return self.to_mathml.convert_with_local_state(body, displaystyle=False)

    def latex_environment(self, name, body):
        return self.block_math(f"\\begin{{{name}}}{body}\\end{{{name}}}")

    def link(self, text, url, title=None):
        if "://" not in url:
            url = re.sub(r"\.ipynb(?=$|#)", ".html", url)
        return super().link(text, url, title)

    def table(self, text):
        # Where the screen is narrow, the table scrolls and the text around it does not.
        return f'<div class="table"><table>\n{text}</table></div>\n'

    def block_html(self, html):
        return super().block_html(re.sub(r"<details(?=[^>]*>\s*<summary>한국어)", '<details lang="ko"', html))


@pass_context
def markdown2html(context, source):
    """The page's Markdown, in place of nbconvert's filter of this name."""
    renderer = Renderer(escape=False, attachments=context.get("cell", {}).get("attachments", {}))
    page = MarkdownWithMath(renderer=renderer).render(source)
    # A browser may break a line beside a formula, even before a comma; what touches a formula stays with it.
    return re.sub(r"[^\s<>]*<math>.*?</math>[^\s<>]*", r'<span class="together">\g<0></span>', page)


def clean_html(element):
    """What JupyterLab's “Sanitize HTML output” leaves. nbconvert's own filter turns even paragraphs to text."""
    return bleach.clean(
        element.decode() if isinstance(element, bytes) else str(element),
        tags={*bleach.ALLOWED_TAGS, *TAGS},
        attributes=ATTRIBUTES,
        protocols={*bleach.ALLOWED_PROTOCOLS, "data"},
        css_sanitizer=CSSSanitizer([*ALLOWED_CSS_PROPERTIES, *STYLES]),
    )


class Title(Preprocessor):
    """Names the page after the notebook's first heading."""

    enabled = True

    def preprocess(self, notebook, resources):
        heading = re.search(r"^# (.+)", notebook.cells[0].source, re.MULTILINE) if notebook.cells else None
        if heading:
            notebook.metadata["title"] = heading.group(1)
        return notebook, resources


def exporter():
    """nbconvert's exporter, as JupyterLab makes it."""
    return HTMLExporter(config=PyFileConfigLoader("jupyter_config.py", str(Path(__file__).parent)).load_config())


def export(path, folder):
    """Writes one page and returns its path."""
    page, _ = exporter().from_filename(str(path))
    wrong = BeautifulSoup(page, "html.parser").select_one(".math-core-error")
    if wrong:
        raise SystemExit(f"{path}: this formula cannot be rendered: {wrong.get_text().strip()}\n{wrong['title']}")
    target = folder / f"{path.stem}.html"
    target.write_text(page, encoding="utf-8")
    return target


def main(arguments=None):
    parser = argparse.ArgumentParser(prog="dli_jupyter.export", description=__doc__.splitlines()[0])
    parser.add_argument("notebooks", nargs="+", type=Path)
    parser.add_argument("--output", type=Path, required=True)
    options = parser.parse_args(arguments)
    options.output.mkdir(parents=True, exist_ok=True)
    for path in options.notebooks:
        target = export(path, options.output)
        print(f"  ✓ {target} ({target.stat().st_size / 1000:.0f} kB)", flush=True)


if __name__ == "__main__":
    sys.exit(main())
