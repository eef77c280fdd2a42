//! HDF5: groups, their attributes, their arrays.
//!
//! The reader is the crate `hdf5-pure`. Three were tried on the files of `../shared/models`, and on files that h5py made: all versions of
//! the format, chunked, gzip, shuffle, half and double precision, big-endian, every kind of text, 300 members in a group, attributes of
//! more than 64 KB.
//!
//! - `hdf5-pure` 0.47 reads them all but arrays with two unlimited axes in the newest format, which no Keras writes; it also writes, and
//!   needs one small crate;
//! - `hdf5-reader` 0.12 reads as much, does not write, and brings 25 others (`ndarray`, `syn`, `parking_lot`), which take three times as
//!   long to build;
//! - `hdf5-rust` 1.1 has the attributes of arrays alone, Keras's are those of groups; its 2.0 needs a newer compiler than kseq.
//!
//! It does not stop a file that says it were larger than it is: this module does. All bytes are read through a meter
//! ([`Metered`]), which ends what goes in circles, sizes are compared with the file before anything is allocated
//! ([`limits`](crate::limits)), and chunks are unpacked here ([`chunks`](crate::chunks)).

use std::collections::HashMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use hdf5_pure::{AttrValue, Datatype, FormatError, Layout, Source};

use crate::chunks::{Chunk, Chunked};
use crate::limits::Allowance;
use crate::numbers::Kind;

/// The first bytes of a file.
pub(crate) const SIGNATURE: &[u8] = b"\x89HDF\r\n\x1a\n";

/// A file in memory that can be read only so often: a table is read again for each of its names, a circle for ever.
struct Metered {
    bytes: Arc<[u8]>,
    left: AtomicU64,
}

impl Metered {
    fn new(bytes: Arc<[u8]>) -> Self {
        let left = (bytes.len() as u64)
            .saturating_mul(200)
            .saturating_add(8 << 20);
        let left = AtomicU64::new(left);
        Metered { bytes, left }
    }
}

impl Source for Metered {
    fn len(&self) -> u64 {
        self.bytes.len() as u64
    }

    fn read_at(&self, offset: u64, buf: &mut [u8]) -> Result<(), FormatError> {
        // Reads of nothing cost time, too.
        let cost = buf.len() as u64 + 64;
        let left = self.left.load(Ordering::Relaxed).checked_sub(cost);
        let left = left.ok_or_else(|| {
            let why = "more is read than a file of its size has: damaged, or made to harm";
            FormatError::Source(why.to_owned())
        })?;
        self.left.store(left, Ordering::Relaxed);
        let start = usize::try_from(offset).ok();
        let from = start.and_then(|start| self.bytes.get(start..)?.get(..buf.len()));
        let from = from.ok_or(FormatError::UnexpectedEof {
            expected: start.unwrap_or(usize::MAX).saturating_add(buf.len()),
            available: self.bytes.len(),
        })?;
        buf.copy_from_slice(from);
        Ok(())
    }
}

/// A group with its attributes.
pub(crate) struct Node {
    group: hdf5_pure::Group,
    attributes: HashMap<String, AttrValue>,
    bytes: Arc<[u8]>,
    allowance: Rc<Allowance>,
}

/// A shape, and the values in C order.
pub(crate) type Numbers = (Vec<usize>, Vec<f32>);

impl Node {
    /// The root of a file.
    pub(crate) fn open(bytes: &[u8]) -> Result<Self, String> {
        let allowance = Rc::new(Allowance::of(bytes.len()));
        guarded(|| {
            let bytes: Arc<[u8]> = bytes.into();
            let file = hdf5_pure::File::from_source(Metered::new(Arc::clone(&bytes)));
            let file = file.map_err(|e| e.to_string())?;
            let end = file.superblock().eof_address;
            if end > bytes.len() as u64 {
                let found = bytes.len();
                return Err(format!("cut short: {found} bytes of {end}"));
            }
            Node::of(file.root(), &bytes, &allowance)
        })
    }

    fn of(
        group: hdf5_pure::Group,
        bytes: &Arc<[u8]>,
        allowance: &Rc<Allowance>,
    ) -> Result<Self, String> {
        let attributes = group.attrs().map_err(|e| e.to_string())?;
        Ok(Node {
            group,
            attributes,
            bytes: Arc::clone(bytes),
            allowance: Rc::clone(allowance),
        })
    }

    /// A group below this one, `a` or `a/b`.
    pub(crate) fn group(&self, path: &str) -> Result<Self, String> {
        guarded(|| {
            let group = self.group.group(path);
            let group = group.map_err(|e| format!("the group `{path}`: {e}"))?;
            Node::of(group, &self.bytes, &self.allowance)
        })
    }

