"""What the real kernel says to the mistakes that people from Python make, and the hint that it gets."""

import re

import pytest

from conftest import SETUP
from dli_jupyter import FAILURE_MARKER, hints
from test_kernel import kernel


def cells(client, *sources):
    """Runs the cells one after another; the errors of the last one, explained and as they came, and what ran before it."""
    history = []
    for source in sources:
        messages = []
        reply = client.execute_interactive(source, timeout=600, output_hook=messages.append)["content"]
        errors = [m["content"] for m in messages if m["msg_type"] == "error"]
        before = list(history)
        if any(hints.CRASH in error["evalue"] for error in errors):
            history.append((reply["execution_count"], None))
        elif reply["status"] == "ok" and not any(FAILURE_MARKER in m["content"].get("text", "") for m in messages):
            history.append((reply["execution_count"], source))
    return hints.explain(errors, sources[-1], before), errors, before


@pytest.fixture(scope="module")
def client():
    with kernel() as (_, client):
        yield client


# Each: the cells, of which the last one fails, and what its hint says.
NOT_RUN = r"not defined yet: .* one above does,\n.*Run All Above Selected Cell"
MOVED = r"`{0}` was handed over \(moved\) by cell \[\d+\].*`&{0}`[^`]*\n.*`{0}\.clone\(\)`.* the cell that makes `{0}`"
CLOSURE, BORROW = r"A closure cannot be kept .*`fn f\(", r"a reference into another variable cannot.*`\.to_owned\(\)`"
OFFLINE = r"without a network.*support-crate/Cargo\.toml.*\n.*`cargo add"
MISTAKES = [
    (["net_1.predict(&images)"], f"`net_1`, `images` are {NOT_RUN}"),
    (["let history = fit(&net_1, &train_1, None, &Fit::default());"], f"`net_1`, `train_1` are {NOT_RUN}"),
    (["last_accuracy(3)"], f"`last_accuracy` is {NOT_RUN}"),
    (["let p = Point { x: 1.0 };"], f"`Point` is {NOT_RUN}"),
    (["let p: Vec<Matrix> = vec![];"], f"`Matrix` is {NOT_RUN}"),
    (['println!("{width_1} and {depth_1}")'], f"`width_1`, `depth_1` are {NOT_RUN}"),
    (['println!("{}", 한국어);'], f"`한국어` is {NOT_RUN}"),
    (["plots::lines(1)"], f"`plots` is {NOT_RUN}"),
    (['panic!("so nothing is defined"); let never = 1;', "never"], f"`never` is {NOT_RUN}"),
    (["{ let inner_1 = vec![1]; inner_1.len() }", "inner_1.len()"], f"`inner_1` is {NOT_RUN}"),
    (["y_1 = 3"], "A new variable begins with `let`: `let y_1 = …;`"),
    (["let v_1 = vec![1];", "let w_1 = v_1;", 'println!("{v_1:?}")'], MOVED.format("v_1")),
    (['let names_1 = vec!["a"];', 'for n in names_1 { println!("{n}"); }', "names_1.len()"], MOVED.format("names_1")),
    (["let (a_1, b_1) = (vec![1], vec![2]);", "drop(b_1); a_1.len()", "b_1.len()"], MOVED.format("b_1")),
    (["let g_1 = vec![1];", "std::thread::spawn(move || g_1.len()).join().unwrap()", "g_1"], MOVED.format("g_1")),
    (["let n_1 = mlp(&[2, 2], Activation::Relu, &mut rng(1));", "let m_1 = n_1;", "n_1"], MOVED.format("n_1")),
    (["let a_2 = vec![1];\nlet b_2 = a_2;\na_2.len()"], r"`a_2` was handed over \(moved\) before this place"),
    (["let l_2 = vec![1];\nfor _ in 0..2 { drop(l_2); }"], r"`l_2` was handed over \(moved\) before this place"),
    (["fn eat(x: Vec<i32>) -> usize { x.len() }\nlet a_3 = vec![1];", "eat(a_3)"], r"`\.clone\(\)`, or let `eat` borrow"),
    (["let side_1 = 3;", "fn area() -> i32 { side_1 * side_1 }"], "A function sees no variables. Give it `side_1`"),
    (["let f = |x: f32| x * 2.0;"], CLOSURE),
    (["let f = |x: f32| x * 2.0;\nf(3.0)"], CLOSURE),
    (["let k_1 = 3.0f32;", "let f = |x: f32| x * k_1;\nf(3.0)"], CLOSURE),
    (["let f: Box<dyn Fn(f32) -> f32> = Box::new(|x| x * k_1);"], CLOSURE),
    (["let data_2 = vec![1, 2, 3];\nlet first = &data_2[0];"], BORROW),
    (["let data_1 = vec![1, 2, 3];", "let first = data_1.first();"], BORROW),
    (['let text_1 = "a b".to_string();', "let parts = text_1.split(' ').collect::<Vec<_>>();"], BORROW),
    (["let m_2 = Array2::<f32>::zeros((2, 3));", "let row = m_2.row(0);"], BORROW),
    (['let c = "abc".to_string().chars();'], BORROW),
    (["let it = (0..3).map(|i| i * 2);"], r"type of `it` has no name.*\.collect"),
    (["fn evens() -> impl Iterator<Item = i32> { 0..3 }\nlet e_1 = evens();"], r"type of `e_1` has no name.*\.collect"),
    ([":dep nalgebra"], OFFLINE),
    ([':dep no-such-crate-anywhere = "1"'], OFFLINE),
    ([':dep foo = { git = "https://github.com/foo/foo" }'], OFFLINE),
    ([':dep ndarray = "0.12"'], OFFLINE),
    (["use rand_distr::Normal;"], OFFLINE),
    (['print("hello")'], r"`println!\("),
    (["len(data_1)"], r"`x\.len\(\)`"),
    (['for i in range(10) { println!("{i}"); }'], r"`for i in 0\.\.10"),
    (["import numpy as np"], "The cells of this notebook are Rust"),
    (["def f(x):\n    return x"], r"`fn f\(x"),
    (['for i in 0..3:\n    println!("{i}")'], "Blocks stand in braces"),
    (["let s = 'hello';"], "double quotes"),
    (["# a comment\nlet a = 1;"], "A comment begins with `//`"),
    (["%timeit 1 + 1"], "no magic commands"),
    (["let i_1 = 3;\nlet q = i_1 * 2.0f32;"], r"`x as f32`"),
    (["let i_2 = 1i32;\ndata_1[i_2]"], "An index is a `usize`"),
    (["2.0 ** 3.0"], r"`x\.powi\(2\)`"),
]


