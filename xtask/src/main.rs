//! The checks of kseq: `cargo xtask check` runs all of them, `cargo xtask NAME` one. And the pages that are measured or
//! made from the code.

mod api;
mod beside;
mod book;
mod circles;
mod command;
mod compile_time;
mod distributed;
mod embedded;
mod examples;
mod fuzz;
mod install;
mod new_layer;
mod oracle;
mod pages;
mod processors;
mod project;
mod prose;
mod refused;
mod suites;
mod supply;
mod undefined;
mod unsafe_code;
mod web;

use std::process::{Command, ExitCode};
use std::time::Instant;

use beside::Beside;
use command::{cpu_seconds, run};

/// One check: its name, what it is for, and how it runs.
struct Check {
    name: &'static str,
    about: &'static str,
    run: fn() -> Result<(), String>,
}

const CHECKS: &[Check] = &[
    Check {
        name: "fmt",
        about: "the code is formatted",
        run: || cargo(&["fmt", "--all", "--check"]),
    },
    Check {
        name: "circles",
        about: "no file needs a file that needs it",
        run: circles::check,
    },
    Check {
        name: "unsafe",
        about: "each `unsafe` is in the table of docs/UNSAFE.md, with its reason",
        run: unsafe_code::check,
    },
    Check {
        name: "links",
        about: "the links of all pages lead to a file and a heading that are there, as is what the book quotes",
        run: || prose::links().and_then(|()| book::quotes()),
    },
    Check {
        name: "typos",
        about: "words are spelt right, or stand in _typos.toml",
        run: prose::typos,
    },
    Check {
        name: "clippy",
        about: "no warning in any target, with all features and without any",
        run: clippy,
    },
    Check {
        name: "deny",
        about: "the licences of all packages that are used, none of them in two versions (deny.toml)",
        run: supply::deny,
    },
    Check {
        name: "msrv",
        about: "the oldest compiler that Cargo.toml promises builds the library",
        run: msrv,
    },
    Check {
        name: "tensorboard",
        about: "installs the real TensorBoard into target/, for the test that lets it read event files",
        run: || suites::install("tensorboard"),
    },
    Check {
        name: "keras",
        about: "installs the real Keras, onnxruntime and LiteRT into target/, for the tests that take models there and back",
        run: || suites::install("keras"),
    },
    Check {
        name: "test",
        about: "unit, integration and documentation tests, in a debug build",
        run: suites::test,
    },
    Check {
        name: "templates",
        about: "what new-layer writes compiles and passes its tests",
        run: new_layer::check,
    },
    Check {
        name: "project",
        about: "what `cargo kseq new` makes: it trains, runs in an emulator and in node",
        run: project::check,
    },
    Check {
        name: "ui",
        about: "the rejected models, and what the compiler says of them",
        run: suites::ui,
    },
    Check {
        name: "golden",
        about: "layers and trainings against real Keras",
        run: suites::golden,
    },
    Check {
        name: "nostd",
        about: "a prediction and a training link without std and without an allocator; what is a host's only is refused in words",
        run: suites::nostd,
    },
    Check {
        name: "device",
        about: "tests of the kernels and passes of a microcontroller, on this machine",
        run: suites::device,
    },
    Check {
        name: "web",
        about: "the live page: its modules in node, the page in a browser (--write: the book's picture of it)",
        run: web::command,
    },
    Check {
        name: "fuzz",
        about: "all readers of files and texts, given anything for two minutes (TARGET --seconds N: longer)",
        run: fuzz::command,
    },
    Check {
        name: "examples",
        about: "the examples run, and end as the book says (--write: book/src/lines.txt)",
        run: examples::command,
    },
    Check {
        name: "accuracy",
        about: "the digit classifier learns as well as in Keras",
        run: accuracy,
    },
    Check {
        name: "mpi",
        about: "training on several ranks, one of them killed; two hosts (root installs MPI; without it, nothing)",
        run: distributed::command,
    },
    Check {
        name: "package",
        about: "each package could be published (a dry run, without building it)",
        run: supply::package,
    },
    Check {
        name: "api",
        about: "what is public is what docs/api/ lists (--write: writes it)",
        run: api::command,
    },
    Check {
        name: "book",
        about: "the book is built, and its links lead somewhere (--pictures: draws its pictures)",
        run: book::command,
    },
    Check {
        name: "doc",
        about: "the documentation builds without warnings",
        run: doc,
    },
    Check {
        name: "embedded",
        about: "firmware, in an emulator: outputs, instructions, code, memory (--write: docs/EMBEDDED_SIZES.md, tests/promises.txt)",
        run: embedded::command,
    },
];

