//! Which names a piece of a notebook takes from what stands before it.

use std::collections::{BTreeSet, HashSet};
use std::mem;

use proc_macro2::{TokenStream, TokenTree};
use syn::parse::Parser;
use syn::punctuated::Punctuated;
use syn::visit::{self, Visit};
use syn::{Expr, Ident, Pat, Stmt, Token};

/// The names that code uses and does not define itself.
#[derive(Default)]
pub struct Names {
    /// Everything it mentions: variables, functions, types.
    pub used: BTreeSet<String>,
    /// Of these, what it assigns to, lends as `&mut`, or calls a method of: what it may change, if that can be changed.
    pub changed: BTreeSet<String>,
    /// What it has defined, innermost block last.
    scopes: Vec<HashSet<String>>,
}

impl Names {
    /// Of each of these statements; what one defines is no use of something else in those after it.
    pub fn of_each(statements: &[Stmt]) -> Vec<Names> {
        let mut defined = HashSet::new();
        let each = statements.iter().map(|statement| {
            let mut names = Names { scopes: vec![mem::take(&mut defined)], ..Names::default() };
            names.visit_stmt(statement);
            defined = names.scopes.pop().unwrap_or_default();
            names
        });
        each.collect()
    }

    fn within(&mut self, work: impl FnOnce(&mut Names)) {
        self.scopes.push(HashSet::new());
        work(self);
        self.scopes.pop();
    }

    fn define(&mut self, pattern: &Pat) {
        let scope = self.scopes.last_mut().expect("there is an outermost one");
        scope.extend(bound_by(pattern).into_iter().map(|(name, _)| name));
    }

    fn is_own(&self, name: &str) -> bool {
        self.scopes.iter().any(|scope| scope.contains(name))
    }

    fn note(&mut self, name: &Ident) {
        let name = name.to_string();
        if !self.is_own(&name) {
            self.used.insert(name);
        }
    }

    fn note_change(&mut self, place: &Expr) {
        match place {
            Expr::Path(path) => {
                if let Some(name) = path.path.get_ident().map(Ident::to_string).filter(|name| !self.is_own(name)) {
                    self.changed.insert(name);
                }
            }
            Expr::Field(it) => self.note_change(&it.base),
            Expr::Index(it) => self.note_change(&it.expr),
            Expr::MethodCall(it) => self.note_change(&it.receiver),
            Expr::Paren(it) => self.note_change(&it.expr),
            Expr::Unary(it) => self.note_change(&it.expr),
            Expr::Tuple(it) => it.elems.iter().for_each(|place| self.note_change(place)),
            _ => {}
        }
    }

    fn note_function(&mut self, signature: &syn::Signature, body: &syn::Block) {
        self.visit_signature(signature);
        self.within(|names| {
            for input in &signature.inputs {
                if let syn::FnArg::Typed(input) = input {
                    names.define(&input.pat);
                }
            }
            names.visit_block(body);
        });
    }

    /// All names in what no grammar is known for.
    fn note_tokens(&mut self, tokens: TokenStream) {
        for token in tokens {
            match token {
                TokenTree::Ident(name) => self.note(&name),
                TokenTree::Group(group) => self.note_tokens(group.stream()),
                TokenTree::Literal(literal) => self.note_captures(&literal.to_string()),
                TokenTree::Punct(_) => {}
            }
        }
    }

    /// The variables that a format string names: `"{loss:.2} after {epochs} epochs"`.
    fn note_captures(&mut self, literal: &str) {
        for after in literal.replace("{{", "").split('{').skip(1) {
            let inside = after.split('}').next().unwrap_or_default();
            // The name itself, and those of a width or a precision: `{x:>width$.digits$}`.
            let (name, format) = inside.split_once(':').unwrap_or((inside, ""));
            let widths = format.split('$').map(|part| part.rsplit(|c: char| !is_of_name(c)).next().unwrap_or_default());
            let widths: Vec<&str> = if format.contains('$') { widths.collect() } else { Vec::new() };
            for name in [name].into_iter().chain(widths) {
                if let Ok(name) = syn::parse_str::<Ident>(name) {
                    self.note(&name);
                }
            }
        }
    }
}

