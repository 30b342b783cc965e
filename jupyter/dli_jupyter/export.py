"""Exports notebooks as HTML files that need nothing else: no network, no script, no other file.

    python -m dli_jupyter.export --output FOLDER NOTEBOOK…

nbconvert's own HTML loads its formulas' renderer from the network. Here formulas become MathML, which every current
browser shows by itself; what is left of a page is text, style and pictures.
"""

import argparse
import re
import sys
from pathlib import Path

import nbformat
from jinja2 import DictLoader, pass_context
from math_core import LatexError, LatexToMathML
from nbconvert.exporters import HTMLExporter
from nbconvert.filters.markdown_mistune import IPythonRenderer, MarkdownWithMath

PAGE = """
{%- extends 'lab/index.html.j2' -%}
{%- block html_head_js_requirejs -%}{%- endblock -%}
{%- block html_head_js_mathjax -%}{%- endblock -%}
{%- block html_head_js_mermaidjs -%}{%- endblock -%}
{%- block html_head_css -%}<style>
main { max-width: 60rem; margin: 0 auto; }
body, .jp-RenderedHTMLCommon { font-family: system-ui, "Noto Sans", "Noto Sans KR", "Noto Sans CJK KR", "Apple SD Gothic Neo",
  "Malgun Gothic", sans-serif; }
th:first-child, td:first-child { white-space: nowrap; }
img { max-width: 100%; height: auto; }
math { font-family: "Latin Modern Math", "STIX Two Math", "Cambria Math", "Noto Sans Math", math; font-size: 1.1em; }
math[display="block"] { margin: 1em 0; overflow-x: auto; overflow-y: hidden; padding: .2em 0; }
details { border: 1px solid var(--jp-border-color2); border-radius: 4px; padding: .4em .8em; margin: .6em 0; }
summary { cursor: pointer; font-weight: 600; }
</style>{%- endblock -%}
"""


class Renderer(IPythonRenderer):
    """Markdown with formulas as MathML, and links to the other notebooks' pages."""

    to_mathml = LatexToMathML(continue_on_error=False)

    def formula(self, latex, displaystyle):
        try:
            return self.to_mathml.convert_with_local_state(latex, displaystyle=displaystyle)
        except LatexError as error:
            raise SystemExit(f"this formula cannot be rendered: {latex.strip()}\n{error}") from None

    def block_math(self, body):
        return self.formula(body, True)

    def inline_math(self, body):
        return self.formula(body, False)

    def latex_environment(self, name, body):
        return self.formula(f"\\begin{{{name}}}{body}\\end{{{name}}}", True)

    def link(self, text, url, title=None):
        return super().link(text, re.sub(r"\.ipynb(?=$|#)", ".html", url), title)


class OfflineExporter(HTMLExporter):
    """nbconvert's page of JupyterLab's looks, without what it would load from the network."""

    template_file = "page"

    def __init__(self, **kw):
        super().__init__(extra_loaders=[DictLoader({"page": PAGE})], **kw)

    @pass_context
    def markdown2html(self, context, source):
        renderer = Renderer(escape=False, anchor_link_text=self.anchor_link_text, **self.lexer_options)
        return MarkdownWithMath(renderer=renderer).render(source)


def export(path, folder):
    """Writes one page and returns its path."""
    notebook = nbformat.read(path, 4)
    heading = re.search(r"^# (.+)", notebook.cells[0].source, re.MULTILINE) if notebook.cells else None
    notebook.metadata["title"] = heading.group(1) if heading else path.stem
    page, _ = OfflineExporter().from_notebook_node(notebook)
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
