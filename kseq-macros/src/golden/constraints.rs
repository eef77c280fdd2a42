//! Cases of constraints: a layer whose kernel, or bias, is the array that is constrained.

use kseq_catalogue::CONSTRAINTS;
use kseq_import::translate;
use proc_macro2::Ident;
use quote::quote;
use serde_json::Value;

use super::case::Emitted;
use super::{layers, values};

/// A layer by the shape of the array, which is the last one that it has.
pub(super) fn case(case: &Value, module: &Ident) -> Result<Emitted, String> {
    let dims = values::shape(case, "weight")?;
    let (layer, argument) = match *dims.as_slice() {
        [units] => (format!("Dense({units}, input_dim = 1"), "bias_constraint"),
        [inputs, units] => (
            format!("Dense({units}, input_dim = {inputs}, use_bias = false"),
            "kernel_constraint",
        ),
        [steps, channels, filters] => (
            format!(
                "Conv1D({filters}, {steps}, input_shape = ({steps}, {channels}), use_bias = false"
            ),
            "kernel_constraint",
        ),
        [rows, columns, channels, filters] => (
            format!(
                "Conv2D({filters}, ({rows}, {columns}), \
                 input_shape = ({rows}, {columns}, {channels}), use_bias = false"
            ),
            "kernel_constraint",
        ),
        _ => return Err(format!("a weight of shape {dims:?}")),
    };
    let constraint = case.get("constraint").ok_or("no constraint")?;
    let constraint = translate::object(&CONSTRAINTS, constraint)?.to_string();
    Ok(Emitted {
        items: layers::expanded(&format!("{layer}, {argument} = {constraint})"))?,
        run: quote!(constraint_case::<#module::Net>),
    })
}
