//! The vocabulary of kseq as plain data: every layer, activation, initializer, regularizer, constraint, optimizer,
//! schedule, loss and metric is one row of a table.
//!
//! The macros read the words of a model by it, the pages `KERAS.md` and `README.md` are written from it, and tests hold
//! the library against it. What a new layer takes is said in its row here, and nowhere else. The crate depends on nothing, and knows neither tokens nor shapes.
//! It is for kseq itself: its types change with the macros.
//!
//! | file | rows |
//! | --- | --- |
//! | `layers/` | [`LayerRow`]: one file for each of the groups of Keras's documentation |
//! | `activations.rs` | [`ActivationRow`] |
//! | `initializers.rs`, `regularizers.rs`, `constraints.rs` | [`ObjectRow`]: functions with arguments that a layer takes |
//! | `optimizers.rs`, `schedules.rs`, `losses.rs`, `metrics.rs` | [`ClassRow`]: what a model is compiled with |
//! | `public.rs` | Keras's other public names: what they are, or why they are not |
//! | `about.rs` | what the arguments of layers do, in a line |
//! | `inputs.rs` | the arguments that all layers take, and the declared input |
//! | `names.rs` | the automatic names of layers |
//!
//! ```
//! let dense = kseq_catalogue::layer("Dense").expect("a row");
//! assert_eq!(dense.params[0].name, "units");
//! assert_eq!(kseq_catalogue::layer("MaxPool2D").map(|row| row.class), Some("MaxPooling2D"));
//! ```
#![no_std]
#![cfg_attr(
    not(test),
    deny(
        clippy::expect_used,
        clippy::indexing_slicing,
        clippy::panic,
        clippy::string_slice,
        clippy::todo,
        clippy::unimplemented,
        clippy::unreachable,
        clippy::unwrap_used
    )
)]

extern crate alloc;

mod about;
mod class;
mod layer;
mod object;
mod param;
mod range;

mod activations;
mod constraints;
mod initializers;
mod inputs;
mod layers;
mod losses;
mod metrics;
mod names;
mod optimizers;
mod public;
mod quantized;
mod regularizers;
mod schedules;

pub use about::ABOUT_COMMON;
pub use activations::{ACTIVATIONS, ActivationRow, HEADS, activation_names};
pub use class::{ClassFamily, ClassRow};
pub use constraints::CONSTRAINTS;
pub use initializers::INITIALIZERS;
pub use inputs::{ACTIVITY, COMMON, COMMON_LATER, DTYPES, INPUT_PARAMS, INPUTS, TOKEN_DTYPES};
pub use layer::{ActivationOf, Emission, Group, LayerRow, Operand, Other, Stateless, ValueCheck};
pub use layers::{FORMER, GLU, GROUPS, INSTEAD, cell, layer, layers, layers_missing};
pub use losses::LOSSES;
pub use metrics::{METRICS, RESERVED};
pub use names::{Counter, camel, snake};
pub use object::{ObjectFamily, ObjectRow};
pub use optimizers::OPTIMIZERS;
pub use param::{Kind, Param, Words};
pub use public::{ABSENT, ELSEWHERE, Public, absent};
pub use quantized::{Quantized, quantized, quantized_classes};
pub use range::Range;
pub use regularizers::REGULARIZERS;
pub use schedules::SCHEDULES;
