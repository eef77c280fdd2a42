//! `.npy`, NumPy's file of one array, read where it lies.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::string::{String, ToString};
use std::sync::Arc;
use std::vec::Vec;
use std::{fmt, format, io};

use kseq_core::tensor::Tensor;
use kseq_core::train::{Failure, Samples};
use kseq_safetensors::{MAX_NPY_HEADER, NpyHeader};

use super::DatasetError;
use super::number::{Decode, Number};

/// An array in an `.npy` file as samples: the first axis counts them, the others are those of `T`.
///
/// Samples are read when they are asked for: the file may be larger than memory. `numpy.save` writes it. Its numbers
/// are `float32` or `uint8` (0 to 255, as they are) for `f32`, and `uint32` or `uint8` for `u32`, the
/// tokens and classes.
///
/// A file that is cut short while it is open is an error of the training; one that is written to gives other numbers.
///
/// ```no_run
/// use kseq::datasets::Npy;
/// use kseq::train::Flow;
/// let x = Npy::<[[f32; 28]; 28]>::open("x_train.npy")?; // numpy.save("x_train.npy", x_train)
/// let y = Npy::<u32>::open("y_train.npy")?;
/// let batches = Flow::new(x, y, 128)?; // model.fit_generator(batches, Fit::new())?
/// # let _ = batches;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct Npy<T: Tensor> {
    file: Arc<ArrayFile>,
    layout: Layout<T::Elem>,
}

/// Where the numbers of a file are, and how they are read.
struct Layout<E> {
    begin: u64,
    samples: usize,
    decode: Decode<E>,
    /// The bytes of a number.
    width: usize,
}

/// An open file, read at any place by several threads.
struct ArrayFile {
    path: PathBuf,
    file: File,
}

impl ArrayFile {
    fn open(path: &Path) -> io::Result<Self> {
        let file = File::open(path)?;
        if !file.metadata()?.is_file() {
            return Err(io::Error::other(
                "expected a file, found a folder or a device",
            ));
        }
        let path = path.to_path_buf();
        Ok(ArrayFile { path, file })
    }

    #[cfg(unix)]
    fn read(&self, bytes: &mut [u8], at: u64) -> io::Result<()> {
        std::os::unix::fs::FileExt::read_exact_at(&self.file, bytes, at)
    }

    /// Through a handle of its own, whose position is nobody else's.
    #[cfg(not(unix))]
    fn read(&self, bytes: &mut [u8], at: u64) -> io::Result<()> {
        use std::io::{Read, Seek, SeekFrom};
        let mut file = File::open(&self.path)?;
        file.seek(SeekFrom::Start(at))?;
        file.read_exact(bytes)
    }

    /// As much of the beginning as a header may take, and the length of the file.
    fn head(&self) -> io::Result<(Vec<u8>, u64)> {
        let len = self.file.metadata()?.len();
        let some = |most: usize| usize::try_from(len).map_or(most, |len| len.min(most));
        // A first look is enough for what NumPy writes.
        for most in [4096, MAX_NPY_HEADER + 12] {
            let mut bytes = std::vec![0; some(most)];
            self.read(&mut bytes, 0)?;
            if most > MAX_NPY_HEADER || bytes.len() < most || NpyHeader::parse(&bytes).is_ok() {
                return Ok((bytes, len));
            }
        }
        Ok((Vec::new(), len))
    }
}

impl<T: Tensor<Elem: Number>> Npy<T> {
    /// Opens a file.
    ///
    /// # Errors
    /// There is no such file, it is no `.npy` file or a damaged one; its `dtype` is another, its order
    /// is Fortran's, or the shape of its samples is not that of `T`.
    pub fn open(path: impl AsRef<Path>) -> Result<Self, DatasetError> {
        let path = path.as_ref();
        let open = || {
            let file = ArrayFile::open(path).map_err(|e| e.to_string())?;
            let (head, len) = file.head().map_err(|e| e.to_string())?;
            let layout = layout::<T>(&head, len)?;
            let file = Arc::new(file);
            Ok(Npy { file, layout })
        };
        open().map_err(|why| DatasetError {
            path: path.to_path_buf(),
            why,
        })
    }

