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
    /// The weights in the order of the layers; a text of `to_json` has none.
    pub groups: Vec<Group>,
}
