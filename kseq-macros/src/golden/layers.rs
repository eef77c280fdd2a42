//! Cases of layers and of whole trainings: a model for each.

use proc_macro2::TokenStream;
use quote::{format_ident, quote};
use serde_json::Value;

use crate::keras;
use crate::sequential::expand_or_refuse;

/// The expanded model of a case, and the callback that runs it; an error says what is not supported.
pub(super) fn model(case: &Value, trajectory: bool) -> Result<(TokenStream, TokenStream), String> {
    let name = case.get("name").and_then(Value::as_str).unwrap_or_default();
    let module = format_ident!("{name}");
    let dims = if trajectory {
        case.pointer("/tensors/x/shape")
    } else {
        case.get("batch_input_shape")
    };
    let mut dims: Vec<u64> = dims
        .and_then(Value::as_array)
        .ok_or("no input shape")?
        .iter()
        .filter_map(Value::as_u64)
        .collect();
    // A trajectory's x holds all samples.
    let batch = case.get("batch_size").and_then(Value::as_u64);
    if let (true, Some(batch), Some(samples)) = (trajectory, batch, dims.first_mut()) {
        *samples = batch;
    }
    let dtype = case
        .get("input_dtype")
        .or_else(|| case.pointer("/tensors/x/dtype"))
        .and_then(Value::as_str)
        .unwrap_or("float32");
    let (_, sample) = dims.split_first().ok_or("no input shape")?;
    let mut list = format!("Input(shape = {}, dtype = {dtype:?})", keras::shape(sample));
    let layers = case.get("layers").and_then(Value::as_array);
    let layers = layers.ok_or("no layers")?;
    let stateful = layers
        .iter()
        .any(|l| l.pointer("/config/stateful") == Some(&Value::Bool(true)));
    if stateful {
        let shape = keras::shape(&dims);
        list = format!("Input(batch_shape = {shape}, dtype = {dtype:?})");
    }
    if !trajectory && dtype == "float32" {
        list += ", Activation(\"linear\", name = \"golden_input\")";
    }
    for layer in layers {
        list += ", ";
        list += &keras::layer(layer)?;
    }
    let tokens: TokenStream = format!("pub Net = [{list}]")
        .parse()
        .map_err(|e| format!("{list}: {e}"))?;
    let model = expand_or_refuse(tokens)?;
    let run = if trajectory {
        let loss = match case.get("loss").and_then(Value::as_str) {
            Some("categorical_crossentropy") => quote!(CategoricalCrossentropy),
            Some("binary_crossentropy") => quote!(BinaryCrossentropy),
            other => return Err(format!("loss {other:?}")),
        };
        quote!(trajectory_case::<#module::Net, ::kseq::losses::#loss>)
    } else {
        quote!(layer_case::<#module::Net>)
    };
    Ok((model, run))
}
