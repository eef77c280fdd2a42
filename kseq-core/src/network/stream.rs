//! A model that takes one step of a sequence at a time.

use crate::activations::Activation;
use crate::error::Error;
use crate::layer::Ctx;
use crate::model::{Model, masked};
use crate::open::Stepwise;
use crate::plan::OfLengths;
use crate::pool::Pool;
use crate::tape::Steps;
use crate::tensor::Tensor;

/// What a layer list with `None` steps keeps of a sequence that comes step by step: the last steps that convolutions and poolings see,
/// and the state of recurrent layers. A step allocates nothing: on a host the memory is allocated with the stream, without std it is a part of
/// the value.
///
/// The outputs are those of the whole sequence, bit for bit; of a model that gives one output for a sequence, it is that of the steps so
/// far. Made by `model.stream()`, and of weights in the program by `NET.stream()`.
#[allow(missing_debug_implementations)]
#[must_use]
pub struct Stream<'m, M: Model> {
    params: &'m M::Params,
    state: Held<'m, M::State>,
    #[cfg(not(feature = "std"))]
    memory: <M::Plan as OfLengths>::Memory,
    /// It may be larger than a stack.
    #[cfg(feature = "std")]
    memory: std::boxed::Box<[f32]>,
}

/// What a step of a stream gives.
pub type AtOnce<M> = <<M as Model>::Output as Tensor>::AtOnce;

/// The moving averages of a model.
pub(crate) enum Held<'m, T> {
    Given(&'m T),
    /// Of a model that may change its state meanwhile.
    #[cfg(feature = "std")]
    Copied(std::boxed::Box<crate::params::Aligned<T>>),
}

impl<T> Held<'_, T> {
    fn get(&self) -> &T {
        match self {
            Held::Given(state) => state,
            #[cfg(feature = "std")]
            Held::Copied(state) => state,
        }
    }
}

impl<'m, M: Model> Stream<'m, M> {
    /// A stream at the beginning of a sequence.
    pub(crate) fn new(params: &'m M::Params, state: Held<'m, M::State>) -> Self {
        Stream {
            params,
            state,
            #[cfg(not(feature = "std"))]
            memory: <M::Plan as OfLengths>::ZEROS,
            #[cfg(feature = "std")]
            memory: std::vec![0.0; size_of::<<M::Plan as OfLengths>::Memory>() / size_of::<f32>()]
                .into_boxed_slice(),
        }
    }
}

impl<M> Stream<'_, M>
where
    M: Model<Input: Stepwise>,
{
    /// The bytes of memory of a stream.
    pub const BYTES: usize = size_of::<<M::Plan as OfLengths>::Memory>();
    /// After how many further steps the first output comes: 0 if the first step gives one.
    pub const DELAY: usize = M::STREAMS.delay;
    /// From one output to the next, in steps.
    pub const EVERY: usize = M::STREAMS.every;

    /// The next step of the sequence, and the output if this step gives one: that of the step, or of a model with one output for a
    /// sequence, that of the steps so far.
    ///
    /// # Errors
    /// A token that is out of range; the step is not taken then.
    pub fn push(&mut self, x: &<M::Input as Stepwise>::Step) -> Result<Option<AtOnce<M>>, Error> {
        let mut y = M::Output::ZERO;
        let given = self.push_into(x, &mut y)?;
        Ok(given.then(|| y.at_once()))
    }

    /// The same into memory of the caller's: whether there is an output.
    ///
    /// # Errors
    /// As [`push`](Self::push).
    pub fn push_into(
        &mut self,
        x: &<M::Input as Stepwise>::Step,
        y: &mut M::Output,
    ) -> Result<bool, Error> {
        let x = M::Input::of_steps(core::slice::from_ref(x));
        M::check(x)?;
        let memory = self.memory.as_mut();
        let streams = &M::STREAMS;
        let (outputs, rest) = memory
            .split_at_mut_checked(streams.outputs)
            .unwrap_or_default();
        let (scratch, states) = rest
            .split_at_mut_checked(streams.scratch)
            .unwrap_or_default();
        let mut cx = Ctx::new(&Pool::Serial, 0, 0);
        cx.training = false;
        let mut cx = cx.with_scratch(scratch);
        let masks = cx.take_masks(streams.masks);
        let cx = &mut masked::<M>(&mut cx, x, masks, 0);
        let mut steps = Steps::new(outputs, states);
        M::step(self.params, self.state.get(), x, &mut steps, cx);
        let Some(values) = steps.output(M::Output::LEN) else {
            return Ok(false);
        };
        M::Head::forward(values, M::Output::SHAPE.last());
        M::Output::flat_mut(core::slice::from_mut(y)).copy_from_slice(values);
        Ok(true)
    }

    /// Forgets all steps: the next one is the first of a sequence.
    pub fn reset(&mut self) {
        self.memory.as_mut().fill(0.0);
    }
}
