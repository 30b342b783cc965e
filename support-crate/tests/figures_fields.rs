//! Figures of fields and matrices: what they show, and that no data make them fail.

mod svg;

use std::io::Read;

use dl_interview::data::{Examples, rng, spirals};
use dl_interview::landscape::{TestFunction, Trajectory, surface, trajectory};
use dl_interview::optim::Optimizer;
use dl_interview::plot::{Figure, confusion_matrix, contours, decision_regions, filters, heat_map, panels, surface_3d};
use dl_interview::tensor::Real;
use ndarray::{Array1, Array2, ArrayD, IxDyn, array};
use svg::{has, path, texts};

const UNIT: (Real, Real) = (0.0, 1.0);

/// What a figure says in words: alt text first, then what is written.
#[track_caller]
fn says(figure: &Figure, wanted: &str) {
    let all = format!("{}\n{}", figure.alt(), texts(figure).join(" "));
    assert!(figure.alt().contains(wanted), "{wanted:?} is not in the alt text: {all}");
}

fn count(figure: &Figure, element: &str) -> usize {
    let document = roxmltree::Document::parse(figure.svg()).unwrap();
    document.descendants().filter(|node| node.has_tag_name(element)).count()
}

/// The first bitmap of a figure: its width and its pixels' colours, from the top left.
fn bitmap(figure: &Figure) -> (usize, Vec<[u8; 3]>) {
    let document = roxmltree::Document::parse(figure.svg()).unwrap();
    let image = document.descendants().find(|node| node.has_tag_name("image")).expect("a bitmap");
    let png = decoded(image.attribute("href").unwrap().strip_prefix("data:image/png;base64,").unwrap());
    let number = |at: usize| u32::from_be_bytes(png[at..at + 4].try_into().unwrap()) as usize;
    let (width, height) = (number(16), number(20));
    assert_eq!(&png[24..26], [8, 3], "8 bits a pixel, with a palette");
    let (mut at, mut palette, mut data) = (8, &png[..0], Vec::new());
    while at < png.len() {
        let (length, content) = (number(at), at + 8);
        match &png[at + 4..content] {
            b"PLTE" => palette = &png[content..content + length],
            b"IDAT" => data.extend(&png[content..content + length]),
            _ => {}
        }
        at = content + length + 4;
    }
    let mut rows = Vec::new();
    flate2::read::ZlibDecoder::new(&data[..]).read_to_end(&mut rows).unwrap();
    assert_eq!(rows.len(), (width + 1) * height);
    let pixels = rows.chunks(width + 1).flat_map(|row| &row[1..]);
    (width, pixels.map(|i| palette[3 * usize::from(*i)..][..3].try_into().unwrap()).collect())
}

fn decoded(base64: &str) -> Vec<u8> {
    let digit = |c: u8| match c {
        b'A'..=b'Z' => c - b'A',
        b'a'..=b'z' => c - b'a' + 26,
        b'0'..=b'9' => c - b'0' + 52,
        b'+' => 62,
        _ => 63,
    };
    let digits = base64.trim_end_matches('=').as_bytes();
    let groups = digits.chunks(4).flat_map(|group| {
        let bits = group.iter().fold(0u32, |bits, c| bits << 6 | u32::from(digit(*c))) << (6 * (4 - group.len()));
        bits.to_be_bytes()[1..group.len()].to_vec()
    });
    groups.collect()
}

