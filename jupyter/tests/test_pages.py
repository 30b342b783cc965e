"""What the book and the exported pages make of any notebook: all that JupyterLab shows, and nothing that acts."""

import base64
import re
import subprocess
import sys

import nbformat
import pytest
from bs4 import BeautifulSoup
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output, new_raw_cell

from conftest import ROOT
from dli_jupyter import export
from dli_jupyter.normal_form import METADATA
from dli_jupyter.web import clean_html

PNG = (
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="  # one pixel
)
INDEX = """# Questions

질문

## How to read · 읽는 법

text

## Ready · 준비

text

## Chapter · 장

One<br>하나

| No. | Question | Answer |
|---|---|---|
| [99-0](99-0-any.ipynb) | Question<br>질문 | Answer<br>답 |
"""
OTHER = "# Other\n\n## Claims\n\n## 주장 · 값"


def write(folder, name, cells, **metadata):
    cells = [new_markdown_cell(cell) if isinstance(cell, str) else cell for cell in cells]
    notebook = new_notebook(cells=cells, metadata={**METADATA, **metadata})
    nbformat.write(notebook, folder / f"{name}.ipynb")


@pytest.fixture
def build(tmp_path):
    """`build(cell, …)` makes a notebook of these (text is Markdown): its page in the book, exported, and the log."""
    folder = tmp_path / "notebooks"
    folder.mkdir()
    write(folder, "00-0-index", [INDEX])
    write(folder, "00-1-other", [OTHER])

    def pages(*cells, **metadata):
        write(folder, "99-0-any", cells, **metadata)
        exported = export.export(folder / "99-0-any.ipynb", tmp_path, [folder / "00-1-other.ipynb"])
        command = [sys.executable, "-m", "sphinx", "--quiet", "--builder", "html", "--conf-dir", ROOT / "site"]
        command += ["--fresh-env", "--fail-on-warning", "--keep-going", folder, tmp_path / "site"]
        done = subprocess.run(command, capture_output=True, text=True)
        assert (done.returncode == 0) == (done.stderr.strip() == ""), done.stderr
        return tmp_path / "site/99-0-any.html", exported, done.stderr

    return pages


def text_of(path):
    page = BeautifulSoup(path.read_text(encoding="utf-8"), "html.parser")
    return page.find("article") or page.find("main")


def test_links_to_headings_work_everywhere(build, context):
    headings = ["Claims", "주장 · 값, (점) A.b!", "**Bold** and `code`", "Is it $x^2$?", "Claims"]
    names = ["Claims", "주장-·-값,-(점)-A.b!", "Bold-and-code", "Is-it-$x^2$?"]  # what JupyterLab calls them
    links = [f"[{i}](<#{name}>)" for i, name in enumerate(names)]
    links += ["[4](#claims)", "[5](#bold-and-code)", "[6](#주장-·-값,-(점)-a.b!)"]
    others = ["[7](00-1-other.ipynb#Claims)", "[8](00-1-other.ipynb#claims)", "[9](00-1-other.ipynb#주장-·-값)"]
    site, exported, log = build("# Title\n\n" + " ".join(links + others), *[f"## {heading}" for heading in headings])
    assert not log
    which = """() => {
        const target = document.querySelector(":target"), headings = [...document.querySelectorAll("h2")];
        return headings.indexOf(target.closest("h2") ?? target.querySelector("h2"));
    }"""
    for path in (site, exported):
        page = context.new_page()
        page.goto(path.as_uri())
        for i, heading in enumerate([0, 1, 2, 3, 0, 2, 1]):  # the first of two headings of one name is meant
            page.click(f":is(article, main) p a:text-is('{i}')")
            assert page.evaluate(which) == heading, (path, page.url)
        targets = [a["href"] for a in text_of(path).select("p a") if a.get_text() in "789"]
        assert len(targets) == 3 and all(re.match("00-1-(other)[.]html#.", target) for target in targets)
        page.close()
    other = (site.parent / "00-1-other.html").read_text()
    for target in [a["href"] for a in text_of(site).select("p a") if a.get_text() in "789"]:
        assert f'id="{target.partition("#")[2]}"' in other, target


def test_pictures_in_a_cell_are_shown(build):
    svg = base64.b64encode(b"<svg xmlns='http://www.w3.org/2000/svg'/>").decode()
    pasted = new_markdown_cell(
        "![one](attachment:my%20image.png) two\n\n![two](attachment:b)\n\n<img alt='x' src='attachment:b'>\n\n"
        "![gone](attachment:gone)",
        attachments={"my image.png": {"image/png": PNG}, "b": {"image/svg+xml": svg}},
    )
    site, exported, log = build("# Title", pasted)
    assert not log
    for path in (site, exported):
        sources = [image.get("src", "")[:20] for image in text_of(path).select("img")]
        assert sources == ["data:image/png;base6", "data:image/svg+xml;b", "data:image/svg+xml;b"], path
        assert "gone" in text_of(path).get_text()