/// From the first check on, the second one runs beside: one compiles a large crate, which is work for one processor, as is most of what
/// stands between them.
const BESIDE: &[(&str, &str)] = &[("project", "device"), ("web", "embedded")];

/// What writes a page.
const PAGES: &[Check] = &[
    Check {
        name: "gallery",
        about: "writes docs/GALLERY.md from the rejected models",
        run: || cargo(&["run", "--quiet", "-p", "ui-tests"]),
    },
    Check {
        name: "pages",
        about: "writes what KERAS.md, README.md and docs/layers/ say of the catalogue",
        run: pages::write,
    },
    Check {
        name: "compile-time",
        about: "measures the compiler, and writes docs/COMPILE_TIME.md",
        run: compile_time::page,
    },
];

/// What takes long, or needs more than `check` installs.
const BY_HAND: &[Check] = &[
    Check {
        name: "asan",
        about: "tests of kernels, layers and trainings with AddressSanitizer",
        run: undefined::asan,
    },
    Check {
        name: "miri",
        about: "parameters, samples and small kernels in Miri (rustup toolchain install nightly -c miri,rust-src)",
        run: undefined::miri,
    },
    Check {
        name: "tsan",
        about: "threads, and what uses them, with ThreadSanitizer (rustup toolchain install nightly -c rust-src)",
        run: undefined::tsan,
    },
    Check {
        name: "processors",
        about: "tests on aarch64, i686, s390x: [NAME..] [SUITE..] [-- ARGUMENTS]; or instructions of the NEON kernels: counts [WORK..]",
        run: processors::command,
    },
    Check {
        name: "tarballs",
        about: "each package builds from what is packed",
        run: supply::tarballs,
    },
    Check {
        name: "minimal",
        about: "the packages build with the oldest versions of others that their manifests allow",
        run: supply::minimal,
    },
    Check {
        name: "semver",
        about: "what has changed since the last tag is what the version's number says",
        run: supply::semver,
    },
];

/// A command that reads its arguments.
type ByArguments = fn(&[String]) -> Result<(), String>;

fn main() -> ExitCode {
    let name = std::env::args().nth(1).unwrap_or_default();
    let by_arguments: Option<ByArguments> = match name.as_str() {
        "new-layer" => Some(new_layer::command),
        "oracle" => Some(oracle::command),
        _ => None,
    };
    if let Some(command) = by_arguments {
        let arguments: Vec<String> = std::env::args().skip(2).collect();
        return match command(&arguments) {
            Ok(()) => ExitCode::SUCCESS,
            Err(why) => {
                println!("{why}");
                ExitCode::FAILURE
            }
        };
    }
    let chosen: Vec<&Check> = CHECKS
        .iter()
        .filter(|c| name == "check" || c.name == name)
        .chain(PAGES.iter().chain(BY_HAND).filter(|c| c.name == name))
        .collect();
    if chosen.is_empty() {
        println!("cargo xtask check        all of these:");
        let list = |checks: &[Check]| {
            for check in checks {
                println!("cargo xtask {:12} {}", check.name, check.about);
            }
        };
        list(CHECKS);
        println!("\npages:");
        list(PAGES);
        println!("\nby hand, since they take long:");
        list(BY_HAND);
        println!(
            "\nand:\n{}\n{}\n{}\n{}",
            new_layer::USAGE,
            oracle::USAGE,
            fuzz::USAGE,
            distributed::USAGE
        );
        return ExitCode::FAILURE;
    }
    if name == "check" {
        suites::begin(&["tensorboard", "keras"]);
    }
    let mut beside: Vec<Beside> = Vec::new();
    for check in chosen {
        let others = BESIDE.iter().filter(|(from, _)| *from == check.name);
        for (_, other) in others.filter(|_| name == "check") {
            match Beside::begin(other) {
                Ok(begun) => beside.push(begun),
                Err(why) => println!("{other} does not run beside: {why}"),
            }
        }
        println!("== {}: {}", check.name, check.about);
        let (begin, cpu) = (Instant::now(), cpu_seconds());
        let begun = beside.iter().position(|other| other.name == check.name);
        let result = match begun {
            Some(place) => beside.remove(place).end(),
            None => (check.run)(),
        };
        if let Err(why) = result {
            println!("== {} FAILED: {why}", check.name);
            return ExitCode::FAILURE;
        }
        let (seconds, cpu) = (begin.elapsed().as_secs(), cpu_seconds() - cpu);
        println!("== {}: {seconds} s, {cpu} s of the processors", check.name);
    }
    println!("== done");
    ExitCode::SUCCESS
}

