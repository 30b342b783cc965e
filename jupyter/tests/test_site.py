"""The book on the web, as `cargo xtask html` builds it, in a real browser."""

import functools
import http.server
import io
import json
import re
import subprocess
import threading
from pathlib import Path
from urllib.parse import unquote

import pytest
from axe_playwright_python.sync_playwright import Axe
from PIL import Image, ImageChops, ImageStat
from playwright.sync_api import expect

from conftest import ROOT

SITE = ROOT / "target/site"
NOTEBOOKS = sorted((ROOT / "notebooks").glob("[0-9][0-9]-[0-9]-*.ipynb"))
BY_HAND = "18-0-mnist-mlp-by-hand"


@pytest.fixture(scope="module", autouse=True)
def site():
    """Built once, with the command that a reader would use."""
    built = subprocess.run(["cargo", "xtask", "html"], cwd=ROOT, capture_output=True, text=True, timeout=180)
    assert built.returncode == 0, built.stdout + built.stderr


@pytest.fixture
def page(context):
    return context.new_page()


def address(name):
    return f"file://{SITE}/{name}.html"


def text_of(notebook):
    cells = json.loads(notebook.read_text(encoding="utf-8"))["cells"]
    return "".join("".join(cell["source"]) for cell in cells if cell["cell_type"] == "markdown")


def test_every_notebook_has_a_page_and_none_is_heavy():
    names = {path.stem for path in SITE.glob("*.html")}
    assert names == {path.stem for path in NOTEBOOKS} | {"index", "search"}
    heavy = {path.name: path.stat().st_size for path in SITE.rglob("*") if path.stat().st_size > 1_500_000}
    assert not heavy


def test_every_korean_fold_can_stand_alone():
    for notebook in NOTEBOOKS:
        page = (SITE / f"{notebook.stem}.html").read_text(encoding="utf-8")
        folds = text_of(notebook).count("<summary>한국어</summary>")
        assert folds > 0 and len(re.findall(r'<div class="korean[^>]*lang="ko"', page)) == folds, notebook.stem


def test_links_and_pictures_lead_somewhere():
    pages = {path.name: path.read_text(encoding="utf-8") for path in SITE.glob("*.html")}
    ids = {name: set(re.findall(r'\sid="([^"]+)"', text)) for name, text in pages.items()}
    for name, text in pages.items():
        for target in re.findall(r'<(?:a|img|link|script)\b[^>]*?\s(?:href|src)="([^"]*)"', text):
            if re.match("(https?|data):", target):
                continue
            file, _, anchor = unquote(target).partition("#")
            file = file.split("?")[0] or name
            assert (SITE / file).exists(), f"{name} asks for {target}"
            assert not anchor or anchor in ids[file], f"{name} links to {target}"


@pytest.mark.parametrize("name", ["index", "search", *(path.stem for path in NOTEBOOKS)])
def test_a_page_opens_well(page, name):
    # Every other page in the dark: the style is the same on all.
    page.emulate_media(color_scheme=["light", "dark"][len(name) % 2])
    page.goto(address(name))
    nameless = page.locator("article img:not([alt]), article .output img[alt='']")
    assert nameless.count() == 0, nameless.first.evaluate("image => image.outerHTML.slice(0, 200)")
    broken = "[...document.images].some(image => image.loading !== 'lazy' && !image.naturalWidth)"
    assert not page.evaluate(broken), "a picture is broken"
    # A formula that was not recognized would stand there with its dollars.
    plain = page.evaluate(
        "() => { const a = document.querySelector('article').cloneNode(true);"
        " a.querySelectorAll('pre, code').forEach(e => e.remove()); return a.textContent }"
    )
    assert not re.search(r"\$[^$\n]{1,80}\$|\\frac|\\mathrm", plain)
    # Without `preload` axe does not load the style sheets once more, which a page from the file system may not do.
    found = Axe().run(page, options={"resultTypes": ["violations"], "preload": False}).response["violations"]
    serious = [v for v in found if v["impact"] in ("serious", "critical")]
    assert not serious, json.dumps(serious, indent=1)[:3000]
    page.set_viewport_size({"width": 360, "height": 800})
    for scroller in ("html", ".content"):
        assert page.locator(scroller).evaluate("e => e.scrollWidth <= e.clientWidth"), "too wide for a phone"


def found(page, query):
    page.goto(address("search") + f"?q={query}")
    page.wait_for_selector("#search-results p:has-text('found'), #search-results p:has-text('did not match')")
    links = page.locator("#search-results li > a").evaluate_all("links => links.map(link => link.href)")
    return {Path(link).name.split(".")[0] for link in links}


