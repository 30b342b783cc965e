//! A claim that does not hold must turn the run red, after the reader has seen the table.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::process::Command;

use dl_interview::notebook::{Claims, ShowDebug, install_panic_hook, over_seeds, table};
use dl_interview::plot::{curve, lines};

fn fails(claim: impl FnOnce(&mut Claims)) -> bool {
    let mut claims = Claims::of("x", 1);
    claim(&mut claims);
    !claims.failed().is_empty()
}

#[test]
fn every_requirement_has_two_sides() {
    assert!(!fails(|c| c.that("x.a", "", 0.5).is_at_least(0.5)));
    assert!(fails(|c| c.that("x.a", "", 0.5).is_at_least(0.500_001)));
    assert!(!fails(|c| c.that("x.a", "", 0.5).is_at_most(0.5)));
    assert!(fails(|c| c.that("x.a", "", 0.5).is_at_most(0.499_999)));
    assert!(!fails(|c| c.that("x.a", "", 0.5).is_above(0.499_999)));
    assert!(fails(|c| c.that("x.a", "", 0.5).is_above(0.5)));
    assert!(!fails(|c| c.that("x.a", "", 0.5).is_below(0.500_001)));
    assert!(fails(|c| c.that("x.a", "", 0.5).is_below(0.5)));
    assert!(!fails(|c| c.that("x.a", "", 0.5).is_close_to(0.4, 0.11)));
    assert!(fails(|c| c.that("x.a", "", 0.5).is_close_to(0.4, 0.09)));
    assert!(!fails(|c| c.that("x.a", "", 1.1).is_close_to(1.0, 0.1)), "as decimals say");
    assert!(!fails(|c| c.that("x.a", "", -95).is_relatively_close_to(-100, 0.05)));
    assert!(fails(|c| c.that("x.a", "", -94.9).is_relatively_close_to(-100, 0.05)));
    assert!(fails(|c| c.that("x.a", "", -105.1).is_relatively_close_to(-100, 0.05)));
    for (measured, holds) in [(0.1, true), (0.2, true), (0.3, true), (0.099, false), (0.301, false)] {
        assert_eq!(fails(|c| c.that("x.a", "", measured).is_between(0.1, 0.3)), !holds, "{measured}");
    }
    assert!(!fails(|c| c.that("x.a", "", 60_000_usize).is_exactly(60_000)));
    assert!(fails(|c| c.that("x.a", "", 60_000.000_001).is_exactly(60_000)));
    assert!(!fails(|c| c.holds("x.a", "", true)));
    assert!(fails(|c| c.holds("x.a", "", false)));
}

#[test]
fn nan_never_passes() {
    for (measured, bound) in [(f64::NAN, 1.0), (1.0, f64::NAN), (f64::NAN, f64::NAN)] {
        assert!(fails(|c| c.that("x.a", "", measured).is_at_least(bound)));
        assert!(fails(|c| c.that("x.a", "", measured).is_at_most(bound)));
        assert!(fails(|c| c.that("x.a", "", measured).is_above(bound)));
        assert!(fails(|c| c.that("x.a", "", measured).is_below(bound)));
        assert!(fails(|c| c.that("x.a", "", measured).is_close_to(bound, 1.0)));
        assert!(fails(|c| c.that("x.a", "", measured).is_relatively_close_to(bound, 1.0)));
        assert!(fails(|c| c.that("x.a", "", measured).is_between(bound, 2.0)));
        assert!(fails(|c| c.that("x.a", "", measured).is_between(0.0, bound)));
        assert!(fails(|c| c.that("x.a", "", measured).is_exactly(bound)));
    }
    assert!(fails(|c| c.that("x.a", "", 1.0).is_close_to(1.0, f64::NAN)));
    assert!(fails(|c| c.that("x.a", "", 1.0).is_relatively_close_to(1.0, f64::NAN)));
    assert!(fails(|c| c.that_all("x.a", "", &[1.0, f64::NAN]).is_at_least(0.0)));
    assert!(fails(|c| c.that_all("x.a", "", &[f64::NAN, 1.0]).is_close_to(1.0, 0.5)));
}

