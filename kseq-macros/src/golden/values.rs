//! Values of a case's JSON as Rust: numbers, shapes, types of samples, arguments.

use proc_macro2::TokenStream;
use quote::quote;
use serde_json::{Map, Value};

/// The most axes of a sample.
const MAX_RANK: usize = 4;
/// The most elements of one: above, a case is a mistake.
const MAX_LEN: usize = 1 << 24;

/// A finite number as an `f32`.
pub(super) fn real(value: &Value) -> Result<f32, String> {
    let number = value.as_f64().map(|number| number as f32);
    let finite = number.filter(|number| number.is_finite());
    finite.ok_or_else(|| format!("{value} is no number"))
}

/// A whole number that is not negative, also one that is written with a point.
pub(super) fn whole(value: &Value) -> Result<u64, String> {
    let number = value
        .as_f64()
        .filter(|n| *n >= 0.0 && *n == n.trunc() && *n < 1e15);
    let number = number.ok_or_else(|| format!("{value} is no whole number"))?;
    Ok(number as u64)
}

/// The same of a list.
pub(super) fn list<T>(
    value: &Value,
    item: impl Fn(&Value) -> Result<T, String>,
) -> Result<Vec<T>, String> {
    let items = value
        .as_array()
        .ok_or_else(|| format!("{value} is no list"))?;
    items.iter().map(item).collect()
}

pub(super) fn flag(value: &Value) -> Result<bool, String> {
    value.as_bool().ok_or_else(|| format!("{value} is no bool"))
}

/// The axes of a batch of samples; `None` is one of any length.
pub(super) fn axes(value: Option<&Value>) -> Result<Vec<Option<usize>>, String> {
    let axis = |axis: &Value| match axis {
        Value::Null => Ok(None),
        size => whole(size).map(|size| Some(size as usize)),
    };
    let axes = list(value.ok_or("no shape")?, axis)?;
    if axes.contains(&Some(0)) {
        return Err(format!("a shape with an axis of size 0: {axes:?}"));
    }
    Ok(axes)
}

/// Sizes, of which none is open or 0.
pub(super) fn sizes(value: Option<&Value>) -> Result<Vec<usize>, String> {
    let sizes = list(value.ok_or("no shape")?, whole)?;
    if sizes.contains(&0) {
        return Err(format!("a shape with an axis of size 0: {sizes:?}"));
    }
    Ok(sizes.into_iter().map(|size| size as usize).collect())
}

/// The shape of a tensor, the batch axis included.
pub(super) fn shape(case: &Value, tensor: &str) -> Result<Vec<usize>, String> {
    let shape = case.pointer(&format!("/tensors/{tensor}/shape"));
    sizes(shape).map_err(|why| format!("{tensor}: {why}"))
}

/// Whether the file has a tensor.
pub(super) fn has(case: &Value, tensor: &str) -> bool {
    case.pointer(&format!("/tensors/{tensor}")).is_some()
}

/// Refuses samples that kseq does not have.
pub(super) fn check_sample(dims: &[usize]) -> Result<(), String> {
    let len = dims
        .iter()
        .try_fold(1_usize, |len, dim| len.checked_mul(*dim));
    match len {
        _ if dims.len() > MAX_RANK => Err(format!("samples of {} axes", dims.len())),
        Some(..=MAX_LEN) => Ok(()),
        _ => Err(format!("samples of shape {dims:?}")),
    }
}

