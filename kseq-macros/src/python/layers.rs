//! What is Python where a layer or an argument of one is expected.

use proc_macro2::{Delimiter, Group, Literal, Spacing, TokenStream, TokenTree};
use syn::ext::IdentExt;
use syn::parse::ParseStream;
use syn::{Error, Ident, LitStr, Token, token};

use super::words;
use crate::ast::Ends;

/// Text in single quotes as strings: that they are no Rust says the compiler's lexer already.
pub fn with_strings(tokens: TokenStream) -> TokenStream {
    // A group that is made anew has forgotten where its brackets are.
    if !has_quoted(tokens.clone()) {
        return tokens;
    }
    let repaired = |token| match token {
        TokenTree::Literal(literal) => match quoted(&literal.to_string()) {
            Some(inner) => {
                let mut string = Literal::string(&inner);
                string.set_span(literal.span());
                TokenTree::Literal(string)
            }
            None => TokenTree::Literal(literal),
        },
        TokenTree::Group(group) => {
            let mut inner = Group::new(group.delimiter(), with_strings(group.stream()));
            inner.set_span(group.span());
            TokenTree::Group(inner)
        }
        token => token,
    };
    tokens.into_iter().map(repaired).collect()
}

/// What stands in single quotes, if it is more than one character.
fn quoted(literal: &str) -> Option<String> {
    let inner = literal.strip_prefix('\'')?.strip_suffix('\'')?;
    let is_text = inner.chars().count() > 1 && !inner.starts_with('\\');
    is_text.then(|| inner.to_owned())
}

fn has_quoted(tokens: TokenStream) -> bool {
    tokens.into_iter().any(|token| match token {
        TokenTree::Literal(literal) => quoted(&literal.to_string()).is_some(),
        TokenTree::Group(group) => has_quoted(group.stream()),
        _ => false,
    })
}

