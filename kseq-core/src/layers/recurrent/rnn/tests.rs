//! Step by step, as on a microcontroller, the cells give what they give through a slab.

use std::vec;
use std::vec::Vec;

use super::*;
use crate::activations::{HardSigmoid, Relu, Sigmoid, Softsign, Tanh};
use crate::layers::{GRU, LSTM, SimpleRNN};
use crate::params::zeroed_box;
use crate::tensor::Tensor;

const I: usize = 3;
const U: usize = 5;
const T: usize = 4;

fn numbers(n: usize, seed: u32) -> Vec<f32> {
    let mut state = seed;
    let mut next = || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (state >> 8) as f32 / (1 << 23) as f32 - 1.0
    };
    (0..n).map(|_| next()).collect()
}

#[track_caller]
fn close(got: &[f32], want: &[f32]) {
    assert_eq!(got.len(), want.len());
    for (got, want) in got.iter().zip(want) {
        assert!((got - want).abs() < 2e-6, "{got} instead of {want}");
    }
}

/// With S = 0 three samples, else S of them.
fn same<const S: usize, C: Cell<I, U, S>, Out: Returns<[[f32; I]; T], U>>(
    layer: &RNN<I, U, S, false, C>,
    tokens: Option<&[[u32; T]]>,
) {
    let batch = if S > 0 { S } else { 3 };
    let (mut p, mut s) = (zeroed_box::<C::Params>(), zeroed_box::<C::State>());
    p.as_f32s_mut().copy_from_slice(&numbers(C::Params::LEN, 7));
    s.as_f32s_mut().copy_from_slice(&numbers(C::State::LEN, 8));
    let mut state = s.as_f32s().to_vec();
    let x = numbers(batch * T * I, 9);
    let samples = <[[f32; I]; T]>::view(&x);
    let size = batch * Out::LEN;

    // Through a slab.
    let d = RNN::<I, U, S, false, C>::dims(batch, T);
    let mut memory = vec![f32::NAN; batch * scratch(T, I, U, C::ROW * U, 0)];
    let (mut want, mut cache) = (vec![f32::NAN; size], vec![f32::NAN; batch * slab(T, d.row)]);
    let mut cx = Ctx::new(&Pool::Serial, 0, 0);
    let mut cx = match tokens {
        Some(tokens) => cx.masked(tokens, 1),
        None => cx,
    };
    cx.training = false;
    let mut cx = cx.with_scratch(&mut memory);
    let y = Out::view_mut(&mut want);
    layer.forward(&p, &mut s, samples, y, &mut cache, &mut cx);

    // Step by step.
    let masks = Masks::undropped(
        cx.mask(batch * T).unwrap_or(&[]),
        &d,
        layer.arguments.go_backwards,
    );
    let call = layer.call(&p, d, Out::SEQUENCES, masks, &Pool::Serial);
    let (mut got, mut memory) = (
        vec![f32::NAN; size],
        vec![f32::NAN; stepwise::memory::<C::Steps>(U)],
    );
    let given = state.clone();
    let run = |start, y: &mut [f32], memory: &mut [f32]| {
        stepwise(&layer.cell.steps(), &call, &x, (start, S * U), y, memory);
    };
    run(Start::Given(&given), &mut got, &mut memory);
    close(&got, &want);
    got.fill(f32::NAN);
    run(Start::Carried(&mut state), &mut got, &mut memory);
    close(&got, &want);
    close(&state, s.as_f32s());

    // As a layer, on whatever this is.
    let mut state = given.clone();
    let len = batch * <RNN<I, U, S, false, C> as Layer<[[f32; I]; T], Out>>::INFER_SCRATCH;
    let mut memory = vec![f32::NAN; len];
    let mut cx = cx.with_scratch(&mut memory);
    let mut before = zeroed_box::<C::State>();
    before.as_f32s_mut().copy_from_slice(&given);
    got.fill(f32::NAN);
    layer.infer(&p, &before, samples, Out::view_mut(&mut got), &mut cx);
    close(&got, &want);
    if S > 0 {
        let mut cx = cx.carrying(&mut state, |_| 0);
        got.fill(f32::NAN);
        layer.infer(&p, &before, samples, Out::view_mut(&mut got), &mut cx);
        close(&got, &want);
        close(&state, s.as_f32s());
    }
}

/// All that the layers around a cell may be asked.
fn all<C: Cell<I, U, 0>, D: Cell<I, U, 2>>(
    layer: impl Fn(Recurrent) -> RNN<I, U, 0, false, C>,
    stateful: impl Fn(Recurrent) -> RNN<I, U, 2, false, D>,
) {
    let tokens = [[0, 0, 4, 2], [1, 0, 3, 0], [0; T]];
    for go_backwards in [false, true] {
        let arguments = Recurrent {
            go_backwards,
            ..Recurrent::KERAS
        };
        for tokens in [None, Some(&tokens[..])] {
            let layer = layer(arguments);
            same::<0, _, [f32; U]>(&layer, tokens);
            same::<0, _, [[f32; U]; T]>(&layer, tokens);
            let (layer, tokens) = (stateful(arguments), tokens.map(|tokens| &tokens[1..]));
            same::<2, _, [f32; U]>(&layer, tokens);
            same::<2, _, [[f32; U]; T]>(&layer, tokens);
        }
    }
}

#[test]
fn lstm() {
    const G: usize = 4 * U;
    all(
        |r| LSTM::<I, U, G, G, 0, false>::new(r, true),
        |r| LSTM::<I, U, G, G, 2, false>::new(r, true),
    );
    all(
        |r| LSTM::<I, U, G, 0, 0, false, Relu, HardSigmoid>::new(r, true),
        |r| LSTM::<I, U, G, 0, 2, false, Softsign, Sigmoid>::new(r, true),
    );
}

#[test]
fn gru() {
    const G: usize = 3 * U;
    all(
        GRU::<I, U, G, 2, 0, true, false>::new,
        GRU::<I, U, G, 2, 2, true, false>::new,
    );
    all(
        GRU::<I, U, G, 1, 0, false, false>::new,
        GRU::<I, U, G, 1, 2, false, false>::new,
    );
    all(
        GRU::<I, U, G, 0, 0, true, false, Tanh, HardSigmoid>::new,
        GRU::<I, U, G, 0, 2, false, false, Relu>::new,
    );
}

#[test]
fn simple_rnn() {
    all(
        SimpleRNN::<I, U, U, 0, false>::new,
        SimpleRNN::<I, U, U, 2, false>::new,
    );
    all(
        SimpleRNN::<I, U, 0, 0, false, Relu>::new,
        SimpleRNN::<I, U, 0, 2, false, Softsign>::new,
    );
}
