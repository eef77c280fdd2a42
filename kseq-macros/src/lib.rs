//! The macros of kseq: [`sequential!`], [`compile!`], [`include_weights!`] and [`ParamBlock`](macro@ParamBlock). Use them
//! through the facade crate `kseq`.
//!
//! The folder tells the story: tokens -> layer list -> checks -> expansion.
//!
//! | step | file | from | to |
//! | --- | --- | --- | --- |
//! | parse | `parse.rs` | tokens | `ast.rs`: what the user wrote, with spans; nothing is judged |
//! | check | `check/` | `ast` | `ir.rs`: every word is understood; all errors are collected |
//! | expand | `expand/` | `ir` | tokens; nothing can go wrong here |
//!
//! The vocabulary is the crate `kseq-catalogue`: a new layer is one row there and, if it has parameters, one function in
//! `expand/layers/`. The macro does no arithmetic on shapes: the rules are `const fn`s of `kseq-core`, which the compiler
//! evaluates.
#![cfg_attr(docsrs, feature(doc_cfg))]
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

// The story.
mod ast;
mod check;
mod expand;
mod ir;
mod parse;
mod prefix;
mod python;
mod root;
mod sequential;

mod again;
mod compile;
mod derive;
mod fallback;
mod foreign;
#[cfg(feature = "import")]
mod import_keras;
mod include_weights;
mod metric_name;
mod names;
mod suggest;
mod tokens;

#[cfg(feature = "golden")]
mod catalogue_suite;
#[cfg(feature = "golden")]
mod golden;
#[cfg(test)]
mod tests;

#[doc = include_str!("sequential.md")]
#[doc = "\n<details><summary>Show it</summary>\n\n```text"]
#[doc = include_str!("tests/snapshots/readme.rs")]
#[doc = "```\n</details>"]
#[proc_macro]
pub fn sequential(tokens: proc_macro::TokenStream) -> proc_macro::TokenStream {
    let (root, tokens) = root::Root::take(tokens.into());
    root.replace(sequential::expand_in_crate(tokens).tokens)
        .into()
}

#[doc = include_str!("compile.md")]
#[proc_macro]
pub fn compile(tokens: proc_macro::TokenStream) -> proc_macro::TokenStream {
    let (root, tokens) = root::Root::take(tokens.into());
    root.replace(compile::compile(tokens)).into()
}

#[doc = include_str!("include_weights.md")]
#[proc_macro]
pub fn include_weights(tokens: proc_macro::TokenStream) -> proc_macro::TokenStream {
    let (root, tokens) = root::Root::take(tokens.into());
    root.replace(include_weights::include_weights(tokens))
        .into()
}

#[cfg(feature = "import")]
#[doc = include_str!("import_keras.md")]
#[proc_macro]
pub fn import_keras(tokens: proc_macro::TokenStream) -> proc_macro::TokenStream {
    let (root, tokens) = root::Root::take(tokens.into());
    root.replace(import_keras::import_keras(tokens)).into()
}

/// Implements `ParamBlock` (and `Flat`) for the parameters of one's own layer.
///
/// The struct is `#[repr(C)]`, and its fields are `f32`s or nested arrays of them; it may have
/// `const` parameters. The names of the fields are the names of the arrays in files and summaries.
///
/// ```
/// use kseq::params::ParamBlock;
/// use kseq::params::{Flat, ParamBlock as _};
///
/// #[derive(ParamBlock)]
/// #[repr(C)]
/// struct ScaleParams<const N: usize> {
///     gamma: [f32; N],
///     beta: [f32; N],
/// }
/// assert_eq!(ScaleParams::<3>::LEN, 6);
/// assert_eq!(ScaleParams::<3>::SPECS[1].name, "beta");
/// ```
///
/// kseq is found under the name that the manifest gives it; of a re-export one says `#[param_block(crate = facade::kseq)]`.
///
/// A field of another type, or a layout with padding, is refused:
///
/// ```compile_fail
/// # use kseq::params::ParamBlock;
/// #[derive(ParamBlock)]
/// #[repr(C)]
/// struct Wrong {
///     gamma: [f64; 3],
/// }
/// ```
#[proc_macro_derive(ParamBlock, attributes(param_block))]
pub fn param_block(tokens: proc_macro::TokenStream) -> proc_macro::TokenStream {
    derive::param_block(tokens.into()).into()
}

/// The golden suite of this project.
#[cfg(feature = "golden")]
#[doc(hidden)]
#[proc_macro]
pub fn golden_suite(_: proc_macro::TokenStream) -> proc_macro::TokenStream {
    golden::suite().into()
}

/// A model or a value for each row of the catalogue.
#[cfg(feature = "golden")]
#[doc(hidden)]
#[proc_macro]
pub fn catalogue_suite(_: proc_macro::TokenStream) -> proc_macro::TokenStream {
    catalogue_suite::suite().into()
}
