//! `[event_delivery]`

use std::path::PathBuf;

use directory::delivery::{DeliveryBounds, DeliveryNetworks};
use directory::milliseconds;
use ipnet::IpNet;

use super::section::section;
use super::value::{Count, DAY, FullPath, GIB, HOUR, MIB, MINUTE, Optional, SECOND, Size, Time};

section! {
    /// Events on their way to where organizations want them: syslog, webhooks, files.
    [event_delivery] EventDelivery {
        /// The folder in which events are written to files, one folder below it for each organization
        /// and a file of each day there. Without it there are no files.
        directory: Optional<FullPath> = Optional(None),
        /// What the files of each organization, and the provider's own, may take there: of whoever has
        /// more the oldest go before their time, so that a storm of rejected logins, all of which are
        /// told, does not fill the disk. One file has a sixteenth of it, or 1GiB, at most; a day with
        /// more has several. 50GiB are roughly a hundred million logins.
        size_per_organization: Size<MIB, { 1024 * GIB }> = Size(50 * GIB),
        /// Networks that are not the internet's in which syslog receivers and webhooks may be. Whoever
        /// names a receiver has the daemon speak with it: so leave out whatever trusts whoever can
        /// reach it, this machine (127.0.0.0/8, ::1/128) above all.
        networks: Vec<IpNet> = Vec::new(),
        /// Whether syslog messages may go over TCP without TLS, where a destination says so.
        in_clear: bool = false,
        /// How often is looked for events to be delivered; what came meanwhile goes together.
        interval: Time<50, MINUTE> = Time(SECOND),
        /// How long one delivery may take.
        patience: Time<SECOND, { 5 * MINUTE }> = Time(20 * SECOND),
        /// How often the same is tried at a webhook before it becomes a dead letter.
        attempts: Count<1, 1_000> = Count(15),
        /// The pause after the first attempt in vain; it doubles with each. Half of it is left to chance.
        first_pause: Time<50, HOUR> = Time(SECOND),
        /// The longest pause.
        longest_pause: Time<SECOND, DAY> = Time(HOUR),
        /// Deliveries that are under way at the same time, four of one organization.
        at_once: Count<1, 4_096> = Count(128),
        /// The same to one address, a host with a port as destinations name it, whosever they are. Those
        /// whose last delivery was in vain have half of these, so that they hold up no others.
        at_once_per_address: Count<1, 4_096> = Count(16),
    }
}

impl EventDelivery {
    /// What destinations may be.
    pub(crate) fn bounds(&self) -> DeliveryBounds {
        DeliveryBounds {
            networks: DeliveryNetworks { private: self.networks.clone() },
            in_clear: self.in_clear,
            files: self.directory.is_some(),
            attempts: self.attempts,
            first_pause: milliseconds(self.first_pause),
            longest_pause: milliseconds(self.longest_pause),
            at_address: self.at_once_per_address as usize,
        }
    }

    /// What of the section does not go together, in words.
    pub(super) fn fault(&self) -> Option<&'static str> {
        (self.first_pause > self.longest_pause).then_some(
            "`[event_delivery] first_pause` is longer than `[event_delivery] longest_pause`",
        )
    }

    /// The folder of files, where there are any.
    pub(crate) fn folder(&self) -> Option<PathBuf> {
        self.directory.clone()
    }
}
