//! Which notebooks there are, and which of them a command means.

use std::fs;
use std::path::PathBuf;

use anyhow::{Context, Result, bail};

use crate::root;

/// All notebooks, in the order of the questions.
pub fn all() -> Result<Vec<PathBuf>> {
    let folder = root().join("notebooks");
    let mut paths: Vec<PathBuf> = fs::read_dir(&folder)
        .with_context(|| format!("cannot read {}", folder.display()))?
        .filter_map(|entry| Some(entry.ok()?.path()))
        .filter(|path| path.extension().is_some_and(|e| e == "ipynb"))
        .collect();
    paths.sort();
    Ok(paths)
}

/// The notebooks with these names (`18-0`, a whole file name, or a path); all of them if there are none.
pub fn named(names: &[String]) -> Result<Vec<PathBuf>> {
    let all = all()?;
    if names.is_empty() {
        return Ok(all);
    }
    let mut chosen = Vec::new();
    for name in names {
        let stem = name.rsplit(['/', '\\']).next().unwrap_or(name).trim_end_matches(".ipynb");
        let matching: Vec<_> = all.iter().filter(|path| matches(&stem_of(path), stem)).cloned().collect();
        if matching.is_empty() {
            let known: Vec<_> = all.iter().map(|path| number_of(&stem_of(path))).collect();
            bail!("no notebook is called {name:?}. There are: {}", known.join(", "));
        }
        chosen.extend(matching);
    }
    chosen.sort();
    chosen.dedup();
    Ok(chosen)
}

/// `18-0-mnist-mlp-by-hand` of a path.
pub fn stem_of(path: &std::path::Path) -> String {
    path.file_stem().unwrap_or_default().to_string_lossy().into_owned()
}

/// `18-0` of `18-0-mnist-mlp-by-hand`.
pub fn number_of(stem: &str) -> String {
    stem.splitn(3, '-').take(2).collect::<Vec<_>>().join("-")
}

fn matches(stem: &str, name: &str) -> bool {
    stem == name || number_of(stem) == name
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_notebook_is_named_by_its_number_its_file_or_its_path() {
        let stem = "12-3-relu-problems";
        assert!(matches(stem, "12-3") && matches(stem, stem));
        assert!(!matches(stem, "12") && !matches(stem, "2-3") && !matches("12-0-relu", "12-3"));
    }

    #[test]
    fn an_unknown_name_is_answered_with_those_there_are() {
        let error = named(&["99-9".to_owned()]).unwrap_err().to_string();
        assert!(error.contains("99-9") && error.contains("00-0"), "{error}");
        assert_eq!(named(&["notebooks/00-0-index.ipynb".to_owned()]).unwrap().len(), 1);
    }

    /// The text of all markdown cells, and that of the first one.
    fn texts(path: &std::path::Path) -> (String, String) {
        let notebook: serde_json::Value = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
        let text = |cell: &serde_json::Value| -> String {
            cell["source"].as_array().unwrap().iter().map(|line| line.as_str().unwrap()).collect()
        };
        let cells = notebook["cells"].as_array().unwrap();
        let all = cells.iter().filter(|cell| cell["cell_type"] == "markdown").map(text).collect::<Vec<_>>().join("\n");
        (all, text(&cells[0]))
    }

    #[test]
    fn a_question_links_to_those_before_and_after_it_in_the_index() {
        let (index, _) = texts(&root().join("notebooks/00-0-index.ipynb"));
        let rows = index.lines().filter(|line| line.starts_with("| ["));
        let questions: Vec<&str> =
            rows.filter_map(|row| Some(row.split_once("](")?.1.split_once(".ipynb)")?.0)).collect();
        assert!(questions.len() > 10, "the rows of the index look different");
        for (i, stem) in questions.iter().enumerate() {
            let (_, title) = texts(&root().join(format!("notebooks/{stem}.ipynb")));
            let before = i.checked_sub(1).map(|i| format!("[← {}]({}.ipynb)", number_of(questions[i]), questions[i]));
            let after = questions.get(i + 1).map(|stem| format!("[{} →]({stem}.ipynb)", number_of(stem)));
            let links = [before, Some("[index](00-0-index.ipynb)".to_owned()), after];
            let line = links.into_iter().flatten().collect::<Vec<_>>().join(" · ");
            assert!(title.contains(&format!("\n{line}")), "the first cell of {stem} lacks the line\n{line}");
        }
    }

    #[test]
    fn links_between_notebooks_lead_somewhere() {
        for path in all().unwrap() {
            let (text, _) = texts(&path);
            let links = text.split("](").skip(1).filter_map(|rest| rest.split_once(')')).map(|(link, _)| link);
            for link in links.filter(|link| link.contains(".ipynb") && !link.contains("://")) {
                let file = link.split('#').next().unwrap();
                assert!(path.with_file_name(file).exists(), "{} links to {link}", stem_of(&path));
            }
        }
    }
}