/// The error for a comment of Python's; where it ends, tokens do not say.
pub fn comment(input: ParseStream<'_>) -> Option<Error> {
    let is_attribute = input.peek2(token::Bracket) || input.peek2(Token![!]);
    (input.peek(Token![#]) && !is_attribute).then(|| input.error(words::COMMENT))
}

/// The error for lists of layers in a list.
pub fn list(input: ParseStream<'_>) -> Option<Error> {
    let ahead = input.fork();
    let is_unpacked = ahead.peek(Token![*]);
    let _ = ahead.parse::<Option<Token![*]>>();
    let Ok(TokenTree::Group(group)) = ahead.parse() else {
        return None;
    };
    if group.delimiter() != Delimiter::Bracket {
        return None;
    }
    let ends = Ends {
        first: match is_unpacked {
            true => input.span(),
            false => group.span_open(),
        },
        last: group.span_close(),
    };
    Some(ends.error(match comprehends(group.stream()) {
        true => {
            "layers must be listed one by one: each is a field of the model's struct, so a list comprehension \
             cannot make them"
        }
        false => {
            "a layer stands in the list itself, not in another list\n  help: leave the inner brackets out"
        }
    }))
}

/// Whether it is `.. for x in ..`.
fn comprehends(tokens: TokenStream) -> bool {
    let mut tokens = tokens.into_iter();
    tokens.any(|token| matches!(token, TokenTree::Ident(word) if word == "for"))
}

/// The error for an argument that is Python.
pub fn argument(input: ParseStream<'_>) -> Option<Error> {
    if let Some(error) = comment(input) {
        return Some(error);
    }
    if input.peek(Token![*]) {
        let ahead = input.fork();
        let ends = until_comma(&ahead)?;
        return Some(ends.error(words::unpacked("units = 32, activation = \"relu\"")));
    }
    let name = input.fork();
    let mut words = Vec::new();
    while let Ok(word) = name.call(Ident::parse_any) {
        words.push(word);
        if !name.peek(Token![-]) || !name.peek2(Ident::peek_any) {
            break;
        }
        let _ = name.parse::<Token![-]>();
    }
    if name.peek(Token![=])
        && !name.peek(Token![==])
        && let [first, .., last] = words.as_slice()
    {
        let texts: Vec<String> = words.iter().map(ToString::to_string).collect();
        let ends = Ends {
            first: first.span(),
            last: last.span(),
        };
        return Some(ends.error(words::hyphen(&texts.join("-"))));
    }
    if let [word] = words.as_slice()
        && name.peek(Token![==])
    {
        return Some(name.error(words::compared(&word.to_string())));
    }
    None
}

/// The error for an argument's value that is Python.
pub fn value(input: ParseStream<'_>) -> Option<Error> {
    let ahead = input.fork();
    if let Ok(word) = ahead.call(Ident::parse_any) {
        let behind = ahead.cursor().token_tree().is_some();
        let text = match word.to_string().as_str() {
            "lambda" if behind && !ahead.peek(Token![,]) && !ahead.peek(Token![.]) => {
                words::lambda(
                    "name a function that Keras has (`\"relu\"`), or the path of your own type: `self::MyActivation`",
                )
            }
            "not" if ahead.peek(Ident::peek_any) => {
                let value = ahead
                    .call(Ident::parse_any)
                    .map_or_else(|_| String::new(), |v| v.to_string());
                words::not(&value)
            }
            "f" | "r" | "b" | "u" | "rb" | "fr" if ahead.peek(LitStr) => words::prefix(
                &ahead
                    .parse::<Literal>()
                    .map_or_else(|_| String::new(), |l| l.to_string()),
            ),
            _ => return of_tokens(input),
        };
        let ends = until_comma(&input.fork())?;
        return Some(ends.error(text));
    }
    if ahead.peek(Token![.]) && ahead.peek2(syn::LitInt) {
        let _ = ahead.parse::<Token![.]>();
        let digits = ahead
            .parse::<Literal>()
            .map_or_else(|_| String::new(), |l| l.to_string());
        let ends = until_comma(&input.fork())?;
        return Some(ends.error(format_args!(
            "a number begins with a digit\n  help: write `0.{digits}`"
        )));
    }
    of_tokens(input)
}

/// The error for what is Python somewhere within a value.
fn of_tokens(input: ParseStream<'_>) -> Option<Error> {
    let all: Vec<TokenTree> = tokens_until_comma(&input.fork());
    let ends = Ends::of_tokens(all.iter().cloned().collect());
    let is = |token: &TokenTree, c: char| matches!(token, TokenTree::Punct(p) if p.as_char() == c);
    for (at, token) in all.iter().enumerate() {
        let next = all.get(at + 1);
        match token {
            TokenTree::Punct(star)
                if star.as_char() == '*'
                    && star.spacing() == Spacing::Joint
                    && next.is_some_and(|next| is(next, '*')) =>
            {
                return Some(ends.error(
                    "Rust has no operator `**`\n  help: write the number, or a power of an integer: `2_usize.pow(5)`",
                ));
            }
            TokenTree::Punct(dot) if dot.as_char() == '.' => {
                let word = next.map(ToString::to_string);
                if word.as_deref() == Some("shape") {
                    return Some(ends.error(
                        "the shape of data is not known when the program is compiled\n  \
                         help: write the sizes of one sample, without the batch size: `(28, 28, 1)`",
                    ));
                }
            }
            TokenTree::Ident(word)
                if is_builtin(&word.to_string())
                    && matches!(next, Some(TokenTree::Group(args)) if args.delimiter() == Delimiter::Parenthesis)
                    && !at
                        .checked_sub(1)
                        .and_then(|at| all.get(at))
                        .is_some_and(|b| is(b, ':') || is(b, '.')) =>
            {
                return Some(ends.error(format_args!(
                    "Python's `{word}` cannot be called here: sizes are known when the program is compiled\n  \
                     help: write the number, or a constant: `const CLASSES: usize = 10;`"
                )));
            }
            TokenTree::Ident(word) if at > 0 => {
                let Some(text) = words::between(&word.to_string()) else {
                    continue;
                };
                let starts = all.first().is_some_and(|first| first.to_string() == "if");
                if !starts
                    && !matches!(all.get(at - 1), Some(TokenTree::Ident(before)) if before == "else")
                {
                    return Some(Ends::at(word.span()).error(text));
                }
            }
            TokenTree::Group(list)
                if list.delimiter() == Delimiter::Bracket && comprehends(list.stream()) =>
            {
                return Some(ends.error(words::comprehension("(2, 2)")));
            }
            _ => {}
        }
    }
    None
}

/// Functions of Python's that stand in sizes, and that Rust has by no such name.
fn is_builtin(word: &str) -> bool {
    matches!(
        word,
        "len" | "int" | "float" | "str" | "round" | "range" | "sum" | "tuple"
    )
}

fn tokens_until_comma(input: ParseStream<'_>) -> Vec<TokenTree> {
    let mut all = Vec::new();
    while !input.is_empty() && !input.peek(Token![,]) {
        let Ok(token) = input.parse() else { break };
        all.push(token);
    }
    all
}

/// From here to the next comma.
fn until_comma(input: ParseStream<'_>) -> Option<Ends> {
    let all = tokens_until_comma(input);
    (!all.is_empty()).then(|| Ends::of_tokens(all.into_iter().collect()))
}

/// The error for a statement of Python's among those that make models, and steps over it.
pub fn statement(input: ParseStream<'_>) -> Option<Error> {
    let ahead = input.fork();
    let word = ahead.call(Ident::parse_any).ok()?.to_string();
    // `import(..)`, `print = ..`
    let goes_on = ahead.peek(token::Paren) && word != "print"
        || ahead.peek(Token![=])
        || ahead.peek(Token![.]);
    if goes_on
        || !matches!(
            word.as_str(),
            "import" | "from" | "def" | "class" | "with" | "return" | "print"
        )
    {
        return None;
    }
    let help = match word.as_str() {
        "import" | "from" => {
            "leave it out: layers and their arguments are known here by their names"
        }
        "def" | "class" | "with" | "return" => {
            "leave it out, or write a function of Rust around the macro: `fn build() { sequential! { .. } }`"
        }
        _ => "put it behind the macro",
    };
    let error = Ends::at(input.span()).error(format_args!(
        "only layers stand inside of the macro, found Python's `{word}`\n  help: {help}"
    ));
    skip_statement(input, &word);
    Some(error)
}

/// `import a.b as c`, `from a.b import c, d`, `def f(x):`, `return model`: up to where the next statement may begin.
fn skip_statement(input: ParseStream<'_>, word: &str) {
    let name = |input: ParseStream<'_>| {
        let _ = input.call(Ident::parse_any);
        while input.peek(Token![.]) {
            let _ = input.parse::<Token![.]>();
            let _ = input.call(Ident::parse_any);
        }
    };
    let _ = input.call(Ident::parse_any);
    if matches!(word, "def" | "class" | "with") {
        while !input.is_empty() && !input.peek(Token![:]) {
            let _ = input.parse::<TokenTree>();
        }
        let _ = input.parse::<Option<Token![:]>>();
        return;
    }
    if word == "print" {
        let _ = input.parse::<TokenTree>();
        return;
    }
    name(input);
    loop {
        let ahead = input.fork();
        let goes_on = input.peek(Token![,])
            || ahead
                .call(Ident::parse_any)
                .is_ok_and(|w| w == "import" || w == "as");
        if !goes_on {
            break;
        }
        let _ = input.parse::<TokenTree>();
        match input.peek(token::Paren) || input.peek(Token![*]) {
            true => {
                let _ = input.parse::<TokenTree>();
            }
            false => name(input),
        }
    }
    let _ = input.parse::<Option<Token![;]>>();
}