fn cargo(args: &[&str]) -> Result<(), String> {
    run(Command::new("cargo").args(args))
}

fn clippy() -> Result<(), String> {
    let deny = ["--", "-D", "warnings"];
    let all = ["clippy", "--workspace", "--all-targets", "--all-features"];
    cargo(&[&all[..], &deny].concat())?;
    let bare = ["clippy", "-p", "kseq-nn", "--no-default-features"];
    cargo(&[&bare[..], &deny].concat())?;
    let arrays = ["--features", "nalgebra,generic-array"];
    cargo(&[&bare[..], &arrays, &deny].concat())?;
    let std = [
        "clippy",
        "-p",
        "kseq-nn",
        "--no-default-features",
        "--features",
        "std",
    ];
    cargo(&[&std[..], &deny].concat())
}

/// Checks with the promised compiler: the current one if it is that one, else through rustup.
fn msrv() -> Result<(), String> {
    let manifest = std::fs::read_to_string("Cargo.toml").map_err(|e| e.to_string())?;
    let promised = manifest
        .lines()
        .find_map(|l| l.strip_prefix("rust-version = \"")?.strip_suffix('"'))
        .ok_or("Cargo.toml has no rust-version")?;
    let output = Command::new("rustc").arg("--version").output();
    let output = output.map_err(|e| e.to_string())?.stdout;
    let current = String::from_utf8_lossy(&output).into_owned();
    if current.starts_with(&format!("rustc {promised}")) {
        println!("{} is the promised {promised}", current.trim());
        return cargo(&["check", "-p", "kseq-nn"]);
    }
    let toolchain = format!("{promised}.0");
    run(Command::new("rustup").args(["run", &toolchain, "cargo", "check", "-p", "kseq-nn"]))
}

/// Real Keras reaches 0.962 to 0.968 with this model, data and number of epochs (three seeds).
fn accuracy() -> Result<(), String> {
    for seed in ["0", "1", "2"] {
        let mut example = Command::new("cargo");
        example.args(["run", "--release", "--quiet", "--example", "mnist_mlp"]);
        example.args(["--", "--epochs", "20", "--seed", seed]);
        let output = example.output().map_err(|e| e.to_string())?;
        let output = String::from_utf8_lossy(&output.stdout).into_owned();
        let last = output.lines().last().unwrap_or_default();
        println!("mnist_mlp, 20 epochs, seed {seed}: {last}");
        let reached = last
            .rsplit_once("test_accuracy=")
            .and_then(|(_, value)| value.parse::<f64>().ok());
        if reached.is_none_or(|accuracy| accuracy < 0.96) {
            return Err(format!("expected a test_accuracy of at least 0.96: {last}"));
        }
    }
    Ok(())
}

