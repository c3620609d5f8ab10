//! The attribute types and object classes that are served (RFC 4512 section 4.1).

mod attributes;
mod classes;
mod matching;
mod names;
mod print;
mod syntax;
mod vocabulary;

pub use attributes::{AttributeType, Usage, attribute, attributes};
pub use classes::{ClassKind, ObjectClass, object_class, object_classes, object_classes_in};
pub use matching::{Matching, MatchingRule, RuleUse, matching_rule, matching_rules};
pub use print::{
    Definition, attribute_types, auxiliary_class, ldap_syntaxes,
    matching_rules as printed_matching_rules, object_classes as printed_object_classes,
};
pub use syntax::{Syntax, syntaxes};
pub use vocabulary::{Served, Vocabulary};

#[cfg(test)]
mod tests;