def test_what_a_reader_may_type_is_shown_as_jupyterlab_shows_it(build):
    site, exported, log = build(
        "# Title\n\n#### Deep",
        "- [ ] open\n- [x] done\n  - nested\n    1. deeper\n\n  ## in a list\n\n> # in a quote",
        "<br>a<br/>b <u>u</u> <kbd>K</kbd> <!-- comment --> ~~gone~~ https://a.example 😀 foo[^1] bar[^9] [empty]()\n\n"
        "[^1]: a note\n\n[^1]: again",
        "| a | b |\n|:-:|--:|\n| 1 | 2 |\n\ncosts $5 and $6\n\n"
        "%% kept\n\n+++\n\n(kept)=\n\n{ref}`x` {{ kept }}\n\n:::{note}\n:::",
        "---\nmatter: b\n---\n\n```{include} /etc/hostname\n```\n\n"
        "```{eval-rst}\n.. kept::\n```\n\n```nolang\nkept < code\n```",
        '```rust\nlet s = "open\n```\n\n```mermaid\ngraph TD\n```\n\n<div>\n\nopen\n\n</section></article>\n\n<b>bold',
        new_raw_cell("raw <b>cell</b> ```"),
        new_raw_cell(""),
        new_code_cell(""),
        "",
        new_code_cell('let s = "열린 € ` \\ @@'),
        new_code_cell("!ls %magic"),
    )
    assert not log
    for path in (site, exported):
        text = text_of(path)
        boxes = text.select("input[type=checkbox][disabled]")
        assert [box.has_attr("checked") for box in boxes] == [False, True], path
        assert [text.find(tag) is not None for tag in ("u", "kbd", "table", "math")] == [True] * 4
        assert text.find(["s", "del"]).get_text() == "gone" and text.find("a", href="https://a.example")
        plain = text.get_text()
        kept = ["%% kept", "+++", "(kept)=", "{{ kept }}", ":::{note}", "bar[^9]", "raw <b>cell</b> ```", ".. kept::"]
        kept += ["kept < code", "graph TD", 'let s = "열린 € ` \\ @@', "!ls %magic", "empty", "deeper", "in a list"]
        assert not [words for words in kept if words not in plain], path
        assert "comment" not in plain and "nolang" not in plain


def test_every_kind_of_output_is_shown_or_left_out(build):
    shown = [
        new_output("stream", name="stderr", text="on \x1b[31mstderr\x1b[0m"),
        new_output("error", ename="E", evalue="v", traceback=["\x1b[31mtrace\x1b[0m <b>"]),
        new_output("display_data", data={"application/json": {"key": [1, "한글"]}}),
        new_output("display_data", data={"application/vnd.jupyter.widget-view+json": {}, "text/plain": "Widget()"}),
        new_output("display_data", data={"text/latex": "$\\frac{a}{b}$"}),
        new_output("display_data", data={"text/markdown": "**fat** $x$"}),
        new_output("display_data", data={"text/html": "<table><tr><td>left open"}),
        new_output("display_data", data={"application/x-unknown": "unknown"}),
        new_output("display_data", data={"application/javascript": "unknown()"}),
        new_output("display_data", data={}),
        *[new_output("display_data", data={f"image/{kind}": PNG}) for kind in ("png", "jpeg", "gif", "webp")],
        new_output("display_data", data={"image/png": "not base64", "text/plain": "broken"}),
        new_output("display_data", data={"image/svg+xml": "<svg xmlns='http://www.w3.org/2000/svg'/>"}),
    ]
    code = new_code_cell("1", outputs=shown)
    code.metadata = {"tags": ["한 글"], "mystnb": {"nonsense": 1}}
    site, exported, log = build("# Title", code, "after", myst={"nonsense": 1}, widgets={"x": {"state": {"a": 1}}})
    assert not log
    for path in (site, exported):
        text = text_of(path)
        for words in ("on stderr", "trace <b>", '"한글"', "Widget()", "left open", "after"):
            assert words in text.get_text(), (path, words)
        assert "unknown" not in text.get_text() and text.find("strong").get_text() == "fat"
        assert len(text.select("math")) == 2 and len(text.select("img[src^='data:image/']")) == 5
        assert not text.select_one("img[alt=broken]").has_attr("src")
        assert not text.find(string="after").find_parent("table"), "an output took in what follows"


