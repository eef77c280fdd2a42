//! Every instruction set against plain loops.

mod pages;

use self::pages::{At, Pages};
use super::isa;
use crate::op::{Axis, Clamp, Conv, Dense, Op, Pool};
use crate::packing::{packed_len, padded, place};
use crate::params::Layout;
use crate::{run, scratch_len};
use std::vec::Vec;

/// Numbers that are the same each time.
struct Numbers(u64);

impl Numbers {
    fn next(&mut self) -> u32 {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1);
        (self.0 >> 33) as u32 ^ (self.0 >> 60) as u32
    }

    fn below(&mut self, n: usize) -> usize {
        self.next() as usize % n
    }

    fn values(&mut self, n: usize) -> Vec<i8> {
        (0..n).map(|_| self.next() as i8).collect()
    }

    /// A block whose ratios bring sums of so many products back to 8 bits, or nearly so.
    fn block(&mut self, op: &Op, terms: usize) -> Vec<i32> {
        let layout = Layout::of(op);
        let mut words = std::vec![0_i32; layout.len() / 4];
        let mut bytes: Vec<u8> = Vec::new();
        for _ in 0..layout.channels {
            let range = [9, 20, 31][self.below(3)];
            bytes.extend(
                (self.next() as i32 >> (31 - range))
                    .wrapping_sub(1 << (range - 1))
                    .to_ne_bytes(),
            );
        }
        for _ in 0..layout.channels {
            bytes.extend((1_i32 << 30 | (self.next() & 0x3fff_ffff) as i32).to_ne_bytes());
        }
        for _ in 0..layout.channels {
            let shift = -5 - terms.max(1).ilog2() as i8 / 2;
            bytes.push((shift + self.below(12) as i8 - 8).min(0) as u8);
        }
        let (min, max) = if self.below(2) == 0 {
            (-128, 127)
        } else {
            (-20, 90)
        };
        bytes.extend([self.next() as i8, self.next() as i8, min, max].map(|x| x as u8));
        let mut kernel = self.values(layout.bytes);
        if kernel.len() == packed_len(terms, layout.channels) {
            // The padding is 0.
            for output in 0..layout.channels {
                for input in terms..padded(terms) {
                    kernel[place(terms, layout.channels, output, input)] = 0;
                }
            }
        }
        bytes.extend(kernel.iter().map(|x| *x as u8));
        bytes.resize(layout.len(), 0);
        for (word, bytes) in words.iter_mut().zip(bytes.chunks(4)) {
            *word = i32::from_ne_bytes(bytes.try_into().unwrap());
        }
        words
    }

    fn axis(&mut self) -> Axis {
        let kernel = 1 + self.below(4);
        let dilation = 1 + self.below(4) / 3;
        let input = (kernel - 1) * dilation + 1 + self.below(9);
        let stride = 1 + self.below(2);
        let before = self.below(2) * self.below((kernel - 1) * dilation + 1);
        let output = if before == 0 {
            (input - (kernel - 1) * dilation - 1) / stride + 1
        } else {
            input.div_ceil(stride)
        };
        Axis {
            input,
            output,
            kernel,
            stride,
            dilation,
            before,
        }
    }
}

/// The outputs of an operator are the same with each instruction set.
fn same(op: &Op, samples: usize, terms: usize, numbers: &mut Numbers) {
    let block = numbers.block(op, terms);
    let block: Vec<i8> = block
        .iter()
        .flat_map(|word| word.to_ne_bytes().map(|x| x as i8))
        .collect();
    let x = numbers.values(samples * op.input_len());
    let mut memory = [Pages::new(), Pages::new(), Pages::new(), Pages::new()];
    let mut expected: Option<Vec<i8>> = None;
    isa::each(|isa| {
        for at in [At::End, At::Begin] {
            let len = samples * op.output_len();
            let [block_pages, x_pages, y_pages, scratch_pages] = &mut memory;
            let (block_there, x_there) = (
                block_pages.values(block.len(), at),
                x_pages.values(x.len(), at),
            );
            block_there.copy_from_slice(&block);
            x_there.copy_from_slice(&x);
            // SAFETY: as many bytes.
            #[allow(unsafe_code)]
            let bytes = unsafe {
                core::slice::from_raw_parts(block_there.as_ptr().cast::<u8>(), block.len())
            };
            let y = y_pages.values(len, at);
            run(
                op,
                bytes,
                x_there,
                y,
                scratch_pages.values(scratch_len(op), at),
            );
            let y = y.to_vec();
            y_pages.check(len, at);
            scratch_pages.check(scratch_len(op), at);
            let expected = expected.get_or_insert_with(|| y.clone());
            let wrong = expected.iter().zip(&y).position(|(a, b)| a != b);
            assert_eq!(wrong, None, "{op:?} {isa:?} {at:?}");
        }
    });
}

#[test]
fn products() {
    let mut numbers = Numbers(1);
    for case in 0..400 {
        let inputs = 1 + numbers.below([9, 70, 700][case % 3]);
        let outputs = 1 + numbers.below([20, 70, 200][case / 3 % 3]);
        let rows = 1 + numbers.below([3, 40][case % 2]);
        let op = Op::Dense(Dense {
            rows,
            inputs,
            outputs,
            clamp: Clamp::None,
        });
        same(&op, 1 + case % 2, inputs, &mut numbers);
    }
}

#[test]
fn long_rows() {
    let mut numbers = Numbers(2);
    for (inputs, rows) in [(5000, 7), (17_000, 2), (40_001, 1)] {
        let op = Op::Dense(Dense {
            rows,
            inputs,
            outputs: 20,
            clamp: Clamp::None,
        });
        same(&op, 1, inputs, &mut numbers);
    }
}

#[test]
fn convolutions() {
    let mut numbers = Numbers(3);
    for case in 0..400 {
        let axes = [numbers.axis(), numbers.axis()];
        let channels = 1 + numbers.below([3, 20, 70][case % 3]);
        let filters = 1 + numbers.below([20, 70][case % 2]);
        let conv = Conv {
            axes,
            channels,
            filters,
            clamp: Clamp::Relu,
        };
        same(
            &Op::Conv(conv),
            1 + case % 2,
            conv.taps() * channels,
            &mut numbers,
        );
        let filters = if case % 4 == 0 {
            2 * channels
        } else {
            channels
        };
        let conv = Conv { filters, ..conv };
        same(
            &Op::Depthwise(conv),
            1 + case % 2,
            conv.taps(),
            &mut numbers,
        );
    }
}

#[test]
fn poolings() {
    let mut numbers = Numbers(4);
    for case in 0..200 {
        let [h, w] = [numbers.axis(), numbers.axis()].map(|a| Axis { dilation: 1, ..a });
        let fit = |a: Axis| Axis {
            output: a.output.min((a.input + a.before - 1) / a.stride + 1),
            ..a
        };
        let pool = Pool {
            axes: [fit(h), fit(w)],
            channels: 1 + numbers.below([9, 150][case % 2]),
        };
        same(&Op::MaxPool(pool), 2, 1, &mut numbers);
        same(&Op::AveragePool(pool), 1, 1, &mut numbers);
    }
}
