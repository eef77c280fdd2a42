//! The speed of an LSTM layer, as the share of its matrix products' own time in the same process.
//!
//! ```sh
//! cargo run --release -p kseq-core --example lstm_speed [--features rayon]
//! ```

use std::hint::black_box;
use std::time::Instant;

use kseq_core::kernels::{Mat, gemm};
use kseq_core::layer::{Backward, Ctx, Layer};
use kseq_core::layers::{LSTM, LSTMParams, LSTMState, recurrent::Recurrent};
use kseq_core::params::zeroed_box;
use kseq_core::pool::Pool;
use kseq_core::rng::{Purpose, Rng};

/// The shapes of the guide's sentiment model.
const BATCH: usize = 16;
const T: usize = 80;
const I: usize = 256;
const U: usize = 128;
const G: usize = 4 * U;

type Lstm = LSTM<I, U, G, G, 0, false>;
type In = [[f32; I]; T];
type Out = [f32; U];

/// Milliseconds, the best of many.
fn best(mut f: impl FnMut()) -> f64 {
    let times = (0..40).map(|_| {
        let start = Instant::now();
        f();
        start.elapsed().as_secs_f64() * 1e3
    });
    times.fold(f64::INFINITY, f64::min)
}

fn random(n: usize) -> Vec<f32> {
    let mut rng = Rng::new(1, Purpose::User, 0, 0);
    (0..n).map(|_| rng.normal()).collect()
}

fn main() {
    let mut pools = vec![("one thread", Pool::Serial)];
    #[cfg(feature = "rayon")]
    pools.push(("rayon", Pool::Global));
    #[cfg(not(feature = "rayon"))]
    pools.truncate(1);
    for (name, pool) in &pools {
        measure(name, pool);
    }
}

fn measure(name: &str, pool: &Pool) {
    let lstm: Lstm = LSTM::new(Recurrent::KERAS, true);
    let mut p = zeroed_box::<LSTMParams<I, U, G, G>>();
    let mut dp = zeroed_box::<LSTMParams<I, U, G, G>>();
    let mut s = LSTMState { h: [], c: [] };
    let mut rng = Rng::new(1, Purpose::Init, 0, 0);
    Layer::<In, Out>::init(&lstm, &mut p, &mut s, &mut rng);
    let x = random(BATCH * T * I);
    let x: &[In] = x.as_chunks().0.as_chunks().0;
    let mut y = [[0.0; U]; BATCH];
    let mut cache = vec![0.0; BATCH * <Lstm as Layer<In, Out>>::CACHE];
    let mut scratch = vec![0.0; BATCH * <Lstm as Layer<In, Out>>::SCRATCH];
    let mut dx = vec![0.0; BATCH * T * I];
    let mut layer = [0.0; 2];
    pool.install(&mut || {
        let cx = Ctx::new(pool, 0, 0);
        let cx = &mut cx.with_scratch(&mut scratch);
        layer[0] = best(|| lstm.forward(&p, &mut s, x, &mut y, &mut cache, cx));
        layer[1] = best(|| {
            let mut dy = black_box([[0.1; U]; BATCH]);
            let pass = Backward {
                x,
                y: &y,
                cache: &cache,
                dy: &mut dy,
                dx: Some(dx.as_chunks_mut().0.as_chunks_mut().0),
            };
            lstm.backward(&p, pass, &mut dp, cx);
        });
    });
    let mut products = [0.0; 2];
    pool.install(&mut || products = alone(pool));
    for (i, what) in ["forward", "backward"].into_iter().enumerate() {
        // The backward pass has twice the products.
        let flops = 2.0 * (BATCH * T * G * (I + U)) as f64 * (i + 1) as f64;
        println!(
            "{name}: {what} {:.2} ms, {:.0} Gflop/s; its products alone {:.2} ms, {:.0} Gflop/s: {:.0} %",
            layer[i],
            flops / layer[i] / 1e6,
            products[i],
            flops / products[i] / 1e6,
            100.0 * products[i] / layer[i],
        );
    }
}

/// The same products without anything between them.
fn alone(pool: &Pool) -> [f64; 2] {
    let rows = T * BATCH;
    let (x, w, v) = (random(rows * I), random(I * G), random(U * G));
    let (mut z, mut dx) = (random(rows * G), vec![0.0; rows * I]);
    let h = random(rows * U);
    let mut small = vec![0.0; BATCH * G];
    let (mut dw, mut dv) = (vec![0.0; I * G], vec![0.0; U * G]);
    let (x, w, v, h) = (
        Mat::rows(&x, I),
        Mat::rows(&w, G),
        Mat::rows(&v, G),
        Mat::rows(&h, U),
    );
    let forward = best(|| {
        gemm(rows, G, I, x, w, &mut z, G, false, pool);
        for _ in 0..T {
            gemm(BATCH, G, U, h, v, &mut small, G, false, pool);
        }
    });
    let dz = Mat::rows(&z, G);
    // As if the transposed recurrent kernel were there.
    let vt = random(U * G);
    let vt = Mat::rows(&vt, U);
    let backward = best(|| {
        for _ in 0..T {
            gemm(BATCH, U, G, dz, vt, &mut small, U, false, pool);
        }
        gemm(I, G, rows, x.t(), dz, &mut dw, G, false, pool);
        gemm(U, G, rows, h.t(), dz, &mut dv, G, false, pool);
        gemm(rows, I, G, dz, w.t(), &mut dx, I, false, pool);
    });
    [forward, backward]
}
