"""Kernels side by side, kernels that are killed, and what they leave behind."""

import contextlib
import hashlib
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from queue import Empty

import psutil
import pytest
from jupyter_client.manager import KernelManager

from conftest import ROOT, SETUP
from dli_jupyter import FAILURE_MARKER, template
from dli_jupyter.execute import SILENCE, OneKernel, installed_kernel


# Seconds that anything may take before a test gives up: neighbours may be compiling.
PATIENCE = 300


@contextlib.contextmanager
def kernel(spec=None, env=None):
    manager = KernelManager(kernel_name="rust", kernel_spec_manager=OneKernel(spec or installed_kernel()))
    manager.shutdown_wait_time = 30  # a launcher that is killed earlier, on a busy machine, leaves its clone
    manager.start_kernel(cwd=str(ROOT / "notebooks"), **({"env": env} if env else {}))
    client = manager.client()
    client.start_channels()
    try:
        client.wait_for_ready(timeout=PATIENCE)
        yield manager, client
    finally:
        client.stop_channels()
        manager.shutdown_kernel()


def run(client, code, timeout=PATIENCE):
    said = []
    request = client.execute(code)
    wait, idle = timeout, False
    # What a front end files under this cell: it may arrive after the end of the cell, which comes from another thread.
    with contextlib.suppress(Empty):
        while True:
            message = client.get_iopub_msg(timeout=wait)
            if message["parent_header"].get("msg_id") == request:
                said.append(message["content"])
                idle = idle or message["content"].get("execution_state") == "idle"
                wait = SILENCE if idle else timeout
    assert idle, f"the cell did not end within {timeout} s"
    return "".join(c.get("text", "") + c.get("data", {}).get("text/plain", "") + c.get("evalue", "") for c in said)


def below(pid):
    """The processes that `pid` started, directly or not. (Not their numbers: a busy machine soon gives those to others.)"""
    try:
        return set(psutil.Process(pid).children(recursive=True))
    except psutil.NoSuchProcess:
        return set()


def alive(family):
    """Those processes that run; not those that ended and wait for their parent to take notice."""

    def runs(process):
        with contextlib.suppress(psutil.NoSuchProcess):
            return process.is_running() and process.status() != psutil.STATUS_ZOMBIE

    return {process for process in family if runs(process)}


def is_evcxr(process):
    with contextlib.suppress(psutil.Error):
        return "--control_file" in process.cmdline()


def wait_until(what, seconds=PATIENCE):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if what():
            return True
        time.sleep(0.05)
    return False


def clones():
    return set(template.RUN.glob("k.*"))


def checksums(folder):
    return {p.relative_to(folder): hashlib.sha256(p.read_bytes()).digest() for p in folder.rglob("*") if p.is_file()}


def test_two_kernels_do_not_meet_and_leave_nothing():
    template.ensure()  # not now, when the template is compared, if the crate has changed
    before, template_before = clones(), checksums(template.TEMPLATE)
    with kernel() as (_, one), kernel() as (_, two):
        run(one, SETUP), run(two, SETUP)
        run(one, "let mine = 1;"), run(two, "let mine = 2;")
        run(one, "fn who() -> i32 { 100 }"), run(two, "fn who() -> i32 { 200 }")
        assert run(one, "mine + who()").strip() == "101"
        assert run(two, "mine + who()").strip() == "202"
        assert len(clones() - before) == 2
    assert wait_until(lambda: clones() <= before), "a clone outlived its kernel"
    assert checksums(template.TEMPLATE) == template_before, "a kernel has written into the template"


def test_the_prelude_is_there_before_the_first_cell_and_a_panic_shows_in_its_cell():
    with kernel() as (_, client):
        assert run(client, "seed()").strip() == "42"
        for i in range(5):
            assert run(client, f'panic!("number {i}")').startswith(f"{FAILURE_MARKER}panicked: number {i}")
        assert run(client, "1 + 1").strip() == "2"


