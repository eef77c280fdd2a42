//! How far a training step goes with more threads than there are here: one thread plays them, and measures the tasks that
//! they would share (`kseq_core::meter`).
//!
//! The estimate for so many threads is the serial work, and the tasks as they would lie on the threads if each took the next
//! one when it has none, and [`HANDOVER`] for each time that work is split. It leaves out that threads share caches and
//! memory, and that a CPU slows down when all of its cores work: it says what the program allows, not what a machine gives.
//! CPU time of one thread, the best of some rounds.

use std::sync::Arc;

use kseq::model::Model;
use kseq_core::meter::{Meter, Times};
use kseq_core::pool::Pool;
use kseq_core::work::Work;

use crate::common::thread_cpu_seconds;
use crate::run::Benchmark;

const THREADS: [usize; 4] = [2, 4, 8, 16];
/// Seconds to give work to a thread that is awake, and to hear that it is done: for each split, and each doubling of the
/// threads.
const HANDOVER: f64 = 1.5e-6;
const ROUNDS: usize = 5;

/// Prints a line for all numbers of threads, and below it the parts of a step that keep sixteen from being sixteen times as
/// fast. `train` makes so many steps on a pool.
pub fn estimate<M: Model>(run: &Benchmark<'_>, mut train: impl FnMut(Pool, usize)) {
    let seconds = run.options.seconds;
    let mut timed = |pool: Pool, steps| {
        let before = thread_cpu_seconds();
        train(pool, steps);
        thread_cpu_seconds() - before
    };
    // The first step makes room.
    timed(Pool::Serial, 1);
    let steps = ((seconds / timed(Pool::Serial, 1)) as usize).clamp(1, 2000);
    let each = (0..ROUNDS).map(|_| timed(Pool::Serial, steps) / steps as f64);
    let one = each.fold(f64::MAX, f64::min);
    print!("{:13} {:9.1} us on one thread;", run.model, one * 1e6);
    let mut last = Vec::new();
    for threads in THREADS {
        let meter = Arc::new(Meter::new(threads, thread_cpu_seconds));
        let mut best: Vec<Times> = Vec::new();
        for _ in 0..ROUNDS {
            drop(meter.take());
            timed(Pool::Measured(meter.clone()), steps);
            let times = meter.take();
            if best.is_empty() || sum(&times, alone) < sum(&best, alone) {
                best = times;
            }
        }
        // A clock around each task is not for nothing: the step is as long as it is without.
        let scale = one / sum(&best, alone);
        for part in &mut best {
            for seconds in [&mut part.serial, &mut part.shared, &mut part.split] {
                *seconds *= scale;
            }
            let splits = part.splits as f64 / steps as f64;
            part.split += HANDOVER * splits * f64::from(threads.ilog2());
        }
        print!(" {threads}: {:.2}", one / sum(&best, together));
        last = best;
    }
    println!(" times as fast on as many");
    let ideal = |part: &Times| alone(part) / THREADS[THREADS.len() - 1] as f64;
    last.sort_by(|a, b| (together(b) - ideal(b)).total_cmp(&(together(a) - ideal(a))));
    for part in last.iter().take(3) {
        println!(
            "    {:32} {:9.1} us on one thread, {:8.1} on sixteen, {:8.1} of them serial, {} splits",
            name::<M>(part.work),
            1e6 * alone(part),
            1e6 * together(part),
            1e6 * part.serial,
            part.splits / steps,
        );
    }
}

fn sum(times: &[Times], f: impl Fn(&Times) -> f64) -> f64 {
    times.iter().map(f).sum()
}

fn alone(part: &Times) -> f64 {
    part.serial + part.shared
}

fn together(part: &Times) -> f64 {
    part.serial + part.split
}

fn name<M: Model>(work: Work) -> String {
    let layer = |i: u32| M::LAYERS[i as usize].name;
    match work {
        Work::Forward(i) => format!("{} forward", layer(i)),
        Work::Backward(i) => format!("{} backward", layer(i)),
        Work::Loss => "loss".to_owned(),
        Work::Update => "update".to_owned(),
        _ => "around the step".to_owned(),
    }
}
