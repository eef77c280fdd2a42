//! A model, or a value, for each row of the catalogue: `tests/catalogue.rs` of the project compiles and checks them.

use kseq_catalogue::{
    ACTIVATIONS, ClassFamily, ClassRow, Kind, LOSSES, LayerRow, METRICS, OPTIMIZERS, ObjectFamily,
    ObjectRow, Param, SCHEDULES, layers,
};
use kseq_catalogue::{CONSTRAINTS, INITIALIZERS, REGULARIZERS};
use proc_macro2::TokenStream;
use quote::{format_ident, quote};

use crate::names::{camel, snake};
use crate::sequential::expand_or_refuse;

/// Expands to a function for each kind of rows. `layer::<Net>`, `activation::<A>` and `metric::<Target, _>` are
/// the caller's.
pub fn suite() -> TokenStream {
    match rows() {
        Ok(tokens) => tokens,
        Err(why) => quote!(compile_error!(#why);),
    }
}

fn rows() -> Result<TokenStream, String> {
    let (mut models, mut calls) = (TokenStream::new(), TokenStream::new());
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
    let sizes: Vec<String> = row.takes.iter().map(usize::to_string).collect();
    let dtype = match row.on_tokens {
        true => "int32",
        false => "float32",
    };
    let needed = row.params.iter().filter(|param| param.default.is_none());
    let args: Vec<String> = needed
        .map(|param| argument(param, row.takes.len()))
        .collect();
    let (sizes, class, args) = (sizes.join(", "), row.class, args.join(", "));
    parsed(&format!(
        "pub Net = [Input(shape = ({sizes},), dtype = \"{dtype}\"), {class}({args})]"
    ))
}

/// An argument of a layer whose samples have so many axes.
fn argument(param: &Param, axes: usize) -> String {
    let value = match param.kind {
        Kind::Real => "0.5".to_owned(),
        Kind::Activation => "\"relu\"".to_owned(),
        Kind::Layer => "Dense(2)".to_owned(),
        Kind::TargetShape => "(-1,)".to_owned(),
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

/// The value of a class, as `compile!` makes it; of one that it does not make the name.
fn class(family: &ClassFamily, row: &ClassRow) -> Result<TokenStream, String> {
    let path = parsed(&format!("::kseq::{}::{}", family.module, row.class))?;
    let value = match (family.is_reported, row.new, row.is_generic) {
        (true, [_, ..], _) => quote!(#path::new(0.5)),
        (.., true) => quote!(<#path<_> as Default>::default()),
        (.., false) => quote!(<#path as Default>::default()),
    };
    let target = match row.class.starts_with("Sparse") {
        true => quote!(u32),
        false => quote!([f32; 3]),
    };
    Ok(match (row.by_name, family.is_reported) {
        (false, _) => quote!({
            #[allow(unused_imports)]
            use #path;
        }),
        (true, true) => quote!(metric::<#target, _>(#value);),
        (true, false) => quote!(drop(#value);),
    })
}
