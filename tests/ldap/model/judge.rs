//! Whether an entry matches, after RFC 4511 section 4.5.1.7 and RFC 4517 section 4.2, and after
//! nothing that the daemon does: values are compared one by one, chains are followed by going through
//! all entries until nothing is added.

use super::ask::{Ask, Way};
use super::name::{self, Name, fold, spaced};
use super::types::{Type, Types};

/// An entry, as it is to be shown and tested.
#[derive(Debug, Clone)]
pub(super) struct Entry {
    pub(super) name: Name,
    /// What it shows, by the names of types.
    pub(super) shown: Vec<(String, Vec<Vec<u8>>)>,
    /// What filters find of it beside that: members by way of nested groups.
    pub(super) nested: Vec<(String, Vec<Vec<u8>>)>,
}

/// A value, ready to be compared.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Value {
    Text(String),
    Number(i128),
    Octets(Vec<u8>),
    Name(Name),
}

/// All that is asked about.
pub(super) struct Judge<'w> {
    pub(super) types: &'w Types,
    pub(super) entries: &'w [Entry],
    /// Names of entries under another base, and the same entries' here.
    pub(super) elsewhere: &'w [(Name, Name)],
}

/// The most octets of a text that is compared, as `docs/ldap.md` has it.
pub(super) const TEXT: usize = 16 << 10;
/// Characters that no comparison takes (RFC 4518 section 2.4), as far as they are asked for.
const PROHIBITED: [char; 2] = ['\u{e000}', '\u{fffd}'];
/// Whether groups are walked by these types anyway.
const GROUPED: [&str; 3] = ["member", "memberOf", "uniqueMember"];
/// Text that is put together for the answer: it is in no order.
const MADE: &str = "userPrincipalName";
/// Times that are numbers: none is asked for its bits.
const TIMES: &str = "accountExpires";
/// By it filters find who may be meant, and what is looked through for that.
pub(super) const AMBIGUOUS: &str = "anr";
pub(super) const MEANT: [&str; 5] = ["displayName", "givenName", "sn", "name", "mail"];

