//! A short copy of the standard library's sources, for the kernel's rust-analyzer alone.
//!
//! evcxr asks an in-process rust-analyzer for the type of every variable, and that reads the sources of `core`, `alloc`
//! and `std` at each kernel start: 52 MB, 3 s. Types follow from signatures, so the copy leaves out what no signature
//! needs: function bodies, comments, documentation, tests, vendor intrinsics. rustc never reads these files.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::str::FromStr;

use anyhow::{Context, Result};
use proc_macro2::{Delimiter, Group, TokenStream, TokenTree};

/// Only these are part of what a program can name.
const CRATES: [&str; 4] = ["core", "alloc", "std", "proc_macro"];

/// Attributes that change neither names nor types. (`cfg`, `path`, `lang`, `macro_export`, … do and stay.)
const DROPPED: [&str; 16] = [
    "allow",
    "cold",
    "deny",
    "deprecated",
    "diagnostic",
    "doc",
    "expect",
    "inline",
    "must_use",
    "optimize",
    "rustc_const_stable",
    "rustc_const_unstable",
    "stable",
    "track_caller",
    "unstable",
    "warn",
];

/// Writes the short copy of `library` (the `library` folder of the rust-src component) to `target`.
pub fn write_short_copy(library: &Path, target: &Path) -> Result<()> {
    let unfinished = target.with_extension("unfinished");
    let _ = fs::remove_dir_all(&unfinished);
    for name in CRATES {
        copy_folder(&library.join(name).join("src"), &unfinished.join(name).join("src"))?;
    }
    // `core` and `std` include these by path. Vendor intrinsics and SIMD are half of all the text; no notebook uses
    // them, and an empty module keeps the rest of the crate in order.
    let stubs = [
        ("stdarch/crates/core_arch/src/mod.rs", "pub mod arch {}"),
        ("portable-simd/crates/core_simd/src/mod.rs", "pub mod simd { pub mod prelude {} }"),
        ("portable-simd/crates/std_float/src/lib.rs", ""),
    ];
    for (path, text) in stubs {
        let path = unfinished.join(path);
        fs::create_dir_all(path.parent().expect("a file in a folder"))?;
        fs::write(path, text)?;
    }
    stand_ins_for_external_crates(&unfinished.join("std/src"))?;
    fs::write(unfinished.join(SIZE), size(&unfinished)?)?;
    let _ = fs::remove_dir_all(target);
    fs::rename(&unfinished, target).with_context(|| format!("cannot create {}", target.display()))
}

/// The file of a copy that says how large it is.
const SIZE: &str = "size";

/// Whether `target` is a short copy from which nothing is missing.
pub fn is_whole(target: &Path) -> bool {
    fs::read_to_string(target.join(SIZE)).is_ok_and(|was| size(target).is_ok_and(|is| is == was))
}

/// The number of files, without the one that says this, and of their bytes.
fn size(folder: &Path) -> Result<String> {
    let (mut files, mut bytes) = (0, 0);
    each_file(folder, &mut |path| {
        if path.file_name().is_some_and(|name| name != SIZE) {
            files += 1;
            bytes += path.metadata()?.len();
        }
        Ok(())
    })?;
    Ok(format!("{files} files, {bytes} bytes"))
}

/// What `std` takes from `hashbrown`: the types that its own maps and sets wrap.
const HASHBROWN: &str = r#"
mod hashbrown {
    use core::marker::PhantomData;
    pub struct TryReserveError;
    pub mod hash_map {
        use super::PhantomData;
        pub struct HashMap<K, V, S, A>(PhantomData<(K, V, S, A)>);
        pub struct Iter<'a, K, V>(PhantomData<&'a (K, V)>);
        pub struct IterMut<'a, K, V>(PhantomData<&'a mut (K, V)>);
        pub struct IntoIter<K, V, A>(PhantomData<(K, V, A)>);
        pub struct Drain<'a, K, V, A>(PhantomData<&'a mut (K, V, A)>);
        pub struct ExtractIf<'a, K, V, F, A>(PhantomData<&'a mut (K, V, F, A)>);
        pub struct RustcOccupiedEntry<'a, K, V, A>(PhantomData<&'a mut (K, V, A)>);
        pub struct RustcVacantEntry<'a, K, V, A>(PhantomData<&'a mut (K, V, A)>);
    }
    pub mod hash_set {
        use super::PhantomData;
        pub struct HashSet<T, S, A>(PhantomData<(T, S, A)>);
        pub struct Iter<'a, T>(PhantomData<&'a T>);
        pub struct IntoIter<T, A>(PhantomData<(T, A)>);
        pub struct Drain<'a, T, A>(PhantomData<&'a mut (T, A)>);
        pub struct ExtractIf<'a, T, F, A>(PhantomData<&'a mut (T, F, A)>);
        pub struct OccupiedEntry<'a, T, S, A>(PhantomData<&'a mut (T, S, A)>);
        pub struct VacantEntry<'a, T, S, A>(PhantomData<&'a mut (T, S, A)>);
    }
}
"#;

