//! The same experiment under several seeds: the statistics, and what is shown of them.

use std::panic::catch_unwind;
use std::process::Command;

use dl_interview::notebook::{install_panic_hook, over_seeds};

#[test]
fn runs_get_consecutive_seeds_from_the_notebooks_own() {
    let mut seen = Vec::new();
    let runs = over_seeds(3, |seed| {
        seen.push(seed);
        seed as f64
    });
    assert_eq!(seen, [42, 43, 44]);
    assert_eq!(runs.seeds(), seen);
    assert_eq!(runs.values(), [[42.0], [43.0], [44.0]]);
}

#[test]
fn the_statistics_of_each_position() {
    let values = [[1.0, 2.0], [2.0, 4.0], [6.0, 3.0], [7.0, 3.0]];
    let runs = over_seeds(4, |seed| values[seed as usize - 42].to_vec());
    assert_eq!(runs.mean(), [4.0, 3.0]);
    // (9 + 4 + 4 + 9) / 3 and (1 + 1 + 0 + 0) / 3: the sample's, not the population's.
    assert_eq!(runs.spread(), [(26.0_f64 / 3.0).sqrt(), (2.0_f64 / 3.0).sqrt()]);
    assert_eq!((runs.lowest(), runs.highest()), (vec![1.0, 2.0], vec![7.0, 4.0]));
    assert_eq!((runs.count(), runs.last()), (vec![4, 4], vec![2.0, 4.0, 3.0, 3.0]));
    let spread = (2.0_f64 / 3.0).sqrt();
    assert_eq!(runs.summary(), [3.0, spread, 2.0, 4.0]);
    let [mean, low, high] = runs.band();
    assert_eq!((mean, low[1], high[1]), (runs.mean(), 3.0 - spread, 3.0 + spread));
}

#[test]
fn runs_that_stop_early_leave_the_others() {
    let runs = over_seeds(3, |seed| match seed {
        42 => vec![1.0, 2.0, 5.0],
        43 => vec![3.0, 4.0],
        _ => vec![2.0],
    });
    assert_eq!(runs.count(), [3, 2, 1]);
    assert_eq!(runs.mean(), [2.0, 3.0, 5.0]);
    assert!(runs.spread()[2].is_nan());
    let [_, low, high] = runs.band();
    assert_eq!((low[2], high[2]), (5.0, 5.0), "the band closes, it does not break off");
    assert_eq!(runs.last(), [5.0, 4.0, 2.0]);
}

#[test]
fn a_run_that_diverged_is_not_passed_over() {
    for position in 0..3 {
        let runs = over_seeds(3, |seed| if seed == 42 + position { f64::NAN } else { 1.0 });
        let [mean, low, high] = runs.band();
        for x in [mean, low, high, runs.spread(), runs.lowest(), runs.highest()] {
            assert!(x[0].is_nan(), "{x:?}");
        }
        assert!(runs.summary().iter().all(|x| x.is_nan()));
    }
}

#[test]
fn numbers_and_curves_of_any_type_are_kept() {
    assert_eq!(over_seeds(1, |_| 0.9_f32).values(), [[0.9]]);
    assert_eq!(over_seeds(1, |_| vec![0.9_f32, 0.1]).values(), [[0.9, 0.1]]);
    assert_eq!(over_seeds(1, |_| 3_usize).values(), [[3.0]]);
}

#[test]
fn the_table_shows_a_dash_for_the_spread_of_one_run() {
    let text = over_seeds(1, |_| vec![0.5, 0.25]).table().text();
    assert_eq!(
        text,
        "position  mean ± spread  lowest  highest  runs
────────  ─────────────  ──────  ───────  ────
       1        0.5 ± –    0.5      0.5      1
       2       0.25 ± –    0.25     0.25     1"
    );
}

#[test]
fn a_long_curve_shows_twelve_rows_with_both_ends() {
    for (length, rows) in [(2, 2), (12, 12), (13, 12), (1000, 12)] {
        let text = over_seeds(2, |_| vec![0.5; length]).table().text();
        let shown: Vec<usize> =
            text.lines().skip(2).map(|l| l.split_whitespace().next().unwrap().parse().unwrap()).collect();
        assert_eq!((shown.len(), shown[0], shown[rows - 1]), (rows, 1, length));
        assert!(shown.is_sorted_by(|a, b| a < b), "{shown:?}");
    }
}

#[test]
fn runs_can_be_kept_and_compared() {
    let runs = over_seeds(2, |seed| seed);
    assert_eq!(runs.clone(), runs);
    assert_eq!(format!("{runs:?}"), "Runs(2 under seeds 42 to 43, last values [42.0, 43.0])");
}

#[test]
#[should_panic(expected = "no such layer\n  in the run under seed 43 (2 of 3)")]
fn a_panic_names_the_seed() {
    over_seeds(3, |seed| if seed == 43 { panic!("no such layer") } else { 1.0 });
}

#[test]
#[should_panic(expected = "row 7\n  in the run under seed 42 (1 of 1)")]
fn a_panic_with_values_in_its_message_names_the_seed() {
    over_seeds(1, |seed| if seed > 0 { panic!("row {}", seed - 35) } else { 1.0 });
}

#[test]
#[should_panic(expected = "over_seeds(0, …)")]
fn no_seeds_panic() {
    over_seeds(0, |_| 1.0);
}

#[test]
#[should_panic(expected = "the run under seed 42 (1 of 2) returned no values")]
fn an_empty_curve_panics() {
    over_seeds(2, |_| Vec::<f64>::new());
}

/// What a process of its own prints under a seed of its own; tests share their environment, so no test sets one.
fn printed(what: &str, seed: &str) -> String {
    let output = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "what_a_notebook_prints", "--nocapture"])
        .envs([("PRINT", what), ("DLI_SEED", seed)])
        .output()
        .unwrap();
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn what_a_notebook_prints() {
    match std::env::var("PRINT").as_deref() {
        Ok("panic") => {
            install_panic_hook();
            let _ = catch_unwind(|| over_seeds(3, |seed| if seed == 8 { panic!("no such layer") } else { 1.0 }));
            std::process::exit(0);
        }
        Ok(count) => {
            over_seeds(count.parse().unwrap(), |seed| seed);
            std::process::exit(0);
        }
        Err(_) => {}
    }
    let lines = |count: &str| {
        printed(count, "7").lines().filter(|l| l.starts_with("seed ")).map(str::to_owned).collect::<Vec<_>>().join("\n")
    };
    assert_eq!(lines("1"), "");
    assert_eq!(lines("3"), "seed 7 (1 of 3)\nseed 8 (2 of 3)\nseed 9 (3 of 3)");
    assert_eq!(lines("12").lines().count(), 12);
    assert_eq!(lines("13"), "");
    assert!(printed("2", "18446744073709551615").contains("seed 0 (2 of 2)"));
    // Two lines that the program that runs notebooks takes for one message.
    assert!(printed("panic", "7").contains("✗ panicked: no such layer\x1b[0m\n  in the run under seed 8 (2 of 3)\n"));
}
