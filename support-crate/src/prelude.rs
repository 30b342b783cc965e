//! The names a notebook needs, listed one by one.