/// Gives `std` modules of its own in place of the crates `hashbrown` and `libc`, whose sources do not come with it.
///
/// A type with a field of an unknown type has no known size, and then no method of it, nor of an `Option` of it, is found.
fn stand_ins_for_external_crates(std: &Path) -> Result<()> {
    let mut of_libc = BTreeSet::new();
    each_file(std, &mut |path| {
        let mut text = fs::read_to_string(path)?.replace("extern crate libc ;", "");
        for (at, found) in text.match_indices("libc :: ") {
            let rest = &text[at + found.len()..];
            let list = rest.strip_prefix('{').and_then(|rest| rest.split('}').next());
            // `one`, or `{ self , one , two as three }`. What starts with `c_` is in `core::ffi`.
            let names = list.unwrap_or(rest).split(',').take(if list.is_some() { usize::MAX } else { 1 });
            let names =
                names.filter_map(|name| name.split(|c: char| c != '_' && !c.is_alphanumeric()).find(|w| !w.is_empty()));
            of_libc.extend(names.filter(|name| *name != "self" && !name.starts_with("c_")).map(str::to_owned));
        }
        for name in ["hashbrown", "libc"] {
            text = text.replace(&format!("{name} ::"), &format!("crate :: {name} ::"));
        }
        Ok(fs::write(path, text)?)
    })?;
    // Some are numbers or functions in truth. It does not matter: no public signature has them.
    let libc: String = of_libc.iter().map(|name| format!("pub struct {name};\n")).collect();
    let root = std.join("lib.rs");
    let text = format!("{}{HASHBROWN}mod libc {{ pub use core::ffi::*;\n{libc} }}\n", fs::read_to_string(&root)?);
    Ok(fs::write(&root, text)?)
}

/// Calls `work` with every file below `folder`.
fn each_file(folder: &Path, work: &mut dyn FnMut(&Path) -> Result<()>) -> Result<()> {
    for entry in fs::read_dir(folder).with_context(|| format!("cannot read {}", folder.display()))? {
        let path = entry?.path();
        if path.is_dir() { each_file(&path, work)? } else { work(&path)? }
    }
    Ok(())
}

fn copy_folder(from: &Path, to: &Path) -> Result<()> {
    fs::create_dir_all(to).with_context(|| format!("cannot create {}", to.display()))?;
    for entry in fs::read_dir(from).with_context(|| format!("cannot read {}", from.display()))? {
        let path = entry?.path();
        let name = path.file_name().expect("an entry of a folder has a name");
        if path.is_dir() {
            if name != "tests" && name != "benches" {
                copy_folder(&path, &to.join(name))?;
            }
        } else if path.extension().is_some_and(|e| e == "rs") {
            let text = fs::read_to_string(&path)?;
            fs::write(to.join(name), shorten(&text))?;
        }
    }
    Ok(())
}

/// The source without what no signature needs. What cannot be read as tokens stays as it is.
fn shorten(source: &str) -> String {
    match TokenStream::from_str(source) {
        Ok(tokens) => without_bodies(tokens).to_string(),
        Err(_) => source.to_owned(),
    }
}

