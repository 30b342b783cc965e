//! What needs a process of its own: environment variables, a full disk, being killed, company.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::sync::LazyLock;
use std::time::{Duration, SystemTime};

use dl_interview::data::{Mnist, mnist, mnist_from};
use tempfile::tempdir;

use super::{LOADED, NAMES, assert_good, copy_of, ink, names_in, packed_folder};

/// Prints what `mnist()` gave.
#[test]
#[ignore = "what the tests below run as a process of its own"]
fn load() {
    match mnist() {
        Ok(data) => println!("{}", report(&data)),
        Err(error) => println!("failed: {error}"),
    }
}

/// The command that runs `load`, where no folder of the user's is used; `through` is put in front.
fn command(through: &[&str], variables: &[(&str, &Path)]) -> Command {
    let this = std::env::current_exe().unwrap();
    let mut words: Vec<&str> = through.to_vec();
    words.extend([this.to_str().unwrap(), "processes::load", "--exact", "--ignored", "--nocapture"]);
    let mut command = Command::new(words[0]);
    command.args(&words[1..]).stdout(Stdio::piped()).stderr(Stdio::piped());
    for variable in ["DLI_DATA_DIR", "DLI_CACHE_DIR", "XDG_CACHE_HOME", "HOME", "LOCALAPPDATA"] {
        command.env_remove(variable);
    }
    for (variable, value) in variables {
        // The temporary folder has one name on Unix and two on Windows.
        let same: &[&str] = if *variable == "TMPDIR" { &["TMPDIR", "TMP", "TEMP"] } else { &[variable] };
        command.envs(same.iter().map(|it| (it, value)));
    }
    command
}

