//! Blocks of parameters of integer operators, without a model that they are from.

use kseq_int8::op::Op;
use kseq_int8::params::Layout;

/// A block, and where it has to begin.
#[repr(C, align(4))]
pub struct Block<const N: usize>(pub [u8; N]);

/// Parameters that look like those of a model: small biases, a multiplier that brings sums of `terms` products back to 8 bits, weights
/// of both signs.
pub const fn block<const N: usize>(op: &Op, terms: usize) -> Block<N> {
    let layout = Layout::of(op);
    assert!(N == layout.len());
    let mut out = [0; N];
    let (mut i, mut state) = (9 * layout.channels + 4, 12345_u32);
    while i < 9 * layout.channels + 4 + layout.bytes {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        out[i] = (state >> 24) as u8;
        i += 1;
    }
    let mut c = 0;
    while c < layout.channels {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        put(&mut out, 4 * c, (state as i32 >> 22) as u32);
        put(
            &mut out,
            4 * (layout.channels + c),
            (1 << 30) | (state >> 4),
        );
        out[8 * layout.channels + c] = (-6 - terms.ilog2() as i8 / 2) as u8;
        c += 1;
    }
    // The zero points, the least and the largest output.
    let zeros: [i8; 4] = [3, -10, -128, 127];
    i = 0;
    while i < 4 && layout.channels > 0 {
        out[9 * layout.channels + i] = zeros[i] as u8;
        i += 1;
    }
    Block(out)
}

const fn put<const N: usize>(out: &mut [u8; N], at: usize, value: u32) {
    let bytes = value.to_le_bytes();
    let mut i = 0;
    while i < 4 {
        out[at + i] = bytes[i];
        i += 1;
    }
}

/// The block of a softmax whose inputs have the scale 1 / 8.
pub const fn softmax<const N: usize>() -> Block<N> {
    let mut out = [0; N];
    put(&mut out, 0, -31_i32 as u32);
    put(&mut out, 4, 1 << 30);
    out[8] = 24;
    Block(out)
}

/// Inputs of both signs.
pub const fn values<const N: usize>() -> [i8; N] {
    let mut out = [0; N];
    let (mut i, mut state) = (0, 54321_u32);
    while i < N {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        out[i] = (state >> 24) as i8;
        i += 1;
    }
    out
}