@pytest.mark.parametrize(("sources", "wanted"), MISTAKES, ids=lambda value: value[-1] if isinstance(value, list) else "")
def test_a_mistake_gets_its_hint(client, sources, wanted):
    explained, *_ = cells(client, *sources)
    said = ["\n".join(line.removeprefix("→ ") for line in plain(error)) for error in explained]
    assert re.search(wanted, said[-1], re.DOTALL), said[-1]
    assert not any(line.startswith("→") for error in explained[:-1] for line in plain(error)), "one hint a cell"
    assert sum(line.startswith("→") for line in plain(explained[-1])) <= 3, "two lines, and one in Korean"


def plain(error):
    return [hints.ANSI.sub("", line) for line in error["traceback"]]


@pytest.mark.parametrize(
    "source",
    [
        'let x: f32 = "a";',
        "let lambda: f32 = 0.1; let x: f32 = lambda.foo();",
        "vec![1.0f32].append_all(3)",
        "let x = None;",
        "fn f() {",
    ],
)
def test_where_the_compiler_says_it_well_there_is_no_hint(client, source):
    explained, *_ = cells(client, source)
    assert explained and not [line for error in explained for line in plain(error) if line.startswith("→")]


@pytest.mark.parametrize(
    "source",
    ["fn deep(n: u64) -> u64 { n + deep(n + 1) }\ndeep(0)", "std::process::exit(1)", "std::process::abort()"],
    ids=lambda value: value.splitlines()[0],
)
def test_after_a_crash_the_way_on_is_told(client, source):
    """Why it ended, the kernel tells: see `test_cells`."""
    explained, *_ = cells(client, "let kept_1 = 1;", source)
    assert "run the cells from the top" in "\n".join(plain(explained[-1]))
    explained, _, before = cells(client, "let kept_1 = 1;", source, "kept_1")
    assert before[-1][1] is None
    said = "\n".join(plain(explained[-1]))
    assert f"`kept_1` is gone: the program that ran the cells ended in cell [{before[-1][0]}]." in said


def test_colours_are_those_of_the_theme(client):
    """The basic ones, which every theme has shades of its own for: 256 colours are made for one background."""
    for source in ["let a_4 = vec![1];\nlet b_4 = a_4;\na_4.len()", "let x = 없음;", "let f = |x: f32| x * k_1;"]:
        [error, *_], [raw, *_], _ = cells(client, source)
        codes = set(re.findall(r"\x1b\[([0-9;]*)m", "\n".join(error["traceback"])))
        assert codes and codes <= {"0", "1", "1;31", "31", "32", "33", "34", "35", "36", "90"}, codes
        assert plain(error)[: len(raw["traceback"])] == plain(raw), "only colours have changed"
        # Two labels in one message differ in colour, and a source line is in the colour of all text.
        if "b_4" in source:
            lines = error["traceback"]
            assert any(line.endswith(" let b_4 = \x1b[31ma_4\x1b[0m;") for line in lines), lines
            assert any("\x1b[34ma_4\x1b[0m.len()" in line for line in lines), lines


def test_definitions_are_those_that_other_cells_see():
    source = """
    let (a, mut b): (Vec<f32>, i32) = (vec![], 1); // let not_this = 1;
    let [c, d] = pair();
    fn e(x: i32) -> i32 { let not_that = x; not_that }
    struct F { g: i32 }
    if let Some(h) = option { let i = 1; }
    let text = "let not_in_a_text = 1;";
    """
    assert hints.definitions(source) == {"a", "b", "c", "d", "e", "F", "text"}


def test_the_report_of_the_runner_has_the_hint(make, execute):
    code, failures = execute([make("moved", SETUP, "let a = vec![1];", "let b = a;", "println!(\"{a:?}\")")])
    [message] = [failure["message"] for failure in failures["moved"]]
    assert code == 1 and "\x1b" not in message
    assert re.search(r"cannot find value `a`.*→ `a` was handed over \(moved\) by cell \[\d+\]", message, re.DOTALL), message
