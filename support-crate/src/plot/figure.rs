//! A finished figure.

use std::fmt;
use std::io::{Error, ErrorKind};
use std::path::Path;
use std::rc::Rc;

use super::{html, raster};

/// A figure that a cell can show and a program can save: an SVG document and a text alternative.
///
/// A cell that ends in a figure shows it as an image, and as its text alternative where images are off.
///
/// ```
/// use dl_interview::plot::{curve, lines};
///
/// let figure = lines("Does it learn?", "epoch", "loss", &[curve("train", &[2.3, 0.4, 0.2])]);
/// assert!(figure.svg().starts_with("<svg"));
/// assert!(figure.alt().contains("last 0.2"));
/// ```
#[derive(Clone)]
pub struct Figure {
    drawing: Drawing,
    again: Rc<dyn Fn(f64) -> Drawing>,
}

/// A figure at one width.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct Drawing {
    /// The SVG document.
    pub(super) svg: String,
    pub(super) alt: String,
    pub(super) width: u32,
    pub(super) height: u32,
}

impl Figure {
    /// A figure that `draw` draws at any width in pixels, so that it can also be a part of a larger one.
    pub(super) fn new(width: f64, draw: impl Fn(f64) -> Drawing + 'static) -> Self {
        Self { drawing: draw(width), again: Rc::new(draw) }
    }

    /// The figure once more, at another width: text keeps its size, and the rest has more or less room.
    pub(super) fn at_width(&self, width: f64) -> Drawing {
        (self.again)(width)
    }

    /// The SVG document, one element per line.
    ///
    /// ```
    /// let figure = dl_interview::plot::bars("Which is larger?", "items", &[("a", 1.0), ("b", 2.0)]);
    /// assert!(figure.svg().contains(">Which is larger?</text>"));
    /// ```
    pub fn svg(&self) -> &str {
        &self.drawing.svg
    }

    /// What the figure shows, in words: kind, axes, ranges, first and last value of each series.
    ///
    /// ```
    /// let figure = dl_interview::plot::bars("Which is larger?", "items", &[("a", 1.0), ("b", 2.0)]);
    /// assert_eq!(figure.alt(), "Bar chart: Which is larger? Bars show items: a 1, b 2.");
    /// ```
    pub fn alt(&self) -> &str {
        &self.drawing.alt
    }

    /// Writes the figure to a file whose name ends in `.svg` or `.png`.
    ///
    /// A PNG is twice as large as the figure, and is drawn by the Python tools that `cargo xtask setup` installs.
    ///
    /// # Errors
    ///
    /// If the name ends otherwise ([`ErrorKind::InvalidInput`]), the file cannot be written, or the tools are not there.
    ///
    /// ```
    /// let figure = dl_interview::plot::bars("Which is larger?", "items", &[("a", 1.0), ("b", 2.0)]);
    /// let error = figure.save("figure.jpg").unwrap_err();
    /// assert!(error.to_string().contains(".svg or .png"));
    /// ```
    pub fn save(&self, path: impl AsRef<Path>) -> std::io::Result<()> {
        let path = path.as_ref();
        let ending = path.extension().map(|ending| ending.to_ascii_lowercase());
        match ending.as_ref().and_then(|ending| ending.to_str()) {
            Some("svg") => write(path, self.svg().as_bytes()),
            Some("png") => write(path, &raster::png(self.svg())?),
            _ => {
                let message = format!("a figure is saved as .svg or .png, so `{}` must end so", path.display());
                Err(Error::new(ErrorKind::InvalidInput, message))
            }
        }
    }

    /// Shows the figure as the output of a notebook cell; the kernel calls it.
    ///
    /// ```
    /// let figure = dl_interview::plot::bars("Which is larger?", "items", &[("a", 1.0), ("b", 2.0)]);
    /// figure.evcxr_display();
    /// assert!(!figure.alt().is_empty()); // the second form of what was printed
    /// ```
    pub fn evcxr_display(&self) {
        html::show(&self.html(), self.alt());
    }

