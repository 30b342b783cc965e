"""What the environment's Jupyter programs are told: `cargo xtask setup` makes their configuration load this file."""

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

c.ServerApp.kernel_websocket_connection_class = "dli_jupyter.run_all.Connection"
