//! Stands between evcxr and the process that runs the cells.
//!
//! evcxr reads what a cell prints line by line, knows the end of a cell by a line of its own, and reads standard error in a
//! thread of its own: a text without a line break is shown under a later cell or never, a byte that is not UTF-8 shifts all
//! results by one cell, and what went to standard error comes too late. So this process reads both, and hands on lines of
//! text, in order and before the end of their cell. It outlives a crash, and can tell the reader about it; it hears the stop
//! button, and can tell that a cell does not; and when evcxr is gone, it ends a cell that would run for ever.

use std::fs::File;
use std::io::{ErrorKind, Read, Write};
use std::mem::ManuallyDrop;
use std::os::fd::{AsRawFd, FromRawFd, RawFd};
use std::os::unix::net::UnixStream;
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::process::{Child, Command, ExitStatus, Stdio, exit};
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::time::{Duration, Instant};

use crate::cells;

/// evcxr's line for the end of a cell.
const CELL_ENDS: &[u8] = b"EVCXR_EXECUTION_COMPLETE\n";
/// A cell that goes on for so long after the stop button does not listen to it.
const PATIENCE: Duration = Duration::from_secs(4);
const RED: &str = "\x1b[31m";
const PLAIN: &str = "\x1b[0m";
const MARKER: &str = "✗ ";

static INTERRUPTS: AtomicUsize = AtomicUsize::new(0);

extern "C" fn count_interrupt(_: i32) {
    INTERRUPTS.fetch_add(1, Relaxed);
}

/// Serves evcxr until it is gone, or the process that runs the cells.
pub fn run() -> ! {
    // The handler only counts; it makes `poll` return, whatever it was waiting for.
    unsafe {
        let mut action: libc::sigaction = std::mem::zeroed();
        action.sa_sigaction = count_interrupt as extern "C" fn(i32) as usize;
        libc::sigaction(libc::SIGINT, &action, std::ptr::null_mut());
    }
    let (socket, for_child) = UnixStream::pair().expect("a pair of sockets");
    let mut child = start(&for_child);
    drop(for_child);
    let status = Supervisor::new(socket, &mut child).serve();
    let Some(status) = status.or_else(|| child.try_wait().ok().flatten()) else {
        let _ = child.kill(); // evcxr is gone
        exit(0)
    };
    exit(status.code().unwrap_or(1))
}

fn start(for_child: &UnixStream) -> Child {
    let socket = for_child.as_raw_fd();
    let mut command = Command::new(std::env::current_exe().expect("this program has a path"));
    command.args(std::env::args_os().skip(1)).env(cells::IS_CHILD, "1");
    // A cell that reads finds the end of its input at once: there is no keyboard.
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    unsafe {
        command.pre_exec(move || {
            // Until a training listens, an interrupt is nothing to it.
            libc::signal(libc::SIGINT, libc::SIG_IGN);
            #[cfg(target_os = "linux")]
            libc::prctl(libc::PR_SET_PDEATHSIG, libc::SIGKILL);
            cells::take_socket(socket)
        });
    }
    command.spawn().unwrap_or_else(|error| {
        eprintln!("The kernel cannot start the process that runs the cells: {error}");
        exit(99)
    })
}

struct Supervisor<'a> {
    child: &'a mut Child,
    socket: UnixStream,
    said: Lines,
    complained: Lines,
    /// Standard input, without the buffer of `std::io::stdin`, of which `poll` knows nothing.
    evcxr: ManuallyDrop<File>,
    /// What it has asked for: a line per cell.
    commands: Vec<u8>,
    /// Interrupts when the cell began, and when the first later one came.
    cell: Option<(usize, Option<Instant>)>,
    told: Option<usize>,
}

impl<'a> Supervisor<'a> {
    fn new(socket: UnixStream, child: &'a mut Child) -> Self {
        let (out, err) = (child.stdout.take().expect("piped"), child.stderr.take().expect("piped"));
        for fd in [out.as_raw_fd(), err.as_raw_fd(), socket.as_raw_fd(), libc::STDIN_FILENO] {
            unsafe { libc::fcntl(fd, libc::F_SETFL, libc::fcntl(fd, libc::F_GETFL) | libc::O_NONBLOCK) };
        }
        let (said, complained) = (Lines::new(Box::new(out), false), Lines::new(Box::new(err), true));
        let evcxr = ManuallyDrop::new(unsafe { File::from_raw_fd(libc::STDIN_FILENO) });
        Supervisor { child, socket, said, complained, evcxr, commands: Vec::new(), cell: None, told: None }
    }

    /// Answers with how the child ended, or with nothing when evcxr is gone.
    fn serve(&mut self) -> Option<ExitStatus> {
        loop {
            let fds = [libc::STDIN_FILENO, self.said.fd, self.complained.fd, self.socket.as_raw_fd()];
            let [from_evcxr, said, complained, from_child] = wait(fds, self.cell.is_some());
            if said || complained || from_child {
                self.said.pass_on();
                self.complained.pass_on();
            }
            if from_child && !self.cell_has_ended() {
                return Some(self.tell_the_end());
            }
            if from_evcxr {
                self.pass_commands()?;
            }
            self.watch_the_stop_button();
        }
    }

