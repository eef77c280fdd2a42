//! The modules of a crate as its files declare them: which names each has, and which paths its code mentions.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use syn::visit::{self, Visit};

/// Names of a path, first to last: `crate::shape::Shape`.
pub type Segments = Vec<String>;

/// One module: a file, or a `mod name { .. }` within one.
pub struct Module {
    /// The file in which it stands.
    pub file: PathBuf,
    /// The module that declares it; the root has none.
    pub parent: Option<usize>,
    /// The folder in which the files of its children lie.
    folder: PathBuf,
    pub children: BTreeMap<String, usize>,
    /// What is defined here: types, functions, constants, macros.
    pub items: BTreeSet<String>,
    /// Those of them that are `macro_rules!`.
    pub macros: BTreeSet<String>,
    pub imports: Vec<Import>,
    /// The paths in the code.
    pub paths: BTreeSet<Segments>,
    /// The variables of its functions: they hide functions of the same name.
    pub variables: BTreeSet<String>,
    /// The macros that are called without a path.
    pub calls: BTreeSet<String>,
}

/// One name of a `use` line.
pub struct Import {
    /// As it is called here; `None`: all names of a module (`*`).
    pub name: Option<String>,
    pub path: Segments,
    /// `pub use` and its like: the name is handed on.
    pub reexport: bool,
}

/// The modules of a crate, the root first, without those of its tests.
pub fn read(root: &Path, text_of: &dyn Fn(&Path) -> Option<String>) -> Result<Vec<Module>, String> {
    let folder = root.parent().unwrap_or(Path::new("")).to_owned();
    let mut reader = Reader {
        text_of,
        modules: Vec::new(),
        now: 0,
        error: None,
    };
    let text = text_of(root).ok_or_else(|| format!("{} cannot be read", root.display()))?;
    reader.file(root.to_owned(), folder, None, &text);
    match reader.error {
        Some(error) => Err(error),
        None => Ok(reader.modules),
    }
}

struct Reader<'a> {
    text_of: &'a dyn Fn(&Path) -> Option<String>,
    modules: Vec<Module>,
    /// The module that is being read.
    now: usize,
    error: Option<String>,
}

