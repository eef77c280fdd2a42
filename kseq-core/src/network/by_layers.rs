//! A prediction that lets the caller do something between two layers: feed a watchdog, answer a bus.

use core::slice;

use crate::activations::Activation;
use crate::baked::{Baked, TOO_SMALL};
use crate::error::Error;
use crate::kernels::dispatch::DEVICE;
use crate::layer::Ctx;
use crate::model::{Model, masked};
use crate::plan::OneLength;
use crate::pool::Pool;
use crate::scratch::Stateless;
use crate::tape::Buffers;
use crate::tensor::Tensor;

/// A prediction that has begun: see [`Baked::predict_some`].
#[must_use = "nothing is computed before `step`"]
pub struct ByLayers<'a, M: Model> {
    net: &'a Baked<M>,
    x: &'a M::Input,
    y: &'a mut M::Output,
    buffers: Buffers<'a>,
    scratch: &'a mut [f32],
    /// The memory for masks, and how much of it holds some.
    masks: (&'a mut [f32], usize),
    /// The layer that runs next.
    next: usize,
}

impl<M: Model> Baked<M> {
    /// The prediction of one sample in slices, one for each layer, for a program that must not be away for long. Its bits are
    /// those of [`predict_into`](Baked::predict_into).
    ///
    /// ```text
    /// let mut run = NET.predict_some(&x, &mut y, &mut scratch)?;
    /// while run.step() {
    ///     watchdog.feed();
    /// }
    /// ```
    ///
    /// # Errors
    /// Tokens that are out of range.
    pub fn predict_some<'a, const N: usize>(
        &'a self,
        x: &'a M::Input,
        y: &'a mut M::Output,
        scratch: &'a mut [f32; N],
    ) -> Result<ByLayers<'a, M>, Error>
    where
        M::Plan: OneLength,
        M::Scratch: Stateless,
    {
        const { assert!(N >= Self::SCRATCH, "{}", TOO_SMALL) };
        M::check(slice::from_ref(x))?;
        // On a microcontroller the arena has the layers' scratch memory in it, unless there is a single layer.
        let scratch_len = match DEVICE {
            true if M::PLACEMENTS.len() < 2 => N - M::SIZES.masks.each(),
            true => 0,
            false => M::SIZES.infer_scratch - M::SIZES.masks.each(),
        };
        let masks = M::SIZES.masks.each();
        let all = scratch.split_at_mut_checked(N - masks);
        let parts = all.and_then(|(rest, masks)| {
            let (scratch, memory) = rest.split_at_mut_checked(scratch_len)?;
            Some((scratch, memory, masks))
        });
        let Some((scratch, memory, masks)) = parts else {
            return Err(Error::Empty { what: "scratch" });
        };
        Ok(ByLayers {
            net: self,
            x,
            y,
            buffers: Buffers::new(memory, &M::SIZES, 1),
            scratch,
            masks: (masks, 0),
            next: 0,
        })
    }
}

impl<M: Model> ByLayers<'_, M> {
    /// Runs the next layer. Whether there is another one: with `false` the output is there.
    pub fn step(&mut self) -> bool {
        let layers = M::PLACEMENTS.len();
        if self.next >= layers {
            return false;
        }
        let cx = &mut Ctx::new(&Pool::Serial, 0, 0);
        let cx = &mut cx.with_scratch(self.scratch);
        let (x, y) = (slice::from_ref(self.x), slice::from_mut(self.y));
        let (masks, found) = &mut self.masks;
        let memory = masks.len();
        let cx = &mut masked::<M>(cx, x, masks, *found);
        self.buffers.select(self.next..self.next + 1);
        M::infer(self.net, self.net.state(), x, y, &mut self.buffers, cx);
        *found = memory - cx.masks_left();
        self.next += 1;
        if self.next == layers {
            M::Head::forward(M::Output::flat_mut(y), M::Output::SHAPE.last());
        }
        self.next < layers
    }
}
