//! The golden suite: every case of the Keras data as a model, made from its serialised layers.
//!
//! A layer case becomes `[Input(..), Activation("linear"), <layers>]`: with a layer before them, the
//! layers under test compute the gradient of their input.

use std::path::{Path, PathBuf};

use proc_macro2::TokenStream;
use quote::{format_ident, quote};
use serde_json::Value;

mod constraints;
mod layers;
mod losses;
mod metrics;
mod optimizers;

/// The families of cases that are run.
const FAMILIES: &[&str] = &[
    "constraints",
    "layers",
    "losses",
    "metrics",
    "optimizers",
    "trajectories",
];

/// The folder named by `KSEQ_GOLDEN`, otherwise the project's own copy.
fn folder() -> PathBuf {
    match std::env::var_os("KSEQ_GOLDEN") {
        // The test that reads it too runs in another folder than the compiler.
        Some(folder) => std::fs::canonicalize(&folder).unwrap_or(folder.into()),
        None => {
            let root = std::env::var_os("CARGO_MANIFEST_DIR").unwrap_or_default();
            PathBuf::from(root).join("golden/data")
        }
    }
}

fn json(path: &Path) -> Result<Value, String> {
    let text = std::fs::read(path).map_err(|e| format!("{}: {e}", path.display()))?;
    serde_json::from_slice(&text).map_err(|e| format!("{}: {e}", path.display()))
}

/// Expands to `CASES` and a module with a model for each case that kseq can build. The callbacks
/// `layer_case::<Net>`, `trajectory_case::<Net, Loss>`, `optimizer_case` and `schedule_case` are the caller's.
pub fn suite() -> TokenStream {
    match cases(&folder()) {
        Ok(tokens) => tokens,
        Err(why) => quote!(compile_error!(#why);),
    }
}

fn cases(folder: &Path) -> Result<TokenStream, String> {
    let index_path = folder.join("index.json");
    let index = json(&index_path)?;
    let cases = index
        .get("cases")
        .and_then(Value::as_array)
        .ok_or("index.json has no cases")?;
    let (mut models, mut entries, mut files) = (Vec::new(), Vec::new(), Vec::new());
    for case in cases {
        let text = |key: &str| case.get(key).and_then(Value::as_str).unwrap_or_default();
        let (name, family) = (text("name"), text("family"));
        if !FAMILIES.contains(&family) {
            continue;
        }
        let path = folder.join(family).join(format!("{name}.json"));
        if !path.exists() {
            let why = "missing in this copy of the data, which leaves the largest files out";
            let kind = text("kind");
            let case = quote!(Case { family: #family, name: #name, kind: #kind, run: Err(#why) });
            entries.push(case);
            continue;
        }
        files.push(path.to_string_lossy().into_owned());
        let module = format_ident!("{name}");
        let run = match case_of(&json(&path)?, family) {
            Ok((model, run)) => {
                models.push(quote!(mod #module { #model }));
                quote!(Ok(#run))
            }
            Err(why) => quote!(Err(#why)),
        };
        let kind = text("kind");
        entries.push(quote!(Case { family: #family, name: #name, kind: #kind, run: #run }));
    }
    let folder = folder.to_string_lossy();
    let index = index_path.to_string_lossy();
    Ok(quote! {
        /// Where the data of the cases lie.
        pub const FOLDER: &str = #folder;
        /// Every case, in the order of the index.
        pub const CASES: &[Case] = &[#(#entries),*];
        #(#models)*
        // So that cargo builds the suite again when the data or the folder change.
        const _: Option<&str> = option_env!("KSEQ_GOLDEN");
        const _: &[u8] = include_bytes!(#index);
        #(const _: &[u8] = include_bytes!(#files);)*
    })
}

/// The items of a case, which stand in a module of its name, and the function that runs it; an error
/// says what is not supported.
fn case_of(case: &Value, family: &str) -> Result<(TokenStream, TokenStream), String> {
    match family {
        "constraints" => constraints::model(case),
        "layers" => layers::model(case, false),
        "losses" => losses::case(case),
        "metrics" => metrics::case(case),
        "optimizers" => optimizers::case(case),
        "trajectories" => layers::model(case, true),
        other => Err(format!("family {other}")),
    }
}
