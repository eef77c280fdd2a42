//! `cargo xtask circles`: no file may need a file that needs it, directly or by way of others.
//!
//! Read are the `use` lines and the paths in the code, also among the tokens of macros; code that is there for tests does not count. A name is
//! followed through re-exports to the file that defines it, so neither `mod child;` nor `pub use child::Name;` is an arrow from a
//! module to its child: the child may use what its parent defines, as long as the parent's own code does not use the child.

mod modules;

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::fmt::Write;
use std::path::{Path, PathBuf};

use modules::{Import, Module};

/// The roots of the crates. A crate cannot need one that needs it, so each is looked at by itself.
const ROOTS: &[&str] = &[
    "kseq-catalogue/src/lib.rs",
    "kseq-core/src/lib.rs",
    "kseq-import/src/lib.rs",
    "kseq-int8/src/lib.rs",
    "kseq-macros/src/lib.rs",
    "kseq-safetensors/src/lib.rs",
    "src/lib.rs",
    "ui-tests/src/lib.rs",
    "xtask/src/main.rs",
];

/// Which file needs which, and the names that tie them.
type Arrows = BTreeMap<PathBuf, BTreeMap<PathBuf, BTreeSet<String>>>;

/// The check.
pub fn check() -> Result<(), String> {
    let mut found = String::new();
    for root in ROOTS.iter().map(Path::new) {
        if !root.exists() {
            return Err(format!("{} is not there any more", root.display()));
        }
        let arrows = arrows(&modules::read(root, &|file| {
            std::fs::read_to_string(file).ok()
        })?);
        for circle in circles(&arrows) {
            found += "\n";
            found += &in_words(&arrows, &circle);
        }
    }
    match found.is_empty() {
        true => Ok(()),
        false => Err(format!("files that need each other:\n{found}")),
    }
}

/// What a path leads to: a module, an item in a file, or both, since they may have the same name.
#[derive(Clone, Default)]
struct Target {
    module: Option<usize>,
    item: Option<(PathBuf, String)>,
}

impl Target {
    fn is_nothing(&self) -> bool {
        self.module.is_none() && self.item.is_none()
    }

    fn or(self, other: impl FnOnce() -> Self) -> Self {
        match (self.module, self.item) {
            (Some(module), Some(item)) => Self {
                module: Some(module),
                item: Some(item),
            },
            (module, item) => {
                let other = other();
                Self {
                    module: module.or(other.module),
                    item: item.or(other.item),
                }
            }
        }
    }
}

struct Names<'a> {
    modules: &'a [Module],
    /// Where each `macro_rules!` is: a module's children know those that stand before them without a path.
    macros: BTreeMap<&'a str, &'a Path>,
}

/// What is being looked up: modules may hand on each other's names.
type Asked = BTreeSet<(usize, String)>;

impl Names<'_> {
    fn lookup(&self, module: usize, name: &str, asked: &mut Asked) -> Target {
        let here = &self.modules[module];
        let own = Target {
            module: here.children.get(name).copied(),
            item: (here.items.contains(name)).then(|| (here.file.clone(), name.to_owned())),
        };
        // `pub use child::child` asks for the module while it is asked for the function.
        if !asked.insert((module, name.to_owned())) {
            return own;
        }
        let imports = |named: bool| {
            let chosen = move |import: &&Import| match &import.name {
                Some(as_name) => named && as_name == name,
                None => !named,
            };
            here.imports.iter().filter(chosen)
        };
        let mut target = own;
        for import in imports(true) {
            target = target.or(|| self.follow(module, &import.path, asked));
        }
        for import in imports(false) {
            target = target.or(|| match self.follow(module, &import.path, asked).module {
                Some(module) => self.lookup(module, name, asked),
                None => Target::default(),
            });
        }
        asked.remove(&(module, name.to_owned()));
        target
    }

    fn follow(&self, module: usize, path: &[String], asked: &mut Asked) -> Target {
        let mut target = Target {
            module: Some(module),
            item: None,
        };
        for (i, name) in path.iter().enumerate() {
            let Some(at) = target.module else {
                // A variant of an enum, a function of a type: they are where the type is.
                return target;
            };
            target = match name.as_str() {
                "crate" => Target {
                    module: Some(0),
                    item: None,
                },
                "self" => target,
                "super" => Target {
                    module: self.modules[at].parent,
                    item: None,
                },
                name => {
                    let next = self.lookup(at, name, asked);
                    if next.is_nothing() && i > 0 && target.item.is_some() {
                        return target;
                    }
                    next
                }
            };
        }
        target
    }
}

