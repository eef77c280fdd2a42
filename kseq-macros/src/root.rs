//! Where the expansions find kseq: `::kseq`, unless the caller's manifest gives it another name
//! (`ks = { package = "kseq-nn" }`) or the first words are `#![crate = facade::kseq]`.
//!
//! The code of this crate says `::kseq` everywhere; what it has made is rewritten here, in one place. The manifest is read
//! by hand: a reader of all TOML would be most of what kseq takes to build, and where this one errs, the attribute helps.

use std::path::{Path, PathBuf};

use proc_macro2::{Delimiter, Group, Ident, Spacing, Span, TokenStream, TokenTree};

/// The package, in the registry and in manifests. (`kseq` is another one there, which reads files of genes.)
const PACKAGE: &str = "kseq-nn";

/// The path to kseq; `None` is `::kseq`.
pub struct Root(Option<TokenStream>);

impl Root {
    /// The root that the caller's manifest says.
    pub fn of_manifest() -> Root {
        Root(name_here().map(|name| {
            let name = Ident::new(&name, Span::call_site());
            quote::quote!(::#name)
        }))
    }

    /// Takes `#![crate = path]` off the tokens.
    pub fn take(tokens: TokenStream) -> (Root, TokenStream) {
        let all: Vec<TokenTree> = tokens.into_iter().collect();
        match given(&all) {
            Some((path, taken)) => (Root(Some(path)), all.into_iter().skip(taken).collect()),
            None => (Root::of_manifest(), all.into_iter().collect()),
        }
    }

    /// A path that is given.
    pub fn at(path: TokenStream) -> Root {
        Root(Some(path))
    }

    /// The expansion, with its paths.
    pub fn replace(&self, tokens: TokenStream) -> TokenStream {
        match &self.0 {
            Some(path) => replaced(tokens, path),
            None => tokens,
        }
    }
}

fn is(token: Option<&TokenTree>, c: char) -> bool {
    matches!(token, Some(TokenTree::Punct(punct)) if punct.as_char() == c)
}

/// The path in `#![crate = path]`, and how many tokens that is.
fn given(tokens: &[TokenTree]) -> Option<(TokenStream, usize)> {
    let Some(TokenTree::Group(group)) = tokens.get(2) else {
        return None;
    };
    let is_attribute = is(tokens.first(), '#') && is(tokens.get(1), '!');
    let mut inner = group.stream().into_iter();
    let is_crate = matches!(inner.next(), Some(TokenTree::Ident(name)) if name == "crate");
    let fits = is_attribute && is_crate && is(inner.next().as_ref(), '=');
    (fits && group.delimiter() == Delimiter::Bracket).then(|| (inner.collect(), 3))
}

/// Replaces `::kseq` wherever a path begins with it.
fn replaced(tokens: TokenStream, path: &TokenStream) -> TokenStream {
    let tokens: Vec<TokenTree> = tokens.into_iter().collect();
    let mut all = TokenStream::new();
    let mut before: Option<&TokenTree> = None;
    let mut rest = tokens.as_slice();
    while let Some((first, behind)) = rest.split_first() {
        if let [
            TokenTree::Punct(colon),
            TokenTree::Punct(second),
            TokenTree::Ident(name),
            ..,
        ] = rest
            && colon.as_char() == ':'
            && colon.spacing() == Spacing::Joint
            && second.as_char() == ':'
            && name == "kseq"
            && begins_path(before)
        {
            // What is reported here is reported where it would be in `::kseq`.
            all.extend(path.clone().into_iter().map(|mut token| {
                token.set_span(name.span().resolved_at(token.span()));
                token
            }));
            before = rest.get(2);
            rest = rest.get(3..).unwrap_or_default();
            continue;
        }
        match first {
            // A group that is made anew has forgotten where its brackets are.
            TokenTree::Group(group) if mentions(group.stream()) => {
                let mut inner = Group::new(group.delimiter(), replaced(group.stream(), path));
                inner.set_span(group.span());
                all.extend([TokenTree::Group(inner)]);
            }
            token => all.extend([token.clone()]),
        }
        before = Some(first);
        rest = behind;
    }
    all
}

fn mentions(tokens: TokenStream) -> bool {
    tokens.into_iter().any(|token| match token {
        TokenTree::Ident(name) => name == "kseq",
        TokenTree::Group(group) => mentions(group.stream()),
        _ => false,
    })
}

/// Whether a path can begin behind a token: behind a name it goes on.
fn begins_path(before: Option<&TokenTree>) -> bool {
    const OF_PATHS: [&str; 4] = ["crate", "self", "super", "Self"];
    match before {
        Some(TokenTree::Ident(name)) => {
            let word = name.to_string();
            // A keyword such as `use` or `match`.
            syn::parse_str::<Ident>(&word).is_err() && !OF_PATHS.contains(&word.as_str())
        }
        _ => true,
    }
}

/// What the crate that is compiled calls kseq, if that is another name.
fn name_here() -> Option<String> {
    let folder = PathBuf::from(std::env::var_os("CARGO_MANIFEST_DIR")?);
    let here = std::fs::read_to_string(folder.join("Cargo.toml")).ok()?;
    let name = match dependency(&here) {
        Dependency::Renamed(name) => Some(name),
        Dependency::Kseq => None,
        Dependency::Inherited(names) => inherited(&folder, &names),
    };
    name.filter(|name| name != "kseq")
}

/// The name in the manifest of the workspace, which may give it to one of these.
fn inherited(folder: &Path, names: &[String]) -> Option<String> {
    if names.is_empty() {
        return None;
    }
    folder.ancestors().find_map(|folder| {
        let manifest = std::fs::read_to_string(folder.join("Cargo.toml")).ok()?;
        let renamed = entries(&manifest)
            .filter(|entry| entry.renames)
            .map(|entry| entry.name.replace('-', "_"));
        renamed.into_iter().find(|name| names.contains(name))
    })
}

/// How a manifest depends on kseq.
#[derive(Debug, PartialEq)]
enum Dependency {
    /// By its own name, or not at all.
    Kseq,
    Renamed(String),
    /// Perhaps by one of these names, which the workspace explains.
    Inherited(Vec<String>),
}

fn dependency(manifest: &str) -> Dependency {
    let mut inherited = Vec::new();
    let mut renamed = None;
    for entry in entries(manifest) {
        if entry.name == PACKAGE && !entry.renames {
            return Dependency::Kseq;
        }
        let name = entry.name.replace('-', "_");
        if entry.renames {
            renamed = Some(name);
        } else if entry.inherits {
            inherited.push(name);
        }
    }
    match renamed {
        Some(name) => Dependency::Renamed(name),
        None => Dependency::Inherited(inherited),
    }
}

/// A line about a dependency.
struct Entry<'a> {
    name: &'a str,
    /// `package = "kseq-nn"`
    renames: bool,
    /// `workspace = true`
    inherits: bool,
}

