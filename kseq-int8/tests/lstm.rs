//! LSTMs in whole numbers, equal to the last bit with LiteRT's reference kernel: `litert/lstm.txt`, which
//! `litert/make_lstm_cases.py` has made, or the file that `KSEQ_LSTM` names.

use kseq_int8::arithmetic::Scale;
use kseq_int8::lstm::{self, Given, Matrix};
use kseq_int8::op::{Lstm, Op};
use kseq_int8::params::Layout;
use kseq_int8::{run, scratch_len};

/// splitmix64, as in the script.
struct Draw(u64);

impl Draw {
    fn between(&mut self, low: i64, high: i64) -> i64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let z = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        low + ((z ^ (z >> 31)) % (high - low + 1) as u64) as i64
    }

    fn bytes(&mut self, n: usize, low: i64) -> Vec<i8> {
        (0..n).map(|_| self.between(low, 127) as i8).collect()
    }
}

/// A case of the file.
#[derive(Default)]
struct Case {
    name: String,
    sizes: [usize; 3],
    scales: [(f32, i8); 3],
    cell: i8,
    clip: f32,
    kernel_scales: [f32; 4],
    recurrent_scales: [f32; 4],
    kernels: Vec<Vec<i8>>,
    recurrent: Vec<Vec<i8>>,
    biases: Vec<Vec<i32>>,
    x: Vec<Vec<i8>>,
    y: Vec<Vec<i8>>,
}

fn float(word: &str) -> f32 {
    f32::from_bits(u32::from_str_radix(word, 16).unwrap())
}

fn hex(word: &str) -> Vec<i8> {
    (word.as_bytes().chunks(2))
        .map(|b| u8::from_str_radix(str::from_utf8(b).unwrap(), 16).unwrap() as i8)
        .collect()
}

fn words(word: &str) -> Vec<i32> {
    (hex(word).chunks(4))
        .map(|b| i32::from_le_bytes([b[0], b[1], b[2], b[3]].map(|b| b as u8)))
        .collect()
}

fn four(rest: &[&str]) -> [f32; 4] {
    [0, 1, 2, 3].map(|g| float(rest[g]))
}

fn cases() -> Vec<Case> {
    let mut cases: Vec<Case> = Vec::new();
    let other = std::env::var_os("KSEQ_LSTM").map(|file| std::fs::read_to_string(file).unwrap());
    let file = other.as_deref().unwrap_or(include_str!("litert/lstm.txt"));
    for line in file.lines() {
        let mut rest: Vec<&str> = line.split(' ').collect();
        let key = rest.remove(0);
        if key == "case" {
            cases.push(Case {
                name: rest.join(" "),
                ..Case::default()
            });
            continue;
        }
        let c = cases.last_mut().unwrap();
        let scale = || (float(rest[0]), rest[1].parse().unwrap());
        match key {
            "sizes" => c.sizes = [0, 1, 2].map(|k| rest[k].parse().unwrap()),
            "input" => c.scales[0] = scale(),
            "output" => c.scales[1] = scale(),
            "hidden" => c.scales[2] = scale(),
            "cell" => c.cell = rest[0].parse().unwrap(),
            "clip" => c.clip = float(rest[0]),
            "kernel_scales" => c.kernel_scales = four(&rest),
            "recurrent_scales" => c.recurrent_scales = four(&rest),
            "kernel" => c.kernels.push(hex(rest[0])),
            "recurrent" => c.recurrent.push(hex(rest[0])),
            "bias" => c.biases.push(words(rest[0])),
            "x" => c.x.push(hex(rest[0])),
            "y" => c.y.push(hex(rest[0])),
            _ => panic!("{key}"),
        }
    }
    for c in cases.iter_mut().filter(|c| c.kernels.is_empty()) {
        let [steps, inputs, units] = c.sizes;
        let mut d = Draw(c.name.parse().unwrap());
        c.kernels = (0..4).map(|_| d.bytes(units * inputs, -127)).collect();
        c.recurrent = (0..4).map(|_| d.bytes(units * units, -127)).collect();
        let mut bias = || {
            (0..units)
                .map(|_| d.between(-20_000, 20_000) as i32)
                .collect()
        };
        c.biases = (0..4).map(|_| bias()).collect();
        c.x = (0..2).map(|_| d.bytes(steps * inputs, -128)).collect();
    }
    cases
}

