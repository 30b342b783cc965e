"""Words are compared exactly, numbers within the tolerance, pictures by their text alternative."""

import nbformat
import pytest

from dli_jupyter import compare


@pytest.mark.parametrize(
    "a, b",
    [
        ("loss 0.1234", "loss 0.1250"),
        ("loss 0.003", "loss 0.004"),  # 0.0034 and 0.0036, in three decimals
        ("1.4e-5", "1.5e-5"),
        ("gap 0", "gap 6.9e-17"),
        ("gap -2e-10", "gap 3e-10"),
        ("accuracy 97.6 %", "accuracy 97.4 %"),
        ("|   1 |  0.50 |", "|   1 |  0.505 |"),
        ("1.00e-3", "1.01e-3"),
        ("−1.00 and -2.0", "−1.01 and -2.01"),
        ("zero 0.0000", "zero 0.0001"),
        ("10000 images", "10001 images"),
    ],
)
def test_small_differences_agree(a, b):
    assert compare.agree(a, b)


@pytest.mark.parametrize(
    "a, b",
    [
        ("loss 0.1234", "loss 0.1434"),
        ("loss 0.5", "loss NaN"),
        ("loss 0.5", "error 0.5"),
        ("1.0 2.0", "1.0"),
        ("-1.0", "1.0"),
        ("0.0001", "0.001"),
        ("1e-7", "−0.0018"),
        ("1e-7", "2e-7"),
        ("2.1e-8", "3.5e-8"),
        ("0.003", "0.0041"),  # one of them has more decimals: not a matter of the third
        ("0.003", "0.005"),
        ("zero 0.0000", "zero 0.0012"),
        ("0.01", "0.02"),
        ("1.0", "1.1"),
        ("1 unit", "2 units"),
        ("3 layers", "4 layers"),
        ("10 epochs", "11 epochs"),
        ("✓", "✗"),
    ],
)
def test_other_differences_do_not(a, b):
    assert not compare.agree(a, b)


def cell(html, tags=()):
    output = nbformat.v4.new_output("display_data", {"text/html": html})
    return nbformat.v4.new_code_cell("x", outputs=[output], metadata={"tags": list(tags)} if tags else {})


def test_a_picture_is_compared_by_its_alternative():
    figure = '<img alt="Loss: from 2.3 to {}" src="data:image/svg+xml;charset=utf-8,{}">'
    assert compare.difference(cell(figure.format(0.50, "a")), cell(figure.format(0.50, "b"))) is None
    assert "+Loss: from 2.3 to 0.9" in compare.difference(cell(figure.format(0.5, "a")), cell(figure.format(0.9, "a")))


def test_a_table_is_compared_by_its_words():
    table = "<table><tr><td>accuracy</td><td>{}</td></tr><tr><td>ok</td><td>{}</td></tr></table>"
    assert compare.difference(cell(table.format(0.970, "✓")), cell(table.format(0.971, "✓"))) is None
    assert compare.difference(cell(table.format(0.970, "✓")), cell(table.format(0.970, "✗")))


def test_tags_set_the_tolerance():
    old, new = cell("took 1.0 s"), cell("took 1.08 s")
    assert compare.difference(old, new)
    assert compare.difference(old, cell("took 1.08 s", ["tolerance=0.1"])) is None
    assert compare.difference(old, cell("took 9 s", ["timing"])) is None
    old, new = cell("gap 3e-7, loss 0.5"), cell("gap 8e-6, loss 0.5")
    assert compare.difference(old, new)
    assert compare.difference(old, cell("gap 8e-6, loss 0.5", ["noise=1e-5"])) is None
    assert compare.difference(old, cell("gap 8e-6, loss 0.52", ["noise=1e-5"])), "noise is for what should be 0"
    assert compare.difference(old, cell("gap 2e-5, loss 0.5", ["noise=1e-5"])), "and for nothing larger"
