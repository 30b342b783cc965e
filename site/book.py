"""What the book adds to Sphinx: two languages, cards and chapters, formulas as MathML, folds for long cells."""

import base64
import io
import json
import re
import shutil
from logging import Filter, getLogger
from pathlib import Path
from urllib.parse import unquote

import myst_nb.sphinx_
import nbformat
from docutils import nodes
from math_core import LatexError, LatexToMathML
from myst_nb.sphinx_ import SphinxNbRenderer
from myst_parser.mdit_to_docutils.base import token_line
from PIL import Image
from sphinx import addnodes
from sphinx.errors import ExtensionError
from sphinx.transforms import SphinxTransform
from sphinx.transforms.post_transforms import SphinxPostTransform
from sphinx.util import logging

from dli_jupyter.web import clean_html, heading_id, shown

log = logging.getLogger(__name__)
HANGUL = re.compile("[가-힣]")
# Lines from which on a cell shows only its beginning, where the knobs are.
LONG_CELL = 16
HEADINGS = {
    "The answer in a minute": "1분 답변",
    "Claims": "주장과 측정값",
    "What is often said, and what is true": "흔한 답과 사실",
    "Your turn": "직접 해 보기",
    "The interviewer asks next": "이어지는 질문",
    "Sources": "출처",
}


def english(*children):
    return nodes.inline("", "", *children, classes=["language-en"])


def korean(*children, role):
    """`role`: "below" or "beside" the English wording, or "only-ko", shown only where the English one is not."""
    return nodes.inline("", "", *children, classes=["language-ko", role])


def both(line):
    """The parts of a line in two languages, which a `<br>` separates."""
    parts = line.children
    br = next((i for i, node in enumerate(parts) if isinstance(node, nodes.raw)), None)
    if br is None:
        raise ValueError(f"the index has this line in one language only, without <br>: {line.astext()}")
    return [english(*parts[:br]), nodes.Text(" "), korean(*parts[br + 1 :], role="below")]


class Languages(SphinxTransform):
    """Marks what is English and what is Korean, so that the reader's choice can hide one of them."""

    default_priority = 400

    def apply(self):
        for section in list(self.document.findall(nodes.section)):
            self.fold(section)
        for title in list(self.document.findall(nodes.title)):
            self.heading(title)

    def heading(self, title):
        """A question's Korean wording goes from the paragraph below into the heading; other headings are pairs."""
        # A heading is also shown outside its page's text.
        markup = list(title.findall(nodes.raw))
        if clean_html(text := "".join(tag.astext() for tag in markup)) != text:
            for tag in markup:
                tag.parent.remove(tag)
        text, section = title.astext(), title.parent
        below = section[1] if len(section) > 1 else None
        number = re.match(r"\d\d-\d · ", text)
        if isinstance(section.parent, nodes.document) and is_korean(below):
            section.remove(below)
            words = next(below.findall(nodes.strong), below).children
            if number:
                title[0] = nodes.Text(title[0].astext()[number.end() :])
                section[1]["classes"].append("related")
            pair = [english(*title.children), nodes.Text(" "), korean(*words, role="below")]
            pair = [nodes.Text(number.group()), *pair] if number else pair
        elif " · " in text and HANGUL.search(text.rsplit(" · ", 1)[1]):
            left, right = text.rsplit(" · ", 1)
            between = nodes.inline("", " · ", classes=["between"])
            pair = [english(nodes.Text(left)), between, korean(nodes.Text(right), role="beside")]
        elif text in HEADINGS:
            pair = [english(*title.children), korean(nodes.Text(HEADINGS[text]), role="only-ko")]
        else:
            return
        title.children = []
        title += pair

    def fold(self, section):
        """A fold titled 한국어 says what the text before it says, up to the heading or to a cell."""
        start = end = None
        for i, node in enumerate(section):
            if isinstance(node, nodes.raw) and "<summary>한국어</summary>" in node.astext():
                start = i
            elif isinstance(node, nodes.raw) and "</details>" in node.astext() and start is not None:
                end = i + 1
                break
        if end is None:
            return
        first = start
        while not isinstance(above := section[first - 1], (nodes.title, nodes.container, nodes.raw)):
            if is_korean(above):
                break
            first -= 1
        head, text, fold, rest = (section[a:b] for a, b in ((0, first), (first, start), (start, end), (end, None)))
        text = nodes.container("", *text, classes=["language-en"])
        fold = nodes.container("", *fold, classes=["language-ko", "korean"])
        if section[0].astext() == "The answer in a minute":
            note = nodes.paragraph("", "아래의 실험과 해설은 영어로 쓰여 있습니다.", classes=["language-ko", "only-ko"])
            rest = [note, *rest]
        section.children = []
        section += [*head, text, fold, *rest]


