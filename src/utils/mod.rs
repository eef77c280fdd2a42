//! `keras.utils`: what turns raw data into samples and targets.

mod normalize;
mod plot_memory;
mod plot_model;
mod thousands;

pub use normalize::normalize;
pub use plot_memory::plot_memory;
pub use plot_model::{model_to_dot, plot_model};

use std::vec::Vec;

use kseq_core::error::Error;
use kseq_core::text::Note;

/// The number of a class: a whole number of any type, or a `bool`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no number of a class",
    label = "expected whole numbers, such as `u8` or `u32`",
    note = "numbers are converted: `y.iter().map(|&v| v as u32).collect::<Vec<_>>()`; an axis of length 1 is taken off: `y.as_flattened()`; \
            rows that are one-hot already are targets as they are"
)]
pub trait ClassIndex: Copy {
    /// The number, if it is one of an index.
    fn index(self) -> Option<usize>;
}

macro_rules! class_index {
    ($($t:ty)*) => {
        $(
            #[diagnostic::do_not_recommend]
            impl ClassIndex for $t {
                fn index(self) -> Option<usize> {
                    self.try_into().ok()
                }
            }
        )*
    };
}
class_index!(bool u8 u16 u32 u64 u128 usize i8 i16 i32 i64 i128 isize);

/// Class indices as one-hot rows of `N` classes: the targets of `CategoricalCrossentropy`.
///
/// ```
/// use kseq::utils::to_categorical;
/// let y: Vec<[f32; 3]> = to_categorical(&[2u8, 0])?;
/// assert_eq!(y, [[0.0, 0.0, 1.0], [1.0, 0.0, 0.0]]);
/// assert!(to_categorical::<3>(&[3u8]).is_err());
/// # Ok::<(), kseq::error::Error>(())
/// ```
///
/// # Errors
/// A class index of `N` or more, or a negative one, with the index of its sample.
pub fn to_categorical<const N: usize>(y: &[impl ClassIndex]) -> Result<Vec<[f32; N]>, Error> {
    let mut rows = std::vec![[0.0; N]; y.len()];
    for (sample, (row, &class)) in rows.iter_mut().zip(y).enumerate() {
        let index = class.index().unwrap_or(usize::MAX);
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
