//! What the text of a table's cell reads as.

use crate::plot::is_wide;

/// How many columns a cell takes in a typewriter font.
pub(super) fn columns_of(cell: &str) -> usize {
    cell.chars().map(|c| if is_wide(c) { 2 } else { 1 }).sum()
}

/// `0.5`, `-3 %`, `≥ 0.97`, `0.5 ± 0.1` and `12 ms` read as numbers; `18-0.a` and `784 inputs` do not.
pub(super) fn reads_as_number(cell: &str) -> bool {
    let is_unit = |word: &str| word.chars().count() <= 3 && word.chars().all(char::is_alphabetic);
    let mut words = cell.split_whitespace().skip_while(|word| SIGNS.contains(word));
    words.next().is_some_and(|word| value(word).is_some())
        && words.all(|word| SIGNS.contains(&word) || value(word).is_some() || is_unit(word))
}

const SIGNS: [&str; 9] = ["≥", "≤", ">", "<", "=", "≈", "±", "…", "%"];

fn value(word: &str) -> Option<f64> {
    match word {
        "∞" => Some(f64::INFINITY),
        "-∞" | "−∞" => Some(f64::NEG_INFINITY),
        "–" => Some(f64::NAN), // stands where a number is missing
        _ => word.trim_end_matches('%').replace('−', "-").parse().ok(),
    }
}

/// Numbers with the sign that the prose has: `−3` for `-3`. An exponent stays as code writes it: `−1e-5`.
pub(super) fn minus(numbers: &str) -> String {
    let words = numbers.split(' ').map(|word| match word.strip_prefix('-') {
        Some(rest) if value(word).is_some() => format!("−{rest}"),
        _ => word.to_owned(),
    });
    words.collect::<Vec<_>>().join(" ")
}

/// The first number of a cell that reads as one, and its unit: 0.5 and "" of `0.5 ± 0.1`, 97 and "%" of `97%`.
pub(super) fn leading_number(cell: &str) -> Option<(f64, String)> {
    if !reads_as_number(cell) {
        return None;
    }
    let number = cell.split_whitespace().find_map(value)?;
    let is_unit = |c: &char| *c == '%' || c.is_alphabetic();
    let words = cell.split_whitespace().filter(|word| value(word).is_none() || word.ends_with('%'));
    Some((number, words.flat_map(str::chars).filter(is_unit).collect()))
}

/// From the decimal point on, of a cell that is a number and nothing else.
pub(super) fn fraction(cell: &str) -> Option<&str> {
    let is_plain = !cell.ends_with('%') && value(cell).is_some();
    is_plain.then(|| cell.find(['.', 'e']).map_or("", |at| &cell[at..]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_told_from_words() {
        for cell in
            ["0.5", "-3 %", "97%", "≥ 0.97", "0.5 ± 0.1", "12 ms", "NaN", "-∞", "1e-5", "–", "0.5 ± –", "0.1 … 0.3"]
        {
            assert!(reads_as_number(cell), "{cell}");
        }
        for cell in ["", "18-0.a", "784 inputs", "✓", "> Adam", "true", "ReLU"] {
            assert!(!reads_as_number(cell), "{cell}");
        }
    }

    #[test]
    fn a_minus_is_not_a_hyphen() {
        for (written, shown) in [
            ("-3", "−3"),
            ("-1e-5 … -0.5 (4 values)", "−1e-5 … −0.5 (4 values)"),
            ("≤ -∞", "≤ −∞"),
            ("-3% ± 0.1", "−3% ± 0.1"),
            ("5", "5"),
            ("-", "-"),
        ] {
            assert_eq!(minus(written), shown);
            assert_eq!(reads_as_number(written), reads_as_number(shown), "{shown}");
            assert_eq!(leading_number(written), leading_number(shown), "{shown}");
        }
    }

    #[test]
    fn the_first_number_and_its_unit_are_read() {
        for (cell, number, unit) in [
            ("0.5 ± 0.1", 0.5, ""),
            ("≥ 0.97", 0.97, ""),
            ("12 ms", 12.0, "ms"),
            ("97%", 97.0, "%"),
            ("-3 %", -3.0, "%"),
        ] {
            assert_eq!(leading_number(cell), Some((number, unit.into())), "{cell}");
        }
        assert_eq!(leading_number("-∞"), Some((f64::NEG_INFINITY, String::new())));
        assert_eq!(leading_number("784 inputs"), None);
    }

    #[test]
    fn a_fraction_begins_at_its_point() {
        for (cell, rest) in
            [("0.97", ".97"), ("101770", ""), ("1e7", "e7"), ("1.5e-5", ".5e-5"), ("NaN", ""), ("-∞", "")]
        {
            assert_eq!(fraction(cell), Some(rest), "{cell}");
        }
        for cell in ["0.5 ± 0.1", "97%", "Adam", ""] {
            assert_eq!(fraction(cell), None, "{cell}");
        }
    }
}