fn arrows<'a>(modules: &'a [Module]) -> Arrows {
    let macros = |module: &'a Module| {
        let names = module.macros.iter().map(String::as_str);
        names.map(|name| (name, module.file.as_path()))
    };
    let names = Names {
        modules,
        macros: modules.iter().flat_map(macros).collect(),
    };
    let mut arrows = Arrows::new();
    for (i, module) in modules.iter().enumerate() {
        let mut needs = |file: &Path, name: String| {
            let from = arrows.entry(module.file.clone()).or_default();
            if file != module.file {
                let tie = from.entry(file.to_owned()).or_default();
                tie.insert(name);
            }
        };
        let imports = module.imports.iter().filter(|import| !import.reexport);
        for path in imports.map(|import| &import.path).chain(&module.paths) {
            if path.len() == 1 && module.variables.contains(&path[0]) {
                continue;
            }
            if let Some((file, name)) = names.follow(i, path, &mut Asked::new()).item {
                needs(&file, name);
            }
        }
        for name in &module.calls {
            if let Some(file) = names.macros.get(name.as_str()) {
                needs(file, format!("{name}!"));
            }
        }
    }
    arrows
}

/// The shortest way from a file back to itself or to another one, both included.
fn shortest(arrows: &Arrows, from: &Path, to: &Path) -> Option<Vec<PathBuf>> {
    let mut before: BTreeMap<&Path, &Path> = BTreeMap::new();
    let mut queue = VecDeque::from([from]);
    while let Some(file) = queue.pop_front() {
        for next in arrows.get(file).into_iter().flat_map(BTreeMap::keys) {
            if next == to {
                let mut way = vec![to, file];
                while let Some(step) = before.get(way[way.len() - 1]).filter(|_| file != from) {
                    way.push(step);
                    if *step == from {
                        break;
                    }
                }
                return Some(way.iter().rev().map(|file| (*file).to_owned()).collect());
            }
            if next != from && !before.contains_key(next.as_path()) {
                before.insert(next, file);
                queue.push_back(next);
            }
        }
    }
    None
}

/// The files that need each other, circle by circle.
fn circles(arrows: &Arrows) -> Vec<BTreeSet<PathBuf>> {
    let needed: BTreeMap<&PathBuf, BTreeSet<&PathBuf>> =
        (arrows.keys().map(|file| (file, needed_by(arrows, file)))).collect();
    let mut circles: Vec<BTreeSet<PathBuf>> = Vec::new();
    for (file, there) in &needed {
        let back = there
            .iter()
            .filter(|other| (needed.get(**other)).is_some_and(|of_other| of_other.contains(file)));
        let circle: BTreeSet<PathBuf> = back.map(|other| (*other).clone()).collect();
        if !circle.is_empty() && !circles.contains(&circle) {
            circles.push(circle);
        }
    }
    circles
}

/// All that a file needs, directly or by way of others.
fn needed_by<'a>(arrows: &'a Arrows, file: &'a PathBuf) -> BTreeSet<&'a PathBuf> {
    let (mut found, mut ahead) = (BTreeSet::new(), vec![file]);
    while let Some(file) = ahead.pop() {
        for next in arrows.get(file).into_iter().flat_map(BTreeMap::keys) {
            if found.insert(next) {
                ahead.push(next);
            }
        }
    }
    found
}

