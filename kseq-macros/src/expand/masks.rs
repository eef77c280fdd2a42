//! Masks of sequences: which layers make one says the list, and how far it reaches the layers' own constants.

use crate::ir::{Kind, Layer, Model, Submodel, Value};

/// Whether a layer makes a mask, or may do so.
pub fn makes_mask(model: &Model) -> bool {
    let mut layers = model.layers.iter().enumerate();
    layers.any(|(index, layer)| makes(layer, index == 0))
}

fn makes(layer: &Layer, is_first: bool) -> bool {
    match (&layer.kind, layer.submodel()) {
        (_, Some(Submodel::List(model))) => {
            let mut layers = model.layers.iter().enumerate();
            layers.any(|(index, layer)| makes(layer, is_first && index == 0))
        }
        (_, Some(Submodel::Named(_))) => true,
        (Kind::Builtin { row, .. }, None) if row.class == "Masking" => true,
        (Kind::Builtin { args, .. }, None) => args.iter().any(|arg| {
            is_first && arg.name == "mask_zero" && !matches!(arg.value, Value::Flag(false))
        }),
        (Kind::User { .. } | Kind::Unknown, None) => false,
    }
}
