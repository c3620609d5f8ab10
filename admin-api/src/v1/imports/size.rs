//! How large rows are: chunks of them are bounded, and so is each of their values.

use directory::imports::{
    Fault, GroupRow, Row, RowEntry, RowMember, RowPassword, RowReference, UserRow, cut,
};
use directory::records::{CustomValues, Values};

/// The most octets of one value of a row: more than any field takes.
const VALUE: usize = 64 << 10;
/// About what a row takes beside its values.
const USUAL: usize = 512;
/// About what a value takes beside its octets.
const EACH: usize = 32;

/// The size of a row, as far as it was looked at.
struct Size {
    octets: usize,
    /// Where the first value stands that is too large.
    too_large: Option<&'static str>,
}

impl Size {
    fn value(&mut self, field: &'static str, octets: usize) {
        self.octets = self.octets.saturating_add(EACH).saturating_add(octets);
        if octets > VALUE {
            self.too_large = self.too_large.or(Some(field));
        }
    }

    fn texts<'t>(&mut self, field: &'static str, texts: impl IntoIterator<Item = &'t String>) {
        texts.into_iter().for_each(|text| self.value(field, text.len()));
    }

    fn custom(&mut self, custom: &CustomValues) {
        let field = "custom";
        for value in custom.iter() {
            match &value.values {
                Values::Text(texts)
                | Values::ExactText(texts)
                | Values::Telephone(texts)
                | Values::Country(texts) => self.texts(field, texts),
                Values::Integer(numbers) | Values::Time(numbers) => {
                    numbers.iter().for_each(|_| self.value(field, size_of::<i64>()));
                }
                Values::Boolean(truths) => {
                    truths.iter().for_each(|_| self.value(field, size_of::<bool>()));
                }
                Values::Reference(entries) => {
                    entries.iter().for_each(|entry| self.value(field, size_of_val(entry)));
                }
                Values::Octets(all) => {
                    all.iter().for_each(|octets| self.value(field, octets.len()));
                }
            }
        }
    }

    fn user(&mut self, user: &UserRow) {
        let fields = &user.fields;
        for (field, text) in [
            ("login", &fields.login),
            ("display_name", &fields.display_name),
            ("surname", &fields.surname),
        ] {
            self.value(field, text.len());
        }
        for (field, text) in [
            ("given_name", &fields.given_name),
            ("phone", &fields.phone),
            ("mobile", &fields.mobile),
            ("title", &fields.title),
            ("description", &fields.description),
            ("employee_number", &fields.employee_number),
            ("home_directory", &fields.home_directory),
            ("login_shell", &fields.login_shell),
        ] {
            self.texts(field, text);
        }
        self.texts("mail", &fields.mail);
        self.texts("ssh_keys", &fields.ssh_keys);
        self.texts("groups", &user.groups);
        self.texts("objectSid", &user.primary_group);
        self.custom(&fields.custom);
        self.references(&user.references);
        match &user.password {
            Some(RowPassword::Clear(clear)) => self.value("password", clear.expose().len()),
            Some(RowPassword::Hash(hash)) => self.value("password_hash", hash.len()),
            None => {}
        }
    }

    fn group(&mut self, group: &GroupRow) {
        let fields = &group.fields;
        self.value("name", fields.name.len());
        self.texts("description", &fields.description);
        self.custom(&fields.custom);
        self.members("members", &group.members);
        self.texts("objectSid", &group.sid);
        self.references(&group.references);
    }

    fn members(&mut self, field: &'static str, members: &[RowMember]) {
        for member in members {
            match member {
                RowMember::User(name) | RowMember::Group(name) => self.value(field, name.len()),
                RowMember::Alias { alias, name } => {
                    self.value(field, alias.len());
                    self.value(field, name.len());
                }
            }
        }
    }

    fn references(&mut self, references: &[RowReference]) {
        for reference in references {
            self.value("custom", reference.field.len());
            self.members("custom", &reference.targets);
        }
    }

    fn of(row: &Row) -> Self {
        let mut size = Self { octets: USUAL, too_large: None };
        size.texts("dn", &row.alias);
        size.texts("notes", &row.notes);
        match &row.entry {
            RowEntry::User(user) => size.user(user),
            RowEntry::Group(group) => size.group(group),
            RowEntry::Faulty(fault) => {
                size.texts("name", [&fault.name, &fault.reason]);
                size.texts("column", &fault.column);
            }
        }
        size
    }
}

/// A row with about how many octets it takes; one in error in place of one with too large a value.
pub(super) fn sized(row: Row) -> (Row, usize) {
    let size = Size::of(&row);
    let Some(field) = size.too_large else { return (row, size.octets) };
    let name = match &row.entry {
        RowEntry::User(user) => &user.fields.login,
        RowEntry::Group(group) => &group.fields.name,
        RowEntry::Faulty(fault) => &fault.name,
    };
    let reason = format!("has a value of more than {VALUE} octets");
    let fault = Fault { name: cut(name).to_owned(), column: Some(field.to_owned()), reason };
    let entry = RowEntry::Faulty(fault);
    let row = Row { line: row.line, alias: None, entry, notes: Vec::new() };
    let octets = Size::of(&row).octets;
    (row, octets)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(edit: impl FnOnce(&mut UserRow)) -> Row {
        let mut user = UserRow::default();
        user.fields.login = "ada".into();
        edit(&mut user);
        Row { line: 2, alias: None, entry: RowEntry::User(Box::new(user)), notes: Vec::new() }
    }

    #[test]
    fn whatever_a_row_says_counts_and_a_value_may_not_be_too_large() {
        let (_, usual) = sized(row(|_| {}));
        let (_, more) = sized(row(|user| user.groups = vec!["g".repeat(VALUE); 3]));
        assert_eq!(more - usual, 3 * (VALUE + EACH));
        let targets = vec![RowMember::User("u".repeat(VALUE)); 2];
        let named = |targets| {
            let reference = RowReference { number: 1, field: "custom.manager".into(), targets };
            sized(row(|user| user.references = vec![reference]))
        };
        let (_, naming) = named(targets);
        assert!(naming - usual > 2 * VALUE);
        let (large, _) = named(vec![RowMember::User("u".repeat(VALUE + 1))]);
        assert!(matches!(large.entry, RowEntry::Faulty(_)));
        let (large, octets) = sized(row(|user| user.fields.title = Some("t".repeat(VALUE + 1))));
        let RowEntry::Faulty(fault) = &large.entry else { panic!("no fault") };
        assert_eq!((fault.name.as_str(), fault.column.as_deref()), ("ada", Some("title")));
        assert!(octets < 2 * USUAL);
    }
}
