//! Neighbouring channels, as many at a time as have room in registers.

use crate::kernels::dispatch::DEVICE;

/// What is done with `T` neighbouring channels of all rows.
pub(super) trait Tile {
    fn tile<const T: usize>(&mut self, first: usize);
}

/// All channels, in tiles whose sums fit into registers.
#[inline(always)]
pub(super) fn in_tiles(channels: usize, work: &mut impl Tile) {
    let mut at = 0;
    while !DEVICE && at + 64 <= channels {
        work.tile::<64>(at);
        at += 64;
    }
    while !DEVICE && at + 16 <= channels {
        work.tile::<16>(at);
        at += 16;
    }
    while at + 4 <= channels {
        work.tile::<4>(at);
        at += 4;
    }
    while at < channels {
        work.tile::<1>(at);
        at += 1;
    }
}
