//! Training on MPI: `kseq-mpi` is no member of the workspace, so that nobody else needs MPI.

pub mod scaling;

use std::path::Path;
use std::process::Command;

use crate::command::run;
use crate::install::begin;

/// Programs that are needed, and Debian's packages: MPI, and what makes hosts out of network namespaces.
const PROGRAMS: [(&str, &str); 3] = [
    ("mpicc", "libopenmpi-dev"),
    ("mpirun", "openmpi-bin"),
    ("ss", "iproute2"),
];

/// What reads C's headers for the crate `mpi`: no program.
const LIBCLANG: (&str, &str) = ("libclang", "libclang-dev");

const MANIFEST: &str = "kseq-mpi/Cargo.toml";

/// To compile the kernels well takes longer than all of the tests take with them as they come.
const QUICK: &str = "profile.dev.package.kseq-core.opt-level=0";

pub const USAGE: &str =
    "cargo xtask mpi --kills N    so many trainings on MPI of which a rank is killed";

/// The check; `--kills N` kills so many ranks in place of three.
pub fn command() -> Result<(), String> {
    let words: Vec<String> = std::env::args().skip(2).collect();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let kills = match words.as_slice() {
        [] => None,
        ["--kills", kills] => Some(*kills),
        _ => return Err(USAGE.to_owned()),
    };
    let id = Command::new("id").arg("-u").output();
    let is_root = id.is_ok_and(|output| output.stdout.trim_ascii() == b"0");
    match install(is_root) {
        Err(why) if !is_root => {
            println!("SKIPPED: kseq-mpi was not built, since MPI is not here: {why}");
            return Ok(());
        }
        installed => installed?,
    }
    if let Some(kills) = kills {
        let mut test = cargo(&["test", "--test", "kill"]);
        return run(test.env("KSEQ_KILLS", kills));
    }
    let fmt = ["fmt", "--manifest-path", MANIFEST, "--check"];
    run(Command::new("cargo").args(fmt))?;
    run(&mut cargo(&[
        "clippy",
        "--all-targets",
        "--",
        "-D",
        "warnings",
    ]))?;
    run(&mut cargo(&["test"]))?;
    let mut doc = cargo(&["doc", "--no-deps"]);
    run(doc.env("RUSTDOCFLAGS", "-D warnings"))
}

/// A command of cargo's for the package, in the folder where the packages of others lie built. (kseq is built once more: what Cargo
/// builds for one workspace it does not take for another.)
fn cargo(arguments: &[&str]) -> Command {
    let mut cargo = Command::new("cargo");
    let (name, options) = arguments.split_at(1);
    cargo
        .args(name)
        .args(["--manifest-path", MANIFEST])
        .args(["--config", QUICK])
        .args(options);
    if std::env::var_os("CARGO_TARGET_DIR").is_none() {
        cargo.env("CARGO_TARGET_DIR", "target");
    }
    cargo
}

/// Installs what is missing, which only root can; meanwhile what needs no MPI is built.
fn install(is_root: bool) -> Result<(), String> {
    let mut needed = PROGRAMS.to_vec();
    if !has_libclang() {
        needed.push(LIBCLANG);
    }
    let installing = begin(&needed)?;
    let built = match is_root {
        true => run(&mut cargo(&["build", "-p", "kseq-nn"])),
        false => Ok(()),
    };
    installing.end()?;
    built
}

fn has_libclang() -> bool {
    let folder = |path: &Path| {
        let entries = std::fs::read_dir(path).into_iter().flatten().flatten();
        entries.map(|entry| entry.path()).collect::<Vec<_>>()
    };
    let named = std::env::var_os("LIBCLANG_PATH").is_some();
    named
        || folder(Path::new("/usr/lib"))
            .iter()
            .filter(|path| path.to_string_lossy().contains("llvm-"))
            .flat_map(|llvm| folder(&llvm.join("lib")))
            .any(|file| file.to_string_lossy().contains("/libclang.so"))
}
