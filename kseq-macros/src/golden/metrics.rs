//! Cases of metrics: a function that runs each with the metric that its file names.

use proc_macro2::TokenStream;
use quote::{format_ident, quote};
use serde_json::Value;

use super::losses::sample;

/// No items, and the function that runs the case.
pub(super) fn case(case: &Value) -> Result<(TokenStream, TokenStream), String> {
    let text = |key: &str| case.get(key).and_then(Value::as_str).unwrap_or_default();
    let name = text("metric");
    let metric = format_ident!("{name}");
    let run = match name {
        // They have no targets.
        "Mean" | "Sum" => {
            quote!(metrics::values_case(
                golden,
                |m, v, w| m.update_state(v, w),
                ::kseq::metrics::#metric::result,
                ::kseq::metrics::#metric::new(),
            ))
        }
        _ => {
            let output = sample(case, "y_pred_0", &quote!(f32))?;
            let target = if name.starts_with("Sparse") {
                quote!(<#output as ::kseq::losses::Classes>::Target)
            } else {
                output.clone()
            };
            let value = value(name, case)?;
            let results = case.pointer("/tensors/result_0/shape/0");
            let result = match results.and_then(Value::as_u64) {
                Some(1) => quote!(|m| vec![::kseq::metrics::Metric::<#output, #target>::result(m)]),
                _ => quote!(|m| m.values().to_vec()),
            };
            quote!(metrics::metric_case::<#output, #target, _>(golden, #value, #result))
        }
    };
    Ok((TokenStream::new(), quote!(|golden| #run)))
}

/// The metric with its arguments.
fn value(name: &str, case: &Value) -> Result<TokenStream, String> {
    let metric = format_ident!("{name}");
    let metric = quote!(::kseq::metrics::#metric);
    let number = |value: &Value| value.as_f64().map(|v| v as f32).ok_or("no number");
    let arg = |key: &str| case.pointer(&format!("/args/{key}"));
    let units = case
        .pointer("/tensors/y_pred_0/shape/1")
        .and_then(Value::as_u64)
        .unwrap_or(1) as usize;
    let mut used = Vec::new();
    let mut first = |key: &'static str| -> Result<f32, String> {
        used.push(key);
        Ok(number(arg(key).ok_or_else(|| format!("no {key}"))?)?)
    };
    let new = match name {
        "Accuracy" => quote!(::kseq::metrics::function("accuracy", metrics::equal)),
        "AUC"
        | "BinaryAccuracy"
        | "BinaryIoU"
        | "CategoricalAccuracy"
        | "F1Score"
        | "FalseNegatives"
        | "FalsePositives"
        | "Precision"
        | "R2Score"
        | "Recall"
        | "RootMeanSquaredError"
        | "SparseCategoricalAccuracy"
        | "SparseTopKCategoricalAccuracy"
        | "TopKCategoricalAccuracy"
        | "TrueNegatives"
        | "TruePositives" => quote!(#metric::new()),
        "FBetaScore" => {
            let beta = first("beta")?;
            quote!(#metric::new(#beta))
        }
        "SensitivityAtSpecificity"
        | "SpecificityAtSensitivity"
        | "PrecisionAtRecall"
        | "RecallAtPrecision" => {
            let key = match name {
                "SensitivityAtSpecificity" => "specificity",
                "SpecificityAtSensitivity" => "sensitivity",
                "PrecisionAtRecall" => "recall",
                _ => "precision",
            };
            let least = first(key)?;
            quote!(#metric::new(#least))
        }
        "OneHotMeanIoU" => {
            let classes = first("num_classes")? as usize;
            quote!(#metric::<#classes>::new())
        }
        // The losses as metrics.
        _ => quote!(#metric::default()),
    };
    let mut calls = TokenStream::new();
    let args = case.get("args").and_then(Value::as_object);
    for (key, value) in args.into_iter().flatten() {
        if used.contains(&key.as_str()) {
            continue;
        }
        let method = format_ident!("{key}");
        calls.extend(match (key.as_str(), value) {
            ("thresholds", Value::Array(values)) => {
                let values = values.iter().map(number).collect::<Result<Vec<_>, _>>()?;
                quote!(.thresholds([#(#values),*]))
            }
            ("thresholds", value) => {
                let value = number(value)?;
                quote!(.thresholds([#value]))
            }
            ("k" | "top_k" | "class_id", value) => {
                let value = number(value)? as usize;
                quote!(.#method(#value))
            }
            ("target_class_ids", Value::Array(ids)) => {
                let ids = ids.iter().filter_map(Value::as_u64).map(|id| id as usize);
                quote!(.target_class_ids(&[#(#ids),*]))
            }
            ("multi_label", Value::Bool(true)) => quote!(.multi_label::<#units>()),
            ("average" | "curve" | "summation_method", Value::String(word)) => {
                let (kind, word) = match key.as_str() {
                    "average" => ("Average", capital(word)),
                    "curve" => ("Curve", word.clone()),
                    _ => ("SummationMethod", capital(word)),
                };
                let (kind, word) = (format_ident!("{kind}"), format_ident!("{word}"));
                quote!(.#method(::kseq::metrics::#kind::#word))
            }
            (_, value) => {
                let value = number(value)?;
                quote!(.#method(#value))
            }
        });
    }
    Ok(quote!(#new #calls))
}

/// With a capital at its beginning.
fn capital(word: &str) -> String {
    let mut rest = word.chars();
    let first = rest.next().map(|c| c.to_ascii_uppercase());
    first.into_iter().chain(rest).collect()
}
