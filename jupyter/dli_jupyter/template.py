"""The compiled dependencies that every kernel starts from.

`evcxr` compiles what a notebook depends on into its working folder. Doing that at every start takes minutes, and two
kernels that share one folder run each other's cells. So the dependencies are compiled once, into a *template*; every
kernel then works in a private *clone* of it (3 MB, 0.05 s: compiled files are hard-linked, the rest is copied).

    target/kernel/settings.json     written by `cargo xtask setup`: where the tools are
    target/kernel/.cargo/config.toml  how cargo optimizes what notebooks depend on
    target/kernel/cargo-home/       the user's cargo settings and downloaded crates, as links
    target/kernel/std-…/            the short copy of the standard library's sources (see `xtask/src/std_sources.rs`)
    target/kernel/config/           the lines that evcxr runs before the first cell
    target/kernel/template/         the template; `stamp.json` beside it says what it was built from, and the size of each file
    target/kernel/run/              one clone per living kernel

This module is imported at every kernel start, so it needs nothing but the standard library.
"""

import contextlib
import fcntl
import hashlib
import json
import os
import re
import shlex
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
CRATE = ROOT / "support-crate"
CRATE_IN_DEP = str(CRATE).replace("\\", "\\\\")
KERNEL = ROOT / "target" / "kernel"
TEMPLATE = KERNEL / "template"
RUN = KERNEL / "run"
CONFIG = KERNEL / "config"
STAMP = KERNEL / "stamp.json"
# The user's own, but without `bin`: rust-analyzer prefers the shims it finds there to any other cargo.
CARGO_HOME = KERNEL / "cargo-home"
LOCK_NAME = "alive.lock"

# The cargo that the kernel's rust-analyzer finds: see `short_metadata`.
CARGO_FOR_ANALYZER = """\
#!/bin/sh
[ "$1" = metadata ] && exec {python} -IS {script} {cargo} "$@"
exec {cargo} "$@"
"""

# Run by evcxr before it accepts the first cell. A notebook's own set-up cell repeats the first two lines, so that it
# also works on a stock kernel; here that repetition finds everything loaded. All of it is one cell, because each costs a
# compilation. The kernel's rust-analyzer reads most of what it needs when it first infers a type: better here than in
# the reader's first cell, hence the variable.
INIT = """\
:dep dl-interview = {{ path = "{crate}" }}
use dl_interview::prelude::*;
let warm_up = String::new();
drop(warm_up);
"""

# Dependencies run as fast as in `--release`. The cells themselves keep overflow checks and debug assertions:
# they are the code that a reader is about to change.
CARGO_CONFIG = """\
[profile.dev.package."*"]
opt-level = 3
debug-assertions = false
overflow-checks = false

[profile.dev]
panic = "unwind" # else the user's own settings could make each panic the end of a kernel
"""

# What the first kernel does once (see `warm`) so that no reader waits for it: a variable, an expression, a figure, and
# a cell that does not compile (evcxr then runs `cargo check`, which compiles every dependency a second time).
WARM_CELLS = [
    "let warm = 1;",
    "warm + 1",
    'lines("warm-up", "x", "y", &[curve("y", &[1.0, 2.0])])',
    "let broken = no_such_name();",
]

# What a notebook about frameworks loads besides. It is compiled into the template as well, because it takes minutes; at a
# start, only such a notebook pays for it.
CANDLE_CELLS = [
    ':dep dl-interview = {{ path = "{crate}", features = ["candle"] }}',
    "let warm = dl_interview::candle::Tensor::new(&[1f32], &dl_interview::candle::Device::Cpu)?;",
    "warm.dims().len()",
    "let broken = no_such_name();",
]

# Compiled files are written once and only ever replaced, never changed in place; what cargo notes about the crates from
# the registry stays as it is, too. A clone can share all of these with the template.
COMPILED = {".rlib", ".rmeta", ".so", ".dylib"}
NOTES = {".fingerprint", "build", "deps"}
# Cargo rewrites its notes about the support crate when that is compiled anew, so of these each clone has its own.
OWN_CRATE = ("dl-interview", "dl_interview")
# What cells were compiled into. Each kernel makes its own.
OF_CELLS = ("incremental", "ctx-", "ctx.", "libctx", "libcode_")


