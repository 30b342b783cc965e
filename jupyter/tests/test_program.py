"""Notebooks that run as programs: what they say is read, which cells they run, and which knobs they take."""

import json
import subprocess

import pytest

from conftest import ROOT
from dli_jupyter import FAILURE_MARKER, program

SAID = """\
DLI_CELL first
one
EVCXR_BEGIN_CONTENT text/html
<img alt="a
figure">
EVCXR_END_CONTENT
EVCXR_BEGIN_CONTENT text/plain
a
figure
EVCXR_END_CONTENT
EVCXR_BEGIN_CONTENT text/x-claim
1-0.a\t1e0\t2.5e0\t≥ 1\ttrue
EVCXR_END_CONTENT
two
DLI_CELL second
DLI_CELL third
no line break"""


def xtask(*arguments):
    """Runs `cargo xtask …`; answers with its exit status and what it said."""
    done = subprocess.run(["cargo", "xtask", *arguments], cwd=ROOT, text=True, capture_output=True)
    return done.returncode, done.stdout + done.stderr


@pytest.fixture(scope="module")
def twelve(tmp_path_factory):
    """The program of notebook 12-2, and its structure."""
    file = tmp_path_factory.mktemp("structure") / "12-2.json"
    status, said = xtask("program", "--structure", str(file), "12-2")
    assert status == 0, said
    [structure] = json.loads(file.read_text())
    [path] = (program.PLACE / "target").glob("*-*/debug/notebook-12-2")

    def run(*arguments):
        done = subprocess.run([path, *arguments], env={"DLI_CLOCK": "0"}, text=True, capture_output=True)
        return done.returncode, done.stdout + done.stderr

    run.path = path
    run.cells = {cell["id"]: cell for cell in structure["cells"]}
    return run


def test_what_a_program_prints_is_read_as_a_kernels_cells_are():
    cells, claims = program.outputs(SAID)
    assert list(cells) == ["first", "second", "third"]
    stream, result = cells["first"]
    assert stream.text == "one\ntwo\n"
    assert result.data == {"text/html": '<img alt="a\nfigure">', "text/plain": "a\nfigure"}
    assert cells["second"] == [] and cells["third"][0].text == "no line break\n"
    assert claims == {"1-0.a": ["1e0", "2.5e0", "≥ 1", "true"]}


def test_ranges_run_over_all_seeds_and_name_those_that_fail():
    claims = {
        "1": {"1-0.a": ["0.5", "0.75", "≥ 0.5", "true"], "1-0.b": ["", "", "true", "true"]},
        "2": {"1-0.a": ["0.25", "1", "≥ 0.5", "false"], "1-0.b": ["", "", "true", "true"]},
        "7": {"1-0.a": ["nan", "nan", "≥ 0.5", "false"]},
    }
    first, second = program.ranges(claims)
    assert first.split() == ["1-0.a", "NaN", "≥", "0.5", "✗", "under", "seed", "2,", "7"]
    assert second.split() == ["1-0.b", "✓"]
    del claims["7"]
    assert "0.25 … 1" in program.ranges(claims)[0]


def test_a_program_runs_under_seeds_and_says_what_its_claims_came_to(twelve, capsys):
    [notebook] = (ROOT / "notebooks").glob("12-2-*.ipynb")
    text = notebook.read_text()
    assert program.main(["run", "--check", "--seed=42", "--seed=43", "--", str(notebook), str(twelve.path)]) == 0
    said = capsys.readouterr().out
    done = [json.loads(line) for line in said.splitlines() if line.startswith("{") and '"done"' in line]
    assert {event["notebook"] for event in done} == {f"{notebook.stem} (seed {seed})" for seed in (42, 43)}
    assert "measured under 2 seeds" in said and said.count(" ✓") == sum(len(c["claims"]) for c in twelve.cells.values())
    assert notebook.read_text() == text


