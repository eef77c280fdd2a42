//! A model as kseq says it.

use serde_json::Value;

use super::writer::Writer;
use crate::translate::Call;

/// A model as kseq says it.
#[derive(Clone, Debug, PartialEq)]
pub struct Model {
    /// As in the file: `sequential_5`.
    pub name: String,
    /// The fixed size of a batch, which counts for layers with a state.
    pub batch: Option<usize>,
    /// The shape of a sample; `None` is any length.
    pub input: Vec<Option<usize>>,
    /// In their order, without the input.
    pub layers: Vec<Layer>,
    /// What Keras compiled it with, as it stands in the file.
    pub training: Option<Value>,
    /// Who wrote the file.
    pub writer: Writer,
    /// What the file says and the layer list does not.
    pub left_out: Vec<String>,
}

impl Model {
    /// Whether its samples are integer tokens: an `Embedding` takes them, also behind layers that only move values.
    #[must_use]
    pub fn takes_tokens(&self) -> bool {
        const MOVE: &[&str] = &["Reshape", "Flatten", "Permute", "RepeatVector", "Identity"];
        let mut classes = self.layers.iter().map(|layer| layer.call.class.as_str());
        let first = classes.find(|class| !MOVE.contains(class));
        first
            .and_then(kseq_catalogue::layer)
            .is_some_and(|row| row.on_tokens)
    }
}

/// A layer of a model.
#[derive(Clone, Debug, PartialEq)]
pub struct Layer {
    /// As kseq calls it: `dense_1`.
    pub name: String,
    /// Whether that name has to be said.
    pub is_named: bool,
    /// The name in the file: `dense_15`; a layer that the file does not have has none.
    pub origin: Option<String>,
    /// As Keras 3 would write it.
    pub object: Value,
    /// As a call of a layer list.
    pub call: Call,
}
