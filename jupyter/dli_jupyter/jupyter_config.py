"""What the environment's Jupyter programs are told: `cargo xtask setup` makes their configuration load this file."""

import shutil
from pathlib import Path

c = get_config()  # noqa: F821 (traitlets gives it to what it reads as configuration)

# HTML, from `dli_jupyter.export`, JupyterLab and `jupyter nbconvert` alike.
here = Path(__file__).parent
c.HTMLExporter.extra_template_basedirs = [str(here)]
c.HTMLExporter.extra_template_paths = [str(here / "fonts")]
c.HTMLExporter.template_name = "page"
c.HTMLExporter.filters = {
    "markdown2html": "dli_jupyter.export.markdown2html",
    "clean_html": "dli_jupyter.web.clean_html",
}
c.HTMLExporter.preprocessors = ["dli_jupyter.export.Page"]
c.HTMLExporter.sanitize_html = True
c.HTMLExporter.exclude_input_prompt = c.HTMLExporter.exclude_output_prompt = True
# Slides are HTML, too, but only with a template of their own.
c.SlidesExporter.template_name = "reveal"

# The menu offers what can work. These need programs that the set-up does not install; a browser prints HTML as PDF.
has_pandoc = bool(shutil.which("pandoc"))
c.ASCIIDocExporter.enabled = c.LatexExporter.enabled = c.RSTExporter.enabled = has_pandoc
c.PDFExporter.enabled = has_pandoc and bool(shutil.which("xelatex"))
c.WebPDFExporter.enabled = c.QtPDFExporter.enabled = c.QtPNGExporter.enabled = False

c.ServerApp.kernel_websocket_connection_class = "dli_jupyter.run_all.Connection"

# JupyterLab: `lab/custom.css`, which it looks for in a folder that only this setting can name.
c.LabApp.custom_css = True
c.ServerApp.tornado_settings = {"static_custom_path": [str(here / "lab")]}

# A kernel takes some 330 MB. One whose notebook nobody has open, and that has run nothing for four hours, is ended.
# An open notebook keeps its kernel, and with it its variables.
c.MappingKernelManager.cull_idle_timeout = 4 * 3600
