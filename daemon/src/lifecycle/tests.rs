//! How the daemon ends and reloads, with time standing still unless a test waits.

use std::future::pending;
use std::sync::Mutex;

use tokio::time::{Instant, sleep};

use super::*;

type Told = Arc<Mutex<Vec<String>>>;

fn life(drain: Duration) -> (Lifecycle, Told) {
    let told = Told::default();
    let ear = Arc::clone(&told);
    let notifier = Notifier::new(move |states| {
        let words: Vec<String> =
            states.iter().map(|it| it.to_string().split('=').next().unwrap().to_owned()).collect();
        ear.lock().unwrap().push(words.join("+"));
    });
    (Lifecycle::new(drain, notifier), told)
}

async fn until_drained(shutdown: Shutdown) -> Result<(), String> {
    shutdown.draining().await;
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn a_signal_drains_and_work_that_was_begun_is_finished() {
    let (life, told) = life(Duration::from_secs(10));
    let finished = Arc::new(Mutex::new(false));
    let mark = Arc::clone(&finished);
    life.tasks().supervise("door", until_drained(life.tasks().shutdown().clone()));
    life.tasks().spawn(async move {
        sleep(Duration::from_secs(3)).await;
        *mark.lock().unwrap() = true;
    });
    let (send, signals) = Signals::channel();
    send.send(Signal::Terminate).await.unwrap();
    let ending = life.run(signals).await;
    assert_eq!(ending, Ending { died: vec![], cut_off: false });
    assert!(*finished.lock().unwrap());
    assert_eq!(*told.lock().unwrap(), ["STOPPING"]);
}

#[tokio::test(start_paused = true)]
async fn work_that_takes_too_long_is_cut_off_at_the_deadline() {
    let (life, _) = life(Duration::from_secs(10));
    life.tasks().spawn(pending());
    let (send, signals) = Signals::channel();
    send.send(Signal::Terminate).await.unwrap();
    let begin = Instant::now();
    assert!(life.run(signals).await.cut_off);
    assert_eq!(begin.elapsed(), Duration::from_secs(10));
}

#[tokio::test(start_paused = true)]
async fn a_second_signal_stops_at_once() {
    let (life, _) = life(Duration::from_secs(10));
    life.tasks().spawn(pending());
    life.tasks().supervise("door", pending::<Result<(), String>>());
    let (send, signals) = Signals::channel();
    send.send(Signal::Terminate).await.unwrap();
    send.send(Signal::Reload).await.unwrap();
    send.send(Signal::Terminate).await.unwrap();
    let begin = Instant::now();
    let ending = life.run(signals).await;
    assert_eq!(ending, Ending { died: vec![], cut_off: true });
    assert_eq!(begin.elapsed(), Duration::ZERO);
}

#[tokio::test(start_paused = true)]
async fn a_supervised_task_that_ends_early_ends_the_daemon_and_is_named() {
    let (life, _) = life(Duration::from_secs(10));
    life.tasks().supervise("door", async { Ok::<(), String>(()) });
    let (_send, signals) = Signals::channel();
    assert_eq!(life.run(signals).await.died, ["door"]);
}

#[tokio::test(start_paused = true)]
async fn a_supervised_task_that_fails_or_panics_is_named() {
    let (life, _) = life(Duration::from_secs(10));
    life.tasks().supervise("failing", async { Err("no more sockets") });
    life.tasks().supervise("panicking", async {
        if life_is_short() {
            panic!("as the test wants it");
        }
        Ok::<(), String>(())
    });
    let (_send, signals) = Signals::channel();
    let mut died = life.run(signals).await.died;
    died.sort_unstable();
    assert_eq!(died, ["failing", "panicking"]);
}

fn life_is_short() -> bool {
    true
}

#[tokio::test(start_paused = true)]
async fn a_connection_that_panics_does_not_end_the_daemon() {
    let (life, _) = life(Duration::from_secs(10));
    life.tasks().spawn(async { panic!("as the test wants it") });
    let (send, signals) = Signals::channel();
    tokio::spawn(async move {
        sleep(Duration::from_secs(60)).await;
        send.send(Signal::Terminate).await.unwrap();
    });
    let begin = Instant::now();
    let ending = life.run(signals).await;
    assert!(ending.died.is_empty());
    assert_eq!(begin.elapsed(), Duration::from_secs(60));
}

#[tokio::test(start_paused = true)]
async fn work_is_repeated_after_its_rest_until_the_daemon_drains_though_it_panicked_once() {
    let (life, _) = life(Duration::from_secs(10));
    let (tell, mut told) = tokio::sync::mpsc::unbounded_channel();
    let mut times = 0;
    life.tasks().repeat("work", move || {
        times += 1;
        tell.send(times).unwrap();
        assert_ne!(times, 2, "as the test wants it");
        Duration::from_secs(600)
    });
    let begin = Instant::now();
    for (time, after) in [(1, 0), (2, 600), (3, 660)] {
        assert_eq!(told.recv().await, Some(time));
        assert_eq!(begin.elapsed().as_secs(), after);
    }
    life.tasks().shutdown().drain();
    let (_send, signals) = Signals::channel();
    assert_eq!(life.run(signals).await, Ending { died: vec![], cut_off: false });
    assert_eq!(told.recv().await, None, "nobody works any more");
    assert_eq!(begin.elapsed().as_secs(), 660, "nobody waits for a rest");
}

#[tokio::test(start_paused = true)]
async fn whoever_embeds_the_daemon_ends_it_without_a_signal() {
    let (life, _) = life(Duration::from_secs(10));
    let shutdown = life.tasks().shutdown().clone();
    let (send, signals) = Signals::channel();
    drop(send);
    shutdown.drain();
    assert!(!life.run(signals).await.cut_off);
}

#[tokio::test(start_paused = true)]
async fn a_reload_calls_everyone_even_after_one_failed_and_tells_systemd() {
    let (mut life, told) = life(Duration::from_secs(10));
    let calls = Arc::new(Mutex::new(Vec::new()));
    for (name, outcome) in [("first", Err("bad file".to_owned())), ("second", Ok(()))] {
        let calls = Arc::clone(&calls);
        life.on_reload(name, move || {
            calls.lock().unwrap().push(name);
            outcome.clone()
        });
    }
    let (send, signals) = Signals::channel();
    send.send(Signal::Reload).await.unwrap();
    send.send(Signal::Terminate).await.unwrap();
    life.run(signals).await;
    assert_eq!(*calls.lock().unwrap(), ["first", "second"]);
    assert_eq!(*told.lock().unwrap(), ["RELOADING+MONOTONIC_USEC", "READY", "STOPPING"]);
}

#[tokio::test(start_paused = true)]
async fn the_watchdog_is_told_twice_a_period_until_the_drain() {
    let (life, told) = life(Duration::from_secs(10));
    let shutdown = life.tasks().shutdown().clone();
    life.tasks().spawn(systemd::watchdog(
        life.notifier.clone(),
        Duration::from_secs(20),
        shutdown.clone(),
    ));
    tokio::spawn(async move {
        sleep(Duration::from_secs(35)).await;
        shutdown.drain();
    });
    let (_send, signals) = Signals::channel();
    life.run(signals).await;
    let told = told.lock().unwrap();
    assert_eq!(*told, ["WATCHDOG", "WATCHDOG", "WATCHDOG", "WATCHDOG", "STOPPING"]);
}
