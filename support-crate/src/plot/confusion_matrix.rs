//! Which class is taken for which.

use ndarray::{Array2, s};
use plotters::style::WHITE;
use plotters::style::text_anchor::HPos;

use super::canvas::{self, BODY, Font, GREY, INK, LEADING, MARGIN, PALETTE, PLAIN, WIDTH, text_width};
use super::colour::{image, is_dark, mixed, rgb};
use super::figure::Figure;
use super::number::significant;
use super::paths::path_of;
use super::png;

/// Classes that have room for their counts.
const COUNTED: usize = 20;
/// Rows and columns of the bitmap that shows more classes than that, at most.
const BITMAP: usize = 200;
const LARGEST_CELL: f64 = 46.0;
const LARGEST_BITMAP: f64 = 380.0;
const WIDEST_NAME: f64 = 110.0;
const GAP: f64 = 6.0;
/// Steps of each of the two colours in the bitmap.
const STEPS: usize = 100;

/// How often each class was taken for each: rows are the true classes, columns what they were taken for.
///
/// `counts` is what [`nn::confusion`](crate::nn::confusion()) gives. What is right, on the diagonal, is blue, mistakes are
/// orange; the darker, the larger the share of the row. `names` holds one name per class, or none at all (`&[]`: the
/// classes are numbered). Up to 20 classes have their counts in the cells; more are drawn as a bitmap.
///
/// # Panics
///
/// If `counts` is not square, or there are names but not one per class.
///
/// ```
/// use dl_interview::plot::confusion_matrix;
/// use ndarray::array;
///
/// let figure = confusion_matrix("What is mistaken for what?", &array![[50, 2], [7, 41]], &["cat", "dog"]);
/// assert!(figure.alt().contains("Most frequent: “dog” taken for “cat”, 7 times"));
/// ```
#[track_caller]
pub fn confusion_matrix(title: &str, counts: &Array2<usize>, names: &[&str]) -> Figure {
    let (rows, classes) = counts.dim();
    assert!(
        rows == classes,
        "confusion_matrix: {rows} × {classes} counts are not square; give one row and one column per class, as \
         `confusion(&predicted, &labels, classes)` does"
    );
    assert!(
        names.is_empty() || names.len() == classes,
        "confusion_matrix: {classes} classes and {} names; give one per class, or none: `&[]`",
        names.len()
    );
    if counts.is_empty() {
        return canvas::words(title, "Nothing to draw: there are no classes.");
    }
    let names: Vec<String> = match names {
        [] => (0..classes).map(|class| class.to_string()).collect(),
        names => names.iter().map(|name| (*name).to_owned()).collect(),
    };
    let mut notes = said(counts, &names);
    let alt = format!(
        "Confusion matrix: {}Rows are the true classes, columns what they were taken for; {classes} classes. {}",
        canvas::lead(title),
        notes.join(" ")
    );
    let (counts, title) = (counts.clone(), title.to_owned());
    if classes > COUNTED {
        let side = classes.min(BITMAP);
        let each =
            if side < classes { format!(", {side} × {side} of them each a block of classes") } else { String::new() };
        notes.push(format!("{classes} classes are too many for numbers: one pixel per cell{each}."));
    }
    Figure::new(WIDTH, move |width| {
        let small = BODY - 1.0;
        let line = small * LEADING;
        let bitmap = classes > COUNTED;
        let room = width - 2.0 * MARGIN;
        let row_names: Vec<Vec<String>> = match bitmap {
            true => vec![vec![names[0].clone()], vec![names[classes - 1].clone()]],
            false => names.iter().map(|name| canvas::wrap(name, small, WIDEST_NAME.min(0.25 * room), 2)).collect(),
        };
        let names_width = row_names.iter().flatten().map(|name| text_width(name, small)).fold(0.0, f64::max);
        let names_width = names_width.min(WIDEST_NAME.min(0.25 * room));
        let space = room - names_width - GAP;
        let cell = if bitmap {
            space.min(LARGEST_BITMAP) / classes as f64
        } else {
            (space / classes as f64).min(LARGEST_CELL)
        };
        let cell = if bitmap { cell } else { cell.floor() };
        let edge = cell * classes as f64;
        // Names above the columns, as long as they fit there; each may take as many lines as it needs, up to three.
        let column_names: Vec<Vec<String>> = if bitmap {
            Vec::new()
        } else {
            names.iter().map(|name| canvas::wrap(name, small, cell - 2.0, 3)).collect()
        };
        let head = if bitmap { 1 } else { column_names.iter().map(Vec::len).max().unwrap_or(1) } as f64 * line;

        let title_text = canvas::title_lines(&title, width);
        let axes = canvas::wrap("Row: the true class. Column: what it was taken for.", BODY, room, 2);
        let left = MARGIN + names_width + GAP;
        let top = canvas::title_height(&title_text) + 12.0 + axes.len() as f64 * BODY * LEADING + head + 6.0;
        let mut notes = notes.clone();
        let widest = counts.iter().max().map_or(0.0, |most| text_width(&most.to_string(), small));
        let size = if widest <= cell - 4.0 { small } else { small * (cell - 4.0) / widest };
        let counted = !bitmap && size >= 7.5;
        if !bitmap && !counted {
            notes.push("There is no room for the counts.".into());
        }
        let note: Vec<String> = notes.iter().flat_map(|note| canvas::wrap(note, BODY, room, 3)).collect();
        let end = top + edge + 14.0;
        let height = end + note.len() as f64 * BODY * LEADING + 8.0;
        let mut elements = image((left, top), (left + edge, top + edge), &bitmap_uri(&counts), false);
        elements += &grid(left, top, cell, if bitmap { 1 } else { classes }, edge);
        canvas::sheet((width, height), &alt, &elements, |area| {
            let under_title = canvas::write_title(area, &title_text);
            let grey = Font { colour: GREY, ..PLAIN };
            canvas::write(area, &axes, (MARGIN, under_title + 12.0), grey);
            let name_font = Font { size: small, ..PLAIN };
            for (i, name) in row_names.iter().enumerate() {
                let middle = match bitmap {
                    true => top + if i == 0 { 6.0 } else { edge - 6.0 },
                    false => top + (i as f64 + 0.5) * cell - 0.5 * (name.len() - 1) as f64 * line,
                };
                canvas::write(area, name, (left - GAP, middle), Font { anchor: HPos::Right, ..name_font });
            }
            for (j, name) in column_names.iter().enumerate() {
                let first = top - 4.0 - (name.len() as f64 - 0.5) * line;
                let at = (left + (j as f64 + 0.5) * cell, first);
                canvas::write(area, name, at, Font { anchor: HPos::Center, ..name_font });
            }
            canvas::write(area, &note, (MARGIN, end + 4.0), grey);
            if bitmap {
                let y = top - 4.0 - 0.5 * line;
                canvas::write(area, &row_names[0], (left, y), name_font);
                canvas::write(area, &row_names[1], (left + edge, y), Font { anchor: HPos::Right, ..name_font });
            }
            for ((i, j), count) in counts.indexed_iter().filter(|((i, j), count)| counted && (**count > 0 || i == j)) {
                let row: f64 = counts.row(i).iter().map(|count| *count as f64).sum();
                let ink = if is_dark(colour(share(*count as f64, row), i == j)) { WHITE } else { INK };
                let font = Font { size, colour: ink, bold: i == j, anchor: HPos::Center };
                let at = (left + (j as f64 + 0.5) * cell, top + (i as f64 + 0.5) * cell);
                canvas::write(area, &[count.to_string()], at, font);
            }
        })
    })
}

