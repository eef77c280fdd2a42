//! What arguments of training, testing and predicting have in common.

use crate::check;
use crate::error::Error;
use crate::model::Model;
use crate::tensor::Tensor;
use crate::text::Note;

/// Samples of a batch, if nothing else is said: Keras's default.
const DEFAULT_BATCH_SIZE: usize = 32;

/// An argument that is a number of something is not 0.
pub(in crate::train) fn positive(name: &'static str, value: Option<usize>) -> Result<(), Error> {
    if value != Some(0) {
        return Ok(());
    }
    let why = Note::new().str("expected at least 1, found 0");
    Err(argument(name, why))
}

/// The error of a wrong argument.
pub(in crate::train) fn argument(name: &'static str, why: Note) -> Error {
    Error::Argument { name, why }
}

/// A generator's batch says nothing of the lengths of its samples.
pub(in crate::train) fn has_fixed_shape<M: Model>(generator: &'static str) -> Result<(), Error> {
    if M::Input::OPEN == 0 {
        return Ok(());
    }
    let why =
        Note::new().str("samples of any length (`None`) go to `fit`, `evaluate` and `predict`");
    Err(argument(generator, why))
}

/// The samples of a batch: those asked for, or those of a stateful model.
pub(in crate::train) fn batch_size<M: Model>(asked: Option<usize>) -> usize {
    asked.or(check::batch::<M>()).unwrap_or(DEFAULT_BATCH_SIZE)
}
