//! The MNIST digits.

use std::fmt;
use std::path::Path;

use ::mnist::MnistBuilder;
use ndarray::{Array1, Array2, Axis, s};

use super::{DataError, cache};

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
    /// 60 000 images.
    pub train: Images,
    /// 10 000 images.
    pub test: Images,
}

/// Grey images of 28 × 28 pixels and the digit that each one shows.
///
/// ```
/// use dl_interview::data::Images;
/// use ndarray::{Array2, array};
///
/// let images = Images { pixels: Array2::zeros((3, 784)), labels: array![5, 0, 4] };
/// assert_eq!(format!("{images:?}"), "Images(3 × 784, labels 0..=5)");
/// ```
#[derive(Clone)]
pub struct Images {
    /// n × 784, one image a row, its pixels line by line from the top left; 0 is paper, 1 is ink.
    pub pixels: Array2<f32>,
    /// n digits, each 0 to 9.
    pub labels: Array1<usize>,
}

impl Images {
    /// The number of images, n.
    ///
    /// ```
    /// # use dl_interview::data::Images;
    /// # use ndarray::{Array2, array};
    /// let images = Images { pixels: Array2::zeros((3, 784)), labels: array![5, 0, 4] };
    /// assert_eq!(images.len(), 3);
    /// ```
    pub fn len(&self) -> usize {
        self.labels.len()
    }

    /// Whether there is no image at all.
    ///
    /// ```
    /// # use dl_interview::data::Images;
    /// # use ndarray::{Array2, array};
    /// let images = Images { pixels: Array2::zeros((3, 784)), labels: array![5, 0, 4] };
    /// assert!(!images.is_empty());
    /// assert!(images.first(0).is_empty());
    /// ```
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// A copy of the first `n` images: n × 784 pixels, n labels.
    ///
    /// The published order is already mixed, so these serve as a small sample of all.
    ///
    /// # Panics
    ///
    /// When there are fewer than `n`.
    ///
    /// ```
    /// # use dl_interview::data::Images;
    /// # use ndarray::{Array2, array};
    /// let images = Images { pixels: Array2::zeros((3, 784)), labels: array![5, 0, 4] };
    /// assert_eq!(images.first(2).labels, array![5, 0]);
    /// ```
    #[track_caller]
    pub fn first(&self, n: usize) -> Images {
        assert!(n <= self.len(), "first({n}): there are only {} images; ask for at most that many", self.len());
        Images { pixels: self.pixels.slice(s![..n, ..]).to_owned(), labels: self.labels.slice(s![..n]).to_owned() }
    }

    /// A copy of the images at `indices`, in that order: k × 784 pixels, k labels for k indices.
    ///
    /// An index may occur more than once.
    ///
    /// # Panics
    ///
    /// When an index is not below [`len`](Images::len).
    ///
    /// ```
    /// # use dl_interview::data::Images;
    /// # use ndarray::{Array2, array};
    /// let images = Images { pixels: Array2::zeros((3, 784)), labels: array![5, 0, 4] };
    /// assert_eq!(images.select(&[2, 0, 2]).labels, array![4, 5, 4]);
    /// ```
    #[track_caller]
    pub fn select(&self, indices: &[usize]) -> Images {
        if let Some(index) = indices.iter().find(|&&index| index >= self.len()) {
            panic!("select: index {index} is out of range for {} images; indices count from 0", self.len());
        }
        Images { pixels: self.pixels.select(Axis(0), indices), labels: self.labels.select(Axis(0), indices) }
    }
}

impl fmt::Debug for Images {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Images({} × {}", self.pixels.nrows(), self.pixels.ncols())?;
        if let (Some(low), Some(high)) = (self.labels.iter().min(), self.labels.iter().max()) {
            write!(f, ", labels {low}..={high}")?;
        }
        write!(f, ")")
    }
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
/// assert_eq!(data.train.pixels.dim(), (60_000, 784));
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

fn images(pixels: &[u8], labels: &[u8]) -> Images {
    let pixels = pixels.iter().map(|&grey| f32::from(grey) / 255.0).collect();
    Images {
        pixels: Array2::from_shape_vec((labels.len(), 784), pixels)
            .expect("the file is the published one, with 784 pixels for every label"),
        labels: labels.iter().map(|&digit| usize::from(digit)).collect(),
    }
}
