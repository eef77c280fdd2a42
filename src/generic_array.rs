//! Feature `generic-array`: [`GenericArray`]s as samples and targets, without a copy, through
//! [`Samples`].
//!
//! ```
//! use generic_array::{GenericArray, typenum::{U1, U4}};
//! use kseq::prelude::*;
//!
//! sequential! { Net = [Dense(3, activation = "tanh", input_shape = (4,)), Dense(1)] }
//!
//! # fn main() -> Result<(), Error> {
//! let x: Vec<GenericArray<f32, U4>> = (0..8).map(|i| GenericArray::from_array([i as f32; 4])).collect();
//! let y: Vec<GenericArray<f32, U1>> = x.iter().map(|x| GenericArray::from_array([0.5 * x[0]])).collect();
//!
//! let mut model = compile!(Net::new(1), optimizer = "sgd", loss = "mse");
//! model.fit(x.samples(), y.samples(), Fit::new().verbose(0))?;
//!
//! let predicted = model.predict(x.samples())?;
//! let predicted: &[GenericArray<f32, U1>] = GenericArray::from_chunks(&predicted); // the way back
//! assert_eq!(predicted.len(), 8);
//! # Ok(())
//! # }
//! ```
//!
//! Arrays of arrays are samples of a higher rank. An axis has at most 1024 elements or a power of two: other lengths typenum
//! does not know as the length of an array.
//!
//! ```
//! use generic_array::{GenericArray, typenum::{U2, U3}};
//! use kseq::samples::Samples;
//!
//! type Row = GenericArray<f32, U3>;
//! let rows = [[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]].map(Row::from_array);
//! let images: [GenericArray<Row, U2>; 1] = [GenericArray::from_array(rows)];
//! let samples: &[[[f32; 3]; 2]] = images.samples();
//! assert_eq!(samples, [[[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]]);
//! ```
//!
//! Another length is refused by the compiler:
//!
//! ```compile_fail,E0277
//! use generic_array::{GenericArray, typenum::U783};
//! use kseq::samples::Samples;
//!
//! let x: [GenericArray<f32, U783>; 0] = [];
//! let samples: &[[f32; 784]] = x.samples();
//! ```

use crate::samples::Samples;
use ::generic_array::typenum::{Const, Same};
use ::generic_array::{ArrayLength, ConstArrayLength, GenericArray, IntoArrayLength};

// `do_not_recommend`: a refused length is reported in the words of `Samples`, not as two numbers of typenum's that differ.
#[diagnostic::do_not_recommend]
impl Samples<f32> for [f32] {
    fn samples(&self) -> &[f32] {
        self
    }
}

#[diagnostic::do_not_recommend]
impl Samples<u32> for [u32] {
    fn samples(&self) -> &[u32] {
        self
    }
}

#[diagnostic::do_not_recommend]
impl<T, A, N: ArrayLength, const U: usize> Samples<[T; U]> for [GenericArray<A, N>]
where
    [A]: Samples<T>,
    Const<U>: IntoArrayLength,
    ConstArrayLength<U>: Same<N>,
{
    fn samples(&self) -> &[[T; U]] {
        let elements = GenericArray::slice_from_chunks(self).samples();
        elements.as_chunks().0
    }
}
