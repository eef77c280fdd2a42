//! What is fused, converted and placed, of chains by hand and of random ones.

use std::vec;
use std::vec::Vec;

use kseq_int8::op::{self, Axis, Clamp, Conv, Dense, Function, Lstm, Op, Pool, Rows};

use super::*;
use crate::int8::pass::places;
use crate::rng::{Purpose, Rng};

const fn axis(n: usize, kernel: usize) -> Axis {
    Axis {
        input: n,
        output: n,
        kernel,
        stride: 1,
        dilation: 1,
        before: (kernel - 1) / 2,
    }
}

const fn conv(n: usize, kernel: usize, channels: usize, filters: usize) -> Conv {
    Conv {
        axes: [axis(n, kernel), axis(n, kernel)],
        channels,
        filters,
        clamp: Clamp::None,
    }
}

const fn product(conv: Conv, then: Then) -> Operator {
    Operator::Product {
        op: Op::Conv(conv),
        bias: true,
        then,
    }
}

const fn normalise(len: usize, channels: usize) -> Operator {
    Operator::Normalise(Normalise {
        len,
        channels,
        epsilon: 1e-3,
        scale: true,
        center: true,
    })
}

const fn float(params: usize) -> Operator {
    Operator::Float(InFloat {
        params,
        state: 1,
        scratch: 3,
        like: None,
    })
}

const RELU: Operator = Operator::Activation(Then::Clamp(Clamp::Relu), Rows { rows: 16, width: 3 });

/// The places of each layer that have a step.
fn places_of<const L: usize>(graph: &Graph<L>) -> [Vec<usize>; L] {
    let some = |steps: &[Step; PLACES]| {
        let steps = steps.iter().enumerate();
        steps
            .filter(|(_, step)| step.is_some())
            .map(|(place, _)| place)
            .collect()
    };
    graph.steps.each_ref().map(some)
}

#[test]
fn a_normalization_and_an_activation_go_into_the_product_before_them() {
    let layers = [
        product(conv(4, 3, 2, 3), Then::NOTHING),
        Operator::Same,
        normalise(48, 3),
        RELU,
    ];
    let graph = Graph::new(layers, &[32, 48, 48, 48, 48]);
    assert_eq!(places_of(&graph), [vec![1], vec![], vec![], vec![]]);
    let step = &graph.steps[0][1];
    assert_eq!(step.through, 3);
    assert!(matches!(step.folded, Some((2, _))));
    assert!(matches!(step.kind, Kind::Int8(Op::Conv(conv)) if conv.clamp == Clamp::Relu));
    assert_eq!(
        (step.input, step.output, graph.plan.arena % 4),
        (None, None, 0)
    );
    assert_eq!(graph.plan.block, HEADER + step.block_len());
}

#[test]
fn a_normalization_behind_an_activation_is_a_step() {
    let layers = [
        product(conv(4, 3, 2, 3), Then::Clamp(Clamp::Relu6)),
        normalise(48, 3),
        RELU,
        // Nothing is open any more.
        RELU,
    ];
    let graph = Graph::new(layers, &[32, 48, 48, 48, 48]);
    assert_eq!(places_of(&graph), [vec![1], vec![1], vec![], vec![3]]);
    let step = &graph.steps[1][1];
    assert!(matches!(step.part, Part::Normalise(1)) && step.through == 2);
    assert!(
        matches!(step.kind, Kind::Int8(Op::Depthwise(conv)) if conv.clamp == Clamp::Relu && conv.filters == 3)
    );
}

#[test]
fn a_normalization_of_other_channels_is_a_step() {
    let layers = [
        product(conv(4, 3, 2, 3), Then::NOTHING),
        Operator::Same,
        normalise(48, 12),
    ];
    let graph = Graph::new(layers, &[32, 48, 48, 48]);
    assert_eq!(places_of(&graph), [vec![1], vec![], vec![1]]);
}