def is_korean(node):
    text = node.astext() if isinstance(node, nodes.paragraph) else ""
    # A Korean question may consist of English terms for the most part; an English sentence may name a Korean word.
    return 10 * len(HANGUL.findall(text)) > len(re.findall("[A-Za-z]", text))


class Index(SphinxTransform):
    """The tables of the index become cards; each chapter's notebooks become a part of the book's contents."""

    default_priority = 410

    def apply(self):
        if self.env.docname != self.config.root_doc:
            return
        self.notebooks = {name[:4]: name for name in sorted(self.env.found_docs)}
        for table in list(self.document.findall(nodes.table)):
            rows = list(table.findall(nodes.tbody))[0].findall(nodes.row)
            cards, section = [self.card(*row) for row in rows], table.parent
            chapter = [self.notebooks[n] for n in (card["number"] for card in cards) if n in self.notebooks]
            for text in [node for node in section if isinstance(node, nodes.paragraph)]:
                text.replace_self(nodes.paragraph("", "", *both(text)))
            table.replace_self(nodes.bullet_list("", *cards, classes=["cards", "open"]))
            section += self.contents(section[0], chapter)
        chapters = [table.parent for table in self.document.findall(nodes.bullet_list) if "cards" in table["classes"]]
        # On the web the questions come first; how to read and run a notebook comes after them.
        top = chapters[0].parent
        for guide in [s for s in top.children if isinstance(s, nodes.section)][1::-1]:
            top.remove(guide)
            top.insert(top.index(chapters[-1]) + 1, guide)
        self.env.metadata[self.env.docname]["hide-toc"] = True
        top += self.contents(nodes.title("", "Cells of your own · 직접 쓰는 셀"), [self.notebooks["00-1"]])

    def card(self, number, question, answer):
        number, wording = number.astext().strip(), both(question[0])
        docname = self.notebooks.get(number)
        if docname:
            wording = [nodes.reference("", "", *wording, refuri=f"{docname}.html", internal=True)]
        picture = docname and thumbnail(self.app, docname)
        if picture:
            picture = f'<img src="{picture}" alt="" loading="lazy">'
        else:
            picture = f'<div class="no-picture" aria-hidden="true">{number}</div>'
        card = nodes.list_item("", nodes.raw("", picture, format="html"), classes=["card"], number=number, ids=[number])
        card += nodes.paragraph("", number, classes=["number"])
        if not docname:
            card["classes"].append("missing")
            none = english(nodes.Text("no notebook yet")), korean(nodes.Text("아직 노트북 없음"), role="only-ko")
            card[-1] += [nodes.Text(" · "), *none]
        card += nodes.paragraph("", "", *wording, classes=["question"])
        card += nodes.paragraph("", "", *both(answer[0]), classes=["answer"])
        return card

    def contents(self, title, docnames):
        """Hidden here: it makes the chapters of the sidebar, and the order of previous and next."""
        return addnodes.toctree(
            "", parent=self.env.docname, entries=[(None, name) for name in docnames], includefiles=docnames,
            caption=title.astext(), rawcaption=title.astext(), rawentries=[], maxdepth=1, glob=False, hidden=True,
            includehidden=False, numbered=0, titlesonly=True,
        )  # fmt: skip


