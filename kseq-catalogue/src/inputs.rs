//! The arguments that all layers take, and the declared input.

use crate::param::{Param, later, regularizer};

/// The arguments that every layer takes, only by name.
pub const COMMON: &[&str] = &[
    "name",
    "input_shape",
    "input_dim",
    "input_length",
    "batch_input_shape",
    "batch_size",
    "dtype",
    "trainable",
    "activity_regularizer",
];

/// The argument of [`COMMON`] that some layers take by position too.
pub const ACTIVITY: Param = regularizer("activity_regularizer");

/// The further arguments that every layer takes in Keras.
pub const COMMON_LATER: &[Param] = &[later("weights")];

/// The classes that declare the input.
pub const INPUTS: &[&str] = &["Input", "InputLayer"];

/// The arguments of [`INPUTS`].
pub const INPUT_PARAMS: &[&str] = &[
    "shape",
    "batch_size",
    "dtype",
    "name",
    "batch_shape",
    "input_shape",
    "batch_input_shape",
];

/// An element type of samples.
#[derive(Debug)]
pub struct Dtype {
    /// Keras's name.
    pub name: &'static str,
    /// Whether it means integer tokens.
    pub is_tokens: bool,
}

/// The element types of samples.
pub const DTYPES: &[Dtype] = &[
    Dtype {
        name: "float32",
        is_tokens: false,
    },
    Dtype {
        name: "int32",
        is_tokens: true,
    },
    Dtype {
        name: "uint32",
        is_tokens: true,
    },
];

/// Keras's other element types.
pub const DTYPES_LATER: &[&str] = &[
    "float16", "float64", "bfloat16", "int8", "int16", "int64", "uint8", "uint16", "uint64",
    "bool", "string",
];
