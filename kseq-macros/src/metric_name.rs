//! The names that `compile!` can see of metrics: none may be the history's own.

use kseq_catalogue::RESERVED;
use syn::{Expr, Ident};

use crate::ast::{Ends, Errors};
use crate::check::value;

/// The name under which a metric will be reported, where it stands in the words, must not be the history's own.
pub fn check(e: &Expr, errors: &mut Errors) {
    let Some((name, at)) = own_name(e) else {
        return;
    };
    let is_reserved = RESERVED
        .iter()
        .any(|reserved| match reserved.ends_with('_') {
            true => name.starts_with(reserved),
            false => name == *reserved,
        });
    if is_reserved {
        errors.at(
            at,
            format_args!(
                "`compile!`: a metric cannot be named `{name}`: the history itself has `loss`, `val_..`, \
                 `learning_rate` and `epoch`\n  help: give it another name"
            ),
        );
    }
}

/// The name of `my_function`, `Named("name", ..)`, `function("name", ..)`, `AUC(name = "name")`,
/// `keras.metrics.AUC(name = "name")`, or one of them in `Weighted(..)`.
fn own_name(e: &Expr) -> Option<(String, Ends)> {
    if let Some(function) = users_function(e) {
        return Some((function.to_string(), Ends::at(function.span())));
    }
    let (called, args) = match e {
        Expr::Call(call) => match &*call.func {
            Expr::Path(path) => (&path.path.segments.last()?.ident, &call.args),
            _ => return None,
        },
        Expr::MethodCall(call) => (&call.method, &call.args),
        _ => return None,
    };
    if called == "Weighted" {
        return own_name(args.first()?);
    }
    let named = args.iter().find_map(|arg| match arg {
        Expr::Assign(assign) => match &*assign.left {
            Expr::Path(left) if left.path.is_ident("name") => Some(&*assign.right),
            _ => None,
        },
        _ => None,
    });
    let gives_name = called == "Named" || called == "function";
    let first = || args.first().filter(|_| gives_name);
    let name = named.or_else(first)?;
    Some((value::string(name)?, Ends::of(name)))
}

/// A name in lower case: a function of (y_true, y_pred).
pub fn users_function(e: &Expr) -> Option<&Ident> {
    let Expr::Path(path) = e else {
        return None;
    };
    let name = path.path.get_ident()?;
    name.to_string()
        .starts_with(|c: char| c.is_lowercase())
        .then_some(name)
}
