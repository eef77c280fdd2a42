//! What the layer list says, as a table of constants: `save_keras` writes it down in Keras's words.

use kseq_catalogue::{self as catalogue, ACTIVATIONS, LayerRow, ObjectFamily};
use proc_macro2::{Ident, Span, TokenStream};

use super::names::Names;
use super::{activations, objects};
use crate::ir::{Activation, Arg, Kind, Layer, Model, Value};
use crate::tokens::tokens;

/// The constant with the layers.
pub fn config(names: &Names, model: &Model) -> TokenStream {
    let layers = model.layers.iter().map(|layer| of_layer(names, layer));
    tokens! {
        const CONFIG: &'static [::kseq::__core::config::LayerConfig] = {
            use ::kseq::__core::config::{LayerConfig, Value};
            &[#(#layers),*]
        };
    }
}

/// `LayerConfig { class: "Dense", arguments: &[("units", Value::Size(10))] }`
fn of_layer(names: &Names, layer: &Layer) -> TokenStream {
    let Kind::Builtin { row, args } = &layer.kind else {
        return layer_config(&layer.class, &[tokens! { ("", Value::Own) }]);
    };
    let given = args.iter().filter(|arg| !arg.by_default);
    let activity = layer
        .activity
        .iter()
        .map(|arg| named(arg, object(names, layer, arg)));
    let arguments = |of: &mut dyn Iterator<Item = &Arg>| -> Vec<TokenStream> {
        let own = of.map(|arg| named(arg, value(names, layer, row, arg)));
        own.chain(activity.clone()).collect()
    };
    match (row.class, args.as_slice()) {
        // A layer that is an activation with arguments, such as `LeakyReLU(0.1)`, is read as an `Activation`.
        (
            "Activation",
            [
                Arg {
                    value: Value::Activation(Activation::With { row, args }),
                    name,
                    ..
                },
            ],
        ) if row.class == layer.class => {
            let own = of_activation(names, layer, name, args);
            layer_config(
                row.class,
                &own.into_iter().chain(activity).collect::<Vec<_>>(),
            )
        }
        // So is a softmax over the last axis, which may be the model's head.
        ("Activation", _) if layer.class == "Softmax" => {
            layer_config("Softmax", &activity.collect::<Vec<_>>())
        }
        ("Glu", _) => layer_config(
            "Activation",
            &[tokens! { ("activation", Value::Word("glu")) }],
        ),
        // The layer whose steps the cell of an `RNN` makes, if it is one.
        (class, _) => layer_config(class, &arguments(&mut given.into_iter())),
    }
}

