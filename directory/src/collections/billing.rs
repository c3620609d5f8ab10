//! Plans, what was agreed with an organization, and what a month of it costs.

use std::cmp::Ordering;
use std::ops::Bound;

use storage::{Change, Index, Partition, Reading, Snapshot};
use uuid::Uuid;

use super::collection::Collection;
use super::entity::Entity;
use super::site::Site;
use crate::access::{Grant, ManageBilling, View, Who, organization, standing};
use crate::billing::{BilledDay, Days, Invoice, Month, billed_days, is_currency, usage};
use crate::error::{Error, Invalid};
use crate::events::{Action, Difference, SubjectKind};
use crate::id::{OrganizationId, Place, PlanId};
use crate::limits;
use crate::records::{
    Agreement, Agreements, BillingContact, ClosedAccount, DayCount, Organization,
    OrganizationState, Plan, PlanFields, Stamp, THE_ONLY_ONE, UsageMonth, indices,
};
use crate::time::Time;

/// The provider's plans.
pub type Plans<'g, S> = Collection<'g, S, Plan>;

/// The most that one of anything may cost, in the smallest unit.
const DEAREST: u64 = 1_000_000_000_000;
/// The most agreements of an organization.
const AGREEMENTS: usize = 240;

/// A plan as the provider offers it to an organization, or none. Whoever has it may offer plans.
pub struct Offer(Option<PlanFields>);

/// What was agreed with the grant's organization, and what follows from it.
pub struct Billing<'g, S> {
    site: Site<'g, S>,
}

impl<'t, 's> Grant<'t, &'s Snapshot, ManageBilling> {
    /// The provider's plans, to be read.
    ///
    /// # Errors
    /// `Missing` in an organization.
    pub fn plans(&self) -> Result<Plans<'t, &'s Snapshot>, Error> {
        at_provider(self.place)?;
        Ok(Collection::new(self.site()))
    }

    /// What the organization's bills are made of.
    pub fn billing(&self) -> Billing<'t, &'s Snapshot> {
        Billing { site: self.site() }
    }
}

impl<'t, 'c> Grant<'t, &mut Change<'c>, ManageBilling> {
    /// The provider's plans, to be changed.
    ///
    /// # Errors
    /// `Missing` in an organization.
    pub fn plans(&mut self) -> Result<Plans<'t, &mut Change<'c>>, Error> {
        at_provider(self.place)?;
        Ok(Collection::new(self.site_mut()))
    }

    /// What the organization's bills are made of, to be changed.
    pub fn billing(&mut self) -> Billing<'t, &mut Change<'c>> {
        Billing { site: self.site_mut() }
    }
}

impl Grant<'_, &Snapshot, View> {
    /// What was counted in a month.
    ///
    /// # Errors
    /// When the store fails.
    pub fn usage(&self, month: Month) -> Result<UsageMonth, Error> {
        let found = usage(self.source, self.organization()?, month)?;
        let nothing = UsageMonth { month, days: Vec::new() };
        Ok(found.map_or(nothing, |(_, usage)| usage))
    }
}

fn at_provider(place: Place) -> Result<(), Error> {
    match place {
        Place::Provider => Ok(()),
        Place::Organization(_) => Err(Error::Missing),
    }
}

impl Plans<'_, &mut Change<'_>> {
    /// Makes a plan.
    ///
    /// # Errors
    /// `Invalid` or `Taken` for what is not acceptable; `Forbidden` when the actor's scope is not
    /// all organizations, with any of which a plan may be agreed.
    pub fn create(&mut self, fields: PlanFields) -> Result<(PlanId, Plan), Error> {
        self.require_the_whole_scope()?;
        self.add(fields)
    }

    /// Changes a plan; what was agreed before stays as it was agreed.
    ///
    /// # Errors
    /// `Missing`, `Stale`, `Invalid` or `Taken`; `Forbidden` as [`Self::create`].
    pub fn update(
        &mut self,
        id: PlanId,
        revision: Option<u64>,
        edit: impl FnOnce(&mut Plan) -> Result<(), Error>,
    ) -> Result<Plan, Error> {
        self.require_the_whole_scope()?;
        self.edit(id, revision, edit)
    }

