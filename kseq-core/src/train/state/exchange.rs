//! `Exchange`: what the processes of a training tell each other. Who implements it knows how (MPI); the training knows what.

use core::fmt::Debug;

/// The processes of a training, its ranks, as one of them sees them.
///
/// Each rank calls the same methods in the same order with as many values. A rank that cannot go on ends all; so no method has an
/// error of its own.
pub trait Exchange: Debug + Send + Sync {
    /// The number of this rank, from 0.
    fn rank(&self) -> usize;

    /// How many ranks there are.
    fn ranks(&self) -> usize;

    /// Gives every rank what all have, in the order of the ranks: `all` is as long as that of all together.
    fn gather(&self, own: &[f64], all: &mut [f64]);

    /// The same of other numbers.
    fn gather_values(&self, own: &[f32], all: &mut [f32]);

    /// Of as many pieces as there are ranks, each goes to one of them: `dealt` gets what all have for this one, in the order of the
    /// ranks.
    fn deal(&self, own: &[f32], dealt: &mut [f32]);

    /// Every rank gets the bytes of rank 0.
    fn broadcast(&self, bytes: &mut [u8]);

    /// Runs `work` once, which starts sums over the ranks; when this returns, all of them are there. Sums of the same values by as
    /// many ranks have the same bits, whenever who comes.
    fn sums<'a>(&self, work: &mut dyn FnMut(&mut dyn Sums<'a>));
}

/// Sums over all ranks that are under way while a rank computes.
pub trait Sums<'a> {
    /// Starts the sum of some values, which becomes `sum`. Every rank starts the same sums in the same order.
    fn start(&mut self, own: &'a [f32], sum: &'a mut [f32]);
}

/// One process alone.
#[derive(Debug)]
pub(in crate::train) struct Alone;

impl Exchange for Alone {
    fn rank(&self) -> usize {
        0
    }

    fn ranks(&self) -> usize {
        1
    }

    fn gather(&self, own: &[f64], all: &mut [f64]) {
        all.copy_from_slice(own);
    }

    fn gather_values(&self, own: &[f32], all: &mut [f32]) {
        all.copy_from_slice(own);
    }

    fn deal(&self, own: &[f32], dealt: &mut [f32]) {
        dealt.copy_from_slice(own);
    }

    fn broadcast(&self, _: &mut [u8]) {}

    fn sums<'a>(&self, work: &mut dyn FnMut(&mut dyn Sums<'a>)) {
        work(&mut Alone);
    }
}

impl<'a> Sums<'a> for Alone {
    fn start(&mut self, own: &'a [f32], sum: &'a mut [f32]) {
        sum.copy_from_slice(own);
    }
}