def test_a_figure_that_uses_up_a_variable_is_shown_as_one():
    """evcxr then formats it with `{:?}`."""
    cells = [
        'let mine = curve("a", &[1.0, 2.0]);\nlines("Used up", "x", "y", &[mine])',
        'let rows = table(&["used up"], &[vec!["1".into()]]);\nrows.caption("t")',
        'let layer = Layer::linear(2, 3, &mut rng(1));\nNet::new(vec![layer]) // used up',
    ]
    with kernel() as (_, client):
        for code in cells:
            [data] = shown(client, code)
            assert "<img " in data["text/html"] or "<table " in data["text/html"]
            assert "sed up" in data["text/plain"] or "Linear(2 → 3)" in data["text/plain"]
            assert "(" not in data["text/plain"].split()[0], "not what {:?} says"
        # Nor is it shown where {:?} is all that was asked for.
        figure = 'lines("Mine", "x", "y", &[curve("a", &[1.0, 2.0])])'
        for code in [f"dbg!({figure});", f'println!("{{:?}}", {figure});', f"assert_eq!({figure}, {figure});"]:
            assert shown(client, code) == []
        for code in [f"vec![{figure}]", f"let figure = {figure};\nvec![figure]", f"let figure = {figure};\n(figure, 1)"]:
            [data] = shown(client, code)
            assert list(data) == ["text/plain"] and 'Figure("Line chart' in data["text/plain"], data


def shown(client, code):
    """The rich outputs of a cell."""
    messages = []
    client.execute_interactive(code, timeout=300, output_hook=messages.append)
    return [message["content"]["data"] for message in messages if "data" in message["content"]]


def test_a_net_and_a_tensor_as_a_last_line_can_be_read():
    with kernel() as (_, client):
        run(client, "let net = mlp(&[784, 32, 10], Activation::Relu, &mut rng(1));")
        [data] = shown(client, "net")
        assert all(word in data["text/plain"] for word in ["Linear(784 → 32)", "25120", "in all", "25450"]), data
        assert "<table " in data["text/html"]
        [data] = shown(client, "net.parameters()[1].clone()")
        assert data["text/plain"].startswith("Tensor(") and "32: 0.0000, 0.0000" in data["text/plain"], data


def test_the_kernel_can_tell_the_types_of_what_notebooks_keep():
    """It names types from a short copy of the standard library's sources, and only those that the prelude exports."""
    with kernel() as (_, client):
        said = run(client, "\n".join(f"let v{i} = {code};" for i, (code, _) in enumerate(TYPES)))
        assert said == "", said
        types = dict(re.findall(r"(v\d+): (.*)", run(client, ":vars")))
        assert types == {f"v{i}": name for i, (_, name) in enumerate(TYPES)}


