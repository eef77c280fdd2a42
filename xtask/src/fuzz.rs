//! The readers of bytes and text, given anything: builds the programs of `fuzz/`, runs them, keeps what they found worth keeping.

mod coverage;
mod figures;
mod programs;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command};

use crate::command::{cpu_seconds, run};
use figures::Figures;
use programs::{Build, Scratch, TARGETS, TRIPLE, corpora, empty, folder};

pub const USAGE: &str = "\
cargo xtask fuzz                               all targets for two minutes, as a part of check
cargo xtask fuzz TARGET --seconds 600          one of them, or `all`, one after the other; --jobs 2 in as many processes;
                                               --plain without AddressSanitizer, for more executions in the same time;
                                               --until 50000000 ends at so many executions of all runs so far
cargo xtask fuzz TARGET --minimise             puts what was found since into fuzz/corpus
cargo xtask fuzz --add FILE                    adds the figures of a file to fuzz/figures.txt
cargo xtask fuzz --coverage                    the lines of the readers that the corpora reach, into fuzz/coverage.txt";

/// Seconds of all targets together in the run of `check`, shared by the processors.
const SMOKE: u64 = 120;

/// `cargo xtask fuzz ..`
pub fn command() -> Result<(), String> {
    let arguments: Vec<String> = std::env::args().skip(2).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    if !cfg!(all(target_arch = "x86_64", target_os = "linux")) {
        println!(
            "AddressSanitizer of the stable compiler is for {TRIPLE}: skipped on this machine"
        );
        return Ok(());
    }
    match words.as_slice() {
        [] => smoke(),
        ["--coverage"] => coverage::write(),
        ["--add", file] => figures::add(&Figures::read(Path::new(file))?),
        [target, "--minimise"] => chosen(target)?.iter().try_for_each(|name| minimise(name)),
        [target, options @ ..] => {
            let options = Options::of(options)?;
            chosen(target)?
                .iter()
                .try_for_each(|name| long(name, &options))
        }
    }
}

struct Options {
    seconds: u64,
    /// Executions of a target, with those of earlier runs, that are enough.
    until: u64,
    jobs: usize,
    build: Build,
}

impl Options {
    fn of(words: &[&str]) -> Result<Self, String> {
        let mut options = Options {
            seconds: 60,
            until: u64::MAX,
            jobs: 1,
            build: Build::Sanitized,
        };
        let mut words = words.iter();
        let number = |word: Option<&&str>| {
            let number = word.and_then(|word| word.parse().ok());
            number.ok_or_else(|| format!("expected a number\n{USAGE}"))
        };
        while let Some(word) = words.next() {
            match *word {
                "--seconds" => options.seconds = number(words.next())?,
                "--until" => options.until = number(words.next())?,
                "--jobs" => options.jobs = number(words.next())? as usize,
                "--plain" => options.build = Build::Plain,
                _ => return Err(format!("`{word}` is no option\n{USAGE}")),
            }
        }
        Ok(options)
    }
}

fn chosen(target: &str) -> Result<Vec<&'static str>, String> {
    let all = TARGETS.iter().map(|(name, _)| *name);
    let found: Vec<_> = all
        .filter(|name| target == "all" || target == *name)
        .collect();
    match found.is_empty() {
        true => Err(format!("there is no target `{target}`\n{USAGE}")),
        false => Ok(found),
    }
}

/// What a program of libFuzzer's answers that was told to stop (SIGINT, SIGTERM): it has found nothing.
const INTERRUPTED: i32 = 72;

/// A program of libFuzzer's that runs.
struct Running {
    name: &'static str,
    process: Child,
    log: PathBuf,
}

