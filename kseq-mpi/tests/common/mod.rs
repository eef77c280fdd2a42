//! How the tests start ranks.

use std::process::Command;

/// `mpirun` with so many ranks on this machine, as root too, and more of them than there are processors.
pub fn mpirun(ranks: usize) -> Command {
    let mut command = Command::new("mpirun");
    command.args(["--allow-run-as-root", "--oversubscribe"]);
    // A rank that waits lets the others compute.
    command.args(["--mca", "mpi_yield_when_idle", "1"]);
    command.args(["-n", &ranks.to_string()]);
    command
}
