//! `cargo xtask compile-time`: what a model costs the compiler, per layer, and what the library costs it once.
//!
//! The time is the processor time of all processes (user and system), the smallest of some runs: other work on the
//! machine disturbs it little. Incremental compilation is off, so that every run does all the work.

use std::fmt::Write;
use std::fs;
use std::path::Path;
use std::process::Command;

use crate::command::run;

const LAYERS: [usize; 5] = [1, 2, 12, 50, 200];

/// What layers a model has.
struct Kind {
    /// As the page says it.
    layers: &'static str,
    /// A sample.
    sample: &'static str,
    input_shape: &'static str,
    /// The layer with this index and this width.
    layer: fn(usize, usize) -> String,
    /// Whether a release build is measured, too.
    is_built: bool,
}

const KINDS: [Kind; 2] = [
    Kind {
        layers: "`Dense` with `relu`, `Dropout`, `Dense` with `tanh`, `BatchNormalization`",
        sample: "[0.5; 16]",
        input_shape: "(16,)",
        layer: |index, width| match index % 4 {
            0 => format!("Dense({width}, activation = \"relu\""),
            1 => "Dropout(0.1".to_owned(),
            2 => format!("Dense({width}, activation = \"tanh\""),
            _ => "BatchNormalization(".to_owned(),
        },
        is_built: true,
    },
    Kind {
        layers: "`Conv1D`, `LSTM`, `GRU`, `Dense`",
        sample: "[[0.5; 16]; 8]",
        input_shape: "(8, 16)",
        layer: |index, width| match index % 4 {
            0 => format!("Conv1D({width}, 3, padding = \"same\", activation = \"relu\""),
            1 => format!("LSTM({width}, return_sequences = true"),
            2 => format!("GRU({width}, return_sequences = true"),
            _ => format!("Dense({width}, activation = \"relu\""),
        },
        is_built: false,
    },
];

/// Measures, and writes the page.
pub fn page() -> Result<(), String> {
    let root = std::env::current_dir().map_err(|e| e.to_string())?;
    let folder = root.join("target/compile_time");
    if folder.exists() {
        fs::remove_dir_all(&folder).map_err(|e| e.to_string())?;
    }
    write_program(&KINDS[0], &folder, &root, 1)?;
    let library = [
        ("`cargo check`", &["check", "-p", "kseq-nn"][..]),
        ("`cargo build`", &["build", "-p", "kseq-nn"]),
        (
            "`cargo build --release`",
            &["build", "-p", "kseq-nn", "--release"],
        ),
    ];
    let mut page = format!(
        "# Compile time\n\nWritten by `cargo xtask compile-time`: processor time (user and system) of all processes, without\n\
         incremental compilation, for a model the smallest of three runs.\n\n{}, {}.\n\n\
         ## The library, once\n\nDefault features, with all dependencies, from nothing:\n\n| command | seconds |\n| --- | --- |\n",
        version()?,
        machine()
    );
    for (name, args) in library {
        let seconds = measure(&folder, args)?;
        let _ = writeln!(page, "| {name} | {seconds:.1} |");
    }
    page += "\n## A model\n\nLayers in turn, no two of the same size, in a program that trains and predicts.\n";
    for kind in &KINDS {
        page += &table(kind, &folder, &root)?;
    }
    fs::write("docs/COMPILE_TIME.md", page).map_err(|e| e.to_string())
}

