//! NumPy's files: `.npy`, one array, and `.npz`, a zip archive of them.

use kseq_safetensors::NpyHeader;

use crate::array::{Array, Group};
use crate::limits::Allowance;
use crate::numbers::{Kind, from_fortran};
use crate::zip;

/// The first bytes of an `.npy` file.
pub(crate) const SIGNATURE: &[u8] = b"\x93NUMPY";

/// The arrays of an archive, in its order.
pub(crate) fn arrays(archive: &[u8]) -> Result<Vec<Group>, String> {
    let members = zip::members(archive, &|name| name.ends_with(".npy"))?;
    let array = |(name, bytes): &zip::Member| {
        let name = name.strip_suffix(".npy").unwrap_or(name);
        array(name, bytes).map_err(|why| format!("the array `{name}`: {why}"))
    };
    let arrays: Result<Vec<Array>, String> = members.iter().map(array).collect();
    Ok(Group::by_name(arrays?))
}

/// An `.npy` file.
pub(crate) fn array(name: &str, bytes: &[u8]) -> Result<Array, String> {
    let header = NpyHeader::parse(bytes)?;
    let found = header.dtype.unwrap_or("a structure");
    let Some(kind) = header.dtype.and_then(Kind::of_numpy) else {
        // `|O` are pickled objects, which may be any code.
        return Err(format!("expected numbers, found the dtype `{found}`"));
    };
    let shape = header.shape;
    let count = Allowance::of(bytes.len()).take_array(&shape, kind.width())?;
    let numbers = bytes.get(header.begin..).unwrap_or_default();
    if numbers.len() != count * kind.width() {
        let promised = count * kind.width();
        let found = numbers.len();
        return Err(format!(
            "its header promises {promised} bytes, found {found}: cut short or damaged"
        ));
    }
    let mut values = kind.decode(numbers);
    if header.fortran_order {
        values = from_fortran(&shape, &values);
    }
    let name = name.to_owned();
    Ok(Array {
        name,
        shape,
        values,
    })
}
