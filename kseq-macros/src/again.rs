//! Models that are called as one before.
//!
//! Two models of one name in one place are one mistake, but each of the expansion's items would be reported twice. In
//! two places (modules, functions) they are none, and a macro cannot see where it stands. So it remembers the names: of a model
//! whose name it has seen, all items have names of their own, and the name itself is an alias, which is the only thing that
//! can be there already.

use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::{Mutex, PoisonError};

use proc_macro2::Ident;

/// For each name the models that had it.
static SEEN: Mutex<Option<HashMap<String, Vec<u64>>>> = Mutex::new(None);

/// How many other models of this name there were before the one with these tokens.
///
/// In an editor none: rust-analyzer keeps this process while a user writes, and what is changed is the same model.
pub fn times(name: &Ident, tokens: &str) -> usize {
    if std::env::var_os("RUST_ANALYZER_INTERNALS_DO_NOT_USE").is_some() {
        return 0;
    }
    let mut hasher = DefaultHasher::new();
    (tokens, format!("{:?}", name.span())).hash(&mut hasher);
    let model = hasher.finish();
    let mut seen = SEEN.lock().unwrap_or_else(PoisonError::into_inner);
    let models = seen
        .get_or_insert_default()
        .entry(name.to_string())
        .or_default();
    match models.iter().position(|other| *other == model) {
        Some(before) => before,
        None => {
            models.push(model);
            models.len() - 1
        }
    }
}
