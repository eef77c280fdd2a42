//! An LSTM's steps, one after the other.

use super::step::Block;
#[cfg(target_arch = "x86_64")]
use super::sums::{Avx2, Vnni};
use super::sums::{Portable, Sums};
#[cfg(target_arch = "x86_64")]
use crate::kernels::{Isa, isa};
use crate::kernels::{fill, rolled};
use crate::op::Lstm;
use crate::packing::padded;
use crate::params::Params;
use crate::rows::{copy, rows, rows_mut};

/// Computes the operator of any number of samples; what does not fit is not computed.
pub(crate) fn lstm(l: &Lstm, params: &Params<'_>, x: &[i8], y: &mut [i8], scratch: &mut [i8]) {
    if l.steps == 0 || l.inputs == 0 || l.units == 0 {
        return;
    }
    let Some(block) = &Block::of(l, params) else {
        return;
    };
    #[cfg(target_arch = "x86_64")]
    match isa() {
        Isa::Avx512 => {
            if let Some(vnni) = Vnni::detect() {
                return x86::vnni(vnni, l, block, x, y, scratch);
            }
        }
        Isa::Avx2 | Isa::AvxVnni => {
            if let Some(avx2) = Avx2::detect() {
                return x86::avx2(avx2, l, block, x, y, scratch);
            }
        }
        _ => {}
    }
    samples(Portable, l, block, x, y, scratch);
}

#[inline(always)]
fn samples<S: Sums>(
    with: S,
    l: &Lstm,
    block: &Block<'_>,
    x: &[i8],
    y: &mut [i8],
    scratch: &mut [i8],
) {
    let outputs = if l.sequences {
        l.steps * l.units
    } else {
        l.units
    };
    for (x, y) in rows(x, l.steps * l.inputs).zip(rows_mut(y, outputs)) {
        let _ = sample(with, l, block, x, y, scratch);
    }
}

/// One sample; nothing where the scratch is too short.
#[inline(always)]
fn sample<S: Sums>(
    with: S,
    l: &Lstm,
    block: &Block<'_>,
    x: &[i8],
    y: &mut [i8],
    scratch: &mut [i8],
) -> Option<()> {
    let (cells, rest) = scratch.split_at_mut_checked(2 * l.units)?;
    let (mut h, rest) = rest.split_at_mut_checked(padded(l.units))?;
    let (mut next, rest) = rest.split_at_mut_checked(padded(l.units))?;
    let row = rest.get_mut(..padded(l.inputs))?;
    let (cells, _) = cells.as_chunks_mut::<2>();
    for cell in cells.iter_mut() {
        rolled();
        *cell = [0; 2];
    }
    fill(h, block.state_zero);
    let mut outputs = rows_mut(y, l.units);
    for x in rows(x, l.inputs) {
        let x = if x.len() == row.len() {
            x
        } else {
            copy(x, row);
            &*row
        };
        block.step(with, x, h, cells, next);
        core::mem::swap(&mut h, &mut next);
        if l.sequences {
            copy(h, outputs.next()?);
        }
    }
    if !l.sequences {
        copy(h, outputs.next()?);
    }
    Some(())
}

/// [`samples`] where the compiler makes vectors of loops, too.
#[cfg(target_arch = "x86_64")]
mod x86 {
    #![allow(unsafe_code)]

    use super::*;

    macro_rules! with {
        ($name:ident, $with:ty, $features:literal) => {
            pub(super) fn $name(
                with: $with,
                l: &Lstm,
                block: &Block<'_>,
                x: &[i8],
                y: &mut [i8],
                scratch: &mut [i8],
            ) {
                #[target_feature(enable = $features)]
                fn run(
                    with: $with,
                    l: &Lstm,
                    block: &Block<'_>,
                    x: &[i8],
                    y: &mut [i8],
                    scratch: &mut [i8],
                ) {
                    samples(with, l, block, x, y, scratch);
                }
                // SAFETY: the CPU has the instructions, as there is a value of the type.
                unsafe { run(with, l, block, x, y, scratch) }
            }
        };
    }

    with!(avx2, Avx2, "avx2");
    with!(vnni, Vnni, "avx512f,avx512bw,avx512dq,avx512vl,avx512vnni");
}