MATRIX = "ArrayBase<OwnedRepr<f32>, Dim<[usize; 2]>, f32>"
TYPES = [
    ("Array2::<f32>::zeros((3, 4)).dot(&Array2::ones((4, 2)))", MATRIX),
    ("array![[1.0f32, 2.0]].t().to_owned()", MATRIX),
    ("array![[1.0f32, 2.0]].select(Axis(0), &[0, 0])", MATRIX),
    ("array![[1.0f32, 2.0]].sum_axis(Axis(0))", MATRIX.replace("2]", "1]")),
    ("array![[1.0f32]].into_dyn()", MATRIX.replace("[usize; 2]", "IxDynImpl")),
    ("array![[1.0f32, 2.0]].mean()", "Option<f32>"),
    ("Normal::new(0.0, 1.0)", "Normal"),
    ("rng(1)", "Mcg128Xsl64"),
    ("minibatches(10, 3, &mut rng(1))", "Minibatches"),
    ('Claims::of("x", 1)', "Claims"),
    ("Tensor::parameter(array![1.0, 2.0]).exp().sum()", "Tensor"),
    ("Tensor::parameter(array![1.0]).grad()", f"Option<{MATRIX.replace('[usize; 2]', 'IxDynImpl')}>"),
    ("mlp(&[4, 3, 2], Activation::Relu, &mut rng(1))", "Net"),
    ("mlp(&[4, 3, 2], Activation::Relu, &mut rng(1)).named_parameters()", "Vec<(String, Tensor)>"),
    ("Optimizer::sgd(0.1).momentum(0.9)", "Optimizer"),
    ("moons(40, 0.1, &mut rng(1)).split([0.5, 0.5], &mut rng(2))", "[Examples; 2]"),
    ("fit(&mlp(&[2, 2], Activation::Relu, &mut rng(1)), &moons(40, 0.1, &mut rng(1)), None, &Fit::default())", "History"),
    ("Graph::of(&Tensor::scalar(1.0))", "Graph"),
    ("landscape::surface(&TestFunction::beale(), (-1.0, 1.0), (-1.0, 1.0), 3)", MATRIX),
    ("trajectory(&TestFunction::bowl(10.0), &[1.0, 1.0], &Optimizer::sgd(0.1), 3)", "Trajectory"),
    ("Rbm::new(3, 2, &mut rng(1))", "Rbm"),
    ("(0..9).map(|i| (i as f32).sin()).collect::<Vec<_>>()", "Vec<f32>"),
    ("[3, 1, 2].iter().position(|&x| x == 2)", "Option<usize>"),
    ('"a b".split(\' \').map(str::to_string).collect::<Vec<_>>()', "Vec<String>"),
    ('std::collections::HashMap::from([("a", 1)])', "std::collections::HashMap<&str, i32>"),
    ("std::time::Instant::now().elapsed().as_secs_f64()", "f64"),
    ("std::num::NonZeroU8::new(3)", "Option<std::num::NonZero<u8>>"),
    ('"3.5".parse::<f64>()', "Result<f64, std::num::ParseFloatError>"),
    ("std::rc::Rc::new(std::cell::RefCell::new(vec![1]))", "std::rc::Rc<std::cell::RefCell<Vec<i32>>>"),
]


def test_the_kernel_can_tell_every_type_of_std_that_a_stock_kernel_can():
    """The file holds what a stock evcxr, which reads the whole sources of std and of all that it depends on, answers."""
    lines = Path(__file__).with_name("std_types.txt").read_text().splitlines()
    types = dict(line.rsplit(" => ", 1) for line in lines)
    with kernel() as (_, client):
        counted = "let mut n = std::collections::HashMap::new();\nfor x in [1, 2, 1] { *n.entry(x).or_insert(0) += 1; }"
        assert run(client, counted) == ""
        assert run(client, "let kept: Vec<_> = n.keys().copied().collect();") == ""
        told = {}
        for part in batched(types, 30):  # one cell with all of them would take rustc long
            said = run(client, "\n".join(f"let v{i} = {code};" for i, code in enumerate(part)))
            assert said == "", said
            names = dict(re.findall(r"(v\d+): (.*)", run(client, ":vars")))
            told |= {code: names[f"v{i}"] for i, code in enumerate(part)}
            run(client, "\n".join(f"drop(v{i});" for i in range(len(part))))
        assert told == types


def batched(items, size):
    items = list(items)
    return [items[i : i + size] for i in range(0, len(items), size)]


# A million epochs: it ends because it is stopped. It says "go" when the training is under way, after its first epoch.
TRAIN = """\
let how = Fit { epochs: 1_000_000, ..Fit::default() };
let history = fit_with(&net, &data, None, &how, |epoch, _| if epoch == 1 { println!("go") });
"""


def start(client, code):
    """Executes a cell up to the "go" that it prints."""
    request = client.execute(code)
    while True:
        message = client.get_iopub_msg(timeout=PATIENCE)
        if message["parent_header"].get("msg_id") == request and "go\n" in message["content"].get("text", ""):
            return request


def end(client, request):
    """What the cell still says up to its end."""
    said = []
    while True:
        message = client.get_iopub_msg(timeout=PATIENCE)
        if message["parent_header"].get("msg_id") == request:
            said.append(message["content"].get("text", ""))
            if message["content"].get("execution_state") == "idle":
                return "".join(said)


