//! Tests: what kernels of recurrent layers are compared with, activations that they do not know.

use std::vec::Vec;

use crate::activations::{Act, Activation};

/// Tanh and sigmoid as a user would write them: no built-in activations.
pub struct OtherTanh;
pub struct OtherSigmoid;

macro_rules! other {
    ($other:ident $act:ident) => {
        impl Activation for $other {
            const NAME: &'static str = "other";
            fn forward(z: &mut [f32], width: usize) {
                Act::$act.forward(z, width);
            }
            fn backward(y: &[f32], x: &[f32], dy: &mut [f32], width: usize) {
                Act::$act.backward(y, x, dy, width);
            }
        }
    };
}
other!(OtherTanh Tanh);
other!(OtherSigmoid Sigmoid);

/// Numbers from `-scale` to `scale`.
pub fn numbers(n: usize, scale: f32) -> Vec<f32> {
    let mut state = 12345u32;
    let mut next = || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (state >> 8) as f32 / (1 << 23) as f32 - 1.0
    };
    (0..n).map(|_| scale * next()).collect()
}