fn doc() -> Result<(), String> {
    let mut doc = Command::new("cargo");
    doc.args(["doc", "--workspace", "--no-deps", "--all-features"]);
    // As on docs.rs: each item says which feature it needs, which only a nightly rustdoc does otherwise.
    let rustdoc = std::path::absolute("tests/rustdoc.sh").map_err(|e| e.to_string())?;
    doc.env("RUSTDOC", rustdoc);
    run(doc.env("RUSTDOCFLAGS", "-D warnings --cfg docsrs"))
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    /// Cargo finds tests and benches by itself only in folders of these names within a package; ours are packages.
    #[test]
    fn each_test_and_bench_is_in_its_manifest() {
        for folder in ["tests", "benches"] {
            let folder = Path::new(env!("CARGO_MANIFEST_DIR"))
                .join("..")
                .join(folder);
            let manifest = std::fs::read_to_string(folder.join("Cargo.toml")).unwrap();
            for entry in std::fs::read_dir(&folder).unwrap() {
                let path = entry.unwrap().path();
                if path.join("Cargo.toml").exists() {
                    continue; // A package of its own.
                }
                let name = path.file_name().unwrap().to_string_lossy().into_owned();
                let file = match path.join("main.rs").exists() {
                    true => format!("{name}/main.rs"),
                    false if name.ends_with(".rs") && name != "build.rs" => name,
                    false => continue,
                };
                let listed = manifest.contains(&format!("path = \"{file}\""));
                assert!(listed, "{} lacks {file}", folder.display());
            }
        }
    }

    #[test]
    fn readme_shows_the_first_example() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
        let read = |file: &str| std::fs::read_to_string(root.join(file)).unwrap();
        let example = read("examples/first.rs");
        let (_title, code) = example.split_once("\n\n").unwrap();
        assert!(read("README.md").contains(&format!("```rust,no_run\n{code}```")));
    }

    /// The paths of all files of the project, from its root.
    fn all_files(folder: &Path, from: &str, files: &mut Vec<String>) {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            let name = path.file_name().unwrap().to_string_lossy().into_owned();
            let name = format!("{from}/{name}");
            match path.is_dir() {
                true if name.ends_with("/target") || name.ends_with("/.git") => {}
                true => all_files(&path, &name, files),
                false => files.push(name),
            }
        }
    }

    /// Users read the core's documentation through the facade: its examples name `kseq`, which a hidden line makes the core.
    /// What only authors of layers read, in kseq-core, names that.
    #[test]
    fn examples_name_the_facade() {
        let core = Path::new(env!("CARGO_MANIFEST_DIR")).join("../kseq-core/src");
        let mut files = Vec::new();
        all_files(&core, "", &mut files);
        let authors = [
            "/layers/",
            "/kernels/",
            "/chain.rs",
            "/probe.rs",
            "/layer_info.rs",
        ];
        for file in files.iter().filter(|file| file.ends_with(".rs")) {
            if authors.iter().any(|part| file.contains(part)) {
                continue;
            }
            let text = std::fs::read_to_string(core.join(&file[1..])).unwrap();
            let mut docs = text.lines().map(str::trim_start);
            let named = docs.find(|line| {
                let is_doc = line.starts_with("///") || line.starts_with("//!");
                is_doc && line.contains("kseq_core::")
            });
            assert!(
                named.is_none(),
                "{file}: name `kseq`, see CONTRIBUTING.md: {named:?}"
            );
        }
    }

    /// A document names a file by the end of its path, or a folder by its name and a slash.
    #[test]
    fn files_that_documents_name_are_there() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
        let mut files = Vec::new();
        all_files(&root, "", &mut files);
        for document in ["ARCHITECTURE.md", "CONTRIBUTING.md"] {
            let text = std::fs::read_to_string(root.join(document)).unwrap();
            for name in text.split('`').skip(1).step_by(2) {
                let is_path = !name.contains([' ', '*', ':']) && !name.contains("NAME");
                let there = if is_path && name.ends_with(".rs") {
                    files.iter().any(|file| file.ends_with(&format!("/{name}")))
                } else if is_path && name.ends_with('/') {
                    files.iter().any(|file| file.contains(&format!("/{name}")))
                } else {
                    continue;
                };
                assert!(there, "{document} names `{name}`, which is not there");
            }
        }
    }
}
