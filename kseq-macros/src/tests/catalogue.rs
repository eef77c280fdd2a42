//! What the catalogue says in words must be words of the macro.

use kseq_catalogue::{COMMON_LATER, CONSTRAINTS, INITIALIZERS, Param, REGULARIZERS, layers};

#[test]
fn defaults_are_expressions() {
    let of_layers = layers().flat_map(|row| row.params);
    let families = [&INITIALIZERS, &REGULARIZERS, &CONSTRAINTS];
    let of_objects = families.into_iter().flat_map(|family| family.rows);
    let all = of_layers.chain(of_objects.flat_map(|row| row.params));
    for Param { name, default, .. } in all.chain(COMMON_LATER) {
        if let Some(default) = default {
            let parsed = syn::parse_str::<syn::Expr>(default);
            assert!(parsed.is_ok(), "{name} = {default}");
        }
    }
}
