//! A cable of a test's own, with a port of a switch (hostapd) at one end and a computer
//! (`wpa_supplicant`) at the other, in a network that nothing else on this machine has to do with.

use std::fs::File;
use std::io::{BufRead, BufReader, Read};
use std::net::{Ipv4Addr, SocketAddr, UdpSocket};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use nix::sched::{CloneFlags, setns};
use tempfile::TempDir;

use super::client::{Client as Run, Output, needs};
use super::eapol::Peer;
use super::office::{Client, Office};
use super::program::Program;

/// Runs in the network; when its input ends, the network does.
const KEEP: &str = "
set -e
ip link set lo up
ip link add port type veth peer name plug
ip link set port up
ip link set plug up
echo open
exec cat
";

/// Where the switch takes orders, in its own network.
const ORDERS: u16 = 3_799;

/// After so long whoever carries datagrams looks whether the cable is still there.
const LOOK: Duration = Duration::from_millis(100);

/// The cable with its switch, until it is dropped.
#[derive(Debug)]
pub(crate) struct Cable {
    switch: Program,
    keeper: Child,
    over: Arc<AtomicBool>,
    folder: TempDir,
    /// Where the switch takes orders, at the organization's address.
    pub(crate) orders: u16,
}

impl Office {
    /// A cable whose switch lets in whom this organization does, and is its RADIUS client: from the
    /// organization's own address.
    pub(crate) fn cable(&self, client: &Client) -> Cable {
        let (keeper, over) = (keeper(), Arc::new(AtomicBool::new(false)));
        let outside = |to: &str| {
            let socket = UdpSocket::bind((self.address, 0)).unwrap();
            socket.connect(to).unwrap();
            socket
        };
        let (auth, acct) = (inside(&keeper, 1_812), inside(&keeper, 1_813));
        carry(auth, outside(&self.demo.radius.auth), &over);
        carry(acct, outside(&self.demo.radius.acct), &over);
        let (orders, to_switch) = (UdpSocket::bind((self.address, 0)).unwrap(), inside(&keeper, 0));
        to_switch.connect((Ipv4Addr::LOCALHOST, ORDERS)).unwrap();
        let port = orders.local_addr().unwrap().port();
        carry(orders, to_switch, &over);

        needs("hostapd", "hostapd");
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("hostapd.conf");
        std::fs::write(&file, switch(&client.secret)).unwrap();
        let mut command = enter(&keeper);
        let switch = Program::start(command.args(["hostapd", "-d"]).arg(&file));
        switch.says("AP-ENABLED");
        Cable { switch, keeper, over, folder, orders: port }
    }
}

impl Cable {
    /// Plugs a computer in, which asks to be let in as this peer; dropped, it is just gone.
    pub(crate) fn plug(&self, peer: &Peer) -> Program {
        needs("wpa_supplicant", "wpasupplicant");
        let wired = peer.clone().set("key_mgmt", "IEEE8021X").set("eapol_flags", "0");
        let text =
            format!("ctrl_interface={}\nap_scan=0\n{}", self.control(), wired.configuration());
        let file = self.folder.path().join("wpa_supplicant.conf");
        std::fs::write(&file, text).unwrap();
        let words = ["wpa_supplicant", "-Dwired", "-iplug", "-c"];
        Program::start(enter(&self.keeper).args(words).arg(&file))
    }

    /// Has the computer say that its user has left (EAPOL-Logoff).
    pub(crate) fn log_off(&self) -> Output {
        needs("wpa_cli", "wpasupplicant");
        let control = self.control();
        Run::new("nsenter", "util-linux")
            .arg(format!("--net={}", network(&self.keeper)))
            .args(["wpa_cli", "-p", &control, "-i", "plug", "logoff"])
            .run()
    }

    /// Waits until the switch has said something.
    pub(crate) fn says(&self, text: &str) {
        self.switch.says(text);
    }

    /// What the switch has said so far.
    pub(crate) fn said(&self) -> String {
        self.switch.said()
    }

    fn control(&self) -> String {
        self.folder.path().join("control").display().to_string()
    }
}

impl Drop for Cable {
    fn drop(&mut self) {
        self.over.store(true, Ordering::Relaxed);
        drop(self.keeper.stdin.take());
        drop(self.keeper.wait());
    }
}

fn keeper() -> Child {
    needs("ip", "iproute2");
    let mut keeper = Command::new("unshare")
        .args(["--net", "sh", "-c", KEEP])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut said = String::new();
    BufReader::new(keeper.stdout.take().unwrap()).read_line(&mut said).unwrap();
    let mut complaint = keeper.stderr.take().unwrap();
    if said != "open\n" {
        complaint.read_to_string(&mut said).unwrap();
        panic!("a network of its own needs root: {said}");
    }
    keeper
}

fn network(keeper: &Child) -> String {
    format!("/proc/{}/ns/net", keeper.id())
}

/// A command that is about to run in the network.
fn enter(keeper: &Child) -> Command {
    let mut command = Command::new("nsenter");
    command.arg(format!("--net={}", network(keeper)));
    command
}

/// A socket in the network.
fn inside(keeper: &Child, port: u16) -> UdpSocket {
    let network = File::open(network(keeper)).unwrap();
    // The thread ends in there; the socket stays of that network wherever it is used.
    let made = std::thread::spawn(move || {
        setns(network, CloneFlags::CLONE_NEWNET).unwrap();
        UdpSocket::bind((Ipv4Addr::LOCALHOST, port)).unwrap()
    });
    made.join().unwrap()
}

/// Carries datagrams from whoever asks at `asked` to where `asking` is connected, and answers back.
fn carry(asked: UdpSocket, asking: UdpSocket, over: &Arc<AtomicBool>) {
    for socket in [&asked, &asking] {
        socket.set_read_timeout(Some(LOOK)).unwrap();
    }
    let who: Arc<Mutex<Option<SocketAddr>>> = Arc::default();
    let (back, there) = (asked.try_clone().unwrap(), asking.try_clone().unwrap());
    let (known, ends) = (Arc::clone(&who), Arc::clone(over));
    std::thread::spawn(move || {
        let mut buffer = [0; 8_192];
        while !ends.load(Ordering::Relaxed) {
            let Ok((length, from)) = asked.recv_from(&mut buffer) else { continue };
            *known.lock().unwrap() = Some(from);
            drop(there.send(&buffer[..length]));
        }
    });
    let ends = Arc::clone(over);
    std::thread::spawn(move || {
        let mut buffer = [0; 8_192];
        while !ends.load(Ordering::Relaxed) {
            let Ok(length) = asking.recv(&mut buffer) else { continue };
            if let Some(to) = *who.lock().unwrap() {
                drop(back.send_to(&buffer[..length], to));
            }
        }
    });
}

/// The configuration of a switch with one port.
fn switch(secret: &str) -> String {
    format!(
        "interface=port
driver=wired
logger_stdout=-1
logger_stdout_level=0
ieee8021x=1
use_pae_group_addr=1
eap_reauth_period=0
own_ip_addr=127.0.0.1
nas_identifier=switch-1
auth_server_addr=127.0.0.1
auth_server_port=1812
auth_server_shared_secret={secret}
acct_server_addr=127.0.0.1
acct_server_port=1813
acct_server_shared_secret={secret}
radius_das_port={ORDERS}
radius_das_client=127.0.0.1 {secret}
radius_das_require_message_authenticator=1
"
    )
}