    /// Appends the numbers of samples.
    fn numbers(&self, indices: &[usize], numbers: &mut Vec<T::Elem>) -> Result<(), String> {
        let Layout {
            begin,
            samples,
            decode,
            width,
        } = self.layout;
        let each = T::LEN * width;
        let mut bytes = Vec::new();
        // Neighbours are read together.
        for run in indices.chunk_by(|a, b| a.checked_add(1) == Some(*b)) {
            let first = run.first().copied().unwrap_or_default();
            let count = samples.saturating_sub(first).min(run.len());
            bytes.resize(count * each, 0);
            let at = begin + (first.min(samples) * each) as u64;
            self.file.read(&mut bytes, at).map_err(|e| match e.kind() {
                io::ErrorKind::UnexpectedEof => {
                    format!("sample {first}: the file was cut short after it was opened")
                }
                _ => format!("sample {first}: {e}"),
            })?;
            decode(&bytes, numbers);
            if let Some(index) = run.get(count) {
                return Err(format!("there is no sample {index}, there are {samples}"));
            }
        }
        Ok(())
    }
}

impl<T: Tensor<Elem: Number>> Samples for Npy<T> {
    type Sample = T;

    fn len(&self) -> usize {
        self.layout.samples
    }

    fn read(&self, indices: &[usize]) -> Result<Vec<T>, Failure> {
        let mut numbers = Vec::with_capacity(indices.len() * T::LEN);
        self.numbers(indices, &mut numbers).map_err(|why| {
            let path = self.file.path.clone();
            DatasetError { path, why }
        })?;
        Ok(T::view(&numbers).to_vec())
    }
}

impl<T: Tensor> Clone for Npy<T> {
    fn clone(&self) -> Self {
        let file = self.file.clone();
        let layout = Layout { ..self.layout };
        Npy { file, layout }
    }
}

impl<T: Tensor> fmt::Debug for Npy<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Npy")
            .field("samples", &self.layout.samples)
            .field("shape", &T::SHAPE)
            .finish_non_exhaustive()
    }
}

/// What the header says, checked against the sample type and the length of the file.
fn layout<T: Tensor<Elem: Number>>(head: &[u8], len: u64) -> Result<Layout<T::Elem>, String> {
    let NpyHeader {
        dtype,
        fortran_order,
        shape,
        begin,
    } = NpyHeader::parse(head)?;
    let dtype = dtype.unwrap_or("a structure");
    let Some((decode, width)) = T::Elem::decode(dtype) else {
        return Err(format!(
            "expected the dtype {}, found `{dtype}`; save it after `.astype(...)`",
            T::Elem::DTYPES
        ));
    };
    if fortran_order {
        return Err(String::from(
            "expected C order, found Fortran's; save it after `numpy.ascontiguousarray(...)`",
        ));
    }
    let sample: Vec<usize> = (0..T::SHAPE.rank()).map(|i| T::SHAPE.dim(i)).collect();
    let Some((&samples, found)) = shape.split_first() else {
        return Err(String::from(
            "expected an array of samples, found a single number",
        ));
    };
    if found != sample {
        return Err(format!(
            "expected samples of shape {}, found the array {shape:?}: its samples have {found:?}",
            T::SHAPE
        ));
    }
    let size = T::LEN
        .checked_mul(width)
        .and_then(|n| n.checked_mul(samples));
    let begin = begin as u64;
    let rest = len.saturating_sub(begin);
    match size.map(|size| size as u64) {
        Some(size) if size == rest => Ok(Layout {
            begin,
            samples,
            decode,
            width,
        }),
        Some(size) if size < rest => {
            Err(format!("there is more than the {size} bytes of its array"))
        }
        Some(size) => Err(format!(
            "cut short: its header promises {size} bytes, found {rest}"
        )),
        None => Err(format!(
            "its array {shape:?} is larger than the address space"
        )),
    }
}

