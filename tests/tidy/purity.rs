//! What must not stand in which folder.

use super::{none, sources, without_tests};

fn lines_with<const N: usize, const M: usize>(
    folders: [&str; N],
    forbidden: [&str; M],
) -> Vec<String> {
    let mut found = Vec::new();
    for source in sources(folders) {
        let is_test = source.path.contains("/tests/") || source.path.ends_with("tests.rs");
        if is_test {
            continue;
        }
        for (number, line) in without_tests(&source.text).lines().enumerate() {
            let code = line.split("//").next().unwrap_or_default();
            if forbidden.iter().any(|word| code.contains(word)) {
                found.push(format!("{}:{}: {}", source.path, number + 1, line.trim()));
            }
        }
    }
    found
}

#[test]
fn protocols_and_the_directory_open_no_sockets_and_know_no_runtime() {
    let forbidden = ["tokio", "TcpStream", "TcpListener", "UdpSocket", "UnixStream", "async fn"];
    none(lines_with(["protocols", "directory", "storage"], forbidden), "input and output");
}

#[test]
fn nothing_below_the_daemon_reads_the_clock_the_environment_or_randomness() {
    let folders = ["protocols", "directory", "storage", "admin-api"];
    let forbidden = ["::now()", "std::env::", "env::var", "getrandom", "thread_rng", "OsRng"];
    none(lines_with(folders, forbidden), "time, environment or randomness");
}

#[test]
fn storage_is_named_by_the_directory_alone() {
    let folders = ["admin-api", "daemon", "protocols", "tests"];
    none(
        lines_with(folders, [concat!("storage", "::"), concat!("extern crate ", "storage")]),
        "storage",
    );
}

#[test]
fn the_doors_ask_for_permissions_and_never_for_roles() {
    let forbidden = ["if role", "match role", ".role ==", ".role !="];
    none(lines_with(["daemon", "admin-api", "protocols"], forbidden), "a decision about roles");
}

#[test]
fn what_takes_no_permission_is_done_by_commands_alone() {
    let forbidden =
        [".create_first_admin(", ".recover_admin(", ".rotate_master_key(", "Actor::operator("];
    let mut found = lines_with(["daemon", "admin-api", "protocols", "cli"], forbidden);
    found.retain(|line| {
        let commands = ["daemon/src/commands/", "daemon/src/demo/"];
        !commands.iter().any(|folder| line.starts_with(folder))
    });
    none(found, "the operator's own");
}