/// Fields that nobody hopes for.
fn strange_fields() -> Vec<(&'static str, Array2<Real>)> {
    let waves =
        |(i, j): (usize, usize)| ((i * i + 3 * j) as Real * 0.7).sin() + ((i * 7919 + j * 104_729) % 97) as Real;
    let mut hole = Array2::from_shape_fn((9, 7), |(i, j)| (i * j) as Real - 5.0);
    hole[[4, 3]] = Real::NAN;
    hole[[0, 0]] = Real::INFINITY;
    hole[[8, 6]] = Real::NEG_INFINITY;
    vec![
        ("none", Array2::zeros((0, 0))),
        ("no columns", Array2::zeros((3, 0))),
        ("one", Array2::from_elem((1, 1), 3.0)),
        ("one row", array![[1.0, 2.0, 3.0]]),
        ("one column", array![[1.0], [2.0]]),
        ("two by two", array![[1.0, 2.0], [3.0, 4.0]]),
        ("flat", Array2::from_elem((5, 5), 2.0)),
        ("zero", Array2::zeros((5, 5))),
        ("nearly flat", array![[1.0, 1.0 + Real::EPSILON], [1.0, 1.0]]),
        ("NaN", Array2::from_elem((3, 3), Real::NAN)),
        ("infinite", Array2::from_elem((3, 3), Real::INFINITY)),
        ("holes", hole),
        ("huge numbers", array![[Real::MAX, -Real::MAX], [1.0, 0.0]]),
        ("tiny numbers", array![[Real::MIN_POSITIVE, 0.0], [1.0, 0.0]]),
        ("huge", Array2::from_shape_fn((1000, 1000), waves)),
        ("checkers", Array2::from_shape_fn((90, 90), |(i, j)| ((i + j) % 2) as Real)),
        ("long", Array2::from_shape_fn((2, 700), waves)),
    ]
}

const STRANGE: &str =
    "a <b> & \"c\" 'd'\n둘째 줄은 아주 길어서 한 줄에 다 들어가지 않는 한국어 이름입니다 정말로 그렇습니다";

#[test]
fn no_field_makes_a_figure_hang_or_panic() {
    for (name, field) in strange_fields() {
        for figure in [
            heat_map(name, "x", "y", "value", &field, UNIT, UNIT),
            surface_3d(name, "x", "y", "z", &field, UNIT, UNIT),
            contours(name, "x", "y", &field, UNIT, UNIT, &[]),
        ] {
            texts(&figure);
            for (columns, figures) in [(2, 4), (3, 6)] {
                texts(&panels(name, columns, &vec![figure.clone(); figures]));
            }
        }
    }
    let field = array![[1.0, 2.0], [3.0, 4.0]];
    for figure in [
        heat_map(STRANGE, STRANGE, STRANGE, STRANGE, &field, (-1e30, 1e30), (1e-30, 2e-30)),
        surface_3d(STRANGE, STRANGE, STRANGE, STRANGE, &field, (5.0, -5.0), UNIT),
        contours(
            STRANGE,
            STRANGE,
            STRANGE,
            &field,
            (1e30, -1e30),
            UNIT,
            &[(STRANGE, &walk(&[[0.5, 0.5], [1.0, 1.0]]))],
        ),
        heat_map("", "", "", "", &field, UNIT, UNIT),
    ] {
        texts(&figure);
        texts(&panels("", 3, &[figure.clone(), figure.clone(), figure]));
    }
}

#[test]
fn a_heat_map_has_the_lowest_row_at_the_bottom_and_its_values_in_the_cells() {
    let figure = heat_map("Which?", "lr", "depth", "accuracy", &array![[0.1, 0.2], [0.3, 0.5]], (1.0, 2.0), (3.0, 4.0));
    has(&figure, &["Which?", "lr", "depth", "accuracy", "1", "2", "3", "4", "0.1", "0.2", "0.3", "0.5"]);
    says(&figure, "accuracy over lr and depth, 2 × 2 values: lowest 0.1 at (1, 3), highest 0.5 at (2, 4).");
    let (width, pixels) = bitmap(&figure);
    assert_eq!((width, pixels.len()), (2, 4));
    assert_eq!((pixels[1], pixels[2]), ([253, 231, 37], [68, 1, 84]), "the highest at the top right, the lowest below");
    assert_eq!(count(&figure, "image"), 2, "the field and the bar");
}

#[test]
fn a_heat_map_of_both_signs_is_white_at_zero() {
    let figure = heat_map("t", "x", "y", "weight", &array![[-1.0, 0.0, 4.0]], UNIT, UNIT);
    has(&figure, &["-4", "0", "4"]);
    let (_, pixels) = bitmap(&figure);
    assert!(pixels[0][2] > pixels[0][0] && pixels[2][0] > pixels[2][2], "blue below, red above: {pixels:?}");
    assert!(pixels[1].iter().all(|part| *part > 240), "{pixels:?}");
}

