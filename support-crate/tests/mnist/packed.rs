//! A packed file that is not as published is an error that names it.

use std::fs::{self, File};
use std::io::Write;
use std::path::Path;

use dl_interview::data::{DataError, mnist_from};
use tempfile::tempdir;

use super::{NAMES, ORIGINALS, change, copy_of, flip_in_the_middle, halve, names_in, packed_folder};

/// Loads from a copy of the packed files in which `name` was changed, into an empty cache.
fn load_damaged(name: &str, damage: impl Fn(&Path)) -> DataError {
    let (packed, cache) = (copy_of(&packed_folder()), tempdir().unwrap());
    damage(&packed.path().join(format!("{name}.gz")));
    let error = mnist_from(packed.path(), cache.path()).unwrap_err();
    let left = names_in(cache.path());
    assert!(left.iter().all(|it| it != name && NAMES.contains(&it.as_str())), "{left:?}");
    let text = error.to_string();
    assert!(text.contains(&format!("{name}.gz")), "{text}");
    assert!(text.contains("git checkout -- support-crate/data/mnist"), "{text}");
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
    for name in ["train-labels-idx1-ubyte", "train-images-idx3-ubyte"] {
        let error = load_damaged(name, |file| change(file, halve));
        assert!(matches!(error, DataError::Corrupt { .. }), "{error}");
        assert!(error.to_string().contains("it ends too early"), "{error}");
    }
    let error = load_damaged(NAMES[1], |file| change(file, Vec::clear));
    assert!(matches!(error, DataError::Corrupt { .. }), "{error}");
}

#[test]
fn a_flipped_bit_in_a_packed_file_is_an_error() {
    for name in ["train-labels-idx1-ubyte", "train-images-idx3-ubyte"] {
        let error = load_damaged(name, |file| change(file, |it| flip_in_the_middle(it)));
        assert!(matches!(error, DataError::Corrupt { .. }), "{error}");
    }
}

#[test]
fn a_whole_packed_file_with_other_data_is_an_error() {
    let mut labels = ORIGINALS[1].clone();
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
    let (packed, cache) = (copy_of(&packed_folder()), tempdir().unwrap());
    let file = packed.path().join(format!("{}.gz", NAMES[1]));
    fs::remove_file(&file).unwrap();
    fs::create_dir(&file).unwrap(); // Even root cannot read a folder as a file.
    let error = mnist_from(packed.path(), cache.path()).unwrap_err();
    assert!(matches!(error, DataError::Unreadable { .. }), "{error}");
    assert!(error.to_string().contains(file.to_str().unwrap()), "{error}");
}
