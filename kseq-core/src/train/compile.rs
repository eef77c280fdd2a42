//! `Sequential::compile`, from a model to one that can be trained; and what the compiler says to those who forgot it.

use super::compiled::Compiled;
use super::model::Sequential;
use super::report::{History, Scores};
use crate::error::Error;
use crate::losses::MeantFor;
use crate::metrics::Metrics;
use crate::model::Model;
use crate::optimizers::Optimizer;

impl<M: Model> Sequential<M> {
    /// Configures the model for training, as Keras's `compile`.
    ///
    /// `loss` fixes the type of the targets; `metrics` is a tuple, `(Accuracy,)` or `()`.
    // In one line with its bounds, since the compiler shows what lies between.
    #[rustfmt::skip]
    pub fn compile<O: Optimizer, L: MeantFor<M::Output, M::Units>, Me: Metrics<M::Output, L::Target>>(
        self,
        optimizer: O,
        loss: L,
        metrics: Me,
    ) -> Compiled<M, O, L, Me> {
        Compiled::new(self, optimizer, loss, metrics)
    }
}

/// Never implemented: its error says that the model must be compiled.
#[diagnostic::on_unimplemented(
    message = "the model must be compiled before training or testing",
    label = "this model is not compiled",
    note = "call `let mut model = compile!(model, optimizer = \"adam\", loss = \"mse\");` first, or `model.compile(optimizer, loss, metrics)`"
)]
pub trait IsCompiled {}

/// Never implemented: its error says how a model is saved that is not compiled.
#[diagnostic::on_unimplemented(
    message = "`save` and `load` are for a compiled model: they keep its optimizer, too",
    label = "this model is not compiled",
    note = "`model.save_weights(\"model.safetensors\")` and `model.load_weights(..)` are for the weights alone"
)]
pub trait HasOptimizer {}

macro_rules! only_compiled {
    ($($bound:ident: $name:ident($($arg:ident: $A:ident),*) -> $result:ty;)*) => {
        /// What only a compiled model can do: here so that the compiler can say so.
        #[doc(hidden)]
        #[allow(missing_docs, clippy::missing_errors_doc)]
        impl<M: Model> Sequential<M> {
            $(
                pub fn $name<$($A),*>(&mut self, $($arg: $A),*) -> Result<$result, Error>
                where
                    Self: $bound,
                {
                    $(let _ = $arg;)*
                    Ok(Default::default())
                }
            )*
        }
    };
}

only_compiled! {
    IsCompiled: fit(x: X, y: Y, options: F) -> History;
    IsCompiled: fit_generator(generator: G, options: F) -> History;
    IsCompiled: evaluate(x: X, y: Y) -> Scores<()>;
    IsCompiled: evaluate_with(x: X, y: Y, options: F) -> Scores<()>;
    IsCompiled: evaluate_generator(generator: G, options: F) -> Scores<()>;
    IsCompiled: train_on_batch(x: X, y: Y) -> Scores<()>;
    IsCompiled: train_on_batch_with(x: X, y: Y, options: F) -> Scores<()>;
    IsCompiled: test_on_batch(x: X, y: Y) -> Scores<()>;
    IsCompiled: test_on_batch_with(x: X, y: Y, options: F) -> Scores<()>;
    HasOptimizer: save(path: P) -> ();
    HasOptimizer: load(path: P) -> ();
}
