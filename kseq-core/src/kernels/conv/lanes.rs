//! Channels in the lanes of a vector, each of which may see a channel of an input together with others.

#![allow(unsafe_code)]

use crate::kernels::vector::Vector;

/// All lanes of a vector are channels.
pub const ALL: u8 = 0;
/// Only the first ones.
pub const SOME: u8 = 1;
/// The same with several filters for each channel of the input.
pub const SPREAD: u8 = 2;
/// And with several for each of the output, to which they are added.
pub const GATHER: u8 = 3;

/// The channels in a vector.
pub struct Lanes<V: Vector, const MODE: u8> {
    /// How many.
    len: usize,
    mask: V::Mask,
    multiplier: usize,
    /// Of the channels of an input: how many there are, and which one each lane sees.
    seen: V::Mask,
    places: V::Places,
}

impl<V: Vector, const MODE: u8> Lanes<V, MODE> {
    /// The channels from `c` on.
    ///
    /// # Safety
    /// The CPU has the instructions.
    #[inline(always)]
    pub unsafe fn new(channels: usize, multiplier: usize, c: usize) -> Self {
        let len = (channels - c).min(V::LANES);
        let (skip, seen) = match MODE {
            SPREAD => (
                c % multiplier,
                (c + len - 1) / multiplier - c / multiplier + 1,
            ),
            _ => (0, len),
        };
        let place = |lane: usize| match MODE {
            SPREAD => (skip + lane) / multiplier,
            _ => lane,
        };
        // SAFETY: promised by the caller.
        unsafe {
            Lanes {
                len,
                mask: V::mask(len),
                multiplier,
                seen: V::mask(seen),
                places: V::places(place),
            }
        }
    }

    /// The values of an input.
    ///
    /// # Safety
    /// Those that the lanes see may be read.
    #[inline(always)]
    pub unsafe fn see(&self, from: *const f32) -> V {
        // SAFETY: promised by the caller; there is a mask, so the CPU has the instructions.
        unsafe {
            match MODE {
                SPREAD => V::load_some(from, self.seen).at(self.places),
                _ => self.load(from),
            }
        }
    }

    /// # Safety
    /// These lanes may be read.
    #[inline(always)]
    pub unsafe fn load(&self, from: *const f32) -> V {
        // SAFETY: as above.
        unsafe {
            match MODE {
                ALL => V::load(from),
                _ => V::load_some(from, self.mask),
            }
        }
    }

    /// # Safety
    /// These lanes may be written.
    #[inline(always)]
    pub unsafe fn store(&self, value: V, to: *mut f32) {
        // SAFETY: promised by the caller.
        unsafe {
            match MODE {
                ALL => value.store(to),
                _ => value.store_some(to, self.mask),
            }
        }
    }

    /// Adds each lane to the channel that it belongs to, the first one to that of `c`.
    ///
    /// # Safety
    /// These channels may be written.
    #[inline(always)]
    pub unsafe fn gather(&self, value: V, c: usize, to: *mut f32) {
        let mut lanes = [0.0; 16];
        // SAFETY: promised by the caller; no vector has more lanes.
        unsafe {
            value.store(lanes.as_mut_ptr());
            let (mut to, mut left) = (to, self.multiplier - c % self.multiplier);
            for lane in &lanes[..self.len] {
                *to += lane;
                left -= 1;
                if left == 0 {
                    (to, left) = (to.wrapping_add(1), self.multiplier);
                }
            }
        }
    }
}
