//! Lists that are found already: what of them is shown, and in which order.

use std::marker::PhantomData;

use serde::Serialize;
use utoipa::ToSchema;

use super::find::value;
use super::{Items, Listed, WholeQuery};
use crate::problem::Problem;
use crate::query::{Fields, Filter, Shape, Sort};

/// Which members of items are shown.
pub(crate) struct Chosen<T> {
    fields: Option<Fields>,
    of: PhantomData<fn() -> T>,
}

impl<T: Serialize + ToSchema> Chosen<T> {
    /// Reads the members, parted by commas; all where there is none.
    pub(crate) fn read(fields: Option<&str>) -> Result<Self, Problem> {
        let fields = fields.map(|text| Fields::read(text, Shape::of::<T>())).transpose()?;
        Ok(Self { fields, of: PhantomData })
    }

    /// A page of items, of which no more is shown.
    pub(crate) fn page(
        &self,
        items: impl IntoIterator<Item = T>,
        next: Option<String>,
    ) -> Result<Listed<T>, Problem> {
        let items = items.into_iter();
        let items = match &self.fields {
            None => Items::Whole(items.collect()),
            Some(fields) => {
                let picked = items.map(|item| Ok::<_, Problem>(fields.pick(&value(&item)?)));
                Items::Picked(picked.collect::<Result<_, _>>()?)
            }
        };
        Ok(Listed { items, next })
    }
}

impl WholeQuery {
    /// Shows what is asked for of a list that is found as a whole.
    pub(crate) fn of<T: Serialize + ToSchema>(
        &self,
        items: impl IntoIterator<Item = T>,
    ) -> Result<Listed<T>, Problem> {
        let shape = Shape::of::<T>();
        let filter = self.filter.as_deref().map(|text| Filter::read(text, shape)).transpose()?;
        let sort = self.sort.as_deref().map(|text| Sort::read(text, shape)).transpose()?;
        let chosen = Chosen::read(self.fields.as_deref())?;
        if filter.is_none() && sort.is_none() {
            return chosen.page(items, None);
        }
        let mut found = Vec::new();
        for (number, item) in (0..).zip(items) {
            let shown = value(&item)?;
            if filter.as_ref().is_none_or(|filter| filter.matches(&shown)) {
                found.push((sort.as_ref().map(|sort| sort.key(&shown, number)), item));
            }
        }
        if let Some(sort) = &sort {
            found.sort_by(|(one, _), (other, _)| match (one, other) {
                (Some(one), Some(other)) => sort.compare(one, other),
                (Some(_) | None, _) => std::cmp::Ordering::Equal,
            });
        }
        chosen.page(found.into_iter().map(|(_, item)| item), None)
    }
}
