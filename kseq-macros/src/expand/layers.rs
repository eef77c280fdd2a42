//! What each layer adds to the expansion: by its row in the catalogue, or by a function in this folder.

mod activity_regularization;
mod builtin;
mod conv;
mod dense;
mod embedding;
mod normalization;
mod prelu;
mod recurrent;
mod stateless;
mod time_distributed;
mod user;

use kseq_catalogue::{Emission, LayerRow};

use super::emitted::Emitted;
use super::names::Names;
use crate::ir::{Arg, Kind, Layer, Model, Value};
use builtin::Builtin;

pub use user::held;

/// What a layer emits.
type Emit = fn(&Builtin<'_>) -> Emitted;

/// What a wrapper emits around what the layer in it does.
type Wrap = fn(&Builtin<'_>, Emitted) -> Emitted;

/// The layers that the catalogue leaves to a function, and those functions.
const CODED: &[(&str, Emit)] = &[
    (
        "ActivityRegularization",
        activity_regularization::activity_regularization,
    ),
    ("BatchNormalization", normalization::batch_normalization),
    ("Conv1D", conv::conv),
    ("Conv2D", conv::conv),
    ("Dense", dense::dense),
    ("DepthwiseConv1D", conv::depthwise),
    ("DepthwiseConv2D", conv::depthwise),
    ("Embedding", embedding::embedding),
    ("GRU", recurrent::gru),
    ("LSTM", recurrent::lstm),
    ("LayerNormalization", normalization::layer_normalization),
    ("PReLU", prelu::prelu),
    ("SeparableConv1D", conv::separable),
    ("SeparableConv2D", conv::separable),
    ("SimpleRNN", recurrent::simple_rnn),
];

/// The same of wrappers.
const WRAPPERS: &[(&str, Wrap)] = &[("TimeDistributed", time_distributed::time_distributed)];

/// What the layers emit, as far as they are understood.
pub fn emitted(names: &Names, model: &Model) -> Vec<Option<Emitted>> {
    let layers = model.layers.iter().enumerate();
    let emitted = layers.map(|(index, layer)| {
        let (before, _) = model.layers.split_at(index);
        match &layer.kind {
            Kind::Builtin { row, args } => of_row(&Builtin {
                names,
                layer,
                row,
                args,
                before,
                fixes_batch: model.fixes_batch(),
                is_step: false,
            }),
            Kind::User { path, args } => Some(user::user(names, layer, path, args)),
            Kind::Unknown => None,
        }
    });
    emitted.collect()
}

/// What a built-in layer emits.
fn of_row(layer: &Builtin<'_>) -> Option<Emitted> {
    if let Emission::Stateless(stateless) = &layer.row.emission {
        return Some(stateless::stateless(layer, stateless));
    }
    let class = layer.row.class;
    match inner(layer.args) {
        Some((inner, row, args)) => {
            let (_, emit) = WRAPPERS.iter().find(|(known, _)| *known == class)?;
            let inner = of_row(&Builtin {
                layer: inner,
                row,
                args,
                is_step: true,
                ..*layer
            })?;
            Some(emit(layer, inner))
        }
        None => {
            let (_, emit) = CODED.iter().find(|(known, _)| *known == class)?;
            Some(emit(layer))
        }
    }
}

/// The layer in a wrapper.
fn inner(args: &[Arg]) -> Option<(&Layer, &'static LayerRow, &[Arg])> {
    args.iter().find_map(|arg| match &arg.value {
        Value::Layer(inner) => match &inner.kind {
            Kind::Builtin { row, args } => Some((&**inner, *row, args.as_slice())),
            _ => None,
        },
        _ => None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The rows that are left to a function, and the functions that there are.
    #[test]
    fn each_row_has_one_emission() {
        let coded =
            || kseq_catalogue::layers().filter(|row| matches!(row.emission, Emission::Coded));
        let mut rows: Vec<&str> = coded().map(|row| row.class).collect();
        let wrappers = WRAPPERS.iter().map(|(class, _)| *class);
        let mut functions: Vec<&str> = CODED.iter().map(|(class, _)| *class).collect();
        assert!(functions.is_sorted());
        functions.extend(wrappers.clone());
        rows.sort_unstable();
        functions.sort_unstable();
        assert_eq!(rows, functions);
        let wrapping = coded().filter(|row| row.is_wrapper()).map(|row| row.class);
        assert!(wrapping.eq(wrappers));
    }
}
