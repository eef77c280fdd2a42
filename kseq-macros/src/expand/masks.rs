//! Masks of sequences: which layers make one says the list, and how far it reaches the layers' own constants.

use crate::ir::{Kind, Layer, Model, Submodel, Value};

/// Whether a layer makes a mask, or may do so.
pub fn makes_mask(model: &Model) -> bool {
    model.layers.iter().any(makes)
}

fn makes(layer: &Layer) -> bool {
    match (&layer.kind, layer.submodel()) {
        (_, Some(Submodel::List(model))) => makes_mask(model),
        (_, Some(Submodel::Named(_))) => true,
        (Kind::Builtin { row, .. }, None) if row.class == "Masking" => true,
        // (An Embedding is the first layer, or behind a lookup.)
        (Kind::Builtin { args, .. }, None) => args
            .iter()
            .any(|arg| arg.name == "mask_zero" && !matches!(arg.value, Value::Flag(false))),
        (Kind::User { .. } | Kind::Unknown, None) => false,
    }
}