#[test]
fn what_is_no_number_is_drawn_grey_and_counted() {
    let field = array![[1.0, Real::NAN, 2.0], [Real::INFINITY, 3.0, Real::NAN]];
    let figure = heat_map("t", "x", "y", "value", &field, UNIT, UNIT);
    says(&figure, "Of 6 values 2 NaN, 1 infinite");
    let (_, pixels) = bitmap(&figure);
    assert_eq!((pixels[0], pixels[2], pixels[4]), ([110; 3], [200; 3], [200; 3]));
    let nothing = heat_map("t", "x", "y", "value", &Array2::from_elem((2, 2), Real::NAN), UNIT, UNIT);
    says(&nothing, "Nothing to draw: none of the 4 values is finite: 4 NaN.");
    says(&heat_map("t", "x", "y", "value", &Array2::zeros((0, 3)), UNIT, UNIT), "Nothing to draw: the grid of 0 × 3");
    says(&contours("t", "x", "y", &array![[1.0, 2.0]], UNIT, UNIT, &[]), "at least 2 × 2 values, this one has 1 × 2");
    says(&surface_3d("t", "x", "y", "z", &field, UNIT, UNIT), "1 infinite: holes");
}

#[test]
fn a_large_field_is_reduced_and_a_flat_one_is_flat_and_both_say_so() {
    let large = Array2::from_shape_fn((1000, 1000), |(i, j)| (i + j) as Real);
    let figure = heat_map("t", "x", "y", "value", &large, UNIT, UNIT);
    says(&figure, "1000 × 1000 values drawn as ");
    let (width, pixels) = bitmap(&figure);
    assert!(width <= 250 && pixels.len() <= 250 * 250, "{width}");
    says(&surface_3d("t", "x", "y", "z", &large, UNIT, UNIT), "Drawn from 33 × 33 of the 1000 × 1000 values.");
    says(&contours("t", "x", "y", &large, UNIT, UNIT, &[]), "Lines drawn from 120 × 120 of the 1000 × 1000 values.");
    let flat = Array2::from_elem((4, 4), 2.5);
    for figure in [
        heat_map("t", "x", "y", "value", &flat, UNIT, UNIT),
        surface_3d("t", "x", "y", "z", &flat, UNIT, UNIT),
        contours("t", "x", "y", &flat, UNIT, UNIT, &[]),
    ] {
        says(&figure, "Flat: all values are 2.5.");
    }
}

#[test]
#[should_panic(expected = "heat_map: the 2 columns reach from 1 to 1; give the places of the first and the last")]
fn a_range_without_length_is_refused() {
    heat_map("t", "x", "y", "value", &array![[1.0, 2.0]], (1.0, 1.0), UNIT);
}

#[test]
#[should_panic(expected = "surface_3d: the 2 rows reach from 0 to inf")]
fn an_infinite_range_is_refused() {
    surface_3d("t", "x", "y", "z", &array![[1.0, 2.0], [3.0, 4.0]], UNIT, (0.0, Real::INFINITY));
}

fn walk(points: &[[Real; 2]]) -> Trajectory {
    let numbers = points.iter().flatten().copied().collect();
    let points = Array2::from_shape_vec((points.len(), 2), numbers).unwrap();
    let values = points.rows().into_iter().map(|point| point.sum()).collect();
    Trajectory { points, values }
}

#[test]
fn contours_have_round_heights_and_the_walks_their_names_and_last_values() {
    let f = TestFunction::rosenbrock();
    let grid = surface(&f, (-2.0, 2.0), (-1.0, 3.0), 101);
    let sgd = trajectory(&f, &[-1.5, 2.0], &Optimizer::sgd(0.001), 2000);
    let minimum = trajectory(&f, &[1.0, 1.0], &Optimizer::sgd(0.001), 0);
    let walks = [("SGD", &sgd), ("minimum", &minimum)];
    let figure = contours("Who gets through?", "x", "y", &grid, (-2.0, 2.0), (-1.0, 3.0), &walks);
    has(&figure, &["Who gets through?", "SGD → 0.1951", "minimum", "300", "1000", "-2", "3"]);
    says(&figure, "lowest 0 at (1, 1), highest 2509 at (-2, -1)");
    says(&figure, "“SGD”: 2000 steps from (-1.5, 2) to (0.5589, 0.3102), last value 0.1951.");
    says(&figure, "“minimum”: a mark at (1, 1), value 0.");
    says(&figure, "Lines at 1, 3, 10, 30, 100, 300, 1000; the lighter, the higher.");
    let both = [("SGD", &sgd), ("minima", &minimum), ("minima", &minimum)];
    let both = contours("t", "x", "y", &grid, (-2.0, 2.0), (-1.0, 3.0), &both);
    assert_eq!(texts(&both).iter().filter(|text| *text == "minima").count(), 1, "marks of one name share a label");
    let linear = contours("t", "x", "y", &array![[0.0, 1.0], [1.0, 2.0]], UNIT, UNIT, &[]);
    says(&linear, "Lines at 0.2, 0.4, 0.6, 0.8, 1, 1.2, 1.4, 1.6, 1.8;");
}