def thumbnail(app, docname):
    """The path of a small copy of the notebook's first figure, or of the one whose cell has the tag `thumbnail`."""
    cells = json.loads(app.env.doc2path(docname).read_text(encoding="utf-8"))["cells"]
    tagged = [cell for cell in cells if "thumbnail" in cell["metadata"].get("tags", [])]
    for cell in tagged + cells:
        for output in cell.get("outputs", []):
            if "image/png" not in output.get("data", {}):
                continue
            try:
                png = io.BytesIO(base64.b64decode("".join(output["data"]["image/png"])))
                picture = Image.open(png).convert("RGB")
            except (OSError, ValueError, Image.DecompressionBombError):
                continue  # a browser would show it as broken
            picture.thumbnail((640, 640), Image.Resampling.LANCZOS)
            folder = app.outdir / "_images"
            folder.mkdir(parents=True, exist_ok=True)
            picture.quantize(64).save(folder / f"{docname}.png", optimize=True)
            return f"_images/{docname}.png"
    return None


class LongCells(SphinxPostTransform):
    """A long cell shows its beginning; a checkbox unfolds it, so that it works without JavaScript too."""

    default_priority = 900

    def run(self):
        cells = [node for node in self.document.findall(nodes.container) if "cell_input" in node["classes"]]
        for i, cell in enumerate(cells):
            lines = cell.astext().count("\n") + 1
            if lines < LONG_CELL:
                continue
            cell["classes"].append("long")
            box = f'<input type="checkbox" class="unfold" id="unfold-{i}">'
            label = f'<label for="unfold-{i}"><span>Show all {lines} lines</span><span>Show fewer lines</span></label>'
            cell.insert(0, nodes.raw("", box, format="html"))
            cell += nodes.raw("", label, format="html")


class Together(SphinxPostTransform):
    """A browser may break a line beside a formula, even before a comma; what touches a formula stays with it."""

    default_priority = 900

    def run(self):
        for formula in list(self.document.findall(nodes.math)):
            line, i = formula.parent, formula.parent.index(formula)
            near = {k: line[k] for k in (i - 1, i + 1) if 0 <= k < len(line) and isinstance(line[k], nodes.Text)}
            before = re.search(r"\S*$", near.get(i - 1, "")).group()
            after = re.match(r"\S*", near.get(i + 1, "")).group()
            if before or after:
                parts = nodes.Text(before), formula.deepcopy(), nodes.Text(after)
                line[i] = nodes.inline("", "", *parts, classes=["together"])
            if before:
                line[i - 1] = nodes.Text(near[i - 1].removesuffix(before))
            if after:
                line[i + 1] = nodes.Text(near[i + 1].removeprefix(after))


class Renderer(SphinxNbRenderer):
    """MyST is more than JupyterLab knows. What only MyST knows stays the text or the code that JupyterLab shows."""

    def render(self, tokens, options, md_env):
        self.notes = {token.meta["label"] for token in tokens if token.type == "footnote_reference_open"}
        return super().render(tokens, options, md_env)

    def render_fence(self, token):
        language = token.info.strip().split(maxsplit=1)[:1]
        # Else `{include}` in braces would show any file of this machine, and `{raw}` would be markup.
        if language and language[0].startswith("{"):
            token.token.info = ""
        super().render_fence(token)

    def render_link(self, token):
        address = token.attrGet("href")
        if address and self.may_lead_to(address, token, ["http", "https", "mailto"]):
            super().render_link(token)
        else:
            self.render_children(token)

    def render_image(self, token):
        if self.may_lead_to(token.attrGet("src"), token, ["http", "https", "data"]):
            super().render_image(token)

    def may_lead_to(self, address, token, schemes):
        """Whether an address is of these schemes (MyST has more), or of our own file: Sphinx would copy any other one."""
        scheme = re.match("([a-z][a-z0-9+.-]*):", address, re.IGNORECASE)
        if scheme:
            return scheme[1].lower() in schemes
        folder, name = Path(self.sphinx_env.srcdir).resolve(), unquote(address.partition("#")[0])
        if (folder / name).resolve().is_relative_to(folder):
            return True
        place = self.sphinx_env.docname, token_line(token, 0)
        log.warning("this file is not in the notebooks' folder: %s", name, location=place)
        return False

    def render_footnote_ref(self, token):
        if token.meta["label"] in self.notes:
            super().render_footnote_ref(token)
        else:
            self.current_node.append(nodes.Text(f"[^{token.meta['label']}]"))

    def generate_heading_target(self, token, level, node, title_node):
        super().generate_heading_target(token, level, node, title_node)
        # JupyterLab has named the heading before it draws the formulas.
        leaves = [leaf for leaf in title_node.findall(nodes.Text) if not isinstance(leaf.parent, nodes.raw)]
        text = "".join(f"${leaf}$" if isinstance(leaf.parent, nodes.math) else leaf for leaf in leaves)
        self._heading_slugs.setdefault(heading_id(text), (node.line, node["ids"][0], title_node.astext()))

    def render_nb_finalise(self, token):
        # Links are also written with the names of headings in lower case.
        for name, heading in list(self._heading_slugs.items()):
            self._heading_slugs.setdefault(name.lower(), heading)
        super().render_nb_finalise(token)


