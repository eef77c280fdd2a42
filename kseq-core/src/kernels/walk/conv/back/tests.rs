//! Against the gradients of a host.

use std::vec;

use super::super::tests::{close, conv};
use super::*;
use crate::kernels::Isa;
use crate::kernels::draw::Draw;
use crate::kernels::elementwise::add_column_sums;
use crate::pool::Pool;

#[test]
fn gradients_are_those_of_the_host() {
    let mut draw = Draw(3);
    for _ in 0..3000 {
        let (conv, samples) = (conv(&mut draw), draw.below(3));
        let (input, output) = (conv.input_len(), conv.output_len());
        let bias = if draw.below(2) == 0 { conv.filters } else { 0 };
        let x = draw.numbers(samples * input);
        let dz = draw.numbers(samples * output);
        let kernel = draw.numbers(conv.kernel_len());

        let mut flipped = vec![f32::NAN; kernel.len()];
        conv.flip(&kernel, &mut flipped, &Pool::Serial);
        let mut want = vec![f32::NAN; x.len()];
        for (dx, dz) in want.chunks_exact_mut(input).zip(dz.chunks_exact(output)) {
            conv.backward_with_isa(Isa::Portable, dz, &flipped, dx, 0);
        }
        let mut got = vec![f32::NAN; x.len()];
        input_gradient(&conv, &kernel, &dz, &mut got, &mut flipped);
        close(&got, &want, &conv);

        let mut want = vec![0.0; kernel.len() + bias];
        let (dkernel, dbias) = want.split_at_mut(kernel.len());
        for (x, dz) in x.chunks_exact(input).zip(dz.chunks_exact(output)) {
            conv.add_kernel_gradient_with_isa(Isa::Portable, x, dz, dkernel, 0);
        }
        if bias > 0 {
            add_column_sums(dbias, &dz, &Pool::Serial);
        }
        let mut got = vec![f32::NAN; want.len()];
        kernel_gradient(&conv, &x, &dz, &mut got);
        close(&got, &want, &conv);
    }
}
