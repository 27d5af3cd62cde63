//! No files of a crate import each other in a circle.
//!
//! Takes the sources of each crate of the workspace, without what is compiled for tests only; gives the groups of files
//! that import each other. A name that a module only passes on (`pub use`) counts as imported from where it is defined, and
//! passing it on is not an import. What crates may import of each other, the compiler keeps.

#![expect(clippy::unwrap_used, reason = "in a test, a panic is the report")]

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use syn::visit::{self, Visit};
use syn::{Attribute, Item, UseTree};

#[test]
fn no_files_import_each_other_in_a_circle() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let crates = fs::read_dir(root.join("crates")).unwrap().map(|entry| entry.unwrap().path());
    let mut circles = Vec::new();
    for folder in crates.chain([root.to_owned()]) {
        let files = Files::read(&folder.join("src"));
        assert!(files.0.len() > 3, "{}: its files were not found", folder.display());
        let name = folder.file_name().unwrap().to_string_lossy().into_owned();
        circles.extend(files.circles().into_iter().map(|circle| format!("{name}: {}", circle.join(" ↔ "))));
    }
    assert!(circles.is_empty(), "\n{}", circles.join("\n"));
}

#[test]
fn a_planted_circle_is_seen() {
    let lib = ("lib", "mod a; mod b;");
    for (a, b) in [
        ("use crate::b::B; pub struct A;", "use crate::a::A; pub struct B;"),
        ("use super::b::{self, B}; pub struct A;", "fn f() { crate::a::g() }"),
        ("fn g() { super::b::f() }", "fn f(_: &super::a::A) {}"),
        ("use crate::{b::B}; pub struct A;", "use super::a::*;"),
    ] {
        assert_circles(&[lib, ("a", a), ("b", b)], &["a", "b"]);
    }
    // A parent that uses its child, which uses its parent; and one that only passes a name on.
    let parent = ("lib", "mod a;");
    assert_circles(&[parent, ("a", "mod b; pub struct A; fn f() { b::g() }"), ("a/b", "use super::A;")], &["a", "a/b"]);
    assert_circles(&[parent, ("a", "mod b; pub use b::B; pub struct A;"), ("a/b", "use super::A; pub struct B;")], &[]);
    let through = ("a", "mod b; mod c; pub use b::B;");
    assert_circles(&[parent, through, ("a/b", "pub struct B;"), ("a/c", "use super::B;")], &[]);
    // Tests may import what they like.
    assert_circles(&[lib, ("a", "use crate::b::B;"), ("b", "#[cfg(test)] mod tests { use crate::a::A; }")], &[]);
    assert_circles(&[lib, ("a", "use crate::b::B;"), ("b", "#[cfg(test)] use crate::a::A;")], &[]);
}

/// Holds the one circle that these files have, if they have one.
fn assert_circles(files: &[(&str, &str)], expected: &[&str]) {
    let parsed = files.iter().map(|(path, text)| (module_path(path), Source::parse(text)));
    let circles = Files(parsed.collect()).circles();
    assert_eq!(circles.concat(), expected, "{files:?}");
}

/// A module's place below the crate's root: `["mail", "sink"]`, empty for the root itself.
type ModulePath = Vec<String>;

/// All files of a crate that are compiled outside of tests.
struct Files(BTreeMap<ModulePath, Source>);

/// What one file says about other files.
#[derive(Default)]
struct Source {
    /// The modules that it declares and that are files of their own.
    children: Vec<String>,
    /// The names that it only passes on, with where they come from: `B` → `["b", "B"]`.
    passed_on: BTreeMap<String, Vec<String>>,
    /// All paths that it imports or names, as written.
    named: BTreeSet<Vec<String>>,
}

impl Source {
    fn parse(text: &str) -> Source {
        let file = syn::parse_file(text).unwrap();
        let mut source = Source::default();
        source.visit_file(&file);
        source
    }

    fn add_use(&mut self, tree: &UseTree, before: &[String], public: bool) {
        let with = |name: &syn::Ident| [before, &[name.to_string()]].concat();
        match tree {
            UseTree::Path(path) => self.add_use(&path.tree, &with(&path.ident), public),
            UseTree::Group(group) => group.items.iter().for_each(|tree| self.add_use(tree, before, public)),
            UseTree::Glob(_) => drop(self.named.insert([before, &["*".to_owned()]].concat())),
            UseTree::Name(name) if name.ident == "self" => drop(self.named.insert(before.to_vec())),
            UseTree::Name(name) if public => drop(self.passed_on.insert(name.ident.to_string(), with(&name.ident))),
            UseTree::Rename(name) if public => drop(self.passed_on.insert(name.rename.to_string(), with(&name.ident))),
            UseTree::Name(name) => drop(self.named.insert(with(&name.ident))),
            UseTree::Rename(name) => drop(self.named.insert(with(&name.ident))),
        }
    }
}

