//! MNIST: handwritten digits of 28 by 28 pixels (LeCun, Cortes, Burges).

use std::path::Path;
use std::vec::Vec;
use std::{format, vec};

use kseq_core::error::Error;
use kseq_core::tensor::Tensor;
use kseq_core::text::Note;

use super::{DatasetError, MAX_UNPACKED, idx};

/// A digit: 28 rows of 28 grey values, 0 is the background.
pub type Image = [[u8; 28]; 28];

/// Digits to train on and to test with, each with its label 0 to 9.
pub struct Mnist {
    /// The training digits.
    pub x_train: Vec<Image>,
    /// Their labels.
    pub y_train: Vec<u8>,
    /// The test digits.
    pub x_test: Vec<Image>,
    /// Their labels.
    pub y_test: Vec<u8>,
}

/// Reads the four files of MNIST from a folder: `train-images-idx3-ubyte`,
/// `train-labels-idx1-ubyte`, `t10k-images-idx3-ubyte`, `t10k-labels-idx1-ubyte`, each with or
/// without `.gz`.
///
/// # Errors
/// A file that is missing, damaged, or of another shape, or unpacks to more than [`MAX_UNPACKED`]; images and labels of different
/// number.
pub fn load_data(folder: impl AsRef<Path>) -> Result<Mnist, DatasetError> {
    load_data_up_to(folder, MAX_UNPACKED)
}

/// As [`load_data`], of `.gz` files each of which may unpack to so many bytes.
///
/// # Errors
/// As [`load_data`].
pub fn load_data_up_to(folder: impl AsRef<Path>, bytes: u64) -> Result<Mnist, DatasetError> {
    let (x_train, y_train) = load(folder.as_ref(), "train", bytes)?;
    let (x_test, y_test) = load(folder.as_ref(), "t10k", bytes)?;
    Ok(Mnist {
        x_train,
        y_train,
        x_test,
        y_test,
    })
}

fn load(folder: &Path, part: &str, limit: u64) -> Result<(Vec<Image>, Vec<u8>), DatasetError> {
    let images = folder.join(format!("{part}-images-idx3-ubyte"));
    let labels = folder.join(format!("{part}-labels-idx1-ubyte"));
    let x = idx::read(&images, &[28, 28], limit)?;
    let y = idx::read(&labels, &[], limit)?;
    let x: Vec<Image> = x.as_chunks().0.as_chunks().0.to_vec();
    let fail = |why| DatasetError { path: labels, why };
    if x.len() != y.len() {
        let (images, labels) = (x.len(), y.len());
        return Err(fail(format!("{labels} labels for {images} images")));
    }
    if let Some((i, label)) = y.iter().enumerate().find(|(_, label)| **label > 9) {
        return Err(fail(format!("label {i} is {label}, expected 0 to 9")));
    }
    Ok((x, y))
}

/// The grey values divided by 255, as samples of 784 values: `[f32; 784]` for a `Dense` layer,
/// `[[[f32; 1]; 28]; 28]` for a `Conv2D`.
///
/// ```
/// use kseq::datasets::mnist;
/// let mut digit = [[0; 28]; 28];
/// digit[0][1] = 255;
/// let x: Vec<[f32; 784]> = mnist::scaled(&[digit])?;
/// assert_eq!(x[0][..3], [0.0, 1.0, 0.0]);
/// # Ok::<(), kseq::error::Error>(())
/// ```
///
/// # Errors
/// The samples do not have 784 values.
pub fn scaled<X: Tensor<Elem = f32>>(images: &[Image]) -> Result<Vec<X>, Error> {
    let pixels = images.as_flattened().as_flattened();
    if X::LEN != 28 * 28 {
        let why = Note::new().str("expected samples of 784 values, found ");
        return Err(Error::Argument {
            name: "scaled",
            why: why.text(&X::SHAPE.text()),
        });
    }
    let mut values = vec![0.0; pixels.len()];
    for (value, &pixel) in values.iter_mut().zip(pixels) {
        *value = f32::from(pixel) / 255.0;
    }
    Ok(X::view(&values).to_vec())
}
