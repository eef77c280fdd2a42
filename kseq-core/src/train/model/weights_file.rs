//! Files of weights: a model's arrays in safetensors, under Keras's names; with the feature `import` those of Keras and NumPy, too.

use std::format;
use std::path::Path;
use std::string::{String, ToString};
use std::vec::Vec;

use kseq_safetensors::{ArrayInFile, Entry, File, Values, beside, write, write_whole};

use super::imported;
use super::weights::{ArrayLocation, ArraysMut, array_locations, described, tuple};
use crate::error::Error;
use crate::model::Model;
use crate::shape::Shape;
use crate::train::files::error::{check_ending, file_error, with_path};

/// Writes all arrays of a model.
pub(super) fn save<M: Model>(path: &Path, params: &[f32], state: &[f32]) -> Result<(), Error> {
    #[cfg(feature = "import")]
    if path.extension().is_some_and(|ending| ending == "npz") {
        return imported::save_npz::<M>(path, params, state);
    }
    check_ending(path)?;
    let locations = array_locations(M::LAYERS);
    let metadata = [("format", "kseq weights"), ("model", M::NAME)];
    let written = write_whole(path, &mut |out| {
        write(out, &metadata, entries(&locations, params, state))
    });
    with_path(path, written)
}

/// Sets all arrays of a model from a file; nothing is changed if one does not fit.
pub(super) fn load<M: Model>(path: &Path, to: ArraysMut<'_>) -> Result<(), Error> {
    let bytes = std::fs::read(path).map_err(|e| file_error(path, e.to_string()))?;
    let locations = array_locations(M::LAYERS);
    if imported::is_one(&bytes) {
        #[cfg(feature = "import")]
        return imported::load::<M>(path, &bytes, &locations, to);
        #[cfg(not(feature = "import"))]
        return Err(imported::refusal(path, bytes));
    }
    let file = File::parse(bytes).map_err(|why| file_error(path, why))?;
    let arrays =
        matching(&file, &locations, &beside(&file)).map_err(|why| file_error(path, why))?;
    copy_arrays(&file, &arrays, &locations, to);
    Ok(())
}

/// The arrays of a file that belong to the locations, in their order: all of them, and none too many.
///
/// `beside` says of a name that it is that of something else in the file.
pub(in crate::train) fn matching<'f>(
    file: &'f File,
    locations: &[ArrayLocation],
    beside: &dyn Fn(&str) -> bool,
) -> Result<Vec<&'f ArrayInFile>, String> {
    let mut found = Vec::with_capacity(locations.len());
    for location in locations {
        let name = location.name();
        let Some(array) = file.get(&name) else {
            let names = file.arrays().iter().map(|a| a.name.as_str());
            let names: Vec<&str> = names.filter(|n| !beside(n)).take(20).collect();
            let (location, names) = (described(location), names.join(", "));
            return Err(format!(
                "the model has {location}, which is not in the file; it has: {names}"
            ));
        };
        fits(array, &name, location.spec.shape)?;
        found.push(array);
    }
    let known = |name: &str| locations.iter().any(|p| p.name() == name);
    let unknown = |a: &&ArrayInFile| !beside(&a.name) && !known(&a.name);
    match file.arrays().iter().find(unknown) {
        None => Ok(found),
        Some(array) => Err(format!(
            "the file has `{}` of shape {}, which the model does not have",
            array.name,
            tuple(&array.shape)
        )),
    }
}

/// Whether an array of a file has the shape and the type of one of the model.
pub(in crate::train) fn fits(array: &ArrayInFile, name: &str, shape: Shape) -> Result<(), String> {
    if array.shape != shape.dims() {
        let found = tuple(&array.shape);
        return Err(format!(
            "`{name}` has shape {shape} in the model and {found} in the file"
        ));
    }
    if array.dtype != "F32" {
        let found = &array.dtype;
        return Err(format!("`{name}` is of type {found}, expected F32"));
    }
    Ok(())
}

/// Reads a file in the format.
pub(in crate::train) fn read(path: &Path) -> Result<File, Error> {
    let bytes = std::fs::read(path).map_err(|e| file_error(path, e.to_string()))?;
    File::parse(bytes).map_err(|why| file_error(path, why))
}

/// Copies arrays of a file to their locations.
pub(in crate::train) fn copy_arrays(
    file: &File,
    arrays: &[&ArrayInFile],
    locations: &[ArrayLocation],
    to: ArraysMut<'_>,
) {
    for (array, location) in arrays.iter().zip(locations) {
        let to = location.of_mut(to.params, to.state);
        // Not flattened: a copy, whose values are not asked for one by one.
        if let Some(values) = file.f32s(array) {
            to.iter_mut().zip(values).for_each(|(to, from)| *to = from);
        }
    }
}

/// The arrays of a model as entries of a file.
pub(in crate::train) fn entries<'a>(
    locations: &[ArrayLocation],
    params: &'a [f32],
    state: &'a [f32],
) -> Vec<Entry<'a>> {
    let entry = |location: &ArrayLocation| Entry {
        name: location.name(),
        shape: location.spec.shape.dims().to_vec(),
        values: Values::F32(location.of(params, state)),
    };
    locations.iter().map(entry).collect()
}
