//! A whole model with its data, and its source.

use std::fmt::Write;

use crate::call::Call;
use crate::run::{Arrays, Run};
use crate::tensor::Tensor;

/// How many batches of data a model has, and steps its training.
pub const BATCHES: usize = 3;

/// A model, with all that a comparison needs.
#[derive(Clone, Debug)]
pub struct Model {
    /// What it follows from.
    pub seed: u64,
    /// The shape of a sample.
    pub input: Vec<usize>,
    /// How many tokens there are, if the samples consist of them.
    pub tokens: Option<usize>,
    /// Samples in a batch.
    pub batch: usize,
    /// Whether the shape stands in a layer `Input` of its own.
    pub has_input_layer: bool,
    /// The layers.
    pub layers: Vec<Call>,
    /// Their arrays before the training.
    pub arrays: Arrays,
    /// The shape of each layer's output, without the batch.
    pub shapes: Vec<Vec<usize>>,
    /// Batches of samples.
    pub x: Vec<Vec<f64>>,
    /// Their targets.
    pub y: Vec<Vec<f64>>,
    /// What a gradient of the outputs is taken to be.
    pub projection: Vec<f64>,
    /// The loss.
    pub loss: Call,
    /// The optimizer.
    pub optimizer: Call,
    /// What each sample counts for.
    pub weights: Option<Vec<Vec<f64>>>,
    /// Whether nobody trains it.
    pub only_predicts: bool,
    /// The last layer, if it is there for the loss.
    pub ending: Option<Call>,
}

impl Model {
    /// Whether a layer carries a state from batch to batch.
    pub fn is_stateful(&self) -> bool {
        self.layers
            .iter()
            .any(|layer| layer.source().contains("stateful = true"))
    }

    /// The shape of a batch of samples.
    pub fn batch_shape(&self) -> Vec<usize> {
        [&[self.batch], &self.input[..]].concat()
    }

    /// The shape of an output.
    pub fn output(&self) -> &[usize] {
        self.shapes.last().expect("a layer")
    }

    /// A batch of samples.
    pub fn samples(&self, batch: usize) -> Tensor {
        Tensor::constants(&self.batch_shape(), &self.x[batch])
    }

    /// The layers' outputs for a batch.
    pub fn forward(&self, run: &mut Run<'_>, x: Tensor) -> Tensor {
        run.list(&self.layers, x)
    }

    /// The model as a user writes it.
    pub fn source(&self) -> String {
        let shape = |sizes: &[usize]| {
            let sizes: Vec<String> = sizes.iter().map(usize::to_string).collect();
            format!("({},)", sizes.join(", "))
        };
        let shape = match self.is_stateful() {
            true => (
                "batch_shape",
                "batch_input_shape",
                shape(&self.batch_shape()),
            ),
            false => ("shape", "input_shape", shape(&self.input)),
        };
        let mut lines = Vec::new();
        if self.has_input_layer {
            let dtype = if self.tokens.is_some() {
                ", dtype = \"int32\""
            } else {
                ""
            };
            lines.push(format!("Input({} = {}{dtype})", shape.0, shape.2));
        }
        for (i, layer) in self.layers.iter().enumerate() {
            let mut line = layer.source();
            if i == 0 && !self.has_input_layer {
                line.pop();
                let comma = if line.ends_with('(') { "" } else { ", " };
                write!(line, "{comma}{} = {})", shape.1, shape.2).expect("memory");
            }
            lines.push(line);
        }
        format!("[\n    {},\n]", lines.join(",\n    "))
    }
}