DO_SET_UP = "Run `cargo xtask setup` in the project's folder."


# glibc gives every array of some MB back to the system at once, and each new one costs a page fault for every 4 KB:
# training is several times slower. These two keep up to 1 GB for the next array. (Other allocators ignore them.)
MEMORY = {"MALLOC_MMAP_THRESHOLD_": str(1 << 30), "MALLOC_TRIM_THRESHOLD_": str(1 << 30)}


class KernelError(Exception):
    """A kernel cannot start; the message says why and what to do."""


def settings():
    """What `cargo xtask setup` found out about this machine."""
    path = KERNEL / "settings.json"
    try:
        found = json.loads(path.read_text())
        needed = [Path(found["evcxr"]), Path(found["toolchain"]) / "bin" / "rustc", Path(found["std"])]
    except FileNotFoundError:
        raise KernelError(f"The Rust kernel is not set up. {DO_SET_UP}") from None
    except (ValueError, KeyError, TypeError):
        raise KernelError(f"{path} is damaged. {DO_SET_UP}") from None
    for file in needed:
        if not file.exists():
            raise KernelError(f"{file} is gone. {DO_SET_UP}")
    return found


def environment(found, folder):
    """The environment in which evcxr works in `folder`."""
    toolchain = Path(found["toolchain"]) / "bin"
    env = dict(os.environ)
    # First, because without rustup's shims each call of cargo and rustc is 10 ms faster, and a start makes thirty.
    env["PATH"] = os.pathsep.join([str(toolchain), env.get("PATH") or os.defpath])
    env["RUSTUP_TOOLCHAIN"] = found["toolchain"]
    env["RUSTC"] = str(toolchain / "rustc")
    # Only rust-analyzer asks this variable; evcxr itself calls what it finds on PATH.
    env["CARGO"] = str(CONFIG / "cargo")
    env["CARGO_HOME"] = str(CARGO_HOME)
    env["CARGO_NET_OFFLINE"] = "true"
    env["EVCXR_TMPDIR"] = str(folder)
    env["EVCXR_CONFIG_DIR"] = str(CONFIG)
    # evcxr_jupyter "updates" a kernel of the user's own that another version installed; here it must find none.
    env["JUPYTER_PATH"] = str(folder)
    env = MEMORY | env
    # The kernel itself has an allocator of its own, which claims memory before it needs it and is slow to give any back:
    # 430 MB became 325. (What a cell computes uses the system's, see above.)
    env.setdefault("MIMALLOC_ARENA_EAGER_COMMIT", "0")
    env.setdefault("MIMALLOC_PURGE_DELAY", "0")
    # Less for the kernel's rust-analyzer to read; rustc never looks there.
    env["RUST_SRC_PATH"] = found["std"]
    env["DLI_PYTHON"] = sys.executable  # `Figure::save` has it draw PNG: see `raster`
    # The user's wishes for builds of their own would make every kernel compile its dependencies anew, or not start at
    # all. What the network and the linker need stays.
    for name in list(env):
        if name.startswith(("CARGO_BUILD_", "CARGO_PROFILE_", "CARGO_UNSTABLE_")) and name != "CARGO_BUILD_JOBS":
            del env[name]
        elif name in ("RUSTFLAGS", "CARGO_ENCODED_RUSTFLAGS", "CARGO_TARGET_DIR", "CARGO_INCREMENTAL"):
            del env[name]
    env["RUSTC_WRAPPER"] = ""  # so cargo does not look for one in its settings
    # Cargo calls it in the place of rustc for the cells: see `kernel/src/source.rs`.
    env["RUSTC_WORKSPACE_WRAPPER"] = found["evcxr"]
    return env


def _digest(*parts):
    return hashlib.sha256("\0".join(map(str, parts)).encode()).hexdigest()


def _stat(path):
    s = os.stat(path)
    return f"{path}:{s.st_size}:{s.st_mtime_ns}"


