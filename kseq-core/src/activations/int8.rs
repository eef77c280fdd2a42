//! What the built-in activations are in integers.

use kseq_int8::op::{Clamp, Function};

use super::Act;
use crate::base::operator::Then;

impl Act {
    /// What it is in integers.
    pub(crate) const fn int8(self) -> Then {
        match self {
            Act::Linear => Then::NOTHING,
            Act::Relu => Then::Clamp(Clamp::Relu),
            Act::Relu6 => Then::Clamp(Clamp::Relu6),
            Act::HardTanh => Then::Clamp(Clamp::ReluN1To1),
            Act::Sigmoid => Then::Function(Function::Sigmoid),
            Act::Tanh => Then::Function(Function::Tanh),
            Act::Elu => Then::Function(Function::Elu),
            Act::LeakyRelu => Then::Function(Function::LeakyRelu(0.2)),
            Act::HardSilu => Then::Function(Function::HardSwish),
            Act::Gelu => Then::Function(Function::Gelu(false)),
            Act::Softmax => Then::Softmax,
            _ => Then::Refused(self.name()),
        }
    }
}
