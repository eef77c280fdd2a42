//! What the tests of layers without parameters share.

use std::vec;
use std::vec::Vec;

use crate::layer::{Backward, Ctx, Layer};
use crate::params::NoParams;
use crate::pool::Pool;
use crate::tensor::Tensor;

/// The output for samples given flat.
pub fn forward<L, In, Out>(layer: &L, x: &[f32]) -> Vec<f32>
where
    L: Layer<In, Out, Params = NoParams, State = NoParams>,
    In: Tensor<Elem = f32>,
    Out: Tensor<Elem = f32>,
{
    let x = In::view(x);
    let mut y = vec![f32::NAN; x.len() * Out::LEN];
    let mut cx = Ctx::new(&Pool::Serial, 0, 0);
    layer.infer(&NoParams, &NoParams, x, Out::view_mut(&mut y), &mut cx);
    y
}

/// The gradient of the input from that of the output, for a layer without a cache.
pub fn back<L, In, Out>(layer: &L, x: &[f32], dy: &[f32]) -> Vec<f32>
where
    L: Layer<In, Out, Params = NoParams, State = NoParams>,
    In: Tensor<Elem = f32>,
    Out: Tensor<Elem = f32>,
{
    let mut dx = vec![f32::NAN; x.len()];
    let (y, mut dy) = (forward::<L, In, Out>(layer, x), dy.to_vec());
    let pass = Backward {
        x: In::view(x),
        y: Out::view(&y),
        cache: &[],
        dy: Out::view_mut(&mut dy),
        dx: Some(In::view_mut(&mut dx)),
    };
    let mut cx = Ctx::new(&Pool::Serial, 0, 0);
    layer.backward(&NoParams, pass, &mut NoParams, &mut cx);
    dx
}
