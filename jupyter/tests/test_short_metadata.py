"""What the kernel's rust-analyzer gets to see of a notebook's dependencies."""

import json
import subprocess

from conftest import ROOT
from dli_jupyter import short_metadata, template


def metadata(folder, dependencies, program):
    folder.joinpath("src").mkdir()
    folder.joinpath("src/lib.rs").write_text("")
    lines = ["[package]", 'name = "ctx"', 'version = "1.0.0"', 'edition = "2024"', "[workspace]", "[dependencies]"]
    folder.joinpath("Cargo.toml").write_text("\n".join([*lines, *dependencies]))
    folder.joinpath("Cargo.lock").write_text((ROOT / "Cargo.lock").read_text())
    command = [program, "metadata", "--format-version", "1", "--offline"]
    return json.loads(subprocess.run(command, cwd=folder, check=True, capture_output=True).stdout)


def test_only_crates_whose_types_notebooks_meet_are_left(tmp_path):
    template.ensure()
    ours = f'dl-interview = {{ path = "{ROOT}/support-crate" }}'
    seen = metadata(tmp_path, [ours, 'either = "1"'], template.CONFIG / "cargo")
    names = {package["name"] for package in seen["packages"]}
    assert names >= {"ctx", "dl-interview", "ndarray", "rand", "rand_pcg", "num-traits"}
    assert "either" in names, "what a notebook itself depends on is never left out"
    assert not names & {"plotters", "rayon", "safetensors", "serde", "mnist", "flate2", "signal-hook"}
    known = {package["id"] for package in seen["packages"]}
    assert {node["id"] for node in seen["resolve"]["nodes"]} == known
    assert all(dep["pkg"] in known for node in seen["resolve"]["nodes"] for dep in node["deps"])


def test_of_candle_only_its_own_types_are_left(tmp_path):
    template.ensure()
    with_candle = f'dl-interview = {{ path = "{ROOT}/support-crate", features = ["candle"] }}'
    seen = metadata(tmp_path, [with_candle], template.CONFIG / "cargo")
    names = {package["name"] for package in seen["packages"]}
    assert "candle-core" in names
    assert not names & {"gemm", "half", "parking_lot", "regex", "safetensors", "tokenizers", "yoke", "zip"}


def test_the_list_names_only_what_those_packages_have(tmp_path):
    """A dependency that was renamed would silently be lost to rust-analyzer."""
    cargo = template.settings()["toolchain"] + "/bin/cargo"
    dep = f'dl-interview = {{ path = "{ROOT}/support-crate", features = ["candle"] }}'
    packages = {package["name"]: package for package in metadata(tmp_path, [dep], cargo)["packages"]}
    for name, types in short_metadata.OF_NOTEBOOKS.items():
        assert types <= {dep["name"].replace("-", "_") for dep in packages[name]["dependencies"]}


def test_anything_else_is_as_cargo_says_it():
    said = [
        subprocess.run([cargo, "--version"], check=True, capture_output=True).stdout
        for cargo in (template.CONFIG / "cargo", template.settings()["toolchain"] + "/bin/cargo")
    ]
    assert said[0] == said[1]
    wrong = subprocess.run([template.CONFIG / "cargo", "metadata", "--no-such"], capture_output=True, text=True)
    assert wrong.returncode != 0 and "--no-such" in wrong.stderr
