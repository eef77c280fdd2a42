//! The tensors of a case: numbers of any type, as `f32`.

use std::collections::BTreeMap;

use safetensors::{Dtype, SafeTensors};

/// The tensors of a file by their names; those whose numbers an `f32` cannot hold are left out.
pub fn tensors(path: &str) -> Result<BTreeMap<String, Vec<f32>>, String> {
    let file = std::fs::read(path).map_err(|e| format!("{path}: {e}"))?;
    let file = SafeTensors::deserialize(&file).map_err(|e| format!("{path}: {e}"))?;
    let tensors = file.tensors().into_iter();
    let tensors =
        tensors.filter_map(|(name, view)| Some((name, numbers(view.dtype(), view.data())?)));
    Ok(tensors.collect())
}

/// The numbers of a tensor.
fn numbers(dtype: Dtype, data: &[u8]) -> Option<Vec<f32>> {
    /// Each number of so many bytes.
    fn each<const N: usize>(data: &[u8], number: impl Fn([u8; N]) -> f32) -> Vec<f32> {
        data.as_chunks()
            .0
            .iter()
            .map(|&bytes| number(bytes))
            .collect()
    }
    // Tokens and class numbers are small: a float holds them.
    Some(match dtype {
        Dtype::F32 => each(data, f32::from_le_bytes),
        Dtype::F64 => each(data, |b| f64::from_le_bytes(b) as f32),
        Dtype::BF16 => each(data, |[low, high]| f32::from_le_bytes([0, 0, low, high])),
        Dtype::I32 => each(data, |b| i32::from_le_bytes(b) as f32),
        Dtype::I64 => each(data, |b| i64::from_le_bytes(b) as f32),
        Dtype::U32 => each(data, |b| u32::from_le_bytes(b) as f32),
        Dtype::U64 => each(data, |b| u64::from_le_bytes(b) as f32),
        Dtype::I16 => each(data, |b| f32::from(i16::from_le_bytes(b))),
        Dtype::U16 => each(data, |b| f32::from(u16::from_le_bytes(b))),
        Dtype::I8 => each(data, |b| f32::from(i8::from_le_bytes(b))),
        Dtype::U8 | Dtype::BOOL => each(data, |[b]| f32::from(b)),
        _ => return None,
    })
}
