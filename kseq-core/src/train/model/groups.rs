//! The arrays of a model layer by layer, as files of other programs have them.

use std::borrow::ToOwned;
use std::vec::Vec;

use kseq_import::array::{Array, Group};

use super::weights::array_locations;
use crate::model::LayerInfo;

/// The arrays of layers, without what a stateful layer carries from batch to batch.
pub(super) fn groups(layers: &'static [LayerInfo], params: &[f32], state: &[f32]) -> Vec<Group> {
    let mut groups: Vec<Group> = layers
        .iter()
        .map(|layer| Group {
            name: layer.name.to_owned(),
            arrays: Vec::new(),
        })
        .collect();
    for location in array_locations(layers) {
        let carried = location.state && location.layer.stateful;
        if let Some(group) = groups.get_mut(location.index).filter(|_| !carried) {
            group.arrays.push(Array {
                name: location.spec.name.to_owned(),
                shape: location.spec.shape.dims().to_vec(),
                values: location.of(params, state).to_vec(),
            });
        }
    }
    groups
}
