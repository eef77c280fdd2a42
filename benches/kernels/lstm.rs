//! LSTM layers, beside their matrix products alone: what is between is the price of the gates.

use super::{Bench, Work};
use kseq_core::kernels::{Mat, gemm};
use kseq_core::layer::{Backward, Ctx, Layer};
use kseq_core::layers::{LSTM, LSTMParams, LSTMState, recurrent::Recurrent};
use kseq_core::params::zeroed_box;
use kseq_core::pool::Pool;
use kseq_core::rng::{Purpose, Rng};
use std::hint::black_box;

pub fn run(bench: &mut Bench) {
    layer::<80, 256, 128, 512>(bench, "lstm_imdb", 16);
    layer::<8, 16, 32, 128>(bench, "stacked_lstm lstm_1", 64);
    layer::<8, 32, 32, 128>(bench, "stacked_lstm lstm_3", 64);
    layer::<8, 32, 32, 128>(bench, "stateful_lstm lstm_3", 32);
    layer::<8, 32, 32, 128>(bench, "one sample", 1);
}

fn random(n: usize) -> Vec<f32> {
    let mut rng = Rng::new(1, Purpose::User, 0, 0);
    (0..n).map(|_| rng.normal()).collect()
}

/// An LSTM from `T` steps of `I` features to `U` units, the last output alone; `G` is `4 U`.
fn layer<const T: usize, const I: usize, const U: usize, const G: usize>(
    bench: &mut Bench,
    name: &str,
    batch: usize,
) {
    type Lstm<const I: usize, const U: usize, const G: usize> = LSTM<I, U, G, G, 0, false>;
    let lstm: Lstm<I, U, G> = LSTM::new(Recurrent::KERAS, true);
    let mut p = zeroed_box::<LSTMParams<I, U, G, G>>();
    let mut dp = zeroed_box::<LSTMParams<I, U, G, G>>();
    let mut s = LSTMState { h: [], c: [] };
    let mut rng = Rng::new(1, Purpose::Init, 0, 0);
    Layer::<[[f32; I]; T], [f32; U]>::init(&lstm, &mut p, &mut s, &mut rng);
    let values = random(batch * T * I);
    let x: &[[[f32; I]; T]] = values.as_chunks().0.as_chunks().0;
    let mut y = vec![[0.0; U]; batch];
    let of_each = |n: usize| vec![0.0; batch * n];
    let mut cache = of_each(<Lstm<I, U, G> as Layer<[[f32; I]; T], [f32; U]>>::CACHE);
    let mut scratch = of_each(<Lstm<I, U, G> as Layer<[[f32; I]; T], [f32; U]>>::SCRATCH);
    let mut dx = of_each(T * I);
    let flops = 2.0 * (batch * T * G * (I + U)) as f64;
    let cx = Ctx::new(&Pool::Serial, 0, 0);
    let cx = &mut cx.with_scratch(&mut scratch);

    let case = format!("{name} {batch}x{T}x{I} to {U} forward");
    bench.case("lstm", &case, "kseq", Work::Flops(flops), || {
        lstm.forward(&p, &mut s, black_box(x), &mut y, &mut cache, cx);
        black_box(&mut y);
    });
    products::<T, I, U, G>(bench, &case, batch, false);

    // What the backward pass reads, even if the forward pass was not measured.
    lstm.forward(&p, &mut s, x, &mut y, &mut cache, cx);
    let case = format!("{name} {batch}x{T}x{I} to {U} backward");
    let mut dy = vec![[0.0; U]; batch];
    bench.case("lstm", &case, "kseq", Work::Flops(2.0 * flops), || {
        dy.fill([0.1; U]);
        let pass = Backward {
            x,
            y: &y,
            cache: &cache,
            dy: &mut dy,
            dx: Some(dx.as_chunks_mut().0.as_chunks_mut().0),
        };
        lstm.backward(&p, pass, &mut dp, cx);
        black_box(&mut dp);
    });
    products::<T, I, U, G>(bench, &case, batch, true);
}

/// The same products without anything between them, contiguous; of the transposed state kernel there is a copy.
fn products<const T: usize, const I: usize, const U: usize, const G: usize>(
    bench: &mut Bench,
    case: &str,
    batch: usize,
    backward: bool,
) {
    let rows = T * batch;
    let (x, w, v, vt) = (
        random(rows * I),
        random(I * G),
        random(U * G),
        random(G * U),
    );
    let (h, mut z, mut dx) = (random(rows * U), random(rows * G), random(rows * I));
    let (mut small, mut dw, mut dv) = (vec![0.0; batch * G], w.clone(), v.clone());
    let (x, h) = (Mat::rows(&x, I), Mat::rows(&h, U));
    let (w, v, vt) = (Mat::rows(&w, G), Mat::rows(&v, G), Mat::rows(&vt, U));
    let pool = &Pool::Serial;
    let flops = 2.0 * (rows * G * (I + U)) as f64;
    if !backward {
        let work = Work::Flops(flops);
        return bench.case("lstm", case, "its products", work, || {
            gemm(rows, G, I, x, w, black_box(&mut z), G, false, pool);
            for _ in 0..T {
                gemm(batch, G, U, h, v, black_box(&mut small), G, false, pool);
            }
        });
    }
    let dz = Mat::rows(&z, G);
    let work = Work::Flops(2.0 * flops);
    bench.case("lstm", case, "its products", work, || {
        for _ in 0..T {
            gemm(batch, U, G, dz, vt, black_box(&mut small), U, false, pool);
        }
        gemm(I, G, rows, x.t(), dz, black_box(&mut dw), G, false, pool);
        gemm(U, G, rows, h.t(), dz, black_box(&mut dv), G, false, pool);
        gemm(rows, I, G, dz, w.t(), black_box(&mut dx), I, false, pool);
    });
}
