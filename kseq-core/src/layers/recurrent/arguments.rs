//! What a recurrent layer is given, what it gives, and what it carries from batch to batch.

use crate::initializers::Initializer;
use crate::open::Open;
use crate::params::params;
use crate::tensor::Tensor;

/// The arguments that all recurrent layers take.
#[derive(Clone, Copy, Debug)]
pub struct Recurrent {
    /// Of the kernel `(inputs, gates * units)`.
    pub kernel_initializer: Initializer,
    /// Of the recurrent kernel `(units, gates * units)`.
    pub recurrent_initializer: Initializer,
    /// Of the bias.
    pub bias_initializer: Initializer,
    /// Whether the last step of the input comes first; outputs come in the order of the work.
    pub go_backwards: bool,
    /// The share of the input's features that training sets to 0, the same ones in all steps.
    pub dropout: f32,
    /// The share of the state's units that training sets to 0, the same ones in all steps.
    pub recurrent_dropout: f32,
    /// Of the random numbers of what is dropped; else those of the model.
    pub seed: Option<u64>,
    /// Whether each gate has masks of its own of what is dropped.
    pub mask_for_each_gate: bool,
    /// Whether the output of a masked step is zeros, and not that of the step before.
    pub zero_output_for_mask: bool,
}

impl Recurrent {
    /// Keras's defaults.
    pub const KERAS: Self = Recurrent {
        kernel_initializer: Initializer::GLOROT_UNIFORM,
        recurrent_initializer: Initializer::ORTHOGONAL,
        bias_initializer: Initializer::ZEROS,
        go_backwards: false,
        dropout: 0.0,
        recurrent_dropout: 0.0,
        seed: None,
        mask_for_each_gate: false,
        zero_output_for_mask: false,
    };
}

/// What a recurrent layer gives for samples `In`: the output of the last step, or those of all steps.
pub trait Returns<In, const U: usize>: Tensor<Elem = f32> {
    /// `return_sequences`
    const SEQUENCES: bool;
}

impl<const I: usize, const T: usize, const U: usize> Returns<[[f32; I]; T], U> for [f32; U] {
    const SEQUENCES: bool = false;
}

impl<const I: usize, const T: usize, const U: usize> Returns<[[f32; I]; T], U> for [[f32; U]; T] {
    const SEQUENCES: bool = true;
}

impl<const I: usize, const U: usize> Returns<Open<[f32; I]>, U> for [f32; U] {
    const SEQUENCES: bool = false;
}

impl<const I: usize, const U: usize> Returns<Open<[f32; I]>, U> for Open<[f32; U]> {
    const SEQUENCES: bool = true;
}

params! {
    /// What a stateful [`GRU`](crate::layers::GRU) or [`SimpleRNN`](crate::layers::SimpleRNN) carries from one batch of
    /// `S` samples to the next; nothing with S = 0.
    pub struct RecurrentState<const S: usize, const U: usize> {
        /// The output of the last step, for each place in the batch.
        pub h: [[f32; U]; S],
    }
}
