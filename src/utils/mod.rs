//! `keras.utils`: what turns raw data into samples and targets.

mod plot_model;

pub use plot_model::{model_to_dot, plot_model};

use std::vec::Vec;

use kseq_core::error::Error;
use kseq_core::text::Note;

/// Class indices as one-hot rows of `N` classes: the targets of `CategoricalCrossentropy`.
///
/// ```
/// use kseq::utils::to_categorical;
/// let y: Vec<[f32; 3]> = to_categorical(&[2u8, 0])?;
/// assert_eq!(y, [[0.0, 0.0, 1.0], [1.0, 0.0, 0.0]]);
/// assert!(to_categorical::<3, u8>(&[3]).is_err());
/// # Ok::<(), kseq::error::Error>(())
/// ```
///
/// # Errors
/// A class index of `N` or more, or a negative one, with the index of its sample.
pub fn to_categorical<const N: usize, T>(y: &[T]) -> Result<Vec<[f32; N]>, Error>
where
    T: Copy + TryInto<usize>,
{
    let mut rows = std::vec![[0.0; N]; y.len()];
    for (sample, (row, &class)) in rows.iter_mut().zip(y).enumerate() {
        let index = class.try_into().unwrap_or(usize::MAX);
        match row.get_mut(index) {
            Some(value) => *value = 1.0,
            None => {
                let found = if index == usize::MAX {
                    Note::new().str("a negative or huge class index")
                } else {
                    Note::new().str("class index ").num(index)
                };
                let why = found.str(", expected 0 to ").num(N.saturating_sub(1));
                return Err(Error::Target {
                    what: "to_categorical",
                    sample,
                    why,
                });
            }
        }
    }
    Ok(rows)
}
