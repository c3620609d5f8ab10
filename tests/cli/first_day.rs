//! `docs/first-day.md`: what it shows is what happens.
//!
//! The commands of the page are run, one after another in one shell, and what they print is compared
//! with what stands there. `TENANTRY_RECORD=1` writes the page anew.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use crate::harness::client::Client;
use crate::harness::environment;
use crate::harness::server::Site;

/// The password of everybody in it, typed where one is asked for.
const PASSWORD: &str = "correct-horse-battery";

/// Types what somebody at a terminal would: passwords, and codes as an authenticator app shows them.
const KEYBOARD: &str = include_str!("first_day.py");

/// What the first customer has of its people.
const PEOPLE: &str = "\
login,display_name,surname,mail,groups,password
ada,Ada Lovelace,Lovelace,ada@acme.example,staff,correct-horse-battery
grace,Grace Hopper,Hopper,grace@acme.example,staff,correct-horse-battery
linus,Linus Pauling,Pauling,linus@acme.example,,correct-horse-battery
";

#[test]
fn the_first_day_is_as_it_was_recorded() {
    let Some(site) = Site::new() else { return };
    let made = site.command(&["admin", "create", "--login", "root"], &format!("{PASSWORD}\n"));
    assert_eq!(made.code, 0, "{made:?}");
    let server = site.serve();
    let folder = tempfile::tempdir().unwrap();
    let keyboard = folder.path().join("tenantry");
    fs::write(&keyboard, KEYBOARD).unwrap();
    fs::set_permissions(&keyboard, Permissions::from_mode(0o700)).unwrap();
    fs::write(folder.path().join("people.csv"), PEOPLE).unwrap();
    fs::copy(root().join("docs/verify-events.py"), folder.path().join("verify-events.py")).unwrap();

    let file = root().join("docs/first-day.md");
    let page = fs::read_to_string(&file).unwrap();
    let commands: Vec<&str> = page.lines().filter_map(|line| line.strip_prefix("$ ")).collect();
    assert!(commands.len() > 10, "{commands:?}");
    let binary = environment::tenantryd().with_file_name("tenantry");
    let said = Client::new("bash", "bash")
        .args(["-c", "cd \"$1\" && PATH=\"$1:$PATH\" exec bash -s", "bash"])
        .arg(folder.path())
        .env("HOME", folder.path())
        .env("PASSWORD", PASSWORD)
        .env("TENANTRY", binary)
        .env("TENANTRY_CA", &server.ca_file)
        .env("LDAPTLS_CACERT", &server.ca_file)
        .env("SERVER", format!("https://{}", server.admin_api))
        .env("LDAP", format!("ldaps://{}", server.ldaps))
        .env("RADIUS", &server.radius_auth)
        .input(script(&commands))
        .run();
    let parts: Vec<&str> = said.stdout.split(MARK).skip(1).collect();
    assert_eq!(parts.len(), commands.len(), "{said:?}");
    let happened = recorded(&page, &parts);
    if environment::is_recording() {
        fs::write(&file, &happened).unwrap();
        return;
    }
    let differs = page.lines().zip(happened.lines()).find(|(there, here)| there != here);
    assert!(page == happened, "docs/first-day.md is another day; first difference: {differs:#?}");
}

/// What stands before what each command prints.
const MARK: char = '\u{1}';

/// The commands for a shell that marks what each prints.
fn script(commands: &[&str]) -> String {
    let marked = commands.iter().map(|command| format!("printf '\\001'\n{command}\n"));
    "exec 2>&1\n".to_owned() + &marked.collect::<String>()
}

/// The page with what its commands printed.
fn recorded(page: &str, parts: &[&str]) -> String {
    let (mut lines, mut parts) = (Vec::new(), parts.iter());
    let mut within = false;
    for line in page.lines() {
        if line.starts_with("```") {
            within = line.len() > 3;
        }
        if let Some(command) = line.strip_prefix("$ ") {
            lines.push(format!("$ {command}"));
            lines.extend(aligned(&parts.next().unwrap().lines().collect::<Vec<_>>()));
        } else if !within || line.starts_with("```") {
            lines.push(line.to_owned());
        }
    }
    lines.join("\n") + "\n"
}

