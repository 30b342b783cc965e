// The language switch. `data-language` of the page decides what the style sheet hides; the choice is remembered.
const page = document.documentElement;
const buttons = document.querySelectorAll(".language-switch button");

const show = (language) => {
  page.dataset.language = language;
  for (const button of buttons) button.setAttribute("aria-pressed", button.value === language);
  // Where the Korean text stands alone, it must not be folded.
  if (language === "ko") for (const fold of document.querySelectorAll(".korean > details")) fold.open = true;
};

for (const button of buttons)
  button.addEventListener("click", () => {
    show(button.value);
    try {
      localStorage.setItem("language", button.value);
    } catch {} // where nothing may be stored, the choice holds for this page
  });
// Also when the back button brings a page back as it was left.
addEventListener("pageshow", () => show(chosenLanguage()));

// On a narrow screen the contents lie over the text; whoever has chosen a section wants to read it.
for (const link of document.querySelectorAll(".toc-tree a"))
  link.addEventListener("click", () => (document.getElementById("__toc").checked = false));
document.querySelector(".sidebar-tree .current-page")?.scrollIntoView({ block: "nearest" });

// Whoever comes from the search wants to see what was found, not the top of the page: the first place, or card,
// that has the most of the words. Sphinx marks them 10 ms after the page is there.
const showFound = () => {
  const words = new Map();
  const inCards = document.querySelectorAll(".card .highlighted");
  for (const mark of inCards.length ? inCards : document.querySelectorAll("article .highlighted")) {
    const place = mark.closest(".card") ?? mark.closest("p, li, pre, table") ?? mark;
    if (place.checkVisibility()) words.set(place, (words.get(place) ?? new Set()).add(mark.textContent.toLowerCase()));
  }
  const most = Math.max(...[...words.values()].map((found) => found.size));
  const best = [...words.keys()].find((place) => words.get(place).size === most);
  if (!location.hash) best?.scrollIntoView({ block: "center", behavior: "instant" });
};
addEventListener("load", () => setTimeout(showFound, 100));

// Code and tables wider than the page scroll; this lets the keyboard do it too.
for (const wide of document.querySelectorAll("article pre, .formula, .output, article p:has(math)"))
  if (wide.scrollWidth > wide.clientWidth) wide.tabIndex = 0;

// A page from the file system may not read the others to show excerpts in the search results.
if (location.protocol === "file:" && typeof DOCUMENTATION_OPTIONS === "object")
  DOCUMENTATION_OPTIONS.SHOW_SEARCH_SUMMARY = false;