def test_the_stop_button_ends_a_training_and_nothing_else():
    """Each cell has its own copy of the crate and of its signal handler, one on top of the other: hence several rounds."""
    template.ensure()  # it may take longer than a kernel's start may
    with kernel() as (manager, client):
        launcher = manager.provisioner.process.pid
        buttons = {"JupyterLab": manager.interrupt_kernel, "VS Code": lambda: os.kill(launcher, signal.SIGINT)}
        before = "let data = moons(2000, 0.1, &mut rng(1));\nlet net = mlp(&[2, 64, 64, 2], Activation::Relu, &mut rng(1));"
        assert run(client, f"let mut kept = 1;\n{before}") == ""
        for interrupt in buttons.values():  # while idle, and before any cell has trained; an impatient user presses often
            for _ in range(20):
                interrupt()
                time.sleep(0.002)
        whole = "fit(&net, &data, None, &Fit { epochs: 2, ..Fit::default() }).stopped"
        for count, (name, interrupt) in enumerate(list(buttons.items()) * 3, 1):
            assert run(client, whole).strip() == "None", name  # a stop is forgotten at the end of its cell
            interrupt()
            request = start(client, TRAIN)
            interrupt()
            said = end(client, request)
            wanted = r"^Stopped at epoch \d+ of 1000000, step \d+ of 32: what was learned until"
            assert re.search(wanted, said, re.M), f"{name}: {said}"
            assert run(client, "history.stopped.unwrap().0 == history.epochs()").strip() == "true"
            assert run(client, "kept += 1;\nprintln!(\"{kept}\")").strip() == str(count + 1)

            # Without a training: the cell goes on as if nothing had happened. Nor does a new process take its place.
            sleep = "std::thread::sleep(std::time::Duration::from_secs(1));"
            request = start(client, f'println!("go");\n{sleep}\nprintln!("awake");')
            interrupt()
            interrupt()
            assert end(client, request) == "awake\n"
            assert run(client, "history.epochs() > 0 && data.len() == 2000").strip() == "true"

        # One press ends all that the cell trains.
        request = start(client, f"for _ in 0..1000 {{ {TRAIN} assert!(history.stopped.is_some()); }}\n{TRAIN}")
        manager.interrupt_kernel()
        said = end(client, request)
        assert said.count("Stopped at") == 1, said


@pytest.mark.parametrize("victim", ["launcher", "evcxr", "server"])
def test_a_kernel_killed_in_the_middle_of_a_cell_leaves_nothing_behind(victim):
    before = clones()
    # A process of its own stands for the Jupyter server; it starts one kernel and a cell that never ends.
    server = subprocess.Popen([sys.executable, "-c", SERVER], stdout=subprocess.PIPE, text=True, cwd=Path(__file__).parent)
    said = server.stdout.readline()
    assert said, f"no kernel was started; the exit status is {server.wait()}, and the lines above tell why"
    launcher = int(said)
    assert server.stdout.readline() == "busy\n"
    family = below(launcher) | {psutil.Process(launcher)}
    evcxr = next(process.pid for process in family if is_evcxr(process))
    assert len(family) >= 3, "launcher, evcxr, and the process that runs the cell"
    os.kill({"launcher": launcher, "evcxr": evcxr, "server": server.pid}[victim], signal.SIGKILL)
    server_gone = server.kill if victim != "server" else lambda: None
    try:
        assert wait_until(lambda: not alive(family)), alive(family)
        with kernel() as (_, client):  # the next start works, and takes away what is left
            assert run(client, "seed()").strip() == "42"
            assert len(clones() - before) == 1
        assert wait_until(lambda: clones() <= before)
    finally:
        server_gone()
        server.wait()


SERVER = """
import sys, time
from test_kernel import kernel
with kernel() as (manager, client):
    print(manager.provisioner.process.pid, flush=True)
    client.execute("println!(\\"busy\\"); loop {}")
    while True:
        message = client.get_iopub_msg(timeout=300)
        if message["msg_type"] == "stream":
            print(message["content"]["text"].strip(), flush=True)
            break
    time.sleep(3600)
"""


