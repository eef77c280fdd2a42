//! What users write wrongly: tokens that are dropped, doubled, swapped, replaced, moved and cut off.

use proc_macro2::{Delimiter, Spacing, TokenStream, TokenTree};

use super::choices::Choices;

/// A token as text, or those between brackets.
#[derive(Clone)]
pub enum Node {
    /// And whether the next one stands against it.
    Token(String, bool),
    Group(Delimiter, Vec<Node>),
}

/// Words, numbers and signs that may stand where others should.
const STRAY: &[&str] = &[
    "",
    "0",
    "1",
    "-1",
    "1.5",
    "1e400",
    "-0.0",
    "340282366920938463463374607431768211456",
    "0xffff_ffff_ffff_ffff_f",
    "18446744073709551615",
    "9223372036854775808",
    "1u8",
    "1_000",
    "1f32",
    "2usize",
    "1i128",
    "0b11",
    "1.0e-50",
    "\"\"",
    "\"relu\"",
    "\"\\0\\u{10ffff}\"",
    "\"same\"",
    "\"ab,bc->ac\"",
    "\"ααα,β->γ\"",
    "r#\"a\"#",
    "b\"a\"",
    "c\"a\"",
    "b'a'",
    "'a'",
    "'static",
    "true",
    "True",
    "None",
    "Größe",
    "数",
    "ⅻ",
    "_",
    "r#type",
    "r#Dense",
    "self",
    "Self",
    "super",
    "crate",
    "async",
    "await",
    "let",
    "fn",
    "struct",
    "for",
    "in",
    "while",
    "loop",
    "match",
    "if",
    "else",
    "return",
    "lambda",
    "not",
    "and",
    "pub",
    "static",
    "const",
    "mut",
    "ref",
    "dyn",
    "unsafe",
    "try",
    "use",
    "mod",
    "as",
    "move",
    "break",
    "yield",
    "gen",
    "macro_rules",
    ",",
    ";",
    ":",
    "::",
    ".",
    "..",
    "..=",
    "...",
    "=",
    "==",
    "=>",
    "->",
    "<-",
    "|",
    "||",
    "&",
    "&&",
    "*",
    "**",
    "+",
    "-",
    "/",
    "//",
    "%",
    "^",
    "!",
    "!!",
    "?",
    "@",
    "#",
    "#!",
    "$",
    "~",
    "<",
    ">",
    "<<",
    ">>",
    "+=",
    "`",
    "()",
    "[]",
    "{}",
    "(,)",
    "[,]",
    "(1)",
    "(1,)",
    "[1; 2]",
    "[[]]",
    "((()))",
    "{\"a\": 1}",
    "|x| x",
    "||",
    "|x, y| { x }",
    "x as f32",
    "Dense",
    "Dense(1)",
    "Dense(units = 3)",
    "LSTM(2)",
    "Bidirectional(LSTM(2))",
    "Sequential",
    "Sequential()",
    "Sequential([])",
    "Input",
    "Input(shape = (3,))",
    "Input(shape = (None, None, None, None))",
    "model.add",
    "model = ",
    "layers.",
    "keras.layers.",
    "tf.keras.",
    "units",
    "input_shape = (3,)",
    "input_shape = ()",
    "input_shape = (0,)",
    "input_dim = -1",
    "activation",
    "name = \"a b\"",
    "name = \"dense_1\"",
    "name = \"type\"",
    "batch_size = 0",
    "dtype = \"int8\"",
    "trainable = 3",
    "#[insist]",
    "#[quantize]",
    "#[quantize(8)]",
    "#[float]",
    "#[float = 16]",
    "#[cfg(x)]",
    "#[doc = 3]",
    "/// doc\n",
    "/** a */",
    "*args",
    "**kwargs",
    "f(x)[0]",
    "x if y else z",
    "not x",
    "1 if True",
    "a.b.c",
    "a::<B>::c",
    "<A as B>::c",
    "<A>::b(1)",
    "optimizer = ",
    "loss = ",
    "metrics = ",
    "loss_weights = [",
    "\"adam\"",
    "Adam(0.1)",
    "sgd",
    "mse()",
    "[f32; 3]",
    "#[repr(C)]",
    "where",
    "for i in range(3): x",
    "from keras import layers",
    "import keras",
    "def f(x): return x",
    "print(1)",
    "model.compile()",
    "model.summary()",
    "format!(\"a\")",
    "vec![1]",
    "x!{}",
    "unsafe { 1 }",
    "&mut x",
    "&'a x",
    "*x",
    "-x",
    "!x",
    "(x)",
    "move || 1",
    "async {}",
    "return 1",
    "1..2",
    "..",
    "x = 1",
    "x += 1",
    "if a { 1 } else { 2 }",
    "match a {}",
    "loop {}",
    "\u{200b}x",
    "x\u{301}",
];