#[test]
fn a_softmax_is_a_step_of_the_rows_that_it_sees() {
    let dense = Operator::Product {
        op: Op::Dense(Dense {
            rows: 4,
            inputs: 2,
            outputs: 5,
            clamp: Clamp::None,
        }),
        bias: false,
        then: Then::Softmax,
    };
    let rows = |rows, width| Op::Softmax(Rows { rows, width });
    let graph = Graph::new([dense], &[8, 20]);
    assert!(matches!(graph.steps[0][3].kind, Kind::Int8(op) if op == rows(4, 5)));
    // Flattened, it sees one row.
    let softmax = Operator::Activation(Then::Softmax, Rows { rows: 1, width: 48 });
    let layers = [
        product(conv(4, 1, 1, 3), Then::NOTHING),
        Operator::Same,
        softmax,
    ];
    let graph = Graph::new(layers, &[16, 48, 48, 48]);
    assert!(matches!(graph.steps[2][3].kind, Kind::Int8(op) if op == rows(1, 48)));
}

#[test]
fn conversions_lie_between_integers_and_floats_only() {
    let layers = [
        float(2),
        float(3),
        Operator::Same,
        product(conv(2, 1, 2, 3), Then::Function(Function::Tanh)),
        Operator::Same,
        float(4),
    ];
    let graph = Graph::new(layers, &[6, 7, 8, 8, 12, 12, 5]);
    let plan = graph.plan;
    assert!(plan.float_input && plan.float_output);
    assert_eq!(
        places_of(&graph),
        [vec![1], vec![1], vec![], vec![0, 1, 3], vec![], vec![0, 1]]
    );
    let kind = |layer: usize, place: usize| graph.steps[layer][place].kind;
    assert!(matches!(kind(0, 1), Kind::Float(_, [6, 7])));
    assert!(matches!(kind(1, 1), Kind::Float(_, [7, 8])));
    assert!(matches!(kind(3, 0), Kind::Quantize(8)));
    assert!(matches!(kind(5, 0), Kind::Dequantize(12)));
    assert!(matches!(kind(5, 1), Kind::Float(_, [12, 5])));
}

#[test]
fn what_is_refused_says_why() {
    let layers = [
        Operator::Refused("it is so"),
        product(conv(2, 1, 1, 1), Then::Refused("unknown")),
    ];
    let graph = Graph::new(layers, &[4, 4, 4]);
    assert_eq!(graph.refusal(0), Some(Refusal::Operator("it is so")));
    assert_eq!(graph.refusal(1), Some(Refusal::Activation("unknown")));
}

/// An operator on `n x n` pixels of some channels, and what it gives.
fn any(rng: &mut Rng, n: usize, channels: usize) -> (Operator, [usize; 2]) {
    let mut below = |n: u32| rng.below(n) as usize;
    let then = match below(5) {
        0 => Then::Clamp(Clamp::Relu),
        1 => Then::Function(Function::Sigmoid),
        2 => Then::Softmax,
        _ => Then::NOTHING,
    };
    let (len, filters) = (n * n * channels, 1 + below(9));
    let rows = Rows {
        rows: n * n,
        width: channels,
    };
    match below(12) {
        0 => (Operator::Same, [n, channels]),
        1 => (product(conv(n, 3, channels, filters), then), [n, filters]),
        2 => {
            let op = Op::Depthwise(conv(n, 2, channels, 2 * channels));
            let of = Operator::Product {
                op,
                bias: false,
                then,
            };
            (of, [n, 2 * channels])
        }
        3 => {
            let of = Operator::Separable {
                depthwise: conv(n, 3, channels, channels),
                pointwise: conv(n, 1, channels, filters),
                bias: true,
                then,
            };
            (of, [n, filters])
        }
        4 => {
            let op = Op::Dense(Dense {
                rows: 1,
                inputs: len,
                outputs: filters,
                clamp: Clamp::None,
            });
            let of = Operator::Product {
                op,
                bias: true,
                then,
            };
            (of, [1, filters])
        }
        5 => {
            let axes = [axis(n, 2), axis(n, 2)];
            let op = Op::MaxPool(Pool { axes, channels });
            (Operator::Plain(op), [n, channels])
        }
        6 => {
            let op = Op::Mean(op::Mean {
                rows: n * n,
                channels,
            });
            (Operator::Plain(op), [1, channels])
        }
        7 => (Operator::Activation(then, rows), [n, channels]),
        8 => (normalise(len, channels), [n, channels]),
        9 => {
            let op = Lstm {
                steps: n * n,
                inputs: channels,
                units: filters,
                sequences: false,
            };
            (Operator::Lstm { op, bias: true }, [1, filters])
        }
        _ => {
            let of = InFloat {
                params: below(9),
                state: below(3),
                scratch: below(40),
                like: None,
            };
            (Operator::Float(of), [1 + below(2), filters])
        }
    }
}

