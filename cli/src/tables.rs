//! Tables for people: of the things of a list, and of one thing with what belongs to it.

use std::io::{self, IsTerminal};

use comfy_table::{ContentArrangement, Table, presets};
use serde_json::{Map, Value};

use crate::output::{cell, columns_of, head, is_empty, list_alone, member, name_of};
use crate::words::{FIRST, GRIDS};

/// The things of a list below each other, with the wanted columns.
pub(crate) fn list(items: &[Value], wanted: &[&str]) -> String {
    if items.is_empty() {
        return String::new();
    }
    below_each_other(items, &columns_of(items, wanted))
}

/// A thing with a row for each of its members, and for each of theirs. What it has several records
/// of is a table of its own below.
pub(crate) fn record(members: &Map<String, Value>) -> String {
    let mut parts = Parts::default();
    parts.take("", members);
    let mut text = rows(&parts.rows);
    for (name, member, items) in parts.tables {
        if !text.is_empty() {
            text.push('\n');
        }
        let table = match across(member, members) {
            Some((list, all)) => grid(items, list, all),
            None => below_each_other(items, &columns_within(member, items)),
        };
        text.push_str(&format!("{name}:\n{table}"));
    }
    text
}

/// The list of a thing of which each record of a member names some, where that is a grid.
fn across<'m>(member: &str, members: &'m Map<String, Value>) -> Option<(&'m str, &'m [Value])> {
    let (_, list) = GRIDS.iter().find(|(of, _)| *of == member)?;
    Some((*list, members.get(*list)?.as_array()?.as_slice()))
}

/// Records with a column for each thing of a list, and `yes` where a record names it.
fn grid(items: &[Value], list: &str, all: &[Value]) -> String {
    let spread = |item: &Value| {
        let mut row = item.as_object().cloned().unwrap_or_default();
        let named = row.remove(list);
        let named = named.iter().filter_map(Value::as_array).flatten().filter_map(Value::as_str);
        row.extend(named.map(|name| (name.to_owned(), true.into())));
        Value::Object(row)
    };
    let mut columns = columns_of(items, &[]);
    columns.retain(|name| name != list);
    columns.extend(all.iter().filter_map(Value::as_str).map(ToOwned::to_owned));
    below_each_other(&items.iter().map(spread).collect::<Vec<_>>(), &columns)
}

/// What a thing is taken apart into.
#[derive(Default)]
struct Parts<'m> {
    /// What is said of it, by name.
    rows: Vec<(String, String)>,
    /// Its records, by name and by the member that holds them.
    tables: Vec<(String, &'m str, &'m [Value])>,
}

impl<'m> Parts<'m> {
    fn take(&mut self, above: &str, members: &'m Map<String, Value>) {
        for (member, value) in members.iter().filter(|(_, value)| !is_empty(value)) {
            let name = format!("{above}{}", member.replace('_', " "));
            match value {
                Value::Array(items) if items.iter().all(Value::is_object) => {
                    self.tables.push((name, member.as_str(), items.as_slice()));
                }
                Value::Object(inner) if has_parts(inner) => self.take(&format!("{name} "), inner),
                Value::Array(_)
                | Value::Object(_)
                | Value::Null
                | Value::Bool(_)
                | Value::Number(_)
                | Value::String(_) => self.rows.push((name, cell(value))),
            }
        }
    }
}

/// Whether there is more in a record than what is well read in one row: a name, a list, or counts.
fn has_parts(members: &Map<String, Value>) -> bool {
    let is_count = |value: &Value| value.is_number() || value.is_null();
    name_of(members).is_none() && list_alone(members).is_none() && !members.values().all(is_count)
}

/// The columns of the records of a member: those that come first, and others that say something.
fn columns_within(member: &str, items: &[Value]) -> Vec<String> {
    let first = FIRST.iter().find(|(of, _)| *of == member).map(|(_, names)| *names);
    let first = first.unwrap_or_default();
    let all = columns_of(items, &[]);
    let others = all.iter().map(String::as_str).filter(|name| !first.contains(name));
    let says = |name: &&str| {
        items.iter().any(|item| item.get(*name).is_some_and(|value| !is_empty(value)))
    };
    let said = first.iter().copied().chain(others).filter(says);
    said.map(ToOwned::to_owned).collect()
}

fn below_each_other(items: &[Value], columns: &[String]) -> String {
    let mut table = Table::new();
    table.load_style(presets::NOTHING).set_content_arrangement(if io::stdout().is_terminal() {
        ContentArrangement::Dynamic
    } else {
        ContentArrangement::Disabled
    });
    table.set_header(columns.iter().map(|name| head(name).replace('_', " ").to_uppercase()));
    for item in items {
        table.add_row(columns.iter().map(|name| member(item, name).map(block).unwrap_or_default()));
    }
    lines(&table)
}

