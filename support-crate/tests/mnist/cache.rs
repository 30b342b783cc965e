//! The cache is written once, and a damaged file of it is never used.

use std::fs;
use std::path::Path;

use dl_interview::data::{DataError, mnist_from};
use tempfile::tempdir;

use super::{LOADED, NAMES, assert_good, change, copy_of, flip_in_the_middle, halve, packed_folder};

#[test]
fn it_is_written_once_and_then_suffices() {
    let folder = tempdir().unwrap();
    let cache = folder.path().join("made/on/demand");
    let cold = mnist_from(&packed_folder(), &cache).unwrap();
    assert_good(&cache);
    let written = |name| fs::metadata(cache.join(name)).unwrap().modified().unwrap();
    let before = NAMES.map(written);
    let warm = mnist_from(Path::new("no-such-folder"), &cache).unwrap();
    assert_eq!(NAMES.map(written), before);
    assert!(cold.train.inputs == warm.train.inputs && cold.train.labels == warm.train.labels);
}

#[test]
fn a_damaged_cached_file_is_repaired() {
    let (data, good) = &*LOADED;
    let flip = |bytes: &mut Vec<u8>| flip_in_the_middle(bytes);
    let damages: [fn(&mut Vec<u8>); 4] = [flip, halve, Vec::clear, |it| it.push(0)];
    let cache = copy_of(good);
    // A different damage to each file, so that one load shows all four.
    for (name, damage) in NAMES.into_iter().zip(damages) {
        change(&cache.path().join(name), damage);
    }
    let loaded = mnist_from(&packed_folder(), cache.path()).unwrap();
    assert_good(cache.path());
    assert!(loaded.test.inputs == data.test.inputs && loaded.train.labels == data.train.labels);
    // A flipped bit of a pixel parses without complaint: only the sum can show it.
    change(&cache.path().join("train-images-idx3-ubyte"), flip);
    let loaded = mnist_from(&packed_folder(), cache.path()).unwrap();
    assert!(loaded.train.inputs == data.train.inputs);
    // Without the packed files there is nothing to repair from.
    change(&cache.path().join("train-labels-idx1-ubyte"), halve);
    let error = mnist_from(Path::new("no-such-folder"), cache.path()).unwrap_err();
    assert!(matches!(error, DataError::Missing { .. }), "{error}");
}
