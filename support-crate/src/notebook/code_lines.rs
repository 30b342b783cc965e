//! How long a program is that the reader can change.

/// Counts the lines of code of some items of a program, and how many of these lines hold nothing but brackets.
///
/// `items` are the beginnings of the items' first lines, as they stand in `source` without indentation: `"fn train("`.
/// An item ends with the first line without indentation that ends in `}` or `;`, a comment after it aside. Blank lines and
/// lines that are only a comment do not count.
///
/// The kernel writes all items that a notebook has defined, word for word, into a file `lib.rs` before it compiles a
/// cell. So `code_lines(include_str!("lib.rs"), …)` in a cell counts the code that really runs, also after the reader
/// has changed it.
///
/// # Panics
///
/// When an item is not in `source`.
///
/// ```
/// use dl_interview::notebook::code_lines;
///
/// let source = "
/// fn double(x: i32) -> i32 {
///     // twice
///     2 * x
/// }
///
/// const LIMIT: i32 = 3;
/// ";
/// assert_eq!(code_lines(source, &["fn double("]), [3, 1]);
/// assert_eq!(code_lines(source, &["fn double(", "const LIMIT"]), [4, 1]);
/// ```
#[track_caller]
pub fn code_lines(source: &str, items: &[&str]) -> [usize; 2] {
    let [mut lines, mut brackets] = [0, 0];
    for item in items {
        let Some(start) = format!("\n{source}").find(&format!("\n{item}")) else {
            panic!("code_lines: no line begins with {item:?}; run the cell that defines it first");
        };
        for line in source[start..].lines() {
            let code = line.trim();
            lines += usize::from(!code.is_empty() && !code.starts_with("//"));
            brackets += usize::from(!code.is_empty() && !code.contains(char::is_alphanumeric));
            let before_comment = line.rsplit_once("//").map_or(line, |(code, _)| code.trim_end());
            let ends = [line, before_comment].iter().any(|line| line.ends_with(['}', ';']));
            if ends && !line.starts_with(char::is_whitespace) {
                break;
            }
        }
    }
    [lines, brackets]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blank_lines_and_comments_do_not_count() {
        let source = "fn f() {\n\n    // nothing\n    g(); // something\n}\nfn g() {}\n";
        assert_eq!(code_lines(source, &["fn f("]), [3, 1]);
        assert_eq!(code_lines(source, &["fn g("]), [1, 0]);
        assert_eq!(code_lines(source, &["fn f(", "fn g("]), [4, 1]);
    }

    #[test]
    fn an_item_may_end_in_a_comment() {
        let source =
            "const K: usize = 5; // try 3\nfn f() {\n    g();\n} // done\nconst URL: &str = \"a//b\";\nfn g() {}\n";
        assert_eq!(code_lines(source, &["const K"]), [1, 0]);
        assert_eq!(code_lines(source, &["fn f("]), [3, 0]);
        assert_eq!(code_lines(source, &["const URL"]), [1, 0]);
    }

    #[test]
    fn an_attribute_belongs_to_what_follows_it() {
        let source = "#[derive(Clone)]\nstruct Net {\n    w: f32, // weights\n}\n";
        assert_eq!(code_lines(source, &["#[derive(Clone)]"]), [4, 1]);
    }

    #[test]
    #[should_panic(expected = "no line begins with \"fn missing(\"")]
    fn a_missing_item_is_named() {
        code_lines("fn f() {}\n", &["fn missing("]);
    }
}
