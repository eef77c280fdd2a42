//! What only the compiler can know of a case: whether its shapes are accepted, whether its types fit.
//!
//! Before the cases of a foreign folder are emitted, the compiler that expands the suite compiles it once more, with each
//! case on lines of its own: as far as its metadata, and what passes there to the end, since the constants of generic
//! functions are evaluated only when their code is made. A case with an error is not emitted: the error is the reason why
//! kseq cannot express it.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use proc_macro2::TokenStream;
use quote::quote;
use serde_json::Value;

use super::case::{Case, tokens};

/// Names the file with the cases in the compiler that is asked.
const CASES: &str = "KSEQ_GOLDEN_CASES";

/// How often the compiler is asked for each of [`STAGES`]: it reports what is wrong with constants only when all types
/// are right.
const ROUNDS: usize = 8;

/// What the compiler is asked for: how far it goes, fast; what it does to the end need not be.
const STAGES: [&[&str]; 2] = [
    &["--emit=metadata"],
    &["--emit=obj", "-Copt-level=0", "-Cdebuginfo=0"],
];

/// In the compiler that is asked: the cases.
pub(super) fn included() -> Option<TokenStream> {
    let file = std::env::var(CASES).ok()?;
    Some(quote!(include!(#file);))
}

/// Makes errors of the cases that the compiler refuses. If it cannot be asked, that is said: the suite may not build then.
pub(super) fn refuse(cases: &mut [Case]) {
    let asked = Compiler::of_this_process().and_then(|compiler| {
        let asked = STAGES
            .iter()
            .try_for_each(|stage| refuse_at(&compiler, stage, cases));
        // Nothing depends on it.
        let _ = std::fs::remove_dir_all(&compiler.folder);
        asked
    });
    if let Err(why) = asked {
        eprintln!("golden: the compiler was not asked which cases it takes: {why}");
    }
}

/// The same at one stage.
fn refuse_at(compiler: &Compiler, stage: &[&str], cases: &mut [Case]) -> Result<(), String> {
    let written = |case: &Case| case.emitted.is_ok();
    for _ in 0..ROUNDS {
        let all: Vec<usize> = (0..cases.len())
            .filter(|i| cases.get(*i).is_some_and(written))
            .collect();
        let refused = compiler.refused(stage, cases, &all)?;
        if refused.is_empty() {
            break;
        }
        for (index, why) in refused {
            if let Some(case) = cases.get_mut(index) {
                case.emitted = Err(why);
            }
        }
    }
    Ok(())
}

/// The compiler that runs this macro, and how it was called.
struct Compiler {
    program: PathBuf,
    args: Vec<OsString>,
    /// For what it writes.
    folder: PathBuf,
}

impl Compiler {
    /// An error if this process is no compiler (but an editor's).
    fn of_this_process() -> Result<Compiler, String> {
        let program = std::env::current_exe().map_err(|e| e.to_string())?;
        let name = program.file_stem().unwrap_or_default().to_string_lossy();
        if !["rustc", "clippy-driver"].contains(&&*name) {
            return Err(format!(
                "the macro is run by {}, which is none",
                program.display()
            ));
        }
        let folder = std::env::temp_dir().join(format!("kseq-golden-{}", std::process::id()));
        std::fs::create_dir_all(&folder).map_err(|e| format!("{}: {e}", folder.display()))?;
        let args = without_outputs(std::env::args_os().skip(1));
        Ok(Compiler {
            program,
            args,
            folder,
        })
    }

    /// Which of some cases are refused, and why.
    fn refused(
        &self,
        stage: &[&str],
        cases: &[Case],
        all: &[usize],
    ) -> Result<BTreeMap<usize, String>, String> {
        let errors = self.errors(stage, cases, all)?;
        let mut refused = BTreeMap::new();
        for Reported { cases, message } in &errors {
            for case in cases {
                refused.entry(*case).or_insert_with(|| message.clone());
            }
        }
        let is_elsewhere = refused.is_empty() && !errors.is_empty();
        if is_elsewhere && !self.errors(stage, cases, &[])?.is_empty() {
            // The suite itself does not build, and says so.
            return Ok(refused);
        }
        match (refused.is_empty(), errors.is_empty(), all) {
            // Something is wrong, but not at a case: it is found by halves.
            (true, false, [only]) => {
                let message = errors.into_iter().map(|error| error.message).next();
                refused.insert(*only, message.unwrap_or_default());
            }
            (true, false, [_, _, ..]) => {
                let (left, right) = all.split_at(all.len() / 2);
                refused = self.refused(stage, cases, left)?;
                refused.extend(self.refused(stage, cases, right)?);
            }
            _ => {}
        }
        Ok(refused)
    }

    /// What the compiler says of some cases; an error if it cannot be asked.
    fn errors(
        &self,
        stage: &[&str],
        cases: &[Case],
        all: &[usize],
    ) -> Result<Vec<Reported>, String> {
        let file = self.folder.join("cases.rs");
        let Some(file) = file.to_str() else {
            return Err(format!("{} is no text", file.display()));
        };
        let lines = write(Path::new(file), cases, all).map_err(|e| format!("{file}: {e}"))?;
        let output = Command::new(&self.program)
            .args(&self.args)
            .args(stage)
            .args(["--error-format=json", "--out-dir"])
            .arg(&self.folder)
            .env(CASES, file)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .output()
            .map_err(|e| format!("{}: {e}", self.program.display()))?;
        let text = String::from_utf8_lossy(&output.stderr);
        let messages = text
            .lines()
            .filter_map(|line| serde_json::from_str(line).ok());
        let errors = messages.filter(|message: &Value| is_error(message));
        let errors = errors.map(|message| {
            let mut at = Vec::new();
            lines_in(&message, file, &mut at);
            let cases = at.iter().filter_map(|line| {
                let before = lines.partition_point(|(first, _)| first <= line);
                lines.get(before.checked_sub(1)?).map(|(_, case)| *case)
            });
            Reported {
                cases: cases.collect(),
                message: worded(&message),
            }
        });
        let errors: Vec<Reported> = errors.collect();
        if errors.is_empty() && !output.status.success() {
            let said = text.lines().next_back().unwrap_or_default();
            return Err(format!("it ended with {}: {said}", output.status));
        }
        Ok(errors)
    }
}

/// An error of the compiler's.
struct Reported {
    cases: Vec<usize>,
    message: String,
}

/// The arguments but for those that say what is written where, and how errors look.
fn without_outputs(args: impl Iterator<Item = OsString>) -> Vec<OsString> {
    let dropped = [
        "--emit",
        "--error-format",
        "--json",
        "--out-dir",
        "--diagnostic-width",
        "-o",
    ];
    let mut args = args.peekable();
    let mut kept = Vec::new();
    while let Some(arg) = args.next() {
        let text = arg.to_string_lossy().into_owned();
        let (name, value) = text
            .split_once('=')
            .map_or((&*text, None), |(n, v)| (n, Some(v)));
        if dropped.contains(&name) {
            if value.is_none() {
                args.next();
            }
            continue;
        }
        let is_cache = |value: &OsString| value.to_string_lossy().starts_with("incremental=");
        if text == "-C" && args.peek().is_some_and(is_cache) {
            args.next();
            continue;
        }
        kept.push(arg);
    }
    kept
}

/// Writes the suite with these cases; answers the line on which each begins.
fn write(file: &Path, cases: &[Case], all: &[usize]) -> std::io::Result<Vec<(usize, usize)>> {
    let mut text = "pub const FOLDER: &str = \"\";\npub const CASES: &[Case] = &[\n".to_owned();
    let (mut lines, mut models) = (Vec::new(), Vec::new());
    let mut line = 3;
    let mut add = |part: &TokenStream, index: usize| {
        let part = part.to_string();
        lines.push((line, index));
        line += part.matches('\n').count() + 1;
        part + "\n"
    };
    for index in all {
        let Some(case) = cases.get(*index) else {
            continue;
        };
        let (model, entry) = tokens((*index, case));
        text += &add(&quote!(#entry,), *index);
        models.push((model, *index));
    }
    // The bracket stands on the line of the first model.
    text += "]; ";
    for (model, index) in models {
        text += &add(&model, index);
    }
    std::fs::write(file, text)?;
    Ok(lines)
}

/// Whether a message is an error of the program, and not that there were some.
fn is_error(message: &Value) -> bool {
    let text = |key: &str| message.get(key).and_then(Value::as_str).unwrap_or_default();
    let level = text("level");
    level.starts_with("error") && !text("message").starts_with("aborting due to")
}

/// All lines of the file of which a message speaks.
fn lines_in(message: &Value, file: &str, lines: &mut Vec<usize>) {
    match message {
        Value::Array(items) => items.iter().for_each(|item| lines_in(item, file, lines)),
        Value::Object(fields) => {
            if fields.get("file_name").and_then(Value::as_str) == Some(file)
                && let Some(line) = fields.get("line_start").and_then(Value::as_u64)
            {
                lines.push(line as usize);
            }
            fields
                .values()
                .for_each(|field| lines_in(field, file, lines));
        }
        _ => {}
    }
}

/// The text of a message, without what it is wrapped in when a constant is refused.
fn worded(message: &Value) -> String {
    let text = message
        .get("message")
        .and_then(Value::as_str)
        .unwrap_or_default();
    text.strip_prefix("evaluation panicked: ")
        .unwrap_or(text)
        .to_owned()
}