/// What a manifest's tables of dependencies say, line by line.
fn entries(manifest: &str) -> impl Iterator<Item = Entry<'_>> {
    // The table: one of dependencies, and perhaps of which.
    let mut table: Option<Option<&str>> = None;
    manifest.lines().filter_map(move |line| {
        let line = line.trim();
        if let Some(header) = line.strip_prefix('[') {
            let header = header.split(']').next().unwrap_or_default();
            table = match header.rsplit_once("dependencies") {
                Some((_, "")) => Some(None),
                Some((_, rest)) => rest.strip_prefix('.').map(|name| Some(unquoted(name))),
                None => None,
            };
            let name = table.flatten()?;
            return (name == PACKAGE).then_some(Entry {
                name,
                renames: false,
                inherits: false,
            });
        }
        let (key, value) = line.split_once('=')?;
        let (name, key) = match table? {
            Some(name) => (name, key),
            None => match key.split_once('.') {
                Some((name, key)) => (unquoted(name), key),
                None => (unquoted(key), ""),
            },
        };
        let says = |what: &str, said: &str| {
            let compact: String = value.split_whitespace().collect();
            let compact = compact.replace('\'', "\"");
            let alone = key.trim() == what && compact.starts_with(said);
            let within = [format!("{{{what}={said}"), format!(",{what}={said}")];
            alone || within.iter().any(|text| compact.contains(text))
        };
        Some(Entry {
            name,
            renames: says("package", "\"kseq-nn\""),
            inherits: says("workspace", "true"),
        })
    })
}

fn unquoted(name: &str) -> &str {
    name.trim().trim_matches(['"', '\''])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_in_manifests() {
        let renamed = |name: &str| Dependency::Renamed(name.to_owned());
        for (manifest, expected) in [
            ("[dependencies]\nkseq-nn = \"0.1\"", Dependency::Kseq),
            ("[dependencies.kseq-nn]\npath = \"..\"", Dependency::Kseq),
            (
                "[dependencies]\nkseq = { package = \"kseq-nn\", version = \"0.1\" }",
                renamed("kseq"),
            ),
            // The crate that has the name in the registry, beside this one.
            (
                "[dependencies]\nkseq = \"0.5\"\nks = { package = \"kseq-nn\", version = \"0.1\" }",
                renamed("ks"),
            ),
            (
                "[dependencies]\nks = { package = \"kseq-nn\", path = '../kseq' }",
                renamed("ks"),
            ),
            (
                "[dependencies]\n\"k-s\" = { path = \"x\", package = 'kseq-nn' } # why",
                renamed("k_s"),
            ),
            (
                "[dev-dependencies.nets]\nversion = \"0.1\"\npackage = \"kseq-nn\"",
                renamed("nets"),
            ),
            (
                "[target.'cfg(unix)'.dependencies]\nks.package = \"kseq-nn\"",
                renamed("ks"),
            ),
            (
                "[package]\nname = \"kseq-nn\"\n[dependencies]\nks = { package = \"kseq-core\" }",
                Dependency::Inherited(Vec::new()),
            ),
            (
                "[dependencies]\nks.workspace = true\nother = \"1\"",
                Dependency::Inherited(vec!["ks".to_owned()]),
            ),
        ] {
            assert_eq!(dependency(manifest), expected, "{manifest}");
        }
    }

    #[test]
    fn the_root_is_replaced_where_a_path_begins() {
        let (root, rest) = Root::take(quote::quote! {
            #![crate = facade::kseq] pub Net = [Dense(1)]
        });
        assert_eq!(
            rest.to_string(),
            quote::quote!(pub Net = [Dense(1)]).to_string()
        );
        let code = quote::quote! {
            use ::kseq::a; f(<T as ::kseq::B>::C, [::kseq::d, other::kseq::e])
        };
        let expected = quote::quote! {
            use facade::kseq::a; f(<T as facade::kseq::B>::C, [facade::kseq::d, other::kseq::e])
        };
        assert_eq!(root.replace(code).to_string(), expected.to_string());
    }
}
