//! Any tokens at all: what is right, and what has been made wrong of it. No panic, and every error stands at a token of the
//! user's; what is right has no error, and what has none expands to Rust.
//!
//! `KSEQ_CASES=1000000 cargo test --release -p kseq-macros --lib any_tokens` takes as many as are wished; `KSEQ_SEED` begins
//! elsewhere: a failure names its seed.

mod choices;
mod grammar;
mod mutation;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;

use proc_macro2::{Span, TokenStream, TokenTree};
use syn::parse::Parser;

use choices::Choices;
use grammar::Grammar;
use mutation::{Node, mutate, text};

/// A macro, as a function.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Macro {
    Sequential,
    Compile,
    ParamBlock,
    IncludeWeights,
    #[cfg(feature = "import")]
    ImportKeras,
}

const MACROS: &[Macro] = &[
    Macro::Sequential,
    Macro::Compile,
    Macro::ParamBlock,
    Macro::IncludeWeights,
    #[cfg(feature = "import")]
    Macro::ImportKeras,
];

impl Macro {
    fn expand(self, tokens: TokenStream) -> TokenStream {
        let (root, rest) = crate::root::Root::take(tokens.clone());
        match self {
            Macro::Sequential => root.replace(crate::sequential::expand(rest).tokens),
            Macro::Compile => root.replace(crate::compile::compile(rest)),
            Macro::ParamBlock => crate::derive::param_block(tokens),
            Macro::IncludeWeights => root.replace(crate::include_weights::include_weights(rest)),
            #[cfg(feature = "import")]
            Macro::ImportKeras => root.replace(crate::import_keras::import_keras(rest)),
        }
    }

    /// What is right.
    fn right(self, choices: &mut Choices) -> String {
        let mut grammar = Grammar::new(choices);
        match self {
            Macro::Sequential => grammar.models(),
            Macro::Compile => grammar.compile(),
            Macro::ParamBlock => grammar.param_block(),
            Macro::IncludeWeights => grammar.include_weights(),
            #[cfg(feature = "import")]
            Macro::ImportKeras => grammar.import_keras(),
        }
    }
}

/// The errors in an expansion: where each begins and ends, and its text.
fn errors(tokens: TokenStream, found: &mut Vec<(Span, Span, String)>) {
    let mut begin = None;
    for token in tokens {
        match token {
            TokenTree::Ident(name) if name == "compile_error" => begin = Some(name.span()),
            TokenTree::Punct(punct) if punct.as_char() == '!' => {}
            TokenTree::Group(group) => match begin.take() {
                Some(begin) => found.push((begin, group.span(), group.stream().to_string())),
                None => errors(group.stream(), found),
            },
            _ => begin = None,
        }
    }
}

/// What is wrong with what a macro makes of a text, if anything; `is_right` says that the text is right.
fn wrong(of: Macro, source: &str, is_right: bool) -> Option<String> {
    let Ok(tokens) = source.parse::<TokenStream>() else {
        // No compiler would ask a macro.
        return is_right.then(|| "no tokens".to_owned());
    };
    let first = tokens.clone().into_iter().next()?;
    let file = first.span().file();
    let expanded = catch_unwind(AssertUnwindSafe(|| of.expand(tokens)));
    let Ok(expanded) = expanded else {
        return Some("it panics".to_owned());
    };
    let mut found = Vec::new();
    errors(expanded.clone(), &mut found);
    let is_outside = |place: &Span| {
        let range = place.byte_range();
        range.is_empty() || range.end > source.len() || place.file() != file
    };
    for (begin, end, message) in found {
        if is_outside(&begin) || is_outside(&end) {
            return Some(format!("an error at no token: {message}"));
        }
        if is_right {
            return Some(format!("it is refused: {message}"));
        }
    }
    let is_rust = syn::parse2::<syn::File>(expanded.clone()).is_ok()
        || syn::parse2::<syn::Expr>(expanded.clone()).is_ok()
        || syn::Block::parse_within.parse2(expanded.clone()).is_ok();
    (!is_rust).then(|| format!("it expands to no Rust: {expanded}"))
}

