//! The words for what is Python.

/// `# text`
pub const COMMENT: &str =
    "Python's comments begin with `#`, Rust's with `//`\n  help: write `// ...`";

/// `f"text"`, of which `literal` is the string. The compiler says, too, that there is no such prefix, and would have a space between.
pub fn prefix(literal: &str) -> String {
    let why = "a string stands here without a prefix of Python's: it is known when the program is compiled";
    let help = match literal.contains('{') {
        true => "write the text itself, with nothing to be put in: `\"dense_1\"`".to_owned(),
        false => format!("write the text itself: `{literal}`"),
    };
    format!("{why}\n  help: {help}")
}

/// `*args` and `**kwargs`, and what is written instead.
pub fn unpacked(arguments: &str) -> String {
    format!(
        "Python's `*args` and `**kwargs` are not known when the program is compiled\n  \
         help: write the arguments one by one: `{arguments}`"
    )
}

/// `input-dim = 3`
pub fn hyphen(wrong: &str) -> String {
    let right = wrong.replace('-', "_");
    format!("an argument's name has no `-`, found `{wrong}`\n  help: write `{right} = ...`")
}

/// `units == 3`
pub fn compared(name: &str) -> String {
    format!("expected `=`: an argument is given as `{name} = ...`; `==` compares")
}

/// What is no comma: `Dense(3); Dense(1)`.
pub fn no_comma(between: &str) -> String {
    format!("expected `,`: {between} are separated by commas")
}

/// `units: 3`
pub fn colon(example: &str) -> String {
    format!("expected `=`: an argument is given as `{example}`")
}

/// `lambda x: x`, and what can stand there.
pub fn lambda(help: &str) -> String {
    format!("a `lambda` of Python cannot stand here\n  help: {help}")
}

/// `not value`
pub fn not(value: &str) -> String {
    let right = match value {
        "True" => "false".to_owned(),
        "False" => "true".to_owned(),
        value => format!("!{value}"),
    };
    format!("Python's `not` is `!` in Rust\n  help: write `{right}`")
}

/// `[f(x) for x in list]`, and what is written instead.
pub fn comprehension(values: &str) -> String {
    format!(
        "Python's list comprehensions are not known when the program is compiled\n  \
         help: write the values one by one: `{values}`"
    )
}

/// A word between two values that Rust writes otherwise.
pub fn between(word: &str) -> Option<String> {
    let right = match word {
        "and" => "`&&`",
        "or" => "`||`",
        "is" => "`==`",
        "if" => "`if condition { a } else { b }`",
        _ => return None,
    };
    Some(format!("Python's `{word}` is written {right} in Rust"))
}