#[test]
fn a_contour_of_a_cone_is_a_circle_on_the_sheet() {
    let cone = Array2::from_shape_fn((61, 61), |(i, j)| (i as Real - 30.0).hypot(j as Real - 30.0) / 30.0);
    let figure = contours("t", "x", "y", &cone, (-1.0, 1.0), (-1.0, 1.0), &[]);
    let document = roxmltree::Document::parse(figure.svg()).unwrap();
    let image = document.descendants().find(|node| node.has_tag_name("image")).unwrap();
    let number = |name| image.attribute(name).unwrap().parse::<f64>().unwrap();
    let (width, height) = (number("width"), number("height"));
    assert!((width - height).abs() <= 2.0, "a unit is as long along x as along y: {width} × {height}");
    let middle = (number("x") + 0.5 * width, number("y") + 0.5 * height);
    let lines = document.descendants().find_map(|node| node.attribute("d")).unwrap();
    let lines = lines.split('M').filter(|line| !line.is_empty()).map(path);
    let mut levels: Vec<f64> = Vec::new();
    for line in lines {
        let radii: Vec<f64> = line.iter().map(|(x, y)| (x - middle.0).hypot(y - middle.1) / (0.5 * width)).collect();
        let spread = radii.iter().fold(0.0f64, |most, radius| most.max((radius - radii[0]).abs()));
        assert!(spread < 0.012, "{spread}");
        levels.push((radii[0] * 10.0).round() / 10.0);
    }
    for level in [0.2, 0.4, 0.6, 0.8, 1.0] {
        assert!(levels.contains(&level), "{level} is not among {levels:?}");
    }
}

#[test]
fn a_walk_that_leaves_or_diverges_is_cut_and_says_so() {
    let grid = array![[0.0, 1.0], [1.0, 2.0]];
    let (inf, nan) = (Real::INFINITY, Real::NAN);
    let draw = |points: &[[Real; 2]]| contours("t", "x", "y", &grid, UNIT, UNIT, &[("SGD", &walk(points))]);
    says(&draw(&[[0.5, 0.5], [0.9, 0.5], [3.0, 0.5]]), "“SGD” leaves the window at step 2 and is cut there.");
    says(&draw(&[[0.5, 0.5], [3.0, 0.5], [0.5, 0.6]]), "leaves the window at step 1, is cut there, and returns.");
    says(&draw(&[[5.0, 0.5], [0.5, 0.5]]), "“SGD” starts outside the window.");
    says(&draw(&[[0.5, 0.5], [-30.0, 0.5], [inf, 0.5]]), "is cut there; it diverges: step 2 is not finite.");
    let diverged = draw(&[[0.5, 0.5], [nan, nan]]);
    says(&diverged, "“SGD” diverges: step 1 is not finite.");
    has(&diverged, &["SGD → NaN"]);
    says(&draw(&[]), "“SGD” has no points.");
    says(&draw(&[[inf, nan]]), "diverges: step 0 is not finite");
    texts(&draw(&[[0.5, 0.5], [Real::MAX, -Real::MAX], [0.5, 0.5]]));
    let noise: Vec<[Real; 2]> =
        (0..30_000).map(|i| [((i * 7919) % 997) as Real / 997.0, ((i * 31) % 89) as Real / 89.0]).collect();
    let noisy = walk(&noise);
    let many: Vec<(&str, &Trajectory)> =
        ["a", "b", "c", "d", "e", "f", "g", "h", "i"].iter().map(|name| (*name, &noisy)).collect();
    let figure = contours("t", "x", "y", &grid, UNIT, UNIT, &many);
    says(&figure, "The first 8 of 9 walks are drawn.");
    texts(&panels("t", 2, &[figure.clone(), figure]));
}

