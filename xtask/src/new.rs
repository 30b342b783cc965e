//! `cargo xtask new`: a notebook with all its sections, ready to be filled in.

use anyhow::{Context, Result, bail};
use serde_json::{Value, json};
use std::fs;

use crate::{notebooks, root};

/// Options of `cargo xtask new`.
#[derive(clap::Args)]
pub struct Options {
    /// The question's number: 12-0 for question 12, 12-3 for its third follow-up
    #[arg(value_parser = number)]
    number: String,
    /// Two to five words for the file name, e.g. relu-problems
    #[arg(value_parser = slug)]
    slug: String,
}

fn number(text: &str) -> Result<String, String> {
    let digits = |part: &str, n: usize| part.len() == n && part.bytes().all(|b| b.is_ascii_digit());
    match text.split_once('-') {
        Some((question, follow_up)) if digits(question, 2) && digits(follow_up, 1) => Ok(text.to_owned()),
        _ => Err("a number looks like 12-0 or 12-3".to_owned()),
    }
}

fn slug(text: &str) -> Result<String, String> {
    let words = text.split('-').count();
    let plain =
        text.split('-').all(|w| !w.is_empty() && w.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit()));
    if plain && (2..=5).contains(&words) {
        Ok(text.to_owned())
    } else {
        Err("a slug is two to five lower-case words with hyphens, like relu-problems".to_owned())
    }
}

/// Writes the skeleton; the question's words come from the index.
pub fn new(options: &Options) -> Result<()> {
    let Options { number, slug } = options;
    if let Some(there) = notebooks::all()?.iter().find(|path| notebooks::stem_of(path).starts_with(number.as_str())) {
        bail!("question {number} already has a notebook: {}", there.display());
    }
    let index =
        fs::read_to_string(root().join("notebooks/00-0-index.ipynb")).context("cannot read the index notebook")?;
    let (english, korean) = question(&serde_json::from_str(&index)?, number)
        .with_context(|| format!("the index has no question {number}; it lists all 47"))?;
    let path = root().join("notebooks").join(format!("{number}-{slug}.ipynb"));
    let text = serde_json::to_string_pretty(&skeleton(number, &english, &korean))?;
    fs::write(&path, text + "\n").with_context(|| format!("cannot write {}", path.display()))?;
    println!("Created {}", path.strip_prefix(root()).unwrap_or(&path).display());
    println!("Next: fill in the sections, `cargo xtask run {number}`, and link it in the index.");
    Ok(())
}

/// The question in English and Korean, from its row `| **12-3** | English<br>Korean | … |` in the index.
fn question(index: &Value, number: &str) -> Option<(String, String)> {
    let lines = index["cells"].as_array()?.iter().flat_map(|cell| cell["source"].as_array().into_iter().flatten());
    for line in lines.filter_map(Value::as_str) {
        let mut columns = line.split('|').map(str::trim).skip(1);
        let (first, second) = (columns.next().unwrap_or_default(), columns.next().unwrap_or_default());
        if first.contains(number) && (first.starts_with("**") || first.starts_with('[')) {
            let (english, korean) = second.split_once("<br>")?;
            return Some((english.trim().to_owned(), korean.trim().to_owned()));
        }
    }
    None
}

