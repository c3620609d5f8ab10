//! The organization's devices, and how each is to look to an application.

use serde_json::{Value, json};

use super::judge::Entry;
use super::name::{self, Name};
use super::places::{self, DEVICE};
use super::views::{Caller, View};
use super::world::{Ref, World};
use crate::harness::random::Random;

/// A device: what the admin API shows of it, the groups that it is in, and who has it, by place.
#[derive(Debug)]
pub(super) struct Device {
    told: Value,
    groups: Vec<usize>,
    owner: Option<usize>,
}

const NAMES: [&str; 5] = ["laptop-7", "Till, east", "ada", "Gräfin", "printer 2"];

impl World {
    /// Makes devices that have this and that.
    pub(super) fn equip(&mut self, random: &mut Random) {
        for (at, name) in NAMES.into_iter().enumerate() {
            let groups = 0..self.groups.len();
            let groups: Vec<usize> = groups.filter(|_| random.below(4) == 0).collect();
            let owner = (random.below(3) > 0).then(|| random.below(self.users.len()));
            let ids: Vec<String> = groups.iter().map(|at| self.id(Ref::Group(*at))).collect();
            let mut fields = json!({"name": name, "groups": ids});
            let all = fields.as_object_mut().unwrap();
            if let Some(owner) = owner {
                all.insert("owner".to_owned(), json!(self.id(Ref::User(owner))));
            }
            if random.below(3) > 0 {
                let own = [format!("00-10-A4-23-19-0{at}"), format!("3c:22:fb:01:02:0{at}")];
                all.insert("addresses".to_owned(), json!(own[..random.below(2) + 1]));
            }
            if random.below(3) > 0 {
                let serial = format!("{}{at}", random.one_of(&["C02-X", "c02 y", "no_print"]));
                all.insert("serial".to_owned(), json!(serial));
            }
            for (field, values) in [
                ("description", ["Some words", "MacBook air"]),
                ("model", ["MacBook Air", "Till"]),
                ("os", ["macos", "other"]),
                ("os_version", ["15.2", "7"]),
            ] {
                if random.below(2) == 0 {
                    all.insert(field.to_owned(), json!(random.one_of(&values)));
                }
            }
            let told = self.office.make("devices", &fields);
            self.devices.push(Device { told, groups, owner });
        }
    }

    /// The devices that the caller sees, or those that it does not, where there is a place for them.
    fn devices_in(&self, view: View, seen: bool) -> impl Iterator<Item = &Device> {
        let sees = move |device: &&Device| match view.caller {
            Caller::Application => true,
            Caller::Narrow => device.groups.iter().any(|at| self.sees(view, Ref::Group(*at))),
            Caller::User | Caller::Oneself => false,
        };
        let there = self.devices.iter().filter(move |_| view.has_devices());
        there.filter(move |device| sees(device) == seen)
    }

    /// The entries of those that the caller sees.
    pub(super) fn device_entries(&self, view: View, base: &Name) -> Vec<Entry> {
        let entry = |device: &Device| {
            let name = name_of(view, base, device);
            let mut shown = places::device(view, &device.told);
            let owner = device.owner.map(Ref::User).filter(|owner| self.sees(view, *owner));
            if let Some(owner) = owner {
                let owner = name::spell(&self.name(view, base, owner));
                shown.push(("owner".to_owned(), vec![owner.into_bytes()]));
            }
            places::finish(view, name, (shown, Vec::new()), false)
        };
        self.devices_in(view, true).map(entry).collect()
    }

    /// The names of those that it does not see.
    pub(super) fn hidden_devices(&self, view: View, base: &Name) -> Vec<Name> {
        self.devices_in(view, false).map(|device| name_of(view, base, device)).collect()
    }
}

fn name_of(view: View, base: &Name, device: &Device) -> Name {
    places::name(view, base, DEVICE, device.told["name"].as_str().unwrap())
}