#[test]
#[should_panic(
    expected = "contours: “SGD” has 1 points of 3 numbers and 1 values; a walk over a plane has two numbers"
)]
fn a_walk_in_space_is_refused() {
    let walk = Trajectory { points: array![[1.0, 2.0, 3.0]], values: vec![1.0] };
    contours("t", "x", "y", &array![[0.0, 1.0], [1.0, 2.0]], UNIT, UNIT, &[("SGD", &walk)]);
}

#[test]
fn a_surface_is_drawn_from_back_to_front_with_its_height_range() {
    let grid = surface(&TestFunction::bowl(2.0), (-1.0, 1.0), (-1.0, 1.0), 21);
    let figure = surface_3d("Bowl", "right", "up", "loss", &grid, (-1.0, 1.0), (-1.0, 1.0));
    has(&figure, &["Bowl", "right", "up", "loss", "0", "1.5", "-1", "1"]);
    says(
        &figure,
        "Surface: Bowl. loss over right from -1 to 1 and up from -1 to 1; lowest 0 at (0, 0), highest 1.5 at",
    );
    let flat = surface_3d("t", "x", "y", "z", &Array2::from_elem((21, 21), 1.0), UNIT, UNIT);
    let document = roxmltree::Document::parse(flat.svg()).unwrap();
    let quads: Vec<Vec<(f64, f64)>> = document
        .descendants()
        .filter(|node| node.attribute("fill").is_some_and(|fill| fill.starts_with('#')))
        .filter_map(|node| node.attribute("d").map(path))
        .collect();
    assert_eq!(quads.len(), 400);
    // Seen from above, ground that is nearer lies lower on the sheet.
    let lowest: Vec<f64> = quads.iter().map(|quad| quad.iter().map(|(_, y)| *y).fold(0.0, f64::max)).collect();
    assert!(lowest.windows(2).all(|pair| pair[0] <= pair[1] + 2.0) && lowest[0] + 100.0 < lowest[399], "{lowest:?}");
}

#[test]
fn a_surface_shows_its_low_side_in_front() {
    let quads = |slope: Real| {
        let grid = Array2::from_shape_fn((9, 9), |(i, _)| slope * i as Real);
        let figure = surface_3d("t", "x", "y", "z", &grid, UNIT, UNIT);
        let svg = figure.svg();
        let last = svg.lines().rfind(|line| line.starts_with("<path fill='#")).unwrap().to_owned();
        last["<path fill='".len()..][..7].to_owned()
    };
    // Whichever side is high, the last quad drawn, in front, is dark: low.
    for slope in [1.0, -1.0] {
        let colour = quads(slope);
        assert!(u8::from_str_radix(&colour[3..5], 16).unwrap() < 80, "{colour}");
    }
}

fn by_side(inputs: &Array2<Real>) -> Vec<usize> {
    inputs.rows().into_iter().map(|row| usize::from(row[0] > 0.0)).collect()
}

#[test]
fn decision_regions_show_classes_as_colours_and_examples_as_dots() {
    let inputs = array![[-1.0, -1.0], [-1.0, 1.0], [1.0, 1.0], [1.0, -1.0]];
    let data = Examples { inputs, labels: array![0, 1, 1, 0] };
    let corner = |x: &Array2<Real>| x.rows().into_iter().map(|x| usize::from(x[0] > 0.0 && x[1] > 0.0)).collect();
    let figure = decision_regions("Where is the border?", "x₁", "x₂", &data, corner);
    has(&figure, &["Where is the border?", "x₁", "x₂", "class 0", "class 1"]);
    says(&figure, "“class 0”: 2 examples, 75 % of the plane shown. “class 1”: 2 examples, 25 %");
    says(&figure, "75 % of 4 lie in the region of their own class");
    assert_eq!(count(&figure, "circle"), 4 + 2, "and two in the legend");
    let (width, pixels) = bitmap(&figure);
    assert_eq!((pixels[0], pixels[width - 1]), ([179, 213, 232], [242, 207, 179]), "pale blue, pale orange");
    assert_ne!(pixels[width / 2 - 1], pixels[width / 2], "the border is in the middle");
    assert_eq!(pixels[pixels.len() - 1], pixels[0], "only the corner at the top right");
}