fn skeleton(number: &str, english: &str, korean: &str) -> Value {
    let fold = |title: &str, text: &str| format!("<details><summary>{title}</summary>\n\n{text}\n\n</details>");
    let korean_answer = "<details open><summary>한국어</summary>\n\n(면접에서 말하듯 다섯 문장 정도로.)\n\n</details>";
    let cells = [
        ("title", false, format!("# {number} · {english}\n\n{korean}\n\n[index](00-0-index.ipynb)")),
        (
            "answer",
            false,
            format!("## The answer in a minute\n\nFive sentences, as you would say them.\n\n{korean_answer}"),
        ),
        (
            "setup",
            true,
            ":dep dl-interview = { path = \"../support-crate\" }\nuse dl_interview::prelude::*;".to_owned(),
        ),
        (
            "claims-declared",
            true,
            format!(
                "let mut claims = Claims::of(\"{number}\", 1); // made below, each judged below its cell, all of them at the end"
            ),
        ),
        (
            "experiment-1",
            false,
            "## 1 · What fails\n\n**Prediction.** One sentence.\n\nThe mathematics, every symbol defined.".to_owned(),
        ),
        (
            "experiment-1-code",
            true,
            format!(
                "let measured = 1.0; // try 0.0\n\
                 claims.that(\"{number}.a\", \"What this shows\", measured).is_at_least(0.5);"
            ),
        ),
        ("experiment-1-reading", false, "Two or three sentences that read the result back.".to_owned()),
        ("claims", false, "## Claims\n\nWhat the answer says, and what this run measured.".to_owned()),
        ("claims-table", true, "claims".to_owned()),
        (
            "often-said",
            false,
            "## What is often said, and what is true\n\n**“A common statement.”** What the measurement says."
                .to_owned(),
        ),
        (
            "your-turn",
            false,
            format!(
                "## Your turn\n\n1. Turn a knob. What do you expect?\n\n{}",
                fold("Answer", "What happens, and why.")
            ),
        ),
        (
            "next",
            false,
            format!("## The interviewer asks next\n\n{}", fold("A follow-up question?", "A short answer.")),
        ),
        ("sources", false, "## Sources\n\n- Author (year). Title. Where it appeared.".to_owned()),
    ];
    let cells: Vec<Value> = cells
        .into_iter()
        .map(|(id, code, source)| {
            let source: Vec<&str> = source.split_inclusive('\n').collect();
            if code {
                json!({"cell_type": "code", "execution_count": null, "id": id, "metadata": {}, "outputs": [], "source": source})
            } else {
                json!({"cell_type": "markdown", "id": id, "metadata": {}, "source": source})
            }
        })
        .collect();
    json!({
        "cells": cells,
        "metadata": {"kernelspec": {"display_name": "Rust", "language": "rust", "name": "rust"}},
        "nbformat": 4,
        "nbformat_minor": 5,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_and_slugs_are_checked() {
        assert!(number("12-3").is_ok() && number("00-0").is_ok());
        assert!(["12", "12-33", "1-3", "a2-3"].iter().all(|text| number(text).is_err()));
        assert!(slug("relu-problems").is_ok());
        assert!(["relu", "Relu-Problems", "a--b", "a-b-c-d-e-f"].iter().all(|text| slug(text).is_err()));
    }

    #[test]
    fn a_new_notebook_runs_as_a_program_makes_the_claims_that_it_declares_and_has_a_knob() {
        let notebook = crate::program::cells::from_json("12-3", &skeleton("12-3", "What?", "무엇?")).unwrap();
        let knobs: Vec<&str> = notebook.cells.iter().flat_map(|cell| &cell.knobs).map(|knob| &*knob.name).collect();
        assert_eq!(knobs, ["measured"]);
    }

    #[test]
    fn the_index_knows_all_47_questions() {
        let text = fs::read_to_string(root().join("notebooks/00-0-index.ipynb")).unwrap();
        let index: Value = serde_json::from_str(&text).unwrap();
        let follow_ups = |q: u32| match q {
            12 => 4,
            14 => 2,
            13 | 15..=20 => 3,
            _ => 0,
        };
        let numbers: Vec<String> =
            (1..=20).flat_map(|q| (0..=follow_ups(q)).map(move |f| format!("{q:02}-{f}"))).collect();
        assert_eq!(numbers.len(), 47);
        for number in numbers {
            let (english, korean) = question(&index, &number).unwrap_or_else(|| panic!("no row for {number}"));
            assert!(!english.is_empty() && korean.chars().any(|c| ('가'..='힣').contains(&c)), "{number}: {korean}");
        }
        assert_eq!(question(&index, "21-0"), None);
    }

    #[test]
    fn every_notebook_is_linked_in_the_index() {
        let index = fs::read_to_string(root().join("notebooks/00-0-index.ipynb")).unwrap();
        for path in notebooks::all().unwrap() {
            let stem = notebooks::stem_of(&path);
            let number = &stem[..4];
            // A question has a row; the gallery is a link in the text.
            let row = if number.starts_with("00") { "" } else { "| " };
            let link = format!("{row}[{number}]({stem}.ipynb)");
            assert!(number == "00-0" || index.contains(&link), "{stem} is not linked: {link}");
        }
    }
}
