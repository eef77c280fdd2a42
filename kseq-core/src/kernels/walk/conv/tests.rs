//! Against the convolution of a host, and a pooling by itself.

use std::{vec, vec::Vec};

use super::super::{Walk, pool};
use super::*;
use crate::kernels::Isa;
use crate::kernels::draw::Draw;
use crate::kernels::gemm::Epilogue;
use crate::kernels::walk::Pools;

pub(super) fn conv(draw: &mut Draw) -> Conv {
    let rows = draw.of(&[1, 8]);
    let axes = [draw.axis(rows), draw.axis(9)];
    let groups = [1, 1, 2, 3][draw.below(4)];
    let (depth, width) = (1 + draw.below(3), 1 + draw.below(19));
    let (depth, width) = if draw.below(4) == 0 {
        (1, 1)
    } else {
        (depth, width)
    };
    Conv {
        axes,
        channels: groups * depth,
        filters: groups * width,
        groups,
    }
}

/// Windows that lie apart, some with borders.
fn pooling(draw: &mut Draw, conv: &Conv) -> Pooling {
    let mut windows = |axis: &Axis| {
        let (input, taps) = (axis.output, 1 + draw.below(3));
        let stride = taps + draw.below(2);
        let (before, output) = match draw.below(2) {
            0 if taps <= input => (0, (input - taps) / stride + 1),
            _ => {
                let output = input.div_ceil(stride);
                let seen = (output - 1) * stride + taps;
                (seen.saturating_sub(input) / 2, output)
            }
        };
        Axis {
            input,
            output,
            taps,
            stride,
            dilation: 1,
            before: before as isize,
        }
    };
    let axes = [windows(&conv.axes[0]), windows(&conv.axes[1])];
    Pooling {
        axes,
        channels: conv.filters,
        average: draw.below(2) == 0,
    }
}
#[track_caller]
pub(super) fn close(got: &[f32], want: &[f32], what: &dyn std::fmt::Debug) {
    assert_eq!(got.len(), want.len());
    for (got, want) in got.iter().zip(want) {
        let same = got.is_nan() && want.is_nan() || (got - want).abs() <= 1e-5 * (1.0 + want.abs());
        assert!(same, "{got} {want}, {what:?}");
    }
}

/// The output in an arena with no more memory than the plan gives it.
fn in_arena(walk: &Walk, x: &[f32], p: &[f32], relu: bool, backwards: bool) -> Vec<f32> {
    let Walk::Conv { conv, pooling, .. } = walk else {
        panic!("a convolution");
    };
    let len = pooling.map_or(conv.output_len(), |pooling| pooling.output_len());
    let size = len.max(x.len() + walk.lead(backwards));
    let mut arena = vec![f32::NAN; size];
    let (from, to) = match backwards {
        false => (size - x.len(), 0),
        true => (0, size - len),
    };
    arena[from..from + x.len()].copy_from_slice(x);
    let memory = Memory::within(&mut arena, from..from + x.len(), to..to + len);
    convolve(conv, pooling.as_ref(), p, relu, &memory, backwards);
    memory.into_output().to_vec()
}

#[test]
fn outputs_are_those_of_the_host() {
    let mut draw = Draw(1);
    for _ in 0..3000 {
        let (conv, relu) = (conv(&mut draw), draw.below(2) == 0);
        let bias = if draw.below(2) == 0 { conv.filters } else { 0 };
        let mut x = draw.numbers(conv.input_len());
        if draw.below(9) == 0 {
            let at = draw.below(x.len());
            x[at] = f32::NAN;
        }
        let p = draw.numbers(conv.kernel_len() + bias);
        let (kernel, bias) = p.split_at(conv.kernel_len());
        let epilogue = Epilogue {
            bias,
            relu,
            ..Epilogue::default()
        };
        let mut want = vec![f32::NAN; conv.output_len()];
        conv.forward_with_isa(Isa::Portable, &x, kernel, &mut want, 0, epilogue);
        let walk = |pooling| Walk::Conv {
            conv,
            pools: Pools::Any,
            pooling,
        };
        for backwards in [false, true] {
            let got = in_arena(&walk(None), &x, &p, relu, backwards);
            close(&got, &want, &conv);
        }
        let pooling = pooling(&mut draw, &conv);
        if !conv.in_lines() {
            continue;
        }
        let mut pooled = vec![f32::NAN; pooling.output_len()];
        pool(&pooling, &Memory::apart(&want, &mut pooled), false);
        for backwards in [false, true] {
            let got = in_arena(&walk(Some(pooling)), &x, &p, relu, backwards);
            close(&got, &pooled, &(conv, pooling));
        }
    }
}

/// A pooling by itself may work in the place of its input.
#[test]
fn a_pooling_in_place() {
    let mut draw = Draw(2);
    for _ in 0..2000 {
        let conv = conv(&mut draw);
        let mut pooling = pooling(&mut draw, &conv);
        // Windows that overlap, too.
        for axis in &mut pooling.axes {
            if axis.before == 0 && draw.below(2) == 0 {
                axis.stride = 1;
                axis.output = (axis.input + 1).saturating_sub(axis.taps).max(1);
            }
        }
        let x = draw.numbers(pooling.input_len());
        let mut want = vec![f32::NAN; pooling.output_len()];
        pool(&pooling, &Memory::apart(&x, &mut want), false);
        let (walk, len) = (Walk::Pool(pooling), pooling.output_len());
        for backwards in [false, true] {
            let size = len.max(x.len() + walk.lead(backwards));
            let mut arena = vec![f32::NAN; size];
            let (from, to) = match backwards {
                false => (size - x.len(), 0),
                true => (0, size - len),
            };
            arena[from..from + x.len()].copy_from_slice(&x);
            let memory = Memory::within(&mut arena, from..from + x.len(), to..to + len);
            pool(&pooling, &memory, backwards);
            close(memory.into_output(), &want, &pooling);
        }
    }
}