def crate_sources():
    """The files whose change makes cargo compile the support crate anew (cargo goes by their times, so do we)."""
    files = [ROOT / "Cargo.toml", ROOT / "Cargo.lock", CRATE / "Cargo.toml"]
    for folder, _, names in os.walk(CRATE / "src"):
        files += [Path(folder) / n for n in names if n.endswith(".rs")]
    return sorted(files)


def _users_cargo_home():
    return Path(os.environ.get("CARGO_HOME") or Path.home() / ".cargo")


def _cargo_settings():
    """The settings of the user's own that cargo reads when it works in a clone."""
    folders = [_users_cargo_home(), *(folder / ".cargo" for folder in (ROOT, *ROOT.parents))]
    return [path for folder in folders for path in (folder / "config.toml", folder / "config") if path.is_file()]


def fingerprint(found):
    """What the template depends on: `tools` asks for a new one, `crate` only for the support crate anew."""
    return {
        "tools": _digest(
            _stat(found["evcxr"]),
            _stat(Path(found["toolchain"]) / "bin" / "rustc"),
            ROOT,
            INIT,
            CARGO_CONFIG,
            CARGO_HOME,
            CARGO_FOR_ANALYZER,
        ),
        "crate": _digest(found["std"], WARM_CELLS, CANDLE_CELLS, *map(_stat, [*crate_sources(), *_cargo_settings()])),
    }


def _stamp():
    try:
        return json.loads(STAMP.read_text())
    except (OSError, ValueError):
        return {}


def _write_stamp(content):
    unfinished = STAMP.with_suffix(".unfinished")
    unfinished.write_text(json.dumps(content))
    unfinished.replace(STAMP)


def _sizes(found):
    """Of every file that a kernel starts from, its place in `KERNEL` and its size."""
    sizes = {}
    for folder in (TEMPLATE, CONFIG, KERNEL / ".cargo", CARGO_HOME / "registry" / "cache", Path(found["std"])):
        for place, folders, names in os.walk(folder):
            folders[:] = [name for name in folders if not name.startswith(OF_CELLS)]
            for name in names:
                if not name.startswith(OF_CELLS):
                    path = os.path.join(place, name)
                    sizes[os.path.relpath(path, KERNEL)] = os.stat(path).st_size
    return sizes


def _damaged(stamp):
    """Those files that are no longer what they were when the template was built."""
    damaged = []
    for name, size in stamp.get("files", {}).items():
        try:
            whole = os.stat(f"{KERNEL}/{name}").st_size == size
        except OSError:
            whole = False
        if not whole:
            damaged.append(name)
    return damaged


def _is_own(name):
    return any(own in name for own in OWN_CRATE)


def _compile_anew(names):
    """Takes away cargo's notes about the crates that these files belong to: it does not look into what it has compiled."""
    hashes = {found for name in names if name.startswith("template/") for found in re.findall("-([0-9a-f]{16})", name)}
    for notes in TEMPLATE.glob("target/**/.fingerprint/*"):
        if notes.name.rpartition("-")[2] in hashes:
            shutil.rmtree(notes)


def is_current(found):
    """Whether the template was built from what there is now, and is still whole."""
    stamp = _stamp()
    return fingerprint(found).items() <= stamp.items() and "files" in stamp and not _damaged(stamp)


@contextlib.contextmanager
def _lock(name, mode):
    KERNEL.mkdir(parents=True, exist_ok=True)
    with open(KERNEL / name, "w") as f:
        fcntl.flock(f, mode)
        yield f