/// In random chains what a step gives is what the next one takes, in the same elements and in the same place; what it reads, what it
/// writes and its scratch memory are apart and in the arena; and the blocks lie one behind the other.
#[test]
fn no_step_writes_where_it_reads() {
    const L: usize = 7;
    let mut rng = Rng::new(3, Purpose::Init, 0, 0);
    for number in 0..2000 {
        let mut shape = [1 + rng.below(4) as usize, 1 + rng.below(5) as usize];
        let len = |[n, channels]: [usize; 2]| n * n * channels;
        let (mut layers, mut lens) = ([Operator::Same; L], vec![len(shape)]);
        for layer in &mut layers {
            let [n, channels] = shape;
            (*layer, shape) = any(&mut rng, n, channels);
            lens.push(len(shape));
        }
        let graph = Graph::new(layers, &lens);
        let plan = graph.plan;
        let steps: Vec<&Step> = graph
            .steps
            .iter()
            .flatten()
            .filter(|step| step.is_some())
            .collect();
        assert_eq!(steps.len(), graph.count());
        let (Some(first), Some(last)) = (steps.first(), steps.last()) else {
            continue;
        };
        assert_eq!(first.ends().0[0], plan.input, "{number}");
        assert_eq!(last.ends().0[1], plan.output, "{number}");
        assert_eq!(
            [first.ends().1[0], last.ends().1[1]],
            [plan.float_input, plan.float_output]
        );
        assert!(first.input.is_none() && last.output.is_none());
        let mut at = HEADER;
        for step in &steps {
            assert_eq!(step.at, at);
            at += step.block_len();
            assert!(at.is_multiple_of(4) && plan.arena.is_multiple_of(4));
        }
        assert_eq!(at, plan.block);
        for pair in steps.windows(2) {
            let ([_, gives], [_, kind]) = pair[0].ends();
            let ([takes, _], [other, _]) = pair[1].ends();
            assert_eq!((gives, kind), (takes, other), "{number}: {pair:#?}");
            assert_eq!(pair[0].output, pair[1].input, "{number}");
        }
        for samples in [1, 3] {
            let mut arena = vec![0.0_f32; plan.arena / 4 * samples];
            let mut before: Option<[usize; 2]> = None;
            for step in &steps {
                let ([input, output], [float, gives_float]) = step.ends();
                let bytes =
                    |values: usize, float: bool| values * samples * if float { 4 } else { 1 };
                let start = arena.as_ptr() as usize;
                let parts = places(&mut arena, step, samples);
                let of = |bytes: &[u8]| {
                    let begin = (bytes.as_ptr() as usize).wrapping_sub(start);
                    [begin, begin.wrapping_add(bytes.len())]
                };
                let (reads, writes) = (of(parts.input), of(parts.output));
                assert!(
                    parts.scratch.len() >= step.scratch_len() * samples,
                    "{number}: {step:?}"
                );
                if step.input.is_some() {
                    assert_eq!(parts.input.len(), bytes(input, float), "{number}: {step:?}");
                    assert!(parts.input.as_ptr().cast::<f32>().is_aligned());
                    assert_eq!(before, Some(reads), "{number}: {step:?}");
                }
                if step.output.is_some() {
                    assert_eq!(
                        parts.output.len(),
                        bytes(output, gives_float),
                        "{number}: {step:?}"
                    );
                    assert!(parts.output.as_ptr().cast::<f32>().is_aligned());
                }
                before = Some(writes);
            }
        }
    }
}
