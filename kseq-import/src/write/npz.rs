//! NumPy's `.npz`.

use kseq_safetensors::npy_header;

use super::archive::zip;
use crate::array::{Array, Group};
use crate::error::{Refusal, Refusals};

/// An `.npz` of arrays under the names `dense_1.kernel`, in the order of the groups, which is that of `get_weights`: `numpy.load(path)` has
/// them by name, and its `files` in that order.
///
/// # Errors
/// Arrays larger than an archive can have.
pub fn npz(groups: &[Group]) -> Result<Vec<u8>, Refusals> {
    let arrays = groups.iter().flat_map(|group| {
        let arrays = group.arrays.iter();
        arrays.map(|array| (format!("{}.{}.npy", group.name, array.name), npy(array)))
    });
    let members: Vec<(String, Vec<u8>)> = arrays.collect();
    let members: Vec<(&str, &[u8])> = members
        .iter()
        .map(|(name, bytes)| (name.as_str(), bytes.as_slice()))
        .collect();
    zip(&members).map_err(|why| Refusal::new("the archive", why).into())
}

fn npy(array: &Array) -> Vec<u8> {
    let mut bytes = npy_header("<f4", &array.shape);
    bytes.extend(array.values.iter().flat_map(|value| value.to_le_bytes()));
    bytes
}