/// What programs give to the macros, of the rejected models and the examples.
fn written() -> Vec<(Macro, Vec<Node>)> {
    fn calls(tokens: TokenStream, found: &mut Vec<(Macro, Vec<Node>)>) {
        let tokens: Vec<TokenTree> = tokens.into_iter().collect();
        for (at, token) in tokens.iter().enumerate() {
            if let TokenTree::Group(group) = token {
                calls(group.stream(), found);
                let name = |back: usize| at.checked_sub(back).map(|at| tokens[at].to_string());
                let of = match (name(1).as_deref(), name(2).as_deref()) {
                    (Some("!"), Some("sequential")) => Macro::Sequential,
                    (Some("!"), Some("compile")) => Macro::Compile,
                    (Some("!"), Some("include_weights")) => Macro::IncludeWeights,
                    (Some("#"), _) if group.to_string().contains("ParamBlock") => {
                        let item = tokens[at + 1..].iter().cloned().collect();
                        found.push((Macro::ParamBlock, Node::all(item)));
                        continue;
                    }
                    _ => continue,
                };
                found.push((of, Node::all(group.stream())));
            }
        }
    }
    let mut found = Vec::new();
    for folder in [
        "../ui-tests/tests/ui",
        "../examples",
        "../embedded/models/src",
    ] {
        let here = std::env::var_os("CARGO_MANIFEST_DIR").expect("cargo says where the package is");
        let folder = Path::new(&here).join(folder);
        let files = std::fs::read_dir(folder).into_iter().flatten().flatten();
        let mut paths: Vec<_> = files.map(|file| file.path()).collect();
        paths.sort();
        for path in paths {
            let text = std::fs::read_to_string(path).unwrap_or_default();
            if let Ok(tokens) = text.parse() {
                calls(tokens, &mut found);
            }
        }
    }
    found
}

fn number(variable: &str, default: u64) -> u64 {
    let given = std::env::var(variable).ok();
    given.map_or(default, |n| n.parse().expect("a number"))
}

#[track_caller]
fn holds(of: Macro, source: &str, is_right: bool, seed: u64) {
    if let Some(why) = wrong(of, source, is_right) {
        panic!("{of:?} of\n{source}\n(KSEQ_SEED={seed} KSEQ_CASES=1)\n{why}");
    }
}

#[test]
fn what_is_right_has_no_error() {
    let seed = number("KSEQ_SEED", 0);
    for seed in seed..seed + number("KSEQ_CASES", 300) {
        let mut choices = Choices::seeded(seed);
        for of in [Macro::Sequential, Macro::Compile, Macro::ParamBlock] {
            holds(of, &of.right(&mut choices), true, seed);
        }
        proc_macro2::extra::invalidate_current_thread_spans();
    }
}

#[test]
fn what_is_wrong_has_an_error_at_a_token() {
    let written = written();
    assert!(written.len() > 200, "only {} calls", written.len());
    let others: Vec<Vec<Node>> = written.iter().map(|(_, nodes)| nodes.clone()).collect();
    let seed = number("KSEQ_SEED", 0);
    for seed in seed..seed + number("KSEQ_CASES", 1000) {
        let mut choices = Choices::seeded(seed);
        let (of, mut nodes) = match choices.one_in(2) {
            true => choices.pick(&written).clone(),
            false => {
                // Lists of layers as often as all else.
                let of = match choices.one_in(2) {
                    true => Macro::Sequential,
                    false => *choices.pick(MACROS),
                };
                let tokens = of.right(&mut choices).parse().expect("tokens");
                (of, Node::all(tokens))
            }
        };
        for _ in 0..choices.below(5) {
            mutate(&mut nodes, &others, &mut choices);
        }
        holds(of, &text(&nodes), false, seed);
        proc_macro2::extra::invalidate_current_thread_spans();
    }
}