#[test]
fn every_value_must_meet_the_bound() {
    for (values, bound, holds) in
        [([0.9, 0.8, 0.7], 0.7, true), ([0.9, 0.8, 0.7], 0.71, false), ([0.7, 0.8, 0.9], 0.71, false)]
    {
        assert_eq!(fails(|c| c.that_all("x.a", "", &values).is_at_least(bound)), !holds, "{values:?}");
    }
    assert!(fails(|c| c.that_all("x.a", "", &[0.1, 0.3]).is_at_most(0.2)));
    assert!(fails(|c| c.that_all("x.a", "", &[0.1, 0.3]).is_between(0.0, 0.2)));
    assert!(fails(|c| c.that_all("x.a", "", &[0.1, 0.3]).is_close_to(0.1, 0.1)));
    assert!(fails(|c| c.that_all("x.a", "", &[0, 1]).is_exactly(0)));
    assert!(!fails(|c| c.that_all("x.a", "", &[0_usize, 0]).is_exactly(0)));
    assert!(fails(|c| drop(c.that_all("x.a", "", &[1.0, 2.0]))), "without a requirement");
}

#[test]
fn the_table_shows_what_was_measured_and_required() {
    let said = said_by("the_table_shows_what_was_measured_and_required", || {
        let mut claims = Claims::of("c", 11);
        claims.that("c.a", "", 0.970_001).is_at_least(0.97);
        claims.that("c.b", "", 0.100_001).is_between(0.1, 0.3);
        claims.that("c.c", "", 95).is_relatively_close_to(100, 0.1);
        claims.that("c.d", "", 2).is_exactly(2);
        claims.that("c.e", "", 2.31).is_close_to(2.3, 0.05);
        claims.that_all("c.f", "", &[0.98, 0.971, 0.9735]).is_at_least(0.97);
        claims.that_all("c.g", "", &[1, 1, 1]).is_exactly(1);
        claims.that_all("c.h", "", &[0.98, 0.969_999]).is_at_most(0.98);
        claims.that_all("c.i", "", &[0.96999, f64::NAN]).is_at_least(0.9);
        claims.that_all("c.j", "", &[-3.0, -f64::INFINITY]).is_at_most(-2);
        let _ = catch_unwind(AssertUnwindSafe(|| claims.evcxr_display()));
    });
    let shown = said.split("EVCXR_BEGIN_CONTENT text/plain\n").nth(1).expect("an output");
    let rows: Vec<String> = shown.lines().filter(|line| line.starts_with("c.")).map(words).collect();
    assert_eq!(
        rows,
        [
            "c.a 0.970001 ≥ 0.97 ✓",
            "c.b 0.100001 0.1 … 0.3 ✓",
            "c.c 95 100 ± 10 % ✓",
            "c.d 2 = 2 ✓",
            "c.e 2.31 2.3 ± 0.05 ✓",
            "c.f 0.971 … 0.98 (3 values) ≥ 0.97 ✓",
            "c.g 1 (all 3 values) = 1 ✓",
            "c.h 0.97 … 0.98 (2 values) ≤ 0.98 ✓",
            "c.i NaN in 1 of 2 values ≥ 0.9 ✗",
            "c.j −∞ … −3 (2 values) ≤ −2 ✓",
            "c.k (not run)",
        ]
    );
    fn words(line: &str) -> String {
        line.split_whitespace().collect::<Vec<_>>().join(" ")
    }
}

