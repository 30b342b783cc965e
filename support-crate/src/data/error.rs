//! What can go wrong with the data for reasons outside the code.

use std::fmt;
use std::path::PathBuf;

/// Why a data set could not be loaded; the message names the file and the way out.
///
/// `Debug` prints the same text as `Display`, because a notebook shows the error of a failed `?`
/// with `Debug`.
///
/// ```
/// use dl_interview::data::DataError;
///
/// let error = DataError::Missing { file: "data/mnist/train-labels-idx1-ubyte.gz".into() };
/// assert!(error.to_string().contains("train-labels-idx1-ubyte.gz is missing"));
/// assert!(error.to_string().contains("git checkout -- support-crate/data/mnist"));
/// assert_eq!(format!("{error:?}"), error.to_string());
/// ```
#[non_exhaustive]
pub enum DataError {
    /// A packed file is not there.
    Missing {
        /// The packed file.
        file: PathBuf,
    },
    /// A packed file is there, but the operating system does not let us read it.
    Unreadable {
        /// The packed file.
        file: PathBuf,
        /// What the operating system said.
        reason: String,
    },
    /// A packed file is not whole: it is truncated, damaged or not gzip at all.
    Corrupt {
        /// The packed file.
        file: PathBuf,
        /// What the unpacker met.
        reason: String,
    },
    /// A packed file unpacks, but to something other than the published data.
    Altered {
        /// The packed file.
        file: PathBuf,
        /// SHA-256 of the published data, 64 hexadecimal digits.
        expected: String,
        /// SHA-256 of what the file unpacks to, 64 hexadecimal digits.
        found: String,
    },
}

const RESTORE: &str = "Restore it with `git checkout -- support-crate/data/mnist`";

impl fmt::Display for DataError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Missing { file } => write!(
                f,
                "{} is missing. {RESTORE}, or set DLI_DATA_DIR to the folder that holds the four packed files.",
                file.display()
            ),
            Self::Unreadable { file, reason } => write!(
                f,
                "{} cannot be read ({reason}). \
                 Make it readable, or set DLI_DATA_DIR to another folder that holds the four packed files.",
                file.display()
            ),
            Self::Corrupt { file, reason } => {
                write!(f, "{} is damaged ({reason}). {RESTORE}.", file.display())
            }
            Self::Altered { file, expected, found } => write!(
                f,
                "{} does not hold the published data (SHA-256 {found}, expected {expected}). {RESTORE}.",
                file.display()
            ),
        }
    }
}

impl fmt::Debug for DataError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl std::error::Error for DataError {}
