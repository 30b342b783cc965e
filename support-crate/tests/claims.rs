//! A claim that does not hold must turn the run red, after the reader has seen the table.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::process::Command;

use dl_interview::notebook::{Claims, ShowDebug, install_panic_hook, over_seeds, table};
use dl_interview::plot::{curve, lines};

fn fails(claim: impl FnOnce(&mut Claims)) -> bool {
    let mut claims = Claims::new();
    claim(&mut claims);
    !claims.failed().is_empty()
}

#[test]
fn every_requirement_has_two_sides() {
    assert!(!fails(|c| c.that("a", "", 0.5).is_at_least(0.5)));
    assert!(fails(|c| c.that("a", "", 0.5).is_at_least(0.500_001)));
    assert!(!fails(|c| c.that("a", "", 0.5).is_at_most(0.5)));
    assert!(fails(|c| c.that("a", "", 0.5).is_at_most(0.499_999)));
    assert!(!fails(|c| c.that("a", "", 0.5).is_above(0.499_999)));
    assert!(fails(|c| c.that("a", "", 0.5).is_above(0.5)));
    assert!(!fails(|c| c.that("a", "", 0.5).is_below(0.500_001)));
    assert!(fails(|c| c.that("a", "", 0.5).is_below(0.5)));
    assert!(!fails(|c| c.that("a", "", 0.5).is_close_to(0.4, 0.11)));
    assert!(fails(|c| c.that("a", "", 0.5).is_close_to(0.4, 0.09)));
    assert!(!fails(|c| c.that("a", "", 1.1).is_close_to(1.0, 0.1)), "as decimals say");
    assert!(!fails(|c| c.that("a", "", -95).is_relatively_close_to(-100, 0.05)));
    assert!(fails(|c| c.that("a", "", -94.9).is_relatively_close_to(-100, 0.05)));
    assert!(fails(|c| c.that("a", "", -105.1).is_relatively_close_to(-100, 0.05)));
    for (measured, holds) in [(0.1, true), (0.2, true), (0.3, true), (0.099, false), (0.301, false)] {
        assert_eq!(fails(|c| c.that("a", "", measured).is_between(0.1, 0.3)), !holds, "{measured}");
    }
    assert!(!fails(|c| c.that("a", "", 60_000_usize).is_exactly(60_000)));
    assert!(fails(|c| c.that("a", "", 60_000.000_001).is_exactly(60_000)));
    assert!(!fails(|c| c.holds("a", "", true)));
    assert!(fails(|c| c.holds("a", "", false)));
}

#[test]
fn nan_never_passes() {
    for (measured, bound) in [(f64::NAN, 1.0), (1.0, f64::NAN), (f64::NAN, f64::NAN)] {
        assert!(fails(|c| c.that("a", "", measured).is_at_least(bound)));
        assert!(fails(|c| c.that("a", "", measured).is_at_most(bound)));
        assert!(fails(|c| c.that("a", "", measured).is_above(bound)));
        assert!(fails(|c| c.that("a", "", measured).is_below(bound)));
        assert!(fails(|c| c.that("a", "", measured).is_close_to(bound, 1.0)));
        assert!(fails(|c| c.that("a", "", measured).is_relatively_close_to(bound, 1.0)));
        assert!(fails(|c| c.that("a", "", measured).is_between(bound, 2.0)));
        assert!(fails(|c| c.that("a", "", measured).is_between(0.0, bound)));
        assert!(fails(|c| c.that("a", "", measured).is_exactly(bound)));
    }
    assert!(fails(|c| c.that("a", "", 1.0).is_close_to(1.0, f64::NAN)));
    assert!(fails(|c| c.that("a", "", 1.0).is_relatively_close_to(1.0, f64::NAN)));
    assert!(fails(|c| c.that_all("a", "", &[1.0, f64::NAN]).is_at_least(0.0)));
    assert!(fails(|c| c.that_all("a", "", &[f64::NAN, 1.0]).is_close_to(1.0, 0.5)));
}

#[test]
fn every_run_must_meet_the_bound() {
    for (values, bound, holds) in
        [([0.9, 0.8, 0.7], 0.7, true), ([0.9, 0.8, 0.7], 0.71, false), ([0.7, 0.8, 0.9], 0.71, false)]
    {
        assert_eq!(fails(|c| c.that_all("a", "", &values).is_at_least(bound)), !holds, "{values:?}");
    }
    assert!(fails(|c| c.that_all("a", "", &[0.1, 0.3]).is_at_most(0.2)));
    assert!(fails(|c| c.that_all("a", "", &[0.1, 0.3]).is_between(0.0, 0.2)));
    assert!(fails(|c| c.that_all("a", "", &[0.1, 0.3]).is_close_to(0.1, 0.1)));
    assert!(fails(|c| c.that_all("a", "", &[0, 1]).is_exactly(0)));
    assert!(!fails(|c| c.that_all("a", "", &[0_usize, 0]).is_exactly(0)));
    assert!(fails(|c| drop(c.that_all("a", "", &[1.0, 2.0]))), "without a requirement");
}

