//! Cases of losses: a function that runs each with the loss that its file names.

use proc_macro2::TokenStream;
use quote::{format_ident, quote};
use serde_json::Value;

/// No items, and the function that runs the case.
pub(super) fn case(case: &Value) -> Result<(TokenStream, TokenStream), String> {
    let text = |key: &str| case.get(key).and_then(Value::as_str).unwrap_or_default();
    let loss = format_ident!("{}", text("loss"));
    let output = sample(case, "y_pred", &quote!(f32))?;
    let options = options(case.get("config"))?;
    let run = quote! {
        |golden| losses::loss_case::<#output, _>(golden, |reduction| {
            ::kseq::losses::#loss::new() #options .reduction(reduction)
        })
    };
    Ok((TokenStream::new(), run))
}

/// The type of a sample of a tensor.
pub(super) fn sample(
    case: &Value,
    tensor: &str,
    elem: &TokenStream,
) -> Result<TokenStream, String> {
    let dims = case
        .pointer(&format!("/tensors/{tensor}/shape"))
        .and_then(Value::as_array);
    let dims = dims.and_then(|dims| dims.get(1..)).ok_or("no shape")?;
    let mut sample = elem.clone();
    for dim in dims.iter().rev() {
        let dim = dim.as_u64().ok_or("no size")? as usize;
        sample = quote!([#sample; #dim]);
    }
    Ok(sample)
}

/// Arguments as calls of the builder's methods.
pub(super) fn options(config: Option<&Value>) -> Result<TokenStream, String> {
    let mut calls = TokenStream::new();
    for (name, value) in config.and_then(Value::as_object).into_iter().flatten() {
        let method = format_ident!("{name}");
        let value = match value {
            Value::Bool(value) => quote!(#value),
            Value::Number(value) => {
                let value = value.as_f64().ok_or("no number")? as f32;
                quote!(#value)
            }
            other => return Err(format!("{name} = {other}")),
        };
        calls.extend(quote!(.#method(#value)));
    }
    Ok(calls)
}
