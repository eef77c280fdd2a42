#![doc = include_str!("../README.md")]

mod exchange;
mod faults;

use std::fmt;
use std::sync::Arc;

use kseq::error::Error;
use kseq::losses::MeantFor;
use kseq::metrics::Metrics;
use kseq::model::Model;
use kseq::tensor::Tensor;
use kseq::train::{Compiled, Exchange, Sequential, ToPredict, Trains};
use mpi::Threading;
use mpi::environment::Universe;
use mpi::topology::{Communicator, SimpleCommunicator};

use exchange::Ranks;

/// The processes that `mpirun` has started, as one of them sees them: what [`init`] gives.
///
/// When it is dropped, at the end of `main`, MPI ends: the ranks wait for each other there. A rank that ends while others wait for it
/// ends all.
pub struct World {
    ranks: Arc<Ranks>,
    /// Where the ranks wait for each other at the end, so that it is not mistaken for what others wait for.
    farewell: SimpleCommunicator,
    /// Ends MPI last.
    _universe: Universe,
}

/// Why there is no [`World`].
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum InitError {
    /// MPI has been initialized in this process before, and can be only once.
    Twice,
    /// The MPI library cannot be called from a thread that did not initialize it.
    Threads,
}

impl fmt::Display for InitError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            InitError::Twice => {
                "kseq_mpi::init: MPI is initialized already; call it once in a process, at the beginning of `main`, and keep what it gives"
            }
            InitError::Threads => {
                "kseq_mpi::init: expected an MPI library for MPI_THREAD_SERIALIZED, found one for less; take one that was built with threads, as Debian's OpenMPI and MPICH are"
            }
        })
    }
}

/// The same text: Rust prints this form of an error that `main` returns.
impl fmt::Debug for InitError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl std::error::Error for InitError {}

/// Joins the processes that `mpirun` has started. A program that was started without it is a world of one.
///
/// From now on a panic of this thread ends all ranks, with a message that names this one.
///
/// # Errors
/// MPI is initialized already, or cannot be called from several threads.
pub fn init() -> Result<World, InitError> {
    let wanted = Threading::Serialized;
    let (universe, found) = mpi::initialize_with_threading(wanted).ok_or(InitError::Twice)?;
    if found < wanted {
        return Err(InitError::Threads);
    }
    let world = SimpleCommunicator::world();
    let ranks = Arc::new(Ranks::new(world.rank(), world.size()));
    faults::end_all_on_panic(&ranks);
    Ok(World {
        ranks,
        farewell: world.duplicate(),
        _universe: universe,
    })
}

impl World {
    /// The number of this process, from 0. Rank 0 is the one that writes and prints.
    #[must_use]
    pub fn rank(&self) -> usize {
        self.ranks.rank()
    }

    /// The number of processes.
    #[must_use]
    pub fn size(&self) -> usize {
        self.ranks.ranks()
    }

    /// Configures a model for training on all ranks, as `Sequential::compile` does on one: they begin with the parameters and the seed
    /// of rank 0. `.parts(..)` of what this gives makes the bits those of one process.
    ///
    /// # Errors
    /// A model that carries state from batch to batch.
    // In one line with its bounds, as `Sequential::compile`: the compiler shows what lies between.
    #[rustfmt::skip]
    pub fn compile<M: Model, O: Trains<M, Out>, L: MeantFor<Out, M::Units>, Me: Metrics<Out, L::Target>, Out: Tensor<Elem = f32>>(
        &self,
        model: Sequential<M>,
        optimizer: O,
        loss: L,
        metrics: Me,
    ) -> Result<Compiled<M, O, L, Me>, Error> {
        let compiled = model.compile(optimizer, loss, metrics);
        compiled.distributed(self.ranks.clone())
    }

    /// Data that all ranks have: the same array, the same `Sequence`, the same generator. Nothing is copied or sent: of each batch of
    /// all ranks a rank computes its part, in the order of the samples.
    pub fn shard<'d, D: ?Sized>(&self, data: &'d D) -> &'d D {
        data
    }

    /// The outputs for all samples, in their order, on every rank: each has predicted some. They are those of `model.predict(x)`, bit
    /// for bit. All ranks call it, with the same samples.
    ///
    /// # Errors
    /// Samples that do not fit.
    pub fn predict<M: Model>(
        &self,
        model: &Sequential<M>,
        x: &[M::Input],
    ) -> Result<Vec<M::Output>, Error>
    where
        [M::Input]: ToPredict<M::Input, For<M::Output> = Vec<M::Output>>,
    {
        let (rank, ranks) = (self.rank(), self.size());
        if ranks == 1 || x.is_empty() {
            return model.predict(x);
        }
        let each = x.len().div_ceil(ranks);
        let own = x.chunks(each).nth(rank).unwrap_or(&[]);
        let mut own = match own {
            [] => Vec::new(),
            own => M::Output::flat(&model.predict(own)?).to_vec(),
        };
        own.resize(each * M::Output::LEN, 0.0);
        let mut all = vec![0.0; own.len() * ranks];
        self.ranks.gather_values(&own, &mut all);
        all.truncate(x.len() * M::Output::LEN);
        Ok(M::Output::view(&all).to_vec())
    }

    /// The bytes that this rank has sent so far, if each exchange sends what it must: a sum of n values over p ranks `2 (p - 1) / p`
    /// times these, what all get from all p - 1 times its own. What MPI's algorithms send besides (headers; for small sums more, in
    /// fewer messages) is not in it.
    #[must_use]
    pub fn bytes_sent(&self) -> u64 {
        self.ranks.bytes_sent()
    }
}

impl Drop for World {
    fn drop(&mut self) {
        faults::leave(&self.ranks, &self.farewell);
    }
}

impl fmt::Debug for World {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "rank {} of {}", self.rank(), self.size())
    }
}
