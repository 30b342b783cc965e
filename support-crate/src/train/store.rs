//! What a net has learned, in a file.

use std::fmt;
use std::path::{Path, PathBuf};

use ndarray::{ArrayD, IxDyn};
use safetensors::tensor::{Dtype, SafeTensors, TensorView, serialize};

use crate::nn::Net;
use crate::tensor::Real;

/// Why a net could not be saved or loaded; the message names the file and the way out.
///
/// `Debug` prints the same text as `Display`, because a notebook shows the error of a failed `?` with `Debug`.
///
/// ```
/// use dl_interview::nn::Net;
/// use dl_interview::train::load;
///
/// let error = load(&Net::new(vec![]), "no-such-file.safetensors").unwrap_err();
/// assert!(error.to_string().contains("no-such-file.safetensors"));
/// ```
#[non_exhaustive]
pub enum StoreError {
    /// The operating system does not let us write or read the file.
    File {
        /// Its path.
        file: PathBuf,
        /// What the operating system said.
        reason: String,
    },
    /// The file is not in the format, or damaged.
    Format {
        /// Its path.
        file: PathBuf,
        /// What the parser met.
        reason: String,
    },
    /// The file holds numbers that this crate does not compute with.
    Numbers {
        /// Its path.
        file: PathBuf,
        /// Which ones.
        reason: String,
    },
    /// The file holds another net.
    Mismatch {
        /// Its path.
        file: PathBuf,
        /// The first difference.
        reason: String,
    },
}

impl fmt::Display for StoreError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File { file, reason } => {
                write!(f, "{}: {reason}. Check the path, and that you may read and write there.", file.display())
            }
            Self::Format { file, reason } => {
                write!(f, "{} is not a safetensors file, or damaged ({reason}). Save the net again.", file.display())
            }
            Self::Numbers { file, reason } => {
                write!(
                    f,
                    "{} cannot be loaded as it is: {reason}. Convert its tensors to 32 bits (in PyTorch: .float()) and save \
                     them again.",
                    file.display()
                )
            }
            Self::Mismatch { file, reason } => {
                write!(
                    f,
                    "{} holds another net: {reason}. Build the net with the layers it was saved with.",
                    file.display()
                )
            }
        }
    }
}

impl fmt::Debug for StoreError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl std::error::Error for StoreError {}

#[cfg(not(feature = "f64"))]
const OURS: Dtype = Dtype::F32;
#[cfg(feature = "f64")]
const OURS: Dtype = Dtype::F64;

/// Writes the [state](Net::state) of `net` to a file in the safetensors format, which Python reads too.
///
/// Names are `LAYER.weight`, `LAYER.bias` and so on, shapes as in PyTorch (weights out × in, kernels
/// out × in × height × width). A file that is there already is overwritten: where a link points to, with the rights it has.
///
/// # Errors
///
/// [`StoreError::File`] when the file cannot be written.
///
/// ```
/// use dl_interview::data::rng;
/// use dl_interview::nn::{Layer, Net};
/// use dl_interview::train::{load, save};
///
/// let new = |seed| Net::new(vec![Layer::linear(3, 2, &mut rng(seed))]);
/// let file = std::env::temp_dir().join("dl-interview-doc-example.safetensors");
/// let (trained, fresh) = (new(1), new(2));
/// save(&trained, &file)?;
/// load(&fresh, &file)?;
/// assert_eq!(fresh.state(), trained.state());
/// # std::fs::remove_file(file).unwrap();
/// # Ok::<(), dl_interview::train::StoreError>(())
/// ```
pub fn save(net: &Net, file: impl AsRef<Path>) -> Result<(), StoreError> {
    let file = file.as_ref();
    let bytes: Vec<(String, Vec<usize>, Vec<u8>)> = net
        .state()
        .into_iter()
        .map(|(name, value)| {
            let bytes = value.iter().flat_map(|x| x.to_le_bytes()).collect();
            (name, value.shape().to_vec(), bytes)
        })
        .collect();
    let views = bytes.iter().map(|(name, shape, bytes)| {
        (name.as_str(), TensorView::new(OURS, shape.clone(), bytes).expect("as many bytes as the shape takes"))
    });
    let bytes = serialize(views, None).expect("each name occurs once, each shape fits");
    // Not the crate's serialize_to_file: it renames a file of its own, which takes the place of a link or a device.
    std::fs::write(file, bytes)
        .map_err(|error| StoreError::File { file: file.to_path_buf(), reason: error.to_string() })
}

