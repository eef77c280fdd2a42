//! Constraints: what becomes of an array.

use kseq::__core::layer::Ctx;
use kseq::constraints::constrain;
use kseq::model::Model;
use kseq::params::Flat;
use kseq::pool::Pool;

use crate::{Golden, Outcome};

/// The last array of a model of one layer, constrained.
pub fn constraint_case<M: Model>(golden: &Golden) -> Outcome {
    let mut model = M::new(0);
    let params = model.params_mut().as_f32s_mut();
    let weight = golden.get("weight")?;
    let Some(first) = params.len().checked_sub(weight.len()) else {
        let (file, kseq) = (weight.len(), params.len());
        return Err(format!("{file} weights in the file, {kseq} in kseq").into());
    };
    params[first..].copy_from_slice(weight);
    constrain(M::CONSTRAINTS, params, &Ctx::new(&Pool::Serial, 0, 0));
    golden.close("output", &params[first..])
}
