//! Activations: Keras's classic ones as types, and the trait for a user's own.
//!
//! A built-in activation is a unit type (`Relu`) over one entry of [`Act`], whose loops are compiled
//! once, here, for every instruction set.

use crate::layer::Reads;

/// An activation function: `y = f(x)`, and `dx = dy * f'(x)`.
pub trait Activation: Send + Sync + 'static {
    /// Keras's name: `relu`.
    const NAME: &'static str;
    /// The built-in activation that this is, if it is one: losses fuse with some of them.
    const ACT: Option<Act> = None;
    /// What `backward` reads of the output.
    const READS_OUTPUT: Reads = Reads::Values;
    /// Whether `backward` needs the input; it is then kept.
    const KEEPS_INPUT: bool = false;
    /// Whether positive values stay positive, and the others do not become so.
    const KEEPS_SIGN: bool = false;

    /// `z` holds the input and gets the output; `width` is the length of the last axis.
    fn forward(z: &mut [f32], width: usize);

    /// `dy` holds the gradient of the output and gets that of the input. `x` is the input if
    /// [`Activation::KEEPS_INPUT`], else empty.
    fn backward(y: &[f32], x: &[f32], dy: &mut [f32], width: usize);
}

/// A built-in activation (stand-in until the table lands).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Act {
    /// `y = x`
    Linear,
    /// `exp(x_i) / sum_j exp(x_j)` over the last axis
    Softmax,
    /// `1 / (1 + exp(-x))`
    Sigmoid,
}

impl Act {
    /// As [`Activation::forward`].
    pub fn forward(self, z: &mut [f32], width: usize) {
        let _ = (z, width);
    }
    /// As [`Activation::backward`].
    pub fn backward(self, y: &[f32], x: &[f32], dy: &mut [f32], width: usize) {
        let _ = (y, x, dy, width);
    }
}
