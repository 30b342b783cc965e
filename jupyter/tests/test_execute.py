"""The runner must say "failed" wherever something failed, and nowhere else."""

import re

import nbformat

from dli_jupyter import FAILURE_MARKER
from conftest import ROOT, SETUP


def only(failures):
    assert len(failures) == 1, failures
    return failures[0]


def test_the_marker_is_the_one_that_the_support_crate_prints():
    source = (ROOT / "support-crate/src/notebook/failures.rs").read_text()
    marker = re.search(r'FAILURE_MARKER: &str = "(.*)";', source).group(1)
    assert marker.replace("\\x1b", "\x1b") == FAILURE_MARKER


def test_every_kind_of_failure_is_seen_and_named(make, execute):
    """One run over notebooks that are each broken in their own way, between two that are not."""
    good = 'println!("fine");'
    paths = [
        make("a-good", SETUP, good),
        make("compile-error", SETUP, good, "let x: i32 = \"text\";", good),
        make("panic", SETUP, good, "let v: Vec<i32> = vec![1];\nlet w = v[3];", good),
        make("question-mark", SETUP, good, 'let n: i32 = "abc".parse()?;', good),
        make(
            "claim",
            SETUP,
            'let mut claims = Claims::of("x", 1);\nclaims.that("x.a", "one is at least two", 1.0).is_at_least(2.0);',
            "claims",
        ),
        make("abort", SETUP, good, "std::process::abort();", good),
        make("dead-kernel", SETUP, good, KILL_THE_KERNEL, good),
        make("too-long", SETUP, "loop { std::thread::sleep(std::time::Duration::from_millis(50)); }"),
        make("not-failing", SETUP, (good, ["raises-exception"])),
        make("failing-on-purpose", SETUP, ('panic!("as planned")', ["raises-exception"]), good),
        # The message of a failed `?` comes late; each must be seen, and in its own cell.
        make("late", SETUP, *[('let n: i32 = "abc".parse()?;', ["raises-exception"]), good] * 6),
        make("z-good", SETUP, good),
    ]
    before = {path: path.read_text() for path in paths}
    code, failures = execute(paths, "--jobs", "2", "--timeout", "20")
    assert code == 1
    assert set(failures) == {path.stem for path in paths}, "a failure must not keep the others from running"
    for name in ("a-good", "z-good", "failing-on-purpose", "late"):
        assert failures[name] == [], name

    expected = {
        "compile-error": (3, "mismatched types"),
        "panic": (3, "index out of bounds: the len is 1 but the index is 3"),
        "question-mark": (3, "invalid digit found in string"),
        "claim": (3, "x.a"),
        "abort": (3, "terminated"),
        "dead-kernel": (3, "the kernel died"),
        "too-long": (2, "limit of 20 s"),
        "not-failing": (2, "expected to fail"),
    }
    for name, (cell, words) in expected.items():
        failure = only(failures[name])
        assert failure["cell"] == cell and failure["id"] == f"c{cell - 1}", (name, failure)
        assert words in failure["message"], (name, failure)
    for path in paths:
        changed = path.read_text() != before[path]
        assert changed == (not failures[path.stem]), f"{path.stem}: only a notebook that works is written"


# Above the cell's own process is the supervisor, and above that is evcxr itself.
KILL_THE_KERNEL = """\
let parent = std::fs::read_to_string("/proc/self/stat")?.split(' ').nth(3).unwrap().to_string();
let above = std::fs::read_to_string(format!("/proc/{parent}/stat"))?.split(' ').nth(3).unwrap().to_string();
std::process::Command::new("kill").args(["-9", &above]).status()?;
std::thread::sleep(std::time::Duration::from_secs(60));
"""


def test_what_is_written_holds_no_clock(make, execute):
    path = make("clock", SETUP, 'println!("{:?}", std::env::var("DLI_CLOCK"));')
    assert execute([path]) == (0, {"clock": []})
    assert nbformat.read(path, 4).cells[1].outputs[0].text == 'Ok("0")\n'


def test_outputs_are_written_in_one_form_and_compared(make, execute):
    path = make(
        "form",
        SETUP,
        'for i in 0..3 { println!("line {i}"); }',
        'println!("accuracy {:.3} of {}", 0.975, seed());\nlines("a", "x", "y", &[curve("y", &[1.0, 2.0])])',
        ('println!("{:?}", std::time::SystemTime::now());', ["timing"]),
    )
    assert execute([path]) == (0, {"form": []})
    written = path.read_text()
    notebook = nbformat.reads(written, 4)
    assert [c.execution_count for c in notebook.cells] == [1, 2, 3, 4]
    assert [c.id for c in notebook.cells] == ["c0", "c1", "c2", "c3"]
    assert [o.text for o in notebook.cells[1].outputs] == ["line 0\nline 1\nline 2\n"]
    assert "data:image/svg+xml" in notebook.cells[2].outputs[1].data["text/html"]
    assert notebook.cells[2].outputs[1].data["image/png"].startswith("iVBOR"), "its twin"
    assert '"execution"' not in written, "a time stamp"

    # A copy as it stands, a number that moved a little, one that moved too much, another word, another form.
    variants = {
        "same": written,
        "near": written.replace("accuracy 0.975", "accuracy 0.976"),
        "number": written.replace("accuracy 0.975", "accuracy 0.875"),
        "word": written.replace("line 1", "lime 1"),
        "metadata": written.replace('"id": "c1"', '"id": "c1",\n   "extra": 1'),
    }
    paths = [path.with_stem(name) for name in variants]
    for copy, text in zip(paths, variants.values()):
        copy.write_text(text)
    code, failures = execute(paths, "--check", "--jobs", "2")
    assert code == 1
    assert failures["same"] == [] and failures["near"] == []
    assert "+accuracy 0.975 of 42" in only(failures["number"])["message"]
    assert only(failures["number"])["cell"] == 3
    assert "-lime 1" in only(failures["word"])["message"]
    assert "normal form" in only(failures["metadata"])["message"]
    assert [copy.read_text() for copy in paths] == list(variants.values()), "--check leaves the files alone"
