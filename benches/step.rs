//! How near a training step comes to the matrix product that it is made of.
//!
//! ```sh
//! cargo bench --bench step
//! ```
//! Both are measured on one thread, in turn, in the same process; the best of many is taken, since
//! the machine is shared.

use std::time::Instant;

use kseq::__core::kernels::{Mat, gemm, isa};
use kseq::pool::Pool;
use kseq::prelude::*;

sequential! {
    MnistMlp = [
        Dense(512, activation = "relu", input_shape = (784,)),
        Dropout(0.2),
        Dense(512, activation = "relu"),
        Dropout(0.2),
        Dense(10, activation = "softmax"),
    ]
}

const BATCH: usize = 128;

/// Two for each multiply-accumulate of forward, weight gradient and input gradient (the first layer
/// has none).
const STEP_FLOPS: f64 =
    BATCH as f64 * 2.0 * (2.0 * 784.0 * 512.0 + 3.0 * 512.0 * 512.0 + 3.0 * 512.0 * 10.0);

fn seconds(f: impl FnOnce()) -> f64 {
    let start = Instant::now();
    f();
    start.elapsed().as_secs_f64()
}

fn main() {
    let model = MnistMlp::new(1).threads(1).expect("one thread");
    let mut model = model.compile(
        RMSprop::default(),
        CategoricalCrossentropy::default(),
        (Accuracy,),
    );
    let x: Vec<[f32; 784]> = (0..BATCH)
        .map(|i| std::array::from_fn(|j| ((i * 31 + j * 7) % 256) as f32 / 255.0))
        .collect();
    let classes: Vec<u32> = (0..BATCH as u32).map(|i| i % 10).collect();
    let y = to_categorical(&classes).expect("ten classes");

    let (a, b) = (vec![0.5f32; BATCH * 512], vec![0.25f32; 512 * 512]);
    let mut c = vec![0.0f32; BATCH * 512];
    let (mut product, mut step) = (f64::INFINITY, f64::INFINITY);
    for _ in 0..200 {
        let (a, b) = (Mat::rows(&a, 512), Mat::rows(&b, 512));
        let t = seconds(|| gemm(BATCH, 512, 512, a, b, &mut c, 512, false, &Pool::Serial));
        product = product.min(t);
        let t = seconds(|| {
            let _ = model.train_on_batch(&x, &y).expect("good data");
        });
        step = step.min(t);
    }
    let product = 2.0 * (BATCH * 512 * 512) as f64 / product / 1e9;
    let step = STEP_FLOPS / step / 1e9;
    println!("instructions: {}", isa().name());
    println!("gemm 128x512x512:               {product:7.1} GFLOP/s");
    println!("training step mnist_mlp, b 128: {step:7.1} GFLOP/s");
    println!(
        "step / gemm:                    {:7.1} %",
        100.0 * step / product
    );
}