#[cfg(test)]
mod tests {
    use kseq_core::train::{Flow, Sequence};

    use super::*;

    /// A file as NumPy writes it: the header is padded to a multiple of 64 bytes.
    fn file(version: u8, descr: &str, fortran: &str, shape: &str, numbers: &[u8]) -> Vec<u8> {
        let dict = format!("{{'descr': {descr}, 'fortran_order': {fortran}, 'shape': {shape}, }}");
        let prefix = if version == 1 { 10 } else { 12 };
        let length = (prefix + dict.len() + 1).next_multiple_of(64) - prefix;
        let mut file = b"\x93NUMPY".to_vec();
        file.extend([version, 0]);
        match version {
            1 => file.extend((length as u16).to_le_bytes()),
            _ => file.extend((length as u32).to_le_bytes()),
        }
        file.extend(format!("{dict:<width$}\n", width = length - 1).bytes());
        file.extend(numbers);
        file
    }

    fn open<T: Tensor<Elem: Number>>(bytes: &[u8]) -> Result<Vec<T>, String> {
        // Each test has its own file: they run side by side.
        static FILES: std::sync::atomic::AtomicUsize = std::sync::atomic::AtomicUsize::new(0);
        let number = FILES.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        let name = format!("kseq-npy-{}-{number}.npy", std::process::id());
        let path = std::env::temp_dir().join(name);
        std::fs::write(&path, bytes).expect("a temporary file");
        let read = Npy::<T>::open(&path).map(|npy| {
            let all: Vec<usize> = (0..npy.len()).rev().collect();
            npy.read(&all).expect("they are there")
        });
        std::fs::remove_file(&path).expect("it is there");
        read.map_err(|e| {
            assert_eq!(e.path, path);
            e.why
        })
    }

    #[test]
    fn numbers_of_every_kind_are_read() {
        let floats: Vec<u8> = [1.5f32, -2.0, 0.25, 8.0]
            .iter()
            .flat_map(|v| v.to_le_bytes())
            .collect();
        for version in [1, 2, 3] {
            let f = file(version, "'<f4'", "False", "(2, 2)", &floats);
            assert_eq!(open(&f), Ok(std::vec![[0.25f32, 8.0], [1.5, -2.0]]));
        }
        let f = file(1, "'|u1'", "False", "(2, 1, 2)", &[0, 255, 3, 4]);
        assert_eq!(open(&f), Ok(std::vec![[[3.0f32, 4.0]], [[0.0, 255.0]]]));
        let f = file(1, "'|u1'", "False", "(3,)", &[7, 8, 9]);
        assert_eq!(open(&f), Ok(std::vec![9u32, 8, 7]));
        let f = file(1, "'<u4'", "False", "(1, 2)", &[1, 0, 0, 0, 0, 1, 0, 0]);
        assert_eq!(open(&f), Ok(std::vec![[1u32, 256]]));
    }