def test_search_finds_a_word_in_each_language(page):
    # English words are found by their stem, Korean ones without the particles that follow them.
    assert BY_HAND in found(page, "initialization") and BY_HAND in found(page, "backward+pass")
    for word, query in [("역전파", "역전파"), ("역전파", "역전파를"), ("손실", "손실은"), ("미니배치", "미니배치에서")]:
        expected = {path.stem for path in NOTEBOOKS if re.search(f"(?<![가-힣]){word}", text_of(path))}
        assert expected and expected <= found(page, query), query
    assert found(page, "ReLU는") == found(page, "relu") != set()
    # All words of a query are meant, also short ones; Korean nouns are written with and without a space between them.
    both = {path.stem for path in NOTEBOOKS if "기울기" in text_of(path) and "소실" in text_of(path)}
    assert found(page, "기울기 소실") == both != set()
    assert "00-0-index" in found(page, "경사하강법") and "16-0-batch-normalization" in found(page, "배치정규화")
    page.goto(address("search") + "?q=18-0")
    expect(page.locator("#search-results li > a").first).to_contain_text("18-0 · How many lines")
    assert found(page, "qwertyuiop") == set()


def test_a_search_from_the_box_shows_excerpts_on_a_host(page, host):
    page.goto(host)
    page.fill("input[name=q]", "볼츠만 머신")
    page.press("input[name=q]", "Enter")
    page.wait_for_selector("#search-results li p.context >> text=볼츠만")


def test_a_search_hit_on_the_index_opens_at_the_card(page):
    for query, number in [("볼츠만 머신", "09-0"), ("gpu memory", "20-0")]:
        found(page, query)
        page.locator("#search-results li > a[href*='00-0-index']").first.click()
        expect(page.locator(f"[id='{number}'].card")).to_be_in_viewport()
    page.goto(address("00-0-index") + "#20-3")
    expect(page.locator("[id='20-3'].card")).to_be_in_viewport()


@pytest.fixture
def host():
    """Any static host: it sends files, and the folder's index for the folder."""

    class Quiet(http.server.SimpleHTTPRequestHandler):
        def log_message(self, *_):
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Quiet, directory=SITE))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/"
    server.shutdown()


def test_the_language_is_chosen_and_remembered(page):
    page.goto(address("00-0-index"))
    english, korean = page.locator("text=You are preparing for"), page.locator("text=딥러닝 면접을 앞두고")
    assert english.is_visible() and korean.is_visible()
    page.click(".language-switch >> text=한국어")
    assert korean.is_visible() and not english.is_visible()
    # This one's fold was closed.
    assert page.locator("text=노트북 하나를 읽는 데").is_visible()
    page.goto(address(BY_HAND))
    english, korean = page.locator("text=Fewer than 30 lines in NumPy"), page.locator("text=프레임워크 없이 NumPy로")
    assert korean.is_visible() and not english.is_visible()
    assert page.locator("h1").inner_text().startswith("18-0 · 간단한 MNIST")
    page.click(".language-switch >> text=English")
    assert english.is_visible() and not korean.is_visible()
    page.reload()
    assert english.is_visible() and not korean.is_visible()
    assert page.locator("[aria-pressed=true]").inner_text() == "English"


def picture(page, clip=None):
    return Image.open(io.BytesIO(page.screenshot(clip=clip))).convert("L")


def brightness(page):
    return ImageStat.Stat(picture(page)).median[0]


def test_dark_and_light(page):
    page.emulate_media(color_scheme="light")
    page.goto(address(BY_HAND))
    assert brightness(page) > 200
    page.emulate_media(color_scheme="dark")
    assert brightness(page) < 60, "does not follow the system"
    for _ in range(3):  # the button goes through auto, light and dark
        page.click(".theme-toggle-content button")
        if page.evaluate("document.body.dataset.theme") == "light":
            break
    assert brightness(page) > 200, "the button does not override the system"
    page.reload()
    assert brightness(page) > 200, "the choice is forgotten"


def is_drawn(page, element):
    """Compares what the browser draws with the same place left blank."""
    element.scroll_into_view_if_needed()
    drawn = picture(page, element.bounding_box())
    element.evaluate("e => e.style.visibility = 'hidden'")
    blank = picture(page, element.bounding_box())
    element.evaluate("e => e.style.visibility = ''")
    differing = ImageChops.difference(drawn, blank).point(lambda value: 255 * (value > 60)).histogram()[255]
    return differing / (drawn.width * drawn.height) > 0.005


