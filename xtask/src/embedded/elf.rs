//! What a linked program consists of, by `readelf`.

use std::path::Path;
use std::process::Command;

/// A symbol of a program, by its mangled name.
pub struct Symbol {
    pub name: String,
    kind: String,
    size: u64,
}

impl Symbol {
    /// Of which only the name is known.
    pub fn named(name: String) -> Self {
        Symbol {
            name,
            kind: String::new(),
            size: 0,
        }
    }

    /// Whether this is the last part of its name.
    fn is(&self, name: &str) -> bool {
        let part = format!("{}{name}", name.len());
        // With a hash behind it (`_ZN`), or not (`_R`).
        self.name == name || self.name.contains(&format!("{part}17h")) || self.name.ends_with(&part)
    }
}

/// A program.
pub struct Elf {
    sections: Vec<(String, u64)>,
    pub symbols: Vec<Symbol>,
}

impl Elf {
    pub fn read(path: &Path) -> Result<Self, String> {
        let mut readelf = Command::new("readelf");
        readelf.args(["-SsW"]).arg(path).env("LC_ALL", "C");
        let output = readelf.output().map_err(|e| format!("{readelf:?}: {e}"))?;
        if !output.status.success() {
            return Err(format!(
                "{}: {}",
                path.display(),
                String::from_utf8_lossy(&output.stderr)
            ));
        }
        let (mut sections, mut symbols) = (Vec::new(), Vec::new());
        for line in String::from_utf8_lossy(&output.stdout).lines() {
            let line = line.trim_start();
            if let Some((_, row)) = line.strip_prefix('[').and_then(|row| row.split_once(']')) {
                // Name, type, address, offset, size.
                let words: Vec<&str> = row.split_whitespace().collect();
                if let [name, _, _, _, size, ..] = words[..] {
                    sections
                        .extend(u64::from_str_radix(size, 16).map(|size| (name.to_owned(), size)));
                }
                continue;
            }
            // Number, value, size, type, binding, visibility, section, name.
            let words: Vec<&str> = line.split_whitespace().collect();
            if let [_, _, size, kind, _, _, _, name] = words[..] {
                let size = match size.strip_prefix("0x") {
                    Some(size) => u64::from_str_radix(size, 16),
                    None => size.parse(),
                };
                let (name, kind) = (name.to_owned(), kind.to_owned());
                symbols.extend(size.map(|size| Symbol { name, kind, size }));
            }
        }
        Ok(Elf { sections, symbols })
    }

    fn sum(&self, names: &[&str]) -> u64 {
        let named = self
            .sections
            .iter()
            .filter(|(name, _)| names.contains(&name.as_str()));
        named.map(|(_, size)| size).sum()
    }

    /// The bytes in flash.
    pub fn code(&self) -> u64 {
        self.sum(&[".vector_table", ".text", ".init.rust", ".rodata", ".data"])
    }

    /// The bytes of statics in RAM.
    pub fn memory(&self) -> u64 {
        self.sum(&[".data", ".bss", ".uninit"])
    }

    /// The bytes in flash that are no code of the program: weights, and what it is tested with.
    pub fn data(&self) -> u64 {
        let is_data = |symbol: &&Symbol| {
            let weights = ["NET", "PARAMS", "X", "TARGET", "DIGITS", "WORDS"]
                .iter()
                .any(|name| symbol.is(name));
            symbol.kind == "OBJECT" && (weights || symbol.name.contains("8recorded"))
        };
        self.symbols
            .iter()
            .filter(is_data)
            .map(|symbol| symbol.size)
            .sum()
    }

    /// The symbol of a function.
    pub fn function(&self, name: &str) -> Result<&str, String> {
        let found = self
            .symbols
            .iter()
            .find(|symbol| symbol.kind == "FUNC" && symbol.is(name));
        let missing = || format!("there is no function `{name}`: it needs `#[inline(never)]`");
        Ok(&found.ok_or_else(missing)?.name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn symbols_by_name() {
        let is = |symbol: &str, name| Symbol::named(symbol.to_owned()).is(name);
        assert!(is("measured", "measured"));
        assert!(is("_ZN9digit_mlp8classify17h0123456789abcdefE", "classify"));
        assert!(is("_RNvCsdMfZMFzoiKZ_9digit_mlp3NET", "NET"));
        assert!(!is(
            "_ZN9digit_mlp8classify17h0123456789abcdefE",
            "digit_mlp"
        ));
    }
}
