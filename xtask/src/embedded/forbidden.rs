//! What no program may contain: the machinery of panics, the formatting of text, an allocator.

use super::elf::Symbol;

/// By a part of a symbol's name.
const FORBIDDEN: &[(&str, &str)] = &[
    ("4core9panicking", "panics"),
    ("4core3fmt", "formatting"),
    ("7flt2dec", "printing of floats"),
    ("__rust_alloc", "an allocator"),
    ("__rust_dealloc", "an allocator"),
];

/// A program that still contains some of it, with what it is, and why. One that no longer does is an error, too: a list of them only
/// becomes shorter.
pub type Exception = (&'static str, &'static str, &'static str);

/// What of the forbidden a program contains; what is no exception is wrong.
pub fn judge(
    name: &str,
    program: &str,
    symbols: &[Symbol],
    exceptions: &[Exception],
    wrong: &mut Vec<String>,
) -> Vec<&'static str> {
    let mut contains = Vec::new();
    for &(part, what) in FORBIDDEN {
        let Some(symbol) = symbols.iter().find(|symbol| symbol.name.contains(part)) else {
            continue;
        };
        contains.push(what);
        if !exceptions
            .iter()
            .any(|&(p, w, _)| p == program && w == what)
        {
            let at = symbol.name.find(part).unwrap_or(0);
            let shown: String = symbol.name[at..].chars().take(60).collect();
            wrong.push(format!(
                "{name} contains {what}: {shown} (who calls it: `arm-none-eabi-objdump -dC` of the ELF)"
            ));
        }
    }
    contains.dedup();
    contains
}

/// Says which exceptions there are, and which of them no longer are any: `found` has what programs contain.
pub fn no_longer_needed(
    exceptions: &[Exception],
    found: &[(&str, &str)],
    file: &str,
) -> Vec<String> {
    for (program, what, why) in exceptions {
        println!("excused: {program} contains {what}: {why}");
    }
    let gone = exceptions
        .iter()
        .filter(|(program, what, _)| !found.contains(&(*program, *what)));
    gone.map(|(program, what, _)| {
        format!("{program} no longer contains {what}: take it off EXCEPTIONS in {file}")
    })
    .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const EXCEPTIONS: &[Exception] = &[("old", "panics", "is old")];

    #[test]
    fn what_is_forbidden_is_found() {
        let symbols = ["_ZN4core9panicking5panicE", "main"].map(|name| Symbol::named(name.into()));
        let mut wrong = Vec::new();
        assert_eq!(
            judge("new", "new", &symbols, EXCEPTIONS, &mut wrong),
            ["panics"]
        );
        assert!(wrong.len() == 1 && wrong[0].starts_with("new contains panics: 4core9panicking"));
        judge("old", "old", &symbols, EXCEPTIONS, &mut wrong);
        assert!(judge("new", "new", &symbols[1..], EXCEPTIONS, &mut wrong).is_empty());
        assert_eq!(wrong.len(), 1);
    }

    #[test]
    fn an_exception_that_is_none_is_wrong() {
        assert!(no_longer_needed(EXCEPTIONS, &[("old", "panics")], "a.rs").is_empty());
        let wrong = no_longer_needed(EXCEPTIONS, &[("new", "panics")], "a.rs");
        assert!(wrong.len() == 1 && wrong[0].ends_with("take it off EXCEPTIONS in a.rs"));
    }
}
