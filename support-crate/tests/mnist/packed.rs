//! A packed file that is not as published is an error that names it; and where the files come from.

use std::fs::{self, File};
use std::io::{Read, Write};
use std::path::Path;
use std::process::Command;

use dl_interview::data::{DataError, mnist, mnist_from};
use tempfile::{TempDir, tempdir};

use super::packed_folder;

const NAMES: [&str; 4] = [
    "t10k-images-idx3-ubyte.gz",
    "t10k-labels-idx1-ubyte.gz",
    "train-images-idx3-ubyte.gz",
    "train-labels-idx1-ubyte.gz",
];

/// A copy of the packed files, to damage.
fn copy() -> TempDir {
    let copy = tempdir().unwrap();
    for name in NAMES {
        fs::copy(packed_folder().join(name), copy.path().join(name)).unwrap();
    }
    copy
}

fn change(file: &Path, how: impl Fn(&mut Vec<u8>)) {
    let mut bytes = fs::read(file).unwrap();
    how(&mut bytes);
    fs::write(file, bytes).unwrap();
}

fn halve(bytes: &mut Vec<u8>) {
    bytes.truncate(bytes.len() / 2);
}

/// What loading says of a copy in which the file `name` was changed.
fn load_damaged(name: &str, damage: impl Fn(&Path)) -> DataError {
    let folder = copy();
    damage(&folder.path().join(name));
    let error = mnist_from(folder.path()).unwrap_err();
    let text = error.to_string();
    assert!(text.contains(name) && text.contains("git checkout -- support-crate/data/mnist"), "{text}");
    assert_eq!(format!("{error:?}"), text);
    error
}

#[test]
fn a_missing_packed_file_is_an_error() {
    for name in NAMES {
        let error = load_damaged(name, |file| fs::remove_file(file).unwrap());
        assert!(matches!(error, DataError::Missing { .. }), "{error}");
        assert!(error.to_string().contains("DLI_DATA_DIR"), "{error}");
    }
}

#[test]
fn a_truncated_packed_file_is_an_error() {
    for name in [NAMES[3], NAMES[2]] {
        let error = load_damaged(name, |file| change(file, halve));
        assert!(matches!(error, DataError::Corrupt { .. }), "{error}");
        assert!(error.to_string().contains("it ends too early"), "{error}");
    }
    let error = load_damaged(NAMES[1], |file| change(file, Vec::clear));
    assert!(matches!(error, DataError::Corrupt { .. }), "{error}");
}

#[test]
fn a_flipped_bit_in_a_packed_file_is_an_error() {
    for name in [NAMES[3], NAMES[2]] {
        let error = load_damaged(name, |file| {
            change(file, |bytes| {
                let middle = bytes.len() / 2;
                bytes[middle] ^= 0x10;
            })
        });
        assert!(matches!(error, DataError::Corrupt { .. }), "{error}");
    }
}

#[test]
fn a_whole_packed_file_with_other_data_is_an_error() {
    let mut labels = Vec::new();
    let original = File::open(packed_folder().join(NAMES[1])).unwrap();
    flate2::read::GzDecoder::new(original).read_to_end(&mut labels).unwrap();
    *labels.last_mut().unwrap() ^= 1;
    let error = load_damaged(NAMES[1], |file| {
        let file = File::create(file).unwrap();
        let mut gzip = flate2::write::GzEncoder::new(file, flate2::Compression::fast());
        gzip.write_all(&labels).unwrap();
        gzip.finish().unwrap();
    });
    let DataError::Altered { expected, found, .. } = &error else { panic!("{error}") };
    assert_eq!(expected, "ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2");
    assert_eq!(found.len(), 64);
    assert!(error.to_string().contains(expected) && error.to_string().contains(found), "{error}");
}

#[test]
fn an_unreadable_packed_file_is_an_error() {
    let folder = copy();
    let file = folder.path().join(NAMES[1]);
    fs::remove_file(&file).unwrap();
    fs::create_dir(&file).unwrap(); // Even root cannot read a folder as a file.
    let error = mnist_from(folder.path()).unwrap_err();
    assert!(matches!(error, DataError::Unreadable { .. }), "{error}");
    assert!(error.to_string().contains(file.to_str().unwrap()), "{error}");
}

/// Says what `mnist()` gave.
#[test]
#[ignore = "what the test below runs as a process of its own"]
fn load() {
    println!("{}", mnist().map_or_else(|error| error.to_string(), |data| format!("loaded {data:?}")));
}

#[test]
fn the_variable_says_where_the_files_are_and_nothing_is_written() {
    let empty = tempdir().unwrap();
    let load = |folder: &Path| {
        let this = std::env::current_exe().unwrap();
        let mut command = Command::new(this);
        command.args(["packed::load", "--exact", "--ignored", "--nocapture"]).env("DLI_DATA_DIR", folder);
        for variable in ["HOME", "XDG_CACHE_HOME", "LOCALAPPDATA", "TMPDIR", "TMP", "TEMP"] {
            command.env(variable, empty.path());
        }
        let output = command.output().unwrap();
        assert_eq!(fs::read_dir(empty.path()).unwrap().count(), 0, "something was written");
        format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
    };
    let moved = copy();
    for good in [moved.path(), Path::new("")] {
        let said = load(good); // An empty value counts as not set.
        assert!(said.contains("loaded Mnist"), "{said}");
    }
    let said = load(empty.path());
    let missing = format!("{} is missing", empty.path().join(NAMES[1]).display());
    assert!(said.contains(&missing), "{said}");
}
