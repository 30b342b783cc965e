// The language switch. `data-language` of the page decides what the style sheet hides; the choice is remembered.
const page = document.documentElement;

const show = (language) => {
  page.dataset.language = language;
  for (const button of document.querySelectorAll(".language-switch button"))
    button.setAttribute("aria-pressed", button.value === language);
  // Where the Korean text stands alone, it must not be folded.
  if (language === "ko") for (const fold of document.querySelectorAll(".korean > details")) fold.open = true;
};

for (const button of document.querySelectorAll(".language-switch button"))
  button.addEventListener("click", () => {
    localStorage.setItem("language", button.value);
    show(button.value);
  });
show(page.dataset.language);

// Code and tables wider than the page scroll; this lets the keyboard do it too.
for (const wide of document.querySelectorAll("article pre, .formula, .output"))
  if (wide.scrollWidth > wide.clientWidth) wide.tabIndex = 0;

// A page from the file system may not read the others to show excerpts in the search results.
if (location.protocol === "file:" && typeof DOCUMENTATION_OPTIONS === "object")
  DOCUMENTATION_OPTIONS.SHOW_SEARCH_SUMMARY = false;
