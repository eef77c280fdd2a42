//! Where a `Flatten` has channels before it, which PyTorch has in another order.

use crate::weights::Wanted;

/// A layer as a model in Rust declares it, and what comes out of it.
#[derive(Clone, Debug)]
pub struct Step {
    /// The layer.
    pub layer: Wanted,
    /// The shape of a sample behind it.
    pub output: Vec<usize>,
    /// The layers of a model that is a layer.
    pub inside: Vec<Step>,
}

/// The layers with weights, and before which shape was flattened, if its order counts.
pub(super) fn with_weights(input: Vec<usize>, steps: &[Step]) -> Vec<(Wanted, Option<Vec<usize>>)> {
    let mut walk = Walk {
        // A sample of three axes is an image.
        is_image: input.len() == 3,
        shape: input,
        ..Walk::default()
    };
    walk.over(steps);
    walk.found
}

#[derive(Default)]
struct Walk {
    found: Vec<(Wanted, Option<Vec<usize>>)>,
    /// The shape of a sample so far.
    shape: Vec<usize>,
    /// Whether its last axis is in front in PyTorch.
    is_image: bool,
    flattened: Option<Vec<usize>>,
}

impl Walk {
    fn over(&mut self, steps: &[Step]) {
        for step in steps {
            if !step.inside.is_empty() {
                self.over(&step.inside);
                continue;
            }
            self.one(step);
        }
    }

    fn one(&mut self, step: &Step) {
        let class = step.layer.class.as_str();
        let images = ["Conv", "Depthwise", "Separable"];
        let is_conv =
            images.iter().any(|begin| class.starts_with(begin)) && !class.contains("LSTM");
        let windows = ["Pooling", "UpSampling", "ZeroPadding", "Cropping"];
        if is_conv || windows.iter().any(|word| class.contains(word)) {
            self.is_image = true;
        } else if matches!(
            class,
            "Dense"
                | "LSTM"
                | "GRU"
                | "SimpleRNN"
                | "Bidirectional"
                | "Embedding"
                | "Reshape"
                | "Permute"
                | "RepeatVector"
        ) {
            self.is_image = false;
        }
        if class == "Flatten" {
            self.flattened = (self.is_image && self.shape.len() > 1).then(|| self.shape.clone());
            self.is_image = false;
        }
        if !step.layer.arrays.is_empty() {
            self.found
                .push((step.layer.clone(), self.flattened.clone()));
        }
        // A layer that keeps the order of the values keeps it for the next one.
        if !step.layer.arrays.is_empty() && step.output != self.shape || class == "Dense" {
            self.flattened = None;
        }
        self.shape.clone_from(&step.output);
    }
}
