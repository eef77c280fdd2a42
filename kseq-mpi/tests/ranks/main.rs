//! What several ranks compute is what one process does. The program starts itself with `mpirun`, with 2 and with 4 ranks;
//! `KSEQ_MPI_RANKS=3 cargo test` takes other numbers.

mod callbacks;
mod faults;
mod models;
mod refused;

use std::error::Error;
use std::process::{Command, ExitCode, Output};
use std::time::{Duration, Instant};

use kseq::model::Model;
use kseq::train::{History, Sequential};
use kseq_mpi::World;

/// How a test ends.
pub type Outcome = Result<(), Box<dyn Error>>;

/// What a rank is asked to do.
const WHAT: &str = "KSEQ_MPI_TEST";

fn main() -> ExitCode {
    let outcome = match std::env::var(WHAT) {
        Ok(what) => as_rank(&what),
        Err(_) => start_all(),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

/// Starts this program with `mpirun`, as often as there are tests.
fn start_all() -> Outcome {
    let given = std::env::var("KSEQ_MPI_RANKS").unwrap_or_else(|_| "2,4".into());
    for ranks in given.split(',') {
        let (output, _) = start(ranks.parse()?, "results")?;
        print!("{}", String::from_utf8_lossy(&output.stdout));
        if !output.status.success() {
            let printed = String::from_utf8_lossy(&output.stderr).into_owned();
            return Err(format!("{ranks} ranks: {printed}").into());
        }
    }
    faults::all()
}

/// Starts ranks, and waits for the end: what they printed, and how long it took.
pub fn start(ranks: usize, what: &str) -> Result<(Output, Duration), Box<dyn Error>> {
    let began = Instant::now();
    let mut mpirun = Command::new("mpirun");
    mpirun.args([
        "--allow-run-as-root",
        "--oversubscribe",
        "-n",
        &ranks.to_string(),
    ]);
    mpirun.arg(std::env::current_exe()?);
    mpirun.env(WHAT, what).env("RAYON_NUM_THREADS", "1");
    let output = mpirun
        .output()
        .map_err(|why| format!("mpirun: {why}; install openmpi-bin and libopenmpi-dev"))?;
    Ok((output, began.elapsed()))
}

/// One of the ranks.
fn as_rank(what: &str) -> Outcome {
    let world = kseq_mpi::init()?;
    match what {
        "results" => {
            refused::all(&world)?;
            models::all(&world)?;
            callbacks::all(&world)
        }
        fault => faults::as_rank(&world, fault),
    }
}

/// Says what has been compared, once.
pub fn say(world: &World, what: &str) {
    if world.rank() == 0 {
        println!("{} ranks: {what}", world.size());
    }
}

/// The bits of all weights and moving averages.
pub fn bits<M: Model>(model: &Sequential<M>) -> Vec<u32> {
    let weights = model.get_weights();
    let values = weights.iter().flat_map(|array| array.values());
    values.map(|value| value.to_bits()).collect()
}

/// The values of all epochs are the same, but for rounding.
pub fn close(what: &str, found: &History, expected: &History) {
    let names: Vec<&str> = expected.keys().collect();
    assert_eq!(found.keys().collect::<Vec<_>>(), names, "{what}");
    for name in names {
        let (found, expected) = (found.get(name).unwrap(), expected.get(name).unwrap());
        assert_eq!(found.len(), expected.len(), "{what}: {name}");
        for (found, expected) in found.iter().zip(expected) {
            let far = (found - expected).abs() > 1e-5 * expected.abs().max(1.0);
            assert!(!far, "{what}: {name} {found}, on one process {expected}");
        }
    }
}

/// The same bits.
pub fn same_history(what: &str, found: &History, expected: &History) {
    for name in expected.keys() {
        let bits = |history: &History| -> Vec<u32> {
            let values = history.get(name).unwrap().iter();
            values.map(|value| value.to_bits()).collect()
        };
        assert_eq!(bits(found), bits(expected), "{what}: {name}");
    }
}
