//! Weights from files of Keras and NumPy, into a model that is declared in Rust; and to files of NumPy.

use std::path::Path;

#[cfg(feature = "import")]
use super::weights::{ArrayLocation, ArraysMut};
use crate::error::Error;
#[cfg(feature = "import")]
use crate::model::Model;
use crate::train::files::error::file_error;

/// Whether a file is one of Keras (HDF5, a zip archive) or NumPy, by its first bytes.
pub(super) fn is_one(bytes: &[u8]) -> bool {
    const BEGINNINGS: [&[u8]; 3] = [b"\x89HDF\r\n\x1a\n", b"PK\x03\x04", b"\x93NUMPY"];
    BEGINNINGS.iter().any(|begins| bytes.starts_with(begins))
}

/// Sets all arrays of a model; nothing is changed if one does not fit.
#[cfg(feature = "import")]
pub(super) fn load<M: Model>(
    path: &Path,
    bytes: &[u8],
    locations: &[ArrayLocation],
    to: ArraysMut<'_>,
) -> Result<(), Error> {
    use std::borrow::ToOwned;
    use std::string::ToString;
    use std::vec::Vec;

    let refused = |why: kseq_import::error::Refusals| file_error(path, why.to_string());
    let file = kseq_import::read::read_bytes(bytes, "the file").map_err(refused)?;
    let wanted: Vec<_> = M::LAYERS.iter().map(declared::layer).collect();
    let fitted = kseq_import::weights::fit(&file, &wanted).or_else(|why| {
        // An `RNN` is saved as the layer of its cell.
        let mut saved = wanted.clone();
        for (layer, config) in saved.iter_mut().zip(M::CONFIG) {
            config.class.clone_into(&mut layer.class);
        }
        match saved == wanted {
            true => Err(why),
            false => kseq_import::weights::fit(&file, &saved).map_err(|_| why),
        }
    });
    let arrays = fitted.map_err(refused)?;
    set::<M>(locations, arrays.iter().flatten(), to);
    Ok(())
}

/// Sets the arrays of a model that are weights, in their order.
#[cfg(feature = "import")]
pub(super) fn set<'a, M: Model>(
    locations: &[ArrayLocation],
    arrays: impl Iterator<Item = &'a kseq_import::array::Array>,
    to: ArraysMut<'_>,
) {
    let mut weights = std::vec::Vec::with_capacity(locations.len());
    for layer in M::LAYERS {
        declared::are_weights(layer, &mut weights);
    }
    let places = locations.iter().zip(weights);
    let places = places.filter_map(|(location, is_weight)| is_weight.then_some(location));
    for (location, array) in places.zip(arrays) {
        let to = location.of_mut(to.params, to.state);
        debug_assert_eq!(to.len(), array.values.len(), "{}", array.name);
        for (to, from) in to.iter_mut().zip(&array.values) {
            *to = *from;
        }
    }
}

/// Without the feature no such file is read.
#[cfg(not(feature = "import"))]
pub(super) fn refusal(path: &Path, bytes: std::vec::Vec<u8>) -> Error {
    let why = kseq_safetensors::File::parse(bytes).err();
    let why = why.unwrap_or_default();
    let help = "or switch on kseq's feature `import`, with which `load_weights` reads it";
    file_error(path, std::format!("{why}; {help}"))
}

/// Writes all arrays as NumPy's `.npz`.
#[cfg(feature = "import")]
pub(super) fn save_npz<M: Model>(path: &Path, params: &[f32], state: &[f32]) -> Result<(), Error> {
    use std::string::ToString;

    use crate::train::files::error::with_path;
    use kseq_safetensors::write_whole;

    let groups = super::groups::groups(M::LAYERS, params, state);
    let bytes =
        kseq_import::write::npz(&groups).map_err(|why| file_error(path, why.to_string()))?;
    with_path(path, write_whole(path, &mut |out| out.write_all(&bytes)))
}

/// What a model declares, as the importer asks for it.
#[cfg(feature = "import")]
pub(super) mod declared {
    use std::borrow::ToOwned;
    use std::vec::Vec;

    use kseq_import::weights::{Wanted, WantedArray};

    use crate::model::LayerInfo;
    use crate::params::ParamSpec;

    /// A layer with its arrays, trainable ones first; of a model that is a layer, its layers.
    pub(in crate::train::model) fn layer(info: &LayerInfo) -> Wanted {
        let array = |spec: &ParamSpec| WantedArray {
            name: spec.name.to_owned(),
            shape: Some(spec.shape.dims().to_vec()),
        };
        let inside = info.inside.layers;
        let state = info.state.iter().filter(|_| !info.stateful);
        // A model's arrays are those of its layers.
        let own = info.params.iter().chain(state);
        let own = own.filter(|_| inside.is_empty());
        Wanted {
            name: info.name.to_owned(),
            class: info.class_name.to_owned(),
            arrays: own.map(array).collect(),
            inside: inside.iter().map(layer).collect(),
        }
    }

    /// Of each array of a layer in the order of their places: whether it is a weight, and not the memory of a stateful layer.
    pub(super) fn are_weights(info: &LayerInfo, weights: &mut Vec<bool>) {
        if info.inside.layers.is_empty() {
            weights.extend(info.params.iter().map(|_| true));
            weights.extend(info.state.iter().map(|_| !info.stateful));
        }
        for layer in info.inside.layers {
            are_weights(layer, weights);
        }
    }
}