    /// Deletes a plan; what was agreed before stays as it was agreed.
    ///
    /// # Errors
    /// `Missing` or `Stale`; `Forbidden` as [`Self::create`].
    pub fn delete(&mut self, id: PlanId, revision: Option<u64>) -> Result<(), Error> {
        self.require_the_whole_scope()?;
        self.remove(id, revision)
    }

    fn require_the_whole_scope(&self) -> Result<(), Error> {
        let Site { source, context, .. } = &self.site;
        let Who::Admin { admin, token } = context.actor.0 else { return Err(Error::Missing) };
        match standing(&**source, context, admin, token)??.rights.covers_all() {
            true => Ok(()),
            false => Err(Error::Forbidden("changing plans needs the scope of all organizations")),
        }
    }

    /// Offers a plan, or none, to be agreed with an organization.
    ///
    /// # Errors
    /// `Invalid` when there is no such plan.
    pub fn offer(&self, plan: Option<Uuid>) -> Result<Offer, Error> {
        let Some(uuid) = plan else { return Ok(Offer(None)) };
        let missing = |_| Invalid::new("/plan", "there is no such plan");
        let id = self.id_of(uuid).map_err(missing)?;
        Ok(Offer(Some(self.read(id)?.fields)))
    }
}

impl<S> Billing<'_, S>
where
    S: std::ops::Deref,
    S::Target: Reading + Sized,
{
    /// What was agreed.
    ///
    /// # Errors
    /// When the store fails.
    pub fn agreements(&self) -> Result<Agreements, Error> {
        let found = self.site.source.get(self.site.partition(), THE_ONLY_ONE)?;
        Ok(found.unwrap_or_default())
    }

    /// Drafts the invoice of a month, with the plan that holds in it; none where none does, or the
    /// organization was deleted all the month.
    ///
    /// # Errors
    /// `Invalid` for a month that has not begun, or when the store fails.
    pub fn invoice(&self, month: Month) -> Result<Option<(PlanFields, Invoice)>, Error> {
        let days = drafted_days(month, self.site.now())?;
        let agreements = self.agreements()?;
        let Some(plan) = agreements.of(month) else { return Ok(None) };
        let (before, counted) = (self.last_before(month)?, self.counted(month)?);
        drafted((month, days), before, &counted, plan)
    }

    /// The days of a month, as its bill sees them or would; none before anything was counted.
    ///
    /// # Errors
    /// `Invalid` for a month that has not begun, or when the store fails.
    pub fn days(&self, month: Month) -> Result<Vec<BilledDay>, Error> {
        let days = drafted_days(month, self.site.now())?;
        let (before, counted) = (self.last_before(month)?, self.counted(month)?);
        Ok(billed_days((month, days), before, &counted))
    }

    fn counted(&self, month: Month) -> Result<Vec<DayCount>, Error> {
        let found = usage(&*self.site.source, self.organization()?, month)?;
        Ok(found.map(|(_, usage)| usage.days).unwrap_or_default())
    }

    /// The last day that was counted before a month.
    fn last_before(&self, month: Month) -> Result<Option<DayCount>, Error> {
        let (partition, index) = (self.site.partition(), indices::USAGE_MONTH);
        let (all, key) = (Bound::Unbounded, month.key());
        let earlier = self.site.source.range(partition, index, all, Bound::Excluded(&key));
        let Some(number) = earlier.ids().last().transpose()? else { return Ok(None) };
        let usage = self.site.source.get::<UsageMonth>(partition, number)?;
        Ok(usage.and_then(|usage| usage.days.last().copied()))
    }

    fn organization(&self) -> Result<OrganizationId, Error> {
        self.site.place.organization().ok_or(Error::Missing)
    }
}

/// The days of a month that are drafted: those up to today, or all.
fn drafted_days(month: Month, now: Time) -> Result<Days, Error> {
    let (this, today) = Month::of(now);
    match month.cmp(&this) {
        Ordering::Less => Ok(Days::All),
        Ordering::Equal => Ok(Days::Until(today)),
        Ordering::Greater => Err(Invalid::new("/month", "has not begun").into()),
    }
}

