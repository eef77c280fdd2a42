//! The kernel for tanh gives what the loops for any activations give, bit by bit.

use std::vec;
use std::vec::Vec;

use super::*;
use crate::activations::Activation;
use crate::layer::{Backward, Ctx, Layer};
use crate::layers::recurrent::Returns;
use crate::layers::recurrent::other::{OtherTanh, numbers};
use crate::params::{Flat, zeroed_box};
use crate::pool::Pool;
use crate::tensor::Tensor;

/// Output, output in training, gradients of the parameters and the input.
fn run<const I: usize, const U: usize, const T: usize, A, Out>(
    batch: usize,
    backwards: bool,
    tokens: Option<&[[u32; T]]>,
    pool: &Pool,
) -> [Vec<f32>; 4]
where
    A: Activation,
    Out: Returns<[[f32; I]; T], U>,
{
    let arguments = Recurrent {
        go_backwards: backwards,
        ..Recurrent::KERAS
    };
    let layer: SimpleRNN<I, U, U, 0, false, A> = SimpleRNN::new(arguments);
    let mut p = zeroed_box::<SimpleRNNParams<I, U, U>>();
    p.as_f32s_mut()
        .copy_from_slice(&numbers((I + U + 1) * U, 1.5 / ((I + U) as f32).sqrt()));
    let mut s = RecurrentState { h: [] };
    let x = numbers(batch * T * I, 2.0);
    let x = <[[f32; I]; T]>::view(&x);
    let scratch = recurrent::scratch(T, I, U, U, 0) * batch;
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
    let mut cache = vec![f32::NAN; batch * recurrent::slab(T, U)];
    layer.forward(&p, &mut s, x, Out::view_mut(&mut y), &mut cache, &mut cx);
    let mut dp = zeroed_box::<SimpleRNNParams<I, U, U>>();
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

fn check<const I: usize, const U: usize, const T: usize, Out: Returns<[[f32; I]; T], U>>(
    batch: usize,
    backwards: bool,
    masked: bool,
) {
    let tokens: Vec<[u32; T]> = (0..batch)
        .map(|b| core::array::from_fn(|t| u32::from((b + 1) * (t + 2) % 3 > 0)))
        .collect();
    let tokens = masked.then_some(&tokens[..]);
    let usual = run::<I, U, T, Tanh, Out>(batch, backwards, tokens, &Pool::Serial);
    let other = run::<I, U, T, OtherTanh, Out>(batch, backwards, tokens, &Pool::Serial);
    for (k, (usual, other)) in usual.iter().zip(&other).enumerate() {
        for (i, (a, b)) in usual.iter().zip(other).enumerate() {
            // Equal, but for the sign of zero.
            assert!(
                a == b,
                "I {I} U {U} T {T} batch {batch} array {k} at {i}: {a}, {b}"
            );
        }
    }
    assert_eq!(usual[0], usual[1], "prediction and training");
    // A sample alone.
    if batch > 1 && !masked {
        let alone = run::<I, U, T, Tanh, Out>(1, backwards, None, &Pool::Serial);
        assert_eq!(alone[0][..], usual[0][..Out::LEN]);
    }
    #[cfg(feature = "rayon")]
    {
        let pool = Pool::of(3).expect("a pool");
        let threads = run::<I, U, T, Tanh, Out>(batch, backwards, tokens, &pool);
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
                        check::<$i, $u, $t, [f32; $u]>(batch, backwards, masked);
                        check::<$i, $u, $t, [[f32; $u]; $t]>(batch, backwards, masked);
                    }
                }
            }
        }
    )*};
}

checks! {
    one_unit: 1 1 1;
    less_than_a_vector: 3 5 4;
    one_vector: 4 16 3;
    a_tail: 2 20 5;
    vectors: 16 32 3;
    vectors_and_a_tail: 5 49 2;
    near_no_more: 40 64 6;
    large: 130 72 3;
    wide_input: 230 48 5;
    many_steps: 3 50 71;
}