fn without_bodies(tokens: TokenStream) -> TokenStream {
    let mut out: Vec<TokenTree> = Vec::new();
    let mut tokens = tokens.into_iter().peekable();
    // Inside `fn name…`, up to its body or semicolon. A type that only the body tells (`-> impl Trait`) keeps the body.
    let mut signature: Option<bool> = None;
    while let Some(token) = tokens.next() {
        match token {
            TokenTree::Punct(hash) if hash.as_char() == '#' => {
                let attribute = match tokens.peek() {
                    Some(TokenTree::Group(group)) if group.delimiter() == Delimiter::Bracket => Some(group.clone()),
                    _ => None,
                };
                if attribute.is_some_and(|group| is_dropped(&group)) {
                    tokens.next();
                } else {
                    out.push(hash.into());
                }
            }
            TokenTree::Group(group) => {
                let is_body = group.delimiter() == Delimiter::Brace && signature.is_some();
                let keep = signature.unwrap_or(true);
                if is_body {
                    signature = None;
                }
                let inner = if is_body && !keep {
                    "loop {}".parse().expect("valid tokens")
                } else {
                    without_bodies(group.stream())
                };
                out.push(Group::new(group.delimiter(), inner).into());
            }
            TokenTree::Ident(ident) if matches!(tokens.peek(), Some(TokenTree::Punct(p)) if p.as_char() == '!') => {
                // A macro may ask for exactly what would be left out here, so what is handed to one stays.
                let is_definition = ident == "macro_rules";
                out.push(ident.into());
                out.extend(tokens.next());
                out.extend(tokens.next_if(|next| matches!(next, TokenTree::Ident(_))));
                if let Some(TokenTree::Group(group)) = tokens.next_if(|next| matches!(next, TokenTree::Group(_))) {
                    let inner = if is_definition { in_macro_rules(group.stream()) } else { group.stream() };
                    out.push(Group::new(group.delimiter(), inner).into());
                }
            }
            TokenTree::Ident(ident) => {
                let names_a_function = matches!(tokens.peek(), Some(TokenTree::Ident(_)))
                    || matches!(tokens.peek(), Some(TokenTree::Punct(p)) if p.as_char() == '$');
                if ident == "fn" && names_a_function {
                    signature = Some(false);
                } else if ident == "impl" && signature.is_some() {
                    signature = Some(true);
                }
                out.push(ident.into());
            }
            TokenTree::Punct(punct) => {
                if punct.as_char() == ';' {
                    signature = None;
                }
                out.push(punct.into());
            }
            literal => out.push(literal),
        }
    }
    out.into_iter().collect()
}

/// Of `(pattern) => { text }` only the text may be shortened.
fn in_macro_rules(rules: TokenStream) -> TokenStream {
    let mut out: Vec<TokenTree> = Vec::new();
    for token in rules {
        let follows_an_arrow = matches!(out.last(), Some(TokenTree::Punct(p)) if p.as_char() == '>');
        out.push(match token {
            TokenTree::Group(text) if follows_an_arrow => {
                Group::new(text.delimiter(), without_bodies(text.stream())).into()
            }
            other => other,
        });
    }
    out.into_iter().collect()
}

fn is_dropped(attribute: &Group) -> bool {
    match attribute.stream().into_iter().next() {
        Some(TokenTree::Ident(name)) => DROPPED.iter().any(|dropped| name == dropped),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn short(source: &str) -> String {
        shorten(source).split_whitespace().collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn bodies_and_documentation_go_and_signatures_stay() {
        let source =
            "/// Adds.\n#[inline]\n#[lang = \"add\"]\npub fn add<T: Add>(a: T, b: T) -> T::Output { let c = a + b; c }";
        assert_eq!(
            short(source),
            "# [lang = \"add\"] pub fn add < T : Add > (a : T , b : T) -> T :: Output { loop { } }"
        );
    }

    #[test]
    fn what_a_type_depends_on_stays() {
        assert_eq!(short("fn f() -> impl Iterator { [1].iter() }"), "fn f () -> impl Iterator { [1] . iter () }");
        assert_eq!(short("struct S { f: fn(u8) -> u8 }"), "struct S { f : fn (u8) -> u8 }");
        assert_eq!(short("trait T { fn a(); const C: u8 = { 3 }; }"), "trait T { fn a () ; const C : u8 = { 3 } ; }");
    }

    #[test]
    fn functions_inside_macros_are_shortened_too() {
        let source = "macro_rules! m { ($t:ty) => { #[doc = \"x\"] fn $name(self) -> $t { self.0 } } }";
        assert_eq!(short(source), "macro_rules ! m { ($ t : ty) => { fn $ name (self) -> $ t { loop { } } } }");
    }

    #[test]
    fn what_a_macro_is_given_stays() {
        let source = "macro_rules! m { (#[stable($f:tt)] $t:ty) => { #[inline] fn f() { 1 } } } m! { #[stable(x)] u8 }";
        let expected = "macro_rules ! m { (# [stable ($ f : tt)] $ t : ty) => { fn f () { loop { } } } } m ! { # [stable (x)] u8 }";
        assert_eq!(short(source), expected);
        assert_eq!(short("fn f(a: bool) -> bool { !{ a } }"), "fn f (a : bool) -> bool { loop { } }");
    }

    #[test]
    fn text_that_is_not_rust_stays_as_it_is() {
        assert_eq!(shorten("fn ("), "fn (");
    }
}
