//! What a file of Keras says, whatever its format.

use serde_json::Value;

use crate::array::Group;

/// A file as it was read: nothing is translated yet.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct File {
    /// The version of Keras that wrote it, as it says: `2.2.4-tf`; not all do.
    pub keras_version: Option<String>,
    /// Its backend: `tensorflow`; files of Keras 1 and 2 say it.
    pub backend: Option<String>,
    /// The model, `{"class_name": .., "config": ..}`; a file of weights has none.
    pub config: Option<Value>,
    /// What it was compiled with: `training_config`, or `compile_config` within the config of Keras 3.
    pub training: Option<Value>,
    /// The weights; a text of `to_json` has none.
    pub groups: Vec<Group>,
    /// What names and order of the groups mean.
    pub order: Order,
}

/// What tells to which layer a group belongs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Order {
    /// The groups are named as the layers, and stand in their order.
    #[default]
    Layers,
    /// They are named after the layers' classes, counted in the order of the layers (`dense`, `dense_1`): a `.weights.h5` of Keras 3.
    Classes,
    /// They are named as the layers; their order says nothing.
    Names,
    /// One group has the arrays of all layers in their order: `numpy.savez(path, *model.get_weights())`.
    Sequence,
}
