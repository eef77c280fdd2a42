//! The value of an argument: kind and range of what the macro can see, and the tokens that it becomes.

use kseq_catalogue::{Kind, Param, Range, Words};
use proc_macro2::{Ident, Literal, Span, TokenStream};
use quote::{ToTokens, quote};
use syn::spanned::Spanned;
use syn::{Expr, Lit};

use crate::ast::{Ends, Errors};
use crate::check::label::LayerLabel;
use crate::check::value::{self, Argument, Literally, literally, peel, text_of, truth};
use crate::ir;
use crate::names::camel;

/// What an argument becomes.
pub enum Value {
    /// What stands in the parentheses of the method.
    Tokens(TokenStream),
    /// A flag that decides a type.
    Switch(bool),
    /// A number that is part of a type; whether the compiler is to check it.
    OfType(TokenStream, bool),
}

/// Reads the values of a parameter.
pub struct Reader<'a> {
    pub class: &'a str,
    pub param: &'static Param,
    pub label: &'a LayerLabel,
    pub schedule: Schedule,
}

/// Reads a schedule of the learning rate, which is a class itself.
pub type Schedule = fn(&Expr, &mut Errors) -> TokenStream;

impl Reader<'_> {
    /// The value; `None` if there is nothing to do, or after an error.
    pub fn read(&self, e: &Expr, errors: &mut Errors) -> Option<Value> {
        let (param, label) = (self.param, self.label);
        if value::is_none(e) && !is_idle(param) {
            self.none(e, errors);
            return None;
        }
        let tokens = match param.kind {
            Kind::In(range) | Kind::InOrNone(range) => self.real(e, range, errors)?,
            Kind::LearningRate => match literally(e) {
                Literally::No => (self.schedule)(e, errors),
                _ => self.real(e, Range::NotNegative, errors)?,
            },
            Kind::Whole(least) => self.whole(e, least, errors)?,
            Kind::Switch => match truth(e) {
                Some(truth) => return Some(Value::Switch(truth)),
                None => {
                    self.refuse(
                        e,
                        "`true` or `false`, written out (it decides a type)",
                        errors,
                    );
                    return None;
                }
            },
            Kind::Flag => match value::flag(e, param.name, label, errors)? {
                ir::Value::Flag(flag) => quote!(#flag),
                _ => peel(e).to_token_stream(),
            },
            Kind::Thresholds | Kind::Classes => {
                let least = if param.kind == Kind::Classes { 1 } else { 2 };
                let is_literal = !matches!(literally(e), Literally::No);
                let tokens = self.whole(e, least, errors)?;
                return Some(Value::OfType(tokens, !is_literal));
            }
            Kind::Several(range) => self.several(e, range, errors)?,
            Kind::Reals => self.list(e, errors, |e, errors| self.real(e, Range::Finite, errors))?,
            Kind::Wholes => self.list(e, errors, |e, errors| self.whole(e, 0, errors))?,
            Kind::Ids => {
                let list = self.list(e, errors, |e, errors| self.whole(e, 0, errors))?;
                match peel(e) {
                    Expr::Array(_) | Expr::Tuple(_) => quote!(&#list),
                    _ => list,
                }
            }
            Kind::Names => {
                let list = self.list(e, errors, |e, errors| {
                    if value::string(e).is_none() && !matches!(literally(e), Literally::No) {
                        self.refuse(e, "a list of names such as [\"dense_2\"]", errors);
                        return None;
                    }
                    Some(e.to_token_stream())
                })?;
                match peel(e) {
                    Expr::Array(_) | Expr::Tuple(_) => quote!(&#list),
                    _ => list,
                }
            }
            Kind::Name => match (value::string(e), literally(e)) {
                (None, Literally::Int(..) | Literally::Float | Literally::Other) => {
                    self.refuse(e, "a string such as \"my_name\"", errors);
                    return None;
                }
                _ => e.to_token_stream(),
            },
            Kind::Dtype => {
                let dtype = value::string(e);
                if !value::is_none(e) && dtype.as_deref() != Some("float32") {
                    self.refuse(e, "\"float32\": kseq has no other type of numbers", errors);
                }
                return None;
            }
            Kind::Word(words) => self.word(e, words, errors)?,
            Kind::Axis => match literally(e) {
                Literally::Int(..) | Literally::No => e.to_token_stream(),
                _ => {
                    self.refuse(e, "an integer such as -1", errors);
                    return None;
                }
            },
            Kind::Axes => {
                let axes = value::elements(e).unwrap_or_else(|| vec![e]);
                let is_axis =
                    |axis: &&Expr| matches!(literally(axis), Literally::Int(..) | Literally::No);
                if !axes.iter().all(is_axis) {
                    self.refuse(e, "an integer or a list of integers such as [1, 2]", errors);
                    return None;
                }
                quote!(&[#(#axes),*])
            }
            Kind::Fixed(why) => {
                self.fixed(e, why, errors);
                return None;
            }
            _ => {
                value::later(param, e, label, errors);
                return None;
            }
        };
        Some(Value::Tokens(tokens))
    }

    /// `None`: not given, where Keras has it as its default, and else a mistake.
    fn none(&self, e: &Expr, errors: &mut Errors) {
        let Param {
            name,
            kind,
            default,
        } = self.param;
        if *default == Some("None") || matches!(kind, Kind::InOrNone(_) | Kind::Name) {
            return;
        }
        let help = match (*name, default) {
            ("reduction", _) => {
                "help: kseq trains with one number: \"sum_over_batch_size\" (the mean), \"sum\", or \
                 \"mean_with_sample_weight\""
                    .to_owned()
            }
            (_, Some(default)) => format!("help: leave it out for Keras's default, {default}"),
            (_, None) => "help: it must be given".to_owned(),
        };
        self.error(e, format_args!("must not be `None`\n  {help}"), errors);
    }

    fn error(&self, e: &Expr, message: impl std::fmt::Display, errors: &mut Errors) {
        let (label, name, class) = (self.label, self.param.name, self.class);
        errors.at(
            Ends::of(e),
            format_args!("{label}`{name}` of `{class}` {message}"),
        );
    }

    fn refuse(&self, e: &Expr, expected: &str, errors: &mut Errors) {
        let found = text_of(e);
        let unquoted = value::string(e).filter(|text| text.trim().parse::<f64>().is_ok());
        let help = match unquoted {
            Some(number) => format!("\n  help: without quotes: {number}"),
            None => String::new(),
        };
        self.error(
            e,
            format_args!("must be {expected}, found {found}{help}"),
            errors,
        );
    }

    fn real(&self, e: &Expr, range: Range, errors: &mut Errors) -> Option<TokenStream> {
        if matches!(literally(e), Literally::Other) {
            let schedule = match self.param.kind {
                Kind::LearningRate => ", or a schedule",
                _ => "",
            };
            self.refuse(e, &format!("a number such as 0.5{schedule}"), errors);
            return None;
        }
        if let Some(number) = literal(e)
            && !range.contains(number)
        {
            let default = self.param.default.unwrap_or("None");
            let found = text_of(e);
            let help = match default {
                "None" => String::new(),
                default => format!("\n  help: Keras's default is {default}"),
            };
            let words = range.words();
            self.error(
                e,
                format_args!("must be {words}, found {found}{help}"),
                errors,
            );
            return None;
        }
        Some(value::number(e))
    }

    fn whole(&self, e: &Expr, least: u64, errors: &mut Errors) -> Option<TokenStream> {
        // `10e3` of Python is a whole number.
        let number = literal(e).map(|n| (n, n.fract() == 0.0 && n >= least as f64));
        match (literally(e), number) {
            (Literally::Float, Some((number, true))) => {
                let mut number = Literal::u64_unsuffixed(number as u64);
                number.set_span(peel(e).span());
                Some(number.into_token_stream())
            }
            (Literally::Int(..), Some((_, true))) | (Literally::No, _) => {
                Some(peel(e).to_token_stream())
            }
            _ => {
                let expected = format!("a whole number of at least {least}");
                match (self.param.name, literally(e)) {
                    ("ignore_class", Literally::Int(true, _)) => {
                        let found = text_of(e);
                        let help =
                            "help: targets are `u32`: let another number stand for it, such as 255";
                        self.error(
                            e,
                            format_args!("must be {expected}, found {found}\n  {help}"),
                            errors,
                        );
                    }
                    _ => self.refuse(e, &expected, errors),
                }
                None
            }
        }
    }

    /// `0.5` or `[0.3, 0.6]`
    fn several(&self, e: &Expr, range: Range, errors: &mut Errors) -> Option<TokenStream> {
        match peel(e) {
            Expr::Array(list) if list.elems.is_empty() => {
                self.refuse(e, "a number or a list of at least one", errors);
                None
            }
            Expr::Array(_) | Expr::Tuple(_) => {
                self.list(e, errors, |e, errors| self.real(e, range, errors))
            }
            e => {
                let one = self.real(e, range, errors)?;
                Some(match literally(e) {
                    Literally::No => one,
                    _ => quote!([#one]),
                })
            }
        }
    }

    /// A list of values; an expression is left as it is.
    fn list(
        &self,
        e: &Expr,
        errors: &mut Errors,
        read: impl Fn(&Expr, &mut Errors) -> Option<TokenStream>,
    ) -> Option<TokenStream> {
        match peel(e) {
            Expr::Array(_) | Expr::Tuple(_) => {
                let all = elements(e);
                let read = all.iter().filter_map(|e| read(e, errors));
                let read: Vec<TokenStream> = read.collect();
                (read.len() == all.len()).then(|| quote!([#(#read),*]))
            }
            _ if matches!(literally(e), Literally::No) => Some(e.to_token_stream()),
            _ => {
                self.refuse(e, "a list", errors);
                None
            }
        }
    }

    /// `"PR"` is `Curve::PR`.
    fn word(&self, e: &Expr, words: Words, errors: &mut Errors) -> Option<TokenStream> {
        let name = self.param.name;
        if value::string(e).is_none() && matches!(literally(e), Literally::No) {
            return Some(e.to_token_stream());
        }
        let argument = Argument {
            name,
            class: self.class,
        };
        let value = value::word(e, &argument, words, self.label, errors)?;
        let ir::Value::Word(word) = value else {
            return None;
        };
        let (module, variant) = match name {
            "reduction" => ("losses", camel(&word)),
            // An abbreviation.
            "curve" => ("metrics", word.to_uppercase()),
            _ => ("metrics", camel(&word)),
        };
        let span = e.span().resolved_at(Span::mixed_site());
        let [module, ty, variant] =
            [module, &camel(name), &variant].map(|name| Ident::new(name, span));
        Some(quote!(::kseq::#module::#ty::#variant))
    }

    fn fixed(&self, e: &Expr, why: &str, errors: &mut Errors) {
        let default = self.param.default.unwrap_or("None");
        let text = peel(e).to_token_stream().to_string().replace(' ', "");
        let truth = truth(e).map(|truth| if truth { "True" } else { "False" });
        if !value::is_none(e) && text != default && truth != Some(default) {
            let found = text_of(e);
            let help = format!("help: leave it out: {why}");
            self.error(
                e,
                format_args!("takes nothing but {default}, found {found}\n  {help}"),
                errors,
            );
        }
    }
}

/// The value of a literal, with its sign.
pub fn literal(e: &Expr) -> Option<f64> {
    match peel(e) {
        Expr::Lit(literal) => match &literal.lit {
            Lit::Int(int) => int.base10_parse::<u64>().ok().map(|int| int as f64),
            Lit::Float(float) => float.base10_parse().ok(),
            _ => None,
        },
        Expr::Unary(minus) if matches!(minus.op, syn::UnOp::Neg(_)) => {
            literal(&minus.expr).map(|number| -number)
        }
        _ => None,
    }
}

/// The value of a literal that is a whole number.
pub fn whole(e: &Expr) -> Option<u64> {
    match literally(e) {
        Literally::Int(false, Some(int)) => u64::try_from(int).ok(),
        _ => None,
    }
}

/// The elements of a list, or the one that stands alone.
pub fn elements(e: &Expr) -> Vec<&Expr> {
    match peel(e) {
        Expr::Reference(reference) => elements(&reference.expr),
        e => value::elements(e).unwrap_or_else(|| vec![e]),
    }
}

/// Whether an argument is no part of what is made.
fn is_idle(param: &Param) -> bool {
    matches!(param.kind, Kind::Later | Kind::Fixed(_) | Kind::Dtype)
}
