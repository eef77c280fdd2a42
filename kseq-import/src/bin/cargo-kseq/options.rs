//! The words behind `cargo kseq`.

use std::path::{Path, PathBuf};

/// What is asked for.
#[derive(Debug, PartialEq)]
pub enum Command {
    /// How it is called.
    Help,
    /// Its version.
    Version,
    /// A file as source.
    Import(Import),
    /// A project.
    New(New),
}

/// Where a project goes.
#[derive(Debug, PartialEq)]
pub struct New {
    /// Its folder, whose name is the project's.
    pub folder: PathBuf,
    /// A folder with kseq, in place of the version in the registry.
    pub kseq: Option<PathBuf>,
}

/// What is imported, and where it goes.
#[derive(Debug, PartialEq)]
pub struct Import {
    /// The file of Keras.
    pub model: PathBuf,
    /// The file of Rust; without one the source is printed.
    pub output: Option<PathBuf>,
    /// The type.
    pub name: String,
    /// The shape of a sample, where the file does not say it.
    pub input_shape: Option<Vec<Option<usize>>>,
    /// A file with `x` and `y`, which become a test.
    pub test: Option<PathBuf>,
    /// Whether files that are there are written over.
    pub force: bool,
}

/// How it is called.
pub const HELP: &str = "\
Usage: cargo kseq new FOLDER [--kseq PATH]
       cargo kseq import MODEL [-o src/net.rs] [options]

`new` makes a project: a network that is trained on this machine, a firmware and a page that run it.

  --kseq PATH             kseq in a folder, in place of its version in the registry

`import` brings a model of Keras into Rust: its layers as a `sequential!`, its weights as safetensors.
MODEL is a `.keras`, a whole-model `.h5`, or the text of `model.to_json()`, of Keras 1, 2 or 3.

Options:
  -o, --output FILE       the Rust file; the weights go beside it, as FILE with `.safetensors`.
                          Without it the source is printed, and no file is written
  --name NAME             the model's type; without it the name of the Rust file (`net.rs`: Net)
  --input-shape 28,28,1   the shape of a sample, if the file does not say it; `None` is any length
  --test FILE             a test that the outputs are Keras's: FILE has `x`, some samples, and `y`,
                          what Keras gives for them, from `numpy.savez` or as safetensors
  -f, --force             write over files that are there
  -h, --help
  -V, --version
";

/// Reads the arguments behind the program's name.
pub fn parse(args: impl Iterator<Item = String>) -> Result<Command, String> {
    // As a subcommand, cargo says its name once more.
    let mut args = args.peekable();
    args.next_if(|arg| arg == "kseq");
    match args.next().as_deref() {
        None | Some("-h" | "--help" | "help") => return Ok(Command::Help),
        Some("-V" | "--version") => return Ok(Command::Version),
        Some("import") => {}
        Some("new") => return new(args),
        Some(other) => {
            return Err(format!(
                "there is no command `{other}`\n  help: `cargo kseq new digits` or `cargo kseq import model.h5 -o src/net.rs`"
            ));
        }
    }
    let (mut model, mut output, mut name, mut input_shape, mut test) =
        (None, None, None, None, None);
    let mut force = false;
    while let Some(arg) = args.next() {
        let (option, mut given) = match arg.split_once('=') {
            Some((option, value)) if option.starts_with("--") => {
                (option.to_owned(), Some(value.to_owned()))
            }
            _ => (arg, None),
        };
        let mut value = || {
            let value = given.take().or_else(|| args.next());
            value.ok_or_else(|| format!("`{option}` needs a value\n  help: `cargo kseq --help`"))
        };
        match option.as_str() {
            "-h" | "--help" => return Ok(Command::Help),
            "-o" | "--output" => output = Some(PathBuf::from(value()?)),
            "--name" => name = Some(value()?),
            "--input-shape" => input_shape = Some(shape(&value()?)?),
            "--test" => test = Some(PathBuf::from(value()?)),
            "-f" | "--force" => force = true,
            option if option.starts_with('-') => {
                return Err(format!(
                    "there is no option `{option}`\n  help: `cargo kseq --help` lists them"
                ));
            }
            path if model.is_none() => model = Some(PathBuf::from(path)),
            path => return Err(format!("one model at a time, found `{path}`, too")),
        }
    }
    let model = model.ok_or("which model? `cargo kseq import model.h5 -o src/net.rs`")?;
    let name = match name {
        Some(name) => name,
        None => output.as_deref().map_or_else(|| "Net".to_owned(), type_of),
    };
    let is_type = name.starts_with(|c: char| c.is_ascii_uppercase())
        && name.chars().all(|c| c.is_ascii_alphanumeric());
    if !is_type {
        return Err(format!(
            "`{name}` is no name of a type\n  help: say one, `--name Net`"
        ));
    }
    if test.is_some() && output.is_none() {
        return Err("`--test` needs a file that the test is in: `-o src/net.rs`".to_owned());
    }
    Ok(Command::Import(Import {
        model,
        output,
        name,
        input_shape,
        test,
        force,
    }))
}

