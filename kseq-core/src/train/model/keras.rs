//! A model as a file of Keras: config, arrays, and what it was compiled with.

use std::format;
use std::path::Path;
use std::string::{String, ToString};
use std::sync::PoisonError;
use std::vec::Vec;

use kseq_import::error::{Refusal, Refusals};
use kseq_import::file::File;
use kseq_import::write;
use kseq_safetensors::write_whole;
use serde_json::{Value as Json, json};

use super::groups::groups;
use super::keras_config;
use crate::error::Error;
use crate::losses::Loss;
use crate::metrics::Metrics;
use crate::model::Model;
use crate::optimizers::Optimizer;
use crate::params::Flat;
use crate::train::compiled::Compiled;
use crate::train::files::error::{file_error, with_path};
use crate::train::model::Sequential;

impl<M: Model> Sequential<M> {
    /// Saves the model as a file of Keras: as `.keras`, which Keras 3 loads, or as `.h5`, which Keras 2 loads, too. `keras.models.load_model`
    /// gives a model with the same layers and the same weights, bit by bit. With the feature `import`.
    ///
    /// ```
    /// # use kseq_core as kseq;
    /// # use kseq::{error::Error, model::Model, train::Sequential};
    /// # fn of<M: Model>(model: &Sequential<M>) -> Result<(), Error> {
    /// model.save_keras("model.keras")?; // Python: keras.models.load_model("model.keras")
    /// # Ok(()) }
    /// ```
    ///
    /// Whenever the process is killed, the path has what it had before or all of the new file.
    ///
    /// # Errors
    /// The path has another ending; the model has layers for which Keras has no word (a layer of the program's own, a `Lambda`, a
    /// `Residual`): the message names them all; the file cannot be written.
    pub fn save_keras(&self, path: impl AsRef<Path>) -> Result<(), Error> {
        self.save_keras_compiled(path.as_ref(), None)
    }

    /// The same of a model that is compiled so.
    pub(in crate::train) fn save_keras_compiled(
        &self,
        path: &Path,
        training: Option<Json>,
    ) -> Result<(), Error> {
        let refused = |why: Refusals| file_error(path, why.to_string());
        let ending = path.extension().and_then(|ending| ending.to_str());
        let format = match ending {
            Some("keras") => write::keras,
            Some("h5" | "hdf5") => write::h5,
            _ => {
                let why = "expected a path that ends with `.keras` or `.h5`, the formats of Keras";
                return Err(file_error(path, why));
            }
        };
        let file = File {
            training,
            ..self.file_of_keras().map_err(refused)?
        };
        let bytes = format(&file).map_err(refused)?;
        let written = write_whole(path, &mut |out| out.write_all(&bytes));
        with_path(path, written)
    }

    /// The layers as JSON, as Keras's `to_json`: `keras.models.model_from_json` gives a model with the same layers and fresh weights.
    /// With the feature `import`.
    ///
    /// # Errors
    /// As [`save_keras`](Sequential::save_keras).
    pub fn to_json(&self) -> Result<String, Error> {
        let refused = |why: Refusals| Error::Config {
            why: why.to_string(),
        };
        write::json(&self.file_of_keras().map_err(refused)?).map_err(refused)
    }

    /// What a file of Keras says of a model that is not compiled; an error names all that Keras does not have.
    fn file_of_keras(&self) -> Result<File, Refusals> {
        let (file, mut refused) = self.in_keras_words();
        if let Some(config) = &file.config {
            refused.0.extend(write::absent(config).0);
        }
        match refused.0.is_empty() {
            true => Ok(file),
            false => Err(refused),
        }
    }

    /// The model as the importer reads files: config and arrays; and what of it is the program's own.
    pub(in crate::train) fn in_keras_words(&self) -> (File, Refusals) {
        let state = self.state.read().unwrap_or_else(PoisonError::into_inner);
        let (config, refused) = keras_config::of::<M>(&self.frozen);
        let file = File {
            config: Some(config),
            groups: groups(M::LAYERS, self.params.as_f32s(), state.as_f32s()),
            ..File::default()
        };
        (file, refused)
    }
}

impl<M, O, L, Me> Compiled<M, O, L, Me>
where
    M: Model,
    O: Optimizer,
    L: Loss<M::Output>,
    Me: Metrics<M::Output, L::Target>,
{
    /// Saves the model as a file of Keras, `.keras` or `.h5`, with what it is compiled with: in Keras it is compiled with the same
    /// optimizer, loss and metrics. What the optimizer has learned (its slots) is not in the file: there it begins anew;
    /// [`save`](Compiled::save) keeps it. With the feature `import`.
    ///
    /// # Errors
    /// As [`Sequential::save_keras`]; an optimizer, a loss or a metric for which kseq knows no word of Keras.
    /// `Sequential::save_keras(&model, path)` saves the model without them.
    pub fn save_keras(&mut self, path: impl AsRef<Path>) -> Result<(), Error> {
        let path = path.as_ref();
        let training = self.said().map_err(|why| {
            let help = "`Sequential::save_keras(&model, path)` saves the model without what it is compiled with";
            file_error(path, format!("{why}\nhelp: {help}"))
        })?;
        self.save_keras_compiled(path, Some(training))
    }

    /// Keras 3's `compile_config`.
    fn said(&mut self) -> Result<Json, Refusals> {
        let (optimizer, loss, metrics) = self.compiled_with();
        let no_word = |place: &str, what: &str| {
            let why = "kseq knows no word of Keras for it, or for one of its arguments";
            Refusal::new(format!("{place} `{what}`"), why)
        };
        let mut refused = Vec::new();
        let optimizer = optimizer.said().or_else(|| {
            refused.push(no_word("the optimizer", O::NAME));
            None
        });
        let loss = loss.said().or_else(|| {
            refused.push(no_word("the loss", L::NAME));
            None
        });
        let mut all = Vec::new();
        metrics.for_each(&mut |metric| match metric.said() {
            Some(said) => all.push((metric.weighted(), said)),
            None => refused.push(no_word("the metric", metric.name())),
        });
        if !refused.is_empty() {
            return Err(Refusals(refused));
        }
        let of = |weighted: bool| -> Option<Vec<&Json>> {
            let of: Vec<&Json> = all
                .iter()
                .filter(|m| m.0 == weighted)
                .map(|m| &m.1)
                .collect();
            (!of.is_empty()).then_some(of)
        };
        Ok(json!({
            "optimizer": optimizer,
            "loss": loss,
            "loss_weights": null,
            "metrics": of(false),
            "weighted_metrics": of(true),
            "run_eagerly": false,
            "steps_per_execution": 1,
            "jit_compile": false,
        }))
    }
}