    #[test]
    fn everything_else_is_refused_with_the_reason() {
        let whole = file(1, "'<f4'", "False", "(2, 2)", &[0; 16]);
        assert!(open::<[f32; 2]>(&whole).is_ok());
        let cases = [
            (file(1, "'<f8'", "False", "(2, 2)", &[0; 32]), "found `<f8`"),
            (file(1, "'>f4'", "False", "(2, 2)", &[0; 16]), "found `>f4`"),
            (
                file(1, "[('a', '<f4')]", "False", "(4,)", &[0; 16]),
                "found `a structure`",
            ),
            (
                file(1, "'<f4'", "True", "(2, 2)", &[0; 16]),
                "ascontiguousarray",
            ),
            (
                file(1, "'<f4'", "False", "(2, 3)", &[0; 24]),
                "samples have [3]",
            ),
            (
                file(1, "'<f4'", "False", "(4,)", &[0; 16]),
                "samples have []",
            ),
            (file(1, "'<f4'", "False", "()", &[0; 4]), "a single number"),
            (file(1, "'<f4'", "False", "(2, x)", &[0; 16]), "no `shape`"),
            (
                file(1, "'<f4'", "False", "(2, 2)", &[0; 15]),
                "promises 16 bytes, found 15",
            ),
            (
                file(1, "'<f4'", "False", "(2, 2)", &[0; 17]),
                "more than the 16 bytes",
            ),
            (
                file(1, "'<f4'", "False", "(18446744073709551615, 2)", &[]),
                "larger than the address space",
            ),
            (file(4, "'<f4'", "False", "(2, 2)", &[0; 16]), "found 4"),
            (whole[..40].to_vec(), "cut short in its header"),
            (whole[..8].to_vec(), "cut short in its header"),
            (b"PK\x03\x04".to_vec(), "begins with"),
            (Vec::new(), "begins with"),
            (
                [b"\x93NUMPY\x02\0", &[0, 0, 0, 0x80][..], &[b' '; 8192]].concat(),
                "at most 1048576 bytes, found 2147483648",
            ),
        ];
        for (bytes, why) in cases {
            let found = open::<[f32; 2]>(&bytes).expect_err(why);
            assert!(found.contains(why), "{found} should say {why}");
        }
        let found = open::<u32>(&file(1, "'<i8'", "False", "(1,)", &[0; 8]));
        let why =
            "expected the dtype \"uint32\" or \"uint8\", found `<i8`; save it after `.astype(...)`";
        assert_eq!(found.expect_err(why), why);
        assert!(Npy::<f32>::open("/no/such.npy").is_err());
    }

    #[test]
    fn a_large_header_is_read() {
        let shape = format!("(2,){:20000}", "");
        let f = file(2, "'|u1'", "False", &shape, &[5, 6]);
        assert_eq!(open(&f), Ok(std::vec![6u32, 5]));
    }

    /// A file may become shorter while it is open, and a caller may ask for too much.
    #[test]
    fn what_is_not_there_is_an_error() {
        let path = std::env::temp_dir().join(format!("kseq-cut-{}.npy", std::process::id()));
        let f = file(1, "'|u1'", "False", "(3, 2)", &[1, 2, 3, 4, 5, 6]);
        std::fs::write(&path, &f).expect("a temporary file");
        let npy = Npy::<[u32; 2]>::open(&path).expect("it is whole");
        let why = |indices: &[usize]| npy.read(indices).expect_err("too much").to_string();
        assert_eq!(npy.read(&[1, 2, 0]).expect("all"), [[3, 4], [5, 6], [1, 2]]);
        for beyond in [&[3][..], &[2, 3], &[usize::MAX]] {
            assert!(why(beyond).contains("there are 3"), "{}", why(beyond));
        }
        let cut = File::options().write(true).open(&path);
        cut.and_then(|file| file.set_len(f.len() as u64 - 1))
            .expect("it can be cut");
        assert_eq!(npy.read(&[0, 1]).expect("still there"), [[1, 2], [3, 4]]);
        let found = why(&[1, 2]);
        assert!(
            found.contains("kseq-cut") && found.contains("cut short"),
            "{found}"
        );
        // So does a batch of it, whoever asks.
        let flow = Flow::new(npy.clone(), npy, 2).expect("as many");
        assert_eq!(flow.get(0).expect("still there").x, [[1, 2], [3, 4]]);
        let found = flow.get(1).map(|_| ()).expect_err("cut").to_string();
        assert!(found.contains("cut short"), "{found}");
        std::fs::remove_file(&path).expect("it is there");
        let folder = Npy::<u32>::open(std::env::temp_dir()).expect_err("no file");
        assert!(folder.why.contains("found a folder"), "{folder}");
    }
}
