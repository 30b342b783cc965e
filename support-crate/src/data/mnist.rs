//! The MNIST digits.

use std::path::Path;

use ::mnist::MnistBuilder;
use ndarray::Array2;

use super::{DataError, Examples, cache};
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

/// Loads MNIST; the first call on a machine unpacks it into a cache folder (55 MB).
///
/// The packed files are those of this repository, or of the folder that the environment variable
/// `DLI_DATA_DIR` names. The cache is the folder that `DLI_CACHE_DIR` names, otherwise
/// `dl-interview` in the user's cache folder (`$XDG_CACHE_HOME`, or `~/.cache` on Linux,
/// `~/Library/Caches` on macOS, `%LOCALAPPDATA%` on Windows) or else in the temporary folder.
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
    mnist_from(&cache::packed_folder(), &cache::cache_folder())
}

/// Loads MNIST from the four `.gz` files in `packed`, unpacking to `cache` what is not there yet.
///
/// Every file is checked against the SHA-256 sum of the published data at every load: a damaged
/// file in `cache` is unpacked again, and `packed` is read only for that. Several processes may load
/// at once. When `cache` cannot be written, a temporary folder serves for this load.
///
/// # Errors
///
/// [`DataError::Missing`], [`Unreadable`](DataError::Unreadable), [`Corrupt`](DataError::Corrupt)
/// or [`Altered`](DataError::Altered) when a packed file is needed and not as published;
/// [`DataError::Unwritable`] when neither `cache` nor a temporary folder can take the files.
///
/// ```
/// use std::path::Path;
/// use dl_interview::data::{DataError, mnist_from};
///
/// let nothing = std::env::temp_dir().join("dl-interview-no-such-folder");
/// let cache = std::env::temp_dir().join("dl-interview-doc-example");
/// assert!(matches!(mnist_from(&nothing, &cache), Err(DataError::Missing { .. })));
/// ```
pub fn mnist_from(packed: &Path, cache: &Path) -> Result<Mnist, DataError> {
    let unpacked = cache::unpacked(packed, cache)?;
    // Its defaults are the published split and labels as digits.
    let raw = MnistBuilder::new().base_path(&unpacked.folder).finalize();
    Ok(Mnist { train: images(&raw.trn_img, &raw.trn_lbl), test: images(&raw.tst_img, &raw.tst_lbl) })
}

fn images(pixels: &[u8], labels: &[u8]) -> Examples {
    let pixels = pixels.iter().map(|&grey| Real::from(grey) / 255.0).collect();
    Examples {
        inputs: Array2::from_shape_vec((labels.len(), 784), pixels)
            .expect("the file is the published one, with 784 pixels for every label"),
        labels: labels.iter().map(|&digit| usize::from(digit)).collect(),
    }
}