#[test]
fn the_table_shows_what_was_measured_and_required() {
    let shown = shown("the_table_shows_what_was_measured_and_required", |claims| {
        claims.that("c0", "", 0.970_001).is_at_least(0.97);
        claims.that("c1", "", 0.100_001).is_between(0.1, 0.3);
        claims.that("c2", "", 95).is_relatively_close_to(100, 0.1);
        claims.that("c3", "", 2).is_exactly(2);
        claims.that("c4", "", 2.31).is_close_to(2.3, 0.05);
        claims.that_all("c5", "", &[0.98, 0.971, 0.9735]).is_at_least(0.97);
        claims.that_all("c6", "", &[1, 1, 1]).is_exactly(1);
        claims.that_all("c7", "", &[0.98, 0.969_999]).is_at_most(0.98);
        claims.that_all("c8", "", &[0.96999, f64::NAN]).is_at_least(0.9);
    });
    let rows: Vec<String> = shown.lines().filter(|line| line.starts_with('c')).map(words).collect();
    assert_eq!(
        rows,
        [
            "c0 0.970001 ≥ 0.97 ✓",
            "c1 0.100001 0.1 … 0.3 ✓",
            "c2 95 100 ± 10 % ✓",
            "c3 2 = 2 ✓",
            "c4 2.31 2.3 ± 0.05 ✓",
            "c5 0.971 … 0.98 over 3 runs ≥ 0.97 ✓",
            "c6 1 in all 3 runs = 1 ✓",
            "c7 0.97 … 0.98 over 2 runs ≤ 0.98 ✓",
            "c8 NaN in 1 of 2 runs ≥ 0.9 ✗",
        ]
    );
    fn words(line: &str) -> String {
        line.split_whitespace().skip_while(|word| !word.starts_with('c')).collect::<Vec<_>>().join(" ")
    }
}

/// The plain text that the kernel reads from the output of these claims, shown by a process of its own.
fn shown(test: &str, claim: impl FnOnce(&mut Claims)) -> String {
    if std::env::var_os("SHOW_THE_CLAIMS").is_some() {
        let mut claims = Claims::new();
        claim(&mut claims);
        let _ = catch_unwind(AssertUnwindSafe(|| claims.evcxr_display()));
        std::process::exit(0);
    }
    let output = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", test, "--nocapture"])
        .env("SHOW_THE_CLAIMS", "1")
        .output()
        .unwrap();
    let said = String::from_utf8(output.stdout).unwrap();
    said.split("EVCXR_BEGIN_CONTENT text/plain\n").nth(1).expect("an output").to_owned()
}

#[test]
#[should_panic(expected = "that_all(\"a\", …): there are no numbers")]
fn a_claim_about_no_runs_panics() {
    let nothing: [f64; 0] = [];
    Claims::new().that_all("a", "", &nothing).is_at_least(1);
}

#[test]
#[should_panic(expected = "is_between(2, 1): no number is")]
fn bounds_the_wrong_way_round_panic() {
    Claims::new().that("a", "", 1.5).is_between(2, 1);
}

#[test]
#[should_panic(expected = "beyond 2⁵³")]
fn whole_numbers_that_an_f64_cannot_tell_apart_panic() {
    Claims::new().that("a", "", u64::MAX).is_exactly(u64::MAX - 1);
}

#[test]
fn a_claim_without_a_requirement_fails() {
    assert!(fails(|c| drop(c.that("a", "", 1.0))));
}

#[test]
fn a_cell_run_twice_replaces_its_claim() {
    let mut claims = Claims::new();
    claims.that("a", "", 1).is_at_least(2);
    claims.that("b", "", 1).is_at_least(1);
    assert_eq!(claims.failed(), ["a"]);
    claims.that("a", "", 3).is_at_least(2);
    assert!(claims.failed().is_empty());
    assert_eq!(format!("{claims:?}").matches("2 recorded").count(), 1);
}

#[test]
fn the_table_is_shown_before_the_panic() {
    // The kernel reads standard output, so this looks at that of a process of its own.
    if std::env::var_os("SHOW_A_FAILED_CLAIM").is_some() {
        install_panic_hook();
        let mut claims = Claims::new();
        claims.that("x.a", "one <is> two", 1.0).is_at_least(2.0);
        claims.evcxr_display();
        unreachable!("the display of a failed claim panics");
    }
    let output = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "the_table_is_shown_before_the_panic", "--nocapture"])
        .env("SHOW_A_FAILED_CLAIM", "1")
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(!output.status.success());
    let html = said.split("EVCXR_BEGIN_CONTENT text/html\n").nth(1).unwrap().split("EVCXR_END_CONTENT").next().unwrap();
    assert!(html.contains("one &lt;is&gt; two") && html.contains('✗') && html.contains("≥ 2"), "{html}");
    assert!(said.contains("EVCXR_BEGIN_CONTENT text/plain\n") && said.contains("1 of 1 claims failed"), "{said}");
    let panicked = said.find("✗ panicked: 1 of 1 claims failed: x.a").expect("the panic's line");
    assert!(said.rfind("EVCXR_END_CONTENT").unwrap() < panicked, "{said}");
}

#[test]
fn claims_that_hold_are_shown_without_a_panic() {
    let mut claims = Claims::new();
    claims.that("a", "", 1).is_at_least(1);
    assert!(catch_unwind(AssertUnwindSafe(|| claims.evcxr_display())).is_ok());
    assert!(catch_unwind(|| Claims::new().evcxr_display()).is_ok());
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
    let () = Claims::new().evcxr_display();
    let () = over_seeds(1, |_| 1.0).evcxr_display();
    assert_eq!(Which::evcxr_display(&1), "by the trait");
    ShowDebug::evcxr_display(&1);
}
