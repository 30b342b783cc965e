"""Compares what a cell shows now with what is committed: words exactly, numbers within a tolerance.

The same seed on the same machine gives the same text. Another CPU may round differently, and training magnifies
that, so numbers may differ by 2 %. The last printed decimal may differ by one, where that is 0.002 or less: 0.0034 and
0.0036 are printed as 0.003 and 0.004. Whole numbers are counts and get no such grace. Below 1e-9 all is taken for 0.

A cell that needs more says so with a tag: `tolerance=0.1` for 10 %, `tolerance=inf` where only the words can be the same,
`noise=1e-5` where numbers up to that size are what rounding left of 0. The output of a cell tagged `timing` is not compared.
Pictures are compared by their text alternative.
"""

import difflib
import html
import re

RELATIVE = 0.02
NOISE = 1e-9
LAST_DECIMAL = 0.002

NUMBER = re.compile(r"(?<![\w.])[-+−]?\d+(?:\.\d+)?(?:[eE][-+]?\d+)?")


def difference(old, new):
    """A unified diff of the outputs of two versions of a cell, or None if they agree."""
    tags = new.metadata.get("tags", [])
    if new.cell_type != "code" or "timing" in tags:
        return None
    relative, noise = _tag(tags, "tolerance", RELATIVE), _tag(tags, "noise", NOISE)
    was, now = visible(old), visible(new)
    if len(was) == len(now) and all(agree(a, b, relative, noise) for a, b in zip(was, now)):
        return None
    return "\n".join(difflib.unified_diff(was, now, "committed", "executed now", lineterm="", n=1))


def _tag(tags, name, default):
    """The number that a tag such as `noise=1e-5` sets."""
    return next((float(tag.split("=")[1]) for tag in tags if tag.startswith(f"{name}=")), default)


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
    # The rule below a table's header is as long as the numbers are.
    return [re.sub("─+", "─", line).rstrip() for line in lines]


def _words(markup):
    markup = re.sub(r'\ssrc="data:[^"]*"', "", markup)
    markup = re.sub(r'<img[^>]*\salt="([^"]*)"[^>]*>', r"\1\n", markup)
    markup = re.sub(r"</(tr|p|div|h\d|caption)>|<br ?/?>", "\n", markup)
    markup = re.sub(r"</t[dh]>", " ", markup)
    return html.unescape(re.sub(r"<[^>]*>", "", markup)).strip()


def agree(a, b, relative=RELATIVE, noise=NOISE):
    """Whether two lines say the same, apart from small differences between their numbers."""
    if a == b:
        return True
    if [w.split() for w in NUMBER.split(a)] != [w.split() for w in NUMBER.split(b)]:
        return False
    return all(_near(x, y, relative, noise) for x, y in zip(NUMBER.findall(a), NUMBER.findall(b)))


def _near(a, b, relative, noise):
    x, y = (float(text.replace("−", "-")) for text in (a, b))
    # 1.001: neither the tolerance nor a decimal is itself a round number in binary.
    return abs(x - y) <= 1.001 * max(noise, relative * max(abs(x), abs(y)), min(_last_decimal(a), _last_decimal(b)))


def _last_decimal(number):
    """What one more in the last printed decimal adds, 0.001 to `0.250`; 0 where that is no rounding."""
    mantissa, _, exponent = number.lower().partition("e")
    decimals = len(mantissa.partition(".")[2])
    step = 10.0 ** (int(exponent or 0) - decimals)
    return step if decimals and step <= LAST_DECIMAL else 0.0