/// Begins a run, which ends after so many seconds or executions; `job` tells apart those of one target, which share its corpora.
fn begin(
    (name, corpora): (&'static str, &[PathBuf; 3]),
    job: usize,
    (seconds, executions): (u64, u64),
    programs: &Path,
    scratch: &Scratch,
) -> Result<Running, String> {
    let folder = folder()?;
    fs::create_dir_all(folder.join("faults")).map_err(|e| e.to_string())?;
    let (_, words) = TARGETS
        .iter()
        .find(|(n, _)| *n == name)
        .unwrap_or(&("", ""));
    let log = folder.join(format!("{name}.{job}.log"));
    let file = fs::File::create(&log).map_err(|e| e.to_string())?;
    let output = file.try_clone().map_err(|e| e.to_string())?;
    let process = Command::new(programs.join(name))
        .args(corpora)
        .arg(format!("-dict=fuzz/dictionaries/{words}.dict"))
        .arg(format!("-max_total_time={seconds}"))
        .arg(format!("-runs={}", executions.min(i32::MAX as u64)))
        .arg(format!(
            "-artifact_prefix={}/faults/{name}-",
            folder.display()
        ))
        // A hang, on a machine that does other things as well.
        .args(["-timeout=60", "-rss_limit_mb=2048", "-detect_leaks=0"])
        .args(["-print_final_stats=1", "-reload=1"])
        // Of two inputs that show the same, the faster one.
        .arg("-entropic_scale_per_exec_time=1")
        .env("KSEQ_FUZZ_FOLDER", &scratch.0)
        .stdout(output)
        .stderr(file)
        .spawn();
    let process = process.map_err(|e| format!("{name}: {e}"))?;
    Ok(Running { name, process, log })
}

/// A run that has ended: its executions, and a fault that it has found.
struct Ended {
    executions: u64,
    fault: Option<String>,
}

impl Running {
    fn wait(mut self) -> Result<Ended, String> {
        let status = self.process.wait().map_err(|e| e.to_string())?;
        let log = fs::read(&self.log).map_err(|e| e.to_string())?;
        let log = String::from_utf8_lossy(&log);
        let (name, path) = (self.name, self.log.display());
        let has_failed = !status.success() && status.code() != Some(INTERRUPTED);
        let fault = has_failed.then(|| {
            let lines: Vec<&str> = log.lines().collect();
            println!("{}", lines[lines.len().saturating_sub(60)..].join("\n"));
            format!("{name} has found a fault; all it said is in {path}")
        });
        let said = log
            .lines()
            .find_map(|line| line.strip_prefix("stat::number_of_executed_units:"));
        match said.and_then(|number| number.trim().parse().ok()) {
            Some(executions) => Ok(Ended { executions, fault }),
            None => Err(fault.unwrap_or_else(|| format!("{name} did not say how much it did"))),
        }
    }
}

impl Ended {
    fn without_fault(self) -> Result<(), String> {
        self.fault.map_or(Ok(()), Err)
    }
}

/// All targets, each for its part of the time, in as many processes as there are processors.
fn smoke() -> Result<(), String> {
    let fmt = ["fmt", "--manifest-path", "fuzz/Cargo.toml", "--check"];
    run(Command::new("cargo").args(fmt))?;
    let programs = Build::Sanitized.programs()?;
    let scratch = Scratch::new()?;
    let processors = std::thread::available_parallelism().map_or(1, usize::from);
    let seconds = (SMOKE / TARGETS.len() as u64).max(1);
    for some in TARGETS.chunks(processors) {
        let running: Vec<Running> = some
            .iter()
            .map(|(name, _)| {
                let target = (*name, &corpora(name)?);
                begin(target, 0, (seconds, u64::MAX), &programs, &scratch)
            })
            .collect::<Result<_, _>>()?;
        for running in running {
            let name = running.name;
            let ended = running.wait()?;
            println!("{name:20} {:>9} executions", ended.executions);
            ended.without_fault()?;
        }
    }
    Ok(())
}

/// One target for as long as is asked, whose figures are kept.
fn long(name: &'static str, options: &Options) -> Result<(), String> {
    let left = options.until.saturating_sub(figures::executions(name)?);
    if left == 0 {
        println!("{name:20} has had them");
        return Ok(());
    }
    let programs = options.build.programs()?;
    let scratch = Scratch::new()?;
    let target = (name, &corpora(name)?);
    let before = cpu_seconds();
    let jobs = options.jobs.max(1);
    let ends = (options.seconds, left.div_ceil(jobs as u64));
    let running: Vec<Running> = (0..jobs)
        .map(|job| begin(target, job, ends, &programs, &scratch))
        .collect::<Result<_, _>>()?;
    // All of them end before the folder of their files is removed.
    let ended: Vec<Result<Ended, String>> = running.into_iter().map(Running::wait).collect();
    let ended = ended.into_iter().collect::<Result<Vec<_>, _>>()?;
    let executions = ended.iter().map(|ended| ended.executions).sum();
    let seconds = cpu_seconds() - before;
    println!("{name:20} {executions:>9} executions, {seconds} CPU seconds");
    // With a fault, too.
    let done = Figures::of(name, options.build.name(), executions, seconds);
    figures::add(&done)?;
    ended.into_iter().try_for_each(Ended::without_fault)
}

/// The corpus of the project anew: what reaches something that neither the valid files nor a smaller input reaches.
fn minimise(name: &'static str) -> Result<(), String> {
    let programs = Build::Plain.programs()?;
    let scratch = Scratch::new()?;
    let [found, seeds, committed] = corpora(name)?;
    let kept = empty(&format!("kept/{name}"))?;
    let mut valid = Vec::new();
    for entry in fs::read_dir(&seeds).map_err(|e| e.to_string())? {
        let path = entry.map_err(|e| e.to_string())?.path();
        let copy = kept.join(path.file_name().unwrap_or_default());
        fs::copy(&path, &copy).map_err(|e| e.to_string())?;
        valid.push(copy);
    }
    let log = fs::File::create(folder()?.join(format!("{name}.merge.log")));
    run(Command::new(programs.join(name))
        .args(["-merge=1", "-timeout=60", "-rss_limit_mb=2048"])
        .args([&kept, &committed, &found])
        .env("KSEQ_FUZZ_FOLDER", &scratch.0)
        .stderr(log.map_err(|e| e.to_string())?))?;
    for copy in valid {
        fs::remove_file(copy).map_err(|e| e.to_string())?;
    }
    let archive = format!("fuzz/corpus/{name}.tar.xz");
    // The same files are the same archive.
    run(Command::new("tar")
        .args(["--sort=name", "--mtime=@0", "--owner=0", "--group=0"])
        .args([
            "--numeric-owner",
            "--mode=u=rwX,go=rX",
            "-I",
            "xz -6e",
            "-cf",
            &archive,
            "-C",
        ])
        .arg(&kept)
        .arg("."))
}
