//! A room of a test's own on this machine, in which other people's servers run unnoticed.

use std::fs::{self, File, Permissions};
use std::io::{BufRead, BufReader, Read};
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};

use tempfile::TempDir;

use super::client::{Client, Output, needs};

/// Namespaces for mounts and processes: folders such as `/etc` are the test's own copies, `/run` is
/// empty, and all processes end with the room. The network is the machine's.
#[derive(Debug)]
pub(crate) struct Room {
    /// The first process of the room; when its input ends, the room ends.
    keeper: Child,
    servers: Vec<Child>,
    folder: TempDir,
}

/// Runs as the first process of the room; its arguments are the folder for the copies, and which
/// folders to copy.
const KEEP: &str = r#"
set -e
own=$1
shift
mount -t tmpfs -o mode=0755 room /run
for folder in "$@"; do
    mkdir -p "$own$folder"
    cp -a "$folder/." "$own$folder"
    mount --bind "$own$folder" "$folder"
done
echo open
exec cat
"#;

impl Room {
    /// Opens a room with copies of folders of the machine.
    pub(crate) fn new<const N: usize>(folders: [&str; N]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let mut keeper = Command::new("unshare")
            .args(["--mount", "--pid", "--fork", "--kill-child", "--mount-proc"])
            .args(["sh", "-c", KEEP, "keeper"])
            .arg(folder.path())
            .args(folders)
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
            panic!("a room needs root and the packages of what runs in it: {said}");
        }
        Self { keeper, servers: Vec::new(), folder }
    }

    /// Writes a file into one of the folders that were copied; it is everybody's to read.
    pub(crate) fn write(&self, path: &str, text: &str) {
        self.write_private(path, text);
        fs::set_permissions(self.outside(path), Permissions::from_mode(0o644)).unwrap();
    }

    /// Writes a file that is root's alone.
    pub(crate) fn write_private(&self, path: &str, text: &str) {
        let path = self.outside(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        // Not the file that a link of the machine points to.
        drop(fs::remove_file(&path));
        fs::write(&path, text).unwrap();
        fs::set_permissions(&path, Permissions::from_mode(0o600)).unwrap();
    }

    /// Copies a file of the machine into one of the folders; it is everybody's to read.
    pub(crate) fn copy(&self, from: &str, path: &str) {
        self.write(path, &fs::read_to_string(from).unwrap());
    }

    /// A program of this Debian package that is about to run in the room.
    pub(crate) fn program(&self, program: &str, package: &str) -> Client {
        needs(program, package);
        Client::new("nsenter", "util-linux").args(self.entrance()).arg(program)
    }

    /// Starts a server of this Debian package, which must stay in the foreground.
    pub(crate) fn start(&mut self, program: &str, package: &str, arguments: &[&str]) {
        needs(program, package);
        let log = File::create(self.log_file()).unwrap();
        let server = Command::new("nsenter")
            .args(self.entrance())
            .arg(program)
            .args(arguments)
            .stdin(Stdio::null())
            .stdout(log.try_clone().unwrap())
            .stderr(log)
            .spawn()
            .unwrap();
        self.servers.push(server);
    }

    /// Waits until a command of the shell succeeds in the room, and tells what it said.
    pub(crate) fn until(&self, command: &str) -> Output {
        let patiently = format!("until {command}; do sleep 0.1; done");
        let output = self.program("sh", "dash").args(["-c", &patiently]).run();
        assert_eq!(output.code, 0, "{command} never succeeded: {output:?}\n{}", self.log());
        output
    }

    /// Waits until the server has said something.
    pub(crate) fn until_said(&self, words: &str) {
        let log = self.log_file();
        self.until(&format!("grep -qF '{words}' {}", log.display()));
    }

    /// Makes an empty folder of somebody's in `/run`.
    pub(crate) fn make_folder(&self, name: &str, owner: &str) {
        let made = self.program("install", "coreutils").args(["-d", "-o", owner, name]).run();
        assert_eq!(made.code, 0, "{made:?}");
    }

    /// What the server has said.
    pub(crate) fn log(&self) -> String {
        fs::read_to_string(self.log_file()).unwrap_or_default()
    }

    fn log_file(&self) -> PathBuf {
        self.folder.path().join("server.log")
    }

    /// Where a file of a copied folder lies outside of the room.
    fn outside(&self, path: &str) -> PathBuf {
        self.folder.path().join(path.trim_start_matches('/'))
    }

    fn entrance(&self) -> [String; 2] {
        let namespaces = format!("/proc/{}/ns", self.keeper.id());
        [format!("--mount={namespaces}/mnt"), format!("--pid={namespaces}/pid_for_children")]
    }
}

impl Drop for Room {
    fn drop(&mut self) {
        drop(self.keeper.stdin.take());
        // With the first process, the kernel ends all others of the room.
        drop(self.keeper.wait());
        for server in &mut self.servers {
            drop(server.wait());
        }
    }
}

#[test]
fn a_room_has_its_own_files_and_its_processes_end_with_it() {
    let mut room = Room::new(["/etc"]);
    room.write("/etc/hostname", "a-room\n");
    let said = room.program("cat", "coreutils").arg("/etc/hostname").run();
    assert_eq!(said.stdout, "a-room\n");
    assert_ne!(fs::read_to_string("/etc/hostname").unwrap_or_default(), "a-room\n");
    room.start("sleep", "coreutils", &["1000"]);
    let seen = room.until("pgrep -x sleep >/dev/null && ps -e -o comm=");
    assert!(seen.stdout.starts_with("cat\n"), "{seen:?}");
    let folder = room.folder.path().to_owned();
    let server = room.servers.first().unwrap().id();
    drop(room);
    assert!(!folder.exists());
    assert!(!PathBuf::from(format!("/proc/{server}")).exists());
}