def ensure(log=lambda text: print(text, file=sys.stderr, flush=True)):
    """Makes the template match what it is built from; does nothing when it already does. Returns the settings."""
    found = settings()
    if is_current(found):
        return found
    with _lock("template.lock", fcntl.LOCK_EX) as lock:
        if is_current(found):  # another process built it while this one waited
            return found
        old, new = _stamp(), fingerprint(found)
        damaged = _damaged(old)
        if any(name.startswith(Path(found["std"]).name) for name in damaged):
            raise KernelError(f"{found['std']} is damaged. {DO_SET_UP}")
        damaged = [name for name in damaged if not name.startswith("std-")]  # of an older toolchain
        start = time.monotonic()
        if old.get("files") and old["tools"] == new["tools"]:
            if damaged:
                log(f"kernel: {KERNEL / damaged[0]} is damaged ({len(damaged)} files are); mending …")
            else:
                log("kernel: the support crate has changed; compiling it for the notebooks …")
            # Whatever interrupts the next steps: the other crates are as they were, and nothing else is trusted.
            others = {k: v for k, v in old["files"].items() if os.path.splitext(k)[1] in COMPILED and not _is_own(k)}
            _write_stamp({"tools": old["tools"], "files": others})
            _compile_anew(damaged)
        else:
            log("kernel: compiling what the notebooks depend on, once (about 6 minutes on 2 cores) …")
            STAMP.unlink(missing_ok=True)
            shutil.rmtree(TEMPLATE, ignore_errors=True)
        _fetch(found)
        _prepare(found)
        # As its own process: a kernel's launcher stays for hours, and would keep what this imports. It shares the lock: if
        # this process is killed, nobody else begins before that one has ended.
        command = [sys.executable, "-m", "dli_jupyter.warm"]
        done = subprocess.run(command, stdout=sys.stderr, pass_fds=[lock.fileno()])
        if done.returncode:
            raise KernelError(_why_not(found))
        _write_stamp({**new, "files": _sizes(found)})
        log(f"kernel: ready after {time.monotonic() - start:.0f} s")
    return found


def _prepare(found):
    shutil.rmtree(CONFIG, ignore_errors=True)
    for folder in (TEMPLATE, CONFIG, CARGO_HOME, KERNEL / ".cargo", RUN):
        folder.mkdir(parents=True, exist_ok=True)
    (KERNEL / ".cargo" / "config.toml").write_text(CARGO_CONFIG)
    (CONFIG / "init.evcxr").write_text(INIT.format(crate=CRATE_IN_DEP))
    wrapper = CARGO_FOR_ANALYZER.format(
        python=shlex.quote(sys.executable),
        script=shlex.quote(str(Path(__file__).with_name("short_metadata.py"))),
        cargo=shlex.quote(str(Path(found["toolchain"]) / "bin" / "cargo")),
    )
    (CONFIG / "cargo").write_text(wrapper)
    (CONFIG / "cargo").chmod(0o755)
    users_own = _users_cargo_home()
    for name in ("git", "credentials.toml"):
        _link(CARGO_HOME / name, users_own / name)
    _write_cargo_settings()
    _registry(users_own / "registry")
    # The same versions as everywhere else in the project. (cargo drops from this copy what notebooks do not use.)
    shutil.copyfile(ROOT / "Cargo.lock", TEMPLATE / "Cargo.lock")


def _write_cargo_settings():
    """Includes the user's own settings. (In a link to them, a path would be relative to the link.)"""
    own = [str(path) for path in (_users_cargo_home() / "config.toml", _users_cargo_home() / "config") if path.is_file()]
    settings_file = CARGO_HOME / "config.toml"
    settings_file.unlink(missing_ok=True)  # it may be a link that an older version made
    settings_file.write_text(f"include = {json.dumps(own[:1], ensure_ascii=False)}\n" if own else "")


def _link(link, target):
    if target.exists() and not link.is_symlink():
        shutil.rmtree(link, ignore_errors=True)  # cargo makes one where a link is missing
        link.symlink_to(target)


def _registry(users_own):
    """The user's registry, but of the downloaded crates only those that Cargo.lock names.

    A starting kernel drops what it does not depend on yet from its copy of Cargo.lock, everything, and resolves anew: had
    another project brought newer versions to this machine, it would take those, and compile them at every start.
    """
    registry = CARGO_HOME / "registry"
    if registry.is_symlink():
        registry.unlink()
    registry.mkdir(exist_ok=True)
    for name in ("index", "src"):
        (users_own / name).mkdir(exist_ok=True)
        _link(registry / name, users_own / name)
    shutil.rmtree(registry / "cache", ignore_errors=True)
    locked = locked_crates()
    for crate in users_own.glob("cache/*/*.crate"):
        if crate.stem in locked:
            link = registry / "cache" / crate.parent.name / crate.name
            link.parent.mkdir(parents=True, exist_ok=True)
            link.symlink_to(crate)


