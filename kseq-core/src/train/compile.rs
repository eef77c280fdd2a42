//! `Sequential::compile`, from a model to one that can be trained; and what the compiler says to those who forgot it.

use super::compiled::{Compiled, Trains};
use super::model::Sequential;
use super::report::{History, Scores};
use crate::error::Error;
use crate::losses::MeantFor;
use crate::metrics::Metrics;
use crate::model::Model;
use crate::tensor::Tensor;

impl<M: Model> Sequential<M> {
    /// Configures the model for training, as Keras's `compile`.
    ///
    /// `loss` fixes the type of the targets; `metrics` is a tuple, `(Accuracy,)` or `()`.
    // In one line with its bounds, since the compiler shows what lies between.
    #[rustfmt::skip]
    pub fn compile<O: Trains<M, Out>, L: MeantFor<Out, M::Units>, Me: Metrics<Out, L::Target>, Out: Tensor<Elem = f32>>(
        self,
        optimizer: O,
        loss: L,
        metrics: Me,
    ) -> Compiled<M, O, L, Me> {
        optimizer.compile(self, loss, metrics)
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
    // The bound is written where the macro is called, beside the name: the compiler shows it.
    ($($name:ident [$($bound:tt)+] ($($arg:ident: $A:ident),*) -> $result:ty;)*) => {
        /// What only a compiled model can do: here so that the compiler can say so.
        #[doc(hidden)]
        #[allow(missing_docs, clippy::missing_errors_doc)]
        impl<M: Model> Sequential<M> {
            $(
                pub fn $name<$($A),*>(&mut self, $($arg: $A),*) -> Result<$result, Error>
                where
                    $($bound)+
                {
                    $(let _ = $arg;)*
                    Ok(Default::default())
                }
            )*
        }
    };
}

only_compiled! {
    fit [Self: IsCompiled] (x: X, y: Y, options: F) -> History;
    fit_generator [Self: IsCompiled] (generator: G, options: F) -> History;
    evaluate [Self: IsCompiled] (x: X, y: Y) -> Scores<()>;
    evaluate_with [Self: IsCompiled] (x: X, y: Y, options: F) -> Scores<()>;
    evaluate_generator [Self: IsCompiled] (generator: G, options: F) -> Scores<()>;
    train_on_batch [Self: IsCompiled] (x: X, y: Y) -> Scores<()>;
    train_on_batch_with [Self: IsCompiled] (x: X, y: Y, options: F) -> Scores<()>;
    test_on_batch [Self: IsCompiled] (x: X, y: Y) -> Scores<()>;
    test_on_batch_with [Self: IsCompiled] (x: X, y: Y, options: F) -> Scores<()>;
    save [Self: HasOptimizer] (path: P) -> ();
    load [Self: HasOptimizer] (path: P) -> ();
}