impl Judge<'_> {
    /// Whether it is so; none when that is not known.
    pub(super) fn truth(&self, ask: &Ask, entry: &Entry) -> Option<bool> {
        match ask {
            Ask::All(asks) => decided(asks.iter().map(|ask| self.truth(ask, entry)), false),
            Ask::Any(asks) => decided(asks.iter().map(|ask| self.truth(ask, entry)), true),
            Ask::Not(ask) => self.truth(ask, entry).map(|so| !so),
            Ask::Present(attribute) => {
                let kind = self.types.known(attribute)?;
                Some(!self.values(kind, entry).is_empty())
            }
            Ask::Is(way, attribute, value) => {
                let kind = self.types.known(attribute)?;
                match way {
                    Way::Equal | Way::Like => self.equal(kind, value, entry),
                    Way::AtLeast => self.ordered(kind, value, entry, |one, other| one >= other),
                    Way::AtMost => self.ordered(kind, value, entry, |one, other| one <= other),
                }
            }
            Ask::Pieces(attribute, initial, any, last) => {
                let kind = self.types.known(attribute)?;
                let rule = kind.pieces.clone()?;
                Some(self.pieced(kind, &rule, (initial, any, last), entry))
            }
            Ask::Rule { rule, attribute, value, by_name } => {
                let rule = rule.as_deref().map(|rule| self.types.rule(rule));
                self.ruled((rule, attribute.as_deref()), value, *by_name, entry)
            }
            Ask::Unknown(_) => None,
        }
    }

    /// The values that an entry has of a type and its subtypes.
    pub(super) fn values<'e>(&self, kind: &Type, entry: &'e Entry) -> Vec<&'e [u8]> {
        let all = entry.shown.iter().chain(&entry.nested);
        let of_kind = all.filter(|(name, _)| self.types.is_a(self.types.named(name), kind));
        of_kind.flat_map(|(_, values)| values.iter().map(Vec::as_slice)).collect()
    }

    pub(super) fn equal(&self, kind: &Type, value: &[u8], entry: &Entry) -> Option<bool> {
        if kind.name == AMBIGUOUS {
            return self.meant(value, entry);
        }
        let rule = kind.equality.clone()?;
        if kind.name == "objectCategory" {
            return self.in_category(kind, value, entry);
        }
        let wanted = match self.ready(&rule, value)? {
            Value::Name(name) => Value::Name(self.here(kind, name)),
            other @ (Value::Text(_) | Value::Number(_) | Value::Octets(_)) => other,
        };
        Some(self.some(kind, &rule, entry, |found| *found == wanted))
    }

    /// Whoever begins so, or is called so behind a `=`, and people by both their names in either order.
    fn meant(&self, value: &[u8], entry: &Entry) -> Option<bool> {
        self.ready("caseIgnoreMatch", value)?;
        let text = str::from_utf8(value).ok()?.trim();
        if let Some(whole) = text.strip_prefix('=') {
            let is_it = |name: &str| self.equal(self.types.named(name), whole.as_bytes(), entry);
            return Some(MEANT.into_iter().any(|name| is_it(name) == Some(true)));
        }
        let begins = |name: &str, text: &str| {
            let kind = self.types.named(name);
            self.pieced(kind, &kind.pieces.clone().unwrap(), (text, &[], ""), entry)
        };
        let both = text.split_once(' ').is_some_and(|(one, other)| {
            let other = other.trim();
            (begins("givenName", one) && begins("sn", other))
                || (begins("givenName", other) && begins("sn", one))
        });
        Some(!text.is_empty() && (both || MEANT.into_iter().any(|name| begins(name, text))))
    }

    /// A name as this base shows it: whoever names others may do so as every base shows them. The own
    /// name of an entry is the one that is shown here.
    fn here(&self, kind: &Type, name: Name) -> Name {
        let domain = self.types.known("sAMAccountName").is_some();
        let own = kind.name == "entryDN" || (domain && kind.name == "distinguishedName");
        let moved = self.elsewhere.iter().find(|(there, _)| !own && *there == name);
        moved.map_or(name, |(_, here)| here.clone())
    }

    fn ordered(
        &self,
        kind: &Type,
        value: &[u8],
        entry: &Entry,
        fits: impl Fn(&Value, &Value) -> bool,
    ) -> Option<bool> {
        let rule = kind.ordering.clone()?;
        let wanted = self.ready(&rule, value)?;
        Some(self.some(kind, &rule, entry, |found| fits(found, &wanted)))
    }

    fn some(&self, kind: &Type, rule: &str, entry: &Entry, fits: impl Fn(&Value) -> bool) -> bool {
        let values = self.values(kind, entry).into_iter();
        values.filter_map(|value| self.ready(rule, value)).any(|value| fits(&value))
    }

    fn pieced(
        &self,
        kind: &Type,
        rule: &str,
        (initial, any, last): (&str, &[String], &str),
        entry: &Entry,
    ) -> bool {
        let initial = self.piece(rule, initial, (true, false));
        let any: Vec<String> =
            any.iter().map(|text| self.piece(rule, text, (false, false))).collect();
        let last = self.piece(rule, last, (false, true));
        self.values(kind, entry).into_iter().any(|value| {
            let Ok(value) = str::from_utf8(value) else { return false };
            let value = self.spread(rule, value);
            let Some(mut rest) = value.strip_prefix(&*initial) else { return false };
            for piece in &any {
                let Some((_, behind)) = rest.split_once(&**piece) else { return false };
                rest = behind;
            }
            rest.ends_with(&*last)
        })
    }

    fn text(&self, rule: &str, text: &str) -> String {
        match self.ready(rule, text.as_bytes()) {
            Some(Value::Text(text)) => text,
            other => panic!("{rule} takes no pieces: {other:?}"),
        }
    }

    /// A value with its spaces as pieces are to meet them: one at either end and two inside (RFC 4518
    /// section 2.6.1), but for telephone numbers, which have none.
    fn spread(&self, rule: &str, text: &str) -> String {
        let text = self.text(rule, text);
        let spaces = !rule.starts_with("telephoneNumber");
        if spaces { format!(" {} ", text.replace(' ', "  ")) } else { text }
    }

    /// A piece, which may be the first or the last one, with its spaces; none where there is no piece.
    fn piece(&self, rule: &str, text: &str, (first, last): (bool, bool)) -> String {
        let spread = self.spread(rule, text);
        if text.is_empty() || rule.starts_with("telephoneNumber") {
            return self.text(rule, text);
        }
        if spread.trim().is_empty() {
            return " ".to_owned();
        }
        let before = first || text.starts_with(' ');
        let behind = last || text.ends_with(' ');
        let (start, end) = (usize::from(!before), spread.len() - usize::from(!behind));
        spread[start..end].to_owned()
    }

    /// Categories are named by their classes' names as well, as domain controllers do.
    fn in_category(&self, kind: &Type, value: &[u8], entry: &Entry) -> Option<bool> {
        let text = fold(str::from_utf8(value).ok()?);
        let short = match text.as_str() {
            "person" | "user" | "organizationalperson" => Some("person"),
            "group" => Some("group"),
            "applicationprocess" => Some("application-process"),
            "container" => Some("container"),
            "organizationalunit" => Some("organizational-unit"),
            "domaindns" => Some("domain-dns"),
            _ => None,
        };
        let found = self.values(kind, entry).into_iter();
        let mut names = found.filter_map(|value| name::parse(str::from_utf8(value).ok()?));
        match (short, name::parse(&text)) {
            (Some(short), _) => Some(names.any(|name| name[0].1 == short)),
            (None, Some(wanted)) => Some(names.any(|name| name == wanted)),
            // What is another class, nothing is of.
            (None, None) => self.types.is_class(&text).then_some(false),
        }
    }

    /// A test by a rule that is named, or of all attributes that a rule fits (RFC 4511 section
    /// 4.5.1.7.7).
    fn ruled(
        &self,
        (rule, attribute): (Option<&str>, Option<&str>),
        value: &[u8],
        by_name: bool,
        entry: &Entry,
    ) -> Option<bool> {
        let Some(attribute) = attribute else {
            let rule = rule.unwrap();
            let known = self.types.all.iter().filter(|kind| kind.name != "userPassword");
            let judged: Vec<bool> =
                known.filter_map(|kind| self.by_rule(kind, rule, value, entry)).collect();
            let named = by_name && self.is_named((Some(rule), None), value, entry);
            return (!judged.is_empty()).then(|| named || judged.contains(&true));
        };
        let kind = self.types.known(attribute)?;
        let so = match rule {
            None => self.equal(kind, value, entry)?,
            Some(rule) => self.by_rule(kind, rule, value, entry)?,
        };
        Some(so || (by_name && self.is_named((rule, Some(kind)), value, entry)))
    }

    fn by_rule(&self, kind: &Type, rule: &str, value: &[u8], entry: &Entry) -> Option<bool> {
        let is = |own: &Option<String>| own.as_deref() == Some(rule);
        if is(&kind.equality) {
            return self.equal(kind, value, entry);
        }
        if is(&kind.ordering) {
            return self.ordered(kind, value, entry, |one, other| one < other);
        }
        let text = str::from_utf8(value).ok()?;
        if is(&kind.pieces) {
            return self.by_pieces(kind, rule, text, entry);
        }
        match rule {
            "integerBitAndMatch" | "integerBitOrMatch" => {
                let bits = text.parse::<i64>().ok()?;
                let integer =
                    kind.equality.as_deref() == Some("integerMatch") && kind.name != TIMES;
                let all = rule == "integerBitAndMatch";
                integer.then(|| {
                    self.some(kind, "integerMatch", entry, |found| match found {
                        Value::Number(number) if all => {
                            number & i128::from(bits) == i128::from(bits)
                        }
                        Value::Number(number) => number & i128::from(bits) != 0,
                        Value::Text(_) | Value::Octets(_) | Value::Name(_) => false,
                    })
                })
            }
            "distinguishedNameInChainMatch" if GROUPED.contains(&kind.name.as_str()) => {
                self.equal(kind, value, entry)
            }
            "distinguishedNameInChainMatch" => self.chained(kind, text, entry),
            _ if !kind.is_text() || !rule.starts_with("case") => None,
            _ if rule.ends_with("OrderingMatch") && kind.name == MADE => None,
            _ if rule.ends_with("OrderingMatch") => {
                let wanted = self.ready(rule, value)?;
                Some(self.some(kind, rule, entry, |found| *found < wanted))
            }
            _ if rule.ends_with("SubstringsMatch") => self.by_pieces(kind, rule, text, entry),
            _ => {
                let wanted = self.ready(rule, value)?;
                Some(self.some(kind, rule, entry, |found| *found == wanted))
            }
        }
    }

    /// A Substring Assertion (RFC 4517 section 3.3.30).
    fn by_pieces(&self, kind: &Type, rule: &str, text: &str, entry: &Entry) -> Option<bool> {
        let (initial, rest) = text.split_once('*')?;
        let mut any: Vec<String> = rest.split('*').map(ToOwned::to_owned).collect();
        let last = any.pop()?;
        Some(self.pieced(kind, rule, (initial, &any, &last), entry))
    }

    /// By references of one type from entry to entry; those of an organization's own attributes alone
    /// are followed.
    fn chained(&self, kind: &Type, text: &str, entry: &Entry) -> Option<bool> {
        if !["manager", "mentor"].contains(&kind.name.as_str()) {
            return None;
        }
        let mut reached = vec![self.here(kind, name::parse(text)?)];
        let leads = |entry: &Entry, reached: &[Name]| {
            let named = self.values(kind, entry).into_iter();
            named
                .filter_map(|value| name::parse(str::from_utf8(value).ok()?))
                .any(|name| reached.contains(&name))
        };
        loop {
            let more = self
                .entries
                .iter()
                .find(|other| !reached.contains(&other.name) && leads(other, &reached));
            match more {
                Some(more) => reached.push(more.name.clone()),
                None => return Some(leads(entry, &reached)),
            }
        }
    }

    /// Whether an entry's name has such a value: by a rule or by each type's own, of one type or of any.
    fn is_named(
        &self,
        (rule, wanted): (Option<&str>, Option<&Type>),
        value: &[u8],
        entry: &Entry,
    ) -> bool {
        (0..entry.name.len()).any(|at| {
            let name = &entry.name[at..];
            let Some(kind) = self.types.known(&name[0].0) else { return false };
            let shown = vec![(kind.name.clone(), vec![self.spelled(name).as_bytes().to_vec()])];
            // As if that value were all that an entry has.
            let part = Entry { name: Name::new(), shown, nested: Vec::new() };
            let so = match rule {
                None => self.equal(kind, value, &part),
                Some(rule) => self.by_rule(kind, rule, value, &part),
            };
            so == Some(true) && wanted.is_none_or(|wanted| self.types.is_a(kind, wanted))
        })
    }

    /// The value that a name begins with, as it is spelled: the entry of that name shows it, and what lies
    /// above the base is in lower case.
    fn spelled<'n>(&'n self, name: &'n [(String, String)]) -> &'n str {
        let (of, folded) = &name[0];
        let entry = self.entries.iter().find(|entry| entry.name == name);
        let shown = entry.into_iter().flat_map(|entry| &entry.shown);
        let values = shown.filter(|(kind, _)| kind.eq_ignore_ascii_case(of));
        let octets = values.flat_map(|(_, values)| values);
        let mut texts = octets.filter_map(|octets| str::from_utf8(octets).ok());
        texts.find(|text| fold(text) == *folded).unwrap_or(folded)
    }

    /// A value as a rule compares it; none when it is none that the rule takes.
    pub(super) fn ready(&self, rule: &str, value: &[u8]) -> Option<Value> {
        if rule.starts_with("octetString") {
            return Some(Value::Octets(value.to_vec()));
        }
        let text = str::from_utf8(value).ok()?;
        if text.len() > TEXT || text.contains(PROHIBITED) {
            return None;
        }
        Some(match rule {
            _ if rule.starts_with("caseIgnore") => Value::Text(fold(text)),
            _ if rule.starts_with("caseExact") => Value::Text(spaced(text)),
            _ if rule.starts_with("telephoneNumber") => {
                Value::Text(fold(text).replace([' ', '-'], ""))
            }
            _ if rule.starts_with("integer") => {
                let number: i128 = text.parse().ok()?;
                (number.to_string() == text).then_some(Value::Number(number))?
            }
            _ if rule.starts_with("generalizedTime") => {
                let digits = text.strip_suffix('Z')?;
                let whole =
                    digits.len() == 14 && digits.bytes().all(|digit| digit.is_ascii_digit());
                whole.then(|| Value::Text(digits.to_owned()))?
            }
            _ if rule.starts_with("UUID") => {
                let digits = text.replace('-', "");
                let whole =
                    digits.len() == 32 && digits.bytes().all(|digit| digit.is_ascii_hexdigit());
                whole.then(|| Value::Text(digits.to_ascii_lowercase()))?
            }
            "booleanMatch" => {
                matches!(text, "TRUE" | "FALSE").then(|| Value::Text(text.to_owned()))?
            }
            "objectIdentifierMatch" => Value::Text(self.types.class(text)?),
            "distinguishedNameMatch" | "uniqueMemberMatch" => Value::Name(name::parse(text)?),
            // No value that is asked for says which certificate is meant.
            "certificateExactMatch" => return None,
            other => panic!("the model does not know {other}"),
        })
    }
}

/// What parts decide: one of them if it is `so`, else all of them together.
fn decided(parts: impl Iterator<Item = Option<bool>>, so: bool) -> Option<bool> {
    let parts: Vec<Option<bool>> = parts.collect();
    if parts.contains(&Some(so)) {
        return Some(so);
    }
    (!parts.contains(&None)).then_some(!so)
}