def test_a_changed_crate_is_compiled_anew_and_nothing_else():
    """The next kernel start notices, says so, and leaves the other crates as they are."""
    template.ensure()
    source = template.CRATE / "src" / "lib.rs"
    compiled = {p: p.stat().st_mtime_ns for p in template.TEMPLATE.rglob("*.rlib")}
    times = source.stat()
    os.utime(source)
    try:
        said = []
        template.ensure(log=said.append)
        assert "support crate has changed" in said[0] and len(said) == 2
        anew = {p.name for p in template.TEMPLATE.rglob("*.rlib") if compiled.get(p) != p.stat().st_mtime_ns}
        assert anew and all(name.startswith("libdl_interview-") for name in anew), anew
        template.ensure(log=said.append)
        assert len(said) == 2, "the second start finds nothing to do"
    finally:
        os.utime(source, ns=(times.st_atime_ns, times.st_mtime_ns))
        template._write_stamp({**template._stamp(), **template.fingerprint(template.settings())})


@contextlib.contextmanager
def aside(path):
    """Without `path` for a while."""
    hidden = path.with_name(f"{path.name}.hidden")
    path.rename(hidden)
    try:
        yield
    finally:
        hidden.rename(path)


def some(folder, pattern):
    return next(folder.rglob(pattern))


DAMAGE = {
    "the template": lambda: template.TEMPLATE,
    "the prelude": lambda: template.CONFIG / "init.evcxr",
    "the cargo settings": lambda: template.KERNEL / ".cargo" / "config.toml",
    "the cargo home": lambda: template.CARGO_HOME,
    "our crate": lambda: some(template.TEMPLATE, "libdl_interview-*.rlib"),
    "another crate": lambda: some(template.TEMPLATE, "libndarray-*.rlib"),
    "cargo's notes": lambda: some(template.TEMPLATE, ".fingerprint/ndarray-*"),
    "the sources of std": lambda: Path(template.settings()["std"]) / "alloc",
}


@pytest.mark.parametrize("what", DAMAGE)
def test_a_template_from_which_something_is_missing_is_not_current(what):
    template.ensure()
    command = [sys.executable, "-m", "dli_jupyter.template", "--is-current"]
    with aside(DAMAGE[what]()):
        assert not template.is_current(template.settings())
        assert subprocess.run(command).returncode == 1
    assert subprocess.run(command).returncode == 0


def test_what_can_be_mended_is_mended_without_compiling_the_other_crates():
    template.ensure()
    # Our crate, and one on which only our crate depends.
    damaged = {p for name in ("dl_interview", "rand_pcg") for p in template.TEMPLATE.rglob(f"lib{name}-*.rlib")}
    others = {p: p.stat().st_mtime_ns for p in template.TEMPLATE.rglob("*.rlib") if p not in damaged}
    assert len(damaged) >= 2
    for path in damaged:
        part = path.read_bytes()[:1000]
        path.unlink()  # not in place: kernels that run share it
        path.write_bytes(part)
    (template.CONFIG / "init.evcxr").unlink()
    gone = template.CARGO_HOME.rename(template.KERNEL / "cargo-home.gone")  # whole at once: kernels may be using it
    shutil.rmtree(gone, ignore_errors=True)
    said = []
    template.ensure(log=said.append)
    assert "damaged" in said[0] and len(said) == 2, said
    assert template.is_current(template.settings())
    assert others == {p: p.stat().st_mtime_ns for p in others}
    with kernel() as (_, client):
        assert run(client, "seed()").strip() == "42"


def test_without_the_sources_of_std_the_kernel_says_what_to_do():
    template.ensure()
    with aside(Path(template.settings()["std"]) / "core"):
        with pytest.raises(template.KernelError, match="cargo xtask setup"):
            template.ensure()


