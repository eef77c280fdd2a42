//! How long the sum of one array over all ranks takes, from 1 KB to 64 MB, and a latency and a rate fitted to it:
//!
//! ```sh
//! mpirun -n 2 target/release/examples/allreduce [MEGABYTES]
//! ```
//!
//! Each row is the median of five runs of as many sums, one after the other, as take a fifteenth of a second (at least three):
//! those that wait (`MPI_Allreduce`) and those that need not (`MPI_Iallreduce`).

use std::time::Instant;

use mpi::collective::SystemOperation;
use mpi::traits::*;

/// Of the measurements.
const RUNS: usize = 5;
/// How long each of them takes, in seconds.
const LONG: f64 = 0.066;

/// Sizes in bytes with their times in seconds.
type Times = Vec<(f64, f64)>;

/// The median time of a sum, of all ranks the longest.
fn time(world: &impl CommunicatorCollectives, mut sum: impl FnMut()) -> f64 {
    let mut run = |times: usize| {
        world.barrier();
        let start = Instant::now();
        (0..times).for_each(|_| sum());
        let mine = start.elapsed().as_secs_f64() / times as f64;
        let mut longest = 0.0;
        world.all_reduce_into(&mine, &mut longest, SystemOperation::max());
        longest
    };
    let first = run(3);
    let mut runs = [0.0; RUNS].map(|_: f64| run(((LONG / first) as usize).clamp(3, 10_000)));
    runs.sort_by(f64::total_cmp);
    runs[RUNS / 2]
}

/// `t = steps * alpha + volume * beta`: the pair with the least squares of relative errors, and the largest of these.
fn fit(times: &Times, steps: f64, volume: f64) -> (f64, f64, f64) {
    let [mut aa, mut ab, mut bb, mut a, mut b] = [0.0; 5];
    for (bytes, t) in times {
        let (x, y) = (steps / t, volume * bytes / t);
        aa += x * x;
        ab += x * y;
        bb += y * y;
        a += x;
        b += y;
    }
    let determinant = aa * bb - ab * ab;
    let (alpha, beta) = (
        (a * bb - b * ab) / determinant,
        (b * aa - a * ab) / determinant,
    );
    let error = |(bytes, t): &(f64, f64)| ((steps * alpha + volume * bytes * beta) / t - 1.0).abs();
    (alpha, beta, times.iter().map(error).fold(0.0, f64::max))
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let most: usize = std::env::args().nth(1).map_or(Ok(64), |n| n.parse())?;
    let universe = mpi::initialize().ok_or("MPI runs already")?;
    let (world, ranks) = (universe.world(), universe.world().size());
    let (from, mut to) = (vec![1.0_f32; most << 18], vec![0.0_f32; most << 18]);
    let sizes = (0..)
        .map(|i| 1024 << (2 * i))
        .take_while(|n| *n <= most << 20);
    let mut times = [Times::new(), Times::new()];
    for bytes in sizes {
        let from = &from[..bytes / 4];
        let to = &mut to[..bytes / 4];
        let sum = SystemOperation::sum;
        let waits = time(&world, || world.all_reduce_into(from, to, sum()));
        let goes_on = time(&world, || {
            mpi::request::scope(|s| {
                world
                    .immediate_all_reduce_into(s, from, &mut *to, sum())
                    .wait();
            });
        });
        if to.iter().any(|sum| *sum != ranks as f32) {
            return Err(format!("{bytes} bytes: a wrong sum").into());
        }
        times[0].push((bytes as f64, waits));
        times[1].push((bytes as f64, goes_on));
        if world.rank() == 0 {
            let (waits, goes_on) = (waits * 1e6, goes_on * 1e6);
            println!("{bytes:>9} bytes: {waits:>9.1} us, without waiting {goes_on:>9.1} us");
        }
    }
    if world.rank() == 0 && ranks > 1 {
        let p = f64::from(ranks);
        for (times, name) in times.iter().zip(["waits", "does not wait"]) {
            let (alpha, beta, error) = fit(times, 2.0 * p.log2(), 2.0 * (p - 1.0) / p);
            println!(
                "{name}: alpha {:.1} us, rate {:.2} GB/s, errors of at most {:.0} %",
                alpha * 1e6,
                1e-9 / beta,
                100.0 * error
            );
        }
    }
    Ok(())
}