fn said(output: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

fn run(variables: &[(&str, &Path)]) -> String {
    said(&command(&[], variables).output().unwrap())
}

fn report(data: &Mnist) -> String {
    format!("loaded {data:?} with ink {} and {}", ink(&data.train), ink(&data.test))
}

fn loaded(text: &str) -> bool {
    static GOOD: LazyLock<String> = LazyLock::new(|| report(&LOADED.0));
    text.contains(&*GOOD)
}

#[test]
fn the_variables_say_where_the_folders_are() {
    let (moved, base) = (copy_of(&packed_folder()), tempdir().unwrap());
    let base = base.path();
    // Each cache starts out with the good files but for one, so that it shows both that the cache is
    // used (fast, and the file appears) and where the packed file comes from.
    let prepare = |cache: PathBuf| {
        fs::create_dir_all(&cache).unwrap();
        for name in &NAMES[..3] {
            fs::copy(LOADED.1.join(name), cache.join(name)).unwrap();
        }
        cache
    };
    let default = if cfg!(windows) {
        "home/dl-interview"
    } else if cfg!(target_os = "macos") {
        "home/Library/Caches/dl-interview"
    } else {
        "home/.cache/dl-interview"
    };
    let (home, xdg, tmp, own) = (base.join("home"), base.join("xdg"), base.join("tmp"), base.join("own"));
    let home_name = if cfg!(windows) { "LOCALAPPDATA" } else { "HOME" };
    let all: [(&str, &Path); 4] =
        [("TMPDIR", &tmp), (home_name, &home), ("XDG_CACHE_HOME", &xdg), ("DLI_CACHE_DIR", &own)];
    // The more of them are set, the later one in the list wins.
    for (set, expected) in [(1, "tmp/dl-interview"), (2, default), (3, "xdg/dl-interview"), (4, "own")] {
        let cache = prepare(base.join(expected));
        let text = run(&[&all[..set], &[("DLI_DATA_DIR", moved.path())]].concat());
        assert!(loaded(&text), "{expected}: {text}");
        assert_good(&cache);
        fs::remove_dir_all(cache).unwrap();
    }
    // An empty folder shows that DLI_DATA_DIR is what is read.
    let empty = tempdir().unwrap();
    let text = run(&[("DLI_DATA_DIR", empty.path()), ("DLI_CACHE_DIR", &base.join("new"))]);
    assert!(text.contains("failed: ") && text.contains(empty.path().to_str().unwrap()), "{text}");
    // An empty value counts as not set, and XDG's specification has a relative folder ignored.
    let cache = prepare(base.join(default));
    let none = Path::new("");
    let text = run(&[
        ("DLI_DATA_DIR", none),
        ("DLI_CACHE_DIR", none),
        ("XDG_CACHE_HOME", Path::new("relative")),
        (home_name, &home),
    ]);
    assert!(loaded(&text), "{text}");
    assert_good(&cache);
}

#[test]
fn a_cache_that_cannot_be_written_is_not_needed() {
    let folder = tempdir().unwrap();
    let (file, tmp) = (folder.path().join("file"), folder.path().join("tmp"));
    fs::write(&file, "a folder cannot be made below a file, not even by root").unwrap();
    fs::create_dir(&tmp).unwrap();
    let text = run(&[("DLI_CACHE_DIR", &file.join("sub")), ("TMPDIR", &tmp)]);
    assert!(loaded(&text), "{text}");
    assert_eq!(names_in(&tmp), [""; 0], "the temporary folder is gone");
    // A folder in the place of a file: the cache can be written, but not this file.
    let cache = folder.path().join("cache");
    fs::create_dir_all(cache.join("train-images-idx3-ubyte")).unwrap();
    let text = run(&[("DLI_CACHE_DIR", &cache), ("TMPDIR", &tmp)]);
    assert!(loaded(&text), "{text}");
    assert_eq!(names_in(&cache), NAMES, "no temporary file is left");

    let text = run(&[("DLI_CACHE_DIR", &file.join("sub")), ("TMPDIR", &file)]);
    for part in ["failed: ", file.join("sub").to_str().unwrap(), "Set DLI_CACHE_DIR to a folder you can write to"] {
        assert!(text.contains(part), "{text}");
    }
}

/// The same process, unable to write a file of more than 2048 blocks (1 or 2 MB).
#[cfg(unix)]
fn limited(first: &str, variables: &[(&str, &Path)]) -> Output {
    let script = format!("{first}; ulimit -c 0; ulimit -f 2048; exec \"$@\"");
    command(&["sh", "-c", &script, "sh"], variables).output().unwrap()
}

#[test]
#[cfg(unix)]
fn a_disk_that_becomes_full_half_way_is_an_error() {
    let folder = tempdir().unwrap();
    let (cache, tmp) = (folder.path().join("cache"), folder.path().join("tmp"));
    fs::create_dir(&tmp).unwrap();
    // With the signal ignored, the write fails after 1 MB, as on a full disk.
    let text = said(&limited("trap '' XFSZ", &[("DLI_CACHE_DIR", &cache), ("TMPDIR", &tmp)]));
    for part in ["failed: ", cache.to_str().unwrap(), tmp.to_str().unwrap(), "Set DLI_CACHE_DIR"] {
        assert!(text.contains(part), "{text}");
    }
    assert_eq!(names_in(&cache), [NAMES[1], NAMES[3]], "the small files fit, the half one is gone");
    assert_eq!(names_in(&tmp), [""; 0]);
}

#[test]
#[cfg(unix)]
fn what_a_killed_process_leaves_is_harmless() {
    let cache = tempdir().unwrap();
    let cache = cache.path();
    // The signal for too large a file kills it in the middle of writing.
    let killed = limited("true", &[("DLI_CACHE_DIR", cache)]);
    assert!(!killed.status.success(), "{}", said(&killed));
    let left = Vec::from_iter(names_in(cache).into_iter().filter(|it| it.ends_with(".tmp")));
    let [leftover] = &left[..] else { panic!("{left:?}, {}", said(&killed)) };
    assert!(fs::metadata(cache.join(leftover)).unwrap().len() > 0);

    // It may belong to a process that is still writing, so it stays for now …
    mnist_from(&packed_folder(), cache).unwrap();
    assert_eq!(names_in(cache).len(), 5);
    // … and goes when it is too old for that; a file of the user's stays.
    let old = SystemTime::now() - Duration::from_secs(2 * 3600);
    let users = cache.join("notes.tmp");
    fs::write(&users, "mine").unwrap();
    for file in [&cache.join(leftover), &users] {
        File::options().write(true).open(file).unwrap().set_modified(old).unwrap();
    }
    mnist_from(&packed_folder(), cache).unwrap();
    fs::remove_file(users).unwrap();
    assert_good(cache);
}

#[test]
fn several_processes_unpack_at_once() {
    let folder = tempdir().unwrap();
    let cache = folder.path().join("cache");
    // Without a temporary folder to turn to, one process that disturbs another cannot go unnoticed.
    let none = folder.path().join("file");
    fs::write(&none, "").unwrap();
    let variables: [(&str, &Path); 2] = [("DLI_CACHE_DIR", &cache), ("TMPDIR", &none)];
    let start = || command(&[], &variables).spawn().unwrap();
    let running: Vec<_> = (0..4).map(|_| start()).collect();
    for process in running {
        let text = said(&process.wait_with_output().unwrap());
        assert!(loaded(&text), "{text}");
    }
    assert_good(&cache);
}