def test_a_compilation_that_is_interrupted_leaves_no_process_and_costs_only_itself():
    template.ensure()
    source = template.CRATE / "src" / "lib.rs"
    times = source.stat()
    os.utime(source)
    try:
        for end in (lambda pid: os.kill(pid, signal.SIGKILL), lambda pid: os.killpg(pid, signal.SIGHUP)):
            command = [sys.executable, "-m", "dli_jupyter.template"]
            builder = subprocess.Popen(
                command,
                start_new_session=True,
                stderr=subprocess.DEVNULL,
                preexec_fn=lambda: signal.signal(signal.SIGHUP, signal.SIG_DFL),  # under `nohup` it is ignored
            )
            family = set()

            def kernel_is_at_work():
                family.update(below(builder.pid))
                return any(map(is_evcxr, family))

            try:
                assert wait_until(kernel_is_at_work)
                time.sleep(1)
                family |= below(builder.pid)
            finally:
                end(builder.pid)
                builder.wait()
            assert wait_until(lambda: not alive(family)), alive(family)
        said = []
        template.ensure(log=said.append)
        assert "support crate has changed" in said[0] and len(said) == 2, said
    finally:
        os.utime(source, ns=(times.st_atime_ns, times.st_mtime_ns))
        template._write_stamp({**template._stamp(), **template.fingerprint(template.settings())})


def test_a_crate_that_changes_under_a_running_kernel_is_compiled_in_its_clone_only():
    source = template.CRATE / "src" / "lib.rs"
    times, before = source.stat(), checksums(template.TEMPLATE)
    with kernel() as (_, client):
        os.utime(source)
        try:
            assert run(client, "seed()").strip() == "42"
        finally:
            os.utime(source, ns=(times.st_atime_ns, times.st_mtime_ns))
    assert checksums(template.TEMPLATE) == before


def test_without_a_setup_the_kernel_says_what_to_do(monkeypatch, tmp_path):
    monkeypatch.setattr(template, "KERNEL", tmp_path)
    with pytest.raises(template.KernelError, match="not set up. Run `cargo xtask setup`"):
        template.ensure()
    whole = json.dumps({"evcxr": sys.executable, "toolchain": "/", "std": None})
    for text in ("", whole[:20], "{}", "[]", whole):
        (tmp_path / "settings.json").write_text(text)
        with pytest.raises(template.KernelError, match="settings.json is damaged. Run `cargo xtask setup`"):
            template.ensure()


USERS_SETTINGS = """\
[build]
rustc-wrapper = "no-such-wrapper"
rustc-workspace-wrapper = "no-such-wrapper"
target = "wasm32-unknown-unknown"
target-dir = "/no/such/folder"
build-dir = "/no/such/folder"
rustflags = ["--cfg", "of_the_user"]
[profile.dev]
panic = "abort"
[net]
offline = true
"""
USERS_VARIABLES = {
    "RUSTC_WRAPPER": "no-such-wrapper",
    "RUSTC_WORKSPACE_WRAPPER": "no-such-wrapper",
    "CARGO_BUILD_RUSTC_WRAPPER": "no-such-wrapper",
    "CARGO_BUILD_TARGET": "wasm32-unknown-unknown",
    "CARGO_TARGET_DIR": "/no/such/folder",
    "CARGO_BUILD_BUILD_DIR": "/no/such/folder",
    "CARGO_ENCODED_RUSTFLAGS": "--cfg\x1fof_the_user",
    "RUSTFLAGS": "--cfg of_the_user",
    "CARGO_PROFILE_DEV_PANIC": "abort",
    "RUST_SRC_PATH": "/no/such/folder",
}


