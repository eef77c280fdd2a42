//! Each step in `f32`, by numbers that can be checked by hand.

use kseq_int8::op::{Dense, Lstm, Mean, Pad, Rows, Table};

use super::*;

const fn axis(input: usize, output: usize, kernel: usize, stride: usize, before: usize) -> Axis {
    Axis {
        input,
        output,
        kernel,
        stride,
        dilation: 1,
        before,
    }
}

fn computed(op: Op, kernel: &[f32], bias: &[f32], x: &[f32]) -> Vec<f32> {
    let folded = Folded {
        kernel: kernel.to_vec(),
        bias: bias.to_vec(),
        recurrent: Vec::new(),
    };
    compute(&op, &folded, x, &mut Inside::default(), &Pool::Serial)
}

#[test]
fn products() {
    let dense = Dense {
        rows: 1,
        inputs: 2,
        outputs: 2,
        clamp: Clamp::Relu,
    };
    // Two samples.
    let y = computed(
        Op::Dense(dense),
        &[1.0, 2.0, 3.0, -4.0],
        &[0.5, 0.25],
        &[1.0, 1.0, 2.0, 0.0],
    );
    assert_eq!(y, [4.5, 0.0, 2.5, 4.25]);
    // A window of three over four elements, with zeros beyond both ends: `padding = "same"`.
    let conv = Conv {
        axes: [axis(1, 1, 1, 1, 0), axis(4, 4, 3, 1, 1)],
        channels: 1,
        filters: 2,
        clamp: Clamp::None,
    };
    let y = computed(
        Op::Conv(conv),
        &[1.0, 0.0, 10.0, 1.0, 100.0, 0.0],
        &[0.0, 0.5],
        &[1.0, 2.0, 3.0, 4.0],
    );
    assert_eq!(y, [210.0, 1.5, 321.0, 2.5, 432.0, 3.5, 43.0, 4.5]);
    // Each channel with two filters, in steps of two.
    let conv = Conv {
        axes: [axis(1, 1, 1, 1, 0), axis(4, 2, 2, 2, 0)],
        channels: 2,
        filters: 4,
        clamp: Clamp::Relu6,
    };
    let x = [1.0, 10.0, 2.0, 20.0, 3.0, 30.0, 4.0, 40.0];
    let kernel = [1.0, 0.5, 0.1, 0.0, 1.0, 0.5, 0.1, -1.0];
    let y = computed(Op::Depthwise(conv), &kernel, &[], &x);
    assert_eq!(y, [3.0, 1.5, 3.0, 0.0, 6.0, 3.5, 6.0, 0.0]);
}

#[test]
fn pixels() {
    let axes = [axis(1, 1, 1, 1, 0), axis(3, 2, 2, 2, 0)];
    let pool = Pooling { axes, channels: 1 };
    // The last window has one element: what is beyond the border does not count.
    let x = [1.0, 4.0, -3.0];
    assert_eq!(computed(Op::MaxPool(pool), &[], &[], &x), [4.0, -3.0]);
    assert_eq!(computed(Op::AveragePool(pool), &[], &[], &x), [2.5, -3.0]);
    let mean = Mean {
        rows: 2,
        channels: 2,
    };
    assert_eq!(
        computed(Op::Mean(mean), &[], &[], &[1.0, 2.0, 3.0, 6.0]),
        [2.0, 4.0]
    );
    let pad = Pad {
        input: [1, 2, 1],
        before: [1, 0],
        after: [0, 1],
    };
    assert_eq!(
        computed(Op::Pad(pad), &[], &[], &[5.0, 6.0]),
        [0.0, 0.0, 0.0, 5.0, 6.0, 0.0]
    );
}

#[test]
fn functions() {
    let of = |function, x: &[f32]| {
        let table = Table {
            len: x.len(),
            function,
        };
        computed(Op::Table(table), &[], &[], x)
    };
    assert_eq!(
        of(Function::Clamp(Clamp::ReluN1To1), &[-3.0, 0.5, 2.0]),
        [-1.0, 0.5, 1.0]
    );
    assert_eq!(of(Function::LeakyRelu(0.25), &[-4.0, 2.0]), [-1.0, 2.0]);
    assert_eq!(of(Function::Sigmoid, &[0.0]), [0.5]);
    assert_eq!(of(Function::HardSwish, &[-3.0, 3.0, 0.0]), [0.0, 3.0, 0.0]);
    let rows = Rows { rows: 2, width: 2 };
    let y = computed(Op::Softmax(rows), &[], &[], &[1.0, 1.0, 0.0, 100.0]);
    assert_eq!(y, [0.5, 0.5, 0.0, 1.0]);
}

/// With weights of 0 each gate is a half, and the cell half of what it was; what is seen inside is the whole of the sequence.
#[test]
fn an_lstm_and_what_is_inside() {
    let op = Lstm {
        steps: 2,
        inputs: 1,
        units: 1,
        sequences: true,
    };
    // i, f, g, o: the input goes into the new cell only.
    let folded = Folded {
        kernel: std::vec![0.0, 0.0, 1.0, 0.0],
        bias: std::vec![0.0; 4],
        recurrent: std::vec![0.0; 4],
    };
    let mut inside = Inside::default();
    let y = compute(
        &Op::Lstm(op),
        &folded,
        &[1.0, -1.0],
        &mut inside,
        &Pool::Serial,
    );
    let first = 0.5 * 1.0_f32.tanh();
    let second = 0.5 * first - first;
    let expected = [0.5 * first.tanh(), 0.5 * second.tanh()];
    let near = y.iter().zip(expected).all(|(y, e)| (y - e).abs() < 1e-6);
    assert!(near, "{y:?} {expected:?}");
    assert!((inside.cell - first).abs() < 1e-6, "{inside:?}");
    assert!(
        (inside.state[0] - expected[1]).abs() < 1e-6
            && (inside.state[1] - expected[0]).abs() < 1e-6
    );
    let last = Lstm {
        sequences: false,
        ..op
    };
    let y = compute(
        &Op::Lstm(last),
        &folded,
        &[1.0, -1.0],
        &mut inside,
        &Pool::Serial,
    );
    assert!((y[0] - expected[1]).abs() < 1e-6 && y.len() == 1, "{y:?}");
}
