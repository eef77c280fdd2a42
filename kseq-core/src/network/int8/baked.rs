//! A quantised model whose parameters are in the program.

use kseq_int8::arithmetic::Scale;

use super::pass::{Pass, Quantizable, block_of, dequantize, quantize};
use crate::activations::Activation;
use crate::error::Error;
use crate::params::{Aligned, bytes_mut};
use crate::tensor::Tensor;
use crate::text::{Note, Written};

/// The int8 twin of a model with parameters that cannot change: the value of `include_weights!(Quantized<Net>, "..")`, for a `static`,
/// which a microcontroller keeps in its flash.
///
/// The memory of a prediction is the caller's: `[0.0; BakedQuantized::<Net>::SCRATCH]`, words of 4 bytes.
#[repr(C)]
#[must_use]
pub struct BakedQuantized<M: Quantizable> {
    block: Aligned<M::Block>,
}

/// What the compiler says of too small a scratch memory.
const TOO_SMALL: &str = "the scratch memory is too small for a prediction: it is `[0.0; BakedQuantized::<Net>::SCRATCH]`, or `INT8_SCRATCH` for \
                         `predict_int8_into`";

impl<M: Quantizable> BakedQuantized<M> {
    /// The words that [`predict_into`](Self::predict_into) needs: also for the sample and the output in integers.
    pub const SCRATCH: usize = {
        let plan = M::INT8;
        let input = if plan.float_input {
            0
        } else {
            plan.input.div_ceil(4)
        };
        let output = if plan.float_output {
            0
        } else {
            plan.output.div_ceil(4)
        };
        plan.arena / 4 + input + output
    };
    /// The words that [`predict_int8_into`](Self::predict_int8_into) needs.
    pub const INT8_SCRATCH: usize = M::INT8.arena / 4;
    /// The bytes of the parameters.
    pub const BYTES: usize = M::INT8.block;
    /// The twin as a table, which the compiler writes: for each step its layer, its output shape, its operator and the bytes of its
    /// parameters; which conversions are between layers in integers and in `f32`; and of which other layer's step a layer is a part.
    pub const SUMMARY: &'static str = <M::Int8Table as Written>::TEXT;

    /// A model of parameters that the compiler knows.
    pub(crate) const fn of(block: Aligned<M::Block>) -> Self {
        BakedQuantized { block }
    }

    /// A model of parameters from elsewhere, for a `static`.
    #[doc(hidden)]
    pub const fn of_block(block: M::Block) -> Self {
        Self::of(Aligned::new(block))
    }

    fn block(&self) -> &[u8] {
        block_of::<M::Block>(&self.block)
    }

    /// The output for one sample. Its values become integers by the scale of the input, and those of the output values by its scale.
    ///
    /// # Errors
    /// None: samples of a model with a twin are numbers, and what is beyond the range of the input becomes its end.
    pub fn predict_into<const N: usize>(
        &self,
        x: &M::Input,
        y: &mut M::Output,
        scratch: &mut [f32; N],
    ) -> Result<(), Error> {
        const { assert!(N >= Self::SCRATCH, "{}", TOO_SMALL) };
        let block = self.block();
        let [of_input, of_output] = Pass::ends(block);
        let plan = const { M::INT8 };
        let floats = M::Input::floats(M::Input::flat(core::slice::from_ref(x)));
        let outputs = M::Output::floats_mut(M::Output::flat_mut(core::slice::from_mut(y)));
        let (arena, ends) = scratch
            .split_at_mut_checked(plan.arena / 4)
            .unwrap_or_default();
        let (input, output) = match plan.float_input {
            true => (&mut [][..], ends),
            false => ends
                .split_at_mut_checked(plan.input.div_ceil(4))
                .unwrap_or_default(),
        };
        let input = kseq_int8::views::signed_mut(bytes_mut(input))
            .get_mut(..plan.input)
            .unwrap_or_default();
        let output = kseq_int8::views::signed_mut(bytes_mut(output))
            .get_mut(..plan.output)
            .unwrap_or_default();
        quantize(of_input, floats, input);
        M::int8(&mut Pass {
            block,
            arena,
            samples: 1,
            x: input,
            x_float: floats,
            y: output,
            y_float: outputs,
        });
        finish::<M>(of_output, output, outputs);
        Ok(())
    }

    /// The output in integers for one sample in integers: `Input::LEN` and `Output::LEN` of them. What they stand for is
    /// [`input_scale`](Self::input_scale) and [`output_scale`](Self::output_scale).
    ///
    /// # Errors
    /// Another number of values, and a model whose first or last layer is in `f32`.
    pub fn predict_int8_into<const N: usize>(
        &self,
        x: &[i8],
        y: &mut [i8],
        scratch: &mut [f32; N],
    ) -> Result<(), Error> {
        const { assert!(N >= Self::INT8_SCRATCH, "{}", TOO_SMALL) };
        let plan = const { M::INT8 };
        if plan.float_input || plan.float_output {
            let why = Note::new().str("the first or the last layer is in f32: use `predict_into`");
            return Err(Error::Argument { name: "x", why });
        }
        if x.len() != plan.input || y.len() != plan.output {
            return Err(Error::Lengths {
                what: "predict_int8_into",
                x: x.len(),
                y: y.len(),
            });
        }
        M::int8(&mut Pass {
            block: self.block(),
            arena: scratch,
            samples: 1,
            x,
            x_float: &[],
            y,
            y_float: &mut [],
        });
        Ok(())
    }

    /// What the integers of a sample stand for: scale and zero point.
    #[must_use]
    pub fn input_scale(&self) -> (f32, i8) {
        let [input, _] = Pass::ends(self.block());
        (input.scale, input.zero_point)
    }

    /// What the integers of an output stand for.
    #[must_use]
    pub fn output_scale(&self) -> (f32, i8) {
        let [_, output] = Pass::ends(self.block());
        (output.scale, output.zero_point)
    }
}

/// The outputs as they are: of integers, or of a last layer in `f32`, whose activation follows.
pub(crate) fn finish<M: Quantizable>(scale: Scale, integers: &[i8], outputs: &mut [f32]) {
    match M::INT8.float_output {
        true => M::Head::forward(outputs, M::Output::SHAPE.last()),
        false => dequantize(scale, integers, outputs),
    }
}
