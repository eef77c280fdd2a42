//! The last steps of a sequence that comes step by step: what a window sees next.

use super::window::Window;
use crate::facts::Streaming;
use crate::shape::Shape;

/// Memory of `1 + steps * channels` values, zeros at first: how many steps there were, and the last ones, the newest at the end.
pub struct Ring<'a> {
    /// A number as bits, of the steps so far; of many the last ones.
    count: &'a mut f32,
    rows: &'a mut [f32],
    channels: usize,
}

/// The values that a ring takes.
pub const fn len(steps: usize, channels: usize) -> usize {
    steps.saturating_mul(channels).saturating_add(1)
}

impl<'a> Ring<'a> {
    /// The ring with a further step in it; `every` is from one output to the next. Nothing for memory that is too small.
    pub fn with(memory: &'a mut [f32], x: &[f32], every: usize) -> Option<Self> {
        let (count, rows) = memory.split_first_mut()?;
        let channels = x.len();
        let kept = rows.len().checked_sub(channels)?;
        rows.copy_within(channels.., 0);
        rows.get_mut(kept..)?.copy_from_slice(x);
        let ring = Ring {
            count,
            rows,
            channels,
        };
        // Where outputs lie depends on the number modulo `every`, so it need not grow.
        let steps = ring.steps() + 1;
        let steps = match steps > ring.reach() + every {
            true => steps - every,
            false => steps,
        };
        *ring.count = f32::from_bits(steps as u32);
        Some(ring)
    }

    /// The steps so far, or if these are more than a window sees and an output takes as many as tell where outputs lie.
    pub fn steps(&self) -> usize {
        self.count.to_bits() as usize
    }

    /// Whether there is an output at this step: the first one after `first` steps.
    pub fn gives(&self, first: usize, every: usize) -> bool {
        let since = self.steps().checked_sub(first);
        since.is_some_and(|since| since.is_multiple_of(every))
    }

    fn reach(&self) -> usize {
        self.rows.len() / self.channels.max(1)
    }

    /// The steps that a window sees, which are fewer at the beginning.
    pub fn window(&self) -> &[f32] {
        let some = self.seen();
        self.rows.get(some..).unwrap_or_default()
    }

    /// The same, which stay borrowed.
    pub fn into_window(self) -> &'a [f32] {
        let some = self.seen();
        self.rows.get(some..).unwrap_or_default()
    }

    /// Where they begin.
    fn seen(&self) -> usize {
        let some = self.steps().min(self.reach()) * self.channels;
        self.rows.len().saturating_sub(some)
    }
}

/// How a convolution of a sequence works on single steps: not one that sees what comes later, or goes over more than one axis.
pub const fn streaming<const N: usize>(
    window: &Window<N>,
    kernel_size: [usize; N],
    channels: usize,
    each: Streaming,
) -> Streaming {
    match window.causal(kernel_size[0]) {
        Some((reach, zeros)) if N == 1 => Streaming {
            state: len(reach, channels),
            delay: if zeros { 0 } else { reach - 1 },
            every: window.strides[0],
            ..each
        },
        _ => Streaming::NEVER,
    }
}

/// What an output of such a convolution sees, in steps.
pub const fn reach<const N: usize>(window: &Window<N>, kernel_size: [usize; N]) -> usize {
    match window.causal(kernel_size[0]) {
        Some((reach, _)) if N == 1 => reach,
        _ => 1,
    }
}

/// What the output of a convolution at a step sees.
pub struct Seen<'a> {
    pub window: &'a [f32],
    steps: usize,
    channels: usize,
    /// How many steps before the first one it would see.
    pub before: isize,
}

impl Seen<'_> {
    pub const fn shape(&self) -> Shape {
        Shape::new(&[self.steps, self.channels])
    }
}

/// What the output at the next step sees, if there is one at this step. `memory` is what [`streaming`] asks for.
#[cfg_attr(not(feature = "std"), inline(always))]
pub fn seen<'a, const N: usize>(
    window: &Window<N>,
    kernel_size: [usize; N],
    memory: &'a mut [f32],
    x: &[f32],
) -> Option<Seen<'a>> {
    if N != 1 {
        return None;
    }
    let every = window.strides[0];
    let (reach, zeros) = window.causal(kernel_size[0])?;
    let ring = Ring::with(memory, x, every)?;
    if !ring.gives(if zeros { 1 } else { reach }, every) {
        return None;
    }
    let window = ring.into_window();
    let steps = window.len() / x.len().max(1);
    Some(Seen {
        window,
        steps,
        channels: x.len(),
        // Taps before the first step see nothing.
        before: reach.saturating_sub(steps) as isize,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_steps_are_seen() {
        let mut memory = [0.0; len(3, 1)];
        let mut steps = [0; 9];
        for (i, seen) in steps.iter_mut().enumerate() {
            let ring = Ring::with(&mut memory, &[i as f32], 2).expect("room");
            let first = i.saturating_sub(2);
            let window = ring.window();
            assert!(window.iter().zip(first..=i).all(|(x, i)| *x == i as f32));
            assert_eq!(window.len(), i + 1 - first);
            *seen = ring.steps();
        }
        assert_eq!(steps, [1, 2, 3, 4, 5, 4, 5, 4, 5]);
    }
}
