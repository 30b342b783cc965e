//! A claim that does not hold must turn the run red, after the reader has seen the table.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::process::Command;

use dl_interview::notebook::{Claims, ShowDebug, table};
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
    }
    assert!(fails(|c| c.that("a", "", 1.0).is_close_to(1.0, f64::NAN)));
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
    let panicked = String::from_utf8_lossy(&output.stderr).contains("1 of 1 claims failed: x.a");
    assert!(panicked || said.contains("1 of 1 claims failed: x.a"));
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
    assert_eq!(Which::evcxr_display(&1), "by the trait");
    ShowDebug::evcxr_display(&1);
}
