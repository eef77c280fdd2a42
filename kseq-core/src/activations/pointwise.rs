//! The loops of activations that work element by element.

use crate::kernels::dispatch::simd_fn;
use crate::kernels::fpu::{rolled, unknown_many};

/// A function of one number and its derivative.
pub(super) trait Pointwise {
    fn f<const FMA: bool>(x: f32) -> f32;
    /// The derivative as a function of the input, or of the output: the table says which.
    fn d<const FMA: bool>(v: f32) -> f32;
}

simd_fn! {
    #[cfg_attr(not(feature = "std"), inline(never))]
    pub(super) fn forward<P: Pointwise>(z: &mut [f32]) {
        for z in unknown_many(z) {
            rolled();
            *z = P::f::<FMA>(*z);
        }
    }
}

simd_fn! {
    #[cfg_attr(not(feature = "std"), inline(never))]
    pub(super) fn backward<P: Pointwise>(v: &[f32], dy: &mut [f32]) {
        for (dy, v) in unknown_many(dy).iter_mut().zip(v) {
            rolled();
            *dy *= P::d::<FMA>(*v);
        }
    }
}
