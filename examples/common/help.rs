//! `--help` of an example: what its first lines say, its arguments, its data.

/// What `--help` prints: the head of the source without the lines of Keras, then the data.
pub fn text(source: &str) -> String {
    let (mut text, mut of_keras) = (String::new(), false);
    for line in source.lines().map_while(|line| line.strip_prefix("//!")) {
        let line = line.strip_prefix(' ').unwrap_or(line);
        of_keras |= line.starts_with("In Keras,");
        if !of_keras && !line.starts_with("```") {
            text += line;
            text += "\n";
        }
        of_keras &= line != "```";
    }
    let known = [
        ("/data/mnist", "data/mnist, 10,000 handwritten digits"),
        ("SENTENCES", "data/sentences, 23,703 sentences"),
        ("/data/cars", "data/cars, 392 cars"),
    ];
    let data: Vec<&str> = known
        .iter()
        .filter_map(|(word, data)| source.contains(word).then_some(*data))
        .collect();
    let data = match data.is_empty() {
        true => "made by the program itself".to_string(),
        false => format!("{} (data/README.md has the sources)", data.join("; ")),
    };
    // Of several blank lines, which the lines of Keras have left, one is enough.
    while text.contains("\n\n\n") {
        text = text.replace("\n\n\n", "\n\n");
    }
    format!("{}\n\nData: {data}", text.trim_end())
}

/// Prints the help and ends the program, if the command line asks for it.
pub fn if_asked(source: &str, arguments: &str) {
    if std::env::args().skip(1).any(|a| a == "--help" || a == "-h") {
        println!("{}\n{arguments}", text(source));
        std::process::exit(0);
    }
}
