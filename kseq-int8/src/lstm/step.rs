//! One step of an LSTM.

use super::functions::{divide, function};
use super::layout::{GATES, RATIOS};
use super::sums::Sums;
use crate::arithmetic::multiply;
use crate::kernels::rolled;
use crate::op::Lstm;
use crate::packing::{BLOCK, packed_len};
use crate::params::Params;
use crate::views::signed_words;

/// The units of a block of rows.
const UNITS: usize = BLOCK / GATES;

/// Blocks whose cells' tanh is computed at once: as many units as vectors have numbers, or as few as a stack is small.
const BLOCKS: usize = if cfg!(feature = "std") { 4 } else { 1 };

/// Sums that become gates at once.
const LANES: usize = if cfg!(feature = "std") { BLOCK } else { GATES };

/// Ratios of scales, side by side: those of the four gates, again and again.
#[derive(Clone, Copy)]
struct Ratios {
    multiplier: [i32; LANES],
    shift: [i8; LANES],
}

/// What is computed of a step's input or of the state: the sums of all gates.
#[derive(Clone, Copy)]
struct Product<'a> {
    /// What the sums begin with.
    bias: &'a [i32],
    kernel: &'a [i8],
    ratios: Ratios,
}

/// An LSTM's block.
pub(super) struct Block<'a> {
    input: Product<'a>,
    state: Product<'a>,
    /// Multiplier and shift of the output.
    output: (i32, i8),
    /// The zero point of the state.
    pub(super) state_zero: i8,
    output_zero: i8,
    /// The power of the cell's scale, from -15 to -9.
    cell: i32,
    /// Where the cell ends on both sides.
    clip: (i16, i16),
}