def test_what_leads_nowhere_is_named_with_its_cell(build, tmp_path):
    (tmp_path / "secret.txt").write_text("secret")
    site, _, log = build(
        "# Title",
        "a\n\nb [x](13-9-gone.ipynb)",
        "[x](#Gone) [y](00-1-other.ipynb#Gone)",
        "[x](../secret.txt) ![y](../secret.txt) [z](/etc/hostname)",
        "![y](gone.png)",
        "[x](path:../secret.txt) <path:../secret.txt> [x](project:../secret.txt) ![z](x:/../../secret.txt)",
    )
    for place, what in [
        ("cell 2, line 3", "13-9-gone.ipynb"),
        ("cell 3, line 1", "not found: 'Gone'"),
        ("cell 3, line 1", "not found in doc '00-1-other': 'Gone'"),
        ("cell 4, line 1", "not in the notebooks' folder: ../secret.txt"),
        ("cell 4, line 1", "not in the notebooks' folder: /etc/hostname"),
        ("cell 5, line 1", "gone.png"),
    ]:
        assert re.search(f"99-0-any.ipynb, {place}: WARNING: .*{re.escape(what)}", log), (place, what, log)
    published = [path.name for path in site.parent.rglob("*") if path.is_file()]
    assert not {"secret.txt", "hostname"} & set(published)


EVIL = "//evil.example/"
SVG = "http://www.w3.org/2000/svg"
BAD_SVG = f"<svg xmlns='{SVG}' onload='hit()'><script>hit()</script><image href='http:{EVIL}i'/></svg>"
BAD_SVG_64 = base64.b64encode(BAD_SVG.encode()).decode()
HOSTILE_HTML = [
    "<script>hit()</script>",
    f"<script src={EVIL}x.js></script>",
    "<img src=x onerror=hit()>",
    "<!--><img src=x onerror=hit()>-->",
    "<noscript><p title='</noscript><img src=x onerror=hit()>'></noscript>",
    "<svg></p><style><a id='</style><img src=x onerror=hit()>'>",
    "<textarea><img title='</textarea><img src=x onerror=hit()>'></textarea>",
    f"<svg><image href=http:{EVIL}q /><script>hit()</script><a xlink:href='javascript:hit()'><text>x</text></a></svg>",
    "<math><mtext><img src=x onerror=hit()></mtext></math>",
    "<math><mtext xlink:href=javascript:hit() href=javascript:hit()>x</mtext></math>",
    "<details open ontoggle=hit()><summary>x</summary></details><x onclick=hit()>x</x>",
    f"<body onload=hit() background=http:{EVIL}b>",
    f"<input autofocus onfocus=hit()><input type=image src=http:{EVIL}f>",
    f"<form action=http:{EVIL}><button formaction=javascript:hit()>b</button></form>",
    "</article></main></div></body><script>hit()</script>",
    f"<img src=http:{EVIL}a.png><img src={EVIL}a.png><img srcset='http:{EVIL}c.png 2x'>",
    f"<img src='data:image/svg+xml;base64,{BAD_SVG_64}'>",
    f'<img src="data:image/svg+xml,{BAD_SVG}">',
    f"<object data='data:image/svg+xml;base64,{BAD_SVG_64}'></object>",
    f"<embed src=http:{EVIL}e><iframe src=http:{EVIL}></iframe>",
    f"<video src=http:{EVIL}v poster=http:{EVIL}p autoplay></video><audio src=http:{EVIL}a></audio>",
    f"<link rel=stylesheet href=http:{EVIL}x.css><link rel=prefetch href=http:{EVIL}y>",
    f"<style>@import url(http:{EVIL}y.css); body {{ background: url(http:{EVIL}z) }}</style>",
    f"<div style='background:url(http:{EVIL}s)'>x</div><div style='background:u\\72l(http:{EVIL}s)'>x</div>",
    f"<div style='background:image-set(\"http:{EVIL}s\" 1x)'>x</div><table background=http:{EVIL}t><tr><td>x</table>",
    "<div style='position:fixed;inset:0;z-index:9'>x</div>",
    f"<meta http-equiv=refresh content='0;url=http:{EVIL}'><base href=http:{EVIL}>",
    "<a href='javascript:hit()'>x</a><a href='java\tscript:hit()'>x</a><a href='&#106;avascript:hit()'>x</a>",
    "<a href='data:text/html,<script>hit()</script>'>x</a><a href='d&#97;ta:text/html;base64,AA'>x</a>",
    "<a href='da\nta:text/html,x'>x</a><a href='vbscript:x'>x</a>",
]
HOSTILE_MARKDOWN = [
    "[x](javascript:hit()) [x](data:text/html;base64,PHNjcmlwdD4=) <javascript:hit()>",
    f"![x](http:{EVIL}m.png) ![x](data:image/svg+xml;base64,{BAD_SVG_64})",
    "[x][q] ![x][q]\n\n[q]: javascript:hit()",
    "```mermaid\n</pre><script>hit()</script>\n```\n\n```{raw} html\n<script>hit()</script>\n```",
    "```rust\n</code></pre><script>hit()</script>\n```\n\n# x <img src=x onerror=hit()> <script>hit()</script>",
    "[^1]\n\n[^1]: <img src=x onerror=hit()>\n\n|a|\n|-|\n|<img src=x onerror=hit()>|",
]
ACTIVE = """() => {
    const kinds = "script, style, link, meta, base, iframe, object, embed, form, video, audio, svg:not(.icon)";
    const bad = [...document.querySelectorAll("article, main")]
        .flatMap(text => [...text.querySelectorAll(kinds)]).map(element => element.outerHTML);
    for (const element of document.querySelectorAll("*"))
        for (const {name, value} of element.attributes) {
            if (name === "alt" || name === "id") continue;
            const text = decodeURIComponent(value.replace(/[\\s%](?![0-9a-f]{2})/gi, "")).toLowerCase();
            const loads = text.includes("evil.example") && name !== "href";
            const acts = name.startsWith("on") || /^(javascript|vbscript|data:text)/.test(text);
            const covers = name === "style" && text.includes("fixed");
            const holds = text.startsWith("data:image/svg") && /script|PHNjcmlwdD/i.test(value);
            if (loads || acts || covers || holds)
                bad.push(`${element.tagName} ${name}="${value}"`);
        }
    return bad;
}"""


