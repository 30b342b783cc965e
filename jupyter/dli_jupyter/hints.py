"""What a failed cell says, made readable: colours that follow the theme, and a hint for whoever comes from Python.

The kernel reports each mistake as the content of an `error` message. `explain` takes all that one cell got and returns
them ready to be shown; `run_all` does so in JupyterLab, `execute` in its report. A hint is given where the compiler's
own words do not lead on in a notebook: for what another cell defines or has used up, for what cannot live from one
cell to the next, for crates from elsewhere, for Python's words.
"""

import re
from itertools import groupby

# A text with the colour before it; without one, it is in none.
COLOURED = re.compile(r"(?:\x1b\[([0-9;]*)m)?([^\x1b]*)")
# How the kernel tells that the process which runs the cells, and holds their variables, is gone.
CRASH = "Subprocess terminated"

ANSI = re.compile(r"\x1b\[[0-9;]*m")

# The kernel paints for a white page, in shades of 256 colours. These are the names that every theme has its own
# shades for; labels get them in the order in which they come.
SOURCE, MARGINS, NOTE = "38;5;249", ("38;5;246", "38;5;240"), "38;5;115"
LABELS = ("31", "34", "35", "36", "32", "33")
OTHERS = {"": "", "0": "", "31": "1;31", "91": "31", "94": "34", SOURCE: "", NOTE: "1"} | dict.fromkeys(MARGINS, "90")


def themed(traceback):
    """The lines in the sixteen named colours, each run of one colour marked once instead of letter by letter."""
    labels = {}

    def named(code):
        code = OTHERS.get(code, code)
        return labels.setdefault(code, LABELS[len(labels) % len(LABELS)]) if code.startswith("38;5;") else code

    def line(painted):
        pieces = [(named(code), text) for code, text in COLOURED.findall(painted) if text]
        runs = [(colour, "".join(text for _, text in run)) for colour, run in groupby(pieces, lambda piece: piece[0])]
        return "".join(f"\x1b[{colour}m{text}\x1b[0m" if colour else text for colour, text in runs)

    return [line(painted) for painted in traceback]


def explain(errors, source, history):
    """The contents of a cell's `error` messages as they are to be shown, the last one with a hint if there is one.

    `source` is the cell; `history` tells what this kernel ran before it, as pairs: the number of a cell that ended
    well, and its source; for a cell that ended the process with all variables in it, its number and `None`.
    """
    if not errors:
        return []
    shown = [{**error, "traceback": themed(error["traceback"])} for error in errors]
    said = "\n".join([error["evalue"] for error in errors] + [line for e in errors for line in e["traceback"]])
    hint = _hint(ANSI.sub("", said), source, history)
    if hint:
        shown[-1]["traceback"] += ["", *(f"\x1b[1m→ {line}\x1b[0m" for line in hint.splitlines())]
    return shown


def _hint(said, source, history):
    code = plain(source)
    if CRASH in said:
        return CRASHED
    if "--offline" in said or re.search(r"unresolved import `[a-z_0-9]+`$", said, re.MULTILINE):
        return OFFLINE
    for pattern, hint in PYTHON:
        if re.search(pattern, code, re.MULTILINE):
            return hint
    for pattern, hint in SAID:
        found = re.search(pattern, said, re.MULTILINE)
        if found:
            return found.expand(hint)
    kinds = "value|function|[a-z, ]*type|trait|macro|module or crate"
    missing = list(dict.fromkeys(re.findall(rf"cannot find (?:{kinds}) `(\w+)`", said)))
    return _missing(missing, code, history) if missing else None


OFFLINE = """\
The kernel works without a network, with the crates that this project has (support-crate/Cargo.toml). To add one:
`cargo add NAME --package dl-interview` and `cargo xtask setup` in a terminal, Kernel → Restart, and here `:dep NAME`.
커널은 오프라인으로 동작합니다. 크레이트 추가: `cargo add NAME --package dl-interview`, `cargo xtask setup`, 커널 재시작."""

# Why the program ended, the kernel has told: see `kernel/src/supervisor.rs`.
CRASHED = """\
A new program has been started: run the cells from the top (Run → Run All Above Selected Cell).
셀을 실행하던 프로그램이 끝나 변수가 모두 사라졌습니다. 맨 위 셀부터 다시 실행하세요."""