impl Node {
    pub fn all(tokens: TokenStream) -> Vec<Node> {
        let node = |token: TokenTree| match token {
            TokenTree::Group(group) => Node::Group(group.delimiter(), Node::all(group.stream())),
            TokenTree::Punct(punct) => {
                Node::Token(punct.to_string(), punct.spacing() == Spacing::Joint)
            }
            token => Node::Token(token.to_string(), false),
        };
        tokens.into_iter().map(node).collect()
    }
}

/// The tokens as text.
pub fn text(nodes: &[Node]) -> String {
    let mut out = String::new();
    for node in nodes {
        match node {
            Node::Token(token, joint) => {
                out.push_str(token);
                out.push_str(if *joint { "" } else { " " });
            }
            Node::Group(delimiter, inner) => {
                let [open, close] = match delimiter {
                    Delimiter::Parenthesis => ["(", ") "],
                    Delimiter::Bracket => ["[", "] "],
                    Delimiter::Brace => ["{", "} "],
                    Delimiter::None => ["", ""],
                };
                out.push_str(open);
                out.push_str(&text(inner));
                out.push_str(close);
            }
        }
    }
    out
}

/// A list of tokens somewhere in these; the deeper ones are as probable as all that lie around them.
fn somewhere<'n>(nodes: &'n mut Vec<Node>, choices: &mut Choices) -> &'n mut Vec<Node> {
    let groups: Vec<usize> = (0..nodes.len())
        .filter(|at| matches!(nodes[*at], Node::Group(..)))
        .collect();
    if groups.is_empty() || choices.one_in(4) {
        return nodes;
    }
    match &mut nodes[*choices.pick(&groups)] {
        Node::Group(_, inner) => somewhere(inner, choices),
        Node::Token(..) => unreachable!("it is a group"),
    }
}

/// Does one thing to the tokens; `others` are what else is written.
pub fn mutate(all: &mut Vec<Node>, others: &[Vec<Node>], choices: &mut Choices) {
    const DELIMITERS: [Delimiter; 3] =
        [Delimiter::Parenthesis, Delimiter::Bracket, Delimiter::Brace];
    let nodes = somewhere(all, choices);
    let at = choices.below(nodes.len().max(1));
    let stray = |choices: &mut Choices| match choices.pick(STRAY).parse::<TokenStream>() {
        Ok(tokens) => Node::all(tokens),
        Err(_) => Vec::new(),
    };
    if nodes.is_empty() {
        *nodes = stray(choices);
        return;
    }
    match choices.below(13) {
        0 => drop(nodes.remove(at)),
        1 => {
            let double = nodes[at].clone();
            nodes.insert(at, double);
        }
        2 => {
            let with = choices.below(nodes.len());
            nodes.swap(at, with);
        }
        3 | 4 => {
            let stray = stray(choices);
            nodes.splice(at..=at, stray);
        }
        5 | 6 => {
            let stray = stray(choices);
            nodes.splice(at..at, stray);
        }
        7 => nodes.truncate(at),
        8 => drop(nodes.drain(..at)),
        // Other brackets, or none.
        9 => {
            let delimiter = *choices.pick(&DELIMITERS);
            match &mut nodes[at] {
                Node::Group(old, _) => *old = delimiter,
                Node::Token(_, joint) => *joint = !*joint,
            }
        }
        10 => {
            if let Node::Group(_, inner) = &mut nodes[at] {
                let inner = std::mem::take(inner);
                nodes.splice(at..=at, inner);
            }
        }
        // Brackets around some of them, several times.
        11 => {
            let end = at + choices.below(nodes.len() - at) + 1;
            let mut inner: Vec<Node> = nodes.drain(at..end).collect();
            let delimiter = *choices.pick(&DELIMITERS);
            for _ in 0..*choices.pick(&[1, 1, 2, 30]) {
                inner = vec![Node::Group(delimiter, inner)];
            }
            nodes.splice(at..at, inner);
        }
        // Something from elsewhere.
        _ => {
            let mut other = choices.pick(others).clone();
            let part = somewhere(&mut other, choices);
            let begin = choices.below(part.len());
            let taken: Vec<Node> = part.drain(begin..).take(12).collect();
            nodes.splice(at..at, taken);
        }
    }
}