/// The shortest loop of a circle, and which files it has besides.
fn in_words(arrows: &Arrows, circle: &BTreeSet<PathBuf>) -> String {
    let loops = (circle.iter()).filter_map(|file| shortest(arrows, file, file));
    let shortest = loops.min_by_key(Vec::len).unwrap_or_default();
    let mut text = String::new();
    for (i, file) in shortest.iter().enumerate() {
        if i == 0 {
            text += &file.display().to_string();
            continue;
        }
        let tie = &arrows[&shortest[i - 1]][file];
        let tie: Vec<&str> = tie.iter().map(String::as_str).collect();
        let _ = write!(text, " -> {} ({})", file.display(), tie.join(", "));
    }
    text += "\n";
    let others: Vec<String> = (circle.iter())
        .filter(|file| !shortest.contains(file))
        .map(|file| file.display().to_string())
        .collect();
    if !others.is_empty() {
        let _ = writeln!(text, "  and in the same circle: {}", others.join(", "));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The circles of a made-up crate, each as its files.
    fn found(files: &[(&str, &str)]) -> Vec<Vec<String>> {
        let text_of = |path: &Path| {
            let (_, text) = files.iter().find(|(name, _)| Path::new(name) == path)?;
            Some((*text).to_owned())
        };
        let modules = modules::read(Path::new(files[0].0), &text_of).unwrap();
        let names = |circle: &BTreeSet<PathBuf>| {
            (circle.iter())
                .map(|file| file.display().to_string())
                .collect()
        };
        circles(&arrows(&modules)).iter().map(names).collect()
    }

    const NONE: Vec<Vec<String>> = Vec::new();

    #[test]
    fn a_circle_is_found_and_told() {
        let files = [
            ("lib.rs", "mod a; mod b; mod c;"),
            ("a.rs", "use crate::b::B; pub struct A(B);"),
            ("b.rs", "pub struct B; fn c() -> crate::c::C { todo!() }"),
            (
                "c.rs",
                "pub struct C; macro_rules! m { () => { $crate::a::A } }",
            ),
        ];
        assert_eq!(found(&files), [["a.rs", "b.rs", "c.rs"]]);
        let text_of = |path: &Path| {
            let file = files.iter().find(|(name, _)| Path::new(name) == path);
            Some(file?.1.to_owned())
        };
        let arrows = arrows(&modules::read(Path::new("lib.rs"), &text_of).unwrap());
        let told = in_words(&arrows, &circles(&arrows)[0]);
        assert_eq!(told, "a.rs -> b.rs (B) -> c.rs (C) -> a.rs (A)\n");
    }

    #[test]
    fn a_reexport_is_followed_to_the_definition() {
        let lib = "pub mod a; mod b; pub use b::inner::*; pub use a::A;";
        let b = "pub mod inner { pub use crate::a::A as Other; pub struct B; }";
        let one_way = [
            ("lib.rs", lib),
            ("a.rs", "use crate::B; pub struct A(B);"),
            ("b.rs", b),
        ];
        assert_eq!(found(&one_way), NONE);
        let b = "pub mod inner { pub struct B(crate::A); }";
        let circle = [one_way[0], one_way[1], ("b.rs", b)];
        assert_eq!(found(&circle), [["a.rs", "b.rs"]]);
    }

    #[test]
    fn a_parent_that_only_declares_is_no_circle_and_one_that_uses_its_child_is() {
        let child = ("a/child.rs", "use super::Fact; pub fn child(_: Fact) {}");
        let lib = ("lib.rs", "mod a;");
        let declares = "mod child; pub use child::child; pub struct Fact;";
        assert_eq!(found(&[lib, ("a.rs", declares), child]), NONE);
        let uses = format!("{declares} fn f() {{ child::child(Fact) }}");
        let circle = [["a/child.rs", "a.rs"]];
        assert_eq!(found(&[lib, ("a.rs", &uses), child]), circle);
        // By a name that is handed on, and within a macro's tokens.
        let uses = format!("{declares} fn f() {{ println!(\"{{:?}}\", child(Fact)) }}");
        assert_eq!(found(&[lib, ("a.rs", &uses), child]), circle);
    }

    #[test]
    fn a_macro_without_a_path_is_found() {
        let files = [
            ("lib.rs", "#[macro_use] mod a; mod b;"),
            (
                "a.rs",
                "macro_rules! twice { () => {} } fn f() { crate::b::g() }",
            ),
            ("b.rs", "twice!(); pub fn g() {}"),
        ];
        assert_eq!(found(&files), [["a.rs", "b.rs"]]);
    }

    #[test]
    fn tests_do_not_count() {
        let files = [
            ("lib.rs", "mod a; mod b;"),
            ("a.rs", "pub struct A; #[cfg(test)] mod tests;"),
            ("b.rs", "pub struct B(crate::a::A);"),
        ];
        assert_eq!(found(&files), NONE);
        let a = "pub struct A; #[cfg(all(test, unix))] mod tests { use crate::b::B; } \
                 #[cfg(test)] use crate::b::B;";
        assert_eq!(found(&[files[0], ("a.rs", a), files[2]]), NONE);
    }
}
