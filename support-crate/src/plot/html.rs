//! What the kernel turns into rich output, and the two escapes that need care on the way.

use std::cell::RefCell;
use std::env;
use std::fmt::{self, Write};

use crate::notebook::verdict_html;
use crate::notebook::verdicts::pending_verdicts;

/// Sends one cell output in two forms: HTML, and plain text for whatever cannot show HTML. Verdicts that wait go below it.
pub(crate) fn show(html: &str, text: &str) {
    let (html, text) = with_verdicts(html, text);
    // One println!, so that lines of another thread cannot get between the markers.
    println!("{}\n{}", content("text/html", &html), content("text/plain", &text));
}

/// Both forms of an output, with the verdicts below that wait for one.
pub(crate) fn with_verdicts(html: &str, text: &str) -> (String, String) {
    let (mut html, mut text) = (html.to_owned(), text.to_owned());
    for (i, verdict) in pending_verdicts().iter().enumerate() {
        html += &format!("\n{}", verdict_html(verdict));
        text += &format!("{}{verdict}", if i == 0 { "\n\n" } else { "\n" });
    }
    (html, text)
}

/// One form of a cell's output, between the markers that the kernel looks for.
pub(crate) fn content(mime: &str, body: &str) -> String {
    format!("EVCXR_BEGIN_CONTENT {mime}\n{body}\nEVCXR_END_CONTENT")
}

thread_local! {
    /// What was formatted last, in three forms: see [`debug`].
    static FORMATTED: RefCell<[String; 3]> = RefCell::default();
}

/// `{:?}` of what a cell can show. evcxr takes a last expression that uses up a variable of its cell, as in
/// `let a = curve(..); lines(.., &[a])`, for one that it cannot display, and formats it. So in a kernel both forms of the output
/// are kept, for [`show_formatted`].
pub(crate) fn debug(f: &mut fmt::Formatter<'_>, brief: &str, html: impl Fn() -> String, text: &str) -> fmt::Result {
    if env::var_os("EVCXR_IS_RUNTIME").is_some() {
        FORMATTED.set([brief.to_owned(), html(), text.to_owned()]);
    }
    f.write_str(brief)
}

/// What the kernel calls for the last value of a cell, with its `{:?}`, where it cannot call the value's `evcxr_display`.
///
/// A figure or a table is shown as such, and every other value as this text.
///
/// ```
/// dl_interview::notebook::show_formatted("Some(0.5)"); // the kernel shows: Some(0.5)
/// ```
pub fn show_formatted(formatted: &str) {
    let [brief, html, text] = FORMATTED.take();
    if !brief.is_empty() && brief == formatted {
        show(&html, &text);
    } else if formatted != "()" {
        // The value of a cell that ends in a loop tells nobody anything.
        println!("{}", content("text/plain", &with_verdicts("", formatted).1));
    }
}

/// Text made safe for an HTML element or a double-quoted attribute, on one line.
pub(crate) fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in one_line(text).chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            _ => out.push(c),
        }
    }
    out
}

/// Text with line breaks and control characters turned into spaces. XML forbids most of them, and a line
/// break would tear a table row apart.
pub(crate) fn one_line(text: &str) -> String {
    let forbidden = |c: char| c.is_control() || matches!(c, '\u{2028}' | '\u{2029}' | '\u{fffe}' | '\u{ffff}');
    text.replace(forbidden, " ")
}

/// An SVG document as a data URI for an `src="…"`. It keeps the lines of the document, so that a changed
/// figure differs by line: a browser drops line breaks from a URI before it reads it.
pub(crate) fn data_uri(svg: &str) -> String {
    let mut uri = String::from("data:image/svg+xml;charset=utf-8,");
    for byte in svg.trim_end().bytes() {
        match byte {
            b'%' | b'#' | b'"' | b'<' | b'>' | b'&' | 0x7f.. => {
                write!(uri, "%{byte:02X}").expect("a String takes every write");
            }
            _ => uri.push(byte.into()),
        }
    }
    uri
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escape_leaves_no_markup_and_no_line_break() {
        assert_eq!(escape("a<b> & \"c\"\n'd'\u{0}"), "a&lt;b&gt; &amp; &quot;c&quot; &#39;d&#39; ");
    }

    #[test]
    fn data_uri_encodes_what_ends_or_splits_a_uri() {
        assert_eq!(
            data_uri("<a b='#1'>5 %\n한</a>"),
            "data:image/svg+xml;charset=utf-8,%3Ca b='%231'%3E5 %25\n%ED%95%9C%3C/a%3E"
        );
    }
}
