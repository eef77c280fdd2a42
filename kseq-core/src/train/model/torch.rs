//! Weights from the `state_dict` of a PyTorch model.

use std::path::Path;
use std::string::ToString;
use std::vec::Vec;

use kseq_import::error::Refusals;
use kseq_import::torch::{Step, fit};

use super::imported::{declared, set};
use super::weights::array_locations;
use crate::error::Error;
use crate::model::{LayerInfo, Model};
use crate::tensor::Tensor;
use crate::train::files::error::file_error;
use crate::train::model::Sequential;

impl<M: Model> Sequential<M> {
    /// Sets all arrays from the `state_dict` of a PyTorch model with the same layers, as
    /// `safetensors.torch.save_file(model.state_dict(), path)` writes it. With the feature `import`.
    ///
    /// `Linear`, `Conv1d`, `Conv2d`, `Conv3d` and their transposed ones, `LSTM`, `GRU`, `RNN` (also of several layers, and
    /// in both directions), `Embedding`, `BatchNorm`, `LayerNorm` and `GroupNorm` are brought to Keras's order of axes and gates; so is
    /// the kernel behind a `Flatten`, for which PyTorch has the channels first. The arrays of a module go to the layer of its
    /// name if all layers are named so, else in the order of the modules' names, `2` before `10`: the file has no other.
    ///
    /// PyTorch has other defaults: `BatchNormalization(epsilon = 1e-5)`, `LayerNormalization(epsilon = 1e-5)`.
    ///
    /// # Errors
    /// The file cannot be read or is damaged; there are other modules than layers with weights; an array has another shape, which is
    /// said with the layer and both shapes. Nothing is changed then.
    pub fn load_torch(&mut self, path: impl AsRef<Path>) -> Result<(), Error> {
        let path = path.as_ref();
        let refused = |why: Refusals| file_error(path, why.to_string());
        let file = kseq_import::read::read(path).map_err(refused)?;
        let steps: Vec<Step> = M::LAYERS.iter().map(step).collect();
        let input = M::Input::SHAPE.dims().to_vec();
        let arrays = fit(&file, input, &steps).map_err(refused)?;
        set::<M>(
            &array_locations(M::LAYERS),
            arrays.iter(),
            self.arrays_mut(),
        );
        Ok(())
    }
}

/// A layer as it is declared.
fn step(info: &LayerInfo) -> Step {
    Step {
        layer: declared::layer(info),
        output: info.output.dims().to_vec(),
        inside: info.inside.layers.iter().map(step).collect(),
    }
}