def test_formulas_and_charts_are_drawn(page):
    page.goto(address(BY_HAND))
    for kind in (".formula math", "p math", ".output img"):
        assert is_drawn(page, page.locator(kind).first), kind
    assert page.evaluate("document.fonts.check('16px \"Book Math\"')"), "the font of the formulas is missing"
    fraction = page.locator(".formula mfrac").first.bounding_box()
    assert fraction["height"] > 25, "the fraction is not stacked"


def test_the_notebook_can_be_saved(page, host):
    page.goto(f"{host}{BY_HAND}.html")
    with page.expect_download() as download:
        page.click("a.download")
    assert download.value.suggested_filename == f"{BY_HAND}.ipynb"
    assert Path(download.value.path()).read_bytes() == (ROOT / f"notebooks/{BY_HAND}.ipynb").read_bytes()


def test_the_index_shows_all_questions_as_cards(page):
    page.goto(address("index"))
    cards = page.locator("li.card")
    assert cards.count() == 47
    answered = page.locator("li.card:not(.missing)")
    assert answered.count() == len([path for path in NOTEBOOKS if not path.stem.startswith("00-")])
    for card in answered.all():
        card.scroll_into_view_if_needed()
        card.locator("img").evaluate("image => image.decode()")
        for wording in (".question [lang=en]", ".question [lang=ko]", ".answer [lang=en]", ".answer [lang=ko]"):
            assert len(card.locator(wording).inner_text()) > 10, wording
    # The whole card is the link: its picture too.
    answered.first.locator("img").click(force=True)
    assert re.search(r"/\d\d-\d-[^/]+\.html$", page.url)
    # Next and previous lead through the chapters and back.
    there = page.url
    page.click(".next-page")
    assert page.url != there
    page.click(".prev-page")
    assert page.url == there


def test_long_cells_and_folds_open_also_without_javascript(browser):
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(address(BY_HAND))
    assert page.locator("text=Fewer than 30 lines in NumPy").is_visible()
    assert page.locator("text=프레임워크 없이 NumPy로").is_visible()
    fold = page.locator("details:has(summary:text-is('Answer'))").first
    assert not fold.locator("p").first.is_visible()
    fold.locator("summary").click()
    assert fold.locator("p").first.is_visible()
    cell = page.locator(".cell_input.long").first
    before = cell.bounding_box()["height"]
    cell.locator("label").click()
    assert cell.bounding_box()["height"] > before + 50
    context.close()


def test_on_a_narrow_screen_the_drawers_open_and_close(page):
    page.set_viewport_size({"width": 360, "height": 800})
    page.goto(address(BY_HAND))
    contents = page.locator(".toc-drawer")
    page.click(".toc-header-icon")
    expect(contents).to_be_in_viewport()
    page.click(".toc-tree a >> text=Experiment 2")
    expect(contents, "the contents still lie over the text").not_to_be_in_viewport()
    expect(page.locator("#experiment-2-does-it-learn > h2")).to_be_in_viewport()
    # By keyboard alone: what has the focus can be seen.
    page.reload()
    page.locator("input[name=q]").focus()
    page.keyboard.press("Tab")
    expect(page.locator(".sidebar-tree a:focus")).to_be_in_viewport()


def test_code_can_be_copied(context, page, host):
    context.grant_permissions(["clipboard-read", "clipboard-write"], origin=host)
    page.goto(f"{host}{BY_HAND}.html")
    cell = page.locator(".cell_input:has-text('let data = mnist()?')").first
    cell.hover()
    cell.locator("button.copybtn").click()
    page.wait_for_function("navigator.clipboard.readText().then(text => text.includes('data.train.len()'))")
    assert page.locator(".output button.copybtn").count() == 0
    assert cell.locator(".highlight span.kd").count() > 0, "Rust is not highlighted"


def test_the_printed_page_is_clean(page):
    page.emulate_media(media="print", color_scheme="dark")
    page.goto(address(BY_HAND))
    furniture = ".skip-to-content .sidebar-drawer .toc-drawer .page-tools .related-pages .copybtn .long>label .headerlink"
    for name in furniture.split():
        assert not page.locator(name).first.is_visible(), name
    assert page.locator("details:has(summary:text-is('Answer')) p").first.bounding_box()["height"] > 0
    cell = page.locator(".cell_input.long pre").first
    assert cell.bounding_box()["height"] <= cell.locator("xpath=../..").bounding_box()["height"] + 1, "cut off"
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