def read(app, docname, source):
    """What Sphinx gets to see of a notebook."""
    try:
        notebook = nbformat.reads(source[0], as_version=4)
    except Exception as error:
        raise ExtensionError(f"{docname}.ipynb is not a notebook: {error}") from error
    source[0] = nbformat.writes(shown(notebook))


def clean(app, pagename, templatename, context, doctree):
    """Takes what acts or loads out of the page's text; its frame is ours."""
    if doctree is not None:
        context["body"] = clean_html(context["body"])


class Place(Filter):
    """Names the cell where a message names the line that MyST-NB made of it: 10 000 for each cell."""

    def filter(self, record):
        match = re.fullmatch(r"(.*\.ipynb):(\d{5,})", str(getattr(record, "location", "")))
        if match:
            cell, line = divmod(int(match[2]), 10_000)
            record.location = f"{match[1]}, cell {cell}, line {max(line - 1, 1)}"
        return True


to_mathml = LatexToMathML(continue_on_error=False)


def formula(translator, node):
    display = isinstance(node, nodes.math_block)
    try:
        mathml = to_mathml.convert_with_local_state(node.astext(), displaystyle=display)
    except LatexError as error:
        log.warning("this formula cannot be rendered: %s\n%s", node.astext(), error, location=node)
        mathml = f"<code>{translator.encode(node.astext())}</code>"
    translator.body.append(f'<div class="formula">{mathml}</div>' if display else mathml)
    raise nodes.SkipNode


def captions(app, pagename, templatename, context, doctree):
    """The chapters in the sidebar: in two languages, and as headings of a level, which Sphinx leaves out."""
    caption = 'role="heading"><span class="caption-text">(.*?) · (.*?)</span>'
    pair = r'<span lang="en">\1</span><span class="between"> · </span><span lang="ko">\2</span>'
    context["furo_navigation_tree"] = re.sub(
        caption,
        f'role="heading" aria-level="2"><span class="caption-text">{pair}</span>',
        context.get("furo_navigation_tree", ""),
    )


def front_page(app, error):
    """A host answers the folder's address with `index.html`."""
    if error is None:
        shutil.copyfile(app.outdir / f"{app.config.root_doc}.html", app.outdir / "index.html")


def setup(app):
    myst_nb.sphinx_.SphinxNbRenderer = Renderer  # there is no setting for it
    for handler in getLogger(logging.NAMESPACE).handlers:
        handler.addFilter(Place())
    app.add_transform(Languages)
    app.add_transform(Index)
    app.add_post_transform(LongCells)
    app.add_post_transform(Together)
    app.add_html_math_renderer("mathml", (formula, None), (formula, None))
    app.connect("source-read", read)
    app.connect("html-page-context", clean, priority=100)  # before Furo looks at the text
    app.connect("html-page-context", captions, priority=900)  # after Furo has made the tree
    app.connect("build-finished", front_page)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
