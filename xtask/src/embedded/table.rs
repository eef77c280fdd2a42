//! `docs/EMBEDDED_SIZES.md`, its short form in README.md, and how fresh numbers are compared with it.

use std::fmt;
use std::fs;

const PAGE: &str = "docs/EMBEDDED_SIZES.md";

const HEAD: &str = "\
# What the models take on a microcontroller

Written by `cargo xtask embedded --write`; `cargo xtask embedded`, a part of `cargo xtask check`, builds and runs all of it again
and fails if a number has grown by more than one in a hundred.

- **instructions** of one call, counted by the emulator (the largest call). They are no cycles: flash waits, and the cycles that a
  load or a division takes, are not in them.
- **code**: bytes of flash above the weights, the recorded samples, and a program that does nothing.
- **static**: bytes of RAM in statics. **stack**: its deepest byte during the call, with the frames of `main`. **RAM** is both.

Cortex-M4F is `thumbv7em-none-eabihf`; Cortex-M0 is `thumbv6m-none-eabi` and RV32IMC `riscv32imc-unknown-none-elf`, both without a
floating-point unit: a multiplication there is a function call. Weights are `f32`s in flash, of `.._int8` integers of 8 bits.
`lto = \"fat\"`, `panic = \"abort\"`.

";

const COLUMNS: &str = "| work | chip | opt-level | instructions | code | static | stack | RAM |\n| --- | --- | --- | --- | --- | --- | --- | --- |\n";

/// Which rows stand together, and what is said of them.
const PARTS: [(&str, &[&str], &str); 2] = [
    (
        "Pieces of work",
        &[
            "mlp",
            "cnn",
            "lstm",
            "sgd_large",
            "sgd_small",
            "adam_small",
            "sgd_frozen",
            "stream",
            "twin",
        ],
        "Of `embedded/measure`: `mlp` is 784-32-10, `cnn` two convolutions (8 and 16 of 3x3) with poolings and ten classes of 28x28, \
         `lstm` 16 units over 16 steps of 8; a step of SGD on one sample with 784-32-10 (`sgd_large`) and 64-16-4 (`sgd_small`), of \
         Adam with that (`adam_small`), and of SGD with the last layer of `cnn` behind frozen ones (`sgd_frozen`); one step of a stream through a causal convolution and a GRU \
         of 16 units each (`stream`); a twin in integers of nearly every operator, with a layer in `f32` between (`twin`).",
    ),
    (
        "Firmware",
        &[],
        "Of `embedded/cortex-m` and `embedded/riscv`: complete programs with real weights, which compare their outputs with the host's; those of `.._int8` are the same bits.",
    ),
];

/// What was measured of one program.
pub struct Row {
    pub work: String,
    pub chip: String,
    pub opt_level: String,
    /// Instructions, code, static, stack.
    pub numbers: [u64; 4],
    /// What should not be in it.
    pub contains: Vec<&'static str>,
}

impl Row {
    fn ram(&self) -> u64 {
        self.numbers[2] + self.numbers[3]
    }

    fn is(&self, other: &Row) -> bool {
        (&self.work, &self.chip, &self.opt_level) == (&other.work, &other.chip, &other.opt_level)
    }
}

impl fmt::Display for Row {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Row {
            work,
            chip,
            opt_level,
            numbers,
            ..
        } = self;
        let [instructions, code, memory, stack] = numbers.map(grouped);
        let ram = grouped(self.ram());
        write!(
            f,
            "| `{work}` | {chip} | {opt_level} | {instructions} | {code} | {memory} | {stack} | {ram} |"
        )
    }
}

/// `1,234,567`; what was not measured is a dash.
fn grouped(number: u64) -> String {
    match number {
        0 => "-".to_owned(),
        1..1000 => number.to_string(),
        _ => format!("{},{:03}", grouped(number / 1000), number % 1000),
    }
}

