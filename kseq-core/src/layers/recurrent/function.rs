//! The activations of a cell.

use crate::activations::Activation;

/// An activation as a value, so that the loops over the gates are compiled once.
#[derive(Clone, Copy)]
pub struct Function {
    pub forward: fn(&mut [f32], usize),
    backward: fn(&[f32], &[f32], &mut [f32], usize),
    /// Whether the way back needs the input.
    pub keeps_input: bool,
}

impl Function {
    pub const fn of<A: Activation>() -> Self {
        Function {
            forward: A::forward,
            backward: A::backward,
            keeps_input: A::KEEPS_INPUT,
        }
    }

    /// From the output, the input if it is kept, and the gradient of the output to that of the input.
    pub fn backward(&self, y: &[f32], x: &[f32], dy: &mut [f32], width: usize) {
        let x = if self.keeps_input { x } else { &[] };
        (self.backward)(y, x, dy, width);
    }
}
