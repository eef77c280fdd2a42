//! Programs that are measured in turn, each in a process of its own.

use std::process::Command;

use super::median;

/// Samples a second of one program: for each of `N` works, one figure a round.
pub struct Figures<const N: usize>(pub [Vec<f64>; N]);

impl<const N: usize> Default for Figures<N> {
    fn default() -> Self {
        Figures([const { Vec::new() }; N])
    }
}

impl<const N: usize> Figures<N> {
    /// The median of a work.
    pub fn middle(&self, work: usize) -> f64 {
        let mut sorted = self.0[work].clone();
        sorted.sort_by(f64::total_cmp);
        assert!(!sorted.is_empty(), "no figures");
        median(&sorted)
    }

    /// Runs a program, and adds what its lines `name work samples/s` say.
    pub fn collect(&mut self, works: &[&str; N], command: &mut Command) {
        let output = command.output().expect("runs");
        let text = String::from_utf8_lossy(&output.stdout);
        assert!(
            output.status.success(),
            "{command:?}: {}\n{}",
            output.status,
            String::from_utf8_lossy(&output.stderr)
        );
        for line in text.lines() {
            let mut words = line.split_whitespace().skip(1);
            let (work, figure) = (words.next(), words.next().and_then(|f| f.parse().ok()));
            if let (Some(work), Some(figure)) =
                (works.iter().position(|w| Some(*w) == work), figure)
            {
                self.0[work].push(figure);
            }
        }
    }
}

/// A program on one CPU alone, for which its threads would only be in each other's way.
pub fn pinned(cpu: usize, program: &std::ffi::OsStr) -> Command {
    if !cfg!(target_os = "linux") {
        return Command::new(program);
    }
    let mut command = Command::new("taskset");
    command.args(["-c", &cpu.to_string()]).arg(program);
    command
}