fn layer_config(class: &str, arguments: &[TokenStream]) -> TokenStream {
    tokens! { LayerConfig { class: #class, arguments: &[#(#arguments),*] } }
}

fn named(arg: &Arg, value: TokenStream) -> TokenStream {
    let name = arg.name;
    tokens! { (#name, #value) }
}

/// The arguments of an activation that are given.
fn of_activation(names: &Names, layer: &Layer, argument: &str, args: &[Arg]) -> Vec<TokenStream> {
    let given = args.iter().filter(|arg| !arg.by_default);
    let values = given.map(|arg| {
        let value = activations::value(names, layer, argument, arg);
        named(arg, tokens! { Value::Real(#value) })
    });
    values.collect()
}

/// The value of an argument of a layer.
fn value(names: &Names, layer: &Layer, row: &LayerRow, arg: &Arg) -> TokenStream {
    let bound = names.arg(layer, arg.name);
    let plain_or_bound = |value: &TokenStream| {
        let plain = arg.plain(value);
        plain.unwrap_or_else(|| tokens! { #bound })
    };
    let kind = row.param(arg.name).map(|param| param.kind);
    match &arg.value {
        Value::Size(value) => {
            let value = plain_or_bound(value);
            tokens! { Value::Size(#value) }
        }
        Value::Sizes(sizes) => of_sizes(names, layer, arg, sizes, kind),
        Value::Const { .. } => of_constant(&bound, arg, kind),
        Value::Real(value) => {
            let value = plain_or_bound(value);
            tokens! { Value::Real(#value) }
        }
        Value::Flag(flag) => tokens! { Value::Flag(#flag) },
        Value::FlagExpr(_) => tokens! { Value::Flag(#bound) },
        Value::Activation(Activation::Builtin(ty)) => {
            let mut rows = ACTIVATIONS.iter();
            let row = rows.find(|row| ty == row.ty);
            match row.and_then(|row| row.names.first()) {
                Some(word) => tokens! { Value::Word(#word) },
                None => tokens! { Value::Own },
            }
        }
        Value::Activation(Activation::With { row, args }) => {
            let args = of_activation(names, layer, arg.name, args);
            let config = layer_config(row.class, &args);
            tokens! { Value::Layer(#config) }
        }
        Value::Layer(inner) => {
            let config = of_layer(names, inner);
            tokens! { Value::Layer(#config) }
        }
        Value::Submodel(_) => {
            let model = names.submodel(layer);
            tokens! { Value::Layers(<#model as ::kseq::__core::model::Model>::CONFIG) }
        }
        Value::Word(word) => tokens! { Value::Word(#word) },
        Value::Object(..) => object(names, layer, arg),
        Value::Function(_) | Value::Activation(Activation::User(_)) => tokens! { Value::Own },
    }
}

/// One number for all axes, or one or two for each.
fn of_sizes(
    names: &Names,
    layer: &Layer,
    arg: &Arg,
    sizes: &[TokenStream],
    kind: Option<catalogue::Kind>,
) -> TokenStream {
    let dims = sizes.iter().enumerate().map(|(index, size)| {
        let bound = names.dim(layer, arg.name, index);
        arg.plain(size).unwrap_or_else(|| tokens! { #bound })
    });
    let dims: Vec<TokenStream> = dims.collect();
    match (dims.as_slice(), kind) {
        ([one], _) => tokens! { Value::Size(#one) },
        (dims, Some(catalogue::Kind::Margins(n))) if n > 1 && dims.len() == 2 * n => {
            tokens! { Value::Pairs(&[#(#dims),*]) }
        }
        (dims, _) => tokens! { Value::Sizes(&[#(#dims),*]) },
    }
}

/// A constant of a type that its kind decides.
fn of_constant(bound: &Ident, arg: &Arg, kind: Option<catalogue::Kind>) -> TokenStream {
    use catalogue::Kind as K;
    let variant = match kind {
        Some(K::Permutation) => "Sizes",
        Some(K::TargetShape) => "TargetShape",
        Some(K::NoiseShape) => "NoiseShape",
        Some(K::Seed) => "Seed",
        Some(K::Axis) => "Axis",
        Some(K::Axes | K::AxesOrNone) => "Axes",
        Some(K::Wholes) => "Wholes",
        Some(K::Several(_)) => "Reals",
        Some(K::Dict(keys)) => return tokens! { Value::Dict(&[#(#keys),*], &#bound) },
        _ => return tokens! { Value::Own },
    };
    let variant = Ident::new(variant, Span::mixed_site());
    let value = match &arg.value {
        Value::Const { value, .. } => arg.plain(value),
        _ => None,
    };
    let value = value.unwrap_or_else(|| tokens! { #bound });
    tokens! { Value::#variant(#value) }
}

/// An initializer, a regularizer, a constraint.
fn object(names: &Names, layer: &Layer, arg: &Arg) -> TokenStream {
    let family: Option<&ObjectFamily> = match &arg.value {
        Value::Object(family, _) => Some(family),
        _ => None,
    };
    match (family, objects::expression(names, layer, arg)) {
        (Some(family), Some(value)) => {
            let variant = Ident::new(family.ty, Span::mixed_site());
            tokens! { Value::#variant(#value) }
        }
        _ => tokens! { Value::Own },
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ast::Errors;
    use crate::{check, parse};

    /// The layers of a list as the table says them.
    fn said(source: &str) -> String {
        let mut errors = Errors::default();
        let tokens = source.parse::<TokenStream>().unwrap_or_default();
        let models = parse::parse(tokens, &mut errors);
        let said = models.into_iter().map(|model| {
            let model = check::check(model, &mut errors);
            config(&Names::of(&model), &model).to_string()
        });
        let said: String = said.collect();
        assert_eq!(errors.count(), 0);
        let begin = said.find("& [LayerConfig").unwrap_or_default();
        said.get(begin..).unwrap_or_default().replace(' ', "")
    }

    #[test]
    fn arguments_that_are_given_are_said_by_their_values() {
        let said = said(
            "[Dense(UNITS, input_shape = (4,), kernel_regularizer = L2(0.5)), LeakyReLU(0.25), ZeroPadding2D(((1, 2), (0, N))), \
             RNN(LSTMCell(3)), Softmax()]",
        );
        for layer in [
            "LayerConfig{class:\"Dense\",arguments:&[(\"units\",Value::Size(SequentialModel__1_units)),(\"kernel_regularizer\",\
             Value::Regularizer(SequentialModel__1_kernel_regularizer))]}",
            "LayerConfig{class:\"LeakyReLU\",arguments:&[(\"negative_slope\",Value::Real(0.25))]}",
            "LayerConfig{class:\"ZeroPadding2D\",arguments:&[(\"padding\",Value::Pairs(&[1,2,0,SequentialModel__3_padding_3]))]}",
            "LayerConfig{class:\"LSTM\",arguments:&[(\"units\",Value::Size(3))]}",
            "LayerConfig{class:\"Softmax\",arguments:&[]}",
        ] {
            assert!(said.contains(layer), "{said}");
        }
    }

    #[test]
    fn what_is_the_programs_own_is_said_to_be() {
        let said = said("[self::Mine(3, input_shape = (4,)), Dense(2, activation = self::Act)]");
        for layer in [
            "arguments:&[(\"\",Value::Own)]",
            "(\"activation\",Value::Own)",
        ] {
            assert!(said.contains(layer), "{said}");
        }
    }
}