CLOSURE = """\
A closure cannot be kept for later cells. Write a function, `fn f(x: f32) -> f32 { … }` (it sees no variables: what it
needs, it gets as arguments), or put the closure and its use between braces: `{ let f = |x: f32| …; f(3.0) }`.
클로저는 다음 셀까지 남길 수 없습니다. 함수 `fn`으로 쓰거나, 정의와 사용을 한 셀의 중괄호 { } 안에 두세요."""

BORROW = """\
Variables live on for later cells, and a reference into another variable cannot. Keep a copy (`.clone()`, `.to_owned()`,
`.to_string()`; `.cloned()` for an Option or an iterator), or put the `let` and its use between braces: `{ let … ; … }`.
다른 변수를 가리키는 참조는 다음 셀까지 남길 수 없습니다. 복사본(`.to_owned()`)을 두거나, 중괄호 { } 안에서 쓰세요."""

# Hints by what the kernel said, first match first. `\\1` is what the pattern's group holds.
SAID = [
    (r"(?:The variable `\w+` is a closure|^closure may outlive)", CLOSURE),
    (r"reference with a non-static|borrowed data escapes|temporary value dropped|does not live long", BORROW),
    (
        r"variable `(\w+)` has type `.*` which cannot be persisted",
        "The type of `\\1` has no name that can be written, so it cannot be kept for later cells. Of an iterator,\n"
        "keep what it yields, `.collect::<Vec<_>>()`. Or put the `let` and its use between braces: `{ let … ; … }`.",
    ),
    (
        r"determine type of variable `(\w+)`",
        "The kernel must know the type of a variable that later cells may use. Write it (`let \\1: Vec<f32> = …`),\n"
        "or put the `let` and its use between braces: `{ let … ; … }`.",
    ),
    (
        r"changing this parameter type in (?:function|method) `(\w+)` to borrow",
        "The call hands a variable over for good, and the kernel wants to keep it for later cells. Hand over a copy,\n"
        "`.clone()`, or let `\\1` borrow: `&` before the type of its parameter and before the argument.",
    ),
    (
        r"(?:borrow|use) of (?:partially )?moved value: `(\w+)",
        "`\\1` was handed over (moved) before this place, and has one owner. There, lend it, `&\\1`, or hand over\n"
        "a copy, `\\1.clone()`. 값이 이미 이동했습니다. 참조 `&\\1`나 복사본 `\\1.clone()`을 넘기세요.",
    ),
    (r"cannot find function `range`", "`for i in 0..10 { … }` counts from 0 to 9."),
    (r"cannot find function `len`", "`x.len()` is the length of x."),
    (
        r"cannot find function `(?:sum|abs|max|min)`|^consider importing this function",
        "Much is a method: `x.abs()`, `a.max(b)`, `v.iter().sum::<f32>()`.",
    ),
    (
        r"cannot find (?:function|type) `(?:float|int)`|found builtin type `str`",
        "The types: `f32`, `i32`, `usize`, `String`. To convert: `x as f32`, `x.to_string()`, `text.parse::<f32>()?`.",
    ),
    (r"found macro `print`", '`println!("{x}")` prints a variable, `println!("{x:?}")` a list, a tuple or an Option.'),
    (r"^character literal may only contain", 'Text stands between double quotes: "hello".'),
    (r"prefix `f` is unknown", '`format!("{x:.3}")` makes a text with values in it, `println!("{x:.3}")` prints it.'),
    (
        r"^cannot (?:add|subtract|multiply|divide|calculate and assign).*(?:integer|float|f32|f64|size|[iu]\d+)",
        "Rust does not turn one type of number into another by itself: `2.0` is a float, and `x as f32` converts `x`.",
    ),
    (r"cannot be indexed by `", "An index is a `usize`: `v[i as usize]`."),
    (r"cannot be dereferenced$", "Powers are methods: `x.powi(2)`, `x.powf(0.5)`; for integers `n.pow(2)`."),
    (r"doesn't implement `std::fmt::Display`", "`{:?}` prints it instead of `{}`: `println!(\"{:?}\", x)`."),
]

