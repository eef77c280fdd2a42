//! `compile!`: Keras's arguments of `compile`, strings among them, as the types that they name.

use kseq_catalogue::{ClassFamily, ClassRow, FLAGS, LOSSES, METRICS, OPTIMIZERS, SIZES, WHOLE};
use proc_macro2::{Delimiter, Group, Ident, Span, TokenStream};
use quote::{ToTokens, quote, quote_spanned};
use syn::parse::{Parse, ParseStream};
use syn::punctuated::Punctuated;
use syn::spanned::Spanned;
use syn::{Expr, ExprCall, Member, Token};

use crate::ast::{Ends, Errors};
use crate::check::value;
use crate::metric_name;
use crate::suggest::did_you_mean;

/// The arguments of Keras's `compile`, in its order.
const ARGUMENTS: [&str; 7] = [
    "optimizer",
    "loss",
    "metrics",
    "loss_weights",
    "sample_weight_mode",
    "weighted_metrics",
    "target_tensors",
];

/// The arguments of a class.
type Args = Punctuated<Expr, Token![,]>;

/// `model, optimizer = "rmsprop", loss = "mse", ...`
struct Call {
    model: Expr,
    args: Vec<(Option<Ident>, Expr)>,
}

impl Parse for Call {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        let model = input.parse()?;
        let mut args = Vec::new();
        while !input.is_empty() {
            input.parse::<Token![,]>()?;
            if input.is_empty() {
                break;
            }
            let named =
                input.peek(syn::Ident) && input.peek2(Token![=]) && !input.peek2(Token![==]);
            let name = match named {
                true => {
                    let name = input.parse()?;
                    input.parse::<Token![=]>()?;
                    Some(name)
                }
                false => None,
            };
            args.push((name, input.parse()?));
        }
        Ok(Call { model, args })
    }
}