/// All rows.
pub struct Table {
    pub rows: Vec<Row>,
}

impl Table {
    pub fn read() -> Result<Self, String> {
        let text = fs::read_to_string(PAGE).map_err(|e| format!("{PAGE}: {e}"))?;
        Ok(Table {
            rows: text.lines().filter_map(parsed).collect(),
        })
    }

    pub fn write(&self) -> Result<(), String> {
        fs::write(PAGE, self.text()).map_err(|e| format!("{PAGE}: {e}"))
    }

    fn text(&self) -> String {
        let mut text = HEAD.to_owned();
        for (i, (title, _, about)) in PARTS.iter().enumerate() {
            let part = |row: &&Row| {
                PARTS
                    .iter()
                    .position(|(_, works, _)| works.contains(&row.work.as_str()))
                    .unwrap_or(1)
                    == i
            };
            text += &format!("## {title}\n\n{about}\n\n{COLUMNS}");
            for row in self.rows.iter().filter(part) {
                text += &format!("{row}\n");
            }
            text.push('\n');
        }
        text.trim_end().to_owned() + "\n"
    }

    /// Whether nothing has grown since the page was written.
    pub fn compare(&self, page: &Table) -> Result<(), String> {
        let (mut grown, mut smaller) = (Vec::new(), 0);
        for row in &self.rows {
            let Some(before) = page.rows.iter().find(|before| before.is(row)) else {
                grown.push(format!("{row}\n  is not in {PAGE}"));
                continue;
            };
            for (i, what) in [
                "instructions",
                "bytes of code",
                "bytes of statics",
                "bytes of stack",
            ]
            .iter()
            .enumerate()
            {
                let (now, then) = (row.numbers[i], before.numbers[i]);
                if now * 100 > then * 101 {
                    let Row {
                        work,
                        chip,
                        opt_level,
                        ..
                    } = row;
                    let more = (now - then) as f64 / then.max(1) as f64 * 100.0;
                    grown.push(format!("{work}, {chip}, opt-level {opt_level}: {now} {what}, {then} before (+{more:.1} %)"));
                } else if now * 101 < then * 100 {
                    smaller += 1;
                }
            }
        }
        let gone = page
            .rows
            .iter()
            .filter(|before| !self.rows.iter().any(|row| row.is(before)));
        grown.extend(gone.map(|row| format!("{row}\n  is in {PAGE}, but was not measured")));
        if smaller > 0 {
            println!(
                "{smaller} numbers are now smaller by more than 1 %: `cargo xtask embedded --write` keeps them so"
            );
        }
        if grown.is_empty() {
            println!("{} rows as in {PAGE}", self.rows.len());
            return Ok(());
        }
        Err(format!(
            "{}\nmake it small again; or, if it is worth it, say why in the commit and run `cargo xtask embedded --write`",
            grown.join("\n")
        ))
    }
}

/// A line of the table.
fn parsed(line: &str) -> Option<Row> {
    let cells: Vec<&str> = line.strip_prefix("| `")?.split(" | ").collect();
    let [work, chip, opt_level, numbers @ .., _ram] = &cells[..] else {
        return None;
    };
    let number = |cell: &&str| match *cell {
        "-" => Some(0),
        cell => cell.replace(',', "").parse().ok(),
    };
    let numbers: Option<Vec<u64>> = numbers.iter().map(number).collect();
    Some(Row {
        work: work.strip_suffix('`')?.to_owned(),
        chip: (*chip).to_owned(),
        opt_level: (*opt_level).to_owned(),
        numbers: numbers?.try_into().ok()?,
        contains: Vec::new(),
    })
}