impl<'a> Block<'a> {
    /// Nothing where the block is too short, or does not begin at a multiple of 4.
    #[inline(always)]
    pub(super) fn of(l: &Lstm, params: &Params<'a>) -> Option<Block<'a>> {
        let rows = GATES * l.units;
        let (words, rest) = params.bytes.split_at_checked(4 * (2 * rows + RATIOS))?;
        let (biases, multipliers) = signed_words(words).split_at_checked(2 * rows)?;
        let (input_bias, state_bias) = biases.split_at_checked(rows)?;
        let (shifts, rest) = rest.split_at_checked(RATIOS.next_multiple_of(4))?;
        let (input_kernel, rest) = rest.split_at_checked(packed_len(l.inputs, rows))?;
        let state_kernel = rest.get(..packed_len(l.units, rows))?;
        let clip = i16::from_ne_bytes(shifts.last_chunk()?.map(|b| b as u8));
        let (input_multipliers, multipliers) = multipliers.split_first_chunk::<GATES>()?;
        let (state_multipliers, multipliers) = multipliers.split_first_chunk::<GATES>()?;
        let (input_shifts, shifts) = shifts.split_first_chunk::<GATES>()?;
        let (state_shifts, shifts) = shifts.split_first_chunk::<GATES>()?;
        Some(Block {
            input: Product {
                bias: input_bias,
                kernel: input_kernel,
                ratios: Ratios::of(input_multipliers, input_shifts),
            },
            state: Product {
                bias: state_bias,
                kernel: state_kernel,
                ratios: Ratios::of(state_multipliers, state_shifts),
            },
            output: (*multipliers.first()?, *shifts.first()?),
            state_zero: params.zeros.output,
            output_zero: params.zeros.min,
            cell: params.zeros.max.clamp(-15, -9).into(),
            clip: if clip > 0 {
                (-clip, clip)
            } else {
                (i16::MIN, i16::MAX)
            },
        })
    }

    /// A step: from the input and the state to the cell and the next state.
    #[inline(always)]
    pub(super) fn step<S: Sums>(
        &self,
        with: S,
        x: &'a [i8],
        h: &'a [i8],
        cells: &mut [[i8; 2]],
        next: &mut [i8],
    ) {
        let (mut input, mut state) = (self.input.rows(with, x), self.state.rows(with, h));
        let (mut x_sums, mut h_sums) = ([0; BLOCK], [0; BLOCK]);
        let units = cells.chunks_mut(BLOCKS * UNITS);
        for (cells, next) in units.zip(next.chunks_mut(BLOCKS * UNITS)) {
            let mut gates = [[0; BLOCK]; BLOCKS];
            for gates in gates.iter_mut() {
                let sums = input.next(with, &mut x_sums);
                if sums.and_then(|()| state.next(with, &mut h_sums)).is_none() {
                    break;
                }
                self.add(&x_sums, &h_sums, gates);
            }
            functions(gates.as_flattened_mut());
            let (mut c, mut o) = ([0; BLOCKS * UNITS], [0; BLOCKS * UNITS]);
            let gates = gates.as_flattened().as_chunks::<GATES>().0;
            let lanes = c.iter_mut().zip(&mut o).zip(gates);
            for (cell, ((c, o), [i, f, g, gate_o])) in cells.iter_mut().zip(lanes) {
                *c = self.next_cell(i16::from_ne_bytes(cell.map(|b| b as u8)), [*i, *f, *g]);
                *o = *gate_o;
                *cell = c.to_ne_bytes().map(|b| b as i8);
            }
            let out = self.next_state(&c, &o);
            for (h, out) in next.iter_mut().zip(out) {
                rolled();
                *h = out;
            }
        }
    }

    /// What the gates' functions take.
    #[inline(always)]
    fn add(&self, input: &[i32; BLOCK], state: &[i32; BLOCK], gates: &mut [i16; BLOCK]) {
        let (x, h) = (&self.input.ratios, &self.state.ratios);
        let lanes = input.as_chunks::<LANES>().0.iter();
        let lanes = lanes.zip(state.as_chunks::<LANES>().0);
        for (gates, (input, state)) in gates.as_chunks_mut::<LANES>().0.iter_mut().zip(lanes) {
            let x = input.iter().zip(x.multiplier.iter().zip(&x.shift));
            let h = state.iter().zip(h.multiplier.iter().zip(&h.shift));
            for (gate, ((x, (mx, sx)), (h, (mh, sh)))) in gates.iter_mut().zip(x.zip(h)) {
                let x = i32::from(clamp16(scaled(*x, *mx, *sx)));
                *gate = clamp16(scaled(*h, *mh, *sh).saturating_add(x));
            }
        }
    }

    #[inline(always)]
    fn next_cell(&self, cell: i16, [i, f, g]: [i16; 3]) -> i16 {
        let kept = divide(i32::from(f) * i32::from(cell), 15) as i16;
        let new = divide(i32::from(i) * i32::from(g), (30 + self.cell) as u32) as i16;
        let (least, largest) = self.clip;
        kept.saturating_add(new).max(least).min(largest)
    }

    #[inline(always)]
    fn next_state(
        &self,
        cells: &[i16; BLOCKS * UNITS],
        o: &[i16; BLOCKS * UNITS],
    ) -> [i8; BLOCKS * UNITS] {
        let shift = (16 + self.cell) as u32;
        let (multiplier, to) = self.output;
        let mut next = [0; BLOCKS * UNITS];
        for (next, (c, o)) in next.iter_mut().zip(cells.iter().zip(o)) {
            let h = i32::from(*o) * i32::from(function(*c, shift, true));
            let h = scaled(h, multiplier, to).saturating_add(self.output_zero.into());
            *next = h.clamp(-128, 127) as i8;
        }
        next
    }
}

impl Ratios {
    fn of(multipliers: &[i32; GATES], shifts: &[i8; GATES]) -> Ratios {
        let mut ratios = Ratios {
            multiplier: [0; LANES],
            shift: [0; LANES],
        };
        let rows = (ratios.multiplier.iter_mut()).zip(&mut ratios.shift);
        let gates = multipliers.iter().zip(shifts).cycle();
        for ((multiplier, shift), (m, s)) in rows.zip(gates) {
            (*multiplier, *shift) = (*m, *s);
        }
        ratios
    }
}

impl<'a> Product<'a> {
    /// Its rows with some values, block by block.
    #[inline(always)]
    fn rows<S: Sums>(&self, with: S, x: &'a [i8]) -> Rows<'a> {
        Rows {
            x,
            prepared: with.prepare(x),
            bias: self.bias,
            kernel: self.kernel,
        }
    }
}

/// The rows that are left, and their values.
struct Rows<'a> {
    x: &'a [i8],
    prepared: i32,
    bias: &'a [i32],
    kernel: &'a [i8],
}

impl Rows<'_> {
    /// The sums of the next block of rows, if there are any.
    #[inline(always)]
    fn next<S: Sums>(&mut self, with: S, to: &mut [i32; BLOCK]) -> Option<()> {
        if self.bias.is_empty() {
            return None;
        }
        let (bias, biases) = self.bias.split_at_checked(self.bias.len().min(BLOCK))?;
        let (kernel, kernels) = (self.kernel).split_at_checked(bias.len() * self.x.len())?;
        (self.bias, self.kernel) = (biases, kernels);
        with.sums(self.x, self.prepared, kernel, bias, to);
        Some(())
    }
}

/// Applies the gates' functions.
#[inline(always)]
fn functions(gates: &mut [i16]) {
    if cfg!(feature = "std") {
        for (row, gate) in gates.iter_mut().enumerate() {
            let is_tanh = row % GATES == 2;
            *gate = function(*gate, 3 + u32::from(is_tanh), is_tanh);
        }
    } else {
        for [i, f, g, o] in gates.as_chunks_mut::<GATES>().0 {
            for gate in [i, f, o] {
                *gate = function(*gate, 3, false);
            }
            *g = function(*g, 4, true);
        }
    }
}

/// [`multiply`]; without vectors in fewer instructions: it divides by half of the power first, so that it can round by adding 1.
#[inline(always)]
fn scaled(x: i32, multiplier: i32, shift: i8) -> i32 {
    if cfg!(feature = "std") || shift >= 0 {
        return multiply(x, multiplier, shift);
    }
    let product = ((i64::from(x) * i64::from(multiplier) + (1 << 30)) >> 31) as i32;
    // Halves away from zero: those of a negative number are made a little less.
    let away = product.wrapping_add(product >> 31);
    let twice = away.wrapping_shr(u32::from((!shift).unsigned_abs()));
    twice.wrapping_add(1) >> 1
}

fn clamp16(x: i32) -> i16 {
    x.clamp(i32::from(i16::MIN), i32::from(i16::MAX)) as i16
}