#[test]
fn no_examples_make_decision_regions_hang_or_panic() {
    let examples = |inputs: Array2<Real>| Examples { labels: Array1::zeros(inputs.nrows()), inputs };
    let draw = |inputs: Array2<Real>| decision_regions("t", "x", "y", &examples(inputs), by_side);
    says(&draw(Array2::zeros((0, 2))), "Nothing to draw: no examples were given.");
    says(&draw(Array2::from_elem((3, 2), Real::NAN)), "none of the 3 examples is finite");
    says(&draw(array![[1.0, 2.0], [Real::INFINITY, 0.0]]), "1 of 2 examples are not finite and left out.");
    texts(&draw(Array2::from_elem((5, 2), 1.0)));
    texts(&draw(array![[1e30, 1e-30], [-1e30, 0.0]]));
    let spirals = spirals(20_000, 2, 0.1, &mut rng(1));
    let figure =
        decision_regions(STRANGE, STRANGE, STRANGE, &spirals, |x| (0..x.nrows()).map(|i| i * 7 % 13).collect());
    says(&figure, "A sample of the 20000 examples is drawn.");
    says(&figure, "The first 8 of 13 classes have a colour, the others are grey.");
    texts(&panels("t", 2, &[figure.clone(), figure]));
}

#[test]
#[should_panic(expected = "decision_regions: the examples have 3 features, a plane has 2; pick two columns")]
fn examples_in_space_are_refused() {
    let data = Examples { inputs: Array2::zeros((4, 3)), labels: Array1::zeros(4) };
    decision_regions("t", "x", "y", &data, by_side);
}

#[test]
#[should_panic(expected = "answered 32000 places with 1 classes; it must give one class per row")]
fn one_class_for_all_places_is_refused() {
    let data = Examples { inputs: Array2::zeros((4, 2)), labels: Array1::zeros(4) };
    decision_regions("t", "x", "y", &data, |_| vec![0]);
}

#[test]
fn a_confusion_matrix_has_its_counts_and_names_the_worst() {
    let counts = array![[50, 2, 0], [7, 41, 1], [0, 0, 30]];
    let figure = confusion_matrix("Which?", &counts, &["고양이", "dog <&\"'>", "cow"]);
    has(&figure, &["Which?", "50", "2", "7", "41", "1", "30", "고양이", "cow"]);
    has(&figure, &["Row: the true class. Column: what it was taken for."]);
    says(&figure, "Blue: 92.4 % of 131 are right.");
    says(&figure, "Most frequent: “dog <&\"'>” taken for “고양이”, 7 times.");
    let (width, pixels) = bitmap(&figure);
    assert_eq!((width, pixels.len()), (3, 9));
    assert!(pixels[0][2] > pixels[0][0] && pixels[3][0] > pixels[3][2], "blue is right, orange is wrong: {pixels:?}");
    assert_eq!(pixels[2], [255; 3], "no mistake, no colour");
    assert_eq!(pixels[8], [0, 114, 178], "all of a row");
}

#[test]
fn no_counts_make_a_confusion_matrix_hang_or_panic() {
    says(&confusion_matrix("t", &Array2::zeros((0, 0)), &[]), "Nothing to draw: there are no classes.");
    says(&confusion_matrix("t", &Array2::zeros((3, 3)), &[]), "All counts are 0.");
    says(&confusion_matrix("t", &array![[5]], &[]), "Blue: 100 % of 5 are right.");
    says(&confusion_matrix("t", &array![[99_999, 1], [0, 1]], &[]), "Blue: 99.999 % of 100001 are right.");
    texts(&confusion_matrix("t", &array![[usize::MAX, usize::MAX], [usize::MAX, 1]], &[]));
    for classes in [2, 20, 21, 100, 1000] {
        let counts = Array2::from_shape_fn((classes, classes), |(i, j)| (i * 7919 + j * 104_729) % 997);
        let names = vec![STRANGE; classes];
        for figure in [confusion_matrix("t", &counts, &[]), confusion_matrix(STRANGE, &counts, &names)] {
            let written = texts(&figure).len() > classes * classes;
            assert_eq!(written, classes <= 20, "{classes} classes");
            texts(&panels("t", 2, &[figure.clone(), figure.clone()]));
            texts(&panels("t", 3, &[figure.clone(), figure.clone(), figure]));
        }
    }
    let many = confusion_matrix("t", &Array2::from_shape_fn((1000, 1000), |(i, j)| usize::from(i == j)), &[]);
    says(&many, "Blue: 100 % of 1000 are right.");
    assert!(texts(&many).iter().any(|text| text.starts_with("1000 classes are too many for numbers")));
    assert_eq!(bitmap(&many).0, 200);
}