impl Reader<'_> {
    fn add(&mut self, file: PathBuf, folder: PathBuf, parent: Option<usize>) -> usize {
        self.modules.push(Module {
            file,
            parent,
            folder,
            children: BTreeMap::new(),
            items: BTreeSet::new(),
            macros: BTreeSet::new(),
            imports: Vec::new(),
            paths: BTreeSet::new(),
            variables: BTreeSet::new(),
            calls: BTreeSet::new(),
        });
        self.modules.len() - 1
    }

    fn file(&mut self, file: PathBuf, folder: PathBuf, parent: Option<usize>, text: &str) -> usize {
        let module = self.add(file, folder, parent);
        match syn::parse_file(text) {
            Ok(parsed) => self.within(module, &parsed.items),
            Err(e) => {
                let file = self.modules[module].file.display();
                self.error = Some(format!("{file}: {e}"));
            }
        }
        module
    }

    fn within(&mut self, module: usize, items: &[syn::Item]) {
        let before = std::mem::replace(&mut self.now, module);
        items.iter().for_each(|item| self.visit_item(item));
        self.now = before;
    }

    fn here(&mut self) -> &mut Module {
        &mut self.modules[self.now]
    }

    fn define(&mut self, name: &syn::Ident) {
        self.here().items.insert(name.to_string());
    }

    fn import(&mut self, tree: &syn::UseTree, before: &[String], reexport: bool) {
        let with = |name: &syn::Ident| [before, &[name.to_string()]].concat();
        let (name, path) = match tree {
            syn::UseTree::Path(path) => {
                return self.import(&path.tree, &with(&path.ident), reexport);
            }
            syn::UseTree::Group(group) => {
                let trees = group.items.iter();
                return trees.for_each(|tree| self.import(tree, before, reexport));
            }
            syn::UseTree::Glob(_) => (None, before.to_vec()),
            // `use a::{self}` is `use a`.
            syn::UseTree::Name(name) if name.ident == "self" && !before.is_empty() => {
                (before.last().cloned(), before.to_vec())
            }
            syn::UseTree::Name(name) => (Some(name.ident.to_string()), with(&name.ident)),
            syn::UseTree::Rename(name) => (Some(name.rename.to_string()), with(&name.ident)),
        };
        let import = Import {
            name,
            path,
            reexport,
        };
        self.here().imports.push(import);
    }

    /// The paths among tokens, which have no other grammar: `a::b`, `$crate::c`. Not those that begin with `::`, `.` or
    /// `#` (a crate's name, a field, a variable of `quote!`).
    fn tokens(&mut self, tokens: proc_macro2::TokenStream, only_rooted: bool) {
        use proc_macro2::TokenTree::{Group, Ident, Punct};
        let tokens: Vec<_> = tokens.into_iter().collect();
        let is =
            |i: usize, mark: char| matches!(tokens.get(i), Some(Punct(p)) if p.as_char() == mark);
        let mut i = 0;
        while i < tokens.len() {
            match &tokens[i] {
                Group(group) => self.tokens(group.stream(), only_rooted),
                Ident(first) => {
                    let before = |mark| i > 0 && is(i - 1, mark);
                    let rooted = first == "crate";
                    let skip = before('.') && !(i > 1 && is(i - 2, '.'))
                        || before('#')
                        || before(':') && i > 1 && is(i - 2, ':')
                        || before('$') && !rooted
                        || only_rooted && !rooted;
                    let mut path = vec![first.to_string()];
                    while let (true, true, Some(Ident(next))) =
                        (is(i + 1, ':'), is(i + 2, ':'), tokens.get(i + 3))
                    {
                        path.push(next.to_string());
                        i += 3;
                    }
                    // `crate::{a, b}` and generics end a path: what stands before counts.
                    if !skip {
                        if path.len() == 1 && is(i + 1, '!') {
                            self.here().calls.insert(path[0].clone());
                        }
                        self.here().paths.insert(path);
                    }
                }
                _ => {}
            }
            i += 1;
        }
    }
}

/// Whether the item is there for tests only: `#[cfg(test)]`, `#[cfg(all(test, ..))]`, `#[test]`.
fn is_test(attributes: &[syn::Attribute]) -> bool {
    attributes.iter().any(|attribute| match &attribute.meta {
        syn::Meta::Path(path) => path.is_ident("test"),
        syn::Meta::List(list) if list.path.is_ident("cfg") => {
            let condition = list.tokens.to_string().replace(' ', "");
            condition == "test" || condition.starts_with("all(test,")
        }
        _ => false,
    })
}

/// The file of `#[path = ".."]`.
fn path_of(attributes: &[syn::Attribute]) -> Option<String> {
    attributes.iter().find_map(|attribute| {
        let syn::Meta::NameValue(pair) = &attribute.meta else {
            return None;
        };
        match &pair.value {
            syn::Expr::Lit(syn::ExprLit {
                lit: syn::Lit::Str(text),
                ..
            }) if pair.path.is_ident("path") => Some(text.value()),
            _ => None,
        }
    })
}

