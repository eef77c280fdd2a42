//! Arrays of safetensors files of any origin.

use kseq_safetensors::{File, beside};

use crate::array::{Array, Group};
use crate::limits::Allowance;
use crate::numbers::Kind;

/// The arrays of a file that are weights, in its order.
pub(crate) fn arrays(bytes: &[u8]) -> Result<Vec<Group>, String> {
    let allowance = Allowance::of(bytes.len());
    let file = File::parse(bytes.to_vec())?;
    let beside = beside(&file);
    let weights = file.arrays().iter().filter(|array| !beside(&array.name));
    let array = |array: &kseq_safetensors::ArrayInFile| {
        let refused = |why: String| format!("the array `{}`: {why}", array.name);
        let kind = Kind::of_safetensors(&array.dtype);
        let kind = kind.ok_or_else(|| refused(format!("the dtype {}", array.dtype)))?;
        let taken = allowance.take_array(&array.shape, kind.width());
        taken.map_err(refused)?;
        Ok(Array {
            name: array.name.clone(),
            shape: array.shape.clone(),
            values: kind.decode(file.bytes(array)),
        })
    };
    let arrays: Result<Vec<Array>, String> = weights.map(array).collect();
    Ok(Group::by_name(arrays?))
}