/// The call of the method `compile`, or what is wrong with the words.
pub fn compile(tokens: TokenStream) -> TokenStream {
    let call = match syn::parse2::<Call>(tokens) {
        Ok(call) => call,
        Err(error) => return error.to_compile_error(),
    };
    let mut errors = Errors::default();
    let expansion = expand(call, &mut errors);
    if errors.count() == 0 {
        return expansion;
    }
    let errors = errors.iter().map(syn::Error::to_compile_error);
    // The errors are items, and the block never ends: nothing that follows is a second mistake.
    quote! {{ #(#errors)* ::core::unreachable!() }}
}

fn expand(call: Call, errors: &mut Errors) -> TokenStream {
    let mut given: [Option<Expr>; ARGUMENTS.len()] = Default::default();
    for (at, (name, value)) in call.args.into_iter().enumerate() {
        let index = match &name {
            None => Some(at).filter(|&at| at < ARGUMENTS.len()),
            Some(name) => ARGUMENTS.iter().position(|known| name == known),
        };
        let ends = match &name {
            Some(name) => Ends::at(name.span()),
            None => Ends::of(&value),
        };
        let Some(slot) = index.and_then(|index| given.get_mut(index)) else {
            let known = ARGUMENTS.join(", ");
            let what = name.map_or_else(
                || "an argument more".to_owned(),
                |name| {
                    format!(
                        "`{name}`{}",
                        did_you_mean(&name.to_string(), &ARGUMENTS, '`')
                    )
                },
            );
            errors.at(
                ends,
                format_args!(
                    "`compile!` does not take {what}\n  help: it takes: the model, {known}"
                ),
            );
            continue;
        };
        if slot.is_some() {
            let name = index.and_then(|index| ARGUMENTS.get(index)).copied();
            let name = name.unwrap_or_default();
            errors.at(ends, format_args!("`compile!`: `{name}` is given twice"));
            continue;
        }
        *slot = Some(value);
    }
    let given = given.map(|value| value.filter(|value| !value::is_none(value)));
    let [
        optimizer,
        loss,
        metrics,
        loss_weights,
        mode,
        weighted,
        targets,
    ] = given;
    if let Some(mode) = mode {
        errors.at(
            Ends::of(&mode),
            "`compile!`: `sample_weight_mode` is not an argument here\n  help: leave it out: the type of the \
             weights says it: `Fit::new().sample_weight(&weights)` takes one `f32` for each sample, or \
             one `[f32; T]` for each if the output is a sequence of T steps",
        );
    }
    if let Some(targets) = targets {
        errors.at(
            Ends::of(&targets),
            "`compile!`: there are no `target_tensors`: targets are the `y` of `fit`\n  help: leave it out",
        );
    }
    let optimizer = match optimizer {
        Some(optimizer) => placed(&optimizer, one(&optimizer, &OPTIMIZERS, errors)),
        // Keras's default.
        None => quote!(<::kseq::optimizers::RMSprop as ::core::default::Default>::default()),
    };
    let loss = match loss {
        Some(loss) => placed(&loss, one(&loss, &LOSSES, errors)),
        None => {
            errors.at(
                Ends::of(&call.model),
                "`compile!` needs a `loss`\n  help: add `loss = \"categorical_crossentropy\"`, for instance",
            );
            TokenStream::new()
        }
    };
    let plain = list(metrics.as_ref(), errors);
    let weighted_list = weighted;
    let weighted = list(weighted_list.as_ref(), errors);
    let weighted = weighted
        .iter()
        .map(|m| quote!(::kseq::metrics::Weighted(#m)));
    let model = match &call.model {
        model @ (Expr::Path(_) | Expr::MethodCall(_) | Expr::Call(_)) => model.to_token_stream(),
        model => quote!({ #model }),
    };
    let scaled = loss_weights.map(|weights| {
        let weights = only(&weights).unwrap_or(weights);
        quote!(.loss_weights(#weights))
    });
    let list = metrics
        .or(weighted_list)
        .map_or_else(Span::mixed_site, |e| e.span());
    let metrics = plain.into_iter().chain(weighted).map(|m| quote!(#m,));
    // A tuple that does not fit is underlined where the list was written.
    let metrics = quote_spanned!(list=> (#(#metrics)*));
    let compile = Ident::new("compile", call.model.span().resolved_at(Span::mixed_site()));
    quote!(#model.#compile(#optimizer, #loss, #metrics) #scaled)
}

/// The value of an argument, where it was written: what does not fit is underlined there.
fn placed(argument: &Expr, value: TokenStream) -> TokenStream {
    match argument {
        Expr::Call(_) | Expr::MethodCall(_) => {
            let mut value = Group::new(Delimiter::None, value);
            value.set_span(argument.span());
            value.into_token_stream()
        }
        _ => value,
    }
}

/// The single element of a list.
fn only(list: &Expr) -> Option<Expr> {
    match list {
        Expr::Array(list) if list.elems.len() == 1 => list.elems.first().cloned(),
        _ => None,
    }
}

/// `["accuracy", "mse", mean_pred]`
fn list(metrics: Option<&Expr>, errors: &mut Errors) -> Vec<TokenStream> {
    let elements: Vec<&Expr> = match metrics {
        None => Vec::new(),
        Some(Expr::Array(list)) => list.elems.iter().collect(),
        Some(Expr::Tuple(list)) => list.elems.iter().collect(),
        Some(other) => {
            errors.at(
                Ends::of(other),
                format_args!(
                    "`compile!`: metrics are a list\n  help: write `[{}]`",
                    value::text_of(other)
                ),
            );
            Vec::new()
        }
    };
    let metric = |e: &Expr, errors: &mut Errors| {
        metric_name::check(e, errors);
        match metric_name::users_function(e) {
            Some(function) => {
                let name = function.to_string();
                quote_spanned!(function.span()=> ::kseq::metrics::function(#name, #function))
            }
            None => one(e, &METRICS, errors),
        }
    };
    elements.into_iter().map(|e| metric(e, errors)).collect()
}

/// A value of one family: a word, Keras's call of a class, or any expression.
fn one(e: &Expr, family: &ClassFamily, errors: &mut Errors) -> TokenStream {
    if let Some(word) = value::string(e) {
        return match family.named(&word) {
            Some(row) => named(&word, row, family, default(family, row, e.span())),
            None => {
                let known: Vec<&str> = words(family).collect();
                unknown(
                    e,
                    &format!("{word:?}"),
                    &did_you_mean(&word, &known, '"'),
                    family,
                    errors,
                )
            }
        };
    }
    match e {
        Expr::Call(call) => match class(call, family) {
            Some(class) => built(class, &call.args, family, errors),
            None => e.to_token_stream(),
        },
        Expr::MethodCall(call) if is_module(&call.receiver, family) => {
            match is_class(family, &call.method) {
                true => built(&call.method, &call.args, family, errors),
                false => unknown_attribute(e, &call.method, family, errors),
            }
        }
        Expr::Field(field) if is_module(&field.base, family) => match &field.member {
            Member::Named(name) => match family.named(&name.to_string()) {
                Some(row) => default(family, row, name.span()),
                None => unknown_attribute(e, name, family, errors),
            },
            Member::Unnamed(_) => e.to_token_stream(),
        },
        Expr::Path(path) => {
            let name = path.path.get_ident().map(ToString::to_string);
            match name.and_then(|name| family.class(&name)) {
                Some(row) => default(family, row, e.span()),
                None => e.to_token_stream(),
            }
        }
        _ => e.to_token_stream(),
    }
}

/// Python's `keras.optimizers`, or `optimizers` after an import.
fn is_module(e: &Expr, family: &ClassFamily) -> bool {
    match e {
        Expr::Path(path) => path.path.is_ident(family.module),
        Expr::Field(field) => {
            matches!(&field.member, Member::Named(name) if name == family.module)
                && is_keras(&field.base)
        }
        _ => false,
    }
}

/// `keras`, `tf.keras`
fn is_keras(e: &Expr) -> bool {
    match e {
        Expr::Path(path) => path.path.is_ident("keras"),
        Expr::Field(field) => matches!(&field.member, Member::Named(name) if name == "keras"),
        _ => false,
    }
}

/// A module of Keras has no such class, or kseq has not.
fn unknown_attribute(
    e: &Expr,
    name: &Ident,
    family: &ClassFamily,
    errors: &mut Errors,
) -> TokenStream {
    let classes = family.by_name().map(|row| row.class);
    let known: Vec<&str> = classes.chain(words(family)).collect();
    let guess = did_you_mean(&name.to_string(), &known, '`');
    unknown(e, &format!("`{name}`"), &guess, family, errors)
}

fn unknown(
    e: &Expr,
    what: &str,
    guess: &str,
    family: &ClassFamily,
    errors: &mut Errors,
) -> TokenStream {
    let ClassFamily {
        what: kind,
        example,
        ..
    } = family;
    errors.at(
        Ends::of(e),
        format_args!(
            "`compile!`: unknown {kind} {what}{guess}\n  help: your own is a value: `{kind} = {example}`"
        ),
    );
    TokenStream::new()
}

/// Keras reports a metric under the word that asked for it: `acc`, `mse`, `MeanSquaredError`.
fn named(word: &str, row: &ClassRow, family: &ClassFamily, value: TokenStream) -> TokenStream {
    match family.is_reported && row.names.first() != Some(&word) {
        false => value,
        true => quote!(::kseq::metrics::Named(#word, #value)),
    }
}

/// The words of a family, for a suggestion.
fn words(family: &ClassFamily) -> impl Iterator<Item = &'static str> {
    family.by_name().flat_map(|row| row.names.iter().copied())
}

fn is_class(family: &ClassFamily, name: &Ident) -> bool {
    family.by_name().any(|row| name == row.class)
}

/// `::kseq::losses::Huber`
fn path(family: &ClassFamily, class: &Ident) -> TokenStream {
    let module = Ident::new(family.module, Span::mixed_site());
    quote_spanned!(class.span()=> ::kseq::#module::#class)
}

/// A class with its defaults.
fn default(family: &ClassFamily, row: &ClassRow, span: Span) -> TokenStream {
    let path = path(family, &Ident::new(row.class, span));
    let ty = match row.is_generic {
        true => quote_spanned!(span=> #path<_>),
        false => path,
    };
    quote_spanned!(span=> <#ty as ::core::default::Default>::default())
}

/// The class, if a call is one of Keras's: `SGD(lr = 0.01)`.
fn class<'c>(call: &'c ExprCall, family: &ClassFamily) -> Option<&'c Ident> {
    let Expr::Path(path) = &*call.func else {
        return None;
    };
    let segments = &path.path.segments;
    let class = &segments.last()?.ident;
    // `SGD(..)`, `optimizers::SGD(..)`
    let known = segments.len() <= 2 && is_class(family, class);
    known.then_some(class)
}

/// `SGD(lr = 0.01, momentum = 0.9)` as `SGD::new(0.01).momentum(0.9)`.
fn built(class: &Ident, args: &Args, family: &ClassFamily, errors: &mut Errors) -> TokenStream {
    let Some(row) = family.class(&class.to_string()) else {
        return quote!(#class(#args));
    };
    let first_name = row.new.first().copied();
    let mut first = None;
    let mut report_as = None;
    let mut builders: Vec<(Ident, Option<Expr>)> = Vec::new();
    for (at, arg) in args.iter().enumerate() {
        let (name, value) = match arg {
            Expr::Assign(assign) => match &*assign.left {
                Expr::Path(name) => match name.path.get_ident() {
                    Some(name) => (Some(name), &*assign.right),
                    None => (None, arg),
                },
                _ => (None, arg),
            },
            value => (None, value),
        };
        let position = first_name.filter(|_| at == 0);
        let known = name.map(ToString::to_string);
        match (known.as_deref(), position) {
            (Some("lr"), _) if first_name == Some("learning_rate") => first = Some(value.clone()),
            (Some(name), _) if Some(name) == first_name => first = Some(value.clone()),
            (None, Some(_)) => first = Some(value.clone()),
            (None, None) => errors.at(
                Ends::of(value),
                format_args!(
                    "`compile!`: `{class}` takes its arguments by name\n  help: write `name = {}`",
                    value::text_of(value)
                ),
            ),
            (Some("name"), _) => report_as = Some(value.clone()),
            (Some(flag), _) if FLAGS.contains(&flag) => match value::truth(value) {
                Some(true) => builders.extend(name.map(|name| (name.clone(), None))),
                Some(false) => {}
                None => errors.at(
                    Ends::of(value),
                    format_args!(
                        "`compile!`: `{flag}` must be `true` or `false`: it decides what is kept for \
                         each parameter"
                    ),
                ),
            },
            (Some(_), _) if value::is_none(value) => {}
            (Some(_), _) => builders.extend(name.map(|name| (name.clone(), Some(value.clone())))),
        }
    }
    // The average's own arguments exist only after it.
    builders.sort_by_key(|(name, _)| name != "use_ema");
    let start = match first {
        Some(value) => {
            let (path, value) = (path(family, class), real(&value));
            quote_spanned!(class.span()=> #path::new(#value))
        }
        None => default(family, row, class.span()),
    };
    let builders = builders.into_iter().map(|(name, value)| {
        if let Some(size) = value
            .as_ref()
            .filter(|_| SIZES.contains(&&*name.to_string()))
        {
            return quote!(.#name::<{ #size }>());
        }
        let whole = !family.takes_reals || WHOLE.contains(&&*name.to_string());
        let value = value.map(|value| match value::truth(&value) {
            Some(truth) => quote!(#truth),
            None if whole => value.to_token_stream(),
            None => real(&value),
        });
        quote!(.#name(#value))
    });
    let built = quote!(#start #(#builders)*);
    match report_as {
        Some(name) if family.is_reported => quote!(::kseq::metrics::Named(#name, #built)),
        _ => built,
    }
}

/// `1` where an `f32` is wanted, as Python allows.
fn real(value: &Expr) -> TokenStream {
    match value {
        Expr::Lit(syn::ExprLit {
            lit: syn::Lit::Int(number),
            ..
        }) if number.suffix().is_empty() => {
            let mut real =
                proc_macro2::Literal::f32_unsuffixed(number.base10_parse().unwrap_or(0.0));
            real.set_span(number.span());
            real.into_token_stream()
        }
        value => value.to_token_stream(),
    }
}
