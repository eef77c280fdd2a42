//! What the two ways give, and what each of them drops.

use std::vec;
use std::vec::Vec;

use super::*;
use crate::activations::Linear;
use crate::layers::recurrent::{Recurrent, RecurrentState};
use crate::layers::{LSTM, LSTMParams, LSTMState, SimpleRNN, SimpleRNNParams};
use crate::pool::Pool;

const BATCH: usize = 2000;

/// The outputs in training of a single step of ones.
fn trained<L: Layer<[[f32; 1]; 1], [f32; N]>, const N: usize>(
    layer: &L,
    p: &L::Params,
    s: &mut L::State,
) -> Vec<[f32; N]> {
    let x = vec![[[1.0f32; 1]; 1]; BATCH];
    let (mut memory, mut cache) = (vec![0.0; BATCH * L::SCRATCH], vec![0.0; BATCH * L::CACHE]);
    let mut y = vec![[0.0; N]; BATCH];
    let cx = Ctx::new(&Pool::Serial, 3, 5);
    let mut cx = cx.with_scratch(&mut memory);
    layer.forward(p, s, &x, &mut y, &mut cache, &mut cx);
    y
}

const HALF: Recurrent = Recurrent {
    dropout: 0.5,
    ..Recurrent::KERAS
};

#[test]
fn each_way_drops_what_it_will() {
    type Reads = SimpleRNN<1, 1, 0, 0, true, Linear>;
    let reads = || -> Reads { SimpleRNN::new(HALF) };
    let layer = Bidirectional::<_, _, CONCAT>::new(reads(), reads().backwards());
    let p = || SimpleRNNParams {
        kernel: [[1.0]],
        recurrent_kernel: [[0.0]],
        bias: [],
    };
    let p = TwoWays {
        forward_layer: p(),
        backward_layer: p(),
    };
    let s = || RecurrentState { h: [] };
    let mut s = TwoWays {
        forward_layer: s(),
        backward_layer: s(),
    };
    let y = trained::<_, 2>(&layer, &p, &mut s);
    let share = |f: fn(&[f32; 2]) -> bool| y.iter().filter(|y| f(y)).count() as f32 / BATCH as f32;
    assert!((share(|y| y[0] == 0.0) - 0.5).abs() < 0.05);
    assert!((share(|y| y[1] == 0.0) - 0.5).abs() < 0.05);
    assert!((share(|y| y[0] == y[1]) - 0.5).abs() < 0.05);
    assert_eq!(y, trained::<_, 2>(&layer, &p, &mut s));
}

#[test]
fn each_gate_drops_what_it_will_if_it_is_asked_to() {
    // Without a state before, the output is the product of three gates, each of them 0 or 2.
    let share = |mask_for_each_gate| {
        let arguments = Recurrent {
            mask_for_each_gate,
            ..HALF
        };
        let layer: LSTM<1, 1, 4, 0, 0, true, Linear, Linear> = LSTM::new(arguments, false);
        let p = LSTMParams {
            kernel: [[1.0; 4]],
            recurrent_kernel: [[0.0; 4]],
            bias: [],
        };
        let y = trained::<_, 1>(&layer, &p, &mut LSTMState { h: [], c: [] });
        assert!(y.iter().all(|y| y[0] == 0.0 || y[0] == 8.0));
        y.iter().filter(|y| y[0] > 0.0).count() as f32 / BATCH as f32
    };
    assert!((share(false) - 0.5).abs() < 0.05);
    assert!((share(true) - 0.125).abs() < 0.03);
}