/// Puts what [`save`] wrote into `net`, which must have the layers of the one saved. Nothing is changed on an error.
///
/// Numbers of 32 and of 64 bits are read, where they fit into those of the net.
///
/// # Errors
///
/// [`StoreError::File`] when the file cannot be read, [`Format`](StoreError::Format) when it is something else or
/// damaged, [`Numbers`](StoreError::Numbers) when it holds numbers of other types or too large ones,
/// [`Mismatch`](StoreError::Mismatch) when it holds tensors of other names or shapes.
///
/// ```
/// use dl_interview::nn::{Layer, Net};
/// use dl_interview::train::{StoreError, load, save};
///
/// let file = std::env::temp_dir().join("dl-interview-doc-other.safetensors");
/// save(&Net::new(vec![Layer::batch_norm(8)]), &file)?;
/// assert!(matches!(load(&Net::new(vec![]), &file), Err(StoreError::Mismatch { .. })));
/// # std::fs::remove_file(file).unwrap();
/// # Ok::<(), dl_interview::train::StoreError>(())
/// ```
pub fn load(net: &Net, file: impl AsRef<Path>) -> Result<(), StoreError> {
    let file = file.as_ref().to_path_buf();
    let bytes =
        std::fs::read(&file).map_err(|error| StoreError::File { file: file.clone(), reason: error.to_string() })?;
    let tensors = SafeTensors::deserialize(&bytes)
        .map_err(|error| StoreError::Format { file: file.clone(), reason: error.to_string() })?;
    let (length, header) = SafeTensors::read_metadata(&bytes).expect("it was just read");
    let named = tensors.len() + usize::from(header.metadata().is_some());
    let entries = entries(&bytes[8..8 + length]);
    if entries != named {
        let reason = format!("its header has {entries} entries with {named} different names");
        return Err(StoreError::Format { file, reason });
    }
    let mut state = Vec::new();
    let own = net.state();
    for (name, value) in &own {
        let found = tensors
            .tensor(name)
            .map_err(|_| StoreError::Mismatch { file: file.clone(), reason: format!("it has no tensor {name}") })?;
        if found.shape() != value.shape() {
            let reason = format!("its {name} has shape {:?}, the net's has {:?}", found.shape(), value.shape());
            return Err(StoreError::Mismatch { file, reason });
        }
        let numbers: Vec<Real> = match found.dtype() {
            Dtype::F32 => found.data().chunks_exact(4).map(|b| f32::from_le_bytes(number(b)) as Real).collect(),
            Dtype::F64 => found.data().chunks_exact(8).map(|b| f64::from_le_bytes(number(b)) as Real).collect(),
            other => {
                let reason = format!("its {name} holds numbers of type {other:?}, and only F32 and F64 are read");
                return Err(StoreError::Numbers { file, reason });
            }
        };
        if let (Dtype::F64, Some(i)) = (found.dtype(), numbers.iter().position(|x| x.is_infinite())) {
            let number = f64::from_le_bytes(number(&found.data()[8 * i..8 * i + 8]));
            if number.is_finite() {
                let reason = format!("its {name} holds {number:e}, which is too large for a number of 32 bits");
                return Err(StoreError::Numbers { file, reason });
            }
        }
        let value = ArrayD::from_shape_vec(IxDyn(found.shape()), numbers).expect("the file's header was checked");
        state.push((name.clone(), value));
    }
    if tensors.len() > own.len() {
        let extra = tensors.names().into_iter().find(|name| own.iter().all(|(own, _)| own != name));
        return Err(StoreError::Mismatch {
            file,
            reason: format!("it also has a tensor {}", extra.unwrap_or_default()),
        });
    }
    net.load_state(&state);
    Ok(())
}