impl<'ast> Visit<'ast> for Reader<'_> {
    fn visit_attribute(&mut self, _: &'ast syn::Attribute) {}

    fn visit_item(&mut self, item: &'ast syn::Item) {
        use syn::Item;
        let (attributes, name) = match item {
            Item::Const(it) => (&it.attrs, Some(&it.ident)),
            Item::Enum(it) => (&it.attrs, Some(&it.ident)),
            Item::Fn(it) => (&it.attrs, Some(&it.sig.ident)),
            Item::Impl(it) => (&it.attrs, None),
            Item::Macro(it) => (&it.attrs, it.ident.as_ref()),
            Item::Mod(it) => (&it.attrs, None),
            Item::Static(it) => (&it.attrs, Some(&it.ident)),
            Item::Struct(it) => (&it.attrs, Some(&it.ident)),
            Item::Trait(it) => (&it.attrs, Some(&it.ident)),
            Item::Type(it) => (&it.attrs, Some(&it.ident)),
            Item::Union(it) => (&it.attrs, Some(&it.ident)),
            Item::Use(it) => (&it.attrs, None),
            _ => return,
        };
        if is_test(attributes) {
            return;
        }
        if let Some(name) = name {
            self.define(name);
        }
        visit::visit_item(self, item);
    }

    fn visit_impl_item(&mut self, item: &'ast syn::ImplItem) {
        match item {
            syn::ImplItem::Fn(it) if is_test(&it.attrs) => {}
            syn::ImplItem::Const(it) if is_test(&it.attrs) => {}
            _ => visit::visit_impl_item(self, item),
        }
    }

    fn visit_item_mod(&mut self, item: &'ast syn::ItemMod) {
        let name = item.ident.to_string();
        let (now, folder) = (self.now, self.here().folder.clone());
        let child = match &item.content {
            Some((_, items)) => {
                let file = self.here().file.clone();
                let child = self.add(file, folder.join(&name), Some(now));
                self.within(child, items);
                child
            }
            None => {
                let within = self.here().file.parent().unwrap_or(Path::new(""));
                let files = match path_of(&item.attrs) {
                    Some(path) => vec![within.join(path)],
                    None => vec![
                        folder.join(format!("{name}.rs")),
                        folder.join(&name).join("mod.rs"),
                    ],
                };
                let read = files
                    .iter()
                    .find_map(|file| Some((file, (self.text_of)(file)?)));
                let Some((file, text)) = read else {
                    self.error = Some(format!("no file for `mod {name}`: {files:?}"));
                    return;
                };
                let below = match file.ends_with("mod.rs") {
                    true => file.parent().unwrap_or(Path::new("")).to_owned(),
                    false => file.with_extension(""),
                };
                self.file(file.clone(), below, Some(now), &text)
            }
        };
        self.here().children.insert(name, child);
    }

    fn visit_item_use(&mut self, item: &'ast syn::ItemUse) {
        if item.leading_colon.is_none() {
            let reexport = !matches!(item.vis, syn::Visibility::Inherited);
            self.import(&item.tree, &[], reexport);
        }
    }

    fn visit_pat_ident(&mut self, pattern: &'ast syn::PatIdent) {
        let name = pattern.ident.to_string();
        // A constant in a pattern is not a variable.
        if name.starts_with(char::is_lowercase) {
            self.here().variables.insert(name);
        }
        visit::visit_pat_ident(self, pattern);
    }

    fn visit_path(&mut self, path: &'ast syn::Path) {
        if path.leading_colon.is_none() {
            let segments = path.segments.iter().map(|s| s.ident.to_string());
            let segments = segments.collect();
            self.here().paths.insert(segments);
        }
        visit::visit_path(self, path);
    }

    fn visit_macro(&mut self, call: &'ast syn::Macro) {
        if let Some(name) = call.path.get_ident() {
            let name = name.to_string();
            // What `quote!` writes stands in the user's program.
            if name.starts_with("quote") || name == "parse_quote" {
                return;
            }
            self.here().calls.insert(name);
        } else {
            self.visit_path(&call.path);
        }
        self.tokens(call.tokens.clone(), false);
    }

    fn visit_item_macro(&mut self, item: &'ast syn::ItemMacro) {
        match item.ident {
            // The names in a macro's rules belong to where it is called, but for those that begin at a crate's root.
            Some(ref name) => {
                self.here().macros.insert(name.to_string());
                self.tokens(item.mac.tokens.clone(), true);
            }
            None => self.visit_macro(&item.mac),
        }
    }
}