/// The type of samples: `[[f32; 3]; 2]` for `[2, 3]`.
pub(super) fn sample(dims: &[usize]) -> Result<TokenStream, String> {
    check_sample(dims)?;
    let nested = dims.iter().rev();
    Ok(nested.fold(quote!(f32), |inner, dim| quote!([#inner; #dim])))
}

/// The outputs and targets of a loss or a metric.
pub(super) struct Samples {
    /// The type of an output.
    pub(super) output: TokenStream,
    /// Its shape.
    pub(super) dims: Vec<usize>,
    /// Keras had scalar samples: its row is the batch.
    pub(super) is_one_row: bool,
}

impl Samples {
    /// Of the tensors with these names; Keras takes an axis of size 1 at the end off or adds one.
    pub(super) fn of(
        case: &Value,
        [y_true, y_pred]: [&str; 2],
        are_classes: bool,
    ) -> Result<Samples, String> {
        let (t, p) = (shape(case, y_true)?, shape(case, y_pred)?);
        let shapes = || format!("targets of shape {t:?} for outputs of shape {p:?}");
        let without = |shape: &[usize]| match shape {
            [all @ .., 1] => Some(all.to_vec()),
            _ => None,
        };
        if are_classes {
            let (_, rows) = p.split_last().ok_or("an output without axes")?;
            let fits = t == rows || without(&t).as_deref() == Some(rows);
            if rows.is_empty() || !fits {
                return Err(shapes());
            }
            return Samples::many(&p);
        }
        let both = match (t.len(), p.len()) {
            _ if t == p => p,
            (1, 2) if without(&p).as_ref() == Some(&t) => p,
            (2, 1) if without(&t).as_ref() == Some(&p) => t,
            _ if without(&p).as_ref() == Some(&t) => t,
            _ if without(&t).as_ref() == Some(&p) => p,
            _ => return Err(shapes()),
        };
        match both.as_slice() {
            [batch] => Ok(Samples {
                output: sample(&[*batch])?,
                dims: vec![*batch],
                is_one_row: true,
            }),
            all => Samples::many(all),
        }
    }

    /// Of labels, at most as many as an output has steps.
    pub(super) fn of_labels(case: &Value, [y_true, y_pred]: [&str; 2]) -> Result<Samples, String> {
        let (t, p) = (shape(case, y_true)?, shape(case, y_pred)?);
        match (t.as_slice(), p.as_slice()) {
            ([batch, labels], [samples, steps, _]) if batch == samples && labels <= steps => {
                Samples::many(&p)
            }
            _ => Err(format!("labels of shape {t:?} for outputs of shape {p:?}")),
        }
    }

    /// Of class numbers and answers that are class numbers, too: as outputs over so many classes.
    pub(super) fn of_answers(
        case: &Value,
        [y_true, y_pred]: [&str; 2],
        classes: usize,
    ) -> Result<Samples, String> {
        let (t, mut p) = (shape(case, y_true)?, shape(case, y_pred)?);
        if t != p || classes == 0 {
            return Err(format!("targets of shape {t:?} for answers of shape {p:?}"));
        }
        p.push(classes);
        Samples::many(&p)
    }

    fn many(shape: &[usize]) -> Result<Samples, String> {
        let (_, dims) = shape.split_first().ok_or("an output without axes")?;
        Ok(Samples {
            output: sample(dims)?,
            dims: dims.to_vec(),
            is_one_row: false,
        })
    }

    /// Refuses weights other than one for each sample or one for each value of it, which are those along an axis of a
    /// batch.
    pub(super) fn check_weights(
        &self,
        case: &Value,
        weight: &str,
        axis: Option<&Value>,
    ) -> Result<(), String> {
        if !has(case, weight) {
            return Ok(());
        }
        let mut shape = shape(case, weight)?;
        let rank = self.dims.len();
        let axis = match axis.and_then(Value::as_i64) {
            Some(axis @ 1..) => axis as usize - 1,
            Some(axis) => rank.saturating_sub(axis.unsigned_abs() as usize),
            None => rank.saturating_sub(1),
        };
        let dims = self.dims.iter().enumerate();
        let rows = dims.filter(|(i, _)| *i != axis).map(|(_, dim)| *dim);
        let rows: Vec<usize> = rows.collect();
        let is_row = |shape: &[usize]| shape.get(1..) == Some(&*rows);
        if shape.last() == Some(&1) && !is_row(&shape) {
            shape.pop();
        }
        match is_row(&shape) || shape.len() == 1 {
            true if !self.is_one_row => Ok(()),
            _ => Err(format!(
                "weights of shape {shape:?} for samples of shape {:?}",
                self.dims
            )),
        }
    }
}

/// The arguments that are given: those that are not null.
pub(super) fn given(args: Option<&Value>) -> Map<String, Value> {
    let args = args.and_then(Value::as_object).cloned().unwrap_or_default();
    args.into_iter()
        .filter(|(_, value)| !value.is_null())
        .collect()
}