#[test]
#[should_panic(expected = "confusion_matrix: 2 × 3 counts are not square")]
fn a_table_that_is_not_square_is_refused() {
    confusion_matrix("t", &Array2::zeros((2, 3)), &[]);
}

#[test]
#[should_panic(expected = "confusion_matrix: 2 classes and 1 names; give one per class, or none: `&[]`")]
fn a_name_too_few_is_refused() {
    confusion_matrix("t", &Array2::zeros((2, 2)), &["a"]);
}

#[test]
fn filters_share_one_scale_around_zero() {
    let mut weights = ArrayD::<Real>::zeros(IxDyn(&[2, 3, 4, 5]));
    weights[[0, 0, 0, 0]] = 2.0;
    weights[[1, 2, 3, 4]] = -1.0;
    weights[[0, 1, 2, 1]] = 2.0;
    let figure = filters("What do they look for?", &weights);
    has(&figure, &["What do they look for?", "2", "0", "-2", "1", "One scale for all images."]);
    says(&figure, "2 × 3, 6 images of 4 × 5, values from -1 to 2. One scale for all images.");
    let (width, pixels) = bitmap(&figure);
    assert_eq!((width, pixels.len()), (17, 17 * 9), "three images of 5 and two gaps; two of 4 and one");
    assert_eq!((pixels[0], pixels[5]), ([178, 24, 43], [255; 3]));
    assert_eq!(pixels[2 * 17 + 6 + 1], [178, 24, 43], "third line, second pixel of the second image");
    let last = pixels[pixels.len() - 1];
    assert!(last[2] > last[0] + 50 && last[2] < 230, "half as strong, and blue: {last:?}");
}

#[test]
fn no_stack_of_images_makes_filters_hang_or_panic() {
    let noise = |shape: &[usize]| {
        let mut i = 0usize;
        ArrayD::from_shape_simple_fn(IxDyn(shape), || {
            i += 1;
            (i * 7919 % 997) as Real - 500.0
        })
    };
    for shape in [
        [1, 1, 1, 1],
        [1, 1, 200, 300],
        [1, 1, 1, 700],
        [1, 1, 700, 1],
        [64, 1, 28, 28],
        [1, 512, 7, 7],
        [300, 300, 3, 3],
        [3, 1000, 5, 5],
        [1000, 3, 5, 5],
        [500, 1, 28, 28],
    ] {
        let figure = filters(STRANGE, &noise(&shape));
        texts(&figure);
        texts(&panels("t", 2, &[figure.clone(), figure.clone()]));
        texts(&panels("t", 3, &[figure.clone(), figure.clone(), figure]));
    }
    says(&filters("t", &noise(&[0, 3, 5, 5])), "Nothing to draw: 0 × 3 images of 5 × 5 have no pixels.");
    says(&filters("t", &noise(&[1, 1, 1000, 1000])), "too large here; draw it with heat_map");
    says(&filters("t", &noise(&[1000, 3, 5, 5])), "of 1000 × 3 images are drawn.");
    let strange = |value: Real| ArrayD::from_elem(IxDyn(&[2, 1, 3, 3]), value);
    says(&filters("t", &strange(Real::NAN)), "none of the 18 values is finite");
    says(&filters("t", &strange(0.0)), "Flat: all values are the same.");
    let mut hole = noise(&[2, 1, 3, 3]);
    hole[[0, 0, 1, 1]] = Real::INFINITY;
    says(&filters("t", &hole), "1 of 18 values are not finite");
}

#[test]
#[should_panic(
    expected = "filters: values of shape [128, 784] are not n × c × height × width; give them four dimensions"
)]
fn a_matrix_is_no_stack_of_images() {
    filters("t", &ArrayD::zeros(IxDyn(&[128, 784])));
}
