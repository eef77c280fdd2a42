//! What is Python and no Rust: each is one error that says how it is written. The words for it are in `words.rs`, so that a
//! list of layers (`layers.rs`) and the arguments of `compile!` (`call.rs`) say the same of the same thing.

mod call;
mod dict;
mod layers;
pub mod words;

pub use call::{of_tokens, of_value};
pub use dict::with_dicts;
pub use layers::{argument, comment, list, statement, value, with_strings};
