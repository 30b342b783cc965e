//! The process that runs the cells and holds the notebook's variables.
//!
//! evcxr compiles each cell into a shared object with one function. This process loads them, one after the other, and calls
//! that function with a pointer to the variables. What it should run comes from the supervisor over a socket, which also
//! hears when a cell has ended: standard input and output belong to the cells alone.

use std::ffi::{c_int, c_void};
use std::io::{BufRead, BufReader, Write};
use std::os::fd::{FromRawFd, RawFd};
use std::os::unix::net::UnixStream;
use std::process::exit;

use libloading::Library;

/// Set for this process, whose end of the socket is [`SOCKET`].
pub const IS_CHILD: &str = "DLI_RUNS_CELLS";
/// The socket's number here.
pub const SOCKET: RawFd = 3;

type Cell = extern "C" fn(*mut c_void) -> *mut c_void;
type Hook = extern "C" fn();

/// Runs what the supervisor asks for, until it is gone.
pub fn run() -> ! {
    // Whoever starts this program from a cell gets an ordinary kernel. No thread runs yet that could read the environment.
    unsafe { std::env::remove_var(IS_CHILD) };
    // The supervisor has put the socket there for us, and nobody else knows of it.
    let socket = unsafe { UnixStream::from_raw_fd(SOCKET) };
    // Not for the programs that a cell starts.
    unsafe { libc::fcntl(SOCKET, libc::F_SETFD, libc::FD_CLOEXEC) };
    let commands = BufReader::new(socket.try_clone().expect("a socket can be shared"));
    let mut answers = socket;
    let mut variables = std::ptr::null_mut();
    for command in commands.lines() {
        // The name of the function is the last word; the path before it may hold spaces.
        let Some((path, function)) = command.ok().as_deref().and_then(parse) else { exit(99) };
        match load(&path, &function) {
            Ok((library, cell)) => {
                call(&library, b"dli_cell_begins");
                variables = cell(variables);
                call(&library, b"dli_cell_ends");
                // Never unloaded: variables, threads and thread-locals may need its code to the very end.
                std::mem::forget(library);
            }
            Err(error) => {
                eprintln!("The kernel cannot load a cell that it has compiled: {error}");
                exit(99);
            }
        }
        if answers.write_all(b"\n").is_err() {
            break;
        }
    }
    exit(0)
}

fn parse(command: &str) -> Option<(String, String)> {
    let (path, function) = command.strip_prefix("LOAD_AND_RUN ")?.rsplit_once(' ')?;
    Some((path.to_owned(), function.to_owned()))
}

fn load(path: &str, function: &str) -> Result<(Library, Cell), libloading::Error> {
    // What evcxr has compiled just now, with a function of this type.
    unsafe {
        let library = Library::new(path)?;
        let cell = *library.get::<Cell>(function)?;
        Ok((library, cell))
    }
}

/// Calls a function of our crate, if the cell has it: see `notebook::kernel_calls` there.
fn call(library: &Library, name: &[u8]) {
    if let Ok(hook) = unsafe { library.get::<Hook>(name) } {
        hook();
    }
}

/// In a new process that is about to become this one: gives the socket its number.
pub fn take_socket(socket: RawFd) -> std::io::Result<()> {
    let answer: c_int = if socket == SOCKET {
        unsafe { libc::fcntl(SOCKET, libc::F_SETFD, 0) }
    } else {
        unsafe { libc::dup2(socket, SOCKET) }
    };
    if answer < 0 { Err(std::io::Error::last_os_error()) } else { Ok(()) }
}
