//! Metrics: what training reports besides the loss.

use crate::losses;
use crate::tensor::Tensor;

/// A metric of the outputs `Out` against the targets `Y`, averaged over all samples since the last
/// reset.
#[diagnostic::on_unimplemented(
    message = "metric `{Self}` does not fit: the model gives `{Out}` and the targets are `{Y}`",
    label = "this metric"
)]
pub trait Metric<Out: Tensor<Elem = f32>, Y>: Send {
    /// Keras's name: `accuracy`.
    fn name(&self) -> &'static str;
    /// Called once by `compile`, with what the loss says of accuracy.
    fn compiled_with(&mut self, accuracy: losses::Accuracy) {
        let _ = accuracy;
    }
    /// Forgets all samples.
    fn reset(&mut self);
    /// Takes in more samples.
    fn update(&mut self, out: &[Out], y: &[Y], weight: Option<&[f32]>);
    /// The value over all samples since the last reset.
    fn result(&self) -> f32;
}

/// The metrics of a model: a tuple of up to eight, `(Accuracy,)` or `()`.
#[diagnostic::on_unimplemented(
    message = "the metrics `{Self}` do not fit: the model gives `{Out}` and the targets are `{Y}`",
    label = "these metrics",
    note = "metrics are a tuple: `(Accuracy,)`, or `()` for none"
)]
pub trait Metrics<Out: Tensor<Elem = f32>, Y>: Send {
    /// The values of the metrics: a tuple of as many `f32`.
    type Values: Copy + core::fmt::Debug;

    /// Calls `f` with each metric, in order.
    fn for_each(&mut self, f: &mut dyn FnMut(&mut dyn Metric<Out, Y>));
    /// The values over all samples since the last reset.
    fn values(&self) -> Self::Values;
}

macro_rules! value {
    ($name:ident) => {
        f32
    };
}

macro_rules! tuples {
    ($($name:ident)*) => {
        impl<Out: Tensor<Elem = f32>, Y, $($name: Metric<Out, Y>),*> Metrics<Out, Y> for ($($name,)*) {
            type Values = ($(value!($name),)*);

            #[allow(non_snake_case, unused_variables)]
            fn for_each(&mut self, f: &mut dyn FnMut(&mut dyn Metric<Out, Y>)) {
                let ($($name,)*) = self;
                $(f($name);)*
            }

            #[allow(non_snake_case, clippy::unused_unit)]
            fn values(&self) -> Self::Values {
                let ($($name,)*) = self;
                ($($name.result(),)*)
            }
        }
    };
}
tuples!();
tuples!(A);
tuples!(A B);
tuples!(A B C);
tuples!(A B C D);
tuples!(A B C D E);
tuples!(A B C D E F);
tuples!(A B C D E F G);
tuples!(A B C D E F G H);
