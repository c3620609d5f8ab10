//! The subschema's attributes as text (RFC 4512 section 4.1).

use std::fmt::{self, Write};

use super::{ClassKind, Matching, Served, Syntax, Usage, syntax};

/// The groups that an entry is in.
const GROUPS: &str = "memberOf";

/// The values of `attributeTypes`.
pub fn attribute_types(served: Served) -> impl Iterator<Item = String> {
    let all = super::attributes().iter().filter(move |kind| served.has(kind));
    all.map(move |kind| {
        let for_users = served.groups_unasked && kind.name == GROUPS;
        let mut line = format!("( {} {}", kind.oid, names(kind.name, kind.aliases));
        if let Some(superior) = kind.superior_in(served.vocabulary) {
            push(&mut line, format_args!(" SUP {superior}"));
        }
        for (word, rule) in [
            ("EQUALITY", kind.equality()),
            ("ORDERING", kind.ordering()),
            ("SUBSTR", kind.substrings()),
        ] {
            if let Some(rule) = rule {
                push(&mut line, format_args!(" {word} {}", rule.name));
            }
        }
        push(&mut line, format_args!(" SYNTAX {}", kind.syntax.oid()));
        if kind.single_value {
            line.push_str(" SINGLE-VALUE");
        }
        // None but operational types are out of users' hands (RFC 4512 section 4.1.2).
        if kind.no_user_modification && !for_users {
            line.push_str(" NO-USER-MODIFICATION");
        }
        line.push_str(match kind.usage {
            Usage::UserApplications => " )",
            Usage::DirectoryOperation if for_users => " )",
            Usage::DirectoryOperation => " USAGE directoryOperation )",
            Usage::DsaOperation => " USAGE dSAOperation )",
        });
        line
    })
}

/// An attribute type for users that is no part of the schema, to be printed beside it.
#[derive(Clone, Copy, Debug)]
pub struct Definition<'a> {
    /// Its number.
    pub oid: &'a str,
    /// Its name.
    pub name: &'a str,
    /// What it is, in words.
    pub description: Option<&'a str>,
    /// The form of its values.
    pub syntax: Syntax,
    /// How its values are compared.
    pub matching: Matching,
    /// It has one value at most.
    pub single_value: bool,
}

impl fmt::Display for Definition<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "( {} NAME '{}'", self.oid, self.name)?;
        if let Some(words) = self.description {
            // RFC 4512 section 4.1: quotes and backslashes are escaped.
            let words = words.replace('\\', "\\5C").replace('\'', "\\27");
            write!(formatter, " DESC '{words}'")?;
        }
        let rules = [
            ("EQUALITY", self.matching.equality()),
            ("ORDERING", self.matching.ordering()),
            ("SUBSTR", self.matching.substrings()),
        ];
        for (word, rule) in rules {
            if let Some(rule) = rule {
                write!(formatter, " {word} {}", rule.name)?;
            }
        }
        let single = if self.single_value { " SINGLE-VALUE" } else { "" };
        write!(formatter, " SYNTAX {}{single} )", self.syntax.oid())
    }
}

/// Prints an auxiliary class that is no part of the schema and allows these attributes.
#[must_use]
pub fn auxiliary_class(oid: &str, name: &str, may: &[&str]) -> String {
    format!("( {oid} NAME '{name}' SUP top AUXILIARY MAY ( {} ) )", may.join(" $ "))
}

/// The values of `objectClasses`.
pub fn object_classes(served: Served) -> impl Iterator<Item = String> {
    let all = super::object_classes_in(served.vocabulary);
    all.filter(move |class| served.has_class(class)).map(move |class| {
        // What every entry may have, the class allows that every entry is of.
        let groups: &[&str] =
            if served.groups_unasked && class.name == "top" { &[GROUPS] } else { &[] };
        let mut line = format!("( {} NAME '{}'", class.oid, class.name);
        if let Some(superior) = class.superior {
            push(&mut line, format_args!(" SUP {superior}"));
        }
        line.push_str(match class.kind {
            ClassKind::Abstract => " ABSTRACT",
            ClassKind::Structural => " STRUCTURAL",
            ClassKind::Auxiliary => " AUXILIARY",
        });
        for (word, attributes, more) in [("MUST", class.must, &[][..]), ("MAY", class.may, groups)]
        {
            let is_served =
                |name: &&&str| super::attribute(name).is_some_and(|kind| served.has(kind));
            let names: Vec<&str> =
                attributes.iter().chain(more).filter(is_served).copied().collect();
            if !names.is_empty() {
                push(&mut line, format_args!(" {word} ( {} )", names.join(" $ ")));
            }
        }
        line.push_str(" )");
        line
    })
}

/// The values of `ldapSyntaxes`.
pub fn ldap_syntaxes() -> impl Iterator<Item = String> {
    syntax::syntaxes()
        .iter()
        .map(|syntax| format!("( {} DESC '{}' )", syntax.oid(), syntax.description()))
}

/// The values of `matchingRules`.
pub fn matching_rules() -> impl Iterator<Item = String> {
    super::matching_rules()
        .iter()
        .map(|rule| format!("( {} NAME '{}' SYNTAX {} )", rule.oid, rule.name, rule.syntax.oid()))
}

fn names(name: &str, aliases: &[&str]) -> String {
    if aliases.is_empty() {
        return format!("NAME '{name}'");
    }
    let mut text = format!("NAME ( '{name}'");
    for alias in aliases {
        push(&mut text, format_args!(" '{alias}'"));
    }
    text.push_str(" )");
    text
}

/// Writing to a `String` cannot fail.
fn push(line: &mut String, words: fmt::Arguments<'_>) {
    let _ = line.write_fmt(words);
}
