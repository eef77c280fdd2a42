//! How the kernel of a product lies in memory.
//!
//! `outputs` rows of `inputs` weights are cut into blocks of up to 16 rows, the last one of what is left. A block holds its rows side by
//! side, four weights of each at a time: `[inputs / 4][rows of the block][4]`, with zeros behind the last weight. So a
//! microcontroller reads a word of four outputs after another in one run, and a CPU with 512 bits reads four weights of sixteen
//! outputs at once.

/// The rows of a block.
pub const BLOCK: usize = 16;

/// The weights of a row with the zeros behind it.
#[must_use]
pub const fn padded(inputs: usize) -> usize {
    inputs.div_ceil(4) * 4
}

/// The bytes of a packed kernel.
#[must_use]
pub const fn packed_len(inputs: usize, outputs: usize) -> usize {
    padded(inputs) * outputs
}

/// Where a weight lies in a packed kernel.
#[must_use]
pub const fn place(inputs: usize, outputs: usize, output: usize, input: usize) -> usize {
    let first = output / BLOCK * BLOCK;
    let rows = if outputs - first < BLOCK {
        outputs - first
    } else {
        BLOCK
    };
    first * padded(inputs) + (input / 4 * rows + (output - first)) * 4 + input % 4
}