def test_what_goes_wrong_in_a_program_is_told_as_of_a_kernel(twelve, tmp_path, capsys):
    def failures(script, *options):
        broken = tmp_path / "broken"
        broken.write_text(f"#!/bin/sh\n{script}\n")
        broken.chmod(0o755)
        [notebook] = (ROOT / "notebooks").glob("12-2-*.ipynb")
        assert program.main(["run", *options, "--", str(notebook), str(broken)]) == 1
        [event] = [json.loads(line) for line in capsys.readouterr().out.splitlines() if '"done"' in line]
        return event["failures"]

    [failure] = failures(f"{twelve.path} --cells setup")
    assert "the program ended with 0" in failure["message"] and failure["id"] == "setup"
    [failure] = failures("echo DLI_CELL setup; exit 3")
    assert "ended with 3" in failure["message"]
    [failure] = failures(f"{twelve.path}; echo lost >&2")
    assert failure["message"] == "lost"
    [failure] = failures("echo DLI_CELL setup; sleep 60", "--timeout=1")
    assert "limit of 1 s" in failure["message"]
    drift = failures(f"{twelve.path} | sed 's/ReLU/RELU/g'", "--check")
    assert drift and all("shows something else than in its kernel" in failure["message"] for failure in drift)
    claim = failures(f"{twelve.path} | sed 's/^DLI_CELL claims-table/&\\n\\x1b[31m✗ panicked: 1 of 9 claims failed/'")
    assert "1 of 9 claims failed" in claim[0]["message"] and claim[0]["id"] == "claims-table"


def test_a_cell_needs_the_cells_that_it_says_and_no_others(twelve):
    """Each cell that makes claims shows the same with what it needs as after all that stands above it."""
    status, said = twelve()
    assert status == 0, said
    whole, _ = program.outputs(said)
    assert list(whole) == list(twelve.cells)
    alone = 0
    for name, cell in twelve.cells.items():
        if cell["claims"]:
            status, said = twelve("--cells", ",".join([*cell["needs"], name]))
            assert status == 0, said
            shown, _ = program.outputs(said)
            assert list(shown) == [*cell["needs"], name] and shown[name] == whole[name]
            alone += len(cell["needs"]) < list(twelve.cells).index(name)
    assert alone >= 3, "every cell needs all before it"
    table = list(twelve.cells)[-1]
    claims = {claim for needed in twelve.cells[table]["needs"] for claim in twelve.cells[needed]["claims"]}
    assert len(claims) == sum(len(cell["claims"]) for cell in twelve.cells.values()), "the table needs every claim"


def test_without_what_a_cell_needs_it_says_so(twelve):
    name = next(name for name, cell in twelve.cells.items() if cell["claims"])
    status, said = twelve("--cells", name)
    assert status != 0 and "`claims` is missing: the cell [claims-declared] has not run" in said
    assert said.count(FAILURE_MARKER) == 1


def test_a_knob_changes_what_it_reaches_and_nothing_else(twelve):
    name, knob = next((name, knob) for name, cell in twelve.cells.items() for knob in cell["knobs"] if knob["name"] == "fold")
    before, _ = program.outputs(twelve()[1])
    after, _ = program.outputs(twelve("--knob", f"fold={knob['tries'][0]}")[1])
    changed = {cell for cell in after if after[cell] != before[cell]}
    assert name in changed and changed <= set(twelve.cells[name]["reaches"]), changed
    for value in ["many", "[1.0]", "1.0, 2.0", ""]:
        status, said = twelve("--knob", f"fold={value}")
        assert status != 0 and f"the knob `fold` cannot be {value}: it takes a number" in said


def test_names_that_there_are_not_are_refused_with_those_that_there_are(twelve):
    for arguments, message in [
        (["--cells", "setup,nowhere"], "no cell is called nowhere; there are: setup, claims-declared"),
        (["--knob", "nothing=1"], "no knob is called nothing; there are: epochs, fold"),
        (["--knob", "fold"], "a knob is written name=value"),
        (["--all"], "--all is unknown; there are --cells, --knob, --variables"),
    ]:
        status, said = twelve(*arguments)
        assert status != 0 and message in said, said


def test_the_command_turns_knobs_and_says_what_there_is():
    status, said = xtask("run", "--knob", "12-2.fold=3.0")
    assert "[tents]" in said and "1 notebooks passed" in said or status != 0 and "✗" in said, said
    for knob, message in [
        ("12-2.nothing=1", "12-2 has no knob `nothing`; it has: epochs, fold"),
        ("12-2.fold=wide", "the knob 12-2.fold cannot be wide: give a value like 4.0"),
        ("fold=3.0", "is no knob; 12-3.rates=[0.05,0.7] is one"),
    ]:
        status, said = xtask("run", "--knob", knob)
        assert status != 0 and message in said, said