/// The standard output, which is what the kernel reads, of this code in a process of its own.
fn said_by(test: &str, code: impl FnOnce()) -> String {
    if std::env::var_os("SAY_IT").is_some() {
        code();
        std::process::exit(0);
    }
    let output = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", test, "--nocapture"])
        .env("SAY_IT", "1")
        .output()
        .unwrap();
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn a_claim_says_at_once_what_it_came_to() {
    let said = said_by("a_claim_says_at_once_what_it_came_to", || {
        let mut claims = Claims::of("x", 6);
        claims.that("x.a", "Accuracy", 0.41).is_at_least(0.25);
        claims.that_all("x.b", "Slope of\nboth units", &[-3, -3]).is_close_to(-2, 0.5);
        drop(claims.that("x.c", "Loss", 2.31));
        claims.holds("x.d", "Same seed, same net", true);
        claims.holds("x.e", "Water flows uphill", false);
        let _ = catch_unwind(AssertUnwindSafe(|| claims.that("x.f", "Nothing", 1).is_between(2, 1)));
        println!("last line");
    });
    let verdicts: Vec<&str> = said.lines().filter(|line| line.contains(" x.") || *line == "last line").collect();
    assert_eq!(
        verdicts,
        [
            "✓ x.a  Accuracy: measured 0.41, required ≥ 0.25",
            "✗ x.b  Slope of both units: measured −3 (all 2 values), required −2 ± 0.5",
            "✗ x.c  Loss: measured 2.31, and nothing is required; add e.g. .is_at_least(0.5)",
            "✓ x.d  Same seed, same net",
            "✗ x.e  Water flows uphill: this does not hold",
            "last line",
        ]
    );
}

#[test]
fn the_table_does_not_say_that_all_hold_where_some_were_not_run() {
    let said = said_by("the_table_does_not_say_that_all_hold_where_some_were_not_run", || {
        install_panic_hook();
        let mut claims = Claims::of("12-3", 4);
        claims.that("12-3.b", "Second", 1).is_at_least(1);
        let display = |claims: &Claims| catch_unwind(AssertUnwindSafe(|| claims.evcxr_display()));
        assert!(display(&claims).is_err());
        for id in ["12-3.d", "12-3.a", "12-3.c"] {
            claims.that(id, "Another", 1).is_at_least(1);
        }
        assert!(display(&claims).is_ok());
        println!("both were shown");
    });
    assert!(said.contains("both were shown"), "{said}");
    let shown = said.split("EVCXR_BEGIN_CONTENT text/plain\n").skip(1);
    let texts: Vec<&str> = shown.map(|rest| rest.split("EVCXR_END_CONTENT").next().unwrap()).collect();
    let not_run = "Not run: 12-3.a, 12-3.c, 12-3.d; run the cells that make them.";
    assert!(texts[0].contains(&format!("\n{not_run}\n")) && !texts[0].contains("hold"), "{said}");
    assert!(said.contains(&format!("✗ panicked: {not_run}")), "{said}");
    assert!(texts[1].contains("\nAll 4 claims hold.\n") && !texts[1].to_lowercase().contains("not run"), "{said}");
    let order: Vec<usize> =
        ["a", "b", "c", "d"].iter().map(|id| texts[1].find(&format!("12-3.{id}")).unwrap()).collect();
    assert!(order.is_sorted(), "the table is in the order of the ids, not of the cells: {said}");
}

#[test]
fn an_id_that_was_not_declared_panics_where_it_is_used() {
    let at = |claim: fn(&mut Claims)| {
        let place = std::sync::Arc::new(std::sync::Mutex::new(String::new()));
        let seen = place.clone();
        let before = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |info| {
            *seen.lock().unwrap() = format!("{}: {}", info.location().unwrap().file(), info.payload_as_str().unwrap());
        }));
        let result = catch_unwind(|| claim(&mut Claims::of("x", 2)));
        std::panic::set_hook(before);
        assert!(result.is_err());
        place.lock().unwrap().clone()
    };
    // In a process of its own, because the hook is that of all tests.
    let said = said_by("an_id_that_was_not_declared_panics_where_it_is_used", || {
        println!("{}", at(|claims| claims.that("x.c", "", 1).is_at_least(1)));
        println!("{}", at(|claims| claims.that_all("x.c", "", &[1]).is_at_least(1)));
        println!("{}", at(|claims| claims.holds("x.c", "", true)));
    });
    let message = "claims.rs: no claim has the id \"x.c\": this notebook's are x.a to x.b; name one of these, or raise the \
                   number in Claims::of(…)";
    let lines: Vec<&str> = said.lines().filter(|line| line.contains("no claim has the id")).collect();
    assert_eq!(lines.len(), 3, "{said}");
    assert!(lines.iter().all(|line| line.starts_with("support-crate/tests/") || line.starts_with("tests/")), "{said}");
    assert!(lines.iter().all(|line| line.contains(message)), "{said}");
}

