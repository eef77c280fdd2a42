//! Bound classes -> tokens: `SGD(lr = 0.01, momentum = 0.9)` is `SGD::new(0.01).momentum(0.9)`.

use kseq_catalogue::{ClassFamily, ClassRow, Kind};
use proc_macro2::{Ident, Span, TokenStream};
use quote::{quote, quote_spanned};
use syn::spanned::Spanned;

use super::bind::Bound;
use super::value::Value;

/// `::kseq::losses::Huber`
fn path(module: &str, class: &str, span: Span) -> TokenStream {
    let modules = module.split("::");
    let modules = modules.map(|module| Ident::new(module, Span::mixed_site()));
    let class = Ident::new(class, span);
    quote_spanned!(span=> ::kseq::#(#modules::)* #class)
}

/// A class with its defaults.
pub fn default(family: &ClassFamily, row: &ClassRow, span: Span) -> TokenStream {
    let path = path(family.module, row.class, span);
    let ty = match row.is_generic {
        true => quote_spanned!(span=> #path<_>),
        false => path,
    };
    quote_spanned!(span=> <#ty as ::core::default::Default>::default())
}

/// Keras reports a metric under the word that asked for it: `acc`, `mse`, `MeanSquaredError`.
pub fn named(word: &str, row: &ClassRow, family: &ClassFamily, span: Span) -> TokenStream {
    let value = default(family, row, span);
    match family.is_reported && row.names.first() != Some(&word) {
        false => value,
        true => quote_spanned!(span=> ::kseq::metrics::Named(#word, #value)),
    }
}

/// When a method is called: what changes the type comes first, but for what leaves only a few methods.
fn order(name: &str) -> u8 {
    match name {
        "use_ema" | "num_thresholds" | "thresholds" => 0,
        "multi_label" => 2,
        "label_weights" => 3,
        _ => 1,
    }
}

/// A class with its arguments; nothing after an error.
pub fn built(
    family: &ClassFamily,
    row: &ClassRow,
    class: &Ident,
    bound: Option<Vec<Bound>>,
) -> TokenStream {
    let Some(mut bound) = bound else {
        return TokenStream::new();
    };
    bound.sort_by_key(|bound| order(bound.param.name));
    let tokens = |name: &str| {
        let bound = bound.iter().find(|bound| bound.param.name == name)?;
        match &bound.value {
            Value::Tokens(tokens) | Value::OfType(tokens, _) => Some(tokens.clone()),
            Value::Switch(_) => None,
        }
    };
    let is_on = |name: &str| {
        let bound = bound.iter().find(|bound| bound.param.name == name);
        bound.is_some_and(|bound| matches!(bound.value, Value::Switch(true)))
    };
    let mut checks = TokenStream::new();
    let mut calls = TokenStream::new();
    for Bound { param, name, value } in &bound {
        let name = match name {
            Some(name) => name.clone(),
            None => Ident::new(param.name, class.span()),
        };
        if row.new.contains(&param.name) {
            continue;
        }
        match (param.name, value) {
            ("name" | "num_classes" | "num_labels", _) => {}
            // Of a schedule they go with the target.
            ("warmup_steps", _) if family.param(row, "warmup_target").is_some() => {}
            // Thresholds that are given count alone.
            ("num_thresholds", _) if tokens("thresholds").is_some() => {}
            // Without the average Keras does not look at them either.
            ("ema_momentum" | "ema_overwrite_frequency", _) if !is_on("use_ema") => {}
            ("warmup_target", Value::Tokens(target)) => {
                let steps = tokens("warmup_steps").unwrap_or_else(|| quote!(0));
                calls.extend(quote!(.warmup(#target, #steps)));
            }
            ("multi_label", Value::Switch(true)) => {
                let labels = tokens("num_labels").map(|labels| quote!(::<{ #labels }>));
                calls.extend(quote!(.#name #labels ()));
            }
            (_, Value::Switch(true)) => calls.extend(quote!(.#name())),
            (_, Value::Switch(false)) => {}
            (_, Value::Tokens(value)) => calls.extend(quote!(.#name(#value))),
            (_, Value::OfType(value, is_checked)) => {
                if *is_checked && param.kind == Kind::Thresholds {
                    let why = format!(
                        "`{}` of `{}` must be at least 2\n  help: Keras's default is 200",
                        param.name, row.class
                    );
                    // The place of the user's expression is that of the error.
                    let span = value.span().resolved_at(Span::mixed_site());
                    checks.extend(quote_spanned!(span=>
                        const _: () = ::core::assert!((#value) >= 2, #why);
                    ));
                }
                calls.extend(quote!(.#name::<{ #value }>()));
            }
        }
    }
    let span = class.span();
    let path = path(family.module, row.class, span);
    let classes = tokens("num_classes").map(|classes| quote!(::<{ #classes }>));
    let new: Vec<TokenStream> = row
        .new
        .iter()
        .filter_map(|name| {
            let by_default = || {
                let default = family.param(row, name)?.default?;
                (*name != "learning_rate").then(|| default.parse().ok())?
            };
            tokens(name).or_else(by_default)
        })
        .collect();
    let start = match (&*new, row.loss) {
        (_, Some(loss)) if !calls.is_empty() => {
            let loss = self::path("losses", loss, span);
            quote_spanned!(span=> <#loss as ::core::default::Default>::default())
        }
        ([], _) if classes.is_none() => default(family, row, span),
        _ => quote_spanned!(span=> #path #classes ::new(#(#new),*)),
    };
    let mut value = quote!(#start #calls);
    if row.loss.is_some() && !calls.is_empty() {
        value = quote_spanned!(span=> ::kseq::metrics::MeanMetricWrapper::new(#value));
    }
    if !checks.is_empty() {
        value = quote!({ #checks #value });
    }
    match tokens("name").filter(|_| family.is_reported) {
        Some(name) => quote_spanned!(span=> ::kseq::metrics::Named(#name, #value)),
        None => value,
    }
}