    /// Reads what the child answers; `false` when there is no child any more.
    fn cell_has_ended(&mut self) -> bool {
        let mut answer = [0; 1];
        match self.socket.read(&mut answer) {
            Ok(0) => false,
            Ok(_) => {
                // Everything that the cell has written is in the pipes by now.
                self.said.pass_on();
                self.complained.pass_on();
                self.said.end_line();
                self.complained.end_line();
                self.cell = None;
                write(CELL_ENDS);
                true
            }
            Err(error) => matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::Interrupted),
        }
    }

    /// Hands what evcxr asks for to the child; `None` when evcxr is gone.
    fn pass_commands(&mut self) -> Option<()> {
        let mut buffer = [0; 4096];
        match self.evcxr.read(&mut buffer) {
            Ok(0) => return None,
            Ok(length) => self.commands.extend(&buffer[..length]),
            Err(_) => return Some(()),
        }
        while let Some(end) = self.commands.iter().position(|byte| *byte == b'\n') {
            let command: Vec<u8> = self.commands.drain(..=end).collect();
            self.cell = Some((INTERRUPTS.load(Relaxed), None));
            self.told = None;
            if self.socket.write_all(&command).is_err() {
                break; // it is gone, and `serve` sees that next
            }
        }
        Some(())
    }

    fn watch_the_stop_button(&mut self) {
        let Some((before, pressed)) = &mut self.cell else { return };
        let interrupts = INTERRUPTS.load(Relaxed);
        if interrupts == *before {
            return;
        }
        let pressed = *pressed.get_or_insert_with(Instant::now);
        match self.told {
            None if pressed.elapsed() >= PATIENCE => {
                self.said.end_line();
                say(
                    "The stop button was pressed, but this cell does not listen to it and goes on. Press it once more to \
                     end the cell; all variables are lost then. (A loop of your own can listen: \
                     `if is_interrupted() { break }`.)",
                );
                self.told = Some(interrupts);
            }
            Some(then) if interrupts > then => {
                let _ = self.child.kill();
            }
            _ => (),
        }
    }

    /// The last words of the child, and what its end means.
    fn tell_the_end(&mut self) -> ExitStatus {
        self.said.pass_on();
        self.complained.pass_on();
        self.said.end_line();
        self.complained.end_line();
        let status = self.child.wait().unwrap_or_default();
        let how = match (status.signal(), status.code()) {
            (Some(libc::SIGKILL), _) if self.told.is_some() => "was ended by the stop button".to_owned(),
            (Some(libc::SIGKILL), _) => "was killed, perhaps because there was not enough memory".to_owned(),
            (Some(libc::SIGABRT), _) => {
                "was aborted: its stack or the memory was full, or a panic came during another one".to_owned()
            }
            (Some(signal), _) => format!("crashed (signal {signal})"),
            (_, Some(code)) => format!("ended itself (exit code {code})"),
            _ => "ended".to_owned(),
        };
        say(&format!(
            "The program that runs the cells {how}. All variables are gone: run the cells again, from the top."
        ));
        status
    }
}

/// Waits until one of them has something to read, and says which. While a cell runs, not for ever: the stop button counts
/// seconds.
fn wait(fds: [RawFd; 4], cell_runs: bool) -> [bool; 4] {
    let mut polled = fds.map(|fd| libc::pollfd { fd, events: libc::POLLIN, revents: 0 });
    let milliseconds = if cell_runs && INTERRUPTS.load(Relaxed) > 0 { 200 } else { -1 };
    unsafe { libc::poll(polled.as_mut_ptr(), 4, milliseconds) };
    polled.map(|fd| fd.revents != 0)
}

/// A pipe, and the lines that come out of it.
struct Lines {
    pipe: Box<dyn Read>,
    fd: RawFd,
    /// Standard error: in red.
    is_error: bool,
    /// What came after the last line break.
    rest: Vec<u8>,
}

impl Lines {
    fn new<P: Read + AsRawFd + 'static>(pipe: Box<P>, is_error: bool) -> Self {
        Lines { fd: pipe.as_raw_fd(), pipe, is_error, rest: Vec::new() }
    }

    /// Hands on every line that is complete, and what is there already.
    fn pass_on(&mut self) {
        let mut buffer = [0; 1 << 16];
        loop {
            match self.pipe.read(&mut buffer) {
                Ok(0) => {
                    self.fd = -1; // `poll` passes over it
                    return;
                }
                Ok(length) => self.rest.extend(&buffer[..length]),
                Err(error) if error.kind() == ErrorKind::Interrupted => continue,
                Err(_) => return,
            }
            let Some(end) = self.rest.iter().rposition(|byte| *byte == b'\n') else { continue };
            let complete: Vec<u8> = self.rest.drain(..=end).collect();
            let mut out = Vec::with_capacity(complete.len());
            for line in complete.split_inclusive(|byte| *byte == b'\n') {
                self.line(line, &mut out);
            }
            write(&out);
        }
    }

    /// A text that no line break has ended: it ends here.
    fn end_line(&mut self) {
        if !self.rest.is_empty() {
            let mut line = std::mem::take(&mut self.rest);
            line.push(b'\n');
            let mut out = Vec::new();
            self.line(&line, &mut out);
            write(&out);
        }
    }

    fn line(&self, line: &[u8], out: &mut Vec<u8>) {
        let text = String::from_utf8_lossy(line);
        if self.is_error {
            out.extend(format!("{RED}{}{PLAIN}\n", text.trim_end()).into_bytes());
            return;
        }
        match text.find("EVCXR_BEGIN_CONTENT ") {
            Some(at) if at > 0 => {
                out.extend(text[..at].as_bytes());
                out.push(b'\n');
                out.extend(text[at..].as_bytes());
            }
            _ => out.extend(text.as_bytes()),
        }
    }
}

fn say(text: &str) {
    write(format!("{RED}{MARKER}{text}{PLAIN}\n").as_bytes());
}

/// To evcxr. If it is gone, `serve` sees that.
fn write(bytes: &[u8]) {
    let mut out = std::io::stdout().lock();
    let _ = out.write_all(bytes).and_then(|()| out.flush());
}
