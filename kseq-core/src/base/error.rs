//! What can be wrong with data at run time, where the compiler cannot know it.

use super::layer_info::LayerInfo;
use crate::text::Note;

/// Why a call was refused: nothing was trained or changed. Or why a training ended, by a callback or a generator: then
/// the model keeps what it has learned, and `Compiled::history` the epochs.
#[derive(Clone)]
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
    /// An input that the first layer does not take, such as a token beyond the vocabulary.
    Input {
        /// The index of the sample.
        sample: usize,
        /// The index of the value in the flattened sample.
        element: usize,
        /// What is wrong with it.
        why: Note,
    },
    /// A target that cannot be meant, such as a class index beyond the output.
    Target {
        /// Which data.
        what: &'static str,
        /// The index of the sample.
        sample: usize,
        /// What is wrong with it.
        why: Note,
    },
    /// An argument outside its range.
    Argument {
        /// The argument: `batch_size`.
        name: &'static str,
        /// What was expected and found.
        why: Note,
    },
    /// A sample of a length that cannot be meant, or that the model does not take.
    #[cfg(feature = "std")]
    Sample {
        /// Which call and data: `fit`, `validation_data`.
        what: &'static str,
        /// The index of the sample.
        sample: usize,
        /// What is wrong with it.
        why: std::string::String,
    },
    /// A metric has a name that the history uses itself.
    #[cfg(feature = "std")]
    MetricName {
        /// The name.
        name: std::string::String,
    },
    /// A callback monitors a value that there is not.
    #[cfg(feature = "std")]
    Monitor {
        /// The name that it asks for.
        name: std::string::String,
        /// The names that there are.
        names: std::vec::Vec<std::string::String>,
    },
    /// A file that cannot be written or read, or does not hold what it should.
    #[cfg(feature = "std")]
    File {
        /// Which file.
        path: std::path::PathBuf,
        /// What is wrong.
        why: std::string::String,
    },
    /// Weights that do not fit the model.
    #[cfg(feature = "std")]
    Weights {
        /// What was expected and found.
        why: std::string::String,
    },
    /// A model that cannot be said in Keras's words.
    #[cfg(feature = "std")]
    Config {
        /// Each layer for which Keras has no word, and why.
        why: std::string::String,
    },
    /// A callback refuses its arguments, or ends the training.
    #[cfg(feature = "std")]
    Callback {
        /// Which callback: `EarlyStopping`.
        name: std::string::String,
        /// What was expected and found.
        why: std::string::String,
    },
    /// A generator could not make a batch, or one that cannot be trained on.
    #[cfg(feature = "std")]
    Generator {
        /// Which batch: the index in a `Sequence`, the number from 0 of an iterator.
        batch: usize,
        /// What is wrong with it: the generator's own error, or an [`Error`].
        source: std::sync::Arc<dyn core::error::Error + Send + Sync>,
    },
    /// The code of a generator panicked.
    #[cfg(feature = "std")]
    Panic {
        /// Which batch.
        batch: usize,
        /// What it said.
        message: std::string::String,
    },
    /// An iterator ended before the training, or the validation.
    #[cfg(feature = "std")]
    Ended {
        /// The batches that it gave.
        batches: usize,
    },
    /// Another rank of a training on several ended with an error, or does not do what this one does.
    #[cfg(feature = "std")]
    Rank {
        /// Which one, from 0.
        rank: usize,
        /// What it did.
        why: std::string::String,
    },
    /// No layer has that name or index.
    NoLayer {
        /// What was asked for.
        why: Note,
        /// The model that was asked.
        model: &'static str,
        /// The layers that it has.
        layers: &'static [LayerInfo],
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
            Error::Input {
                sample,
                element,
                why,
            } => write!(f, "sample {sample}, element {element}: {}", why.as_str()),
            Error::Target { what, sample, why } => {
                write!(f, "{what}: target of sample {sample}: {}", why.as_str())
            }
            Error::Argument { name, why } => write!(f, "{name}: {}", why.as_str()),
            #[cfg(feature = "std")]
            Error::Sample { what, sample, why } => write!(f, "{what}: sample {sample}: {why}"),
            #[cfg(feature = "std")]
            Error::MetricName { name } => write!(
                f,
                "metrics: a metric is named `{name}`, but the history itself has `loss`, `val_..`, \
                 `learning_rate` and `epoch`; give it another name: `Named(\"..\", metric)`"
            ),
            #[cfg(feature = "std")]
            Error::Monitor { name, names } => {
                let names = names.join(", ");
                write!(
                    f,
                    "a callback monitors `{name}`, but there are only: {names}"
                )?;
                match name.starts_with("val_") {
                    true => write!(f, "; give fit validation data"),
                    false => Ok(()),
                }
            }
            #[cfg(feature = "std")]
            Error::File { path, why } => write!(f, "{}: {why}", path.display()),
            #[cfg(feature = "std")]
            Error::Weights { why } | Error::Config { why } => write!(f, "{why}"),
            #[cfg(feature = "std")]
            Error::Callback { name, why } => write!(f, "{name}: {why}"),
            #[cfg(feature = "std")]
            Error::Generator { batch, source } => {
                write!(f, "batch {batch} of the generator: {source}")
            }
            #[cfg(feature = "std")]
            Error::Panic { batch, message } => {
                write!(
                    f,
                    "batch {batch} of the generator: its code panicked: {message}"
                )
            }
            #[cfg(feature = "std")]
            Error::Ended { batches } => write!(
                f,
                "the iterator ended after {batches} batches and more are needed; give an endless one \
                 (`.cycle()`), a `Sequence`, or fewer steps and epochs"
            ),
            #[cfg(feature = "std")]
            Error::Rank { rank, why } => write!(f, "rank {rank} {why}"),
            Error::NoLayer { why, model, layers } => {
                write!(f, "{}; `{model}` has, from index 0:", why.as_str())?;
                for (i, layer) in layers.iter().enumerate() {
                    write!(f, "{} {}", if i == 0 { "" } else { "," }, layer.name)?;
                }
                Ok(())
            }
        }
    }
}

/// The same text: Rust prints this form of an error that `main` returns, and of one that `unwrap` meets.
impl core::fmt::Debug for Error {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        core::fmt::Display::fmt(self, f)
    }
}

impl core::error::Error for Error {
    fn source(&self) -> Option<&(dyn core::error::Error + 'static)> {
        match self {
            #[cfg(feature = "std")]
            Error::Generator { source, .. } => Some(&**source),
            _ => None,
        }
    }
}
