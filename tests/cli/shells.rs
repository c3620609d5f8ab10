//! What shells and manuals are given.

use crate::harness::client::Client;
use crate::harness::office::Office;
use crate::harness::tenantry::Tenantry;

#[test]
fn bash_takes_the_completion_and_completes_by_it() {
    let office = Office::new();
    let tenantry = Tenantry::with_key(&office.demo, "none");
    let script = tenantry.does("completion bash");
    let asked = "COMP_WORDS=(tenantry user s); COMP_CWORD=2; _tenantry tenantry s user; \
                 echo \"${COMPREPLY[@]}\"";
    let completed = Client::new("bash", "bash").args(["-s"]).input(format!("{script}\n{asked}\n"));
    let completed = completed.run();
    assert!(completed.stdout.contains("set-password"), "{completed:?}");
    for shell in ["zsh", "fish"] {
        assert!(tenantry.does(&format!("completion {shell}")).contains("service-account"));
    }
}

#[test]
fn every_command_has_a_manual_page() {
    let office = Office::new();
    let folder = tempfile::tempdir().unwrap();
    let place = folder.path().to_str().unwrap();
    Tenantry::with_key(&office.demo, "none").does(&format!("man {place}"));
    let page = |name: &str| std::fs::read_to_string(folder.path().join(name)).unwrap();
    assert!(page("tenantry.1").contains("Exit codes"));
    assert!(page("tenantry-user-unlock.1").contains(".TH"));
}
