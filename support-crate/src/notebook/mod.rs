//! What a cell shows: tables, claims.
