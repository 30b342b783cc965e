"""The book on the web: Sphinx reads the notebooks as they are committed. `cargo xtask html` starts it."""

import sys
from pathlib import Path

import dli_jupyter

sys.path.insert(0, str(Path(__file__).parent))

project = "Deep-learning interview questions"
language = "en"
extensions = ["myst_nb", "sphinx_copybutton", "sphinx.ext.githubpages", "book", "korean_search"]
include_patterns = ["[0-9][0-9]-[0-9]-*.ipynb"]
root_doc = "00-0-index"
smartquotes = False

nb_execution_mode = "off"
nb_merge_streams = True
nb_render_markdown_format = "myst"
# A notebook's text means what it means in JupyterLab, with headings under the names that they have there.
myst_enable_extensions = ["amsmath", "dollarmath", "gfm_autolink", "strikethrough", "tasklist"]
myst_disable_syntax = ["myst_role", "myst_line_comment", "myst_block_break", "myst_target"]
myst_heading_anchors = 6
myst_heading_slug_func = "dli_jupyter.web.heading_id"
# JupyterLab shows these, too: code that is not Rust, a level of headings left out, two notes of one name.
suppress_warnings = ["misc.highlighting_failure", "myst.header", "myst.strikethrough", "ref.footnote"]

html_theme = "furo"
html_title = project
html_math_renderer = "mathml"
html_search_language = "ko"
html_static_path = ["static", str(Path(dli_jupyter.__file__).parent / "fonts")]
html_favicon = "static/favicon.svg"
html_css_files = ["book.css"]
html_js_files = ["book.js"]
templates_path = ["templates"]
html_sourcelink_suffix = ""
html_use_index = False
html_show_copyright = False
copybutton_selector = "article pre:not(.output pre)"
