//! The golden suite: every case of the Keras data as a model, made from its serialised layers.
//!
//! A layer case becomes `[Input(..), Activation("linear"), <layers>]`: with a layer before them, the
//! layers under test compute the gradient of their input.

use std::path::{Path, PathBuf};

use proc_macro2::TokenStream;
use quote::{format_ident, quote};
use serde_json::Value;

use crate::keras;

/// The folder named by `KSEQ_GOLDEN`, otherwise the project's own copy.
fn folder() -> PathBuf {
    match std::env::var_os("KSEQ_GOLDEN") {
        Some(folder) => PathBuf::from(folder),
        None => {
            let root = std::env::var_os("CARGO_MANIFEST_DIR").unwrap_or_default();
            PathBuf::from(root).join("tests/golden/data")
        }
    }
}

fn json(path: &Path) -> Result<Value, String> {
    let text = std::fs::read(path).map_err(|e| format!("{}: {e}", path.display()))?;
    serde_json::from_slice(&text).map_err(|e| format!("{}: {e}", path.display()))
}

/// Expands to `CASES` and a module with a model for each case that kseq can build. The callbacks
/// `layer_case::<Net>` and `trajectory_case::<Net, Loss>` are the caller's.
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
        if !matches!(family, "layers" | "trajectories") {
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
        let run = match model(&json(&path)?, family) {
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

/// The expanded model of a case, and the callback that runs it; an error says what is not supported.
fn model(case: &Value, family: &str) -> Result<(TokenStream, TokenStream), String> {
    let name = case.get("name").and_then(Value::as_str).unwrap_or_default();
    let module = format_ident!("{name}");
    let trajectory = family == "trajectories";
    let dims = if trajectory {
        case.pointer("/tensors/x/shape")
    } else {
        case.get("batch_input_shape")
    };
    let mut dims: Vec<u64> = dims
        .and_then(Value::as_array)
        .ok_or("no input shape")?
        .iter()
        .filter_map(Value::as_u64)
        .collect();
    // A trajectory's x holds all samples.
    let batch = case.get("batch_size").and_then(Value::as_u64);
    if let (true, Some(batch), Some(samples)) = (trajectory, batch, dims.first_mut()) {
        *samples = batch;
    }
    let dtype = case
        .get("input_dtype")
        .or_else(|| case.pointer("/tensors/x/dtype"))
        .and_then(Value::as_str)
        .unwrap_or("float32");
    let (_, sample) = dims.split_first().ok_or("no input shape")?;
    let mut list = format!("Input(shape = {}, dtype = {dtype:?})", keras::shape(sample));
    let layers = case.get("layers").and_then(Value::as_array);
    let layers = layers.ok_or("no layers")?;
    let stateful = layers
        .iter()
        .any(|l| l.pointer("/config/stateful") == Some(&Value::Bool(true)));
    if stateful {
        let shape = keras::shape(&dims);
        list = format!("Input(batch_shape = {shape}, dtype = {dtype:?})");
    }
    if !trajectory && dtype == "float32" {
        list += ", Activation(\"linear\", name = \"golden_input\")";
    }
    for layer in layers {
        list += ", ";
        list += &keras::layer(layer)?;
    }
    let tokens: TokenStream = format!("pub Net = [{list}]")
        .parse()
        .map_err(|e| format!("{list}: {e}"))?;
    let model = crate::expand_or_refuse(tokens)?;
    let run = if trajectory {
        let loss = match case.get("loss").and_then(Value::as_str) {
            Some("categorical_crossentropy") => quote!(CategoricalCrossentropy),
            Some("binary_crossentropy") => quote!(BinaryCrossentropy),
            other => return Err(format!("loss {other:?}")),
        };
        quote!(trajectory_case::<#module::Net, ::kseq::losses::#loss>)
    } else {
        quote!(layer_case::<#module::Net>)
    };
    Ok((model, run))
}
