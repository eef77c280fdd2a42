//! Every operator against LiteRT: the bits of its reference kernels, and within one unit of its default ones, XNNPACK's.
//!
//! `litert/cases.bin` is made by `litert/make_cases.py`; `KSEQ_INT8_CASES` names another file of its making.

use std::collections::BTreeMap;

use kseq_int8::arithmetic::Scale;
use kseq_int8::op::{Axis, Clamp, Conv, Dense, Function, Mean, Op, Pad, Pool, Rows, Table};
use kseq_int8::params::Layout;
use kseq_int8::write::{self, Given};
use kseq_int8::{run, scratch_len};

/// What the file has of a case.
struct Case {
    kind: i32,
    ints: Vec<i32>,
    floats: Vec<f32>,
    kernel: Vec<i8>,
    bias: Vec<i32>,
    scales: Vec<f32>,
    x: Vec<i8>,
    reference: Vec<i8>,
    default: Vec<i8>,
}

struct Reader<'a>(&'a [u8]);

impl Reader<'_> {
    fn word(&mut self) -> [u8; 4] {
        let (word, rest) = self.0.split_first_chunk().unwrap();
        self.0 = rest;
        *word
    }

    fn words<T>(&mut self, of: impl Fn([u8; 4]) -> T) -> Vec<T> {
        let len = i32::from_le_bytes(self.word());
        (0..len).map(|_| of(self.word())).collect()
    }

    fn bytes(&mut self) -> Vec<i8> {
        let len = usize::try_from(i32::from_le_bytes(self.word())).unwrap();
        let (bytes, rest) = self.0.split_at(len);
        self.0 = rest;
        bytes.iter().map(|byte| *byte as i8).collect()
    }

    fn case(&mut self) -> Case {
        Case {
            kind: i32::from_le_bytes(self.word()),
            ints: self.words(i32::from_le_bytes),
            floats: self.words(f32::from_le_bytes),
            kernel: self.bytes(),
            bias: self.words(i32::from_le_bytes),
            scales: self.words(f32::from_le_bytes),
            x: self.bytes(),
            reference: self.bytes(),
            default: self.bytes(),
        }
    }
}

fn axes(sizes: &[usize]) -> [Axis; 2] {
    let [h, w] = sizes.as_chunks::<6>().0 else {
        panic!("two axes")
    };
    [h, w].map(|&[input, output, kernel, stride, dilation, before]| Axis {
        input,
        output,
        kernel,
        stride,
        dilation,
        before,
    })
}

fn op(case: &Case) -> Op {
    let clamp = [Clamp::None, Clamp::Relu, Clamp::Relu6, Clamp::ReluN1To1]
        [usize::try_from(case.ints[2]).unwrap()];
    let sizes: Vec<usize> = case.ints[4..]
        .iter()
        .map(|n| usize::try_from(*n).unwrap())
        .collect();
    let conv = || Conv {
        axes: axes(&sizes[..12]),
        channels: sizes[12],
        filters: sizes[13],
        clamp,
    };
    let pool = || Pool {
        axes: axes(&sizes[..12]),
        channels: sizes[12],
    };
    match (case.kind, &sizes[..]) {
        (0, &[rows, inputs, outputs]) => Op::Dense(Dense {
            rows,
            inputs,
            outputs,
            clamp,
        }),
        (1, _) => Op::Conv(conv()),
        (2, _) => Op::Depthwise(conv()),
        (3, _) => Op::MaxPool(pool()),
        (4, _) => Op::AveragePool(pool()),
        (5, &[rows, channels]) => Op::Mean(Mean { rows, channels }),
        (6, &[h, w, c, top, left, bottom, right]) => Op::Pad(Pad {
            input: [h, w, c],
            before: [top, left],
            after: [bottom, right],
        }),
        (7, &[len, function]) => Op::Table(Table {
            len,
            function: self::function(function, case.floats[2]),
        }),
        (8, &[rows, width]) => Op::Softmax(Rows { rows, width }),
        _ => panic!("no operator has the number {} and {sizes:?}", case.kind),
    }
}

fn function(number: usize, slope: f32) -> Function {
    [
        Function::Clamp(Clamp::None),
        Function::Clamp(Clamp::Relu),
        Function::Clamp(Clamp::Relu6),
        Function::Clamp(Clamp::ReluN1To1),
        Function::Sigmoid,
        Function::Tanh,
        Function::Elu,
        Function::LeakyRelu(slope),
        Function::HardSwish,
        Function::Gelu(false),
        Function::Gelu(true),
    ][number]
}