    // An <img> with a data URI is the one vector form that JupyterLab shows in a notebook it does not trust yet,
    // which is any notebook fresh from git; it strips inline <svg> and ignores image/svg+xml.
    fn html(&self) -> String {
        let Drawing { svg, alt, width, height } = &self.drawing;
        format!(
            "<img alt=\"{}\" width=\"{width}\" height=\"{height}\" style=\"max-width:100%;height:auto\" src=\"{}\">",
            html::escape(alt),
            html::data_uri(svg)
        )
    }
}

/// Writes a file; the system's own error would not say which.
fn write(path: &Path, bytes: &[u8]) -> std::io::Result<()> {
    let named = |error: Error| {
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty() && !folder.is_dir());
        let way_out = folder.map_or(String::new(), |folder| format!("; there is no folder `{}`", folder.display()));
        Error::new(error.kind(), format!("cannot write the figure to `{}`: {error}{way_out}", path.display()))
    };
    std::fs::write(path, bytes).map_err(named)
}

impl PartialEq for Figure {
    fn eq(&self, other: &Self) -> bool {
        self.drawing == other.drawing
    }
}

impl fmt::Debug for Figure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        html::debug(f, &format!("Figure({:?})", self.alt()), || self.html(), self.alt())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn figure(svg: &'static str, alt: &'static str) -> Figure {
        Figure::new(640.0, move |width| Drawing { svg: svg.into(), alt: alt.into(), width: width as u32, height: 360 })
    }

    #[test]
    fn html_is_one_img_whose_attributes_cannot_be_left() {
        let figure = figure("<svg a='1'>\n</svg>\n", "a \"b\" <c> d");
        assert_eq!(
            figure.html(),
            "<img alt=\"a &quot;b&quot; &lt;c&gt; d\" width=\"640\" height=\"360\" \
             style=\"max-width:100%;height:auto\" \
             src=\"data:image/svg+xml;charset=utf-8,%3Csvg a='1'%3E\n%3C/svg%3E\">"
        );
    }

    #[test]
    fn save_writes_svg_and_refuses_other_endings() {
        let figure = figure("<svg/>\n", "alt");
        for name in ["figure.jpg", "figure", "svg"] {
            let error = figure.save(std::env::temp_dir().join(name)).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::InvalidInput);
        }
        let path = std::env::temp_dir().join(format!("dl-interview-figure-{}.svg", std::process::id()));
        figure.save(&path).unwrap();
        assert_eq!(std::fs::read_to_string(&path).unwrap(), figure.svg());
        std::fs::remove_file(path).unwrap();
    }

    #[test]
    fn an_error_names_the_path_and_the_missing_folder() {
        let folder = std::env::temp_dir().join(format!("dl-interview-none-{}", std::process::id()));
        let error = figure("<svg/>", "alt").save(folder.join("a.svg")).unwrap_err();
        let (text, folder) = (error.to_string(), folder.display());
        assert_eq!(error.kind(), ErrorKind::NotFound);
        assert!(
            text.contains(&format!("`{folder}/a.svg`")) && text.ends_with(&format!("no folder `{folder}`")),
            "{text}"
        );
    }

    #[test]
    fn a_png_is_one_or_the_error_says_what_is_missing() {
        let figure = crate::plot::bars("Which is larger?", "items", &[("a", 1.0), ("b", 2.0)]);
        let path = std::env::temp_dir().join(format!("dl-interview-figure-{}.PNG", std::process::id()));
        match figure.save(&path) {
            Ok(()) => assert!(std::fs::read(&path).unwrap().starts_with(b"\x89PNG")),
            Err(error) => assert!(error.to_string().contains("cargo xtask setup"), "{error}"),
        }
        let _ = std::fs::remove_file(path);
    }
}