/// What models of a kind cost.
fn table(kind: &Kind, folder: &Path, root: &Path) -> Result<String, String> {
    let commands: &[(&str, &[&str])] = match kind.is_built {
        true => &[
            ("check", &["check"]),
            ("release build", &["build", "--release"]),
        ],
        false => &[("check", &["check"])],
    };
    let mut page = format!("\n{}:\n\n| layers |", kind.layers);
    for (name, _) in commands {
        let _ = write!(page, " {name}, s | a layer more, ms |");
    }
    let _ = write!(page, "\n| --- |{}", " --- | --- |".repeat(commands.len()));
    let mut first = Vec::new();
    for layers in LAYERS {
        let _ = write!(page, "\n| {layers} |");
        for (at, (_, args)) in commands.iter().enumerate() {
            let mut seconds = f64::MAX;
            for _ in 0..3 {
                write_program(kind, folder, root, layers)?;
                seconds = seconds.min(measure(folder, args)?);
            }
            let _ = match first.get(at) {
                None => {
                    first.push(seconds);
                    write!(page, " {seconds:.2} | |")
                }
                Some(first) => {
                    let more = (seconds - first) * 1000.0 / (layers - 1) as f64;
                    write!(page, " {seconds:.2} | {more:.1} |")
                }
            };
        }
        println!("{}", page.lines().last().unwrap_or_default());
    }
    Ok(page + "\n")
}

/// A program with a model of so many layers. It is written anew, so that it is compiled anew.
fn write_program(kind: &Kind, folder: &Path, root: &Path, layers: usize) -> Result<(), String> {
    let mut list = String::new();
    for index in 0..layers {
        let mut layer = (kind.layer)(index, 16 + index);
        if index == 0 {
            let _ = write!(layer, ", input_shape = {}", kind.input_shape);
        }
        let _ = writeln!(list, "    {layer}),");
    }
    let sample = kind.sample;
    let source = format!(
        "use kseq::prelude::*;\n\nsequential! {{ pub Net = [\n{list}] }}\n\n\
         fn main() -> Result<(), Error> {{\n    \
             let x = vec![{sample}; 32];\n    \
             let y: Vec<<Net as kseq::model::Model>::Output> = Vec::new();\n    \
             let mut model = Net::new(1).compile(SGD::default(), MeanSquaredError::default(), ());\n    \
             model.fit(&x, &y, Fit::new())?;\n    \
             println!(\"{{:?}}\", model.predict(&x)?.len());\n    \
             Ok(())\n}}\n"
    );
    let manifest = format!(
        "[package]\nname = \"program\"\nversion = \"0.0.0\"\nedition = \"2024\"\n\n[dependencies]\nkseq-nn = {{ path = {root:?} }}\n\n[workspace]\n"
    );
    fs::create_dir_all(folder.join("src")).map_err(|e| e.to_string())?;
    fs::write(folder.join("src/main.rs"), source).map_err(|e| e.to_string())?;
    fs::write(folder.join("Cargo.toml"), manifest).map_err(|e| e.to_string())
}

/// The seconds that a cargo command takes.
fn measure(folder: &Path, args: &[&str]) -> Result<f64, String> {
    let before = children()?;
    run(Command::new("cargo")
        .args(args)
        .arg("--quiet")
        .current_dir(folder)
        .env("CARGO_INCREMENTAL", "0")
        .env("CARGO_TARGET_DIR", folder.join("target")))?;
    Ok(children()? - before)
}

/// The processor time of all processes that this one has waited for, from Linux's `/proc`.
fn children() -> Result<f64, String> {
    let stat =
        fs::read_to_string("/proc/self/stat").map_err(|e| format!("/proc/self/stat: {e}"))?;
    // Behind the name in parentheses; `cutime` and `cstime` are the fields 16 and 17, in hundredths of a second.
    let (_, fields) = stat.rsplit_once(')').ok_or("/proc/self/stat has no name")?;
    let ticks = fields.split_whitespace().skip(13).take(2);
    let ticks: f64 = ticks.filter_map(|n| n.parse::<f64>().ok()).sum();
    Ok(ticks / 100.0)
}

fn version() -> Result<String, String> {
    let output = Command::new("rustc").arg("--version").output();
    let output = output.map_err(|e| e.to_string())?.stdout;
    Ok(String::from_utf8_lossy(&output).trim().to_owned())
}

/// The processor's name, and how many there are.
fn machine() -> String {
    let info = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let name = info
        .lines()
        .find_map(|l| l.strip_prefix("model name")?.split_once(": "));
    let count = info.lines().filter(|l| l.starts_with("processor")).count();
    format!(
        "{count} processors of the kind {}",
        name.map_or("?", |(_, name)| name)
    )
}
