//! Cases of layers and of whole trainings: a model for each.
//!
//! A layer case becomes `[Input(..), Activation("linear"), <layers>]`: with a layer before them, the
//! layers under test compute the gradient of their input.

use kseq_import::translate;
use proc_macro2::{Ident, TokenStream};
use quote::quote;
use serde_json::Value;

use super::case::Emitted;
use super::{losses, optimizers, values};
use crate::sequential::expand_or_refuse;

/// The dtypes of inputs that are tokens.
const TOKENS: &[&str] = &[
    "int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64",
];

/// A model of the layers of a case.
pub(super) fn case(case: &Value, module: &Ident) -> Result<Emitted, String> {
    let dims = values::axes(case.get("batch_input_shape"))?;
    let layers = listed(case)?;
    if case.get("training") == Some(&Value::Bool(true)) {
        layers.iter().try_for_each(is_the_same_in_training)?;
    }
    let dtype = dtype(case.get("input_dtype"))?;
    let before = match dtype {
        "float32" => "Activation(\"linear\", name = \"golden_input\"), ",
        _ => "",
    };
    let (input, layers) = (input(&dims, dtype, layers)?, texts(layers)?);
    Ok(Emitted {
        items: expanded(&format!("{input}, {before}{layers}"))?,
        run: quote!(layer_case::<#module::Net>),
    })
}

/// A model, and what it is trained with.
pub(super) fn trajectory(case: &Value, module: &Ident) -> Result<Emitted, String> {
    let mut dims = values::shape(case, "x")?;
    // x holds all samples.
    let batch = values::whole(case.get("batch_size").ok_or("no batch_size")?)?;
    if let Some(samples) = dims.first_mut() {
        *samples = batch as usize;
    }
    let layers = listed(case)?;
    layers.iter().try_for_each(is_the_same_in_training)?;
    let dtype = dtype(case.pointer("/tensors/x/dtype"))?;
    let dims: Vec<Option<usize>> = dims.into_iter().map(Some).collect();
    let (input, layers) = (input(&dims, dtype, layers)?, texts(layers)?);
    let loss = losses::named(case.get("loss").ok_or("no loss")?)?;
    let optimizer = case.get("optimizer").ok_or("no optimizer")?;
    let class = translate::class_of(optimizer).ok_or("an optimizer without class_name")?;
    let optimizer = optimizers::optimizer(class, &values::given(optimizer.get("config")))?;
    Ok(Emitted {
        items: expanded(&format!("{input}, {layers}"))?,
        run: quote!(|golden| trajectory_case::<#module::Net, _, _>(golden, #optimizer, #loss)),
    })
}

/// A whole model of Keras's, of which the outputs are known.
pub(super) fn model(case: &Value, module: &Ident) -> Result<Emitted, String> {
    let sample = values::shape(case, "input")?;
    let sample: Vec<Option<usize>> = sample.into_iter().map(Some).collect();
    let config = case.get("config").ok_or("no config")?;
    let layers = translate::config_of(config);
    let layers = layers.get("layers").and_then(Value::as_array);
    let is_layer = |layer: &&Value| translate::class_of(layer) != Some("InputLayer");
    let layers: Vec<Value> = layers
        .into_iter()
        .flatten()
        .filter(is_layer)
        .cloned()
        .collect();
    let dtype = dtype(case.pointer("/tensors/input/dtype"))?;
    let (input, layers) = (input(&sample, dtype, &layers)?, texts(&layers)?);
    Ok(Emitted {
        items: expanded(&format!("{input}, {layers}"))?,
        run: quote!(model_case::<#module::Net>),
    })
}

fn listed(case: &Value) -> Result<&[Value], String> {
    let layers = case.get("layers").and_then(Value::as_array);
    match layers.map(Vec::as_slice) {
        None | Some([]) => Err("no layers".to_owned()),
        Some(layers) => Ok(layers),
    }
}

fn texts(layers: &[Value]) -> Result<String, String> {
    let layers: Result<Vec<_>, _> = layers.iter().map(translate::layer).collect();
    Ok(layers?.join(", "))
}

fn dtype(value: Option<&Value>) -> Result<&'static str, String> {
    match value.and_then(Value::as_str) {
        None | Some("float32") => Ok("float32"),
        Some(tokens) if TOKENS.contains(&tokens) => Ok("int32"),
        Some(other) => Err(format!("an input of dtype {other}")),
    }
}

/// `Input(shape = (5,), dtype = "float32")`
fn input(dims: &[Option<usize>], dtype: &str, layers: &[Value]) -> Result<String, String> {
    let (_, sample) = dims.split_first().ok_or("an input without axes")?;
    if sample.is_empty() {
        return Err("an input of scalars".to_owned());
    }
    let sizes: Vec<usize> = sample.iter().map(|size| size.unwrap_or(1)).collect();
    values::check_sample(&sizes)?;
    if dtype == "int32" && sample.len() > 2 {
        return Err(format!("tokens of {} axes", sample.len()));
    }
    let is_stateful = |layer: &Value| layer.pointer("/config/stateful") == Some(&Value::Bool(true));
    let (argument, dims) = match layers.iter().any(is_stateful) {
        true => ("batch_shape", dims),
        false => ("shape", sample),
    };
    let text = |size: &Option<usize>| size.map_or_else(|| "None".to_owned(), |n| n.to_string());
    let dims: Vec<String> = dims.iter().map(text).collect();
    Ok(format!(
        "Input({argument} = ({},), dtype = {dtype:?})",
        dims.join(", ")
    ))
}

/// Refuses a layer that does something random in training: Keras's numbers are not kseq's.
fn is_the_same_in_training(layer: &Value) -> Result<(), String> {
    let config = translate::config_of(layer);
    let is_random = |key: &str| {
        let rate = config.get(key).and_then(Value::as_f64);
        rate.is_some_and(|rate| rate != 0.0)
    };
    let class = translate::class_of(layer).unwrap_or_default();
    let random = ["rate", "stddev", "dropout", "recurrent_dropout"];
    match random.iter().find(|key| is_random(key)) {
        Some(key) => Err(format!("{class}: {key} in training, which is random")),
        None => config.get("layer").map_or(Ok(()), is_the_same_in_training),
    }
}

/// The model of a layer list.
pub(super) fn expanded(list: &str) -> Result<TokenStream, String> {
    let tokens: TokenStream = format!("pub Net = [{list}]")
        .parse()
        .map_err(|e| format!("{list}: {e}"))?;
    expand_or_refuse(tokens)
}