def test_a_hostile_notebook_runs_and_loads_nothing(build, context):
    everything = HOSTILE_HTML + HOSTILE_MARKDOWN
    outputs = [new_output("display_data", data={"text/html": bad}) for bad in HOSTILE_HTML]
    outputs += [new_output("display_data", data={"text/markdown": bad}) for bad in everything]
    outputs += [
        new_output("display_data", data={"image/svg+xml": BAD_SVG}),
        new_output("display_data", data={"application/javascript": "hit()"}),
        new_output("display_data", data={"text/vnd.mermaid": "</pre><script>hit()</script>"}),
        new_output("display_data", data={"text/latex": "<script>hit()</script>"}),
        new_output("display_data", data={"image/png": '" onerror="hit()'}),
        new_output("display_data", data={"image/png": "!"}, metadata={"image/png": {"width": "1 onerror=hit()"}}),
        new_output("display_data", data={"application/vnd.jupyter.widget-view+json": {"x": "</script><script>hit()"}}),
        new_output("stream", name="stdout", text="</pre><script>hit()</script>\x1b]8;;javascript:hit()\x1b\\x"),
        new_output("error", ename="<script>", evalue="x", traceback=["<script>hit()</script>"]),
    ]
    code = new_code_cell("</pre><script>hit()</script>", outputs=outputs)
    code.metadata = {"tags": ['"><script>hit()</script>']}
    pasted = new_markdown_cell(
        "![x](attachment:x) ![y](attachment:y)",
        attachments={"x": {"text/html": "PHNjcmlwdD4="}, "y": {"image/svg+xml": BAD_SVG_64}},
    )
    raw = new_raw_cell("<script>hit()</script>", metadata={"raw_mimetype": "text/html", "format": "text/html"})
    texts = [f"text\n\n{bad}\n\nwithin {bad}" for bad in everything]
    title = "# Title <img src=x onerror=hit()> <script>hit()</script>"
    widgets = {"application/vnd.jupyter.widget-state+json": {"state": {"</script><script>hit()": 1}}}
    site, exported, _ = build(title, *texts, code, pasted, raw, title="<script>hit()</script>", widgets=widgets)
    page, hits, asked = context.new_page(), [], []
    page.expose_function("hit", lambda: hits.append(page.url))
    page.on("request", lambda request: asked.append(request.url))
    for path in (site, exported, site.with_name("00-0-index.html"), site.with_name("00-1-other.html")):
        page.goto(path.as_uri())
        page.wait_for_timeout(300)
        assert not hits and page.evaluate(ACTIVE) == [], path
    elsewhere = [url for url in asked if not url.startswith((site.parent.as_uri(), exported.as_uri(), "data:"))]
    assert not elsewhere


def test_cleaning_keeps_what_is_harmless():
    for good in (
        '<p style="color: red; text-align: right;">a <kbd>K</kbd> &lt; <a href="https://a.b/c?d#e">x</a></p>',
        '<a href="#Claims">x</a><a href="00-1-x.html#y">x</a><a href="mailto:a@b.cc">x</a>',
        f'<img alt="" src="data:image/png;base64,{PNG}">',
        "<img alt=\"\" src=\"data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg'/%3E\">",
        '<ul><li><input checked disabled type="checkbox">x</li></ul>',
        '<details open><summary>x</summary>y</details><p style="width: calc(1em + 2px);">x</p>',
    ):
        assert clean_html(good) == good