fn for_tests(attributes: &[Attribute]) -> bool {
    let is_test = |attribute: &Attribute| {
        attribute.path().is_ident("cfg") && attribute.parse_args::<syn::Ident>().is_ok_and(|name| name == "test")
    };
    attributes.iter().any(is_test)
}

impl<'a> Visit<'a> for Source {
    fn visit_item(&mut self, item: &'a Item) {
        let attributes: &[Attribute] = match item {
            Item::Mod(item) => &item.attrs,
            Item::Use(item) => &item.attrs,
            Item::Fn(item) => &item.attrs,
            Item::Impl(item) => &item.attrs,
            Item::Const(item) => &item.attrs,
            Item::Struct(item) => &item.attrs,
            _ => &[],
        };
        if for_tests(attributes) {
            return;
        }
        match item {
            Item::Mod(item) if item.content.is_none() => self.children.push(item.ident.to_string()),
            Item::Use(item) => {
                let public = !matches!(item.vis, syn::Visibility::Inherited);
                self.add_use(&item.tree, &[], public);
            }
            other => visit::visit_item(self, other),
        }
    }

    /// `pub(in crate::cli)` says who may see an item, and imports nothing.
    fn visit_visibility(&mut self, _: &'a syn::Visibility) {}

    fn visit_path(&mut self, path: &'a syn::Path) {
        let names: Vec<String> = path.segments.iter().map(|segment| segment.ident.to_string()).collect();
        if names.len() > 1 {
            self.named.insert(names);
        }
        visit::visit_path(self, path);
    }
}

impl Files {
    fn read(source_folder: &Path) -> Files {
        let mut files = BTreeMap::new();
        let mut waiting: Vec<ModulePath> = vec![Vec::new()];
        while let Some(module) = waiting.pop() {
            let below: PathBuf = if module.is_empty() { "lib".into() } else { module.iter().collect() };
            let path = source_folder.join(below).with_extension("rs");
            let text = fs::read_to_string(&path).unwrap_or_else(|fault| panic!("{}: {fault}", path.display()));
            let source = Source::parse(&text);
            waiting.extend(source.children.iter().map(|child| [&module[..], std::slice::from_ref(child)].concat()));
            files.insert(module, source);
        }
        Files(files)
    }

    /// The file in which a path ends that `from` names, if it is one of the crate.
    fn target(&self, from: &ModulePath, names: &[String]) -> Option<ModulePath> {
        let mut place = from.clone();
        let mut rest = names;
        match rest.first()?.as_str() {
            "crate" => {
                place.clear();
                rest = &rest[1..];
            }
            "self" => rest = &rest[1..],
            "super" => {}
            first if self.0[from].children.iter().any(|child| child == first) => {}
            _ => return None,
        }
        while rest.first().is_some_and(|name| name == "super") {
            place.pop()?;
            rest = &rest[1..];
        }
        // Into modules that are files, then through names that are only passed on.
        for (index, name) in rest.iter().enumerate() {
            let source = self.0.get(&place)?;
            if source.children.contains(name) {
                place.push(name.clone());
            } else {
                let Some(origin) = source.passed_on.get(name) else { break };
                let onward = [origin, &rest[index + 1..]].concat();
                return self.target(&place, &onward).or(Some(place));
            }
        }
        Some(place)
    }

    /// Groups of files of which each reaches each other, by their paths.
    fn circles(&self) -> Vec<Vec<String>> {
        let imports: BTreeMap<&ModulePath, BTreeSet<ModulePath>> = self
            .0
            .iter()
            .map(|(module, source)| {
                let targets = source.named.iter().filter_map(|names| self.target(module, names));
                (module, targets.filter(|target| target != module).collect())
            })
            .collect();
        let reached = |start: &ModulePath| {
            let mut seen = BTreeSet::new();
            let mut waiting: Vec<&ModulePath> = vec![start];
            while let Some(module) = waiting.pop() {
                waiting.extend(imports[module].iter().filter(|next| seen.insert((*next).clone())));
            }
            seen
        };
        let reach: BTreeMap<&ModulePath, BTreeSet<ModulePath>> =
            imports.keys().map(|module| (*module, reached(module))).collect();
        let mut circles = BTreeSet::new();
        for (module, reached) in &reach {
            let circle: Vec<String> = reached
                .iter()
                .filter(|other| reach[other].contains(*module))
                .map(|module| if module.is_empty() { "lib".to_owned() } else { module.join("/") })
                .collect();
            if circle.len() > 1 {
                circles.insert(circle);
            }
        }
        circles.into_iter().collect()
    }
}

fn module_path(path: &str) -> ModulePath {
    if path == "lib" { Vec::new() } else { path.split('/').map(str::to_owned).collect() }
}
