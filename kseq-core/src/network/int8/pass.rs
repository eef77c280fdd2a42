//! A prediction in integers, step by step: what the code of `#[quantize]` calls, one line a layer.

use kseq_int8::arithmetic::Scale;

use super::graph::{HEADER, Kind, PLACES, Plan, Step};
use crate::layer::{Ctx, Layer};
use crate::model::Model;
use crate::params::{Flat, bytes, bytes_mut, of_bytes, of_bytes_mut};
use crate::pool::Pool;
use crate::tensor::Tensor;
use crate::text::Written;

/// A model with an int8 twin: implemented by `sequential!` for a model with `#[quantize]`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` has no int8 twin",
    label = "not quantised",
    note = "write `#[quantize]` before its name in `sequential!`"
)]
pub trait Quantizable: Model {
    /// The memory of the parameters, as words of 4 bytes.
    type Block: Flat;
    /// The steps of each layer.
    const STEPS: &'static [[Step; PLACES]];
    /// What they need.
    const INT8: Plan;
    /// The text behind [`BakedQuantized::SUMMARY`](super::BakedQuantized::SUMMARY).
    type Int8Table: Written;

    /// The layers one by one.
    fn int8(pass: &mut impl Passes);
}

/// A pass through the layers of a model with an int8 twin: in integers, or to see what the values are.
pub trait Passes {
    /// A layer in integers.
    fn layer(&mut self, steps: [&'static Step; PLACES]);

    /// A layer that stays as it is.
    fn float<L, X, Y>(&mut self, steps: [&'static Step; PLACES], layer: &L)
    where
        L: Layer<X, Y>,
        X: Tensor<Elem = f32>,
        Y: Tensor<Elem = f32>;
}

/// The memory of a prediction.
pub struct Pass<'a> {
    /// The parameters of all steps, as they lie in memory.
    pub(crate) block: &'a [u8],
    /// What is between the steps: [`Plan::arena`] bytes for each sample.
    pub(crate) arena: &'a mut [f32],
    /// How many samples.
    pub(crate) samples: usize,
    /// The samples in integers, or nothing.
    pub(crate) x: &'a [i8],
    /// The samples as they are, or nothing.
    pub(crate) x_float: &'a [f32],
    /// The outputs in integers, or nothing.
    pub(crate) y: &'a mut [i8],
    /// The outputs as they are, or nothing.
    pub(crate) y_float: &'a mut [f32],
}

/// A scale and a zero point at this byte of a block.
pub(crate) fn scale_at(block: &[u8], at: usize) -> Scale {
    let word = |at: usize| {
        block
            .get(at..)
            .and_then(|from| from.first_chunk::<4>().copied())
    };
    match (word(at), word(at + 4)) {
        (Some(scale), Some(zero)) => Scale {
            scale: f32::from_ne_bytes(scale),
            zero_point: i32::from_ne_bytes(zero) as i8,
        },
        _ => Scale {
            scale: 1.0,
            zero_point: 0,
        },
    }
}

/// What stands at a step's input, its output, and between: of the arena of `samples` samples.
pub(super) struct Places<'a> {
    pub input: &'a [u8],
    pub output: &'a mut [u8],
    pub scratch: &'a mut [u8],
}

impl Passes for Pass<'_> {
    #[inline(always)]
    fn layer(&mut self, steps: [&'static Step; PLACES]) {
        let [before, first, second, last] = steps;
        self.step(before);
        self.step(first);
        self.step(second);
        self.step(last);
    }

    #[inline(always)]
    fn float<L, X, Y>(&mut self, steps: [&'static Step; PLACES], layer: &L)
    where
        L: Layer<X, Y>,
        X: Tensor<Elem = f32>,
        Y: Tensor<Elem = f32>,
    {
        let [before, step, ..] = steps;
        self.step(before);
        let (at, params) = (step.at, size_of::<L::Params>());
        let parts = self.block.get(at..).and_then(|from| {
            let (p, rest) = from.split_at_checked(params)?;
            let s = rest.get(..size_of::<L::State>())?;
            Some((
                L::Params::of_f32s(of_bytes(p))?,
                L::State::of_f32s(of_bytes(s))?,
            ))
        });
        let Some((p, s)) = parts else { return };
        let samples = self.samples;
        let (x_float, y_float) = (self.x_float, &mut *self.y_float);
        let places = places(self.arena, step, samples);
        let x = match step.input {
            Some(_) => of_bytes(places.input),
            None => x_float,
        };
        let y = match step.output {
            Some(_) => of_bytes_mut(places.output),
            None => y_float,
        };
        let cx = Ctx::new(&Pool::Serial, 0, 0);
        let cx = &mut cx.with_scratch(of_bytes_mut(places.scratch));
        layer.infer(p, s, X::view(x), Y::view_mut(y), cx);
    }
}

impl Pass<'_> {
    #[inline(always)]
    fn step(&mut self, step: &'static Step) {
        let samples = self.samples;
        let block = match self.block.get(step.at..) {
            Some(block) => block,
            None => return,
        };
        match &step.kind {
            Kind::Int8(op) => {
                let (x, y) = (self.x, &mut *self.y);
                let places = places(self.arena, step, samples);
                let x = match step.input {
                    Some(_) => signed(places.input),
                    None => x,
                };
                let y = match step.output {
                    Some(_) => signed_mut(places.output),
                    None => y,
                };
                kseq_int8::run::run(op, block, x, y, signed_mut(places.scratch));
            }
            Kind::Quantize(_) => {
                let (x, y) = (self.x_float, &mut *self.y);
                let places = places(self.arena, step, samples);
                let x = match step.input {
                    Some(_) => of_bytes(places.input),
                    None => x,
                };
                let y = match step.output {
                    Some(_) => signed_mut(places.output),
                    None => y,
                };
                quantize(scale_at(block, 0), x, y);
            }
            Kind::Dequantize(_) => {
                let (x, y) = (self.x, &mut *self.y_float);
                let places = places(self.arena, step, samples);
                let x = match step.input {
                    Some(_) => signed(places.input),
                    None => x,
                };
                let y = match step.output {
                    Some(_) => of_bytes_mut(places.output),
                    None => y,
                };
                dequantize(scale_at(block, 0), x, y);
            }
            Kind::Nothing | Kind::Float(..) => {}
        }
    }

    /// The scales of input and output.
    pub(crate) fn ends(block: &[u8]) -> [Scale; 2] {
        [scale_at(block, 0), scale_at(block, HEADER / 2)]
    }
}

/// The numbers that stand for values.
pub(crate) fn quantize(scale: Scale, x: &[f32], y: &mut [i8]) {
    for (y, x) in y.iter_mut().zip(x) {
        *y = scale.quantize(*x);
    }
}

/// The values that numbers stand for.
pub(crate) fn dequantize(scale: Scale, x: &[i8], y: &mut [f32]) {
    for (y, x) in y.iter_mut().zip(x) {
        *y = scale.dequantize(*x);
    }
}

/// The parts of the arena that a step works on. Its input and its output lie at different ends.
#[inline(always)]
pub(super) fn places<'b>(arena: &'b mut [f32], step: &Step, samples: usize) -> Places<'b> {
    let ([input, output], [input_float, output_float]) = step.ends();
    let len = |values: usize, float: bool| values * samples * if float { 4 } else { 1 };
    let (input, output) = (len(input, input_float), len(output, output_float));
    let (begin, scratch) = step.scratch;
    let (begin, scratch) = (begin * samples, scratch * samples);
    let memory = bytes_mut(arena);
    let (low, rest) = memory.split_at_mut_checked(begin).unwrap_or_default();
    let (scratch, high) = rest.split_at_mut_checked(scratch).unwrap_or_default();
    // What begins at 0 lies below the scratch memory; the other tensor, if it is in the arena, above it.
    let out_is_low = match (step.input, step.output) {
        (_, Some(0)) => true,
        (Some(at), None) => at != 0,
        _ => false,
    };
    let (given, gives) = match out_is_low {
        true => (&mut *high, low),
        false => (low, &mut *high),
    };
    Places {
        input: given.get(..input).unwrap_or_default(),
        output: gives.get_mut(..output).unwrap_or_default(),
        scratch,
    }
}

fn signed(bytes: &[u8]) -> &[i8] {
    kseq_int8::views::signed(bytes)
}

fn signed_mut(bytes: &mut [u8]) -> &mut [i8] {
    kseq_int8::views::signed_mut(bytes)
}

/// The block as bytes.
pub(crate) fn block_of<B: Flat>(block: &B) -> &[u8] {
    bytes(block.as_f32s())
}
