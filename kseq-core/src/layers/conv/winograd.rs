//! Winograd's form of a convolution in predictions on a host: the memory that it needs, and how it is split among threads.

use std::cell::Cell;
use std::vec::Vec;

use super::sums::{Finish, macs, shared_rows};
use crate::kernels::Isa;
use crate::kernels::conv::{Conv, Rows, SIDE};
use crate::kernels::gemm::Epilogue;
use crate::kernels::isa;
use crate::kernels::prefetch::Prefetch;
use crate::params::{UNALIGNED, aligned};
use crate::pool::Pool;

/// Outputs that pay for a thread.
const OUTPUTS: usize = 32 * 1024;

std::thread_local! {
    /// The transformed kernel of the layer that is computed; it is made anew for each call, which costs a few hundredths of it.
    static KERNEL: Cell<Transformed> = const { Cell::new(Transformed { of: core::ptr::null(), values: Vec::new() }) };
    /// What lies between the input and the output of some tiles.
    static BETWEEN: Cell<Vec<f32>> = const { Cell::new(Vec::new()) };
}

/// A transformed kernel, in memory that stays for the next one.
struct Transformed {
    /// Where the kernel lies if it is that of a sample that is taken by parts.
    of: *const f32,
    values: Vec<f32>,
}

impl Default for Transformed {
    fn default() -> Self {
        Transformed {
            of: core::ptr::null(),
            values: Vec::new(),
        }
    }
}

/// So many values of such a memory, from the begin of a line of the cache on. (What was there before may be elsewhere when more are
/// asked for.)
fn some(memory: &mut Vec<f32>, len: usize) -> &mut [f32] {
    if memory.len() < len + UNALIGNED {
        memory.resize(len + UNALIGNED, 0.0);
    }
    &mut aligned(memory)[..len]
}

/// Whether a prediction computes the convolution in this form, whatever part of it and for however many samples.
pub(super) fn is_taken(conv: &Conv) -> bool {
    conv.is_winograd() && Conv::has_winograd(isa())
}

/// The output of some samples.
pub(super) fn infer(
    conv: &Conv,
    (kernel, bias): (&[f32], &[f32]),
    x: &[f32],
    y: &mut [f32],
    finish: Finish<'_>,
    pool: &Pool,
) {
    let isa = isa();
    let (input, output, row) = (conv.input_len(), conv.output_len(), conv.row_len());
    let (samples, rows) = (y.len() / output.max(1), conv.axes[0].output);
    let threads = pool.threads();
    // Samples of a task, as many rows of each.
    let (samples_at_once, part) = match threads {
        // The activation finds a sample in the cache.
        1 if finish.activation.is_some() => (1, rows),
        1 => (samples.max(1), rows),
        _ if samples >= 2 * threads => (
            (OUTPUTS / output.max(1)).clamp(1, samples / (2 * threads)),
            rows,
        ),
        _ => {
            let part = shared_rows(threads, samples, rows, macs(conv));
            (1, part.next_multiple_of(SIDE).min(rows))
        }
    };
    let mut memory = KERNEL.take();
    memory.of = core::ptr::null();
    let transformed = some(&mut memory.values, conv.winograd_kernel_len());
    conv.winograd_kernel(isa, kernel, transformed, pool);
    let transformed = &*transformed;
    pool.for_each_chunk(y, samples_at_once * output, |i, y| {
        let x = &x[i * samples_at_once * input..][..y.len() / output * input];
        let part = if samples_at_once == 1 {
            part * row
        } else {
            y.len()
        };
        pool.for_each_chunk(y, part, |i, y| {
            let first = i * part / row;
            let rows = Rows { x, first, y };
            of_rows(
                isa,
                conv,
                transformed,
                bias,
                rows,
                finish,
                Prefetch::default(),
            );
        });
    });
    KERNEL.set(memory);
}

/// Some rows of one sample's output, whole tiles of them; the parts of a sample come one after the other from the first on.
pub(super) fn infer_part(
    conv: &Conv,
    (kernel, bias): (&[f32], &[f32]),
    x: &[f32],
    y: &mut [f32],
    first: usize,
    finish: Finish<'_>,
    prefetch: Prefetch<'_>,
) {
    let isa = isa();
    let mut memory = KERNEL.take();
    let transformed = some(&mut memory.values, conv.winograd_kernel_len());
    // While a thread waits in a layer behind it may compute something else. What it finds of this kernel later on is of this
    // sample, or of another one since its first part: as long as the kernel is borrowed nothing else can lie in its place.
    if first == 0 || memory.of != kernel.as_ptr() {
        conv.winograd_kernel(isa, kernel, transformed, &Pool::Serial);
        memory.of = kernel.as_ptr();
    }
    let rows = Rows { x, first, y };
    of_rows(isa, conv, transformed, bias, rows, finish, prefetch);
    KERNEL.set(memory);
}

fn of_rows(
    isa: Isa,
    conv: &Conv,
    transformed: &[f32],
    bias: &[f32],
    Rows { x, first, y }: Rows<'_>,
    finish: Finish<'_>,
    prefetch: Prefetch<'_>,
) {
    let epilogue = Epilogue {
        bias,
        relu: finish.relu,
        then: finish.then,
        ..Epilogue::default()
    };
    let mut memory = BETWEEN.take();
    let between = some(&mut memory, conv.winograd_scratch());
    let rows = Rows {
        x,
        first,
        y: &mut *y,
    };
    conv.forward_winograd(isa, transformed, rows, between, epilogue, prefetch);
    BETWEEN.set(memory);
    if let Some(activation) = finish.activation {
        activation(y, conv.filters);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::params::unaligned;

    #[test]
    fn memory_begins_with_a_line() {
        let mut memory = Vec::new();
        for len in [3, 5000, 70_000] {
            let some = some(&mut memory, len);
            assert_eq!((unaligned(some), some.len()), (0, len));
        }
    }
}
