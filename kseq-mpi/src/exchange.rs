//! kseq's `Exchange` on MPI: each method is one collective operation, as a request that is waited for.

use std::sync::atomic::{AtomicU64, Ordering};

use kseq::train::{Exchange, Sums};
use mpi::collective::SystemOperation;
use mpi::request::{LocalScope, Request, scope};
use mpi::topology::SimpleCommunicator;
use mpi::traits::{Communicator, CommunicatorCollectives, Root};

use crate::faults::wait;

/// Sums that are under way at once, at most.
const AT_ONCE: usize = 64;
/// The values of a sum, at most: MPI counts them with an `i32`.
const MOST: usize = 1 << 30;

/// The ranks of `MPI_COMM_WORLD`.
#[derive(Debug)]
pub(crate) struct Ranks {
    rank: usize,
    ranks: usize,
    sent: AtomicU64,
}

impl Ranks {
    pub fn new(rank: i32, ranks: i32) -> Self {
        Ranks {
            rank: usize::try_from(rank).unwrap_or(0),
            ranks: usize::try_from(ranks).unwrap_or(1),
            sent: AtomicU64::new(0),
        }
    }

    pub fn bytes_sent(&self) -> u64 {
        self.sent.load(Ordering::Relaxed)
    }

    fn sends(&self, bytes: usize) {
        self.sent.fetch_add(bytes as u64, Ordering::Relaxed);
    }

    /// What a sum of so many values sends: each rank all but its own share, and that as often again when it is summed.
    fn sends_sum(&self, values: usize) {
        self.sends(2 * (self.ranks - 1) * size_of::<f32>() * values / self.ranks);
    }
}

impl Exchange for Ranks {
    fn rank(&self) -> usize {
        self.rank
    }

    fn ranks(&self) -> usize {
        self.ranks
    }

    fn gather(&self, own: &[f64], all: &mut [f64]) {
        self.sends((self.ranks - 1) * size_of_val(own));
        let world = SimpleCommunicator::world();
        scope(|scope| wait(self, world.immediate_all_gather_into(scope, own, all)));
    }

    fn gather_values(&self, own: &[f32], all: &mut [f32]) {
        self.sends((self.ranks - 1) * size_of_val(own));
        let world = SimpleCommunicator::world();
        scope(|scope| wait(self, world.immediate_all_gather_into(scope, own, all)));
    }

    fn deal(&self, own: &[f32], dealt: &mut [f32]) {
        self.sends((self.ranks - 1) * size_of_val(own) / self.ranks);
        let world = SimpleCommunicator::world();
        scope(|scope| wait(self, world.immediate_all_to_all_into(scope, own, dealt)));
    }

    fn broadcast(&self, bytes: &mut [u8]) {
        // Each rank but the first gets it once, from whichever.
        self.sends((self.ranks - 1) * bytes.len() / self.ranks);
        let world = SimpleCommunicator::world();
        let first = world.process_at_rank(0);
        for bytes in bytes.chunks_mut(MOST) {
            scope(|scope| wait(self, first.immediate_broadcast_into(scope, bytes)));
        }
    }

    fn sums<'a>(&self, work: &mut dyn FnMut(&mut dyn Sums<'a>)) {
        scope(|scope| {
            let mut under_way = UnderWay {
                ranks: self,
                scope,
                requests: [const { None }; AT_ONCE],
                next: 0,
            };
            work(&mut under_way);
            under_way
                .requests
                .into_iter()
                .flatten()
                .for_each(|request| wait(self, request));
        });
    }
}

/// A sum that is under way.
type Sum<'a, 's> = Request<'a, [f32], &'s LocalScope<'a>>;

/// The sums of a step.
struct UnderWay<'a, 's> {
    ranks: &'s Ranks,
    scope: &'s LocalScope<'a>,
    requests: [Option<Sum<'a, 's>>; AT_ONCE],
    /// The place of the next one.
    next: usize,
}

impl<'a> UnderWay<'a, '_> {
    fn begin(&mut self, own: &'a [f32], sum: &'a mut [f32]) {
        // MPI gets on with a sum only while it is called.
        for place in &mut self.requests {
            *place = place.take().and_then(|request| request.test().err());
        }
        let place = self.next % AT_ONCE;
        self.next += 1;
        self.ranks.sends_sum(own.len());
        let world = SimpleCommunicator::world();
        let add = SystemOperation::sum();
        let request = world.immediate_all_reduce_into(self.scope, own, sum, add);
        if let Some(place) = self.requests.get_mut(place)
            && let Some(before) = place.replace(request)
        {
            wait(self.ranks, before);
        }
    }
}

impl<'a> Sums<'a> for UnderWay<'a, '_> {
    fn start(&mut self, own: &'a [f32], sum: &'a mut [f32]) {
        for (own, sum) in own.chunks(MOST).zip(sum.chunks_mut(MOST)) {
            self.begin(own, sum);
        }
    }
}
