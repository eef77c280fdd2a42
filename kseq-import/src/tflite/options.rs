//! Which operator of TFLite a function of one value is, and what it is told.

use kseq_int8::op::{Clamp, Function};

use super::schema::{self, Builtin, Options};

/// The operator and its options; nothing for what does nothing.
pub type Pointwise = Option<(Builtin, Option<Options<'static>>)>;

/// Of a function on `i8` or `f32`; in words, what TFLite does not have.
///
/// TFLite for microcontrollers has no `GELU` and no `RELU_N1_TO_1`, and its `RELU6` does not look at the scale of its output.
pub fn of_function(function: Function, is_int8: bool) -> Result<Pointwise, String> {
    Ok(Some(match function {
        // Without a scale there is none to be changed.
        Function::Clamp(Clamp::None) if !is_int8 => return Ok(None),
        Function::Clamp(Clamp::None) => (Builtin::Quantize, Some(schema::quantize())),
        Function::Clamp(Clamp::Relu) => (Builtin::Relu, None),
        Function::Clamp(Clamp::Relu6) => (Builtin::Relu6, None),
        Function::Clamp(Clamp::ReluN1To1) => (Builtin::ReluN1To1, None),
        Function::Sigmoid => (Builtin::Logistic, None),
        Function::Tanh => (Builtin::Tanh, None),
        Function::Elu => (Builtin::Elu, None),
        Function::LeakyRelu(slope) => (Builtin::LeakyRelu, Some(schema::leaky_relu(slope))),
        Function::HardSwish => (Builtin::HardSwish, Some(schema::hard_swish())),
        Function::Gelu(approximate) => (Builtin::Gelu, Some(schema::gelu(approximate))),
        _ => {
            return Err(format!(
                "there is no operator of TFLite that is {function:?}"
            ));
        }
    }))
}
