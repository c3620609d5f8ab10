//! What shells and manuals are given.

use std::path::Path;

use crate::harness::client::{Client, needs};
use crate::harness::office::Office;
use crate::harness::python::python;
use crate::harness::tenantry::Tenantry;

fn tenantry(office: &Office) -> Tenantry {
    Tenantry::with_key(&office.demo, "none")
}

/// Types into a zsh at a terminal what completes, and has it say what stands in its line then.
const ZSH: &str = r#"
import os, pty, select, sys, time

script, line, told = sys.argv[1:4]
process, terminal = pty.fork()
if process == 0:
    os.environ["TERM"] = "xterm"
    os.execvp("zsh", ["zsh", "-f", "-i"])
said = b""

def until(is_so, what):
    global said
    end = time.monotonic() + 50
    while not is_so():
        if time.monotonic() > end:
            sys.exit("zsh does not come to " + what + ": " + repr(said))
        if select.select([terminal], [], [], 0.1)[0]:
            said += os.read(terminal, 65536)

commands = [
    "autoload -Uz compinit; compinit -u -D",
    "source " + script,
    "tell() { print -r -- $BUFFER > " + told + "; }; zle -N tell; bindkey '^T' tell",
    "print ready-$((40 + 2))",
]
for command in commands:
    os.write(terminal, command.encode() + b"\n")
until(lambda: b"ready-42" in said, "its prompt")
os.write(terminal, line.encode() + b"\t\x14")
until(lambda: os.path.exists(told) and os.path.getsize(told) > 0, "an end")
print(open(told).read())
"#;

#[test]
fn bash_takes_the_completion_and_completes_by_it() {
    let script = tenantry(&Office::new()).does("completion bash");
    let asked = "COMP_WORDS=(tenantry user s); COMP_CWORD=2; _tenantry tenantry s user; \
                 echo \"${COMPREPLY[@]}\"";
    let completed = Client::new("bash", "bash").args(["-s"]).input(format!("{script}\n{asked}\n"));
    let completed = completed.run();
    assert!(completed.stdout.contains("set-password"), "{completed:?}");
}

#[test]
fn zsh_takes_the_completion_and_completes_by_it() {
    needs("zsh", "zsh");
    let folder = tempfile::tempdir().unwrap();
    let script = written(folder.path(), "zsh");
    let told = folder.path().join("told").display().to_string();
    let completed = python(ZSH, [script.as_str(), "tenantry service-acc", told.as_str()]);
    assert_eq!(completed.stdout.trim(), "tenantry service-account", "{completed:?}");
    std::fs::remove_file(&told).unwrap();
    let completed = python(ZSH, [script.as_str(), "tenantry user set-pass", told.as_str()]);
    assert_eq!(completed.stdout.trim(), "tenantry user set-password", "{completed:?}");
}

#[test]
fn fish_takes_the_completion_and_completes_by_it() {
    let folder = tempfile::tempdir().unwrap();
    let script = written(folder.path(), "fish");
    let completes = |line: &str| {
        let asked = format!("source {script}; complete --do-complete '{line}'");
        Client::new("fish", "fish")
            .args(["--no-config", "-c", &asked])
            .env("HOME", folder.path())
            .run()
    };
    let nouns = completes("tenantry serv");
    assert!(nouns.stdout.contains("service-account\t"), "{nouns:?}");
    let verbs = completes("tenantry user set-p");
    assert!(verbs.stdout.starts_with("set-password\t"), "{verbs:?}");
    assert_eq!(verbs.stdout.lines().count(), 1, "{verbs:?}");
}

/// The completion of a shell, in a file.
fn written(folder: &Path, shell: &str) -> String {
    let script = folder.join("completion");
    std::fs::write(&script, tenantry(&Office::new()).does(&format!("completion {shell}"))).unwrap();
    script.display().to_string()
}

#[test]
fn every_command_has_a_manual_page_that_is_set_without_a_warning() {
    let folder = tempfile::tempdir().unwrap();
    let place = folder.path().to_str().unwrap();
    tenantry(&Office::new()).does(&format!("man {place}"));
    let page = |name: &str| std::fs::read_to_string(folder.path().join(name)).unwrap();
    assert!(page("tenantry.1").contains("Exit codes"));
    assert!(page("tenantry-user-unlock.1").contains(".TH"));
    let own = page("tenantry-import-ldap.1").replace('\\', "");
    assert!(own.contains("fBtenantry import ldapfR [OPTIONS] --base <DN> <URL>\n"), "{own}");
    let pages: Vec<_> =
        std::fs::read_dir(place).unwrap().map(|page| page.unwrap().path()).collect();
    let set = Client::new("groff", "groff-base")
        .args(["-k", "-ww", "-z", "-man", "-Tutf8"])
        .args(&pages)
        .run();
    assert_eq!((set.code, set.stderr.as_str()), (0, ""), "{set:?}");
    let shown = Client::new("groff", "groff-base")
        .args(["-k", "-man", "-Tascii", "-P-cbou"])
        .arg(folder.path().join("tenantry-service-account-rotate.1"))
        .run();
    assert!(shown.stdout.contains("tenantry-service-account-rotate"), "{shown:?}");
    assert!(shown.stdout.contains("SERVICE-ACCOUNT"), "{shown:?}");
}