fn drafted(
    days: (Month, Days),
    before: Option<DayCount>,
    counted: &[DayCount],
    plan: &PlanFields,
) -> Result<Option<(PlanFields, Invoice)>, Error> {
    let draft = Invoice::draft(days, before, counted, &plan.prices);
    let draft = draft.map_err(|_| Error::Forbidden("the amount is larger than any bill"))?;
    Ok(draft.map(|draft| (plan.clone(), draft)))
}

impl ClosedAccount {
    /// Drafts the invoice of a month, as long as the organization was there.
    ///
    /// # Errors
    /// `Invalid` for a month that has not begun; `Forbidden` for too large an amount.
    pub fn invoice(&self, month: Month, now: Time) -> Result<Option<(PlanFields, Invoice)>, Error> {
        let days = drafted_days(month, now)?;
        let Some(plan) = self.agreements.of(month) else { return Ok(None) };
        let (before, counted) = self.counted(month);
        drafted((month, days), before, counted, plan)
    }

    /// The days of a month, as its bill sees them or would.
    ///
    /// # Errors
    /// `Invalid` for a month that has not begun.
    pub fn days(&self, month: Month, now: Time) -> Result<Vec<BilledDay>, Error> {
        let days = drafted_days(month, now)?;
        let (before, counted) = self.counted(month);
        Ok(billed_days((month, days), before, counted))
    }

    /// The last count before a month, and those in it.
    fn counted(&self, month: Month) -> (Option<DayCount>, &[DayCount]) {
        let of = |known: &&UsageMonth| known.month == month;
        let counted = self.months.iter().find(of).map(|usage| usage.days.as_slice());
        let earlier = self.months.iter().rfind(|usage| usage.month < month);
        let before = earlier.and_then(|usage| usage.days.last().copied());
        // Months that were over when it was destroyed are billed as they were while it was there. From
        // then on it is gone, once nothing was counted any more.
        let is_counted_since = self.months.iter().any(|usage| usage.month >= month);
        let is_gone = Month::of(self.destroyed).0 <= month && !is_counted_since;
        let gone = DayCount { day: 0, users: 0, devices: 0, closed: true };
        (if is_gone { Some(gone) } else { before }, counted.unwrap_or_default())
    }
}

impl Grant<'_, &Snapshot, ManageBilling> {
    /// What is left of what destroyed organizations owe, at most so many behind one; and where to go
    /// on.
    ///
    /// # Errors
    /// `Missing` in an organization, or for an admin of some organizations only.
    pub fn closed_accounts(
        &self,
        after: Option<u64>,
        limit: usize,
    ) -> Result<(Vec<ClosedAccount>, Option<u64>), Error> {
        at_provider(self.place)?;
        let Who::Admin { admin, token } = self.context.actor.0 else { return Err(Error::Missing) };
        if !standing(self.source, self.context, admin, token)??.rights.covers_all() {
            return Ok((Vec::new(), None));
        }
        let (mut accounts, mut last) = (Vec::new(), after);
        for found in self.source.scan::<ClosedAccount>(Partition::Provider, after) {
            if accounts.len() == limit {
                return Ok((accounts, last));
            }
            let (id, account) = found?;
            last = Some(id);
            accounts.push(account);
        }
        Ok((accounts, None))
    }
}

/// Keeps what an organization owes that is about to be destroyed, and who gets its last invoices, if
/// anything was agreed with it.
pub(crate) fn close_account(
    change: &mut Change<'_>,
    id: OrganizationId,
    record: &Organization,
    now: Time,
) -> Result<(), Error> {
    let partition = id.partition();
    let Some(agreements) = change.get::<Agreements>(partition, THE_ONLY_ONE)? else {
        return Ok(());
    };
    let months = change.scan::<UsageMonth>(partition, None).map(|found| found.map(|(_, it)| it));
    let mut months: Vec<UsageMonth> = months.collect::<Result<_, _>>()?;
    months.sort_by_key(|usage| usage.month);
    let contact = change.get::<BillingContact>(partition, THE_ONLY_ONE)?.unwrap_or_default();
    let account = ClosedAccount {
        organization: record.uuid,
        slug: record.fields.slug.clone(),
        name: record.fields.name.clone(),
        agreements,
        months,
        destroyed: now,
        contact,
    };
    let number = change.allocate(Partition::Provider)?;
    Ok(change.put(Partition::Provider, number, &account)?)
}