def locked_crates():
    """`name-version` of every package in Cargo.lock."""
    pairs = re.findall(r'name = "(.+)"\nversion = "(.+)"', (ROOT / "Cargo.lock").read_text())
    return {f"{name}-{version}" for name, version in pairs}


def _why_not(found):
    """Why the template cannot be built: nearly always because the support crate does not compile."""
    env = environment(found, TEMPLATE)
    command = [env["CARGO"], "check", "--quiet", "--color", "never", "--package", "dl-interview"]
    done = subprocess.run(command, env=env, cwd=ROOT, text=True, capture_output=True)
    if done.returncode:
        return f"The crate `dl-interview` does not compile:\n{done.stderr.strip()}"
    return "The first kernel failed; the lines above say how. If nothing helps: rm -r target/kernel, and once more."


def _fetch(found):
    """Downloads the dependencies, the one step that needs a network; everything after it works offline.

    Into the user's own cargo home, and what other platforms need, too: cargo reads that when it resolves without a network.
    """
    env = {**environment(found, TEMPLATE), "CARGO_HOME": str(_users_cargo_home())}
    del env["CARGO_NET_OFFLINE"]
    cargo = Path(found["toolchain"]) / "bin" / "cargo"
    command = [cargo, "fetch", "--locked", "--manifest-path", ROOT / "Cargo.toml"]
    done = subprocess.run(command, env=env, text=True, capture_output=True)
    if done.returncode:
        raise KernelError(f"Cannot fetch the crates that the notebooks need:\n{done.stderr.strip()}")


def clone():
    """A private copy of the template for one kernel: its folder, and the open lock that says the kernel lives."""
    RUN.mkdir(parents=True, exist_ok=True)
    with _lock("run.lock", fcntl.LOCK_EX):  # nobody may take a clone for dead that is only just being made
        remove_dead_clones()
        folder = Path(tempfile.mkdtemp(prefix="k.", dir=RUN))
        lock = os.open(folder / LOCK_NAME, os.O_CREAT | os.O_RDWR)
        fcntl.flock(lock, fcntl.LOCK_EX)
    try:
        with _lock("template.lock", fcntl.LOCK_SH):
            _copy(TEMPLATE, folder)
    except BaseException:  # also when this process is told to end
        shutil.rmtree(folder, ignore_errors=True)
        raise
    return folder, lock


def _copy(source, target, share=False):
    with os.scandir(source) as entries:
        for entry in entries:
            to = os.path.join(target, entry.name)
            own = _is_own(entry.name)
            if entry.name.startswith(OF_CELLS):
                continue
            if entry.is_dir(follow_symlinks=False):
                os.mkdir(to)
                _copy(entry.path, to, (share or entry.name in NOTES) and not own)
                # A folder that looks newer than its contents would make cargo look twice.
                shutil.copystat(entry.path, to)
            elif (share and not own) or os.path.splitext(entry.name)[1] in COMPILED:
                try:
                    os.link(entry.path, to)
                except OSError:  # a file system without hard links
                    shutil.copy2(entry.path, to)
            else:
                shutil.copy2(entry.path, to, follow_symlinks=False)


def remove_dead_clones():
    """Removes what kernels left behind that were killed: their lock is no longer held by anybody."""
    for folder in RUN.glob("k.*"):
        try:
            with open(folder / LOCK_NAME) as lock:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            continue  # it lives
        except OSError:
            pass  # no lock: its kernel was killed before it had one, or is just taking its clone away
        shutil.rmtree(folder, ignore_errors=True)


def main(arguments):
    """`python -m dli_jupyter.template [--is-current]`: builds the template, or only says whether it is up to date."""
    try:
        if arguments == ["--is-current"]:
            return 0 if is_current(settings()) else 1
        ensure()
        return 0
    except KernelError as error:
        print(error, file=sys.stderr)
        return 1


if __name__ == "__main__":
    from dli_jupyter import template  # not this module under its other name, whose KernelError nobody would catch

    sys.exit(template.main(sys.argv[1:]))
