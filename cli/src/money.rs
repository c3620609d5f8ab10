//! Amounts as people write them, where the API has them in the smallest unit of a currency.

use serde_json::{Map, Value};

/// The members that hold amounts, beside a currency or within what has one.
const AMOUNTS: [&str; 6] = ["amount", "base", "device", "total", "unit_price", "user"];
/// The most digits behind a point; no currency has more.
const DIGITS: u64 = 4;

/// What amounts are counted in.
struct Currency {
    name: String,
    /// How many digits stand behind the point.
    digits: usize,
}

impl Currency {
    /// The one that something says it has.
    fn of(members: &Map<String, Value>) -> Option<Self> {
        let name = members.get("currency")?.as_str()?.to_owned();
        let digits = members.get("minor_digits")?.as_u64().filter(|digits| *digits <= DIGITS)?;
        Some(Self { name, digits: usize::try_from(digits).ok()? })
    }

    fn written(&self, amount: u64) -> String {
        let all = format!("{amount:0>width$}", width = self.digits + 1);
        let (whole, parts) = all.split_at(all.len() - self.digits);
        let point = if parts.is_empty() { "" } else { "." };
        format!("{whole}{point}{parts} {}", self.name)
    }
}

/// What an answer says, for people: amounts in their currency.
pub(crate) fn with_money(value: Value) -> Value {
    put(value, None)
}

fn put(value: Value, outer: Option<&Currency>) -> Value {
    match value {
        Value::Object(members) => {
            let own = Currency::of(&members);
            let currency = own.as_ref().or(outer);
            let members = members.into_iter().map(|(name, member)| {
                let shown = match (currency, member.as_u64()) {
                    (Some(currency), Some(amount)) if AMOUNTS.contains(&name.as_str()) => {
                        Value::String(currency.written(amount))
                    }
                    (currency, _) => put(member, currency),
                };
                (name, shown)
            });
            Value::Object(members.collect())
        }
        Value::Array(items) => items.into_iter().map(|item| put(item, outer)).collect(),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => value,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn amounts_are_written_in_the_currency_of_what_they_are_within() {
        let invoice = |total: u64, currency: &str, digits: u64| {
            let lines = json!([{"amount": total, "quantity": 2}]);
            let of = json!({
                "currency": currency, "minor_digits": digits, "lines": lines, "total": total,
                "users": 3,
            });
            let shown = with_money(of);
            assert_eq!(shown["total"], shown["lines"][0]["amount"]);
            assert_eq!((&shown["lines"][0]["quantity"], &shown["users"]), (&json!(2), &json!(3)));
            shown["total"].as_str().unwrap_or("a number").to_owned()
        };
        assert_eq!(invoice(1700, "EUR", 2), "17.00 EUR");
        assert_eq!(invoice(5, "EUR", 2), "0.05 EUR");
        assert_eq!(invoice(0, "EUR", 2), "0.00 EUR");
        assert_eq!(invoice(1700, "JPY", 0), "1700 JPY");
        assert_eq!(invoice(1700, "KWD", 3), "1.700 KWD");
        assert_eq!(invoice(1700, "XXX", 40), "a number");
    }

    #[test]
    fn numbers_without_a_currency_are_none() {
        let counted = json!({"user": 7, "base": "dc=x", "lines": [], "total": 0});
        assert_eq!(with_money(counted.clone()), counted);
        let plans = json!([{"base": 100, "currency": "EUR", "minor_digits": 2, "name": "small"}]);
        assert_eq!(with_money(plans)[0]["base"], "1.00 EUR");
    }
}