@pytest.mark.parametrize("where", ["settings", "variables"])
def test_what_users_tell_cargo_for_builds_of_their_own_does_not_reach_a_kernel(where, monkeypatch, tmp_path):
    """Asks cargo in a crate without dependencies, the way evcxr does in its own."""
    theirs, crate = tmp_path / "theirs", tmp_path / "crate"
    (crate / "src").mkdir(parents=True)
    theirs.mkdir()
    (theirs / "rustup").touch()
    (theirs / "linker-of-theirs").touch(0o755)
    monkeypatch.setenv("PATH", f"{theirs}:{os.environ['PATH']}")
    monkeypatch.setattr(template, "CARGO_HOME", tmp_path / "cargo-home")
    monkeypatch.setenv("CARGO_HOME", str(theirs))
    if where == "settings":
        (theirs / "config.toml").write_text(USERS_SETTINGS)
    else:
        for name, value in USERS_VARIABLES.items():
            monkeypatch.setenv(name, value)
    template.CARGO_HOME.mkdir()
    template._write_cargo_settings()
    (crate / ".cargo").mkdir()
    (crate / ".cargo" / "config.toml").write_text(template.CARGO_CONFIG)
    (crate / "Cargo.toml").write_text('[package]\nname = "c"\nversion = "1.0.0"\nedition = "2024"\n[workspace]\n')
    (crate / "src" / "main.rs").write_text(
        'fn main() { assert!(!cfg!(of_the_user)); assert!(std::panic::catch_unwind(|| panic!("caught")).is_err()); }'
    )
    env = template.environment(template.settings(), crate)
    assert shutil.which("linker-of-theirs", path=env["PATH"]), "what lies beside rustup is still found"
    evcxrs = {"CARGO_TARGET_DIR": "target", "CARGO_BUILD_BUILD_DIR": "target", "RUSTFLAGS": "-Cprefer-dynamic"}
    host = re.search("host: (.*)", subprocess.check_output([env["RUSTC"], "-vV"], text=True, env=env)).group(1)
    command = ["cargo", "run", "--quiet", "--target", host]
    done = subprocess.run(command, cwd=crate, env={**env, **evcxrs}, text=True, capture_output=True)
    assert done.returncode == 0, done.stderr


def test_paths_in_the_users_cargo_settings_stay_relative_to_where_they_lie(monkeypatch, tmp_path):
    (tmp_path / "own" / ".cargo").mkdir(parents=True)
    (tmp_path / "own" / ".cargo" / "config.toml").write_text('[build]\nrustdoc = "./tools/doc"\n')
    monkeypatch.setenv("CARGO_HOME", str(tmp_path / "own" / ".cargo"))
    monkeypatch.setattr(template, "CARGO_HOME", tmp_path / "cargo-home")
    template.CARGO_HOME.mkdir()
    template._write_cargo_settings()
    (tmp_path / "Cargo.toml").write_text('[package]\nname = "c"\nversion = "1.0.0"\n[lib]\npath = "c.rs"\n[workspace]\n')
    (tmp_path / "c.rs").write_text("")
    env = template.environment(template.settings(), tmp_path)
    done = subprocess.run(["cargo", "doc"], cwd=tmp_path, env=env, text=True, capture_output=True)
    assert f"{tmp_path}/own/./tools/doc" in done.stderr or f"{tmp_path}/own/tools/doc" in done.stderr, done.stderr


def test_kernels_see_no_version_that_the_project_does_not_use():
    """Else a newer one, downloaded for another project, would be compiled at every start."""
    template.ensure()
    seen = {path.stem for path in template.CARGO_HOME.glob("registry/cache/*/*.crate")}
    assert seen and seen <= template.locked_crates()


@pytest.mark.skipif(not Path("/proc/self/smaps_rollup").exists(), reason="only Linux tells what a process takes")
def test_a_kernel_claims_no_memory_before_it_needs_it(monkeypatch):
    def megabytes():
        with kernel() as (manager, client):
            run(client, "let warm = 1;")
            family = below(manager.provisioner.process.pid)
            rollups = [Path(f"/proc/{process.pid}/smaps_rollup").read_text() for process in family]
            return sum(int(re.search(r"^Pss: +(\d+) kB", rollup, re.M)[1]) for rollup in rollups) / 1024

    ours = megabytes()
    monkeypatch.setenv("MIMALLOC_ARENA_EAGER_COMMIT", "2")  # as the allocator does by itself
    monkeypatch.setenv("MIMALLOC_PURGE_DELAY", "1000")
    assert ours < 0.9 * megabytes()
