//! Keras's words in the method `compile`, `.compile("adam", "mse", ["accuracy"])`: one error, about the first of them.
//!
//! Each word is an implementation whose bound nothing fulfils. Of an optimizer that is none the compiler does not know the
//! outputs [`Out`](Trains), and cannot tell whether the bounds of the others are fulfilled; of a loss that is none it does not
//! know the targets, by which metrics are judged. About what it cannot tell it is silent after an error.
#![expect(
    clippy::unreachable,
    reason = "no value has these types: each implementation has a bound that nothing fulfils"
)]

use super::compiled::{Compiled, Trains};
use super::model::Sequential;
use crate::base::words::{Never, Nobody};
use crate::losses::{AnyUnits, Loss, MeantFor};
use crate::metrics::{Metric, Metrics, TakesMetrics};
use crate::model::Model;
use crate::tensor::Tensor;
use crate::text::Note;

#[doc(hidden)]
#[diagnostic::do_not_recommend]
impl<M: Model, Out: Tensor<Elem = f32>> Trains<M, Out> for &str
where
    for<'w> Nobody: Never<'w>,
{
    fn compile<L: MeantFor<Out, M::Units>, Me: Metrics<Out, L::Target>>(
        self,
        _: Sequential<M>,
        _: L,
        _: Me,
    ) -> Compiled<M, Self, L, Me> {
        unreachable!()
    }
}

/// A word as loss of the outputs `$out`.
macro_rules! loss {
    ([$($n:tt)*] $out:ty, $($bound:tt)*) => {
        #[doc(hidden)]
        #[diagnostic::do_not_recommend]
        impl<$($n)*> Loss<$out> for &str
        where
            $($bound)*
        {
            type Target = $out;
            type Units = AnyUnits;
            const NAME: &'static str = "";

            fn loss(&self, _: &[$out], _: &[$out], _: Option<&[f32]>, _: &mut [$out]) -> f32 {
                unreachable!()
            }
        }
    };
}
// The first is for unknown outputs, which may be anything; known ones have two implementations, of which none is to be preferred.
loss!([Out: Tensor<Elem = f32> + for<'w> Never<'w>] Out,);
loss!([const A: usize] [f32; A], for<'w> Nobody: Never<'w>);
loss!([const A: usize, const B: usize] [[f32; A]; B], for<'w> Nobody: Never<'w>);
loss!([const A: usize, const B: usize, const C: usize] [[[f32; A]; B]; C], for<'w> Nobody: Never<'w>);

#[doc(hidden)]
#[diagnostic::do_not_recommend]
impl<Out: Tensor<Elem = f32>, Y: for<'w> Never<'w>> Metric<Out, Y> for &str {
    fn name(&self) -> &'static str {
        unreachable!()
    }

    fn update(&mut self, _: &[Out], _: &[Y], _: Option<&[f32]>) {
        unreachable!()
    }

    fn result(&self) -> f32 {
        unreachable!()
    }

    fn state(&mut self) -> &mut [f64] {
        unreachable!()
    }
}

#[doc(hidden)]
#[diagnostic::do_not_recommend]
impl<Out: Tensor<Elem = f32>, Y: for<'w> Never<'w>, const N: usize, Z>
    TakesMetrics<Out, Y, [&str; N]> for Z
{
    type Values = ();

    fn for_each(_: &mut [&str; N], _: &mut dyn FnMut(&mut dyn Metric<Out, Y>)) {
        unreachable!()
    }

    fn check_arguments(_: &[&str; N]) -> Option<(&'static str, Note)> {
        unreachable!()
    }

    fn values(_: &[&str; N]) {}
}