#[test]
#[should_panic(expected = "Claims::of(\"x\", 27): from 1 to 26 claims have letters")]
fn there_are_as_many_claims_as_letters() {
    let _ = Claims::of("x", 27);
}

#[test]
#[should_panic(expected = "that_all(\"x.a\", …): there are no numbers")]
fn a_claim_about_no_values_panics() {
    let nothing: [f64; 0] = [];
    Claims::of("x", 1).that_all("x.a", "", &nothing).is_at_least(1);
}

#[test]
#[should_panic(expected = "is_between(2, 1): no number is")]
fn bounds_the_wrong_way_round_panic() {
    Claims::of("x", 1).that("x.a", "", 1.5).is_between(2, 1);
}

#[test]
#[should_panic(expected = "beyond 2⁵³")]
fn whole_numbers_that_an_f64_cannot_tell_apart_panic() {
    Claims::of("x", 1).that("x.a", "", u64::MAX).is_exactly(u64::MAX - 1);
}

#[test]
fn a_claim_without_a_requirement_fails() {
    assert!(fails(|c| drop(c.that("x.a", "", 1.0))));
}

#[test]
fn a_cell_run_twice_replaces_its_claim() {
    let mut claims = Claims::of("x", 2);
    claims.that("x.a", "", 1).is_at_least(2);
    claims.that("x.b", "", 1).is_at_least(1);
    assert_eq!(claims.failed(), ["x.a"]);
    claims.that("x.a", "", 3).is_at_least(2);
    assert!(claims.failed().is_empty());
    assert_eq!(format!("{claims:?}").matches("2 made").count(), 1);
}

#[test]
fn the_table_is_shown_before_the_panic() {
    let said = said_by("the_table_is_shown_before_the_panic", || {
        install_panic_hook();
        let mut claims = Claims::of("x", 1);
        claims.that("x.a", "one <is> two", 1.0).is_at_least(2.0);
        assert!(catch_unwind(AssertUnwindSafe(|| claims.evcxr_display())).is_err(), "a failed claim panics");
    });
    let html = said.split("EVCXR_BEGIN_CONTENT text/html\n").nth(1).unwrap().split("EVCXR_END_CONTENT").next().unwrap();
    assert!(html.contains("one &lt;is&gt; two") && html.contains('✗') && html.contains("≥ 2"), "{html}");
    assert!(said.contains("EVCXR_BEGIN_CONTENT text/plain\n") && said.contains("1 of 1 claims failed"), "{said}");
    let panicked = said.find("✗ panicked: 1 of 1 claims failed: x.a").expect("the panic's line");
    assert!(said.rfind("EVCXR_END_CONTENT").unwrap() < panicked, "{said}");
}

#[test]
fn claims_that_hold_are_shown_without_a_panic() {
    let mut claims = Claims::of("x", 1);
    claims.that("x.a", "", 1).is_at_least(1);
    assert!(catch_unwind(AssertUnwindSafe(|| claims.evcxr_display())).is_ok());
}

#[test]
fn a_types_own_display_comes_before_that_of_debug() {
    // `ShowDebug` shows `{:?}`; were it chosen for these, a reader would see `Figure(…)` in place of the picture.
    trait Which {
        fn evcxr_display(&self) -> &'static str;
    }
    impl<T: std::fmt::Debug> Which for T {
        fn evcxr_display(&self) -> &'static str {
            "by the trait"
        }
    }
    let figure = lines("t", "x", "y", &[curve("a", &[1.0, 2.0])]);
    let () = figure.evcxr_display();
    let reference = &figure;
    let () = reference.evcxr_display();
    let () = table(&["a"], &[]).evcxr_display();
    let mut claims = Claims::of("x", 1);
    claims.holds("x.a", "", true);
    let () = claims.evcxr_display();
    let () = over_seeds(1, |_| 1.0).evcxr_display();
    assert_eq!(Which::evcxr_display(&1), "by the trait");
    ShowDebug::evcxr_display(&1);
}