/// The block of a case, at a multiple of 4 of this memory.
fn block<'a>(op: &Op, given: &Given<'_>, memory: &'a mut Vec<u8>) -> &'a [u8] {
    let len = Layout::of(op).len();
    *memory = vec![0; len + 3];
    let begin = memory.as_ptr().align_offset(4);
    write::block(op, given, &mut memory[begin..begin + len]);
    &memory[begin..begin + len]
}

/// What it computes, with the least scratch and with more.
fn outputs(op: &Op, block: &[u8], x: &[i8]) -> Vec<i8> {
    let samples = x.len() / op.input_len();
    let [least, more] = [1, 5].map(|times| {
        let mut y = vec![99; samples * op.output_len()];
        let mut scratch = vec![77; times * scratch_len(op)];
        run(op, block, x, &mut y, &mut scratch);
        y
    });
    assert_eq!(least, more, "{op:?}: another scratch, other outputs");
    least
}

/// The largest difference, and where.
fn difference(a: &[i8], b: &[i8]) -> (u8, usize) {
    assert_eq!(a.len(), b.len());
    let differences = a.iter().zip(b).map(|(a, b)| a.abs_diff(*b)).zip(0..);
    differences
        .max_by_key(|(d, at)| (*d, std::cmp::Reverse(*at)))
        .unwrap_or_default()
}

#[test]
fn operators_are_those_of_litert() {
    let path = std::env::var_os("KSEQ_INT8_CASES").map(std::path::PathBuf::from);
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR"));
    let path = path.unwrap_or_else(|| folder.join("tests/litert/cases.bin"));
    let file = std::fs::read(path).unwrap();
    let (mut reader, mut failures) = (Reader(&file), Vec::new());
    let mut counts = BTreeMap::<i32, [usize; 5]>::new();
    let mut memory = Vec::new();
    while !reader.0.is_empty() {
        let case = reader.case();
        let op = op(&case);
        let [input, output] = [0, 1].map(|i| Scale {
            scale: case.floats[i],
            zero_point: i8::try_from(case.ints[i]).unwrap(),
        });
        let Case {
            kernel,
            bias,
            scales,
            x,
            ..
        } = &case;
        let given = Given {
            input,
            output,
            kernel,
            bias,
            scales,
        };
        let block = block(&op, &given, &mut memory);
        let y = outputs(&op, block, x);
        let count = counts.entry(case.kind).or_default();
        count[0] += 1;
        count[1] += y.len();
        let (most, at) = difference(&y, &case.reference);
        if most > 0 {
            count[2] += 1;
            failures.push(format!(
                "{op:?} {input:?} {output:?}, {} scales, at {at}: {} and not {}",
                scales.len(),
                y[at],
                case.reference[at]
            ));
        }
        let (most, at) = difference(&y, &case.default);
        if most > 0 {
            count[3] += 1;
        }
        if most > 1 {
            count[4] += 1;
            failures.push(format!(
                "{op:?} {input:?} {output:?} at {at}: {}, by default {}",
                y[at], case.default[at]
            ));
        }
        written_back(&op, &case, block);
    }
    for (kind, [cases, values, other, near, far]) in &counts {
        println!(
            "operator {kind}: {cases} cases, {values} values; {other} not the reference's; {near} not the default's, {far} by more than 1"
        );
    }
    assert!(counts.len() == 9, "cases of {counts:?}");
    assert!(
        failures.is_empty(),
        "{} failures:\n{}",
        failures.len(),
        failures[..failures.len().min(20)].join("\n")
    );
}

/// Kernel and bias come back as they were.
fn written_back(op: &Op, case: &Case, block: &[u8]) {
    if case.kernel.is_empty() {
        return;
    }
    let mut kernel = vec![0; case.kernel.len()];
    write::plain_kernel(op, block, &mut kernel);
    assert!(kernel == case.kernel, "{op:?}: another kernel");
    let outputs = Layout::of(op).channels;
    let mut bias = vec![0; outputs];
    write::plain_bias(op, block, &mut bias);
    let mut given = case.bias.clone();
    given.resize(outputs, 0);
    assert!(bias == given, "{op:?}: another bias");
}
