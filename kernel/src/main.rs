//! The kernel of the notebooks: evcxr, between the notebook and two things of its own.
//!
//! This program is started for two more purposes:
//!
//! - by evcxr, as the process that runs the cells, which differs from evcxr's own: see `supervisor` and `cells`;
//! - by cargo, in the place of rustc, which compiles them: see `source`.
//!
//! On Windows it is evcxr and nothing else.

#[cfg(unix)]
mod cells;
#[cfg(unix)]
mod source;
#[cfg(unix)]
mod supervisor;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    #[cfg(unix)]
    {
        if std::env::var_os(cells::IS_CHILD).is_some() {
            cells::run();
        }
        // Set by evcxr.
        if std::env::var_os("EVCXR_IS_RUNTIME").is_some() {
            supervisor::run();
        }
        // The kernel is `RUSTC_WORKSPACE_WRAPPER` for cargo, which names rustc in the first argument.
        let arguments: Vec<_> = std::env::args_os().skip(1).collect();
        if let [rustc, rest @ ..] = &arguments[..]
            && std::env::var_os("RUSTC").as_ref() == Some(rustc)
        {
            return Err(source::compile(rustc, rest).into());
        }
    }
    Ok(evcxr_jupyter::main()?)
}
