//! How a section is written down: once, with its documentation and its defaults.

use super::value::Value;

/// One key of a section, as the sample prints it and the checks know it.
#[derive(Debug)]
pub(super) struct Key {
    /// The name before the equals sign.
    pub(super) name: &'static str,
    /// The lines of documentation that stand above the key in the code.
    pub(super) doc: &'static [&'static str],
    /// The values that are accepted, where that is more than the type says.
    pub(super) range: Option<String>,
    /// The default, spelled in TOML.
    pub(super) default: String,
}

impl Key {
    /// Describes a key whose default is `default`.
    pub(super) fn new<V: Value>(
        name: &'static str,
        doc: &'static [&'static str],
        default: &V,
    ) -> Self {
        Self { name, doc, range: V::range(), default: default.toml() }
    }
}

/// One section of the file.
#[derive(Debug)]
pub(super) struct Section {
    /// The name between the brackets.
    pub(super) title: &'static str,
    /// What the section is about.
    pub(super) about: &'static [&'static str],
    /// Its keys, in the order of the sample.
    pub(super) keys: Vec<Key>,
}

/// Declares a section: the type that is read from the file, the type that the daemon works with,
/// and the description from which the sample is printed and unknown keys are recognized. The
/// documentation comment above a key is its documentation in all three places.
macro_rules! section {
    (
        $(#[doc = $about:literal])+
        [$title:ident] $name:ident {
            $( $(#[doc = $doc:literal])+ $key:ident: $type:ty = $default:expr, )+
        }
    ) => {
        $(#[doc = $about])+
        #[derive(Debug, Clone, PartialEq)]
        pub struct $name {
            $(
                $(#[doc = $doc])+
                pub $key: <$type as $crate::config::value::Value>::Resolved,
            )+
        }

        #[doc = concat!("`[", stringify!($title), "]` as the file has it.")]
        #[derive(Debug, Clone, PartialEq, serde::Deserialize)]
        #[serde(deny_unknown_fields, default)]
        pub(super) struct Written {
            $( $key: $type, )+
        }

        impl Default for Written {
            fn default() -> Self {
                Self { $( $key: $default, )+ }
            }
        }

        impl Written {
            /// Turns what was written into what the daemon works with.
            pub(super) fn resolve(self) -> $name {
                $name { $( $key: $crate::config::value::Value::resolve(self.$key), )+ }
            }
        }

        /// Describes the section.
        pub(super) fn section() -> $crate::config::section::Section {
            let default = Written::default();
            $crate::config::section::Section {
                title: stringify!($title),
                about: &[$($about),+],
                keys: vec![
                    $( $crate::config::section::Key::new(
                        stringify!($key),
                        &[$($doc),+],
                        &default.$key,
                    ), )+
                ],
            }
        }
    };
}

pub(super) use section;
