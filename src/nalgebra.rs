//! Feature `nalgebra`: vectors and matrices as samples and targets through [`Samples`], and a model's arrays and
//! predictions as matrices; all without a copy.
//!
//! nalgebra stores a matrix by columns, kseq an array by rows: `[[f32; O]; I]` and `SMatrix<f32, O, I>` are the same
//! memory. So a column is a sample, or a step of one, and the kernel of a `Dense` layer is seen as the matrix that is
//! multiplied with a column: K x + b.
//!
//! ```
//! use kseq::nalgebra::{columns, view};
//! use kseq::prelude::*;
//! use nalgebra::SVector;
//!
//! sequential! { Net = [Dense(2, input_shape = (4,), bias_initializer = "ones")] }
//!
//! # fn main() -> Result<(), Error> {
//! let x: Vec<SVector<f32, 4>> = (0..8).map(|i| SVector::from([i as f32; 4])).collect();
//! let y: Vec<SVector<f32, 2>> = x.iter().map(|x| x.fixed_rows::<2>(0) * 0.5).collect();
//!
//! let mut model = compile!(Net::new(1), optimizer = "sgd", loss = "mse");
//! model.fit(x.samples(), y.samples(), Fit::new().verbose(0))?;
//!
//! let predicted = model.predict(x.samples())?;
//! let predicted = columns(&predicted); // 2 x 8
//! let by_hand = view(&model.dense_1.kernel) * x[5] + SVector::from(model.dense_1.bias);
//! assert!((predicted.column(5) - by_hand).norm() < 1e-5);
//! # Ok(())
//! # }
//! ```
//!
//! A matrix with a column for each sample; one whose number of rows is known only at run time is first told it:
//!
//! ```
//! use kseq::samples::Samples;
//! use nalgebra::{Const, DMatrix, Dyn};
//!
//! let x = DMatrix::from_vec(2, 3, vec![1.0_f32, 2.0, 3.0, 4.0, 5.0, 6.0]);
//! let n = x.ncols();
//! let x = x.reshape_generic(Const::<2>, Dyn(n)); // copies nothing; panics if there are not 2 n elements
//! let samples: &[[f32; 2]] = x.samples();
//! assert_eq!(samples, [[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]]);
//! ```
//!
//! Another length is refused by the compiler:
//!
//! ```compile_fail,E0277
//! use kseq::samples::Samples;
//!
//! let x: [nalgebra::SVector<f32, 783>; 0] = [];
//! let samples: &[[f32; 784]] = x.samples();
//! ```

use crate::samples::Samples;
#[cfg(feature = "std")]
use ::nalgebra::OMatrix;
use ::nalgebra::{Const, Dyn, MatrixView, SMatrix, SMatrixView, SVector, Scalar};
use bytemuck::Pod;

#[diagnostic::do_not_recommend]
impl<E: Scalar + Pod, const N: usize> Samples<[E; N]> for [SVector<E, N>] {
    fn samples(&self) -> &[[E; N]] {
        bytemuck::must_cast_slice(self)
    }
}

/// A column is an element of the outer axis: a step of a sequence.
#[diagnostic::do_not_recommend]
impl<E: Scalar + Pod, const R: usize, const C: usize> Samples<[[E; R]; C]>
    for [SMatrix<E, R, C>]
{
    fn samples(&self) -> &[[[E; R]; C]] {
        bytemuck::must_cast_slice(self)
    }
}

/// A column is a sample.
#[cfg(feature = "std")]
#[diagnostic::do_not_recommend]
impl<E: Scalar, const N: usize> Samples<[E; N]> for OMatrix<E, Const<N>, Dyn> {
    fn samples(&self) -> &[[E; N]] {
        self.as_slice().as_chunks().0
    }
}

/// An array as a matrix of `O` rows and `I` columns: column `i` is `array[i]`. For an array of rank 4, as that of a
/// convolution, give the matrix of one place in the window, `&kernel[0][2]`.
///
/// The other way round, `matrix.data.0` of an `SMatrix<f32, O, I>` is an `[[f32; O]; I]`.
///
/// ```
/// let kernel = [[1.0_f32, 2.0, 3.0], [4.0, 5.0, 6.0]];
/// let matrix = kseq::nalgebra::view(&kernel);
/// assert_eq!((matrix.shape(), matrix[(2, 0)]), ((3, 2), 3.0));
/// assert_eq!(matrix.into_owned().data.0, kernel);
/// ```
#[must_use]
pub fn view<E: Scalar, const O: usize, const I: usize>(
    array: &[[E; O]; I],
) -> SMatrixView<'_, E, O, I> {
    SMatrixView::from_slice(array.as_flattened())
}

/// Samples, targets or predictions as the columns of a matrix.
///
/// ```
/// let predicted = [[0.25_f32, 0.75], [0.5, 0.5], [1.0, 0.0]];
/// let matrix = kseq::nalgebra::columns(&predicted);
/// assert_eq!((matrix.shape(), matrix.column(0)[1]), ((2, 3), 0.75));
/// ```
#[must_use]
pub fn columns<E: Scalar, const N: usize>(samples: &[[E; N]]) -> MatrixView<'_, E, Const<N>, Dyn> {
    MatrixView::from_slice_generic(samples.as_flattened(), Const, Dyn(samples.len()))
}
