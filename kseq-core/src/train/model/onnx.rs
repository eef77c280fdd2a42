//! A model as a file of ONNX.

use std::borrow::ToOwned;
use std::path::Path;
use std::string::ToString;

use kseq_import::error::Refusals;
use kseq_import::file::File;
use kseq_import::import::of_file;
use kseq_import::onnx::onnx;
use kseq_safetensors::write_whole;

use crate::error::Error;
use crate::model::Model;
use crate::train::files::error::{file_error, with_path};
use crate::train::model::Sequential;

impl<M: Model> Sequential<M> {
    /// Saves the model as a file of ONNX (opset 18), which onnxruntime and its like run: one input, `input`, one output, `output`,
    /// as `predict` has them, channels last, with a batch of any size; tokens are `int32`. With the feature `import`.
    ///
    /// What a stateful layer carries from batch to batch are more inputs, which begin as zeros, and more outputs:
    /// `lstm_1.h` and `lstm_1.next_h`.
    ///
    /// Whenever the process is killed, the path has what it had before or all of the new file.
    ///
    /// # Errors
    /// The model has layers that ONNX cannot say exactly, or layers of the program's own: the message names them all; the file cannot be
    /// written.
    pub fn export_onnx(&self, path: impl AsRef<Path>) -> Result<(), Error> {
        let path = path.as_ref();
        let refused = |why: Refusals| file_error(path, why.to_string());
        let (file, own) = self.in_keras_words();
        if !own.0.is_empty() {
            return Err(refused(own));
        }
        let file = File {
            // Its words are those of Keras 3.
            keras_version: Some("3.15".to_owned()),
            ..file
        };
        let bytes = of_file(&file, None).and_then(|model| onnx(&model));
        let bytes = bytes.map_err(refused)?;
        let written = write_whole(path, &mut |out| out.write_all(&bytes));
        with_path(path, written)
    }
}
