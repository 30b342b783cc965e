//! The MNIST digits.

use std::env;
use std::fs;
use std::io::{ErrorKind, Read};
use std::path::{Path, PathBuf};

use flate2::read::GzDecoder;
use ndarray::Array2;
use sha2::{Digest, Sha256};

use super::{DataError, Examples};
use crate::tensor::Real;

/// Handwritten digits: 60 000 to train on and 10 000 to test with, written by other people.
///
/// Source: LeCun, Bottou, Bengio, Haffner 1998, "Gradient-based learning applied to document
/// recognition", Proceedings of the IEEE 86(11).
///
/// ```
/// let data = dl_interview::data::mnist()?;
/// assert_eq!((data.train.len(), data.test.len()), (60_000, 10_000));
/// # Ok::<(), dl_interview::data::DataError>(())
/// ```
#[derive(Clone, Debug)]
pub struct Mnist {
    /// 60 000 images of 28 × 28 pixels, line by line from the top left; 0 is paper, 1 is ink.
    pub train: Examples,
    /// 10 000 images of the same kind, by other writers.
    pub test: Examples,
}

/// Loads MNIST from the four files of this repository, or of the folder that the environment variable
/// `DLI_DATA_DIR` names.
///
/// # Errors
///
/// Those of [`mnist_from`].
///
/// ```
/// use dl_interview::data::mnist;
///
/// let data = mnist()?;
/// assert_eq!(data.train.inputs.dim(), (60_000, 784));
/// assert_eq!(data.train.labels[0], 5);
/// # Ok::<(), dl_interview::data::DataError>(())
/// ```
pub fn mnist() -> Result<Mnist, DataError> {
    let named = env::var_os("DLI_DATA_DIR").filter(|folder| !folder.is_empty()).map(PathBuf::from);
    mnist_from(&named.unwrap_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("data/mnist")))
}

/// Loads MNIST from the four `.gz` files in `folder`, each checked against the SHA-256 sum of the published data.
///
/// They are unpacked in memory at every load. That takes a fifth of a second, and nothing has to be kept anywhere.
///
/// # Errors
///
/// [`DataError::Missing`], [`Unreadable`](DataError::Unreadable), [`Corrupt`](DataError::Corrupt)
/// or [`Altered`](DataError::Altered) when a file is not as published.
///
/// ```
/// use std::path::Path;
/// use dl_interview::data::{DataError, mnist_from};
///
/// assert!(matches!(mnist_from(Path::new("no-such-folder")), Err(DataError::Missing { .. })));
/// ```
pub fn mnist_from(folder: &Path) -> Result<Mnist, DataError> {
    // Small files first, so that most mistakes show before the 47 MB are unpacked.
    let [test_labels, train_labels, test_images, train_images] = FILES;
    let (test_labels, train_labels) = (unpack(folder, &test_labels)?, unpack(folder, &train_labels)?);
    let test = examples(&unpack(folder, &test_images)?, &test_labels);
    Ok(Mnist { train: examples(&unpack(folder, &train_images)?, &train_labels), test })
}

struct File {
    name: &'static str,
    /// Of the unpacked file.
    sha256: &'static str,
}

const FILES: [File; 4] = [
    File {
        name: "t10k-labels-idx1-ubyte.gz",
        sha256: "ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2",
    },
    File {
        name: "train-labels-idx1-ubyte.gz",
        sha256: "65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5",
    },
    File {
        name: "t10k-images-idx3-ubyte.gz",
        sha256: "0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7",
    },
    File {
        name: "train-images-idx3-ubyte.gz",
        sha256: "ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db",
    },
];

fn unpack(folder: &Path, wanted: &File) -> Result<Vec<u8>, DataError> {
    let file = folder.join(wanted.name);
    let packed = match fs::read(&file) {
        Ok(packed) => packed,
        Err(error) if error.kind() == ErrorKind::NotFound => return Err(DataError::Missing { file }),
        Err(error) => return Err(DataError::Unreadable { file, reason: error.to_string() }),
    };
    let mut bytes = Vec::new();
    if let Err(error) = GzDecoder::new(&packed[..]).read_to_end(&mut bytes) {
        let reason = match error.kind() {
            ErrorKind::UnexpectedEof => "it ends too early".to_string(),
            _ => error.to_string(),
        };
        return Err(DataError::Corrupt { file, reason });
    }
    let found: String = Sha256::digest(&bytes).iter().map(|byte| format!("{byte:02x}")).collect();
    if found != wanted.sha256 {
        return Err(DataError::Altered { file, expected: wanted.sha256.into(), found });
    }
    Ok(bytes)
}

/// Of two files in the IDX format: a header of four bytes and four more for each axis, then one byte for each number. The
/// sum of each file has been checked, so nothing in them can be a surprise.
fn examples(images: &[u8], labels: &[u8]) -> Examples {
    let (pixels, labels) = (&images[16..], &labels[8..]);
    let pixels = pixels.iter().map(|&grey| Real::from(grey) / 255.0).collect();
    Examples {
        inputs: Array2::from_shape_vec((labels.len(), 784), pixels)
            .expect("the file is the published one, with 784 pixels for every label"),
        labels: labels.iter().map(|&digit| usize::from(digit)).collect(),
    }
}
