//! Layers around layers.

use crate::call::Call;
use crate::run::{Fill, Run};
use crate::tensor::Tensor;

/// A list as a layer.
pub fn sequential(call: &Call, x: Tensor, run: &mut Run<'_>) -> Tensor {
    run.list(call.calls("layers"), x)
}

/// What the layers of a list add; a mask goes on if they let it.
pub fn residual(call: &Call, x: Tensor, run: &mut Run<'_>) -> Tensor {
    let y = run.list(call.calls("layers"), x.clone());
    let values = x
        .values
        .iter()
        .zip(&y.values)
        .map(|(x, y)| *x + *y)
        .collect();
    Tensor { values, ..y }
}

/// All steps of a batch through a layer.
pub fn time_distributed(call: &Call, x: Tensor, run: &mut Run<'_>) -> Tensor {
    let (batch, steps) = (x.batch(), x.shape[1]);
    let inner = [&[batch * steps], &x.shape[2..]].concat();
    let y = run.layer(
        call.some_call("layer").expect("a layer"),
        x.reshaped(&inner),
    );
    let outer = [&[batch, steps], &y.shape[1..]].concat();
    y.reshaped(&outer)
}

/// The kernel is divided by its largest singular value before a step of the training; then the layer.
pub fn spectral_normalization(call: &Call, x: Tensor, run: &mut Run<'_>) -> Tensor {
    let layer = call.some_call("layer").expect("a layer");
    let name = if layer.class == "Embedding" {
        "embeddings"
    } else {
        "kernel"
    };
    if run.training && !run.is_normalised {
        let columns = run.columns(name);
        let mut u = run.state("vector_u", &[1, columns], Fill::Just(0.0));
        let iterations = call.whole("power_iterations", 1);
        run.change(name, |kernel| normalise(kernel, &mut u, iterations));
        run.set_state("vector_u", u);
    }
    let y = run.layer(layer, x);
    let columns = run.columns(name);
    run.state("vector_u", &[1, columns], Fill::Around(0.5, 0.4));
    y
}

/// Keras's power iterations on a matrix whose columns are the last axis.
fn normalise(kernel: &mut [f64], u: &mut [f64], iterations: usize) {
    let columns = u.len();
    if kernel.iter().all(|value| *value == 0.0) {
        return;
    }
    let unit = |vector: &mut [f64]| {
        let norm = vector
            .iter()
            .map(|value| value * value)
            .sum::<f64>()
            .sqrt()
            .max(1e-12);
        vector.iter_mut().for_each(|value| *value /= norm);
    };
    let mut v = Vec::new();
    for _ in 0..iterations {
        v = kernel
            .chunks(columns)
            .map(|row| row.iter().zip(&*u).map(|(w, u)| w * u).sum())
            .collect();
        unit(&mut v);
        for (column, u) in u.iter_mut().enumerate() {
            *u = v
                .iter()
                .enumerate()
                .map(|(row, v)| v * kernel[row * columns + column])
                .sum();
        }
        unit(u);
    }
    let products = v.iter().enumerate().map(|(row, v)| {
        v * u
            .iter()
            .enumerate()
            .map(|(column, u)| u * kernel[row * columns + column])
            .sum::<f64>()
    });
    let largest: f64 = products.sum();
    kernel.iter_mut().for_each(|value| *value /= largest);
}
