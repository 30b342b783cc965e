"""What a cell says and how it ends: every line under its own cell, and no end without a word."""

import os
import time

import pytest

from conftest import SETUP
from dli_jupyter import FAILURE_MARKER, execute, template
from test_kernel import kernel, run

RED, PLAIN = "\x1b[31m", "\x1b[0m"


@pytest.fixture(scope="module")
def cell():
    """Runs a cell and answers with what it said; `cell.interrupt()` presses the stop button."""
    with kernel() as (manager, client):

        def say(code, timeout=60):
            return run(client, code, timeout)

        say.client, say.interrupt = client, manager.interrupt_kernel
        say(SETUP)
        yield say


def test_a_text_without_a_line_break_stays_in_its_cell(cell):
    assert cell('for i in 0..3 { print!("{i} "); }') == "0 1 2 \n"
    assert cell('use std::io::Write; write!(std::io::stdout(), "no break").unwrap();') == "no break\n"
    assert cell('print!("text "); table(&["a"], &[vec!["1".into()]])').startswith("text \n")
    assert cell('println!("next")') == "next\n"


def test_bytes_that_are_no_text_shift_nothing(cell):
    for bytes in [r'b"\xff\n"', r'b"\xc3"', r'b"a\xffb\0c\n\n"', r'&[0xf0, 0x9f, 10]']:
        said = cell(f"std::io::Write::write_all(&mut std::io::stdout(), {bytes}).unwrap();")
        assert "\ufffd" in said
        assert cell("1 + 1").strip() == "2"
        assert cell('println!("mine")') == "mine\n"


def test_reading_the_keyboard_ends_at_once(cell):
    read = "let mut line = String::new(); std::io::stdin().read_line(&mut line).unwrap()"
    assert cell(read).strip() == "0"
    assert cell("std::io::read_to_string(std::io::stdin()).unwrap()").strip() == '""'
    assert cell("1 + 1").strip() == "2"


def test_standard_error_is_red_and_in_its_own_cell(cell):
    for i in range(5):
        assert cell(f'eprintln!("number {i}");') == f"{RED}number {i}{PLAIN}\n"
    assert "= 3" in cell("dbg!(1 + 2);")
    assert cell('eprint!("no break")') == f"{RED}no break{PLAIN}\n"
    many = cell('for i in 0..3000 { println!("{i}"); eprintln!("{i}"); }').replace(RED, "").replace(PLAIN, "").split()
    assert sorted(map(int, many)) == sorted([*range(3000), *range(3000)])


def test_a_panic_names_the_line_of_the_cell(cell):
    cell("fn third(v: &[i32]) -> i32 {\n    v[2] // the line\n}")
    for code, message, line in [
        ("let v = vec![1];\nlet i = 3;\nprintln!(\"{}\", v[i]);", "index out of bounds", 'println!("{}", v[i]);'),
        ("third(&[1, 2])", "index out of bounds", "v[2] // the line"),
        ("let a = Tensor::new(array![[1.0]]);\nlet b = Tensor::new(array![[1.0], [2.0]]);\na.matmul(&b)", "", "a.matmul(&b)"),
        ('let n: i32 = "x".parse().unwrap();', "InvalidDigit", 'let n: i32 = "x".parse().unwrap();'),
    ]:
        said = cell(code)
        assert said.startswith(f"{FAILURE_MARKER}panicked: ") and message in said, said
        assert said.endswith(f"{RED}  in the line: {line}{PLAIN}\n"), said


def test_a_failed_question_mark_names_its_line(cell):
    said = cell('println!("before");\nlet x: f32 = "abc".parse::<f32>()?;\nprintln!("after {x}");')
    assert said == (
        f"before\n{FAILURE_MARKER}failed: invalid float literal{PLAIN}\n"
        f'{RED}  in the line: let x: f32 = "abc".parse::<f32>()?;{PLAIN}\n'
    )
    missing = cell('std::fs::read_to_string("/nowhere/at/all")?;')
    assert f"{FAILURE_MARKER}failed: No such file or directory" in missing and "nowhere/at/all" in missing
    assert cell("1 + 1").strip() == "2"


@pytest.mark.parametrize(
    "ending, words",
    [
        ("fn deep(n: u64) -> u64 { n + deep(n + 1) }\nprintln!(\"{}\", deep(0));", "its stack or the memory was full"),
        ("let big = vec![0u8; 1 << 46]; println!(\"{}\", big.len());", "its stack or the memory was full"),
        ('std::process::Command::new("kill").args(["-9", &std::process::id().to_string()]).status()?; loop {}', "was killed"),
        ("std::process::exit(3);", "ended itself (exit code 3)"),
        ("std::process::abort();", "was aborted"),
        ("unsafe { std::ptr::null_mut::<i32>().write_volatile(1) };", "crashed (signal 11)"),
    ],
)
def test_after_a_crash_the_reader_knows_and_the_next_process_is_like_the_first(cell, ending, words):
    cell("let kept = 1;")
    said = cell('println!("first");\n' + ending)
    assert said.startswith("first\n") and words in said and "All variables are gone" in said, said
    assert cell("1 + 1").strip() == "2"
    # Failures still say so: what is set up in a process is set up in every one.
    assert f"{FAILURE_MARKER}panicked: again" in cell('panic!("again")')
    assert f"{FAILURE_MARKER}failed: invalid" in cell('let n: u8 = "x".parse()?;')


def test_a_loop_that_does_not_listen_is_told_of_and_ends_at_the_second_press(cell):
    cell("let kept = 1;")
    request = cell.client.execute("let mut n = 0u64;\nloop { n = std::hint::black_box(n + 1); }")
    said, start = [], None
    while True:
        message = cell.client.get_iopub_msg(timeout=60)
        if message["parent_header"].get("msg_id") != request:
            continue
        kind, content = message["msg_type"], message["content"]
        if kind == "execute_input":
            time.sleep(3)  # it compiles, then loops
            cell.interrupt()
            start = time.monotonic()
        if kind == "stream":
            said.append(content["text"])
            if "does not listen" in content["text"]:
                assert 3 < time.monotonic() - start < 30
                cell.interrupt()
        if content.get("execution_state") == "idle":
            break
    assert "does not listen" in "".join(said) and "was ended by the stop button" in "".join(said)
    assert cell("1 + 1").strip() == "2"


def test_a_cell_that_listens_is_left_in_peace(cell):
    cell("let kept = 1;")
    request = cell.client.execute(
        "let mut n = 0;\nwhile !is_interrupted() { std::thread::sleep(std::time::Duration::from_millis(20)); n += 1; }\n"
        'println!("stopped")'
    )
    said = []
    while True:
        message = cell.client.get_iopub_msg(timeout=60)
        if message["parent_header"].get("msg_id") != request:
            continue
        if message["msg_type"] == "execute_input":
            time.sleep(3)
            cell.interrupt()
        if message["msg_type"] == "stream":
            said.append(message["content"]["text"])
        if message["content"].get("execution_state") == "idle":
            break
    assert "".join(said) == "stopped\n"
    assert cell("kept").strip() == "1"


def test_a_folder_may_have_spaces_and_korean(tmp_path):
    """The Korean desktop folder has both."""
    folder = tmp_path / "바탕 화면"
    template.ensure()
    clone, lock = template.clone()
    try:
        clone.rename(folder)
        found = template.settings()
        spec = execute.installed_kernel()
        spec.argv = [found["evcxr"], "--control_file", "{connection_file}"]
        with kernel(spec, template.environment(found, folder)) as (_, client):
            assert run(client, "seed()").strip() == "42"
    finally:
        os.close(lock)