impl Case {
    fn op(&self, sequences: bool) -> Lstm {
        let [steps, inputs, units] = self.sizes;
        Lstm {
            steps,
            inputs,
            units,
            sequences,
        }
    }

    fn block(&self, op: &Lstm) -> Vec<u8> {
        let [input, output, hidden] =
            (self.scales).map(|(scale, zero_point)| Scale { scale, zero_point });
        let given = Given {
            input,
            output,
            hidden,
            cell: self.cell,
            clip: self.clip,
            kernels: [0, 1, 2, 3].map(|g| &*self.kernels[g]),
            recurrent: [0, 1, 2, 3].map(|g| &*self.recurrent[g]),
            biases: [0, 1, 2, 3].map(|g| &*self.biases[g]),
            kernel_scales: self.kernel_scales,
            recurrent_scales: self.recurrent_scales,
        };
        let mut block = vec![0; Layout::of(&Op::Lstm(*op)).len()];
        lstm::block(op, &given, &mut block);
        block
    }

    fn run(&self, sequences: bool, x: &[i8], outputs: usize) -> Vec<i8> {
        let op = self.op(sequences);
        let block = self.block(&op);
        let (op, mut y) = (Op::Lstm(op), vec![0; outputs]);
        run(&op, &block, x, &mut y, &mut vec![99; scratch_len(&op)]);
        y
    }
}

#[test]
fn it_is_the_reference_kernel_to_the_last_bit() {
    let cases = cases();
    assert!(cases.len() > 70);
    for c in &cases {
        let x: Vec<i8> = c.x.concat();
        let to: Vec<i8> = c.y.concat();
        assert_eq!(c.run(true, &x, to.len()), to, "case {}", c.name);
    }
}

#[test]
fn without_sequences_the_last_step_is_the_output() {
    for c in &cases() {
        let x: Vec<i8> = c.x.concat();
        let to = c.y.iter().flat_map(|y| y[y.len() - c.sizes[2]..].to_vec());
        let to: Vec<i8> = to.collect();
        assert_eq!(c.run(false, &x, to.len()), to, "case {}", c.name);
    }
}

#[test]
fn a_block_gives_tflites_numbers_back() {
    for c in &cases() {
        let op = c.op(true);
        let block = c.block(&op);
        for gate in 0..4 {
            let mut kernel = vec![0; c.kernels[gate].len()];
            lstm::plain_kernel(&op, &block, Matrix::Kernel, gate, &mut kernel);
            assert_eq!(kernel, c.kernels[gate]);
            let mut recurrent = vec![0; c.recurrent[gate].len()];
            lstm::plain_kernel(&op, &block, Matrix::Recurrent, gate, &mut recurrent);
            assert_eq!(recurrent, c.recurrent[gate]);
            let mut bias = vec![0; c.biases[gate].len()];
            lstm::plain_bias(&op, &block, gate, &mut bias);
            assert_eq!(bias, c.biases[gate]);
        }
    }
}

#[test]
fn what_does_not_fit_is_not_computed() {
    let cases = cases();
    let c = &cases[0];
    let op = c.op(true);
    let len = scratch_len(&Op::Lstm(op));
    let block = &c.block(&op);
    for (block_len, x, y, scratch) in [
        (block.len() - 4, c.x[0].len(), c.y[0].len(), len),
        (block.len(), c.x[0].len() - 1, c.y[0].len(), len),
        (block.len(), c.x[0].len(), c.y[0].len() - 1, len),
        (block.len(), c.x[0].len(), c.y[0].len(), len - 1),
    ] {
        let (block, x) = (&block[..block_len], &c.x[0][..x]);
        let (mut y, mut scratch) = (vec![7; y], vec![0; scratch]);
        run(&Op::Lstm(op), block, x, &mut y, &mut scratch);
        assert!(y.iter().all(|y| *y == 7));
    }
}

/// A block is read from a file: any bytes have some output.
#[test]
fn any_block_is_computed() {
    let op = Lstm {
        steps: 3,
        inputs: 5,
        units: 7,
        sequences: true,
    };
    let op = Op::Lstm(op);
    for seed in 0..500 {
        let mut draw = Draw(seed);
        let block = draw.bytes(Layout::of(&op).len(), -128);
        let block: Vec<u8> = block.iter().map(|b| *b as u8).collect();
        let x = draw.bytes(15, -128);
        run(
            &op,
            &block,
            &x,
            &mut [0; 21],
            &mut vec![0; scratch_len(&op)],
        );
    }
}
