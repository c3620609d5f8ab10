//! Whether devices follow what is demanded of them, by their own reports.

use std::ops::Bound;

use serde::Serialize;
use storage::{Change, Id, Partition, Reading, Snapshot};

use super::device_settings::{EffectiveSettings, effective};
use super::site::Site;
use crate::access::{Grant, OwnDevice, View};
use crate::error::{Error, Invalid};
use crate::events::{Action, EventActor, SubjectKind, differences};
use crate::id::{DeviceId, RecordId};
use crate::limits;
use crate::records::{
    Compliance, ComplianceReport, ComplianceWatch, Device, OperatingSystem, SettingState,
    SettingStates, THE_ONLY_ONE, Verdict, indices,
};
use crate::time::Time;
use crate::tools::Tools;

/// Reports of a device that are kept beside the last one.
const EARLIER: usize = 20;

/// How a device stands toward what is demanded of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum ComplianceState {
    /// It reported that it follows everything.
    Compliant,
    /// It reported that it breaks something.
    NotCompliant,
    /// It reported that it does not know of something.
    Unknown,
    /// Its last report is too old to say anything.
    Stale,
    /// It never reported.
    Unreported,
}

/// How many devices stand how.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ComplianceCounts {
    /// Those that follow everything.
    pub compliant: usize,
    /// Those that break something.
    pub not_compliant: usize,
    /// Those that do not know of something.
    pub unknown: usize,
    /// Those whose last report is too old.
    pub stale: usize,
    /// Those that never reported.
    pub unreported: usize,
}

/// What a device reports.
#[derive(Clone, Debug, Default)]
pub struct NewReport {
    /// The tag of the document that it follows.
    pub document: Option<String>,
    /// What runs on it.
    pub os: Option<OperatingSystem>,
    /// The version of that.
    pub os_version: Option<String>,
    /// How it follows each setting.
    pub states: SettingStates,
}

/// The time before which a report is too old to say anything.
pub(crate) fn stale_before(now: Time, tools: &Tools) -> Time {
    Time(now.0.saturating_sub(tools.report_life()))
}

/// How a device stands that reported that, if anything.
pub(crate) fn state_of(known: Option<&Compliance>, now: Time, tools: &Tools) -> ComplianceState {
    let Some(Compliance { last, .. }) = known else { return ComplianceState::Unreported };
    if last.at < stale_before(now, tools) {
        return ComplianceState::Stale;
    }
    last.verdict.into()
}

impl From<Verdict> for ComplianceState {
    fn from(verdict: Verdict) -> Self {
        match verdict {
            Verdict::Compliant => Self::Compliant,
            Verdict::NotCompliant => Self::NotCompliant,
            Verdict::Unknown => Self::Unknown,
        }
    }
}

/// A report in which a system that is plainly too old counts as such, whatever the device says of it.
fn corrected(
    mut report: NewReport,
    demanded: &EffectiveSettings,
    device: &Device,
    now: Time,
) -> NewReport {
    let os = report.os.or(device.fields.os);
    if let (Some(said), Some(os), Some(version)) = (&demanded.os_updates, os, &report.os_version)
        && said.value.is_outdated(os, version, now)
    {
        report.states.os_updates = SettingState::NotCompliant;
    }
    report
}

/// What a report comes to, by what is demanded.
fn judge(demanded: &EffectiveSettings, report: &NewReport) -> Result<Verdict, Error> {
    let states = &report.states;
    let said = [
        (demanded.disk_encryption.is_some(), states.disk_encryption),
        (demanded.screen_lock.is_some(), states.screen_lock),
        (demanded.os_updates.is_some(), states.os_updates),
        (demanded.allowed_networks.is_some(), states.allowed_networks),
    ];
    let has = |state| said.iter().any(|(demanded, own)| *demanded && *own == state);
    if has(SettingState::NotCompliant) {
        return Ok(Verdict::NotCompliant);
    }
    let demands = said.iter().any(|(demanded, _)| *demanded);
    let other = demands && report.document.as_deref() != Some(&*demanded.tag()?);
    let knows = !has(SettingState::Unknown) && !other;
    Ok(if knows { Verdict::Compliant } else { Verdict::Unknown })
}

/// What an event tells of a report.
#[derive(Serialize)]
struct Told {
    compliance: ComplianceState,
    #[serde(flatten)]
    states: SettingStates,
}

impl Told {
    fn of(report: &ComplianceReport) -> Self {
        Self { compliance: report.verdict.into(), states: report.states }
    }

    /// Of one that is too old to say anything, and of which that was told.
    fn stale(report: &ComplianceReport) -> Self {
        Self { compliance: ComplianceState::Stale, states: report.states }
    }
}

/// Whether it was told of a report that it is too old.
fn is_told_stale(
    report: &ComplianceReport,
    source: &impl Reading,
    partition: Partition,
) -> Result<bool, Error> {
    let watch = source.get::<ComplianceWatch>(partition, THE_ONLY_ONE)?;
    Ok(watch.is_some_and(|watch| report.at < watch.told))
}

