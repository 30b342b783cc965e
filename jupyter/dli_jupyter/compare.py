"""Compares what a cell shows now with what is committed: words exactly, numbers within a tolerance.

The same seed on the same machine gives the same text. Another CPU may round differently, and training magnifies
that, so numbers may differ by 2 % (or by 0.002, whichever is more). A cell that needs more says so with a tag such as
`tolerance=0.1`, or `tolerance=inf` where only the words can be the same; the output of a cell tagged `timing` is not compared. Pictures are compared by their text alternative.
"""

import difflib
import html
import re

RELATIVE = 0.02
ABSOLUTE = 0.002

NUMBER = re.compile(r"(?<![\w.])[-+−]?\d+(?:\.\d+)?(?:[eE][-+]?\d+)?")


def difference(old, new):
    """A unified diff of the outputs of two versions of a cell, or None if they agree."""
    tags = new.metadata.get("tags", [])
    if new.cell_type != "code" or "timing" in tags:
        return None
    relative = next((float(t.split("=")[1]) for t in tags if t.startswith("tolerance=")), RELATIVE)
    was, now = visible(old), visible(new)
    if len(was) == len(now) and all(agree(a, b, relative) for a, b in zip(was, now)):
        return None
    return "\n".join(difflib.unified_diff(was, now, "committed", "executed now", lineterm="", n=1))


def visible(cell):
    """What a reader of the cell's outputs can read, line by line."""
    lines = []
    for output in cell.get("outputs", []):
        if output.output_type == "stream":
            lines += output.text.splitlines()
        elif output.output_type == "error":
            lines += output.traceback
        else:
            data = output.data
            lines += data.get("text/plain", "").splitlines()
            lines += _words(data.get("text/html", "")).splitlines()
    return [line.rstrip() for line in lines]


def _words(markup):
    markup = re.sub(r'\ssrc="data:[^"]*"', "", markup)
    markup = re.sub(r'<img[^>]*\salt="([^"]*)"[^>]*>', r"\1\n", markup)
    markup = re.sub(r"</(tr|p|div|h\d|caption)>|<br ?/?>", "\n", markup)
    markup = re.sub(r"</t[dh]>", " ", markup)
    return html.unescape(re.sub(r"<[^>]*>", "", markup)).strip()


def agree(a, b, relative=RELATIVE):
    """Whether two lines say the same, apart from small differences between their numbers."""
    if a == b:
        return True
    if [w.split() for w in NUMBER.split(a)] != [w.split() for w in NUMBER.split(b)]:
        return False
    pairs = zip(NUMBER.findall(a), NUMBER.findall(b))
    return all(_near(float(x.replace("−", "-")), float(y.replace("−", "-")), relative) for x, y in pairs)


def _near(x, y, relative):
    return abs(x - y) <= max(ABSOLUTE, relative * max(abs(x), abs(y)))