fn is_of_name(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

/// The variables of a pattern, and whether they are declared `mut`.
pub fn bound_by(pattern: &Pat) -> Vec<(String, bool)> {
    struct Bound(Vec<(String, bool)>);
    impl<'a> Visit<'a> for Bound {
        fn visit_pat_ident(&mut self, it: &'a syn::PatIdent) {
            let name = it.ident.to_string();
            // `None` and constants are compared with, not bound.
            if !name.starts_with(char::is_uppercase) {
                self.0.push((name, it.mutability.is_some()));
            }
            visit::visit_pat_ident(self, it);
        }
    }
    let mut bound = Bound(Vec::new());
    bound.visit_pat(pattern);
    bound.0
}

impl<'a> Visit<'a> for Names {
    fn visit_block(&mut self, it: &'a syn::Block) {
        self.within(|names| visit::visit_block(names, it));
    }

    fn visit_local(&mut self, it: &'a syn::Local) {
        if let Some(init) = &it.init {
            self.visit_local_init(init);
        }
        self.visit_pat(&it.pat);
        self.define(&it.pat);
    }

    fn visit_pat_ident(&mut self, it: &'a syn::PatIdent) {
        if it.ident.to_string().starts_with(char::is_uppercase) {
            self.note(&it.ident); // compared with, see `bound_by`
        }
        visit::visit_pat_ident(self, it);
    }

    fn visit_expr_closure(&mut self, it: &'a syn::ExprClosure) {
        self.within(|names| {
            it.inputs.iter().for_each(|input| {
                names.visit_pat(input);
                names.define(input);
            });
            names.visit_expr(&it.body);
        });
    }

    fn visit_arm(&mut self, it: &'a syn::Arm) {
        self.within(|names| {
            names.define(&it.pat);
            visit::visit_arm(names, it);
        });
    }

    fn visit_expr_for_loop(&mut self, it: &'a syn::ExprForLoop) {
        self.visit_expr(&it.expr);
        self.within(|names| {
            names.define(&it.pat);
            names.visit_block(&it.body);
        });
    }

    // What `if let` and `while let` bind holds in the block behind, and in the rest of the condition.
    fn visit_expr_if(&mut self, it: &'a syn::ExprIf) {
        self.within(|names| {
            names.visit_expr(&it.cond);
            names.visit_block(&it.then_branch);
        });
        if let Some((_, otherwise)) = &it.else_branch {
            self.visit_expr(otherwise);
        }
    }

    fn visit_expr_while(&mut self, it: &'a syn::ExprWhile) {
        self.within(|names| {
            names.visit_expr(&it.cond);
            names.visit_block(&it.body);
        });
    }

    fn visit_expr_let(&mut self, it: &'a syn::ExprLet) {
        visit::visit_expr_let(self, it);
        self.define(&it.pat);
    }

    fn visit_item_fn(&mut self, it: &'a syn::ItemFn) {
        self.note_function(&it.sig, &it.block);
    }

    fn visit_impl_item_fn(&mut self, it: &'a syn::ImplItemFn) {
        self.note_function(&it.sig, &it.block);
    }

    // `a::b` takes `a` from outside, and its arguments.
    fn visit_path(&mut self, it: &'a syn::Path) {
        if let (None, Some(first)) = (&it.leading_colon, it.segments.first()) {
            self.note(&first.ident);
        }
        visit::visit_path(self, it);
    }

    fn visit_expr_assign(&mut self, it: &'a syn::ExprAssign) {
        self.note_change(&it.left);
        visit::visit_expr_assign(self, it);
    }

    fn visit_expr_binary(&mut self, it: &'a syn::ExprBinary) {
        use syn::BinOp::*;
        if matches!(
            it.op,
            AddAssign(_)
                | SubAssign(_)
                | MulAssign(_)
                | DivAssign(_)
                | RemAssign(_)
                | BitXorAssign(_)
                | BitAndAssign(_)
                | BitOrAssign(_)
                | ShlAssign(_)
                | ShrAssign(_)
        ) {
            self.note_change(&it.left);
        }
        visit::visit_expr_binary(self, it);
    }

    fn visit_expr_reference(&mut self, it: &'a syn::ExprReference) {
        if it.mutability.is_some() {
            self.note_change(&it.expr);
        }
        visit::visit_expr_reference(self, it);
    }

    fn visit_expr_method_call(&mut self, it: &'a syn::ExprMethodCall) {
        self.note_change(&it.receiver);
        visit::visit_expr_method_call(self, it);
    }

    // Most macros take expressions, `vec![0; n]` two of them.
    fn visit_macro(&mut self, it: &'a syn::Macro) {
        self.visit_path(&it.path);
        let several = Punctuated::<Expr, Token![,]>::parse_terminated.parse2(it.tokens.clone());
        let repeated = Punctuated::<Expr, Token![;]>::parse_terminated.parse2(it.tokens.clone());
        let expressions: Vec<Expr> = match (several, repeated) {
            (Ok(several), _) => several.into_iter().collect(),
            (_, Ok(repeated)) => repeated.into_iter().collect(),
            _ => return self.note_tokens(it.tokens.clone()),
        };
        for expression in expressions {
            match &expression {
                // `name = value` in a format macro names an argument.
                Expr::Assign(named) => self.visit_expr(&named.right),
                other => self.visit_expr(other),
            }
            if let Expr::Lit(syn::ExprLit { lit: syn::Lit::Str(text), .. }) = &expression {
                self.note_captures(&text.value());
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(code: &str) -> Names {
        let block: syn::Block = syn::parse_str(&format!("{{{code}}}")).unwrap();
        let mut all = Names::default();
        for each in Names::of_each(&block.stmts) {
            all.used.extend(each.used);
            all.changed.extend(each.changed);
        }
        all
    }

    fn used(code: &str) -> Vec<String> {
        names(code).used.into_iter().collect()
    }

    #[test]
    fn what_code_defines_itself_it_does_not_use() {
        for (code, expected) in [
            ("let a = b; let c = a + d;", vec!["b", "d"]),
            ("let x = x + 1;", vec!["x"]),
            ("let [a, (b, c)] = f(e); a + b + c", vec!["e", "f"]),
            ("for (i, x) in xs { i + x + y } i", vec!["i", "xs", "y"]),
            ("let f = |a: T, (b, _)| a + b + z;", vec!["T", "z"]),
            ("match m { Some(x) if x > lo => x, None => hi }", vec!["None", "Some", "hi", "lo", "m"]),
            ("if let Some(x) = o && x > 1 { x } else { x }", vec!["Some", "o", "x"]),
            ("while let Some(x) = it.next() { use_it(x); }", vec!["Some", "it", "use_it"]),
            ("let Some(x) = o else { return y; };", vec!["Some", "o", "y"]),
            ("{ let hidden = 1; hidden } outer", vec!["outer"]),
            ("fn f(a: A) -> R { a.g(h) }", vec!["A", "R", "h"]),
            ("Fit { epochs, seed: s, ..Fit::default() }", vec!["Fit", "epochs", "s"]),
            ("a.field.method(b).c", vec!["a", "b"]),
            ("std::mem::swap(&mut a, &mut b)", vec!["a", "b", "std"]),
        ] {
            assert_eq!(used(code), expected, "{code}");
        }
    }

    #[test]
    fn macros_use_what_they_are_given_and_what_their_texts_name() {
        for (code, expected) in [
            (r#"println!("{loss:.2} and {{not}} {} {x:>w$.p$}", y);"#, vec!["loss", "p", "println", "w", "x", "y"]),
            (r#"let t = format!("{n}", n = m);"#, vec!["format", "m", "n"]),
            ("vec![0.0; n]", vec!["n", "vec"]),
            ("array![[a, b], [c, 1.0]]", vec!["a", "array", "b", "c"]),
            ("assert!(matches!(x, Some(_)))", vec!["Some", "_", "assert", "matches", "x"]),
            ("grid.slice(s![..k, 2..;2])", vec!["grid", "k", "s"]),
        ] {
            let found: Vec<String> = used(code).into_iter().filter(|name| name != "_").collect();
            let expected: Vec<&str> = expected.into_iter().filter(|name| *name != "_").collect();
            assert_eq!(found, expected, "{code}");
        }
    }

    #[test]
    fn what_may_be_changed_is_assigned_lent_or_asked() {
        for (code, expected) in [
            ("a = 1; b[0] += c; d.e.f -= 1;", vec!["a", "b", "d"]),
            ("f(&mut a, &b); (x, y) = z;", vec!["a", "x", "y"]),
            ("v[1].push(w); { let mut own = 1; own += 1; }", vec!["v"]),
        ] {
            assert_eq!(Vec::from_iter(names(code).changed), expected, "{code}");
        }
    }
}
