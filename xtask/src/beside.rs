//! A check that runs beside others, as a process of its own: one that compiles a large crate has work for one processor only, as have
//! those after it. What they install from Debian is installed by one at a time (`install.rs`); each builds in a folder of its own, or waits
//! for cargo's lock.

use std::fs::File;
use std::process::{Child, Command, Stdio};

/// A check that has begun; what it says is kept until it ends.
pub struct Beside {
    pub name: &'static str,
    log: String,
    process: Child,
}

impl Beside {
    pub fn begin(name: &'static str) -> Result<Self, String> {
        let log = format!("target/{name}.log");
        let failed = |e: std::io::Error| format!("{log}: {e}");
        std::fs::create_dir_all("target").map_err(failed)?;
        let file = File::create(&log).map_err(failed)?;
        let errors = file.try_clone().map_err(failed)?;
        let program = std::env::current_exe().map_err(|e| e.to_string())?;
        let process = Command::new(program)
            .arg(name)
            .stdin(Stdio::null())
            .stdout(file)
            .stderr(errors)
            .spawn();
        let process = process.map_err(|e| format!("{name}: {e}"))?;
        Ok(Beside { name, log, process })
    }

    /// Waits for its end, and prints what it has said.
    pub fn end(mut self) -> Result<(), String> {
        let status = self.process.wait();
        let said = std::fs::read(&self.log).map_err(|e| format!("{}: {e}", self.log))?;
        print!("{}", String::from_utf8_lossy(&said));
        match status {
            Ok(status) if status.success() => Ok(()),
            Ok(status) => Err(format!("it has ended with {status}")),
            Err(e) => Err(e.to_string()),
        }
    }
}

/// One that nobody waited for, since another check has failed, begins nothing more. (The command that it runs just then goes on to its
/// end.)
impl Drop for Beside {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn beside(words: &str) -> Beside {
        let log = format!(
            "{}/kseq-beside-{}-{}",
            std::env::temp_dir().display(),
            std::process::id(),
            words.len()
        );
        let file = File::create(&log).expect("a temporary file");
        let process = Command::new("sh").args(["-c", words]).stdout(file).spawn();
        Beside {
            name: "words",
            log,
            process: process.expect("a shell"),
        }
    }

    #[test]
    fn what_fails_beside_fails() {
        assert_eq!(beside("echo all is well").end(), Ok(()));
        let why = beside("echo it is not; exit 3").end().expect_err("a fault");
        assert!(why.contains('3'), "{why}");
    }
}
