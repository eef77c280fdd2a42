//! `fuzz/figures.txt`: how much each target was run, over all sessions.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::io::{self, Read, Seek, Write};
use std::path::Path;

const FILE: &str = "fuzz/figures.txt";

const HEAD: &str = "\
# What was run so far; `cargo xtask fuzz TARGET --seconds N` adds to it. `sanitized` is with AddressSanitizer, `plain` without: its
# checks are overflows, debug assertions, memory that is counted, and what the target asserts. A fault that was mended is counted by
# hand, in the row of the build that found it.
";

/// Executions, CPU seconds and faults.
#[derive(Clone, Copy, Default, PartialEq, Debug)]
struct Sums([u64; 3]);

/// Those of each target and build.
#[derive(Default, PartialEq, Debug)]
pub struct Figures(BTreeMap<(String, String), Sums>);

impl Figures {
    pub fn of(target: &str, build: &str, executions: u64, seconds: u64) -> Self {
        let sums = Sums([executions, seconds, 0]);
        Figures([((target.to_owned(), build.to_owned()), sums)].into())
    }

    pub fn read(path: &Path) -> Result<Self, String> {
        let text = fs::read_to_string(path).map_err(|e| format!("{}: {e}", path.display()))?;
        Figures::parse(&text)
    }

    fn parse(text: &str) -> Result<Self, String> {
        let mut figures = Figures::default();
        for line in text.lines().filter(|line| !line.starts_with('#')) {
            let fields: Vec<&str> = line.split_whitespace().collect();
            let [target, build, sums @ ..] = fields.as_slice() else {
                continue;
            };
            let sums: Option<Vec<u64>> = sums.iter().map(|sum| sum.parse().ok()).collect();
            let sums = sums.and_then(|sums| sums.try_into().ok());
            let sums = sums.ok_or_else(|| format!("expected three numbers: {line}"))?;
            figures.add((target.to_string(), build.to_string()), Sums(sums));
        }
        Ok(figures)
    }

    fn add(&mut self, row: (String, String), sums: Sums) {
        let to = &mut self.0.entry(row).or_default().0;
        to.iter_mut().zip(sums.0).for_each(|(to, from)| *to += from);
    }

    fn text(&self) -> String {
        let mut text = HEAD.to_owned();
        let names = ["executions", "CPU seconds", "faults"];
        let [executions, seconds, faults] = names;
        // Writing to a string does not fail.
        let _ = writeln!(
            text,
            "# {:18} {:10} {executions:>12} {seconds:>12} {faults:>7}",
            "target", "build"
        );
        let mut all = Sums::default();
        for ((target, build), sums) in &self.0 {
            let Sums([executions, seconds, faults]) = sums;
            let _ = writeln!(
                text,
                "{target:20} {build:10} {executions:>12} {seconds:>12} {faults:>7}"
            );
            all.0
                .iter_mut()
                .zip(sums.0)
                .for_each(|(to, from)| *to += from);
        }
        let Sums([executions, seconds, faults]) = all;
        let _ = writeln!(
            text,
            "# {:18} {:10} {executions:>12} {seconds:>12} {faults:>7}",
            "all", ""
        );
        text
    }
}

/// Those of the project.
fn all() -> Result<Figures, String> {
    let path = Path::new(FILE);
    if !path.exists() {
        return Ok(Figures::default());
    }
    let why = |e: io::Error| format!("{FILE}: {e}");
    let mut file = fs::File::open(path).map_err(why)?;
    file.lock_shared().map_err(why)?;
    let mut text = String::new();
    file.read_to_string(&mut text).map_err(why)?;
    Figures::parse(&text)
}

/// How often a target was executed, in all builds.
pub fn executions(target: &str) -> Result<u64, String> {
    let all = all()?.0;
    let rows = all.iter().filter(|((name, _), _)| name == target);
    Ok(rows.map(|(_, sums)| sums.0[0]).sum())
}

/// Adds to the project's figures.
pub fn add(figures: &Figures) -> Result<(), String> {
    add_to(Path::new(FILE), figures)
}

/// Adds to the figures in a file, to which other runs add theirs at the same time.
fn add_to(path: &Path, figures: &Figures) -> Result<(), String> {
    let why = |e: io::Error| format!("{}: {e}", path.display());
    let mut options = fs::File::options();
    let options = options.read(true).write(true).create(true).truncate(false);
    let mut file = options.open(path).map_err(why)?;
    file.lock().map_err(why)?;
    let mut text = String::new();
    file.read_to_string(&mut text).map_err(why)?;
    let mut all = Figures::parse(&text)?;
    for (row, sums) in &figures.0 {
        all.add(row.clone(), *sums);
    }
    file.rewind().map_err(why)?;
    file.set_len(0).map_err(why)?;
    file.write_all(all.text().as_bytes()).map_err(why)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_add_up() {
        let mut figures = Figures::of("npy", "plain", 1_000, 3);
        figures.add(("npy".to_owned(), "plain".to_owned()), Sums([500, 1, 1]));
        figures.add(("csv".to_owned(), "sanitized".to_owned()), Sums([7, 0, 0]));
        let again = Figures::parse(&figures.text()).unwrap();
        assert_eq!(again, figures);
        let sums = again.0[&("npy".to_owned(), "plain".to_owned())];
        assert_eq!(sums, Sums([1_500, 4, 1]));
        assert!(Figures::parse("npy plain 1 2").is_err());
    }

    /// Two runs that ended in the same second once left only the figures of one.
    #[test]
    fn runs_that_end_together_all_count() {
        let name = format!("kseq-figures-{}.txt", std::process::id());
        let path = std::env::temp_dir().join(name);
        let _ = fs::remove_file(&path);
        std::thread::scope(|scope| {
            for run in 0..8 {
                let path = &path;
                scope.spawn(move || {
                    for _ in 0..50 {
                        let target = ["npy", "csv"][run % 2];
                        add_to(path, &Figures::of(target, "plain", 1_000, 1)).unwrap();
                    }
                });
            }
        });
        let all = Figures::read(&path).unwrap();
        fs::remove_file(&path).unwrap();
        let sums: Vec<_> = all.0.values().collect();
        assert_eq!(sums, [&Sums([200_000, 200, 0]); 2]);
    }
}