/// The programs of README's table, and what each does.
const PROGRAMS: [(&str, &str); 10] = [
    ("digit_mlp", "which digit a camera sees: 784-32-10"),
    ("digit_cnn", "the same by convolutions, with a static arena"),
    (
        "keyword_cnn",
        "which word was said: 49 steps of 10 coefficients",
    ),
    (
        "gesture_gru",
        "a hand's gesture: samples one by one into a sliding window",
    ),
    (
        "anomaly_lstm",
        "a bearing that breaks: one step a call, the state stays",
    ),
    (
        "two_models",
        "a digit and a word in one arena, a watchdog fed between layers",
    ),
    (
        "train_on_device",
        "learns on from weights in flash, with SGD, one sample a step",
    ),
    ("digit_cnn_int8", "`digit_cnn` in integers of 8 bits"),
    ("keyword_int8", "`keyword_cnn` in integers of 8 bits"),
    (
        "speech_int8",
        "a word from 49 steps of 40 coefficients, in integers: 336 thousand products",
    ),
];

/// Writes README's table, or checks that it says what the page says.
pub fn readme(table: &Table, write: bool) -> Result<(), String> {
    let file = "README.md";
    let text = fs::read_to_string(file).map_err(|e| format!("{file}: {e}"))?;
    let (begin, end) = ("<!-- generated: embedded -->\n", "<!-- end -->");
    let missing = || format!("{file} has no part embedded");
    let (before, rest) = text.split_once(begin).ok_or_else(missing)?;
    let (_, after) = rest.split_once(end).ok_or_else(missing)?;
    let mut part = "| firmware | what it does | instructions | code | RAM | Cortex-M0: instructions | code | RAM |\n\
                    | --- | --- | --- | --- | --- | --- | --- | --- |\n"
        .to_owned();
    for (program, about) in PROGRAMS {
        part += &format!("| [`{program}`](embedded/cortex-m/src/bin/{program}.rs) | {about} |");
        for chip in ["Cortex-M4F", "Cortex-M0"] {
            let row = table
                .rows
                .iter()
                .find(|row| row.work == program && row.chip == chip);
            let row = row.ok_or_else(|| format!("{PAGE} has no {program} for the {chip}"))?;
            let [instructions, code, ..] = row.numbers.map(grouped);
            part += &format!(" {instructions} | {code} | {} |", grouped(row.ram()));
        }
        part.push('\n');
    }
    let current = format!("{before}{begin}{part}{end}{after}");
    if write {
        return fs::write(file, current).map_err(|e| format!("{file}: {e}"));
    }
    match current == text {
        true => Ok(()),
        false => Err(format!(
            "{file} does not say what {PAGE} says: run `cargo xtask embedded --write`"
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table(code: u64) -> Table {
        let row = Row {
            work: "mlp".to_owned(),
            chip: "Cortex-M4F".to_owned(),
            opt_level: "s".to_owned(),
            numbers: [1_234_567, code, 0, 384],
            contains: Vec::new(),
        };
        Table { rows: vec![row] }
    }

    #[test]
    fn a_row_is_read_as_it_is_written() {
        let text = table(1000).text();
        assert!(text.contains("| `mlp` | Cortex-M4F | s | 1,234,567 | 1,000 | - | 384 | 384 |\n"));
        let rows: Vec<Row> = text.lines().filter_map(parsed).collect();
        assert!(rows.len() == 1 && rows[0].is(&table(1000).rows[0]));
        assert_eq!(rows[0].numbers, [1_234_567, 1000, 0, 384]);
    }

    #[test]
    fn what_grows_by_more_than_a_hundredth_is_refused() {
        assert!(table(1010).compare(&table(1000)).is_ok());
        assert!(table(900).compare(&table(1000)).is_ok());
        let why = table(1011).compare(&table(1000)).unwrap_err();
        assert!(
            why.contains("mlp, Cortex-M4F, opt-level s: 1011 bytes of code, 1000 before (+1.1 %)"),
            "{why}"
        );
        assert!(why.contains("--write"));
        let empty = Table { rows: Vec::new() };
        assert!(table(1).compare(&empty).is_err() && empty.compare(&table(1)).is_err());
    }
}
