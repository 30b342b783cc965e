//! A table as a browser shows it.

use super::table::{Cell, STAR, Table};
use crate::plot::html::escape;

impl Table {
    /// The table as HTML.
    // Inline styles only: JupyterLab drops <style> from a notebook it does not trust yet. No colours but a border that
    // shows on white and on black, because the reader's theme sets the text and the background.
    pub(crate) fn html(&self) -> String {
        let cell = |tag: &str, content: &str, border: &str, right: bool, more: &str| {
            // JupyterLab keeps the last two from a notebook that is not trusted, or drops them without harm.
            let align = if right { "right;white-space:nowrap;font-variant-numeric:tabular-nums" } else { "left" };
            let end = tag.split(' ').next().unwrap_or(tag);
            format!(
                "<{tag} style=\"text-align:{align};vertical-align:top;padding:4px 10px;border:0;\
                 border-bottom:{border} solid #888{more}\">{content}</{end}>"
            )
        };
        let mut html = String::from("<table style=\"border-collapse:collapse\">\n");
        if !self.caption.is_empty() {
            let style = "caption-side:top;text-align:left;padding:4px 10px";
            html += &format!("<caption style=\"{style}\">{}</caption>\n", escape(&self.caption));
        }
        html += "<thead>\n<tr>";
        for (column, header) in self.headers.iter().enumerate() {
            // A header without words would be read aloud as one.
            let tag = if header.is_empty() { "td" } else { "th scope=\"col\"" };
            html += &cell(tag, &escape(header), "2px", self.numeric(column), "");
        }
        html += "</tr>\n</thead>\n<tbody>\n";
        for row in self.shown() {
            html += "<tr>";
            for (column, Cell { text, missing, best, right }) in row.into_iter().enumerate() {
                let text = marked(&escape(&text));
                let text = if best { format!("<strong>{STAR}&nbsp;{text}</strong>") } else { text };
                let (tag, more) = if column == 0 { ("th scope=\"row\"", ";font-weight:normal") } else { ("td", "") };
                html += &cell(tag, &(text + &missing), "1px", right, more);
            }
            html += "</tr>\n";
        }
        html += "</tbody>\n</table>";
        if let Some(legend) = self.legend() {
            html += &format!("\n<p>{}</p>", escape(&legend));
        }
        html
    }
}

/// A verdict as a browser shows it below a figure or a table: its sign is that of the table of claims.
pub(crate) fn verdict_html(verdict: &str) -> String {
    let (sign, rest) = verdict.split_at(verdict.find(' ').unwrap_or(verdict.len()));
    format!("<p style=\"margin:6px 0\">{}{}</p>", marked(sign), escape(rest))
}

/// A verdict gets a badge that brings its own background, so that it can have a colour in a light and a dark theme.
fn marked(cell: &str) -> String {
    let colour = match cell {
        "✓" => "#00664a",
        "✗" => "#b3261e",
        _ => return cell.to_owned(),
    };
    format!("<span style=\"background:{colour};color:#fff;padding:1px 7px;border-radius:4px\">{cell}</span>")
}

#[cfg(test)]
mod tests {
    use super::super::table::table;

    #[test]
    fn html_escapes_every_cell_and_sets_no_text_colour_alone() {
        let html = table(&["a<b", "ok"], &[vec!["<script>&\"".into(), "✗".into()]]).html();
        assert!(html.contains("a&lt;b") && html.contains("&lt;script&gt;&amp;&quot;"));
        assert!(!html.contains("<script"));
        assert_eq!(html.matches("color:#fff").count(), html.matches("background:").count());
        assert!(!html.contains("<style"));
    }
}
