//! The arguments that all layers take, and the declared input.

use crate::param::{Kind, Param, Words, later, or, regularizer};

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
pub const COMMON_LATER: &[Param] = &[
    later("weights"),
    or("autocast", Kind::Later, "True"),
    or("dynamic", Kind::Later, "False"),
];

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

/// The element types of samples.
pub const DTYPES: Words = Words {
    known: &["float32", "int32", "uint32"],
    later: &[
        "float16", "float64", "bfloat16", "int8", "int16", "int64", "uint8", "uint16", "uint64",
        "bool", "string",
    ],
};

/// Those that mean integer tokens.
pub const TOKEN_DTYPES: &[&str] = &["int32", "uint32"];
