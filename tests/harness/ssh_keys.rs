//! Public keys for SSH, of which nobody has the private half.

/// Some keys, without comments.
pub(crate) const SSH_KEYS: [&str; 2] = [
    "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIEmm7+BwdZBGTAn2rDHXoDtaUltq8s77q1CcO2pnq8p6",
    "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIK2qYneeLVZhcDXt82mvua+Rvx6gcCfugZ5gxY28g3tj",
];

/// Keys that are more than any buffer holds: their comments are long.
pub(crate) fn long_ssh_keys() -> Vec<String> {
    let [key, _] = SSH_KEYS;
    (0..30).map(|number| format!("{key} {}{number:04}", "A".repeat(3_430))).collect()
}
