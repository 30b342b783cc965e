"""Exports notebooks as HTML files that need nothing else: no network, no script, no other file.

    python -m dli_jupyter.export --output FOLDER NOTEBOOK…

nbconvert's own HTML loads its formulas' renderer from the network. Here formulas become MathML, which every current
browser shows by itself; what is left of a page is text, style and pictures. `jupyter_config.py` says so to nbconvert,
hence JupyterLab's “Save and Export Notebook As” writes the same page.
"""

import argparse
import re
import sys
from html import escape
from pathlib import Path
from urllib.parse import quote, unquote

from bs4 import BeautifulSoup
from jinja2 import pass_context
from math_core import LatexToMathML
from nbconvert.exporters import HTMLExporter
from nbconvert.filters.markdown_mistune import IPythonRenderer, MarkdownWithMath
from nbconvert.preprocessors import Preprocessor
from pygments.lexers import get_lexer_by_name
from pygments.util import ClassNotFound
from traitlets.config import PyFileConfigLoader

from .web import heading_id, shown


class Renderer(IPythonRenderer):
    """Markdown with formulas as MathML, and links to the other notebooks' pages."""

    # JupyterLab still exports a notebook with a mistake in a formula: the page then shows its LaTeX, marked.
    to_mathml = LatexToMathML(continue_on_error=True, fancy_error=False)

    def __init__(self, others):
        """`others`: names of the notebooks whose pages are written beside this one."""
        super().__init__(escape=False)
        self.others = others
        self.formulas = {}

    def block_math(self, body):
        return self.to_mathml.convert_with_local_state(body, displaystyle=True)

    def inline_math(self, body):
        mathml = self.to_mathml.convert_with_local_state(body, displaystyle=False)
        self.formulas[mathml] = body
        return mathml

    def latex_environment(self, name, body):
        return self.block_math(f"\\begin{{{name}}}{body}\\end{{{name}}}")

    def link(self, text, url, title=None):
        """A link to a file is none if the page's reader does not have the file."""
        if not re.match("[a-z]+:|#", url, re.IGNORECASE):
            file, _, heading = url.partition("#")
            if unquote(file) not in self.others:
                return text
            url = f"{file.removesuffix('.ipynb')}.html" + (heading and f"#{heading}")
        return super().link(text, url, title)

    def heading(self, text, level, **attributes):
        """JupyterLab's name for a heading, and the same in lower case, as other tools have it."""
        plain = text
        for mathml, body in self.formulas.items():  # it has named the heading before it draws the formulas
            plain = plain.replace(mathml, escape(f"${body}$"))
        name = heading_id(BeautifulSoup(plain, "html.parser").get_text())
        lower = f'<span id="{escape(name.lower())}"></span>' if name != name.lower() else ""
        anchor = f'<a class="anchor-link" href="#{quote(name)}">¶</a>'
        return f'<h{level} id="{escape(name)}">{lower}{text}{anchor}</h{level}>\n'

    def block_code(self, code, info=None):
        try:
            get_lexer_by_name(*(info or "").split()[:1])
        except (ClassNotFound, TypeError):
            info = None  # else nbconvert would write a name that it does not know into the code
        return super().block_code(code, info)

    def table(self, text):
        # Where the screen is narrow, the table scrolls and the text around it does not.
        return f'<div class="table"><table>\n{text}</table></div>\n'

    def block_html(self, html):
        return super().block_html(re.sub(r"<details(?=[^>]*>\s*<summary>한국어)", '<details lang="ko"', html))


@pass_context
def markdown2html(context, source):
    """The page's Markdown, in place of nbconvert's filter of this name."""
    renderer = Renderer(context["resources"].get("others", ()))
    page = MarkdownWithMath(renderer=renderer).render(source)
    # A browser may break a line beside a formula, even before a comma; what touches a formula stays with it.
    return re.sub(r"[^\s<>]*<math>.*?</math>[^\s<>]*", r'<span class="together">\g<0></span>', page)


class Page(Preprocessor):
    """Leaves what a page can show, and names the page after the notebook's first heading."""

    enabled = True

    def preprocess(self, notebook, resources):
        notebook = shown(notebook)
        heading = re.search(r"^# (.+)", notebook.cells[0].source, re.MULTILINE) if notebook.cells else None
        if heading:
            notebook.metadata["title"] = heading.group(1)
        return notebook, resources


def exporter():
    """nbconvert's exporter, as JupyterLab makes it."""
    return HTMLExporter(config=PyFileConfigLoader("jupyter_config.py", str(Path(__file__).parent)).load_config())


def export(path, folder, others=()):
    """Writes one page, with links to `others`, notebooks exported into the same folder; returns its path."""
    page, _ = exporter().from_filename(str(path), resources={"others": {other.name for other in others}})
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
        target = export(path, options.output, options.notebooks)
        print(f"  ✓ {target} ({target.stat().st_size / 1000:.0f} kB)", flush=True)


if __name__ == "__main__":
    sys.exit(main())