/// What stands in a cell: of several records without names each in a line of its own.
fn block(value: &Value) -> String {
    let is_unnamed = |item: &Value| item.as_object().is_some_and(|it| name_of(it).is_none());
    match value.as_array().filter(|items| items.iter().any(is_unnamed)) {
        Some(items) => items.iter().map(cell).collect::<Vec<_>>().join("\n"),
        None => cell(value),
    }
}

fn rows(rows: &[(String, String)]) -> String {
    if rows.is_empty() {
        return String::new();
    }
    let mut table = Table::new();
    table.load_style(presets::NOTHING);
    for (name, said) in rows {
        table.add_row([name, said]);
    }
    lines(&table)
}

/// A table's lines, without the space before the first column and those behind the last one.
fn lines(table: &Table) -> String {
    let lines = table.lines().map(|line| {
        let line = line.trim_end();
        format!("{}\n", line.strip_prefix(' ').unwrap_or(line))
    });
    lines.collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn of(thing: &Value) -> String {
        record(thing.as_object().unwrap())
    }

    #[test]
    fn a_thing_is_its_members_without_the_empty_ones() {
        let user = json!({"login": "ada", "phone": null, "sign_in": {"locked_until": null}});
        assert_eq!(of(&user), "login  ada\n");
        assert_eq!(of(&json!({"phone": null})), "");
    }

    #[test]
    fn members_of_members_have_rows_of_their_own() {
        let answer = json!({
            "bind": {"accept": true, "profile": "generic", "reason": null},
            "done": {"create": 3, "error": 0},
            "owner": {"kind": "user", "id": "7", "name": "ada"},
            "scope": {"organizations": ["acme", "globex"]},
        });
        let expected = "bind accept   yes\n\
                        bind profile  generic\n\
                        done          create: 3, error: 0\n\
                        owner         ada\n\
                        scope         acme, globex\n";
        assert_eq!(of(&answer), expected);
    }

    #[test]
    fn records_of_a_thing_are_a_table_below_it() {
        let invoice = json!({
            "lines": [
                {"amount": "9 EUR", "kind": "base", "quantity": 1, "tax": null, "unit_price": "9 EUR"},
                {"amount": "8 EUR", "kind": "users", "quantity": 2, "unit_price": "4 EUR"},
            ],
            "missed_days": [],
            "total": "17 EUR",
        });
        let expected = "total  17 EUR\n\
                        \n\
                        lines:\n\
                        KIND   QUANTITY  UNIT PRICE  AMOUNT\n\
                        base   1         9 EUR       9 EUR\n\
                        users  2         4 EUR       8 EUR\n";
        assert_eq!(of(&invoice), expected);
        let deep = json!({"search": {"tests": [{"indexed": true, "test": "(uid=ada)"}]}});
        assert_eq!(of(&deep), "search tests:\nTEST       INDEXED\n(uid=ada)  yes\n");
    }

    #[test]
    fn who_holds_what_is_a_grid() {
        let policy = json!({
            "permissions": [
                {"permission": "manage_billing", "roles": ["top"]},
                {"permission": "nothing", "roles": []},
                {"permission": "view", "roles": ["top", "read_only"]},
            ],
            "roles": ["top", "read_only"],
        });
        let expected = "roles  top, read_only\n\
                        \n\
                        permissions:\n\
                        PERMISSION      TOP  READ ONLY\n\
                        manage_billing  yes\n\
                        nothing\n\
                        view            yes  yes\n";
        assert_eq!(of(&policy), expected);
    }

    #[test]
    fn records_in_a_cell_stand_in_lines() {
        let rows = json!([
            {"line": 2, "changes": [
                {"field": "title", "before": "\"Dr.\"", "after": "\"Prof.\""},
                {"field": "login", "before": null, "after": "\"ada\""},
            ]},
            {"line": 3, "changes": []},
        ]);
        let expected = "LINE  CHANGES\n\
                        2     title: \"Dr.\" → \"Prof.\"\n\
                        \u{20}     login: \"ada\"\n\
                        3\n";
        assert_eq!(list(rows.as_array().unwrap(), &["line", "changes"]), expected);
        let named = json!([{"who": [{"id": 1, "name": "ada"}, {"id": 2, "name": "bob"}]}]);
        assert_eq!(list(named.as_array().unwrap(), &[]), "WHO\nada, bob\n");
    }
}
