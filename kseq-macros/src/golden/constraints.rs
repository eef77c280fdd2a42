//! Cases of constraints: a layer whose kernel is the array that is constrained.

use proc_macro2::TokenStream;
use quote::{format_ident, quote};
use serde_json::Value;

use crate::keras;
use crate::sequential::expand_or_refuse;

/// A `Dense` or a `Conv2D`, by the shape of the array.
pub(super) fn model(case: &Value) -> Result<(TokenStream, TokenStream), String> {
    let name = case.get("name").and_then(Value::as_str).unwrap_or_default();
    let module = format_ident!("{name}");
    let shape = case
        .pointer("/tensors/weight/shape")
        .and_then(Value::as_array);
    let shape = shape.ok_or("no shape of the weight")?;
    let dims: Vec<u64> = shape.iter().filter_map(Value::as_u64).collect();
    let layer = match *dims.as_slice() {
        [inputs, units] => format!("Dense({units}, input_dim = {inputs}"),
        [rows, columns, channels, filters] => {
            let input = keras::shape(&[rows, columns, channels]);
            format!("Conv2D({filters}, ({rows}, {columns}), input_shape = {input}")
        }
        _ => return Err(format!("a weight of shape {dims:?}")),
    };
    let constraint = keras::layer(case.get("constraint").ok_or("no constraint")?)?;
    let list = format!("{layer}, use_bias = false, kernel_constraint = {constraint})");
    let tokens: TokenStream = format!("pub Net = [{list}]")
        .parse()
        .map_err(|e| format!("{list}: {e}"))?;
    let model = expand_or_refuse(tokens)?;
    Ok((model, quote!(constraint_case::<#module::Net>)))
}
