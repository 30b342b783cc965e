//! The seed of a whole run.

use std::ffi::OsStr;

/// The notebook's seed: 42, unless the environment variable `DLI_SEED` names another number, so that a whole
/// notebook can be run again under other seeds.
///
/// # Panics
///
/// If `DLI_SEED` is not a whole number from 0 to 2⁶⁴ − 1: a run under a seed that nobody meant is worse than none.
///
/// ```
/// use dl_interview::notebook::seed;
///
/// assert_eq!(seed(), seed());
/// ```
pub fn seed() -> u64 {
    std::env::var_os("DLI_SEED").map_or(42, |text| parsed(&text))
}

fn parsed(text: &OsStr) -> u64 {
    text.to_str().and_then(|text| text.trim().parse().ok()).unwrap_or_else(|| {
        panic!("DLI_SEED is {text:?}, but a seed is a whole number such as 42; set it to one, or unset it")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_is_the_seed() {
        assert_eq!(parsed("7".as_ref()), 7);
        assert_eq!(parsed(" 18446744073709551615\n".as_ref()), u64::MAX);
    }

    #[test]
    #[should_panic(expected = "DLI_SEED is \"seven\", but a seed is a whole number")]
    fn anything_else_panics() {
        parsed("seven".as_ref());
    }
}