# Hints by what stands in a cell that does not compile, and is Python.
RUST = "The cells of this notebook are Rust. "
PYTHON = [
    (r"^\s*(?:import|from) \w+|^\s*!?%?pip ", RUST + "The first one loads all they need."),
    (r"^\s*def \w+\(.*:\s*$", RUST + "A function: `fn f(x: f32) -> f32 { x * x }`."),
    (r"\blambda \w*(?:, *\w+)*:", RUST + "A function without a name: `|x| x * 2.0`."),
    (
        r"^\s*(?:for|while|if|else|elif|with|class)\b.*[^:]:(?: \w+\(.*\)| pass)?\s*$|\belif\b",
        RUST + "Blocks stand in braces: `for i in 0..3 { … }`, `if x > 0 { … } else if … { … }`.",
    ),
    (r"^\s*%%?[a-z]+", RUST + "There are no magic commands; `:help` lists what the kernel itself can do."),
    (r"^\s*#(?![!\[])", RUST + "A comment begins with `//`."),
]


def _missing(names, code, history):
    """Why these names are unknown: as a rule a cell has not been run, or has used the variable up."""
    crashes = [i for i, (_, source) in enumerate(history) if source is None]
    start = crashes[-1] + 1 if crashes else 0
    before, now = history[:start], history[start:]
    there = {name for _, source in now for name in definitions(source)}
    for name in names:
        word = rf"\b{name}\b"
        if name in there and not re.search(word, without_functions(code)):
            return f"A function sees no variables. Give it `{name}` as an argument. 함수는 변수를 보지 못합니다: 인자로 넘기세요."
        if name in there:
            number = [n for n, source in now if re.search(word, plain(source))][-1]
            return (
                f"`{name}` was handed over (moved) by cell [{number}]. Lend it there, `&{name}`, or hand over a copy,\n"
                f"`{name}.clone()`, and run the cell that makes `{name}` once more. `{name}`의 값은 셀 [{number}]에서 이동했습니다."
            )
    lost = [name for name in names if any(name in definitions(source) for _, source in before if source)]
    listed = ", ".join(f"`{name}`" for name in names)
    are, it = ("is", "it") if len(names) == 1 else ("are", "them")
    if lost:
        return (
            f"{listed} {are} gone: the program that ran the cells ended in cell [{history[start - 1][0]}].\n"
            "Run the cells from the top (Run → Run All Above Selected Cell). 맨 위 셀부터 다시 실행하세요."
        )
    new = [name for name in names if re.search(rf"^{name} = ", code, re.MULTILINE)]
    if new:
        return f"A new variable begins with `let`: `let {new[0]} = …;`, or `let mut {new[0]} = …;` if it changes later."
    return (
        f"{listed} {are} not defined yet: no cell that was run in this kernel has made {it}. If one above does,\n"
        "run it first (Run → Run All Above Selected Cell). 위쪽 셀을 먼저 실행하세요."
    )


def plain(source):
    """The code without comments, and of its texts only the names that they show: `{loss:.3}`."""

    def names(found):
        shown = "" if found[0].startswith("/") else " ".join(re.findall(r"{([a-z_]\w*)", found[0]))
        return f'"{shown}"'

    return re.sub(r'//[^\n]*|/\*.*?\*/|r#".*?"#|"(?:\\.|[^"\\])*"', names, source, flags=re.DOTALL)


def definitions(source):
    """The names that a cell defines for other cells; not those inside braces."""
    code = plain(source)
    while re.search(r"\{[^{}]*\}", code):
        code = re.sub(r"\{[^{}]*\}", " ", code)
    names = set(re.findall(r"\b(?:fn|struct|enum|trait|type|const|static|mod|macro_rules!) +(?:mut +)?(\w+)", code))
    for pattern in re.findall(r"(?<!if )(?<!while )\blet\s+([^=;]*)", code):
        names.update(re.findall(r"\b[a-z_]\w*", re.split(r":(?!:)", pattern)[0]))
    return names - {"mut", "ref"}


def without_functions(code):
    """The code without the bodies of its functions."""
    while found := re.search(r"\bfn \w+[^{;]*\{", code):
        depth, end = 1, found.end()
        while depth and end < len(code):
            depth += {"{": 1, "}": -1}.get(code[end], 0)
            end += 1
        code = code[: found.start()] + code[end:]
    return code
