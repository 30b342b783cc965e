//! What a reader sees of a table: numbers below each other, and the best of them marked.

use dl_interview::notebook::{Table, number_table, table};

/// The lines of the table's body, without headers and legend.
fn body(table: &Table) -> Vec<String> {
    let text = table.text();
    text.lines().skip_while(|line| !line.starts_with('─')).skip(1).map(str::to_owned).collect()
}

/// The HTML that `evcxr_display` prints, as the kernel cuts it out of a process's output.
fn html(name: &str, shown: &Table) -> String {
    if std::env::var_os("SHOW").is_some() {
        shown.evcxr_display();
        std::process::exit(0);
    }
    let output = std::process::Command::new(std::env::current_exe().unwrap())
        .args(["--exact", name, "--nocapture"])
        .env("SHOW", "1")
        .output()
        .unwrap();
    let said = String::from_utf8(output.stdout).unwrap();
    let html = said.split("EVCXR_BEGIN_CONTENT text/html\n").nth(1).expect("an output");
    html.split("\nEVCXR_END_CONTENT").next().unwrap().to_owned()
}

#[test]
fn every_number_has_four_digits_and_stands_at_its_point() {
    let rows = [("a", [0.123_456, f64::NAN]), ("b", [1234.56, f64::INFINITY]), ("c", [3.0, -1.0])];
    let shown = number_table(&["name", "x", "a long header"], &rows);
    assert_eq!(
        shown.text(),
        "name          x  a long header
────  ─────────  ─────────────
a        0.1235            NaN
b     1235                   ∞
c        3                  −1"
    );
}

#[test]
fn rows_are_arrays_or_vectors_of_any_number() {
    let text = "n  k\n─  ─\na  7";
    assert_eq!(number_table(&["n", "k"], &[("a", [7_usize])]).text(), text);
    assert_eq!(number_table(&["n", "k"], &[("a", vec![7.0_f32])]).text(), text);
    assert_eq!(number_table(&["n", "k"], &[(String::from("a"), [7])]).text(), text);
    // The decimal that an f32 prints as, not 0.899999976.
    assert_eq!(body(&number_table(&["n", "k"], &[("a", [0.9_f32])])), ["a  0.9"]);
}

#[test]
fn all_that_look_the_same_are_the_best() {
    // Equal to four digits, and the reader sees no more.
    let shown = number_table(&["n", "x"], &[("a", [0.5]), ("b", [0.500_001]), ("c", [0.4])]);
    assert_eq!(
        body(&shown.clone().highest_is_best("x")),
        ["a  ★ 0.5", "b  ★ 0.5", "c    0.4", "", "★ best: highest x"]
    );
    assert_eq!(body(&shown.lowest_is_best("x")), ["a    0.5", "b    0.5", "c  ★ 0.4", "", "★ best: lowest x"]);
}

#[test]
fn nan_is_never_the_best() {
    let rows = [("a", [f64::NAN]), ("b", [-f64::NAN]), ("c", [2.0]), ("d", [3.0])];
    let shown = number_table(&["n", "x"], &rows);
    assert_eq!(body(&shown.clone().highest_is_best("x"))[..4], ["a  NaN", "b  NaN", "c    2", "d  ★ 3"]);
    assert_eq!(body(&shown.lowest_is_best("x"))[..4], ["a  NaN", "b  NaN", "c  ★ 2", "d    3"]);
    let nothing = number_table(&["n", "x"], &rows[..2]).highest_is_best("x");
    assert!(!nothing.text().contains('★'), "{}", nothing.text());
}

#[test]
fn infinity_is_a_number_that_can_be_the_best() {
    let rows = [("a", [f64::NEG_INFINITY]), ("b", [1.0]), ("c", [f64::INFINITY])];
    let shown = number_table(&["n", "x"], &rows);
    assert!(body(&shown.clone().lowest_is_best("x"))[0].contains("★ −∞"));
    assert!(body(&shown.highest_is_best("x"))[2].contains("★ ∞"));
}

#[test]
fn tables_of_text_have_a_best_where_they_read_as_numbers() {
    let rows = [("SGD", "0.97 ± 0.01"), ("Adam", "0.98 ± 0.02"), ("none", "diverged")];
    let shown = table(&["n", "accuracy"], &rows.map(|(name, x)| vec![name.to_string(), x.to_string()]));
    let lines = body(&shown.highest_is_best("accuracy"));
    assert!(lines[1].ends_with("★ 0.98 ± 0.02") && lines.concat().matches('★').count() == 2, "{lines:?}");
}

#[test]
fn two_columns_can_be_marked_and_the_last_word_on_one_holds() {
    let shown = number_table(&["n", "x", "y"], &[("a", [1.0, 2.0]), ("b", [2.0, 1.0])]);
    let both = shown.highest_is_best("x").lowest_is_best("y").lowest_is_best("x");
    assert_eq!(body(&both), ["a  ★ 1    2", "b    2  ★ 1", "", "★ best: lowest y, lowest x"]);
}

#[test]
#[should_panic(expected = "highest_is_best(\"acc\"): no column is called that; there are [\"n\", \"accuracy\"]")]
fn an_unknown_column_is_answered_with_those_there_are() {
    number_table(&["n", "accuracy"], &[("a", [1.0])]).highest_is_best("acc");
}

#[test]
#[should_panic(expected = "different units [\"ms\", \"s\"]")]
fn different_units_are_not_compared() {
    let rows = [vec!["a".into(), "900 ms".into()], vec!["b".into(), "1.2 s".into()]];
    table(&["n", "time"], &rows).highest_is_best("time");
}

#[test]
fn what_is_missing_needs_no_unit() {
    let rows = [vec!["a".into(), "900 ms".into()], vec!["b".into(), "–".into()], vec!["c".into(), "∞".into()]];
    let shown = table(&["n", "time"], &rows).lowest_is_best("time");
    assert_eq!(body(&shown)[..3], ["a  ★ 900 ms", "b         –", "c         ∞"]);
}

#[test]
#[should_panic(expected = "number_table: row \"b\" has 2 numbers, but the headers are [\"n\", \"x\"]")]
fn a_row_with_too_many_numbers_is_named() {
    number_table(&["n", "x"], &[("a", vec![1.0]), ("b", vec![1.0, 2.0])]);
}

#[test]
fn the_html_says_the_same_and_needs_no_colour() {
    let rows = [("<b>", [0.5]), ("b", [12.0])];
    let shown = number_table(&["n", "x & y"], &rows).lowest_is_best("x & y").caption("Two <rows>");
    let html = html("the_html_says_the_same_and_needs_no_colour", &shown);
    assert!(html.contains("<strong>★&nbsp;0.5</strong>"), "{html}");
    assert!(html.contains(">12\u{2008}\u{2007}</td>"), "{html}");
    assert_eq!(html.matches("<th scope=\"col\"").count(), 2);
    assert_eq!(html.matches("<th scope=\"row\"").count(), 2);
    assert!(html.contains(">Two &lt;rows&gt;</caption>") && html.contains("<p>★ best: lowest x &amp; y</p>"), "{html}");
    assert!(!html.contains("color:") && !html.contains("<style") && !html.contains("<b>"), "{html}");
    assert!(shown.text().starts_with("Two <rows>\n\nn"));
}
