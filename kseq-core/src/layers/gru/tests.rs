//! The kernel for tanh and sigmoid gives what the loops for any activations give, bit by bit.

use std::vec;
use std::vec::Vec;

use super::*;
use crate::activations::Activation;
use crate::kernels::dispatch::DEVICE;
use crate::layer::{Backward, Ctx, Layer};
use crate::layers::recurrent::Returns;
use crate::layers::recurrent::other::{OtherSigmoid, OtherTanh, numbers};
use crate::params::{Flat, zeroed_box};
use crate::pool::Pool;
use crate::tensor::Tensor;

/// Output, output in training, gradients of the parameters and the input.
fn run<
    const I: usize,
    const U: usize,
    const G: usize,
    const B: usize,
    const T: usize,
    const AFTER: bool,
    A,
    R,
    Out,
>(
    batch: usize,
    backwards: bool,
    tokens: Option<&[[u32; T]]>,
    pool: &Pool,
) -> [Vec<f32>; 4]
where
    A: Activation,
    R: Activation,
    Out: Returns<[[f32; I]; T], U>,
{
    let arguments = Recurrent {
        go_backwards: backwards,
        ..Recurrent::KERAS
    };
    let layer: GRU<I, U, G, B, 0, AFTER, false, A, R> = GRU::new(arguments);
    let mut p = zeroed_box::<GRUParams<I, U, G, B>>();
    p.as_f32s_mut()
        .copy_from_slice(&numbers((I + U + B) * G, 1.5 / ((I + U) as f32).sqrt()));
    let mut s = RecurrentState { h: [] };
    let x = numbers(batch * T * I, 2.0);
    let x = <[[f32; I]; T]>::view(&x);
    let scratch = recurrent::scratch(T, I, U, 5 * U, 0) * batch;
    // The content of the memory does not matter.
    let mut memory = vec![f32::NAN; scratch];
    let mut cx = Ctx::new(pool, 0, 0);
    let cx = match tokens {
        Some(tokens) => cx.masked(tokens, 1),
        None => cx,
    };
    let mut cx = cx.with_scratch(&mut memory);
    let size = batch * Out::LEN;
    let [mut inferred, mut y] = [vec![f32::NAN; size], vec![f32::NAN; size]];
    layer.infer(&p, &s, x, Out::view_mut(&mut inferred), &mut cx);
    let mut cache = vec![f32::NAN; batch * recurrent::slab(T, 5 * U)];
    layer.forward(&p, &mut s, x, Out::view_mut(&mut y), &mut cache, &mut cx);
    let mut dp = zeroed_box::<GRUParams<I, U, G, B>>();
    let (mut dx, mut dy) = (vec![f32::NAN; batch * T * I], numbers(size, 1.0));
    let pass = Backward {
        x,
        y: Out::view(&y),
        cache: &cache,
        dy: Out::view_mut(&mut dy),
        dx: Some(<[[f32; I]; T]>::view_mut(&mut dx)),
    };
    layer.backward(&p, pass, &mut dp, &mut cx);
    [inferred, y, dp.as_f32s().to_vec(), dx]
}

fn check<
    const I: usize,
    const U: usize,
    const G: usize,
    const B: usize,
    const T: usize,
    const AFTER: bool,
    Out: Returns<[[f32; I]; T], U>,
>(
    batch: usize,
    backwards: bool,
    masked: bool,
) {
    let tokens: Vec<[u32; T]> = (0..batch)
        .map(|b| core::array::from_fn(|t| u32::from((b + 1) * (t + 2) % 3 > 0)))
        .collect();
    let tokens = masked.then_some(&tokens[..]);
    let usual =
        run::<I, U, G, B, T, AFTER, Tanh, Sigmoid, Out>(batch, backwards, tokens, &Pool::Serial);
    let other = run::<I, U, G, B, T, AFTER, OtherTanh, OtherSigmoid, Out>(
        batch,
        backwards,
        tokens,
        &Pool::Serial,
    );
    for (k, (usual, other)) in usual.iter().zip(&other).enumerate() {
        for (i, (a, b)) in usual.iter().zip(other).enumerate() {
            // Equal, but for the sign of zero. (Few columns of one gate are a narrow product, which the kernel has not.)
            let near = U <= 16 && (a - b).abs() <= 1e-5 * (1.0 + a.abs());
            assert!(
                a == b || near,
                "I {I} U {U} T {T} after {AFTER} batch {batch} array {k} at {i}: {a}, {b}"
            );
        }
    }
    for (a, b) in usual[0].iter().zip(&usual[1]) {
        // (A microcontroller predicts step by step, and rounds the candidate's sums at other places.)
        let near = DEVICE && (a - b).abs() <= 1e-6;
        assert!(a == b || near, "prediction and training: {a}, {b}");
    }
    // A sample alone.
    if batch > 1 && !masked {
        let alone =
            run::<I, U, G, B, T, AFTER, Tanh, Sigmoid, Out>(1, backwards, None, &Pool::Serial);
        assert_eq!(alone[0][..], usual[0][..Out::LEN]);
    }
    #[cfg(feature = "rayon")]
    {
        let pool = Pool::of(3).expect("a pool");
        let threads =
            run::<I, U, G, B, T, AFTER, Tanh, Sigmoid, Out>(batch, backwards, tokens, &pool);
        assert_eq!(threads, usual);
    }
}

macro_rules! checks {
    ($($name:ident: $i:literal $u:literal $t:literal;)*) => {$(
        #[test]
        fn $name() {
            for batch in [1, 2, 3, 4, 5, 7, 13, 30] {
                for backwards in [false, true] {
                    for masked in [false, true] {
                        check::<$i, $u, { 3 * $u }, 2, $t, true, [f32; $u]>(batch, backwards, masked);
                        check::<$i, $u, { 3 * $u }, 2, $t, true, [[f32; $u]; $t]>(batch, backwards, masked);
                        check::<$i, $u, { 3 * $u }, 1, $t, false, [f32; $u]>(batch, backwards, masked);
                        check::<$i, $u, { 3 * $u }, 1, $t, false, [[f32; $u]; $t]>(batch, backwards, masked);
                    }
                }
            }
        }
    )*};
}

checks! {
    one_unit: 1 1 1;
    less_than_a_vector: 3 6 4;
    one_vector: 4 16 3;
    a_tail: 2 20 5;
    vectors: 16 32 3;
    vectors_and_a_tail: 5 49 2;
    near_no_more: 40 64 6;
    large: 130 72 3;
    wide_input: 230 48 5;
    many_steps: 3 50 71;
}