/// How many are right, and which mistake is the most frequent, in words.
fn said(counts: &Array2<usize>, names: &[String]) -> Vec<String> {
    // In floating point: counts near the largest `usize` have no sum.
    let sum = |counts: &mut dyn Iterator<Item = &usize>| counts.map(|count| *count as f64).sum::<f64>();
    let (all, right) = (sum(&mut counts.iter()), sum(&mut counts.diag().iter()));
    if all == 0.0 {
        return vec!["All counts are 0.".into()];
    }
    let percent = 100.0 * right / all;
    // 99.95 % is not all of them.
    let percent = significant(percent, if percent > 99.0 { 5 } else { 3 });
    let mut notes = vec![format!("Blue: {percent} % of {} are right.", significant(all, 15))];
    let mistakes = counts.indexed_iter().filter(|((i, j), count)| i != j && **count > 0);
    // The first of several that are equal.
    let most = mistakes.fold(None, |most: Option<((usize, usize), usize)>, (at, count)| match most {
        Some((_, known)) if known >= *count => most,
        _ => Some((at, *count)),
    });
    if let Some(((i, j), count)) = most {
        let times = if count == 1 { "once".into() } else { format!("{count} times") };
        notes.push(format!("Orange: mistakes. Most frequent: “{}” taken for “{}”, {times}.", names[i], names[j]));
    }
    notes
}

fn share(count: f64, row: f64) -> f64 {
    if row == 0.0 { 0.0 } else { count / row }
}

/// The lines between the cells, and around them.
fn grid(left: f64, top: f64, cell: f64, cells: usize, edge: f64) -> String {
    let step = if cells == 1 { edge } else { cell };
    let lines = (0..=cells)
        .map(|i| i as f64 * step)
        .flat_map(|at| [[(left + at, top), (left + at, top + edge)], [(left, top + at), (left + edge, top + at)]]);
    let path: String = lines.map(|line| path_of(&line)).collect();
    format!("<path fill='none' stroke='#8C8C8C' d='{path}'/>\n")
}

/// The colour of a share of a row. Mistakes are few where a model is any good: theirs grows with the root.
fn colour(share: f64, right: bool) -> [u8; 3] {
    let (full, amount) = if right { (PALETTE[0], share) } else { (PALETTE[1], share.sqrt()) };
    if share > 0.0 { mixed([255; 3], rgb(full), 0.06 + 0.94 * amount.min(1.0)) } else { [255; 3] }
}

fn bitmap_uri(counts: &Array2<usize>) -> String {
    let classes = counts.nrows();
    let side = classes.min(BITMAP);
    let block = |i: usize| i * classes / side..(i + 1) * classes / side;
    let sums = Array2::from_shape_fn((side, side), |(i, j)| {
        counts.slice(s![block(i), block(j)]).iter().map(|count| *count as f64).sum::<f64>()
    });
    let palette: Vec<[u8; 3]> = [true, false]
        .into_iter()
        .flat_map(|right| (0..STEPS).map(move |step| colour(step as f64 / (STEPS - 1) as f64, right)))
        .collect();
    let pixels = sums.indexed_iter().map(|((i, j), sum)| {
        let step = (share(*sum, sums.row(i).sum()) * (STEPS - 1) as f64).ceil() as usize;
        (if i == j { step } else { STEPS + step }) as u8
    });
    png::palette_uri(&pixels.collect::<Vec<_>>(), side, &palette)
}
