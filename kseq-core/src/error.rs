//! What can be wrong with data at run time, where the compiler cannot know it.

use crate::text::Text;

/// Why a call was refused. Nothing was trained or changed.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Error {
    /// `x` and `y` hold different numbers of samples.
    Lengths {
        /// Which call and data: `fit`, `validation_data`.
        what: &'static str,
        /// The samples in `x`.
        x: usize,
        /// The targets in `y`.
        y: usize,
    },
    /// There is no sample.
    Empty {
        /// Which data.
        what: &'static str,
    },
    /// A value is NaN or infinite.
    NotFinite {
        /// Which data.
        what: &'static str,
        /// The index of the sample.
        sample: usize,
        /// The index of the value in the flattened sample.
        element: usize,
        /// The value.
        value: f32,
    },
    /// A target that cannot be meant, such as a class index beyond the output.
    Target {
        /// Which data.
        what: &'static str,
        /// The index of the sample.
        sample: usize,
        /// What is wrong with it.
        why: Text,
    },
    /// An argument outside its range.
    Argument {
        /// The argument: `batch_size`.
        name: &'static str,
        /// What was expected and found.
        why: Text,
    },
    /// No layer has that name or index.
    NoLayer {
        /// What was asked for, and which layers there are.
        why: Text,
    },
}

impl core::fmt::Display for Error {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        match self {
            Error::Lengths { what, x, y } => write!(
                f,
                "{what}: x has {x} samples, y has {y}; every sample needs one target"
            ),
            Error::Empty { what } => write!(f, "{what}: there is no sample; give at least one"),
            Error::NotFinite {
                what,
                sample,
                element,
                value,
            } => write!(
                f,
                "{what}: sample {sample} has {value} at element {element}; \
                 clean or impute the data before training"
            ),
            Error::Target { what, sample, why } => {
                write!(f, "{what}: target of sample {sample}: {}", why.as_str())
            }
            Error::Argument { name, why } => write!(f, "{name}: {}", why.as_str()),
            Error::NoLayer { why } => f.write_str(why.as_str()),
        }
    }
}

impl core::error::Error for Error {}