/// How many entries the outermost object of a JSON text has, of whatever names: the parser keeps one of each name only.
fn entries(json: &[u8]) -> usize {
    let (mut depth, mut quoted, mut escaped, mut entries) = (0, false, false, 0);
    for &byte in json {
        match (quoted, byte) {
            (true, _) if escaped => escaped = false,
            (true, b'\\') => escaped = true,
            (_, b'"') => quoted = !quoted,
            (false, b'{') => depth += 1,
            (false, b'}') => depth -= 1,
            (false, b':') if depth == 1 => entries += 1,
            _ => {}
        }
    }
    entries
}

fn number<const N: usize>(bytes: &[u8]) -> [u8; N] {
    bytes.try_into().expect("chunks of this length")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::rng;
    use crate::nn::Layer;

    fn net(seed: u64) -> Net {
        let rng = &mut rng(seed);
        Net::new(vec![Layer::conv2d(1, 2, 3, rng), Layer::batch_norm(2), Layer::flatten(), Layer::linear(8, 3, rng)])
    }

    #[test]
    fn a_net_comes_back_as_it_was() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("net.safetensors");
        let (saved, other) = (net(1), net(2));
        save(&saved, &file).unwrap();
        assert_ne!(other.state(), saved.state());
        load(&other, &file).unwrap();
        assert_eq!(other.state(), saved.state());
    }

    #[test]
    fn what_does_not_fit_changes_nothing_and_says_so() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("net.safetensors");
        let small = Net::new(vec![Layer::linear(3, 2, &mut rng(1))]);
        let before = small.state();
        let message = |wanted: &str| {
            let error = load(&small, &file).unwrap_err().to_string();
            assert!(error.contains(wanted) && error.contains("net.safetensors"), "{error}");
            assert_eq!(small.state(), before);
        };
        message("No such file");
        std::fs::write(&file, b"{ no header").unwrap();
        message("not a safetensors file");
        save(&net(1), &file).unwrap();
        message("its 0.weight has shape [2, 1, 3, 3]");
        save(&Net::new(vec![Layer::relu()]), &file).unwrap();
        message("it has no tensor 0.weight");
        let more = Net::new(vec![Layer::linear(3, 2, &mut rng(1)), Layer::batch_norm(2)]);
        save(&more, &file).unwrap();
        message("it also has a tensor 1.");
        let bytes = std::fs::read(&file).unwrap();
        std::fs::write(&file, &bytes[..bytes.len() - 1]).unwrap();
        message("not a safetensors file");
        assert!(save(&small, folder.path().join("no/such/folder.safetensors")).is_err());
    }

    /// A file with this header, and as many bytes after it.
    fn write(file: &Path, header: &str, data: &[u8]) {
        std::fs::write(file, [&(header.len() as u64).to_le_bytes(), header.as_bytes(), data].concat()).unwrap();
    }

    #[test]
    fn numbers_that_cannot_be_read_are_named() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("net.safetensors");
        let net = Net::new(vec![Layer::linear(2, 1, &mut rng(1)).without_bias()]);
        let before = net.state();
        for (dtype, bytes) in [("F16", 4), ("BF16", 4), ("I64", 16), ("U8", 2)] {
            let header = format!(r#"{{"0.weight":{{"dtype":"{dtype}","shape":[1,2],"data_offsets":[0,{bytes}]}}}}"#);
            write(&file, &header, &vec![0; bytes]);
            let error = load(&net, &file).unwrap_err();
            assert!(matches!(error, StoreError::Numbers { .. }));
            let error = error.to_string();
            assert!(error.contains(&format!("its 0.weight holds numbers of type {dtype}")), "{error}");
            assert!(error.contains(".float()") && !error.contains("another net"), "{error}");
        }
        let header = r#"{"0.weight":{"dtype":"F64","shape":[1,2],"data_offsets":[0,16]}}"#;
        let write = |numbers: [f64; 2]| write(&file, header, &numbers.map(f64::to_le_bytes).concat());
        write([0.5, 1e300]);
        if size_of::<Real>() == 4 {
            let error = load(&net, &file).unwrap_err().to_string();
            assert!(error.contains("its 0.weight holds 1e300, which is too large"), "{error}");
            assert_eq!(net.state(), before);
        } else {
            load(&net, &file).unwrap();
        }
        write([-0.25, f64::INFINITY]); // as it was saved
        load(&net, &file).unwrap();
        assert_eq!(net.state()[0].1, ndarray::array![[-0.25, Real::INFINITY]].into_dyn());
    }

    #[test]
    fn a_name_that_is_there_twice_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("net.safetensors");
        let net = Net::new(vec![Layer::linear(2, 1, &mut rng(1)).without_bias()]);
        let entry = |name: &str| format!(r#""{name}":{{"dtype":"F32","shape":[1,2],"data_offsets":[0,8]}}"#);
        let once = entry("0.weight");
        let data = [0.5_f32, 1.5].map(f32::to_le_bytes).concat();
        for twice in [format!("{{{once},{once}}}"), format!(r#"{{{once},{}}}"#, entry(r"\u0030.weight"))] {
            write(&file, &twice, &data);
            let error = load(&net, &file).unwrap_err().to_string();
            assert!(error.contains("its header has 2 entries with 1 different names"), "{error}");
        }
        // What is not an entry does not count.
        let noted = format!(r#"{{"__metadata__":{{"a:b\"{{":"c:d","e":"f"}}, {once}}}"#);
        write(&file, &noted, &data);
        load(&net, &file).unwrap();
        assert_eq!(net.state()[0].1, ndarray::array![[0.5, 1.5]].into_dyn());
    }

    #[cfg(unix)]
    #[test]
    fn a_net_is_saved_where_a_link_points_to() {
        use std::os::unix::fs::{PermissionsExt, symlink};
        let folder = tempfile::tempdir().unwrap();
        let [there, link, fresh] = ["there", "link", "fresh"].map(|name| folder.path().join(name));
        std::fs::write(&there, "longer than nothing").unwrap();
        std::fs::set_permissions(&there, PermissionsExt::from_mode(0o640)).unwrap();
        symlink(&there, &link).unwrap();
        save(&net(1), &link).unwrap();
        assert!(std::fs::symlink_metadata(&link).unwrap().is_symlink());
        let other = net(2);
        load(&other, &there).unwrap();
        assert_eq!(other.state(), net(1).state());
        let mode = |file: &Path| std::fs::metadata(file).unwrap().permissions().mode() & 0o777;
        assert_eq!(mode(&there), 0o640);
        // A new file gets the rights that new files get.
        save(&net(1), &fresh).unwrap();
        std::fs::write(there.with_extension("txt"), "").unwrap();
        assert_eq!(mode(&fresh), mode(&there.with_extension("txt")));
        // What is no file is not replaced by one.
        let socket = folder.path().join("socket");
        let _listener = std::os::unix::net::UnixListener::bind(&socket).unwrap();
        assert!(matches!(save(&net(1), &socket), Err(StoreError::File { .. })));
        assert!(std::os::unix::fs::FileTypeExt::is_socket(&std::fs::metadata(&socket).unwrap().file_type()));
        assert!(matches!(save(&net(1), folder.path()), Err(StoreError::File { .. })));
    }
}
