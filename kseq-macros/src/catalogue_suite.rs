//! A model, or a value, for each row of the catalogue: `tests/catalogue/` of the project compiles and checks them.

use kseq_catalogue::{
    ACTIVATIONS, ClassFamily, ClassRow, Kind, LOSSES, LayerRow, METRICS, OPTIMIZERS, ObjectFamily,
    ObjectRow, Param, Range, SCHEDULES, layers,
};
use kseq_catalogue::{CONSTRAINTS, INITIALIZERS, REGULARIZERS};
use proc_macro2::TokenStream;
use quote::{ToTokens, format_ident, quote};

use crate::ast::Errors;
use crate::check::kinds::example;
use crate::compile::one;
use crate::names::{camel, snake};
use crate::sequential::expand_or_refuse;

/// Expands to a function for each kind of rows. `layer::<Net>`, `twin::<Net>`, `activation::<A>` and `metric::<Target, _>` are
/// the caller's.
pub fn suite() -> TokenStream {
    match rows() {
        Ok(tokens) => tokens,
        Err(why) => quote!(compile_error!(#why);),
    }
}

fn rows() -> Result<TokenStream, String> {
    let (mut models, mut calls) = (TokenStream::new(), TokenStream::new());
    let mut twins = TokenStream::new();
    for row in layers().filter(|row| !row.on_tokens) {
        let (class, module) = (row.class, format_ident!("twin_{}", snake(row.class)));
        let model = expand_or_refuse(twin_of(row)?)?;
        models.extend(quote!(mod #module { #model }));
        twins.extend(quote!(twin::<#module::Net>(#class);));
    }
    for row in layers() {
        let (class, module) = (row.class, format_ident!("layer_{}", snake(row.class)));
        let model = expand_or_refuse(model_of(row)?)?;
        models.extend(quote!(mod #module { #model }));
        calls.extend(quote!(layer::<#module::Net>(#class);));
    }
    let objects = [
        (&INITIALIZERS, "kernel_initializer"),
        (&REGULARIZERS, "kernel_regularizer"),
        (&CONSTRAINTS, "kernel_constraint"),
    ];
    for (family, argument) in objects {
        let module = format_ident!("{}", family.module);
        let model = expand_or_refuse(model_of_family(family, argument)?)?;
        models.extend(quote!(mod #module { #model }));
        calls.extend(quote!(drop(<#module::Net as ::kseq::model::Model>::new(0));));
    }
    let activations = ACTIVATIONS.iter().map(|row| {
        let (ty, names) = (format_ident!("{}", row.ty), row.names);
        quote!(activation::<::kseq::activations::#ty>(&[#(#names),*]);)
    });
    let classes = [&OPTIMIZERS, &SCHEDULES, &LOSSES, &METRICS];
    let classes = classes
        .into_iter()
        .flat_map(|family| family.rows.iter().map(|row| class(family, row)));
    let classes = classes.collect::<Result<Vec<_>, _>>()?;
    Ok(quote! {
        #models
        /// Builds the model of each layer, and one of each kind of functions.
        fn build_layers() {
            #calls
        }
        /// Asks the int8 twin of each layer for its steps.
        fn ask_twins() {
            #twins
        }
        /// Asks each activation for its name.
        fn ask_activations() {
            #(#activations)*
        }
        /// Makes the value of each class.
        fn make_classes() {
            #(#classes)*
        }
    })
}

fn parsed(text: &str) -> Result<TokenStream, String> {
    text.parse().map_err(|e| format!("{text}: {e}"))
}

/// The layer alone, with the arguments that it needs.
fn model_of(row: &LayerRow) -> Result<TokenStream, String> {
    let (input, layer) = layer_of(row);
    parsed(&format!("pub Net = [{input}, {layer}]"))
}

/// The same with an int8 twin, in which it is an operator or stays in `f32`, before a product in integers.
fn twin_of(row: &LayerRow) -> Result<TokenStream, String> {
    let (input, layer) = layer_of(row);
    let float = match kseq_catalogue::quantized(row.class) {
        Some(_) => "",
        None => "#[float]",
    };
    parsed(&format!(
        "#[quantize] pub Net = [{input}, {float} {layer}, Dense(2)]"
    ))
}

/// An input, and a layer with the arguments that it needs.
fn layer_of(row: &LayerRow) -> (String, String) {
    let sizes: Vec<String> = row.takes.iter().map(usize::to_string).collect();
    let dtype = match row.on_tokens {
        true => "int32",
        false => "float32",
    };
    let needed = row.params.iter().filter(|param| param.default.is_none());
    // Each of these has two, one of which is needed.
    let one_of_two = match row.class {
        "Discretization" => Some("num_bins = 3"),
        "IntegerLookup" => Some("max_tokens = 8"),
        _ => None,
    };
    let args: Vec<String> = needed
        .map(|param| match (row.class, param.kind) {
            ("Bidirectional", Kind::Layer) => format!("{} = LSTM(2)", param.name),
            ("RNN", Kind::Layer) => format!("{} = LSTMCell(2)", param.name),
            _ => argument(param, row.takes.len()),
        })
        .chain(one_of_two.map(str::to_owned))
        .collect();
    let (sizes, class, args) = (sizes.join(", "), row.class, args.join(", "));
    (
        format!("Input(shape = ({sizes},), dtype = \"{dtype}\")"),
        format!("{class}({args})"),
    )
}

/// An argument of a layer whose samples have so many axes.
fn argument(param: &Param, axes: usize) -> String {
    let value = match param.kind {
        Kind::Several(Range::AtLeastOne) => "2".to_owned(),
        Kind::Real | Kind::In(_) | Kind::Several(_) => "0.5".to_owned(),
        Kind::Activation => "\"relu\"".to_owned(),
        Kind::Layer => "Dense(2)".to_owned(),
        Kind::Layers => match axes {
            2 => "[Dense(4)]".to_owned(),
            _ => "[Dense(2)]".to_owned(),
        },
        Kind::Function => "|x| x".to_owned(),
        Kind::TargetShape => "(-1,)".to_owned(),
        Kind::Name => "\"abc,cd->abd\"".to_owned(),
        Kind::NoiseShape => "(None, 2)".to_owned(),
        Kind::Permutation => {
            let axes: Vec<String> = (1..=axes).rev().map(|axis| axis.to_string()).collect();
            format!("({},)", axes.join(", "))
        }
        _ => "2".to_owned(),
    };
    format!("{} = {value}", param.name)
}

/// A dense layer with each function of a family, with and without arguments.
fn model_of_family(family: &ObjectFamily, argument: &str) -> Result<TokenStream, String> {
    let spelled = |row: &ObjectRow| {
        let class = camel(row.name);
        let names = [row.name].into_iter().chain(row.aliases.iter().copied());
        let names: Vec<String> = names.map(|name| format!("{name:?}")).collect();
        let given = row.params.iter().filter(|param| param.kind != Kind::Later);
        let given: Vec<String> = given
            .map(|param| format!("{} = {}", param.name, param.default.unwrap_or("None")))
            .collect();
        [names, vec![format!("{class}({})", given.join(", "))]].concat()
    };
    let all: Vec<String> = family.rows.iter().flat_map(spelled).collect();
    let layers = all
        .iter()
        .map(|value| format!("Dense(2, {argument} = {value})"));
    let layers: Vec<String> = layers.collect();
    parsed(&format!(
        "pub Net = [Input(shape = (3,)), {}]",
        layers.join(", ")
    ))
}

/// The value of a class with what it needs, as `compile!` makes it; of one that it does not make the name. And for each
/// argument with a range, numbers at its ends: the library takes those that the row allows, and no others.
fn class(family: &'static ClassFamily, row: &'static ClassRow) -> Result<TokenStream, String> {
    if !row.by_name {
        let path = parsed(&format!("::kseq::{}::{}", family.module, row.class))?;
        return Ok(quote!({
            #[allow(unused_imports)]
            use #path;
        }));
    }
    let target = match row.class.starts_with("Sparse") || matches!(row.class, "IoU" | "MeanIoU") {
        true => quote!(u32),
        false => quote!([f32; 3]),
    };
    let value = made(family, row, None)?;
    let mut tokens = match family.is_reported {
        true => quote!(metric::<#target, _>(#value);),
        false => quote!(drop(#value);),
    };
    let wrong = match family.what {
        "optimizer" => quote!(::kseq::optimizers::Optimizer::check(&value)),
        "schedule" => quote!(::kseq::optimizers::schedules::LearningRateSchedule::check(
            &value
        )),
        "loss" => quote!(::kseq::losses::Loss::<[f32; 3]>::check_arguments(&value)),
        _ => quote!(::kseq::metrics::Metric::<[f32; 3], #target>::check_arguments(&value)),
    };
    for param in family.params(row) {
        for (number, is_inside) in ends(param.kind) {
            let value = made(family, row, Some(param))?;
            let what = format!("{}({} = {number})", row.class, param.name);
            tokens.extend(quote!({
                let x = #number;
                let value = #value;
                at_an_end(#what, #is_inside, #wrong.is_some());
            }));
        }
    }
    Ok(tokens)
}

/// Numbers at the ends of an argument's range, and whether they are inside.
fn ends(kind: Kind) -> Vec<(TokenStream, bool)> {
    let range = match kind {
        Kind::In(range) | Kind::InOrNone(range) | Kind::Several(range) => range,
        Kind::LearningRate => Range::NotNegative,
        Kind::Whole(least) => {
            let number = |n: u64| proc_macro2::Literal::u64_unsuffixed(n).into_token_stream();
            let outside = least.checked_sub(1).map(|n| (number(n), false));
            return [(number(least), true)].into_iter().chain(outside).collect();
        }
        _ => return Vec::new(),
    };
    let number = |x: &f32| {
        let bits = x.to_bits();
        quote!(f32::from_bits(#bits))
    };
    let inside = range.inside().iter().map(|x| (number(x), true));
    let outside = range.outside().iter().map(|x| (number(x), false));
    inside.chain(outside).collect()
}

/// The class with the arguments that it needs; one of them may be `x`.
fn made(
    family: &'static ClassFamily,
    row: &'static ClassRow,
    asked: Option<&Param>,
) -> Result<TokenStream, String> {
    let mut arguments = Vec::new();
    for param in family.params(row) {
        let is_asked = asked.is_some_and(|asked| asked.name == param.name);
        let value = match (is_asked, param.kind, param.default) {
            (true, Kind::Several(_), _) => "[x]".to_owned(),
            (true, ..) => "x".to_owned(),
            // Without it the others are nothing.
            _ if param.name == "use_ema" => "True".to_owned(),
            (_, Kind::Reals, None) => "[0.1, 0.01]".to_owned(),
            (_, kind, None) => example(kind),
            _ => continue,
        };
        arguments.push(format!("{} = {value}", param.name));
    }
    let text = format!("{}({})", row.class, arguments.join(", "));
    let call = syn::parse_str(&text).map_err(|e| format!("{text}: {e}"))?;
    let mut errors = Errors::default();
    let tokens = one(&call, family, &mut errors);
    let errors: Vec<String> = errors.iter().map(ToString::to_string).collect();
    match errors.is_empty() {
        true => Ok(tokens),
        false => Err(format!("{text}: {}", errors.join("; "))),
    }
}
