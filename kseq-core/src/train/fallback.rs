//! What a compiled model is of which the optimizer, the loss or a metric does not fit: so that this is the one error.

use core::ops::{Deref, DerefMut};

use super::model::Sequential;
use super::report::{History, Scores};
use crate::error::Error;
use crate::model::Model;

/// The model in a [`Compiled`](super::Compiled), with methods of the same names. They are found only where those of `Compiled` are
/// not there, since `compile` was refused. `Fits` is then unknown, about which the compiler is silent after an error, and is
/// not without one (in generic code that lacks the bounds): nothing that calls them compiles.
#[allow(missing_debug_implementations)]
pub struct Fallback<M: Model>(pub(super) Sequential<M>);

impl<M: Model> Deref for Fallback<M> {
    type Target = Sequential<M>;

    fn deref(&self) -> &Sequential<M> {
        &self.0
    }
}

impl<M: Model> DerefMut for Fallback<M> {
    fn deref_mut(&mut self) -> &mut Sequential<M> {
        &mut self.0
    }
}

macro_rules! methods {
    ($($name:ident($($arg:ident: $A:ident),*) -> $result:ty;)*) => {
        #[doc(hidden)]
        #[allow(missing_docs, clippy::missing_errors_doc)]
        impl<M: Model> Fallback<M> {
            $(
                pub fn $name<Fits: Default, $($A),*>(&mut self, $($arg: $A),*) -> Result<$result, Error> {
                    $(let _ = $arg;)*
                    Ok(Default::default())
                }
            )*
        }
    };
}

methods! {
    fit(x: X, y: Y, options: F) -> History;
    fit_generator(generator: G, options: F) -> History;
    evaluate(x: X, y: Y) -> Scores<Fits>;
    evaluate_with(x: X, y: Y, options: F) -> Scores<Fits>;
    evaluate_generator(generator: G, options: F) -> Scores<Fits>;
    train_on_batch(x: X, y: Y) -> Scores<Fits>;
    train_on_batch_with(x: X, y: Y, options: F) -> Scores<Fits>;
    test_on_batch(x: X, y: Y) -> Scores<Fits>;
    test_on_batch_with(x: X, y: Y, options: F) -> Scores<Fits>;
    save(path: P) -> ();
    load(path: P) -> ();
}