/// What is behind `new`.
fn new(mut args: impl Iterator<Item = String>) -> Result<Command, String> {
    let (mut folder, mut kseq) = (None, None);
    while let Some(arg) = args.next() {
        match arg.as_str() {
            "-h" | "--help" => return Ok(Command::Help),
            "--kseq" => {
                let path = args.next();
                kseq = Some(path.ok_or("`--kseq` needs a folder\n  help: `cargo kseq --help`")?);
            }
            option if option.starts_with('-') => {
                return Err(format!(
                    "there is no option `{option}`\n  help: `cargo kseq --help` lists them"
                ));
            }
            _ if folder.is_none() => folder = Some(arg),
            path => return Err(format!("one project at a time, found `{path}`, too")),
        }
    }
    let folder = folder.ok_or("in which folder? `cargo kseq new digits`")?;
    Ok(Command::New(New {
        folder: folder.into(),
        kseq: kseq.map(PathBuf::from),
    }))
}

/// `src/digit_net.rs`: `DigitNet`.
fn type_of(path: &Path) -> String {
    let stem = path
        .file_stem()
        .and_then(|stem| stem.to_str())
        .unwrap_or_default();
    let words = stem.split(|c: char| !c.is_ascii_alphanumeric());
    words.map(kseq_catalogue::camel).collect()
}

/// `28,28,1`
fn shape(text: &str) -> Result<Vec<Option<usize>>, String> {
    let axes = text.trim_matches(['(', ')', ' ']).split(',').map(str::trim);
    let axes = axes.filter(|axis| !axis.is_empty());
    let size = |axis: &str| match (axis, axis.parse()) {
        ("None", _) => Ok(None),
        (_, Ok(size)) if size > 0 => Ok(Some(size)),
        _ => Err(format!(
            "`{axis}` is no size of an axis\n  help: the shape of a sample, without the batch: `--input-shape 28,28,1`"
        )),
    };
    let shape: Result<Vec<_>, _> = axes.map(size).collect();
    match shape? {
        shape if shape.is_empty() => {
            Err("`--input-shape` needs at least one axis: `--input-shape 28,28,1`".to_owned())
        }
        shape => Ok(shape),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(args: &str) -> Result<Command, String> {
        parse(args.split_whitespace().map(str::to_owned))
    }

    #[test]
    fn arguments() {
        let import = Import {
            model: "m.h5".into(),
            output: Some("src/digit_net.rs".into()),
            name: "DigitNet".to_owned(),
            input_shape: Some(vec![None, Some(3)]),
            test: Some("io.npz".into()),
            force: true,
        };
        assert_eq!(
            parsed("kseq import m.h5 -o src/digit_net.rs --input-shape=None,3 --test io.npz -f"),
            Ok(Command::Import(import))
        );
        let new = New {
            folder: "digits".into(),
            kseq: Some("../kseq".into()),
        };
        assert_eq!(
            parsed("kseq new --kseq ../kseq digits"),
            Ok(Command::New(new))
        );
        assert_eq!(parsed("kseq"), Ok(Command::Help));
        assert_eq!(parsed("import m.h5 --help"), Ok(Command::Help));
        assert_eq!(parsed("--version"), Ok(Command::Version));
    }

    #[test]
    fn what_is_no_call() {
        for (args, why) in [
            ("imprt", "there is no command `imprt`"),
            ("new", "in which folder?"),
            ("new a b", "one project at a time"),
            ("new a --kseq", "`--kseq` needs a folder"),
            ("new a --chip", "there is no option `--chip`"),
            ("import", "which model?"),
            ("import a.h5 b.h5", "found `b.h5`, too"),
            ("import a.h5 -o", "`-o` needs a value"),
            ("import a.h5 --out x", "there is no option `--out`"),
            ("import a.h5 --name net", "`net` is no name of a type"),
            ("import a.h5 -o 1.rs", "`1` is no name of a type"),
            ("import a.h5 --input-shape 3,0", "`0` is no size of an axis"),
            ("import a.h5 --input-shape ,", "needs at least one axis"),
            (
                "import a.h5 --test io.npz",
                "needs a file that the test is in",
            ),
        ] {
            let found = parsed(args).err().unwrap_or_default();
            assert!(found.contains(why), "{args}: {found}");
        }
    }
}
