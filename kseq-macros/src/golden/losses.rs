//! Cases of losses: a function that runs each with the loss that its file names.

use kseq_catalogue::{ClassRow, LOSSES};
use kseq_import::translate;
use proc_macro2::TokenStream;
use quote::{format_ident, quote};
use serde_json::{Map, Value};

use super::case::Emitted;
use super::values::{self, Samples};

/// The function that runs the case.
pub(super) fn case(case: &Value) -> Result<Emitted, String> {
    let name = case.get("loss").and_then(Value::as_str).unwrap_or_default();
    let row = row(name)?;
    let samples = match name {
        "CTC" => Samples::of_labels(case, ["y_true", "y_pred"])?,
        name => Samples::of(case, ["y_true", "y_pred"], is_sparse(name))?,
    };
    let is_of_samples = values::has(case, "sample_weight")
        && values::shape(case, "sample_weight")?
            .get(1..)
            .is_some_and(<[usize]>::is_empty);
    if !(samples.is_one_row || is_of_samples && is_of_batch(name)) {
        samples.check_weights(case, "sample_weight", case.pointer("/config/axis"))?;
    }
    let is_of_batch = is_of_batch(name);
    let loss = value(row, &values::given(case.get("config")), &samples.dims)?;
    let output = &samples.output;
    Ok(Emitted::only(quote! {
        |golden| losses::loss_case::<#output, _>(golden, #is_of_batch, |reduction| #loss.reduction(reduction))
    }))
}

/// Whether targets are class numbers.
pub(super) fn is_sparse(class: &str) -> bool {
    class.starts_with("Sparse") || matches!(class, "CategoricalGeneralizedCrossEntropy" | "Circle")
}

/// Whether the value of a sample depends on the others of the batch, or is none of a single row.
fn is_of_batch(class: &str) -> bool {
    matches!(class, "CTC" | "Circle" | "Dice" | "Tversky")
}

/// The row of a class.
pub(super) fn row(class: &str) -> Result<&'static ClassRow, String> {
    LOSSES
        .class(class)
        .ok_or_else(|| format!("no loss {class}"))
}

/// The loss of a serialised training: a string, or an object.
pub(super) fn named(loss: &Value) -> Result<TokenStream, String> {
    match (loss.as_str(), translate::class_of(loss)) {
        (Some(word), _) => {
            let row = LOSSES
                .named(word)
                .ok_or_else(|| format!("no loss {word}"))?;
            value(row, &Map::new(), &[])
        }
        (_, Some(class)) => {
            let mut config = values::given(loss.get("config"));
            let reduction = config.remove("reduction");
            let reduction = match reduction.as_ref().map(|word| word.as_str()) {
                None | Some(Some("sum_over_batch_size")) => TokenStream::new(),
                Some(Some("sum")) => quote!(.reduction(::kseq::losses::Reduction::Sum)),
                Some(Some("mean_with_sample_weight")) => {
                    quote!(.reduction(::kseq::losses::Reduction::MeanWithSampleWeight))
                }
                Some(other) => return Err(format!("reduction = {other:?}")),
            };
            let loss = value(row(class)?, &config, &[])?;
            Ok(quote!(#loss #reduction))
        }
        _ => Err(format!("loss {loss}")),
    }
}

/// A loss with its arguments; `dims` is the shape of a sample, if it is known.
pub(super) fn value(
    row: &ClassRow,
    args: &Map<String, Value>,
    dims: &[usize],
) -> Result<TokenStream, String> {
    let class = row.class;
    let loss = format_ident!("{class}");
    let mut calls = TokenStream::new();
    for (name, value) in args {
        let wrong = |why: String| format!("{class}: {name}: {why}");
        let is_known = row.own().any(|known| known.name == name);
        let value = match name.as_str() {
            "name" | "dtype" | "reduction" => continue,
            "axis" if class == "CosineSimilarity" => {
                let axis = axis(value, dims.len()).map_err(wrong)?;
                quote!(#axis)
            }
            "axis" if matches!(class, "Dice" | "Tversky") => {
                let axes = value
                    .as_array()
                    .map_or(std::slice::from_ref(value), Vec::as_slice);
                let axes = axes
                    .iter()
                    .map(|axis| axis.as_i64().map(|axis| axis as isize));
                let axes: Option<Vec<isize>> = axes.collect();
                let axes = axes.ok_or_else(|| wrong(value.to_string()))?;
                quote!(&[#(#axes),*])
            }
            // Only the last one is known.
            "axis" if is_last(value, dims.len()) => continue,
            _ if !is_known => return Err(format!("{class}: no argument {name} = {value}")),
            "from_logits" | "apply_class_balancing" | "remove_diagonal" => {
                let value = values::flag(value).map_err(wrong)?;
                quote!(#value)
            }
            // kseq has no negative classes: see `Number` of the suite.
            "ignore_class" => {
                let class = value.as_i64().ok_or_else(|| wrong(value.to_string()))?;
                let class = u32::try_from(class).unwrap_or(u32::MAX);
                quote!(#class)
            }
            _ => {
                let value = values::real(value).map_err(wrong)?;
                quote!(#value)
            }
        };
        let method = format_ident!("{name}");
        calls.extend(quote!(.#method(#value)));
    }
    Ok(quote!(::kseq::losses::#loss::new() #calls))
}

/// Whether an axis of a batch of such samples is the last one.
fn is_last(axis: &Value, rank: usize) -> bool {
    axis.as_i64() == Some(-1) || (rank > 0 && axis.as_u64() == Some(rank as u64))
}

/// An axis of a batch of samples of this rank; not the batch itself.
fn axis(axis: &Value, rank: usize) -> Result<isize, String> {
    let number = axis.as_i64().ok_or_else(|| axis.to_string())?;
    let rank = rank as i64;
    match number {
        -1 => Ok(-1),
        n if n >= 1 && n <= rank || n < 0 && n >= -rank => Ok(n as isize),
        n => Err(format!("{n} for samples of {rank} axes")),
    }
}