impl Billing<'_, &mut Change<'_>> {
    /// Agrees on what holds from a month on that is not over: the plan as it is now; with `revision`,
    /// only when nobody agreed on anything in between.
    ///
    /// # Errors
    /// `Invalid` for a month that is over; `Stale`; `Forbidden` while the organization is deleted.
    pub fn agree(
        &mut self,
        revision: Option<u64>,
        from: Month,
        Offer(plan): Offer,
    ) -> Result<Agreements, Error> {
        let (this, _) = Month::of(self.site.now());
        if from < this {
            let message = "is over: what was billed in it stays as it is";
            return Err(Invalid::new("/since", message).into());
        }
        let id = self.organization()?;
        let record = organization(&*self.site.source, id)?.ok_or(Error::Missing)?;
        if matches!(record.state, OrganizationState::Deleted { .. }) {
            return Err(Error::Forbidden("the organization is deleted; restore it first"));
        }
        let mut agreements = self.agreements()?;
        if revision.is_some_and(|seen| seen != agreements.revision()) {
            return Err(Error::Stale);
        }
        let agreement = Agreement { from, plan };
        if agreements.list.contains(&agreement) {
            return Ok(agreements);
        }
        // With its prices: a plan may be agreed on again at others.
        let told = |plan: &PlanFields| serde_json::to_string(plan).unwrap_or_default();
        let (before, after) = (agreements.of(from).map(told), agreement.plan.as_ref().map(told));
        agreements.list.retain(|agreement| agreement.from != from);
        if agreements.list.len() >= AGREEMENTS {
            return Err(Error::Forbidden("there are 240 agreements with this organization"));
        }
        agreements.list.push(agreement);
        agreements.list.sort_by_key(|agreement| agreement.from);
        agreements.changes = agreements.changes.saturating_add(1);
        let partition = self.site.partition();
        self.site.source.put(partition, THE_ONLY_ONE, &agreements)?;
        let told = vec![Difference { field: format!("plan from {from}"), before, after }];
        let subject = (SubjectKind::Organization, record.uuid, record.fields.slug.as_str());
        self.site.tell(Action::Changed, subject, told)?;
        Ok(agreements)
    }
}

impl Entity for Plan {
    type Id = PlanId;
    type Fields = PlanFields;

    const SUBJECT: SubjectKind = SubjectKind::Plan;
    const UUIDS: Index = indices::PLAN_UUID;
    const NAMES: Index = indices::PLAN_NAME;
    const NAME_POINTER: &'static str = "/name";

    fn new(uuid: Uuid, stamp: Stamp, fields: PlanFields) -> Self {
        Self { uuid, stamp, fields }
    }

    fn uuid(&self) -> Uuid {
        self.uuid
    }

    fn stamp(&mut self) -> &mut Stamp {
        &mut self.stamp
    }

    fn revision(&self) -> u64 {
        self.stamp.revision
    }

    fn fields(&self) -> &PlanFields {
        &self.fields
    }

    fn name(fields: &PlanFields) -> &str {
        &fields.name
    }

    fn check(fields: &PlanFields) -> Result<(), Invalid> {
        limits::name("/name", &fields.name)?;
        limits::optional_line("/description", fields.description.as_ref())?;
        let prices = &fields.prices;
        if !is_currency(&prices.currency) {
            return Err(Invalid::new("/currency", "must be a currency of ISO 4217 such as EUR"));
        }
        for (pointer, price) in
            [("/base", prices.base), ("/user", prices.user), ("/device", prices.device)]
        {
            if price > DEAREST {
                return Err(Invalid::new(pointer, format!("must be {DEAREST} at most")));
            }
        }
        Ok(())
    }

    fn let_go(&self, _: &mut Change<'_>, _: Partition, _: PlanId) -> Result<(), Error> {
        Ok(())
    }
}