/// Tells that a device was not heard of for too long.
pub(crate) fn tell_stale(site: &mut Site<'_, &mut Change<'_>>, device: Id) -> Result<(), Error> {
    let partition = site.partition();
    let record = site.source.get::<Device>(partition, device)?;
    let known = site.source.get::<Compliance>(partition, device)?;
    let (Some(record), Some(known)) = (record, known) else { return Ok(()) };
    let told = differences(Some(&Told::of(&known.last)), Some(&Told::stale(&known.last)));
    let subject = (SubjectKind::Device, record.uuid, &*record.fields.name);
    site.tell_by(EventActor::Daemon, Action::ComplianceChanged, subject, told)
}

impl Grant<'_, &mut Change<'_>, OwnDevice> {
    /// Keeps what the device reports; an event tells when that comes to something else than the
    /// report before, or when the device was not heard of for too long.
    ///
    /// # Errors
    /// `Invalid` for what is not acceptable; when the store fails.
    pub fn report(&mut self, new: NewReport) -> Result<ComplianceReport, Error> {
        new.check()?;
        let device = self.acting_device()?;
        let mut site = self.site_mut();
        let (partition, number) = (site.partition(), device.record());
        let record = site.source.get::<Device>(partition, number)?.ok_or(Error::Missing)?;
        let demanded = effective(&*site.source, partition, &record)?;
        let new = corrected(new, &demanded, &record, site.now());
        let verdict = judge(&demanded, &new)?;
        let NewReport { document, os, os_version, states } = new;
        let (at, source) = (site.now(), site.context.source);
        let report = ComplianceReport { at, source, document, os, os_version, states, verdict };
        let before = site.source.get::<Compliance>(partition, number)?;
        let mut earlier = Vec::new();
        let former = before.map(|before| {
            earlier = before.earlier;
            earlier.insert(0, before.last.clone());
            earlier.truncate(EARLIER);
            before.last
        });
        let kept = Compliance { last: report.clone(), earlier };
        site.source.put(partition, number, &kept)?;
        let was_stale = match &former {
            Some(former) => is_told_stale(former, &*site.source, partition)?,
            None => false,
        };
        if was_stale || former.as_ref().is_none_or(|former| former.verdict != verdict) {
            let former = former.as_ref();
            let former = former.map(if was_stale { Told::stale } else { Told::of });
            let told = differences(former.as_ref(), Some(&Told::of(&report)));
            let subject = (SubjectKind::Device, record.uuid, &*record.fields.name);
            site.tell(Action::ComplianceChanged, subject, told)?;
        }
        Ok(report)
    }
}

impl NewReport {
    fn check(&self) -> Result<(), Invalid> {
        limits::optional_line("/document", self.document.as_ref())?;
        limits::optional_line("/os_version", self.os_version.as_ref())
    }
}

impl Grant<'_, &Snapshot, View> {
    /// What a device reported, if it did, and how it stands.
    ///
    /// # Errors
    /// When the store fails.
    pub fn compliance(
        &self,
        device: DeviceId,
    ) -> Result<(ComplianceState, Option<Compliance>), Error> {
        let known = self.source.get::<Compliance>(self.place.partition(), device.record())?;
        Ok((state_of(known.as_ref(), self.context.now, self.tools), known))
    }

    /// How many devices stand how.
    ///
    /// # Errors
    /// When the store fails.
    pub fn compliance_counts(&self) -> Result<ComplianceCounts, Error> {
        let partition = self.place.partition();
        let since = stale_before(self.context.now, self.tools);
        let mut counts = ComplianceCounts::default();
        for verdict in Verdict::ALL {
            let (stale, fresh) = counted(self.source, partition, verdict, since)?;
            counts.stale += stale;
            match verdict {
                Verdict::Compliant => counts.compliant = fresh,
                Verdict::NotCompliant => counts.not_compliant = fresh,
                Verdict::Unknown => counts.unknown = fresh,
            }
        }
        let all = count(self.source.prefix(partition, indices::DEVICE_UUID, &[]).ids())?;
        let reported = counts.compliant + counts.not_compliant + counts.unknown + counts.stale;
        counts.unreported = all.saturating_sub(reported);
        Ok(counts)
    }
}

/// How many reports of a verdict are too old, and how many are not.
fn counted(
    source: &Snapshot,
    partition: Partition,
    verdict: Verdict,
    since: Time,
) -> Result<(usize, usize), Error> {
    let [first, since, last] = [Time(0), since, Time(u64::MAX)].map(|at| verdict.key(at));
    let between = |from: &[u8], to: Bound<&[u8]>| {
        let range = source.range(partition, indices::COMPLIANCE, Bound::Included(from), to);
        count(range.ids())
    };
    let stale = between(&first, Bound::Excluded(&since))?;
    Ok((stale, between(&since, Bound::Included(&last))?))
}

fn count<T>(mut all: impl Iterator<Item = Result<T, storage::ReadError>>) -> Result<usize, Error> {
    Ok(all.try_fold(0, |count, one| one.map(|_| count + 1))?)
}
