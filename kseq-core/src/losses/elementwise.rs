//! The loop of losses that are a mean over elements.

use crate::kernels::dispatch::simd_fn;
use crate::tensor::Tensor;

/// Lanes of a sum: fixed, so that the result does not depend on the instruction set.
const LANES: usize = 16;
/// Elements whose `f32` sum is added to the `f64` total at once.
const BLOCK: usize = 1024;

/// The loss of one element.
pub(super) trait Elementwise {
    /// The loss of output `o` for target `t`, and its derivative by `o`.
    fn element(&self, o: f32, t: f32) -> (f32, f32);
}

/// The mean over all elements, each sample times its weight, and its gradient.
pub(super) fn mean<Out: Tensor<Elem = f32>, L: Elementwise>(
    loss: &L,
    out: &[Out],
    y: &[Out],
    weight: Option<&[f32]>,
    grad: &mut [Out],
) -> f32 {
    let elements = (out.len() * Out::LEN).max(1);
    let scale = 1.0 / elements as f32;
    let sum = match weight {
        None => terms(
            loss,
            Out::flat(out),
            Out::flat(y),
            Out::flat_mut(grad),
            scale,
        ),
        Some(weight) => {
            let mut sum = 0.0;
            for (((out, y), grad), w) in out.iter().zip(y).zip(grad).zip(weight) {
                let (out, y) = (core::slice::from_ref(out), core::slice::from_ref(y));
                let grad = Out::flat_mut(core::slice::from_mut(grad));
                let terms = terms(loss, Out::flat(out), Out::flat(y), grad, w * scale);
                sum += f64::from(*w) * terms;
            }
            sum
        }
    };
    (sum / elements as f64) as f32
}

simd_fn! {
    /// The sum of the losses; `grad` gets the derivatives times `factor`.
    fn terms<L: Elementwise>(loss: &L, out: &[f32], y: &[f32], grad: &mut [f32], factor: f32) -> f64 {
        let mut total = 0.0;
        for ((out, y), grad) in out.chunks(BLOCK).zip(y.chunks(BLOCK)).zip(grad.chunks_mut(BLOCK)) {
            let (outs, rest) = out.as_chunks::<LANES>();
            let (ys, rest_y) = y.as_chunks::<LANES>();
            let (grads, rest_grad) = grad.as_chunks_mut::<LANES>();
            let mut lanes = [0.0; LANES];
            for ((out, y), grad) in outs.iter().zip(ys).zip(grads) {
                for l in 0..LANES {
                    let (value, d) = loss.element(out[l], y[l]);
                    lanes[l] += value;
                    grad[l] = d * factor;
                }
            }
            for (sum, ((out, y), grad)) in
                lanes.iter_mut().zip(rest.iter().zip(rest_y).zip(rest_grad))
            {
                let (value, d) = loss.element(*out, *y);
                *sum += value;
                *grad = d * factor;
            }
            let mut sum = 0.0;
            for lane in lanes {
                sum += lane;
            }
            total += f64::from(sum);
        }
        total
    }
}