    /// The names of the groups in this one.
    pub(crate) fn groups(&self) -> Result<Vec<String>, String> {
        guarded(|| self.group.groups().map_err(|e| e.to_string()))
    }

    /// The names of the arrays in this one.
    pub(crate) fn arrays(&self) -> Result<Vec<String>, String> {
        guarded(|| self.group.datasets().map_err(|e| e.to_string()))
    }

    /// An attribute that is a text.
    pub(crate) fn text(&self, name: &str) -> Option<&str> {
        self.attributes.get(name)?.as_str()
    }

    /// An attribute that is a whole number.
    pub(crate) fn number(&self, name: &str) -> Option<u64> {
        self.attributes.get(name)?.as_u64()
    }

    /// An attribute that is a list of texts. A long one stands in parts, `name0`, `name1`; an empty one may be of any type.
    pub(crate) fn texts(&self, name: &str) -> Option<Vec<String>> {
        if let Some(value) = self.attributes.get(name) {
            return Some(strings(value));
        }
        let parts = (0..).map_while(|i| self.attributes.get(&format!("{name}{i}")));
        let parts: Vec<String> = parts.flat_map(strings).collect();
        (!parts.is_empty()).then_some(parts)
    }

    /// An array of numbers as `f32`s.
    pub(crate) fn numbers(&self, path: &str) -> Result<Numbers, String> {
        guarded(|| self.read(path)).map_err(|why| format!("the array `{path}`: {why}"))
    }

    fn read(&self, path: &str) -> Result<Numbers, String> {
        let text = |e: hdf5_pure::Error| e.to_string();
        let array = self.group.dataset(path).map_err(text)?;
        let datatype = array.datatype().map_err(text)?;
        let kind = Kind::of_hdf5(&datatype).or_else(|| {
            // HDF5 has no word for `bfloat16`: Keras says it beside two bytes of anything.
            let attributes = array.attrs().ok()?;
            let word = attributes.get("dtype")?.as_str()?;
            let opaque = matches!(datatype, Datatype::Opaque { size: 2, .. });
            (opaque && word == "bfloat16").then_some(Kind::BF16)
        });
        let Some(kind) = kind else {
            let found = array.dtype().map_err(text)?;
            return Err(format!("expected numbers, found {found}"));
        };
        let shape = sizes(&array.shape().map_err(text)?)?;
        let count = self.allowance.take_array(&shape, kind.width())?;
        if count == 0 {
            return Ok((shape, Vec::new()));
        }
        let bytes = match array.layout().map_err(text)? {
            Layout::Compact { .. } | Layout::Contiguous { .. } => array.read_raw().map_err(text)?,
            Layout::Chunked { chunk_shape, .. } => {
                // A chunk is unpacked whole, whatever of it belongs to the array.
                let chunk = sizes(&chunk_shape)?;
                self.allowance.take_array(&chunk, kind.width())?;
                let chunked = Chunked {
                    file: &self.bytes,
                    shape: &shape,
                    chunk: &chunk,
                    width: kind.width(),
                    filters: &array.filter_pipeline(),
                };
                let chunks = array.chunks().map_err(text)?;
                let chunks: Vec<Chunk> = chunks.into_iter().map(Chunk::from).collect();
                chunked.read(&chunks)?
            }
            other => return Err(format!("expected an array in this file, found it {other}")),
        };
        if bytes.len() != count * kind.width() {
            let found = bytes.len();
            return Err(format!("{found} bytes for the shape {shape:?}: damaged"));
        }
        Ok((shape, kind.decode(&bytes)))
    }
}

/// A shape as this machine counts.
fn sizes(shape: &[u64]) -> Result<Vec<usize>, String> {
    let sizes = shape.iter().map(|&size| usize::try_from(size));
    let sizes: Result<_, _> = sizes.collect();
    sizes.map_err(|_| format!("the shape {shape:?} is larger than any memory"))
}

/// The texts of an attribute.
fn strings(value: &AttrValue) -> Vec<String> {
    match (value.as_strings(), value.as_str()) {
        (Some(texts), _) => texts.to_vec(),
        (None, Some(text)) => vec![text.to_owned()],
        (None, None) => Vec::new(),
    }
}

/// What the reader gives. Of 370,000 changed files it has panicked on one, by a sum that was too large, where it is not asked any more;
/// should it do so again, that is an error of the file.
fn guarded<T>(read: impl FnOnce() -> Result<T, String>) -> Result<T, String> {
    let read = catch_unwind(AssertUnwindSafe(read));
    read.unwrap_or_else(|_| Err("damaged".to_owned()))
}
