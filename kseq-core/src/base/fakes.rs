//! The outputs of layers as the int8 twin will have them, in a training that is aware of it.

use core::sync::atomic::{AtomicU32, Ordering};
use std::vec::Vec;

use kseq_int8::arithmetic::Scale;

/// What the ranges keep of what they were, with each step.
const MOMENTUM: f32 = 0.95;

/// The output of a layer in integers.
#[derive(Debug)]
struct Fake {
    layer: usize,
    /// If the specification fixes it.
    fixed: Option<Scale>,
    /// The least and the largest value; of the steps so far, and of this one.
    ends: [f32; 2],
    seen: [AtomicU32; 2],
}

/// The outputs of layers in integers, for a pass.
#[derive(Clone, Debug)]
pub(crate) struct Fakes(Vec<Fake>);

/// The scale of a range, which has 0 in it; the same as calibration takes.
pub(crate) fn scale_of([least, most]: [f32; 2]) -> Scale {
    let (least, most) = (f64::from(least.min(0.0)), f64::from(most.max(0.0)));
    let width = most - least;
    if width.is_nan() || width <= 0.0 {
        return Scale {
            scale: 1.0 / 255.0,
            zero_point: -128,
        };
    }
    let scale = (width / 255.0).max(f64::from(f32::MIN_POSITIVE));
    let zero = (-128.0 - least / scale).round().clamp(-128.0, 127.0);
    Scale {
        scale: scale as f32,
        zero_point: zero as i8,
    }
}

impl Fakes {
    /// Those of these layers; with a scale where the specification fixes it.
    pub(crate) fn new(layers: impl IntoIterator<Item = (usize, Option<Scale>)>) -> Self {
        let fakes = layers.into_iter().map(|(layer, fixed)| Fake {
            layer,
            fixed,
            ends: [f32::INFINITY, f32::NEG_INFINITY],
            seen: nothing(),
        });
        Fakes(fakes.collect())
    }

    /// The layers, and whether their scale is fixed.
    #[cfg(test)]
    pub(crate) fn layers(&self) -> Vec<(usize, bool)> {
        let of = |fake: &Fake| (fake.layer, fake.fixed.is_some());
        self.0.iter().map(of).collect()
    }

    /// The range of one.
    #[cfg(test)]
    pub(crate) fn ends(&self, at: usize) -> [f32; 2] {
        self.0[at].ends
    }

    /// The output of a layer becomes what the twin will have, if it has it.
    #[inline]
    pub(crate) fn take(&self, layer: usize, y: &mut [f32]) {
        if let Some(fake) = self.0.iter().find(|fake| fake.layer == layer) {
            fake.take(y);
        }
    }

    /// The ranges follow what the step has seen.
    pub(crate) fn follow(&mut self) {
        for fake in &mut self.0 {
            let seen = fake
                .seen
                .each_mut()
                .map(|bits| f32::from_bits(*bits.get_mut()));
            let [least, most] = seen;
            if least <= most {
                let first = fake.ends[0] > fake.ends[1];
                for (end, seen) in fake.ends.iter_mut().zip(seen) {
                    *end = if first {
                        seen
                    } else {
                        MOMENTUM * *end + (1.0 - MOMENTUM) * seen
                    };
                }
            }
            fake.seen = nothing();
        }
    }
}

fn nothing() -> [AtomicU32; 2] {
    [f32::INFINITY, f32::NEG_INFINITY].map(|end| AtomicU32::new(end.to_bits()))
}

impl Fake {
    fn take(&self, y: &mut [f32]) {
        let scale = match self.fixed {
            Some(scale) => scale,
            None => {
                let [least, most] = self
                    .seen
                    .each_ref()
                    .map(|bits| f32::from_bits(bits.load(Ordering::Relaxed)));
                let ends = y.iter().fold([least, most], |[least, most], y| {
                    [least.min(*y), most.max(*y)]
                });
                for (bits, end) in self.seen.iter().zip(ends) {
                    bits.store(end.to_bits(), Ordering::Relaxed);
                }
                // The first step only looks.
                if self.ends[0] > self.ends[1] {
                    return;
                }
                scale_of(self.ends)
            }
        };
        for y in y {
            *y = scale.dequantize(scale.quantize(*y));
        }
    }
}

impl Clone for Fake {
    fn clone(&self) -> Self {
        Fake {
            seen: nothing(),
            ..*self
        }
    }
}