/// Lines without what is another on each day, and their columns as wide as what is left makes them.
/// Columns are parted by two spaces or more in all lines; most lines have one alone.
fn aligned(lines: &[&str]) -> Vec<String> {
    let rows: Vec<Vec<char>> = lines.iter().map(|line| line.chars().collect()).collect();
    let length = rows.iter().map(Vec::len).max().unwrap_or_default();
    let is_blank =
        |place: usize| rows.iter().all(|row| row.get(place).is_none_or(|letter| *letter == ' '));
    let begins =
        |place: usize| place >= 2 && is_blank(place - 2) && is_blank(place - 1) && !is_blank(place);
    let starts: Vec<usize> = (0..length).filter(|&place| place == 0 || begins(place)).collect();
    let cells = |row: &Vec<char>| {
        let ends = starts.iter().skip(1).copied().chain([row.len()]);
        let cells = starts.iter().zip(ends).map(|(&start, end)| {
            let cell = row.get(start..end.min(row.len())).unwrap_or_default();
            masked(cell.iter().collect::<String>().trim_end())
        });
        cells.collect::<Vec<String>>()
    };
    let rows: Vec<Vec<String>> = rows.iter().map(cells).collect();
    let width = |column: usize| rows.iter().map(|row| row[column].chars().count()).max();
    let widths: Vec<usize> =
        (0..starts.len()).map(|column| width(column).unwrap_or_default()).collect();
    let line = |row: &Vec<String>| {
        let padded = row.iter().zip(&widths).map(|(cell, width)| format!("{cell:width$}"));
        padded.collect::<Vec<_>>().join("  ").trim_end().to_owned()
    };
    rows.iter().map(line).collect()
}

/// A line without what is another on each day: ids, times, months, hashes, ports, numbers of events.
fn masked(line: &str) -> String {
    let part_of_word = |letter: char| letter.is_ascii_alphanumeric() || "-:.+".contains(letter);
    let (mut out, mut rest, mut before) = (String::new(), line, String::new());
    while let Some(letter) = rest.chars().next() {
        if !part_of_word(letter) {
            out.push(letter);
            rest = &rest[letter.len_utf8()..];
            continue;
        }
        let end = rest.find(|letter| !part_of_word(letter)).unwrap_or(rest.len());
        let end = rest[..end].trim_end_matches(['.', ':']).len().max(1);
        let (word, behind) = rest.split_at(end);
        out.push_str(&masked_word(word, &before));
        before = word.to_owned();
        rest = behind;
    }
    out.trim_end().to_owned()
}

fn masked_word(word: &str, before: &str) -> String {
    let all = |allowed: fn(&char) -> bool| word.chars().all(|letter| allowed(&letter));
    let is_hash = word.len() == 64 && all(char::is_ascii_hexdigit) && !all(|letter| *letter == '0');
    let is_id = word.len() == 36 && word.split('-').map(str::len).eq([8, 4, 4, 4, 12]);
    let is_seed = word.len() >= 26 && all(|it| it.is_ascii_uppercase() || it.is_ascii_digit());
    let is_time = word.len() >= 20 && word.as_bytes().get(10) == Some(&b'T') && word.ends_with('Z');
    let is_month = word.len() == 7
        && word.split('-').map(str::len).eq([4, 2])
        && all(|it| it.is_ascii_digit() || *it == '-');
    let is_number = all(char::is_ascii_digit) && ["event", "line", "newest"].contains(&before);
    match word.rsplit_once(':') {
        _ if is_hash => "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08".into(),
        _ if is_id => "0193a1b2-7c3d-7e4f-8a5b-6c7d8e9f0a1b".into(),
        _ if is_seed => "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP".into(),
        _ if is_month => "2030-01".into(),
        _ if is_time => "2030-01-31T09:00:00Z".into(),
        _ if is_number => "57".into(),
        Some((host, port)) if host.ends_with("127.0.0.1") && port.parse::<u16>().is_ok() => {
            format!("{host}:8443")
        }
        _ => word.to_owned(),
    }
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_owned()
}

#[test]
fn what_is_another_each_day_is_masked() {
    let line =
        "newest, 812 of 2026-11-26T07:00:00.120Z, has the id 0193a1b2-0000-7e4f-8a5b-6c7d8e9f0a1b";
    let expected =
        "newest, 57 of 2030-01-31T09:00:00Z, has the id 0193a1b2-7c3d-7e4f-8a5b-6c7d8e9f0a1b";
    assert_eq!(masked(line), expected);
    assert_eq!(masked("acme,2026-11,350"), "acme,2030-01,350");
    assert_eq!(masked("see 127.0.0.1:41231, 12 events"), "see 127.0.0.1:8443, 12 events");
}

#[test]
fn columns_are_as_wide_as_what_is_masked_makes_them() {
    let table = [
        "AT                        ACTOR  LOCKED UNTIL  SUCCESS",
        "2026-11-26T07:00:00.120Z  hal                  yes",
        "2026-11-26T07:00:01Z      grace                no",
    ];
    let expected = [
        "AT                    ACTOR  LOCKED UNTIL  SUCCESS",
        "2030-01-31T09:00:00Z  hal                  yes",
        "2030-01-31T09:00:00Z  grace                no",
    ];
    assert_eq!(aligned(&table), expected);
    let members = ["modified    2026-11-26T07:00:00.12Z", "gid number  7"];
    assert_eq!(aligned(&members), ["modified    2030-01-31T09:00:00Z", "gid number  7"]);
    let text = ["see 127.0.0.1:41231, and wait", "\tfor more", "", "all  of it, and no table"];
    let expected = ["see 127.0.0.1:8443, and wait", "\tfor more", "", "all  of it, and no table"];
    assert_eq!(aligned(&text), expected);
    assert_eq!(aligned(&[]), Vec::<String>::new());
}
