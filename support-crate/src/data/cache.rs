//! The unpacked files: written once, because the `mnist` crate reads nothing else, and checked at every load.

use std::env;
use std::fs::{self, File};
use std::hash::{BuildHasher, RandomState};
use std::io::{self, ErrorKind, Read, Write};
use std::path::{Path, PathBuf};
use std::time::Duration;

use flate2::read::GzDecoder;
use sha2::{Digest, Sha256};

use super::DataError;

struct Original {
    name: &'static str,
    /// Of the unpacked file.
    sha256: &'static str,
}

/// Small ones first, so that most mistakes show before the 47 MB are unpacked.
const ORIGINALS: [Original; 4] = [
    Original {
        name: "t10k-labels-idx1-ubyte",
        sha256: "ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2",
    },
    Original {
        name: "train-labels-idx1-ubyte",
        sha256: "65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5",
    },
    Original {
        name: "t10k-images-idx3-ubyte",
        sha256: "0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7",
    },
    Original {
        name: "train-images-idx3-ubyte",
        sha256: "ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db",
    },
];

/// Longer than any unpacking takes: a temporary file of this age belongs to a process that was killed.
const LEFTOVER_AGE: Duration = Duration::from_secs(3600);

/// Where the packed files are, unless `DLI_DATA_DIR` says otherwise: next to the crate's sources.
pub(super) fn packed_folder() -> PathBuf {
    folder_from("DLI_DATA_DIR").unwrap_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("data/mnist"))
}

/// Where the unpacked files go, unless `DLI_CACHE_DIR` says otherwise: the platform's cache folder.
pub(super) fn cache_folder() -> PathBuf {
    if let Some(folder) = folder_from("DLI_CACHE_DIR") {
        return folder;
    }
    let home_cache = || match folder_from("HOME") {
        _ if cfg!(windows) => folder_from("LOCALAPPDATA"),
        Some(home) if cfg!(target_os = "macos") => Some(home.join("Library/Caches")),
        home => home.map(|home| home.join(".cache")),
    };
    folder_from("XDG_CACHE_HOME")
        .filter(|folder| folder.is_absolute()) // the XDG specification: ignore a relative one
        .or_else(home_cache)
        .unwrap_or_else(env::temp_dir)
        .join("dl-interview")
}

fn folder_from(variable: &str) -> Option<PathBuf> {
    env::var_os(variable).filter(|value| !value.is_empty()).map(PathBuf::from)
}

/// A folder with the four unpacked files, each checked; a temporary one goes when this is dropped.
pub(super) struct Unpacked {
    /// A `String`, because that is how the `mnist` crate wants it.
    pub(super) folder: String,
    temporary: bool,
}

impl Drop for Unpacked {
    fn drop(&mut self) {
        if self.temporary {
            // Nothing depends on it, and there is nobody to tell.
            let _ = fs::remove_dir_all(&self.folder);
        }
    }
}

/// The four files of `packed`, unpacked in `cache` or, when that cannot be written, in a temporary folder.
pub(super) fn unpacked(packed: &Path, cache: &Path) -> Result<Unpacked, DataError> {
    let reason = match fill(packed, cache, false) {
        Err(DataError::Unwritable { reason, .. }) => reason,
        other => return other,
    };
    // The name is new and the folder empty, so no half-written file of the cache gets in here.
    let temporary = env::temp_dir().join(format!("dl-interview-{:016x}", unique()));
    fill(packed, &temporary, true).map_err(|error| match error {
        DataError::Unwritable { path, reason: second } => DataError::Unwritable {
            path: cache.to_path_buf(),
            reason: format!("{reason}; nor to {}: {second}", path.display()),
        },
        other => other,
    })
}

/// Makes `folder` hold the four files.
///
/// Each one is read and hashed at every load. Hashing the 55 MB takes 0.03 s where the processor has
/// SHA instructions and 0.2 s where it has none; a cheaper mark, such as size and time of change,
/// would trust a file that was altered in place.
fn fill(packed: &Path, folder: &Path, temporary: bool) -> Result<Unpacked, DataError> {
    let unwritable = |reason: String| DataError::Unwritable { path: folder.to_path_buf(), reason };
    let text = folder.to_str().ok_or_else(|| unwritable("its name is not Unicode".into()))?;
    fs::create_dir_all(folder).map_err(|error| unwritable(error.to_string()))?;
    // From here on its Drop cleans up, whatever fails below.
    let unpacked = Unpacked { folder: text.into(), temporary };
    remove_leftovers(folder);
    for original in &ORIGINALS {
        let file = folder.join(original.name);
        if fs::read(&file).is_ok_and(|bytes| sha256(&bytes) == original.sha256) {
            continue;
        }
        let bytes = unpack(packed, original)?;
        store(&bytes, &file).map_err(|error| unwritable(error.to_string()))?;
    }
    Ok(unpacked)
}

fn unpack(packed: &Path, original: &Original) -> Result<Vec<u8>, DataError> {
    let file = packed.join(format!("{}.gz", original.name));
    let gzip = match fs::read(&file) {
        Ok(gzip) => gzip,
        Err(error) if error.kind() == ErrorKind::NotFound => {
            return Err(DataError::Missing { file });
        }
        Err(error) => {
            return Err(DataError::Unreadable { file, reason: error.to_string() });
        }
    };
    let mut bytes = Vec::new();
    if let Err(error) = GzDecoder::new(&gzip[..]).read_to_end(&mut bytes) {
        let reason = match error.kind() {
            ErrorKind::UnexpectedEof => "it ends too early".to_string(),
            _ => error.to_string(),
        };
        return Err(DataError::Corrupt { file, reason });
    }
    let found = sha256(&bytes);
    if found != original.sha256 {
        return Err(DataError::Altered { file, expected: original.sha256.into(), found });
    }
    Ok(bytes)
}

/// Writes `file` so that it is never seen half-written: other processes may be loading right now.
fn store(bytes: &[u8], file: &Path) -> io::Result<()> {
    // In the same folder, because a rename is atomic only within one file system.
    let temporary = file.with_extension(format!("{:016x}.tmp", unique()));
    let mut writer = File::create_new(&temporary)?;
    let written = writer.write_all(bytes).and_then(|()| writer.sync_all());
    drop(writer); // Windows does not rename an open file.
    let stored = written.and_then(|()| fs::rename(&temporary, file));
    if stored.is_err() {
        // The disk may be full of just this.
        let _ = fs::remove_file(&temporary);
    }
    stored
}

/// Removes what processes killed half-way left behind; a fresh file may belong to a living one.
fn remove_leftovers(folder: &Path) {
    let Ok(entries) = fs::read_dir(folder) else {
        return;
    };
    for entry in entries.flatten() {
        let name = entry.file_name();
        let name = name.to_string_lossy();
        let ours = name.ends_with(".tmp") && ORIGINALS.iter().any(|it| name.starts_with(it.name));
        let age = entry.metadata().and_then(|it| it.modified()).map(|it| it.elapsed());
        if ours && matches!(age, Ok(Ok(age)) if age > LEFTOVER_AGE) {
            // Another process may be removing it too.
            let _ = fs::remove_file(entry.path());
        }
    }
}

fn sha256(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}

/// A number for a file name that no other process or thread uses: the standard library draws the keys
/// of a `RandomState` from the operating system's randomness and changes them with each one.
fn unique() -> u64 {
    RandomState::new().hash_one(0)
}
