//! What happens when a rank does not go on: it ends all, and says which one it is. That a process has died is for `mpirun` to see.

use std::panic;
use std::thread;
use std::time::{Duration, Instant};

use kseq::train::Exchange;
use mpi::request::{Request, Scope, scope};
use mpi::topology::{Communicator, SimpleCommunicator};
use mpi::traits::{CommunicatorCollectives, Destination, Source};

use crate::exchange::Ranks;

/// The message of a rank that leaves.
const LEAVES: i32 = 7_777;
/// How often a request is asked before the thread lets others run.
const SPINS: u32 = 64;
/// How often it is asked before one looks for ranks that have left.
const LOOKS: u32 = 4_096;
/// So long what a rank had sent before it left may take.
const GRACE: Duration = Duration::from_secs(2);

/// Ends all ranks, and says why.
pub(crate) fn end_all(ranks: &Ranks, why: &str) -> ! {
    let host = mpi::environment::processor_name().unwrap_or_default();
    let (rank, all) = (ranks.rank(), ranks.ranks());
    eprintln!("kseq-mpi: rank {rank} of {all} on `{host}` {why}; all ranks end");
    SimpleCommunicator::world().abort(1)
}

/// From now on a panic of this thread ends all ranks, when it has been printed. Those of other threads come here if nobody catches
/// them.
pub(crate) fn end_all_on_panic(ranks: &std::sync::Arc<Ranks>) {
    let (ranks, here, print) = (ranks.clone(), thread::current().id(), panic::take_hook());
    panic::set_hook(Box::new(move |panic| {
        print(panic);
        if thread::current().id() == here && mpi::environment::is_initialized() {
            end_all(&ranks, "panicked");
        }
    }));
}

/// Waits for a request; if a rank that it needs has left, it ends all.
pub(crate) fn wait<'a, D: ?Sized, S: Scope<'a>>(ranks: &Ranks, mut request: Request<'a, D, S>) {
    let (mut asked, mut left) = (0_u32, None);
    loop {
        request = match request.test() {
            Ok(_) => return,
            Err(request) => request,
        };
        asked = asked.wrapping_add(1);
        if asked.is_multiple_of(SPINS) {
            thread::yield_now();
        }
        if asked.is_multiple_of(LOOKS) {
            look_for_leavers(ranks, &mut left);
        }
    }
}

/// Ends all if a rank left some time ago.
fn look_for_leavers(ranks: &Ranks, left: &mut Option<(i32, Instant)>) {
    match left {
        None => {
            let world = SimpleCommunicator::world();
            let message = world.any_process().immediate_probe_with_tag(LEAVES);
            *left = message.map(|message| (message.source_rank(), Instant::now()));
        }
        Some((rank, since)) if since.elapsed() > GRACE => {
            let rank = *rank;
            end_all(ranks, &format!("waits for rank {rank}, which has ended"));
        }
        Some(_) => thread::sleep(Duration::from_millis(1)),
    }
}

/// This rank is at its end: it says so, and waits for the others.
pub(crate) fn leave(ranks: &Ranks, farewell: &SimpleCommunicator) {
    if thread::panicking() {
        end_all(ranks, "panicked");
    }
    let world = SimpleCommunicator::world();
    let size = world.size();
    let others = || (0..size).filter(|rank| *rank != world.rank());
    scope(|scope| {
        let farewells: Vec<_> = others()
            .map(|rank| {
                let to = world.process_at_rank(rank);
                to.immediate_send_with_tag(scope, &0_u8, LEAVES)
            })
            .collect();
        let mut all_are_here = farewell.immediate_barrier();
        while let Err(not_yet) = all_are_here.test() {
            all_are_here = not_yet;
            thread::sleep(Duration::from_millis(1));
        }
        for rank in others() {
            let _ = world.process_at_rank(rank).receive_with_tag::<u8>(LEAVES);
        }
        farewells.into_iter().for_each(Request::wait_without_status);
    });
}
